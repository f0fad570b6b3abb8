//! What outlives a stream: prompts told apart, turns resumed, results paired.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use pagetap::Tap;
use pagetap::event::{Layer, Record, Value};
use pagetap::exchange::{Opening, Transport};
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

/// A request under a status that fails.
fn refused(tap: &mut Tap, request: &str) -> Vec<String> {
    let stream = tap.open(MESSAGES, "POST", 0.0).unwrap();
    tap.request(stream, Some(request.as_bytes()), 0.0);
    tap.response(stream, 529, "application/json", "", 0.0);
    tap.end(stream, Ending::Done, "", 0.0);
    told(tap)
}

/// A request that repeats what was said: `u` the person's words, `a` the
/// assistant's.
fn said(messages: &[(char, &str)]) -> String {
    let message = |(who, words): &(char, &str)| {
        let role = if *who == 'u' { "user" } else { "assistant" };
        let content = format!(r#"[{{"type":"text","text":"{words}"}}]"#);
        format!(r#"{{"role":"{role}","content":{content}}}"#)
    };
    let messages: Vec<String> = messages.iter().map(message).collect();
    format!(r#"{{"messages":[{}]}}"#, messages.join(","))
}

#[test]
fn two_paused_turns_go_on_each_as_itself() {
    let mut tap = tap();
    answer(&mut tap, &said(&[('u', "A")]), "1", "pause_turn");
    answer(&mut tap, &said(&[('u', "B")]), "2", "pause_turn");
    let first = answer(&mut tap, &said(&[('u', "A"), ('a', "so far")]), "3", "end_turn");
    assert_eq!(first, ["MessageStart turn-1", "MessageEnd turn-1", "Stop turn-1"]);
    let second = answer(&mut tap, &said(&[('u', "B"), ('a', "so far")]), "4", "end_turn");
    assert_eq!(second, ["MessageStart turn-2", "MessageEnd turn-2", "Stop turn-2"]);
}

#[test]
fn a_paused_turn_that_is_over_takes_no_other_chat_in() {
    let mut tap = tap();
    calls(&mut tap);
    let result = format!(r#"{{"messages":[{{"role":"user","content":"A"}},{RESULT}]}}"#);
    answer(&mut tap, &result, "2", "end_turn");
    for (number, question) in ["B", "A"].into_iter().enumerate() {
        // Words put into the assistant's mouth, not a pause.
        let put = said(&[('u', question), ('a', "{")]);
        let told = answer(&mut tap, &put, &format!("p{number}"), "end_turn");
        assert_eq!(told[0], format!("UserPromptSubmit turn-{}", number + 2));
    }
}

#[test]
fn a_request_that_goes_on_and_fails_can_be_sent_again() {
    let mut tap = tap();
    answer(&mut tap, &said(&[('u', "A")]), "1", "pause_turn");
    let next = said(&[('u', "A"), ('a', "so far")]);
    assert_eq!(refused(&mut tap, &next), ["StopFailure turn-1"]);
    let again = answer(&mut tap, &next, "2", "end_turn");
    assert_eq!(again, ["MessageStart turn-1", "MessageEnd turn-1", "Stop turn-1"]);
}

#[test]
fn marks_for_caching_do_not_hide_that_a_turn_goes_on() {
    let mut tap = tap();
    let marked = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}}]}]}"#;
    answer(&mut tap, marked, "1", "pause_turn");
    let next = answer(&mut tap, &said(&[('u', "A"), ('a', "so far")]), "2", "end_turn");
    assert_eq!(next, ["MessageStart turn-1", "MessageEnd turn-1", "Stop turn-1"]);
}

const CALL: &str = r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}"#;
const CALL_END: &str = r#"{"type":"content_block_stop","index":0}"#;

/// A chat's first request and the call that answers it.
fn calls(tap: &mut Tap) {
    let [delta, end] = stop("tool_use");
    let records: &[&str] = &[&start("call"), CALL, CALL_END, &delta, &end];
    exchange(tap, MESSAGES, &said(&[('u', "A")]), records);
}

const RESULT: &str = r#"{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"ok"}]}"#;

#[test]
fn results_sent_again_after_a_failure_are_another_attempt_at_their_turn() {
    let mut tap = tap();
    calls(&mut tap);
    let result = format!(r#"{{"messages":[{{"role":"user","content":"A"}},{RESULT}]}}"#);
    assert_eq!(refused(&mut tap, &result), ["PostToolUse turn-1", "StopFailure turn-1"]);
    let again = answer(&mut tap, &result, "2", "end_turn");
    assert_eq!(again, ["MessageStart turn-1", "MessageEnd turn-1", "Stop turn-1"]);
}

#[test]
fn words_after_the_results_are_a_prompt() {
    let mut tap = tap();
    calls(&mut tap);
    let request = format!(
        r#"{{"messages":[{{"role":"user","content":"A"}},{RESULT},{{"role":"user","content":"do B"}}]}}"#
    );
    let told = answer(&mut tap, &request, "2", "end_turn");
    assert_eq!(told[..2], ["PostToolUse turn-1", "UserPromptSubmit turn-2"]);
}

#[test]
fn a_prompt_sent_without_ids_is_found_by_the_id_its_answer_names() {
    let mut tap = tap();
    let [delta, end] = stop("end_turn");
    let begin = r#"{"type":"message_start","message":{"uuid":"a1","parent_uuid":"human"}}"#;
    exchange(
        &mut tap,
        CHAT,
        r#"{"prompt":"Hello","parent_message_uuid":"x"}"#,
        &[begin, &delta, &end],
    );
    let stream = tap.open(&CHAT.replace("completion", "retry_completion"), "POST", 0.0).unwrap();
    tap.request(stream, Some(br#"{"prompt":"","parent_message_uuid":"human"}"#), 0.0);
    let prompt = HookName::UserPromptSubmit;
    let again = tap.batch().records().find(|record| record.layer() == Layer::Hook(prompt)).unwrap();
    assert_eq!(again.text(Field::Prompt), Some("Hello"));
    assert_eq!(told(&mut tap), ["UserPromptSubmit turn-1"], "it is the same turn");
}

#[test]
fn a_result_answered_with_a_stream_goes_on_with_the_turn() {
    let mut tap = tap();
    let begin = r#"{"type":"message_start","message":{"id":"chatcompl_1","uuid":"a1"}}"#;
    let [delta, end] = stop("tool_use");
    let first =
        exchange(&mut tap, CHAT, r#"{"prompt":"Hello"}"#, &[begin, CALL, CALL_END, &delta, &end]);
    assert!(!first.iter().any(|name| name.starts_with("Stop")), "{first:?}");
    let [delta, end] = stop("end_turn");
    let result = CHAT.replace("completion", "tool_result");
    let answered = r#"{"tool_use_id":"t","content":"ok"}"#;
    let second = exchange(&mut tap, &result, answered, &[begin, &delta, &end]);
    let expected = ["PostToolUse", "MessageStart", "MessageEnd", "Stop"];
    assert_eq!(second, expected.map(|name| format!("{name} turn-1")));
    // One that is answered with less is no turn.
    let third = exchange(&mut tap, &result, answered, &[r#"{"ok":true}"#]);
    assert!(third.is_empty(), "{third:?}");
}

#[test]
fn a_decision_that_says_neither_yes_nor_no_is_none() {
    let mut tap = tap();
    let approval = CHAT.replace("completion", "tool_approval");
    for body in [r#"{"tool_use_id":"t"}"#, r#"{"tool_use_id":"t","is_approved":"yes"}"#] {
        let stream = tap.open(&approval, "POST", 0.0).unwrap();
        tap.request(stream, Some(body.as_bytes()), 0.0);
        let unreadable = Layer::Notice(pagetap::notice::NoticeCode::RequestUnreadable);
        assert!(tap.batch().records().any(|record| record.layer() == unreadable));
        assert!(told(&mut tap).is_empty(), "{body}");
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
    let another =
        &tool.replace(r#""id":"t""#, r#""id":"s""#).replace(",\"approval_options\":[\"once\"]", "");
    let another = another.replace(r#""index":1"#, r#""index":2"#);
    let two = exchange(&mut tap, CHAT, "", &[begin, tool, end, &another, event, event]);
    assert_eq!(asked(two), 2, "two calls of one tool have one key, and each is asked about");
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

#[test]
fn tokens_of_a_turn_that_ended_unheard_are_not_counted_for_the_next() {
    let mut tap = Tap::new(Limits::default());
    let opening = Opening {
        transport: Transport::Fetch,
        url: "https://api.example/v1/sessions/sesn_1/events/stream?beta=true",
        method: "GET",
        headers: "anthropic-beta: managed-agents-2026-04-01",
    };
    assert!(tap.open_with(1, &opening, 0.0));
    tap.read();
    let turn = |tap: &mut Tap, tokens: u32| -> Vec<String> {
        for record in [
            r#"{"type":"session.status_running"}"#.to_owned(),
            format!(
                r#"{{"type":"span.model_request_end","model_usage":{{"input_tokens":{tokens}}}}}"#
            ),
            r#"{"type":"session.status_idle","stop_reason":{"type":"end_turn"}}"#.to_owned(),
        ] {
            tap.feed(1, format!("data: {record}\n\n").as_bytes(), 1.0);
        }
        let is_stop = |record: &Record<'_>| record.layer() == Layer::Hook(HookName::Stop);
        let stops = tap.batch().records().filter(is_stop);
        let usage = stops.map(|stop| match stop.get(Field::Usage) {
            Some(Value::Json(usage)) => String::from_utf8_lossy(usage).into_owned(),
            _ => String::new(),
        });
        let usage = usage.collect();
        tap.clear();
        usage
    };
    assert_eq!(turn(&mut tap, 1000), [""; 0]);
    tap.listen(false, true);
    assert_eq!(turn(&mut tap, 7), [r#"{"input_tokens":7}"#]);
    assert_eq!(turn(&mut tap, 8), [r#"{"input_tokens":8}"#]);
}
