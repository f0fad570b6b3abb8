//! Whatever comes in, what goes out can be read; and by every reader the same.

use crate::otlp::{Item, Stored, attribute, exporter, finish, take};
use flate2::read::GzDecoder;
use pagetap::export::{Exporter, Signal, gzip};
use pagetap::hook::{Field, HookName};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Read;

const FORMATS: [&str; 4] = ["otlp", "otlp-json", "hooks", "ndjson"];

/// Every class of content, so that all of it is looked at.
fn everything() -> Value {
    let every: Vec<&str> = HookName::ALL.iter().map(|hook| hook.name()).chain(["Notice"]).collect();
    json!({
        "include": ["prompts", "answers", "thinking", "toolInputs", "toolResults"],
        "events": every,
    })
}

/// Any JSON, as text, among it what few serialisers write.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        "null",
        "true",
        "0",
        "-0",
        "-1.5e-7",
        "12345678901234567890",
        "1.0",
        "\"\"",
        "\"\\ud83d\"",
        "\"\\udf0a x\"",
        "\"\\ud83c\\udf0a\"",
        "\"\\u0000\\u0022\\\\\"",
        "\"é🌊\"",
        "\"turn\"",
        "{}",
        "[]",
    ]);
    leaf.prop_map(String::from).prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|values| format!("[ {} ]", values.join(" ,\r\n"))),
            vec((select(vec!["a", "\\u0061", "input_tokens", "é", "\\ud800"]), inner), 0..4)
                .prop_map(|members| {
                    let member = |(key, value)| format!("\"{key}\" :{value}");
                    format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(","))
                }),
        ]
    })
}

fn any_event() -> impl Strategy<Value = String> {
    let fields: Vec<&str> = Field::ALL.iter().map(|field| field.name()).chain(["raw"]).collect();
    let names: Vec<&str> = HookName::ALL.iter().map(|hook| hook.name()).chain(["Notice"]).collect();
    (select(names), vec((select(fields), any_json()), 0..12)).prop_map(|(name, fields)| {
        let fields = fields.into_iter().map(|(field, value)| format!(",\"{field}\":{value}"));
        format!("{{\"type\":\"{name}\"{}}}", fields.collect::<String>())
    })
}

/// What JSON or lines say, read strictly.
fn read(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(bytes));
    })
}

proptest! {
    #[test]
    fn any_events_give_what_can_be_read_and_protobuf_says_what_json_says(
        events in vec(any_event(), 0..10)
    ) {
        let mut stored = Vec::new();
        for format in FORMATS {
            let mut exporter = exporter(format, everything());
            let mut items = take(&mut exporter, 1, &events);
            items.extend(finish(&mut exporter, 5e12));
            for item in items.iter().filter(|item| matches!(item.signal, Signal::Event | Signal::Open)) {
                read(&item.bytes);
            }
            match format {
                "hooks" => {}
                "ndjson" => {
                    prop_assert_eq!(items.len(), events.len());
                    let ends = |item: &Item| item.bytes.iter().filter(|byte| **byte == b'\n').count();
                    prop_assert!(items.iter().all(|item| ends(item) == 1));
                }
                _ => stored.push(Stored::read(format == "otlp-json", &exporter, &items)),
            }
        }
        prop_assert_eq!(&stored[0], &stored[1]);
    }

    #[test]
    fn any_bytes_give_a_record_of_what_was_lost_at_most(bytes in vec(any::<u8>(), 0..64)) {
        for format in FORMATS {
            let mut exporter = exporter(format, json!({}));
            let items = take(&mut exporter, 1, &[&bytes]);
            prop_assert!(items.len() <= 1);
            if format.starts_with("otlp") {
                let stored = Stored::read(format == "otlp-json", &exporter, &items);
                let record = stored.records().next().expect("what was lost");
                prop_assert_eq!(&record.event_name, "claude_tap.dropped");
                prop_assert_eq!(attribute(&record.attributes, "reason"), "unreadable");
            }
        }
    }

    #[test]
    fn what_was_compressed_is_what_comes_out(bytes in vec(select(vec![0u8, 1, 97, 98, 255]), 0..3000)) {
        let packed = gzip(&bytes);
        let mut unpacked = Vec::new();
        GzDecoder::new(packed.as_slice()).read_to_end(&mut unpacked).unwrap();
        prop_assert_eq!(unpacked, bytes);
    }
}

#[test]
fn a_large_body_compresses_as_well_as_with_everybodys_tool() {
    let body = json!({"a": "the same words again and again"}).to_string().repeat(20_000);
    let packed = gzip(body.as_bytes());
    let mut theirs = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    std::io::Write::write_all(&mut theirs, body.as_bytes()).unwrap();
    assert!(packed.len() < theirs.finish().unwrap().len() * 11 / 10);
}

#[test]
fn options_that_are_wrong_are_refused_by_name() {
    let instance = "0".repeat(32);
    for (options, reason) in [
        (json!([]), "the options are no JSON object"),
        (json!({}), "instance must be 32 hex digits"),
        (json!({"instance": "+".repeat(32)}), "instance must be 32 hex digits"),
        (json!({"instance": instance, "to": "x"}), "to is no option"),
        (json!({"instance": instance, "format": "xml"}), "format: \"xml\" is none of otlp,"),
        (json!({"instance": instance, "format": null}), "format: null is none of otlp,"),
        (json!({"instance": instance, "names": 3}), "names: 3 is none of"),
        (json!({"instance": instance, "signals": []}), "signals is empty"),
        (json!({"instance": instance, "signals": ["spans"]}), "signals: \"spans\" is none of"),
        (json!({"instance": instance, "include": "prompts"}), "include must be a list"),
        (json!({"instance": instance, "include": ["all"]}), "include: \"all\" is none of"),
        (json!({"instance": instance, "events": [1]}), "events: 1 is no name"),
        (json!({"instance": instance, "caps": {"content": 3}}), "caps.content must be"),
        (json!({"instance": instance, "caps": {"attribute": "4"}}), "caps.attribute must be"),
        (json!({"instance": instance, "resource": {"a": []}}), "resource.a must be a text"),
    ] {
        let refused = Exporter::new(options.to_string().as_bytes()).unwrap_err();
        assert!(refused.starts_with(reason), "{options}: {refused}");
    }
    assert!(Exporter::new(&[0xff]).is_err());
    assert!(Exporter::new(json!({"instance": instance}).to_string().as_bytes()).is_ok());
}

#[test]
fn the_resource_says_who_it_is_and_what_was_added() {
    let resource = json!({"service.name": "my page", "n": 1.5, "b": true, "deployment": "x"});
    let mut exporter = exporter("otlp", json!({ "resource": resource }));
    let items = take(&mut exporter, 1, &["{\"type\":\"Gap\",\"ts\":1}"]);
    let stored = Stored::read(false, &exporter, &items);
    let resource = stored.logs.resource_logs[0].resource.as_ref().unwrap();
    for (key, value) in [
        ("service.name", json!("my page")),
        ("service.version", json!(env!("CARGO_PKG_VERSION"))),
        ("service.instance.id", json!("0123456789abcdef0123456789abcdef")),
        ("n", json!(1.5)),
        ("b", json!(true)),
        ("deployment", json!("x")),
    ] {
        assert_eq!(attribute(&resource.attributes, key), value);
    }
    let scope = &stored.logs.resource_logs[0].scope_logs[0];
    assert_eq!(scope.schema_url, "https://opentelemetry.io/schemas/1.41.1");
    assert_eq!(scope.scope.as_ref().unwrap().name, "pagetap");
}

#[test]
fn times_are_exact_to_the_microsecond_and_json_has_them_as_text() {
    let event = "{\"type\":\"Gap\",\"ts\":1787220001400.123}";
    let mut exporter = exporter("otlp-json", json!({}));
    let items = take(&mut exporter, 1, &[event]);
    let said = String::from_utf8(items[0].bytes.clone()).unwrap();
    assert!(said.contains("\"timeUnixNano\":\"1787220001400123000\""), "{said}");
    assert!(said.contains("\"severityNumber\":13"), "{said}");
}

#[test]
fn values_that_are_too_long_are_cut_at_a_character_and_marked() {
    let caps = json!({"caps": {"content": 20, "attribute": 16}, "include": ["prompts"]});
    let event = json!({"type": "UserPromptSubmit", "prompt": "é".repeat(20), "toolIds": ["abcdefgh", "ijklmnop"]});
    let items = take(&mut exporter("ndjson", caps), 1, &[event.to_string()]);
    let said = read(&items[0].bytes);
    assert_eq!(said["prompt"], "éééééé…[cut]");
    assert_eq!(said["promptLength"], 20);
    assert_eq!(said["toolIds"], "[\"abcdef…[cut]");
}

#[test]
fn a_number_that_no_reader_holds_is_left_out() {
    let event = "{\"type\":\"Stop\",\"durationMs\":1e400,\"numTurns\":2}";
    let items = take(&mut exporter("ndjson", json!({})), 1, &[event]);
    let said = read(&items[0].bytes);
    assert_eq!((&said["durationMs"], &said["numTurns"]), (&Value::Null, &json!(2)));
}

#[test]
fn lone_surrogates_do_not_cost_the_rest() {
    let event = "{\"type\":\"UserPromptSubmit\",\"prompt\":\"a \\ud83d b \\ud83c\\udf0a \\udf0a\"}";
    for format in ["ndjson", "hooks"] {
        let items = take(&mut exporter(format, json!({"include": ["prompts"]})), 1, &[event]);
        assert_eq!(read(&items[0].bytes)["prompt"], "a \u{fffd} b 🌊 \u{fffd}");
    }
}

#[test]
fn ids_are_functions_of_instance_and_number_and_no_two_are_the_same() {
    let event = |ts: u64| json!({"type": "Gap", "ts": ts}).to_string();
    let events: Vec<String> = (0..2000).map(|_| event(1_787_220_001_400)).collect();
    let all = |first, instance: &str| {
        let mut exporter = exporter("ndjson", json!({ "instance": instance }));
        take(&mut exporter, first, &events)
    };
    let (one, other) = ("00000000000000000000000000000001", "00000000000000000000000000000002");
    let first = all(1, one);
    assert_eq!(first, all(1, one));
    assert_eq!(first[7..], all(8, one)[..1993]);
    let ids: BTreeSet<[u8; 16]> = first.iter().chain(&all(1, other)).map(|item| item.id).collect();
    assert_eq!(ids.len(), 4000);
    for item in first {
        let said = read(&item.bytes);
        let uuid = said["eventId"].as_str().unwrap();
        let bits = u128::from_str_radix(&uuid.replace('-', ""), 16).unwrap();
        assert_eq!(bits.to_be_bytes(), item.id);
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        // RFC 9562: time, version, variant.
        assert_eq!(bits >> 80, 1_787_220_001_400);
        assert_eq!((bits >> 76 & 15, bits >> 62 & 3), (7, 2));
    }
}

#[test]
fn a_line_ends_and_an_object_does_not() {
    let event = "{\"type\":\"Stop\",\"ts\":5,\"turnId\":\"t\"}";
    let line = take(&mut exporter("ndjson", json!({})), 1, &[event]);
    assert!(line[0].bytes.ends_with(b"\"}\n"));
    let object = take(&mut exporter("hooks", json!({})), 1, &[event]);
    assert!(object[0].bytes.ends_with(b"\"}"));
}

#[test]
fn only_events_that_are_asked_for_are_sent() {
    let events: Vec<String> =
        HookName::ALL.iter().map(|hook| json!({"type": hook.name()}).to_string()).collect();
    let told =
        |format, options| -> usize { take(&mut exporter(format, options), 1, &events).len() };
    assert_eq!(told("ndjson", json!({})), HookName::ALL.len() - 3);
    // As many as Claude Code has, but ConfigChange, which there is about files.
    assert_eq!(told("hooks", json!({})), 32);
    for format in ["hooks", "ndjson"] {
        assert_eq!(told(format, json!({"events": ["MessageDelta", "Stop", "Other"]})), 2);
        assert_eq!(told(format, json!({"events": null})), told(format, json!({})));
    }
}

#[test]
fn what_was_lost_on_the_way_is_told_by_its_own_name() {
    let notice = json!({"type": "Notice", "ts": 5, "code": "export_dropped", "reason": "quota",
        "count": 12, "detail": "words"});
    let mut exporter = exporter("otlp", json!({}));
    let items = take(&mut exporter, 1, &[notice.to_string()]);
    let stored = Stored::read(false, &exporter, &items);
    let record = stored.records().next().unwrap();
    assert_eq!(record.event_name, "claude_tap.dropped");
    assert_eq!(attribute(&record.attributes, "reason"), "quota");
    assert_eq!(attribute(&record.attributes, "count"), 12);
    assert_eq!(attribute(&record.attributes, "detail"), Value::Null);
}

#[test]
fn signals_that_nobody_wants_are_not_made() {
    let turn = [
        "{\"type\":\"UserPromptSubmit\",\"turnId\":\"t\"}",
        "{\"type\":\"Stop\",\"turnId\":\"t\"}",
    ];
    let signals = |wanted: Value| -> BTreeSet<u32> {
        let mut exporter = exporter("otlp", json!({"signals": wanted, "names": "genai-dev"}));
        let items = take(&mut exporter, 1, &turn);
        items.iter().map(|item| item.signal as u32).filter(|signal| *signal < 5).collect()
    };
    assert_eq!(signals(json!(["traces"])), BTreeSet::from([1]));
    assert_eq!(signals(json!(["logs"])), BTreeSet::from([2]));
    assert_eq!(signals(json!(["metrics", "traces"])), BTreeSet::from([1, 3]));
}

#[test]
fn a_body_of_nothing_and_torn_bodies_are_borne() {
    let exporter = exporter("otlp", json!({}));
    for bodies in [&[][..], &[1, 0], &[9, 0, 0, 0, 1], &[255, 255, 255, 255]] {
        for signal in Signal::ALL {
            let mut out = Vec::new();
            exporter.body(signal, bodies, &mut out);
            assert!(out.len() < 1000);
        }
    }
}

#[test]
fn a_time_beyond_all_clocks_is_the_last_there_is() {
    let stop = json!({"type": "Stop", "turnId": "t", "ts": 1e300}).to_string();
    for format in ["otlp", "otlp-json"] {
        let mut exporter = exporter(format, json!({}));
        let items = take(&mut exporter, 1, &[stop.as_str()]);
        let stored = Stored::read(format == "otlp-json", &exporter, &items);
        let times: Vec<u64> = stored.records().map(|record| record.time_unix_nano).collect();
        assert_eq!(times, [u64::MAX], "{format}");
    }
}
