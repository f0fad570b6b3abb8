//! What holds of all that an exporter makes, whatever it was fed.

use crate::otlp::{Item, Stored, exporter, finish, take};
use opentelemetry_proto::tonic::trace::v1::Span;
use pagetap::export::Signal;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Items of a fresh exporter that is fed what the log still has open of `before`, and
/// then the events after it.
fn resumed(before: &[Item], after: &[String], first: u64) -> Vec<Item> {
    let mut open: BTreeMap<u64, &[u8]> = BTreeMap::new();
    for item in before {
        match item.signal {
            Signal::Open => {
                let n = u64::from_le_bytes(item.id[..8].try_into().unwrap());
                assert!(open.insert(n, &item.bytes).is_none(), "an event is opened once");
            }
            Signal::Close => {
                for n in item.bytes.chunks(8) {
                    let n = u64::from_le_bytes(n.try_into().unwrap());
                    assert!(
                        open.remove(&n).is_some(),
                        "an event is closed once, after it was opened"
                    );
                }
            }
            _ => {}
        }
    }
    let mut exporter = exporter("otlp-json", json!({"names": "genai-dev"}));
    for (n, event) in open {
        take(&mut exporter, n, &[event]);
    }
    let mut items = take(&mut exporter, first, after);
    items.extend(finish(&mut exporter, 9_000.0));
    items
}

/// Whatever is cut off, and however early, the rest is the same.
pub fn check_every_cut(events: &[String]) {
    let mut exporter = exporter("otlp-json", json!({"names": "genai-dev"}));
    let steps: Vec<Vec<Item>> =
        (1..).zip(events).map(|(n, event)| take(&mut exporter, n, &[event])).collect();
    let last = finish(&mut exporter, 9_000.0);
    for cut in 0..=events.len() {
        let before = steps[..cut].concat();
        let rest = [steps[cut..].concat(), last.clone()].concat();
        let again = resumed(&before, &events[cut..], cut as u64 + 1);
        assert_eq!(shown(&again), shown(&rest), "cut before event {}", cut + 1);
    }
}

fn shown(items: &[Item]) -> Vec<String> {
    let one = |item: &Item| {
        format!("{:?} {:02x?} {}", item.signal, item.id, String::from_utf8_lossy(&item.bytes))
    };
    items.iter().map(one).collect()
}

/// Each span ends once, lies within a trace that has its parent, and ends last of all
/// that is in it or before what goes on behind it.
pub fn check_spans(stored: &Stored) {
    let spans: Vec<&Span> = stored.spans().collect();
    let ids: BTreeSet<(&[u8], &[u8])> =
        spans.iter().map(|span| (&*span.trace_id, &*span.span_id)).collect();
    assert_eq!(ids.len(), spans.len(), "no span ends twice");
    let only: BTreeSet<&[u8]> = spans.iter().map(|span| &*span.span_id).collect();
    assert_eq!(only.len(), spans.len(), "no two spans have one id");
    for span in &spans {
        assert_eq!((span.trace_id.len(), span.span_id.len()), (16, 8));
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano, "{}", span.name);
        if !span.parent_span_id.is_empty() {
            let parent = (&*span.trace_id, &*span.parent_span_id);
            assert!(ids.contains(&parent), "{} has a parent", span.name);
        }
        for link in &span.links {
            assert!(ids.contains(&(&*link.trace_id, &*link.span_id)), "{} has a link", span.name);
        }
    }
    for record in stored.records().filter(|record| !record.span_id.is_empty()) {
        assert!(ids.contains(&(&*record.trace_id, &*record.span_id)), "{}", record.event_name);
    }
}
