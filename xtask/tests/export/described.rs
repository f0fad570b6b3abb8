//! What a collector stored, on paper: a line for each span and record, so that a person
//! can read and bless it. Spans are told by their names; what all share is left out.

use crate::otlp::{Stored, plain};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::Span;
use std::fmt::Write;

const SHARED: [&str; 4] = ["session.id", "event.id", "event.name", "claude_tap.dialect"];

pub fn describe(stored: &Stored) -> String {
    let mut spans: Vec<&Span> = stored.spans().collect();
    // What is around others first.
    spans.sort_by_key(|span| (span.start_time_unix_nano, u64::MAX - span.end_time_unix_nano));
    let named = |id: &[u8]| match spans.iter().position(|span| span.span_id == id) {
        Some(at) => format!("#{} {}", at + 1, spans[at].name),
        None => "none".into(),
    };
    let mut out = String::new();
    for (at, span) in spans.iter().enumerate() {
        let kind = if span.kind == 3 { "client" } else { "internal" };
        let (start, end) = (ms(span.start_time_unix_nano), ms(span.end_time_unix_nano));
        write!(out, "#{} {} | {kind} | {start}..{end}", at + 1, span.name).unwrap();
        write!(out, " | in {}", named(&span.parent_span_id)).unwrap();
        for link in &span.links {
            write!(out, " | from {}", named(&link.span_id)).unwrap();
        }
        if span.status.as_ref().is_some_and(|status| status.code == 2) {
            out.push_str(" | ERROR");
        }
        attributes(&span.attributes, &mut out);
        for event in &span.events {
            write!(out, "\n   {} at {}", event.name, ms(event.time_unix_nano)).unwrap();
            attributes(&event.attributes, &mut out);
        }
        out.push('\n');
    }
    for record in stored.records() {
        let (name, severity) = (&record.event_name, &record.severity_text);
        write!(out, "{name} | {severity} | {}", ms(record.time_unix_nano)).unwrap();
        write!(out, " | in {}", named(&record.span_id)).unwrap();
        attributes(&record.attributes, &mut out);
        out.push('\n');
    }
    out
}

fn ms(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

fn attributes(attributes: &[KeyValue], out: &mut String) {
    out.push_str(" |");
    for KeyValue { key, value, .. } in attributes {
        if !SHARED.contains(&key.as_str()) {
            write!(out, " {key}={}", plain(value.as_ref())).unwrap();
        }
    }
}
