//! An exporter that was lost: another, fed with what hangs open, goes on as if nothing
//! had been.

use crate::otlp::{Stored, attribute, exporter, finish, take};
use crate::whole::{check_every_cut, check_spans};
use opentelemetry_proto::tonic::trace::v1::Span;
use pagetap::export::Signal;
use pagetap::hook::HookName;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

/// Events that take each other for their own: few ids, all names.
fn events() -> impl Strategy<Value = Vec<String>> {
    let names: Vec<&str> = HookName::ALL.iter().map(|hook| hook.name()).collect();
    // Those that open and end something more often than the others.
    let common = select(vec![
        "UserPromptSubmit",
        "MessageStart",
        "MessageDelta",
        "ToolUseStart",
        "ToolUseEnd",
        "PreToolUse",
        "PermissionRequest",
        "PermissionGranted",
        "PermissionDenied",
        "PostToolUse",
        "PostToolUseFailure",
        "MessageRetract",
        "MessageEnd",
        "SubagentStart",
        "SubagentStop",
        "Stop",
        "StopFailure",
    ]);
    let name = prop_oneof![6 => common, 1 => select(names)];
    let id = |prefix: &'static str| prop_oneof![1 => Just(String::new()), 4 => (0..2u8).prop_map(move |n| format!("{prefix}{n}"))];
    let rare = |prefix: &'static str| prop_oneof![4 => Just(String::new()), 1 => (0..2u8).prop_map(move |n| format!("{prefix}{n}"))];
    let ids = (id("turn"), id("message"), id("tool"), rare("agent"), id("conversation"));
    let more = (0..2u32, select(vec!["messages", "messages", "mcp-ws"]), 0..12u8, rare("request"));
    vec((name, ids, more), 0..40).prop_map(|events| {
        let numbered = events.into_iter().enumerate();
        let event = numbered.map(|(at, (name, ids, (stream, dialect, replay, request)))| {
            let (turn, message, tool, agent, conversation) = ids;
            let mut event = json!({
                "type": name, "ts": 1_000 + 10 * at, "streamId": stream, "dialect": dialect,
                "conversationId": conversation, "turnId": turn, "messageId": message,
                "toolId": tool, "toolIds": [tool], "agentId": agent, "requestId": request,
                "model": "one", "toModel": "two", "prompt": "words", "toolInput": {"a": 1},
                "usage": {"input_tokens": at, "output_tokens": 1},
            });
            if replay == 0 {
                event["replay"] = true.into();
            }
            event.to_string()
        });
        event.collect()
    })
}

proptest! {
    #[test]
    fn an_exporter_that_was_lost_is_not_missed(events in events()) {
        check_every_cut(&events);
    }

    #[test]
    fn every_span_ends_once_and_has_its_parent(events in events()) {
        for format in ["otlp", "otlp-json"] {
            let mut exporter = exporter(format, json!({}));
            let mut items = take(&mut exporter, 1, &events);
            items.extend(finish(&mut exporter, 9_000.0));
            check_spans(&Stored::read(format == "otlp-json", &exporter, &items));
            prop_assert!(finish(&mut exporter, 9_000.0).is_empty());
            let opened = items.iter().filter(|item| item.signal == Signal::Open).count();
            let closed = items.iter().filter(|item| item.signal == Signal::Close);
            prop_assert_eq!(opened * 8, closed.map(|item| item.bytes.len()).sum::<usize>());
        }
    }
}

#[test]
fn what_is_open_is_bounded_and_what_is_given_up_is_counted() {
    let event = |n: usize, kind: &str, turn: usize| {
        json!({"type": kind, "ts": n, "turnId": format!("turn{turn}"), "messageId": format!("m{n}"),
            "toolId": format!("c{n}")})
        .to_string()
    };
    // More turns than are kept, and one turn with more events than are; what follows
    // that belongs to none any more.
    let turns: Vec<String> = (0..300).map(|n| event(n, "UserPromptSubmit", n)).collect();
    let tools: Vec<String> = (0..9000).map(|n| event(n, "PreToolUse", 0)).collect();
    let prompt = vec![event(0, "UserPromptSubmit", 0)];
    for (events, open, dropped) in
        [(turns, 256, 44), ([prompt, tools].concat(), 8192, 8193 + 808 - 256)]
    {
        let mut exporter = exporter("otlp", json!({}));
        let items = take(&mut exporter, 1, &events);
        let stored = Stored::read(false, &exporter, &items);
        check_ended(&stored, dropped);
        let opened = items.iter().filter(|item| item.signal == Signal::Open).count();
        let closed = items.iter().filter(|item| item.signal == Signal::Close);
        let closed = closed.map(|item| item.bytes.len() / 8).sum::<usize>();
        assert!(opened - closed <= open, "{opened} opened, {closed} closed");
        let counted = stored.records().filter(|record| record.event_name == "claude_tap.dropped");
        let count = |attributes| attribute(attributes, "count").as_u64().unwrap();
        let counted: u64 = counted.map(|record| count(&record.attributes)).sum();
        assert_eq!(counted, dropped);
    }
}

fn check_ended(stored: &Stored, wanted: u64) {
    let incomplete =
        |span: &&Span| attribute(&span.attributes, "claude_tap.incomplete") == json!(true);
    assert_eq!(stored.spans().filter(incomplete).count() as u64, wanted);
}
