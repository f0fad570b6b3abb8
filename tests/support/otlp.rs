//! What an exporter made, read by the protocol's own crate.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use pagetap::export::{Exporter, Signal};
use prost::Message;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

/// A piece of what an exporter made.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub signal: Signal,
    pub id: [u8; 16],
    pub bytes: Vec<u8>,
}

/// Reads items as they lie in the output.
pub fn items(output: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut rest = output;
    while !rest.is_empty() {
        let signal = Signal::of(rest[0].into()).expect("a signal");
        let id = rest[1..17].try_into().unwrap();
        let length = u32::from_le_bytes(rest[17..21].try_into().unwrap()) as usize;
        items.push(Item { signal, id, bytes: rest[21..21 + length].to_vec() });
        rest = &rest[21 + length..];
    }
    items
}

/// An exporter of that format; more of its options in `more`.
pub fn exporter(format: &str, more: Json) -> Exporter {
    let mut options = json!({
        "format": format,
        "instance": "0123456789abcdef0123456789ABCDEF",
        "signals": ["traces", "logs", "metrics"],
    });
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Exporter::new(options.to_string().as_bytes()).unwrap()
}

/// What comes of these events, the first of which has number `first`.
pub fn take<E: AsRef<[u8]>>(exporter: &mut Exporter, first: u64, events: &[E]) -> Vec<Item> {
    let mut out = Vec::new();
    for (n, event) in (first..).zip(events) {
        exporter.take(n, event.as_ref(), &mut out);
    }
    items(&out)
}

pub fn finish(exporter: &mut Exporter, ts: f64) -> Vec<Item> {
    let mut out = Vec::new();
    exporter.finish(ts, &mut out);
    items(&out)
}

/// The request that exports the items of that signal.
pub fn request(exporter: &Exporter, signal: Signal, items: &[Item]) -> Vec<u8> {
    let of_signal = items.iter().filter(|item| item.signal == signal);
    let bodies = of_signal.flat_map(|item| {
        [&(item.bytes.len() as u32).to_le_bytes(), item.bytes.as_slice()].concat()
    });
    let mut out = Vec::new();
    exporter.body(signal, &bodies.collect::<Vec<u8>>(), &mut out);
    out
}

/// Everything that a collector would have.
#[derive(Debug, PartialEq)]
pub struct Stored {
    pub traces: ExportTraceServiceRequest,
    pub logs: ExportLogsServiceRequest,
    pub metrics: ExportMetricsServiceRequest,
}

impl Stored {
    /// Reads what protobuf or JSON says.
    pub fn read(is_json: bool, exporter: &Exporter, items: &[Item]) -> Stored {
        fn one<M: Message + Default + DeserializeOwned>(is_json: bool, bytes: &[u8]) -> M {
            match is_json {
                true => serde_json::from_slice(bytes).expect("OTLP in JSON"),
                false => M::decode(bytes).expect("OTLP in protobuf"),
            }
        }
        Stored {
            traces: one(is_json, &request(exporter, Signal::Traces, items)),
            logs: one(is_json, &request(exporter, Signal::Logs, items)),
            metrics: one(is_json, &request(exporter, Signal::Metrics, items)),
        }
    }

    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        let scopes = self.traces.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| &scope.spans)
    }

    pub fn records(&self) -> impl Iterator<Item = &LogRecord> {
        let scopes = self.logs.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
        scopes.flat_map(|scope| &scope.log_records)
    }

    pub fn metrics(&self) -> impl Iterator<Item = &Metric> {
        let all = self.metrics.resource_metrics.iter();
        all.flat_map(|resource| &resource.scope_metrics).flat_map(|scope| &scope.metrics)
    }
}

/// An attribute, as JSON.
pub fn attribute(attributes: &[KeyValue], key: &str) -> Json {
    let mut found = attributes.iter().filter(|attribute| attribute.key == key);
    let value = found.next().map_or(Json::Null, |attribute| plain(attribute.value.as_ref()));
    assert!(found.next().is_none(), "{key} stands twice");
    value
}

/// A value, as JSON.
pub fn plain(value: Option<&AnyValue>) -> Json {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => json!(text),
        Some(Value::BoolValue(value)) => json!(value),
        Some(Value::IntValue(value)) => json!(value),
        Some(Value::DoubleValue(value)) => json!(value),
        Some(Value::ArrayValue(array)) => {
            array.values.iter().map(|value| plain(Some(value))).collect()
        }
        other => panic!("no attribute has {other:?}"),
    }
}
