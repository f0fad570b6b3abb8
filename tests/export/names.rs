//! What things are called, in either profile of the conventions.

use crate::otlp::{Stored, attribute, exporter, finish, request, take};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use pagetap::export::Signal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn turn() -> Vec<String> {
    let event = |at: u64, more: Value| {
        let mut event = json!({"ts": 1_000 + at, "turnId": "t", "conversationId": "c",
            "dialect": "messages", "source": "wire", "streamId": 1});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event.to_string()
    };
    let usage = json!({"input_tokens": 10, "cache_read_input_tokens": 200,
        "cache_creation_input_tokens": 3000, "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 2}});
    vec![
        event(0, json!({"type": "UserPromptSubmit", "prompt": "words", "model": "alias"})),
        event(20, json!({"type": "MessageStart", "messageId": "m", "model": "dated"})),
        event(30, json!({"type": "MessageDelta", "messageId": "m", "text": "words"})),
        event(
            40,
            json!({"type": "PreToolUse", "messageId": "m", "toolId": "srvtoolu_1", "toolName": "look"}),
        ),
        event(
            50,
            json!({"type": "SubagentStart", "agentId": "a", "agentType": "Explore", "toolId": "srvtoolu_1"}),
        ),
        event(60, json!({"type": "SubagentStop", "agentId": "a"})),
        event(70, json!({"type": "PostToolUse", "toolId": "srvtoolu_1", "toolName": "look"})),
        event(
            100,
            json!({"type": "MessageEnd", "messageId": "m", "stopReason": "end_turn",
            "complete": true, "usage": usage}),
        ),
        event(110, json!({"type": "Stop", "stopReason": "end_turn"})),
    ]
}

fn stored(names: &str) -> Stored {
    let mut exporter = exporter("otlp", json!({ "names": names }));
    let mut items = take(&mut exporter, 1, &turn());
    items.extend(finish(&mut exporter, 2_000.0));
    Stored::read(false, &exporter, &items)
}

/// Attributes of the span of that name, but those that every span has.
fn of_span(stored: &Stored, name: &str) -> Value {
    let span = stored.spans().find(|span| span.name == name).expect(name);
    let keys = span.attributes.iter().map(|attribute| attribute.key.clone());
    let own = keys.filter(|key| {
        !["session.id", "gen_ai.conversation.id", "prompt.id", "claude_tap.dialect"]
            .contains(&key.as_str())
    });
    own.map(|key| (key.clone(), attribute(&span.attributes, &key))).collect()
}

#[test]
fn a_turn_by_version_1_41() {
    let stored = stored("genai-1.41");
    assert_eq!(
        of_span(&stored, "chat alias"),
        json!({
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "anthropic",
            "gen_ai.request.model": "alias",
            "gen_ai.response.model": "dated",
            "gen_ai.response.id": "m",
            "gen_ai.response.time_to_first_chunk": 0.03,
            "gen_ai.response.finish_reasons": ["end_turn"],
            "gen_ai.usage.input_tokens": 3210,
            "gen_ai.usage.output_tokens": 7,
            "gen_ai.usage.cache_read.input_tokens": 200,
            "gen_ai.usage.cache_creation.input_tokens": 3000,
            "gen_ai.usage.reasoning.output_tokens": 2,
        })
    );
    assert_eq!(
        of_span(&stored, "execute_tool look"),
        json!({
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "look",
            "gen_ai.tool.call.id": "srvtoolu_1",
            "gen_ai.tool.type": "extension",
        })
    );
    assert_eq!(
        of_span(&stored, "invoke_agent Explore"),
        json!({
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.provider.name": "anthropic",
            "gen_ai.agent.name": "Explore",
            "gen_ai.agent.id": "a",
        })
    );
    let measured = measured(&stored);
    let names: Vec<&str> = measured.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "gen_ai.client.operation.duration s",
            "gen_ai.client.operation.time_to_first_chunk s",
            "gen_ai.client.token.usage {token}",
        ]
    );
    let tokens = &measured["gen_ai.client.token.usage {token}"];
    assert_eq!(tokens, &[("input".to_owned(), 3210.0), ("output".to_owned(), 7.0)]);
}

#[test]
fn a_turn_by_what_they_are_becoming() {
    let stored = stored("genai-dev");
    let chat = of_span(&stored, "chat alias");
    assert_eq!(chat["gen_ai.usage.cache_write.input_tokens"], 3000);
    assert_eq!(chat["gen_ai.usage.cache_creation.input_tokens"], Value::Null);
    let agent = json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Explore"});
    assert_eq!(of_span(&stored, "invoke_agent Explore"), agent);
    let plain = |value: f64| vec![(String::new(), value)];
    let counted = |value: f64| vec![("unknown".to_owned(), value)];
    let wanted = BTreeMap::from([
        ("gen_ai.client.inference.duration s", plain(0.1)),
        ("gen_ai.client.inference.operation.input_tokens {token}", plain(3210.0)),
        ("gen_ai.client.inference.operation.output_tokens {token}", plain(7.0)),
        ("gen_ai.client.inference.time_to_first_chunk s", plain(0.03)),
        ("gen_ai.client.inference.usage.cache_read.input_tokens {token}", counted(200.0)),
        ("gen_ai.client.inference.usage.cache_write.input_tokens {token}", counted(3000.0)),
        ("gen_ai.client.inference.usage.input_tokens {token}", counted(3210.0)),
        ("gen_ai.client.inference.usage.output_tokens {token}", counted(7.0)),
        ("gen_ai.client.inference.usage.reasoning.output_tokens {token}", counted(2.0)),
        ("gen_ai.execute_tool.duration s", plain(0.03)),
        ("gen_ai.invoke_agent.duration s", [plain(0.01), plain(0.11)].concat()),
        ("gen_ai.invoke_agent.inference_calls {call}", [plain(0.0), plain(1.0)].concat()),
        ("gen_ai.invoke_agent.tool_calls {call}", [plain(0.0), plain(1.0)].concat()),
    ]);
    let measured = measured(&stored);
    let measured: BTreeMap<&str, _> =
        measured.iter().map(|(name, values)| (name.as_str(), values.clone())).collect();
    assert_eq!(measured, wanted);
}

/// What was measured, by name and unit: the kind of token, and the value.
fn measured(stored: &Stored) -> BTreeMap<String, Vec<(String, f64)>> {
    let mut measured: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    for metric in stored.metrics() {
        let points = match metric.data.as_ref().expect("data") {
            Data::Histogram(histogram) => {
                let points = histogram.data_points.iter();
                points.map(|point| (&point.attributes, point.sum.unwrap())).collect::<Vec<_>>()
            }
            Data::Sum(sum) => {
                use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
                assert!(sum.is_monotonic && sum.aggregation_temporality == 1);
                let value = |value: &Option<Value>| match value {
                    Some(Value::AsInt(count)) => *count as f64,
                    other => panic!("{other:?}"),
                };
                let points = sum.data_points.iter();
                points.map(|point| (&point.attributes, value(&point.value))).collect()
            }
            other => panic!("{other:?}"),
        };
        let of = |attributes: &[_]| {
            let kind = ["gen_ai.token.type", "gen_ai.token.modality"]
                .map(|key| attribute(attributes, key).as_str().unwrap_or_default().to_owned());
            kind.concat()
        };
        let name = format!("{} {}", metric.name, metric.unit);
        let before = measured.insert(
            name,
            points.into_iter().map(|(attributes, value)| (of(attributes), value)).collect(),
        );
        assert!(before.is_none(), "{} is one metric", metric.name);
    }
    measured
}

/// Some receivers take a count that is a string for none, and say nothing.
#[test]
fn in_json_counts_and_enums_are_numbers_and_times_and_ids_are_texts() {
    let mut exporter = exporter("otlp-json", json!({"names": "genai-dev"}));
    let items = take(&mut exporter, 1, &turn());
    let body =
        |signal| -> Value { serde_json::from_slice(&request(&exporter, signal, &items)).unwrap() };
    let metrics = body(Signal::Metrics);
    let metrics = metrics["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap();
    for metric in metrics {
        if let Some(sum) = metric.get("sum") {
            assert!(sum["dataPoints"][0]["asInt"].is_u64() && sum["aggregationTemporality"] == 1);
        } else {
            let point = &metric["histogram"]["dataPoints"][0];
            assert!(point["count"].is_u64() && point["timeUnixNano"].is_string());
            assert!(point["bucketCounts"].as_array().unwrap().iter().all(Value::is_u64));
        }
    }
    let traces = body(Signal::Traces);
    for span in traces["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap() {
        assert!(span["kind"].is_u64() && span["startTimeUnixNano"].is_string());
        let id = span["spanId"].as_str().unwrap();
        assert!(id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
        for attribute in span["attributes"].as_array().unwrap() {
            assert!(attribute["value"].get("intValue").is_none_or(Value::is_u64));
        }
    }
}
