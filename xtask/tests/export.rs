//! Every case of the corpus, exported in every format: what the collectors get is what
//! the hook events said.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "export/cases.rs"]
mod cases;
#[path = "export/described.rs"]
mod described;
#[path = "../../tests/support/otlp.rs"]
mod otlp;
#[path = "../../tests/support/whole.rs"]
mod whole;

use cases::{Case, all};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use otlp::{Item, Stored, attribute, exporter, finish, take};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Everything that comes of a case.
fn export(format: &str, more: Value, case: &Case) -> (Vec<Item>, Stored) {
    let mut exporter = exporter(format, more);
    let mut items = take(&mut exporter, 1, &case.events);
    items.extend(finish(&mut exporter, 1e9));
    let stored = Stored::read(format == "otlp-json", &exporter, &items);
    (items, stored)
}

fn stored(case: &Case) -> Stored {
    export("otlp", json!({}), case).1
}

fn is_replay(event: &Value) -> bool {
    event["replay"] == true
}

/// An event's text or number, as text.
fn id(event: &Value, field: &str) -> String {
    match &event[field] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[test]
fn the_corpus_is_there() {
    assert!(all().len() >= 180, "{} cases", all().len());
}

#[test]
fn protobuf_says_what_json_says_in_both_profiles() {
    for case in all() {
        for names in ["genai-1.41", "genai-dev"] {
            let read = |format| export(format, json!({ "names": names }), &case).1;
            assert_eq!(read("otlp"), read("otlp-json"), "{}", case.name);
        }
    }
}

#[test]
fn spans_end_once_within_their_parents_trace() {
    for case in all() {
        println!("{}", case.name);
        whole::check_spans(&stored(&case));
    }
}

#[test]
fn an_exporter_that_was_lost_is_not_missed() {
    for case in all() {
        println!("{}", case.name);
        whole::check_every_cut(&case.events);
    }
}

#[test]
fn every_answer_is_a_model_call_with_its_model_tokens_and_end() {
    let mut seen = 0;
    for case in all() {
        let stored = stored(&case);
        let mut models: BTreeMap<String, String> = BTreeMap::new();
        let (mut started, mut over) = (BTreeSet::new(), BTreeSet::new());
        let mut spans: Vec<_> = stored.spans().filter(|span| span.kind == 3).collect();
        spans.retain(|span| attribute(&span.attributes, "gen_ai.operation.name") == "chat");
        for event in case.parsed() {
            let key = format!("{} {}", id(&event, "streamId"), id(&event, "messageId"));
            match event["type"].as_str().unwrap() {
                "MessageStart" if !is_replay(&event) => {
                    models.insert(key.clone(), id(&event, "model"));
                    started.insert(key);
                }
                "PostModelSwitch" if models.contains_key(&key) && event["toModel"].is_string() => {
                    models.insert(key, id(&event, "toModel"));
                }
                "MessageEnd" => {
                    over.insert(id(&event, "messageId"));
                    let at = format!("{} {event}", case.name);
                    let by_seq = |record: &&_| sequence_of(record) == event["seq"];
                    let record = stored.records().find(by_seq).expect("a record of the answer");
                    tokens(&record.attributes, &event["usage"], &at);
                    let incomplete = event["complete"] == false;
                    let exception = "gen_ai.client.operation.exception";
                    assert_eq!(record.event_name == exception, incomplete, "{at}");
                    let ends = |span: &&_| starts_with(span, record);
                    let Some(place) = spans.iter().position(ends) else {
                        assert!(!started.contains(&key), "{at} has a span");
                        continue;
                    };
                    let span = spans.remove(place);
                    seen += 1;
                    tokens(&span.attributes, &event["usage"], &at);
                    let has = |key| attribute(&span.attributes, key);
                    assert_eq!(has("claude_tap.incomplete"), Value::Null, "{at}");
                    if let Some(model) = models.get(&key).filter(|model| !model.is_empty()) {
                        assert_eq!(has("gen_ai.response.model"), json!(model), "{at}");
                    }
                    let reasons = match &event["stopReason"] {
                        Value::Null => Value::Null,
                        reason => json!([reason]),
                    };
                    assert_eq!(has("gen_ai.response.finish_reasons"), reasons, "{at}");
                    let failed = incomplete || event["stopReason"] == "refusal";
                    assert_eq!(has("error.type").is_null(), !failed, "{at}");
                    assert_eq!(span.status.is_some(), failed, "{at}");
                }
                _ => {}
            }
        }
        for span in spans {
            let message = attribute(&span.attributes, "gen_ai.response.id");
            let ended = message.as_str().is_some_and(|message| over.contains(message));
            assert!(!ended, "{}: {message} ended", case.name);
            assert_eq!(attribute(&span.attributes, "claude_tap.incomplete"), true);
        }
    }
    assert!(seen >= 150, "only {seen} answers seen");
}

fn sequence_of(record: &LogRecord) -> Value {
    attribute(&record.attributes, "event.sequence")
}

/// Whether the record is of that span.
fn starts_with(span: &Span, record: &LogRecord) -> bool {
    span.span_id == record.span_id && span.trace_id == record.trace_id
}

/// Token counts by the rule of the conventions, read from the event anew.
fn tokens(attributes: &[KeyValue], usage: &Value, at: &str) {
    let counted = |key: &str| usage[key].as_u64();
    let cached = counted("cache_read_input_tokens").unwrap_or(0)
        + counted("cache_creation_input_tokens").unwrap_or(0);
    let input = counted("input_tokens").map(|fresh| fresh + cached);
    for (key, wanted) in [
        ("gen_ai.usage.input_tokens", input),
        ("gen_ai.usage.output_tokens", counted("output_tokens")),
        ("gen_ai.usage.cache_read.input_tokens", counted("cache_read_input_tokens")),
        ("gen_ai.usage.cache_creation.input_tokens", counted("cache_creation_input_tokens")),
    ] {
        assert_eq!(attribute(attributes, key).as_u64(), wanted, "{key} of {at}");
    }
}

#[test]
fn every_result_is_told_and_ends_its_call() {
    let (mut ended, mut alone) = (0, 0);
    for case in all() {
        let stored = stored(&case);
        let mut called: Vec<(String, String)> = Vec::new();
        let mut spans: Vec<_> = stored.spans().collect();
        for event in case.parsed() {
            let call = (id(&event, "toolId"), id(&event, "toolName"));
            let name = event["type"].as_str().unwrap();
            match name {
                "PreToolUse" if !is_replay(&event) => called.push(call),
                "PostToolUse" | "PostToolUseFailure" => {
                    let at = format!("{} {event}", case.name);
                    let by_seq = |record: &&_| sequence_of(record) == event["seq"];
                    let record = stored.records().find(by_seq).expect("a record of the result");
                    let has = |key| attribute(&record.attributes, key);
                    assert_eq!(record.event_name, "claude_tap.tool_result", "{at}");
                    assert_eq!(has("success"), json!(name == "PostToolUse"), "{at}");
                    assert_eq!(has("duration_ms").as_f64(), event["durationMs"].as_f64(), "{at}");
                    assert_eq!(has("tool_use_id"), event["toolId"], "{at}");
                    assert_eq!(has("tool_name"), event["toolName"], "{at}");
                    let known = called.iter().position(|other| *other == call);
                    let span = spans.iter().position(|span| starts_with(span, record));
                    let is_call = |span: &&Span| {
                        attribute(&span.attributes, "gen_ai.tool.call.id") == event["toolId"]
                    };
                    let span = span.map(|at| spans.remove(at)).filter(|span| is_call(span));
                    let (Some(known), Some(span)) = (known, span) else {
                        // Called before we came, taken back or refused.
                        assert!(span.is_none(), "{at}");
                        alone += 1;
                        continue;
                    };
                    called.remove(known);
                    let has = |key| attribute(&span.attributes, key);
                    ended += 1;
                    assert_eq!(has("gen_ai.tool.name"), event["toolName"], "{at}");
                    assert_eq!(has("duration_ms").as_f64(), event["durationMs"].as_f64(), "{at}");
                    let error =
                        if name == "PostToolUse" { Value::Null } else { json!("tool_error") };
                    assert_eq!(has("error.type"), error, "{at}");
                    assert_eq!(span.end_time_unix_nano, record.time_unix_nano, "{at}");
                }
                _ => {}
            }
        }
    }
    assert!(ended >= 80, "only {ended} calls ended, {alone} results without a call");
}

#[test]
fn every_turn_that_is_told_to_end_is_a_span_with_that_end() {
    let mut seen = 0;
    for case in all() {
        let stored = stored(&case);
        let events = case.parsed();
        for event in events.iter().filter(|event| !is_replay(event)) {
            let failed = event["type"] == "StopFailure";
            if event["type"] != "Stop" && !failed {
                continue;
            }
            let at = format!("{} {event}", case.name);
            let record = stored.records().find(|record| sequence_of(record) == event["seq"]);
            let record = record.expect("a record of the end");
            let began = |other: &Value| {
                (other["type"] == "UserPromptSubmit" || other["type"] == "MessageStart")
                    && !is_replay(other)
                    && other["turnId"] == event["turnId"]
                    && other["seq"].as_u64() < event["seq"].as_u64()
            };
            let span = stored.spans().find(|span| starts_with(span, record));
            let Some(span) = span else {
                assert!(!events.iter().any(began), "{at} has a span");
                continue;
            };
            seen += 1;
            assert_eq!(span.name, "invoke_agent claude", "{at}");
            assert_eq!(span.end_time_unix_nano, record.time_unix_nano, "{at}");
            let error = if failed { event["error"].clone() } else { Value::Null };
            assert_eq!(attribute(&span.attributes, "error.type"), error, "{at}");
        }
    }
    assert!(seen >= 100, "only {seen} turns ended");
}

/// Texts of an event that are content, whoever classified them.
fn words(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= 12 && text.contains(' ') => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| words(value, found)),
        Value::Object(members) => members.values().for_each(|value| words(value, found)),
        _ => {}
    }
}

#[test]
fn no_sentence_of_any_case_leaves() {
    let mut looked_for = 0;
    for case in all() {
        let mut sentences = Vec::new();
        case.parsed().iter().for_each(|event| words(event, &mut sentences));
        sentences.sort();
        sentences.dedup();
        looked_for += sentences.len();
        for format in ["otlp", "otlp-json", "hooks", "ndjson"] {
            let mut exporter = exporter(format, json!({}));
            let mut items = take(&mut exporter, 1, &case.events);
            items.extend(finish(&mut exporter, 1e9));
            let said: Vec<u8> = items.into_iter().flat_map(|item| item.bytes).collect();
            let said = String::from_utf8_lossy(&said);
            for sentence in &sentences {
                let escaped = Value::from(sentence.as_str()).to_string();
                let inner = &escaped[1..escaped.len() - 1];
                assert!(!said.contains(sentence.as_str()), "{} {format}: {sentence}", case.name);
                assert!(!said.contains(inner), "{} {format}: {sentence}", case.name);
            }
        }
    }
    assert!(looked_for >= 200, "only {looked_for} sentences");
}

#[test]
fn what_was_there_before_is_told_and_opens_nothing() {
    let mut replayed = 0;
    for case in all() {
        let history: Vec<String> = case
            .events
            .iter()
            .zip(case.parsed())
            .filter(|(_, event)| is_replay(event))
            .map(|(text, _)| text.clone())
            .collect();
        replayed += history.len();
        let history = Case { name: case.name.clone(), events: history };
        let stored = stored(&history);
        assert_eq!(stored.spans().count(), 0, "{}", history.name);
        assert_eq!(stored.metrics().count(), 0, "{}", history.name);
        for record in stored.records() {
            assert_eq!(attribute(&record.attributes, "claude_tap.replay"), true);
        }
    }
    assert!(replayed > 10, "only {replayed} events of history");
}

#[test]
fn measurements_are_what_the_spans_say() {
    for case in all() {
        let stored = stored(&case);
        let whole = |span: &&Span| attribute(&span.attributes, "claude_tap.incomplete").is_null();
        let is_chat = |span: &&Span| attribute(&span.attributes, "gen_ai.operation.name") == "chat";
        let mut wanted: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        let on_time = |span: &&Span| attribute(&span.attributes, "claude_tap.replay").is_null();
        for span in stored.spans().filter(is_chat).filter(whole) {
            let seconds = (span.end_time_unix_nano - span.start_time_unix_nano) as f64 / 1e9;
            if on_time(&span) {
                wanted.entry("gen_ai.client.operation.duration").or_default().push(seconds);
            }
            let first = attribute(&span.attributes, "gen_ai.response.time_to_first_chunk");
            let first = first.as_f64();
            let metric = "gen_ai.client.operation.time_to_first_chunk";
            first.into_iter().for_each(|first| wanted.entry(metric).or_default().push(first));
            for key in ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"] {
                let tokens = attribute(&span.attributes, key).as_f64();
                let metric = "gen_ai.client.token.usage";
                tokens.into_iter().for_each(|count| wanted.entry(metric).or_default().push(count));
            }
        }
        let is_mcp = |span: &&Span| span.name.starts_with("tools/call ");
        for span in stored.spans().filter(is_mcp).filter(whole) {
            let seconds = (span.end_time_unix_nano - span.start_time_unix_nano) as f64 / 1e9;
            wanted.entry("mcp.client.operation.duration").or_default().push(seconds);
        }
        let mut measured: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for metric in stored.metrics() {
            use opentelemetry_proto::tonic::metrics::v1::metric::Data;
            let Some(Data::Histogram(histogram)) = &metric.data else { panic!("{metric:?}") };
            assert_eq!(histogram.aggregation_temporality, 1);
            for point in &histogram.data_points {
                assert_eq!((point.count, point.bucket_counts.iter().sum::<u64>()), (1, 1));
                assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
                let at = point.bucket_counts.iter().position(|count| *count == 1).unwrap();
                let sum = point.sum.unwrap();
                assert!(at == 0 || point.explicit_bounds[at - 1] < sum);
                assert!(point.explicit_bounds.get(at).is_none_or(|bound| sum <= *bound));
                measured.entry(&metric.name).or_default().push(sum);
            }
        }
        for values in wanted.values_mut().chain(measured.values_mut()) {
            values.iter_mut().for_each(|value| *value = (*value * 1e6).round());
            values.sort_by(f64::total_cmp);
        }
        assert_eq!(measured, wanted, "{}", case.name);
    }
}

/// Turns that a person has read: with tools, a failure, a subagent, a question.
const READ: [&str; 6] = [
    "claudeai/tool-result-streamed",
    "messages/error-midstream",
    "claudeai/tool-error",
    "ccr-v1/subagent",
    "ccr-v1/permission-granted",
    "mcp-ws/calls",
];

#[test]
fn these_turns_are_exported_as_was_blessed() {
    let cases = all();
    for name in READ {
        let case = cases.iter().find(|case| case.name == name).expect(name);
        let said = described::describe(&stored(case));
        let file = name.replace('/', "-") + ".txt";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export/expected").join(file);
        if std::env::var_os("PAGETAP_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, said).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        for (at, (said, expected)) in said.lines().zip(expected.lines()).enumerate() {
            assert_eq!(said, expected, "{name}, line {}", at + 1);
        }
        assert_eq!(said.lines().count(), expected.lines().count(), "{name}");
    }
}
