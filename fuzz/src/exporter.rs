//! The exporter, on any options and any events: ids follow from the events' numbers,
//! and bodies are what their format is.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest as Logs;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest as Metrics;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest as Traces;
use pagetap::export::{Exporter, Signal, gzip};
use prost::Message;
use serde_json::{Value, json};

const INSTANCE: &str = "0123456789abcdef0123456789abcdef";
const FORMATS: [&str; 4] = ["otlp", "otlp-json", "hooks", "ndjson"];
const CLASSES: [&str; 5] = ["prompts", "answers", "thinking", "toolInputs", "toolResults"];

/// Lines: options, then an event each. Options that are none are the default of each
/// format, without content and with all of it.
pub fn check(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let own = lines.next().unwrap_or_default();
    let events: Vec<&[u8]> = lines.collect();
    if let Ok(exporter) = Exporter::new(own) {
        export(exporter, &events, Encoding::Unknown);
    }
    for format in FORMATS {
        for include in [&[][..], &CLASSES] {
            let options = json!({"instance": INSTANCE, "format": format, "include": include,
                "signals": ["traces", "logs", "metrics"]});
            let options = options.to_string();
            let new = || Exporter::new(options.as_bytes()).expect("these options are right");
            let encoding = if format == "otlp" { Encoding::Protobuf } else { Encoding::Json };
            let first = export(new(), &events, encoding);
            let again = export(new(), &events, Encoding::Unknown);
            assert_eq!(again, first, "what is sent twice is the same");
        }
    }
}

/// Hook events of the corpus, as a page exports them.
pub fn seeds() -> Vec<Vec<u8>> {
    let event = |name: &str, more: Value| {
        let mut event = json!({"type": name, "ts": 1_700_000_000_000.0_f64, "seq": 1, "streamId": 1,
            "dialect": "claudeai", "conversationId": "c", "turnId": "t", "messageId": "m"});
        event
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().unwrap_or_default());
        event.to_string()
    };
    let turn = [
        event("UserPromptSubmit", json!({"prompt": "What grows here?", "promptLength": 16})),
        event("MessageStart", json!({"model": "claude", "usage": {"input_tokens": 5}})),
        event(
            "ToolUseStart",
            json!({"toolId": "toolu_1", "toolName": "web_search", "blockIndex": 1}),
        ),
        event(
            "ToolUseEnd",
            json!({"toolId": "toolu_1", "toolName": "web_search", "blockIndex": 1,
            "input": {"query": "beans"}}),
        ),
        event(
            "PreToolUse",
            json!({"toolId": "toolu_1", "toolName": "web_search", "input": {"query": "beans"}}),
        ),
        event("PermissionRequest", json!({"toolId": "toolu_1", "toolName": "web_search"})),
        event(
            "PostToolUse",
            json!({"toolId": "toolu_1", "toolName": "web_search", "result": ["peas"]}),
        ),
        event("SubagentStart", json!({"toolId": "toolu_2", "agentType": "gardener"})),
        event("SubagentStop", json!({"toolId": "toolu_2"})),
        event(
            "MessageEnd",
            json!({"stopReason": "end_turn", "usage": {"output_tokens": 7}, "text": "Peas"}),
        ),
        event("Notice", json!({"code": "unknown_event", "detail": "x", "count": 1})),
        event("Stop", json!({"stopReason": "end_turn"})),
    ];
    let all = turn.join("\n");
    let options = json!({"instance": INSTANCE, "format": "otlp-json", "names": "genai-dev",
        "caps": {"attribute": 64, "content": 128}, "resource": {"service.name": "x", "n": 1}});
    vec![
        format!("{options}\n{all}").into_bytes(),
        format!("\n{all}\n{all}").into_bytes(),
        format!("\n{}\n{}\n{}", turn[1], turn[4], turn[9]).into_bytes(),
    ]
}

/// How bodies are to be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Encoding {
    Json,
    Protobuf,
    /// Not at all: the options may say anything.
    Unknown,
}

/// All items of these events; what is sent of them is what the format is.
fn export(mut exporter: Exporter, events: &[&[u8]], encoding: Encoding) -> Vec<u8> {
    let mut out = Vec::new();
    for (n, event) in (1..).zip(events) {
        exporter.take(n, event, &mut out);
    }
    exporter.finish(1_700_000_100_000.0, &mut out);
    for signal in [Signal::Traces, Signal::Logs, Signal::Metrics, Signal::Event] {
        // Each with its length, as `body` takes them.
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        let mut rest = &*out;
        while let Some((head, tail)) = rest.split_at_checked(21) {
            let length = [head[17], head[18], head[19], head[20]];
            let (bytes, tail) = tail.split_at(u32::from_le_bytes(length) as usize);
            if u32::from(head[0]) == signal as u32 {
                bodies.push([&length, bytes].concat());
            }
            rest = tail;
        }
        // An event is a request of its own, or a line.
        let requests = match signal {
            Signal::Event => bodies,
            _ if bodies.is_empty() => continue,
            _ => vec![bodies.concat()],
        };
        for items in requests {
            let mut body = Vec::new();
            exporter.body(signal, &items, &mut body);
            match encoding {
                Encoding::Json => {
                    let read: Result<Value, _> = serde_json::from_slice(&body);
                    assert!(read.is_ok(), "{read:?}: {}", String::from_utf8_lossy(&body));
                }
                Encoding::Protobuf => assert_protobuf(signal, &body),
                Encoding::Unknown => {}
            }
        }
    }
    assert!(!gzip(&out).is_empty());
    out
}

/// By OpenTelemetry's own schema.
fn assert_protobuf(signal: Signal, body: &[u8]) {
    let read = match signal {
        Signal::Traces => Traces::decode(body).map(|read| read.resource_spans.len()),
        Signal::Logs => Logs::decode(body).map(|read| read.resource_logs.len()),
        Signal::Metrics => Metrics::decode(body).map(|read| read.resource_metrics.len()),
        _ => return,
    };
    assert_eq!(read, Ok(1), "{signal:?}: one resource, with all items");
}
