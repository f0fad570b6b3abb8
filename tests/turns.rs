//! What outlives a stream: prompts told apart, turns resumed, results paired.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use pagetap::Tap;
use pagetap::event::Layer;
use pagetap::hook::{Field, HookName};
use pagetap::limits::Limits;
use pagetap::stream::Ending;

const MESSAGES: &str = "https://api.example/v1/messages";
const CHAT: &str = "https://claude.ai/api/organizations/o/chat_conversations/c/completion";

fn tap() -> Tap {
    let mut tap = Tap::new(Limits::default());
    tap.listen(false, true);
    tap
}

/// One exchange; the names of its hook events, the deltas left out, each with
/// the turn it belongs to.
fn exchange(tap: &mut Tap, url: &str, request: &str, records: &[&str]) -> Vec<String> {
    let stream = tap.open(url, "POST", 0.0).unwrap();
    if !request.is_empty() {
        tap.request(stream, Some(request.as_bytes()), 0.0);
    }
    for record in records {
        tap.feed(stream, format!("data: {record}\n\n").as_bytes(), 1.0);
    }
    tap.end(stream, Ending::Done, "", 2.0);
    told(tap)
}

fn told(tap: &mut Tap) -> Vec<String> {
    let mut turn = String::new();
    let mut out = Vec::new();
    for record in tap.batch().records() {
        match record.layer() {
            Layer::Context => turn = record.text(Field::TurnId).unwrap_or_default().to_owned(),
            Layer::Hook(name) if !name.name().ends_with("Delta") => {
                out.push(format!("{} {turn}", name.name()).trim_end().to_owned());
            }
            _ => {}
        }
    }
    tap.clear();
    out
}

fn start(id: &str) -> String {
    format!(r#"{{"type":"message_start","message":{{"id":"msg_{id}","model":"m"}}}}"#)
}

fn stop(reason: &str) -> [String; 2] {
    [
        format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}"}}}}"#),
        r#"{"type":"message_stop"}"#.to_owned(),
    ]
}

fn answer(tap: &mut Tap, request: &str, id: &str, reason: &str) -> Vec<String> {
    let [delta, end] = stop(reason);
    exchange(tap, MESSAGES, request, &[&start(id), &delta, &end])
}

#[test]
fn two_chats_that_say_the_same_words_are_two_prompts() {
    let mut tap = tap();
    let chat = |past: &str| {
        format!(
            r#"{{"messages":[{{"role":"user","content":"{past}"}},{{"role":"assistant","content":"ok"}},{{"role":"user","content":"continue"}}]}}"#
        )
    };
    // Both under way at once, so that neither has been answered.
    let first = tap.open(MESSAGES, "POST", 0.0).unwrap();
    tap.request(first, Some(chat("a poem").as_bytes()), 0.0);
    let second = tap.open(MESSAGES, "POST", 0.0).unwrap();
    tap.request(second, Some(chat("a letter").as_bytes()), 0.0);
    assert_eq!(told(&mut tap), ["UserPromptSubmit turn-1", "UserPromptSubmit turn-2"]);
}

#[test]
fn a_prompt_sent_again_after_a_failure_is_another_attempt_at_its_turn() {
    let mut tap = tap();
    let request = r#"{"messages":[{"role":"user","content":"hi"}]}"#;
    let stream = tap.open(MESSAGES, "POST", 0.0).unwrap();
    tap.request(stream, Some(request.as_bytes()), 0.0);
    tap.response(stream, 529, "application/json", "", 0.0);
    tap.end(stream, Ending::Done, "", 0.0);
    assert_eq!(told(&mut tap), ["UserPromptSubmit turn-1", "StopFailure turn-1"]);
    let again = answer(&mut tap, request, "1", "end_turn");
    assert_eq!(again, ["MessageStart turn-1", "MessageEnd turn-1", "Stop turn-1"]);
    let anew = answer(&mut tap, request, "2", "end_turn");
    assert_eq!(anew[0], "UserPromptSubmit turn-2", "once answered, the same words are new");
}

#[test]
fn a_turn_that_was_summarised_or_paused_goes_on_without_a_new_prompt() {
    for reason in ["compaction", "pause_turn"] {
        let mut tap = tap();
        let first =
            answer(&mut tap, r#"{"messages":[{"role":"user","content":"hi"}]}"#, "1", reason);
        assert!(!first.iter().any(|name| name.starts_with("Stop")), "{first:?}");
        let next = r#"{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"text","text":"so far"}]}]}"#;
        let second = answer(&mut tap, next, "2", "end_turn");
        assert_eq!(second, ["MessageStart turn-1", "MessageEnd turn-1", "Stop turn-1"]);
    }
}

#[test]
fn a_tool_id_used_again_is_another_call() {
    let mut tap = tap();
    let call = r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"call_0","name":"look","input":{}}}"#;
    let end = r#"{"type":"content_block_stop","index":0}"#;
    let [delta, stop] = stop("tool_use");
    let result = r#"{"messages":[{"role":"assistant","content":[]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_0","content":"seen"}]}]}"#;
    exchange(&mut tap, MESSAGES, "", &[&start("1"), call, end, &delta, &stop]);
    for id in ["2", "3"] {
        let again = exchange(&mut tap, MESSAGES, result, &[&start(id), call, end, &delta, &stop]);
        assert_eq!(again.iter().filter(|name| name.starts_with("PostToolUse")).count(), 1);
    }
}

#[test]
fn two_hundred_results_sent_twice_are_told_once() {
    let mut tap = tap();
    let results: Vec<String> = (0..200)
        .map(|id| format!(r#"{{"type":"tool_result","tool_use_id":"t{id}","content":"x"}}"#))
        .collect();
    let request =
        format!(r#"{{"messages":[{{"role":"user","content":[{}]}}]}}"#, results.join(","));
    let count =
        |told: Vec<String>| told.iter().filter(|name| name.starts_with("PostToolUse")).count();
    assert_eq!(count(answer(&mut tap, &request, "1", "end_turn")), 200);
    assert_eq!(count(answer(&mut tap, &request, "2", "end_turn")), 0);
}

#[test]
fn results_without_an_id_are_all_told() {
    let mut tap = tap();
    let request = r#"{"messages":[{"role":"user","content":[{"type":"tool_result","content":"a"},{"type":"tool_result","content":"b"}]}]}"#;
    let told = answer(&mut tap, request, "1", "end_turn");
    assert_eq!(told.iter().filter(|name| name.starts_with("PostToolUse")).count(), 2);
}

#[test]
fn permission_is_asked_once_and_only_of_a_tool() {
    let mut tap = tap();
    let begin = r#"{"type":"message_start","message":{"uuid":"u","id":"chatcompl_1"}}"#;
    let text =
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
    let tool = r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"x","approval_key":"k","approval_options":["once"]}}"#;
    let event = r#"{"type":"tool_approval","tool_name":"x","approval_key":"k","input":{}}"#;
    let nameless = r#"{"type":"tool_approval","tool_name":"y","input":{}}"#;
    let end = r#"{"type":"content_block_stop","index":1}"#;
    let asked = |told: Vec<String>| {
        told.iter().filter(|name| name.starts_with("PermissionRequest")).count()
    };
    let once = exchange(&mut tap, CHAT, "", &[begin, text, tool, event, end]);
    assert_eq!(asked(once), 1);
    let both = exchange(&mut tap, CHAT, "", &[begin, text, nameless, nameless]);
    assert_eq!(asked(both), 2, "without a key no two are the same");
}

#[test]
fn what_is_withdrawn_is_counted_like_what_was_shown() {
    let mut tap = tap();
    let begin = |uuid: &str| format!(r#"{{"type":"message_start","message":{{"uuid":"{uuid}"}}}}"#);
    let tool = |id: &str| {
        format!(
            r#"{{"type":"content_block_start","index":0,"content_block":{{"type":"tool_use","id":"{id}","name":"x"}}}}"#
        )
    };
    let end = r#"{"type":"content_block_stop","index":0}"#;
    let stream = tap.open(CHAT, "POST", 0.0).unwrap();
    let retract = r#"{"type":"content_block_retract","from_index":0}"#;
    for record in [&begin("a"), &tool("first"), end, &begin("b"), &tool("second"), end, retract] {
        tap.feed(stream, format!("data: {record}\n\n").as_bytes(), 0.0);
    }
    let batch = tap.batch();
    let retracted = batch
        .records()
        .find(|record| record.layer() == Layer::Hook(HookName::MessageRetract))
        .unwrap();
    assert_eq!(retracted.get(Field::FromIndex), Some(pagetap::event::Value::Int(1)));
    let ids = retracted.get(Field::ToolIds);
    assert_eq!(ids, Some(pagetap::event::Value::Json(br#"["second"]"#)));
}
