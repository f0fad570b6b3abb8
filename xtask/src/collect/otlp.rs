//! OTLP: requests, in both encodings, as records.

use super::otlp_values::{attributes, ms};
use super::record::{Batch, Record, Signal, number, text};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::{Map, Value};

/// What a path takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Traces,
    Logs,
    Metrics,
}

impl Kind {
    /// By a request's path.
    pub(super) fn of(path: &str) -> Option<Kind> {
        match path {
            "/v1/traces" => Some(Kind::Traces),
            "/v1/logs" => Some(Kind::Logs),
            "/v1/metrics" => Some(Kind::Metrics),
            _ => None,
        }
    }

    /// The members that lead to the records, in OTLP's JSON.
    fn members(self) -> [&'static str; 3] {
        match self {
            Kind::Traces => ["resourceSpans", "scopeSpans", "spans"],
            Kind::Logs => ["resourceLogs", "scopeLogs", "logRecords"],
            Kind::Metrics => ["resourceMetrics", "scopeMetrics", "metrics"],
        }
    }

    /// What one that is not all taken is told.
    pub(super) fn rejected(self) -> &'static str {
        match self {
            Kind::Traces => "rejectedSpans",
            Kind::Logs => "rejectedLogRecords",
            Kind::Metrics => "rejectedDataPoints",
        }
    }
}

/// A request in protobuf.
pub(super) fn protobuf(kind: Kind, body: &[u8]) -> Result<Batch, String> {
    let json = match kind {
        Kind::Traces => ExportTraceServiceRequest::decode(body).map(serde_json::to_value),
        Kind::Logs => ExportLogsServiceRequest::decode(body).map(serde_json::to_value),
        Kind::Metrics => ExportMetricsServiceRequest::decode(body).map(serde_json::to_value),
    };
    let json = json.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    batch(kind, &json)
}

/// A request in JSON.
pub(super) fn json(kind: Kind, body: &[u8]) -> Result<Batch, String> {
    let json = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    batch(kind, &json)
}

fn batch(kind: Kind, request: &Value) -> Result<Batch, String> {
    let [resources, scopes, records] = kind.members();
    if !request.is_object() {
        return Err(format!("a request with {resources} is expected"));
    }
    let mut batch = Batch::default();
    for in_resource in list(request, resources) {
        let resource = in_resource.get("resource").cloned().unwrap_or_default();
        for in_scope in list(in_resource, scopes) {
            for body in list(in_scope, records) {
                let mut record = match kind {
                    Kind::Traces => span(body),
                    Kind::Logs => log(body),
                    Kind::Metrics => metric(body),
                };
                record.resource.clone_from(&resource);
                batch.records.push(record);
            }
        }
    }
    Ok(batch)
}

fn span(body: &Value) -> Record {
    let mut record = Record::new(Signal::Span, name(body, &["name"]), body.clone());
    let id = |name| text(body, &[name]).map(str::to_ascii_lowercase);
    record.id = id("traceId").zip(id("spanId")).map(|(trace, span)| format!("{trace}/{span}"));
    record.ts = ms(body, "startTimeUnixNano");
    let end = ms(body, "endTimeUnixNano").zip(record.ts);
    record.duration_ms = end.map(|(end, start)| end - start);
    known(&mut record, &attributes(body));
    if let Some(code) = body.pointer("/status/code").and_then(number)
        && code == 2.0
    {
        record.facts.push("ERROR".to_owned());
    }
    record
}

fn log(body: &Value) -> Record {
    let attributes = attributes(body);
    let said = attributes.get("event.name").and_then(Value::as_str);
    let name = text(body, &["eventName"]).or(said).unwrap_or("log").to_owned();
    let mut record = Record::new(Signal::Log, name, body.clone());
    record.id = attributes.get("event.id").and_then(Value::as_str).map(str::to_owned);
    record.ts = ms(body, "timeUnixNano").or_else(|| ms(body, "observedTimeUnixNano"));
    record.duration_ms = attributes.get("duration_ms").and_then(number);
    known(&mut record, &attributes);
    let severity = body.get("severityNumber").and_then(number).unwrap_or_default();
    match severity {
        17.0.. => record.facts.push("ERROR".to_owned()),
        13.0.. => record.facts.push("WARN".to_owned()),
        _ => (),
    }
    record
}

/// A metric without an id: a second copy cannot be told from a second measurement.
fn metric(body: &Value) -> Record {
    let mut record = Record::new(Signal::Metric, name(body, &["name"]), body.clone());
    let kinds = ["sum", "gauge", "histogram", "exponentialHistogram", "summary"];
    let found = kinds.iter().find_map(|kind| Some((*kind, body.get(*kind)?)));
    if let Some((kind, data)) = found {
        let points = list(data, "dataPoints");
        record.ts = points.first().and_then(|point| ms(point, "timeUnixNano"));
        record.facts.push(format!("{kind} of {}", points.len()));
    }
    record
}

/// Attributes of the conventions that a person looks for.
fn known(record: &mut Record, attributes: &Map<String, Value>) {
    let tokens = |names: [&str; 2]| names.iter().find_map(|name| number(attributes.get(*name)?));
    record.tokens = (
        tokens(["gen_ai.usage.input_tokens", "input_tokens"]),
        tokens(["gen_ai.usage.output_tokens", "output_tokens"]),
    );
    for name in ["gen_ai.tool.name", "gen_ai.response.model", "model", "error.type", "reason"] {
        let Some(value) = attributes.get(name).and_then(Value::as_str) else { continue };
        let is_told = record.name.contains(value) || record.facts.iter().any(|fact| fact == value);
        if !is_told {
            record.facts.push(value.to_owned());
        }
    }
}

fn name(body: &Value, names: &[&str]) -> String {
    text(body, names).unwrap_or("(no name)").to_owned()
}

fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

    #[test]
    fn a_span_is_the_same_in_both_encodings() {
        let span = Span {
            trace_id: vec![0xab; 16],
            span_id: vec![1; 8],
            name: "chat".to_owned(),
            start_time_unix_nano: 1_700_000_000_000_000_001,
            end_time_unix_nano: 1_700_000_001_500_000_001,
            ..Span::default()
        };
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                scope_spans: vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }],
                ..ResourceSpans::default()
            }],
        };
        let from_protobuf = protobuf(Kind::Traces, &request.encode_to_vec()).unwrap();
        let written = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{
            "traceId":"ABABABABABABABABABABABABABABABAB","spanId":"0101010101010101","name":"chat",
            "startTimeUnixNano":"1700000000000000001","endTimeUnixNano":1700000001500000001}]}]}]}"#;
        let from_json = json(Kind::Traces, written).unwrap();
        for batch in [from_protobuf, from_json] {
            let [record] = batch.records.as_slice() else { panic!("{batch:?}") };
            let id = "abababababababababababababababab/0101010101010101";
            assert_eq!(record.id.as_deref(), Some(id));
            assert_eq!(record.ts, Some(1_700_000_000_000.0));
            assert_eq!(record.duration_ms, Some(1500.0));
        }
    }

    #[test]
    fn a_body_of_another_kind_is_refused() {
        assert!(protobuf(Kind::Logs, b"{\"resourceLogs\":[]}").is_err());
        assert!(json(Kind::Logs, b"[]").is_err());
        assert!(json(Kind::Logs, b"\x0a\x00").is_err());
    }

    #[test]
    fn a_log_is_known_by_its_event_id_and_shows_its_tokens() {
        let body = br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{
            "timeUnixNano":"1700000000000000000","severityNumber":13,"eventName":"claude_tap.api_request",
            "attributes":[{"key":"event.id","value":{"stringValue":"e1"}},
              {"key":"input_tokens","value":{"intValue":"12"}},
              {"key":"output_tokens","value":{"intValue":3}},
              {"key":"model","value":{"stringValue":"m"}}]}]}]}]}"#;
        let batch = json(Kind::Logs, body).unwrap();
        let [record] = batch.records.as_slice() else { panic!("{batch:?}") };
        assert_eq!(record.id.as_deref(), Some("e1"));
        assert_eq!(record.tokens, (Some(12.0), Some(3.0)));
        assert_eq!(record.facts, ["m", "WARN"]);
    }
}
