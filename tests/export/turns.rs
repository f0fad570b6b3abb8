//! What belongs to which turn, where the wire makes it hard.

use crate::otlp::{Item, Stored, attribute, exporter, finish, take};
use crate::whole::{check_every_cut, check_spans};
use opentelemetry_proto::tonic::trace::v1::Span;
use pagetap::export::Signal;
use serde_json::{Value, json};

/// Events, 10 ms from one to the next: type, turn, and what else they say.
fn events(given: &[(&str, &str, Value)]) -> Vec<String> {
    let event = |(at, (name, turn, more)): (usize, &(&str, &str, Value))| {
        let mut event = json!({"type": name, "ts": 1_000 + 10 * at, "turnId": turn,
            "conversationId": "c", "dialect": "claudeai", "source": "wire", "streamId": 1});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event.to_string()
    };
    given.iter().enumerate().map(event).collect()
}

/// Exported, after what holds of everything was checked.
fn export(events: &[String]) -> (Vec<Item>, Stored) {
    check_every_cut(events);
    let mut exporter = exporter("otlp", json!({}));
    let mut items = take(&mut exporter, 1, events);
    items.extend(finish(&mut exporter, 5_000.0));
    let stored = Stored::read(false, &exporter, &items);
    check_spans(&stored);
    (items, stored)
}

fn named<'s>(stored: &'s Stored, name: &str) -> Vec<&'s Span> {
    stored.spans().filter(|span| span.name == name).collect()
}

fn ms(nanoseconds: u64) -> u64 {
    nanoseconds / 1_000_000
}

fn is_incomplete(span: &Span) -> bool {
    attribute(&span.attributes, "claude_tap.incomplete") == true
}

#[test]
fn a_result_that_comes_in_a_later_turn_ends_the_call_in_its_own_trace() {
    let call = json!({"toolId": "c1", "toolName": "look", "messageId": "m1"});
    let (items, stored) = export(&events(&[
        ("UserPromptSubmit", "t1", json!({})),
        ("MessageStart", "t1", json!({"messageId": "m1"})),
        ("PreToolUse", "t1", call.clone()),
        ("MessageEnd", "t1", json!({"messageId": "m1"})),
        ("Stop", "t1", json!({})),
        ("UserPromptSubmit", "t2", json!({})),
        ("PostToolUse", "t2", call),
        ("MessageStart", "t2", json!({"messageId": "m2"})),
    ]));
    let (tool, roots) =
        (named(&stored, "execute_tool look"), named(&stored, "invoke_agent claude"));
    assert_eq!((tool.len(), roots.len()), (1, 2));
    assert_eq!(tool[0].trace_id, roots[0].trace_id);
    assert_ne!(tool[0].trace_id, roots[1].trace_id);
    assert_eq!((ms(tool[0].start_time_unix_nano), ms(tool[0].end_time_unix_nano)), (1_020, 1_060));
    assert!(!is_incomplete(tool[0]) && !is_incomplete(roots[0]) && is_incomplete(roots[1]));
    // The first turn was kept for its call, and only for that.
    let closed = items.iter().find(|item| item.signal == Signal::Close).expect("it is over");
    let numbers: Vec<u64> =
        closed.bytes.chunks(8).map(|n| u64::from_le_bytes(n.try_into().unwrap())).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
}

#[test]
fn an_answer_without_a_prompt_opens_its_turn_and_another_attempt_another() {
    let (_, stored) = export(&events(&[
        ("MessageStart", "t", json!({"messageId": "m1"})),
        ("MessageEnd", "t", json!({"messageId": "m1", "complete": false, "stopReason": "error"})),
        ("StopFailure", "t", json!({"error": "overloaded"})),
        ("MessageStart", "t", json!({"messageId": "m2"})),
        ("MessageEnd", "t", json!({"messageId": "m2", "complete": true, "stopReason": "end_turn"})),
        ("Stop", "t", json!({"stopReason": "end_turn"})),
    ]));
    let roots = named(&stored, "invoke_agent claude");
    assert_eq!(roots.len(), 2);
    assert_ne!(roots[0].trace_id, roots[1].trace_id);
    let errors = roots.iter().map(|root| attribute(&root.attributes, "error.type"));
    assert_eq!(errors.collect::<Vec<_>>(), [json!("overloaded"), Value::Null]);
    for (chat, root) in named(&stored, "chat").into_iter().zip(roots) {
        assert_eq!(chat.parent_span_id, root.span_id);
    }
}

#[test]
fn a_subagent_that_runs_on_after_the_turn_keeps_its_own_in_it() {
    let agent = |more: Value| {
        let mut event = json!({"agentId": "a"});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let (_, stored) = export(&events(&[
        ("MessageStart", "t", json!({"messageId": "m1"})),
        ("PreToolUse", "t", json!({"messageId": "m1", "toolId": "c", "toolName": "Agent"})),
        ("SubagentStart", "t", agent(json!({"toolId": "c", "agentType": "Explore"}))),
        ("PostToolUse", "t", json!({"toolId": "c", "toolName": "Agent"})),
        ("MessageEnd", "t", json!({"messageId": "m1"})),
        ("Stop", "t", json!({})),
        ("MessageStart", "t", agent(json!({"messageId": "m2"}))),
        ("MessageEnd", "t", agent(json!({"messageId": "m2"}))),
        ("SubagentStop", "t", agent(json!({}))),
    ]));
    assert_eq!(named(&stored, "invoke_agent claude").len(), 1);
    let (tool, agent) =
        (named(&stored, "execute_tool Agent")[0], named(&stored, "invoke_agent Explore")[0]);
    assert_eq!(agent.parent_span_id, tool.span_id);
    let chats = named(&stored, "chat");
    assert_eq!(chats[1].parent_span_id, agent.span_id);
    assert!(stored.spans().all(|span| !is_incomplete(span)));
}

#[test]
fn a_subagent_that_nobody_announced_is_opened_by_what_it_says() {
    let (_, stored) = export(&events(&[
        ("UserPromptSubmit", "t", json!({})),
        ("MessageStart", "t", json!({"messageId": "m", "agentId": "a"})),
        ("MessageEnd", "t", json!({"messageId": "m", "agentId": "a"})),
    ]));
    let (root, agent) =
        (named(&stored, "invoke_agent claude")[0], named(&stored, "invoke_agent")[0]);
    assert_eq!(agent.parent_span_id, root.span_id);
    assert_eq!(attribute(&agent.attributes, "gen_ai.agent.id"), "a");
    assert_eq!(named(&stored, "chat")[0].parent_span_id, agent.span_id);
}

#[test]
fn a_question_is_answered_by_a_decision_a_withdrawal_or_the_result_itself() {
    let call = |n: u32| json!({"toolId": format!("c{n}"), "toolName": "look", "requestId": format!("r{n}")});
    let because = |n: u32| {
        let mut call = call(n);
        call["reason"] = "user".into();
        call
    };
    let (_, stored) = export(&events(&[
        ("UserPromptSubmit", "t", json!({})),
        ("PreToolUse", "t", call(1)),
        ("PreToolUse", "t", call(2)),
        ("PreToolUse", "t", call(3)),
        ("PreToolUse", "t", call(4)),
        ("PermissionRequest", "t", call(1)),
        ("PermissionRequest", "t", call(1)),
        ("PermissionRequest", "t", call(2)),
        ("PermissionRequest", "t", call(3)),
        ("PermissionRequest", "t", call(4)),
        ("PermissionDenied", "t", because(1)),
        ("PermissionGranted", "t", because(2)),
        ("PermissionCancelled", "t", call(3)),
        ("PostToolUse", "t", call(4)),
    ]));
    let waits = named(&stored, "claude_tap.tool.blocked_on_user");
    let said = waits.iter().map(|wait| {
        let has = |key| attribute(&wait.attributes, key);
        (has("gen_ai.tool.call.id"), has("decision"), has("source"), ms(wait.end_time_unix_nano))
    });
    let none = Value::Null;
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            (json!("c1"), json!("reject"), json!("user_reject"), 1_100),
            (json!("c2"), json!("accept"), json!("user_temporary"), 1_110),
            (json!("c3"), json!("cancelled"), none.clone(), 1_120),
            (json!("c4"), none.clone(), none, 1_130),
        ]
    );
    let tools = named(&stored, "execute_tool look");
    let refused = tools.iter().find(|tool| tool.span_id == waits[0].parent_span_id).unwrap();
    assert_eq!(attribute(&refused.attributes, "error.type"), "permission_denied");
    assert_eq!(refused.status.as_ref().unwrap().code, 2);
}

#[test]
fn what_was_taken_back_is_marked_and_does_not_wait_for_a_result() {
    let (_, stored) = export(&events(&[
        ("MessageStart", "t", json!({"messageId": "m"})),
        ("PreToolUse", "t", json!({"messageId": "m", "toolId": "c", "toolName": "look"})),
        ("MessageRetract", "t", json!({"messageId": "m", "fromIndex": 1, "toolIds": ["c"]})),
        ("PostToolUse", "t", json!({"toolId": "c", "toolName": "look"})),
    ]));
    let tool = named(&stored, "execute_tool look")[0];
    assert_eq!(attribute(&tool.attributes, "claude_tap.retracted"), true);
    assert_eq!(ms(tool.end_time_unix_nano), 1_020);
    let chat = named(&stored, "chat")[0];
    assert_eq!(chat.events[0].name, "claude_tap.message_retract");
    assert_eq!(attribute(&chat.events[0].attributes, "from_index"), 1);
}

#[test]
fn an_interruption_is_in_the_turn_that_runs_though_it_names_none() {
    let (_, stored) = export(&events(&[
        ("UserPromptSubmit", "t", json!({})),
        ("Interrupt", "", json!({"streamId": 7})),
        ("Stop", "t", json!({"stopReason": "user_canceled"})),
    ]));
    let root = named(&stored, "invoke_agent claude")[0];
    assert_eq!(root.events[0].name, "claude_tap.interrupt");
    assert_eq!(attribute(&root.attributes, "claude_tap.stop_reason"), "user_canceled");
    assert!(root.status.is_none());
}

#[test]
fn what_only_the_screen_told_says_so() {
    let (_, stored) = export(&events(&[
        ("UserPromptSubmit", "t", json!({"source": "dom", "confidence": "high"})),
        ("Stop", "t", json!({"source": "dom"})),
    ]));
    let root = named(&stored, "invoke_agent claude")[0];
    assert_eq!(attribute(&root.attributes, "claude_tap.source"), "dom");
    for record in stored.records() {
        assert_eq!(attribute(&record.attributes, "claude_tap.source"), "dom");
        assert_eq!(attribute(&record.attributes, "source"), Value::Null);
    }
}

#[test]
fn a_model_is_asked_when_its_last_result_is_there() {
    let (_, stored) = export(&events(&[
        ("UserPromptSubmit", "t", json!({})),
        ("MessageStart", "t", json!({"messageId": "m1"})),
        ("PreToolUse", "t", json!({"messageId": "m1", "toolId": "c"})),
        // Of a tool that the service runs itself: for this answer, not the next.
        ("PostToolUse", "t", json!({"toolId": "c"})),
        ("MessageEnd", "t", json!({"messageId": "m1"})),
        ("MessageStart", "t", json!({"messageId": "m2"})),
        ("PreToolUse", "t", json!({"messageId": "m2", "toolId": "d"})),
        ("MessageEnd", "t", json!({"messageId": "m2"})),
        ("PostToolUse", "t", json!({"toolId": "d"})),
        ("MessageStart", "t", json!({"messageId": "m3"})),
        ("MessageDelta", "t", json!({"messageId": "m3"})),
        ("MessageEnd", "t", json!({"messageId": "m3"})),
    ]));
    let chats = named(&stored, "chat");
    let starts: Vec<u64> = chats.iter().map(|chat| ms(chat.start_time_unix_nano)).collect();
    assert_eq!(starts, [1_000, 1_050, 1_080]);
    let first = attribute(&chats[2].attributes, "gen_ai.response.time_to_first_chunk");
    assert_eq!(first, 0.02);
}
