//! What a body is, whatever its media type says, and what is known of a message
//! of which records were lost.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "support/records.rs"]
mod records;

use pagetap::Tap;
use pagetap::hook::{Field, HookName};
use pagetap::limits::Limits;
use pagetap::notice::NoticeCode;
use pagetap::stream::Ending;
use records::{Event, Held, Told};

const MESSAGES: &str = "https://api.example/v1/messages";
const TASK: &str = "https://other.example/feed";
const START: &str = r#"{"type":"message_start","message":{"id":"msg_1"}}"#;
const TEXT: &str = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text"}}"#;
const WORD: &str =
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"word"}}"#;
const BLOCK_STOP: &str = r#"{"type":"content_block_stop","index":0}"#;
const END_TURN: &str = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;
const ANSWER: [&str; 6] = [START, TEXT, WORD, BLOCK_STOP, END_TURN, STOP];

/// What a tap tells of one response.
fn told_within(limits: Limits, url: &str, status: u32, media: &str, body: &str) -> Told {
    let mut tap = Tap::new(limits);
    tap.listen(false, true);
    let stream = tap.open(url, "POST", 0.0).unwrap();
    tap.response(stream, status, media, "", 0.0);
    tap.feed(stream, body.as_bytes(), 0.0);
    tap.end(stream, Ending::Done, "", 0.0);
    Told::read(tap.batch())
}

fn told(status: u32, media: &str, body: &str) -> Told {
    told_within(Limits::default(), MESSAGES, status, media, body)
}

fn stream(records: &[&str]) -> String {
    records.iter().map(|record| format!("data: {record}\n\n")).collect()
}

fn only(told: &Told, name: HookName) -> &Event {
    let found = told.events.iter().find(|event| event.name == name);
    found.unwrap_or_else(|| panic!("no {name:?} in {told:#?}"))
}

#[test]
fn an_event_stream_is_read_under_whatever_name_a_gateway_gives_it() {
    let media =
        ["text/event-stream", "text/plain", "application/octet-stream", "", "application/x-ndjson"];
    for media in media {
        let told = told(200, media, &stream(&ANSWER));
        let stop = only(&told, HookName::Stop);
        assert_eq!(stop.text(Field::LastAssistantMessage), "word", "{media}");
        assert_eq!(told.notices, [], "{media}");
    }
}

#[test]
fn a_body_that_is_no_event_stream_is_not_read_as_a_failed_turn() {
    for body in ["<!doctype html>\n<p>Sign in\n", "{\"a\":1}\n{\"a\":2}\n", "\0\0\0\u{1}", ""] {
        let told = told(200, "text/html", body);
        assert_eq!(told.counted(NoticeCode::StreamUnobserved), 1, "{body:?}");
        assert_eq!(told.notices.len(), 1, "and nothing else is wrong: {:?}", told.notices);
        let end = only(&told, HookName::StopFailure);
        assert_eq!(end.text(Field::ErrorDetails), "unobserved", "{body:?}");
    }
}

#[test]
fn lines_of_json_are_not_one_json_value() {
    let told = told_within(Limits::default(), TASK, 200, "application/x-ndjson", "{}\n{}\n");
    assert_eq!(told.notices, []);
    for media in ["application/json", "text/json; charset=utf-8", "Application/Problem+JSON"] {
        let whole = r#"{"type":"message","id":"msg_1","content":[{"type":"text","text":"word"}],"stop_reason":"end_turn"}"#;
        let told = self::told(200, media, whole);
        assert_eq!(only(&told, HookName::Stop).text(Field::LastAssistantMessage), "word");
    }
}

#[test]
fn a_byte_order_mark_before_a_json_body_is_none_of_it() {
    let body = "\u{feff}{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"no\"}}";
    let told = told(500, "application/json", body);
    assert_eq!(only(&told, HookName::StopFailure).text(Field::ErrorDetails), "no");
}

#[test]
fn an_error_body_of_any_shape_has_details() {
    for (body, details) in [
        (r#"{"error":"nope"}"#, "nope"),
        (r#"{"error":{"message":{"a":1}}}"#, "HTTP 500"),
        (r#"{"error":{"type":"api_error"}}"#, "api_error"),
        (r#"{"error":{}}"#, "HTTP 500"),
        (r#"{"message":"no"}"#, "HTTP 500"),
        ("", "HTTP 500"),
    ] {
        let told = told(500, "application/json", body);
        let failure = only(&told, HookName::StopFailure);
        assert_eq!(failure.text(Field::Error), "server_error", "{body}");
        assert_eq!(failure.text(Field::ErrorDetails), details, "{body}");
    }
}

/// Whether the message that these records make is whole.
fn complete(limits: Limits, body: &str) -> bool {
    let told = told_within(limits, MESSAGES, 200, "text/event-stream", body);
    only(&told, HookName::MessageEnd).get(Field::Complete) == Some(&Held::Bool(true))
}

#[test]
fn a_message_of_which_a_record_was_lost_is_not_complete() {
    let lost = |record: &str| {
        let at = stream(&ANSWER[..2]).len();
        let mut body = stream(&ANSWER);
        body.insert_str(at, record);
        complete(Limits { bytes_per_stream: 300, ..Limits::default() }, &body)
    };
    assert!(!lost("event: content_block_delta\ndata: {broken\n\n"), "its name says what it was");
    assert!(!lost("data: {broken\n\n"), "it may have been anything");
    assert!(!lost(&format!("data: {{\"type\":\"content_block_delta\",{}\"\n\n", " ".repeat(400))));
    assert!(!lost(&stream(&[&WORD.replace(r#""index":0"#, r#""index":"0""#)])), "of no block");
    assert!(lost("data: [DONE]\n\n"), "no record of a message");
    assert!(lost("event: ping\ndata: x\n\n"), "nothing that matters");
    assert!(lost("event: gossip\ndata: x\n\n"), "nothing that is known");
}

/// What the records say of the block at index 1.
fn of_the_block_at(index: &str) -> Told {
    let indexed = |record: &str| record.replace("INDEX", index);
    let start = indexed(
        r#"{"type":"content_block_start","index":INDEX,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}"#,
    );
    let delta = indexed(
        r#"{"type":"content_block_delta","index":INDEX,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#,
    );
    let stop = indexed(r#"{"type":"content_block_stop","index":INDEX}"#);
    told(200, "text/event-stream", &stream(&[START, TEXT, &start, &delta, &stop]))
}

#[test]
fn an_index_is_a_whole_number_however_it_is_written() {
    for index in ["1", "1.0", "1e0"] {
        let told = of_the_block_at(index);
        assert_eq!(only(&told, HookName::ToolUseEnd).get(Field::BlockIndex), Some(&Held::Int(1)));
    }
    for index in [r#""1""#, "-1", "1.5", "null", "99999999999"] {
        let told = of_the_block_at(index);
        assert_eq!(told.count(HookName::ToolUseStart), 0, "{index}: no block, and not block 0");
        assert_eq!(told.counted(NoticeCode::UnknownBlock), 3, "{index}");
    }
}

#[test]
fn what_another_kind_of_block_grows_by_does_not_join_the_text() {
    let json = r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#;
    let told = told(
        200,
        "text/event-stream",
        &stream(&[START, TEXT, WORD, json, BLOCK_STOP, END_TURN, STOP]),
    );
    assert_eq!(only(&told, HookName::Stop).text(Field::LastAssistantMessage), "word");
    assert_eq!(told.count(HookName::ToolInputDelta), 0);
    assert_eq!(told.counted(NoticeCode::UnknownDelta), 1);

    let chat = r#"{"type":"message_start","message":{"id":"chatcompl_1","uuid":"u"}}"#;
    let update = r#"{"type":"content_block_delta","index":0,"delta":{"type":"tool_use_block_update_delta","message":"m"}}"#;
    let told = told_within(
        Limits::default(),
        TASK,
        200,
        "text/event-stream",
        &stream(&[chat, TEXT, update]),
    );
    assert_eq!(told.count(HookName::ToolUseUpdate), 0, "a text is no tool");
    assert_eq!(told.counted(NoticeCode::UnknownDelta), 1);
}

#[test]
fn a_record_too_large_to_hold_is_one_loss() {
    let big = format!("data: {{\"type\":\"ping\",\"x\":\"{}\"}}\n\n", "x".repeat(500));
    let body = stream(&[START]) + &big + &stream(&[STOP]);
    for size in [1, 7, 64, body.len()] {
        let mut tap = Tap::new(Limits { bytes_per_stream: 64, ..Limits::default() });
        tap.listen(false, true);
        let id = tap.open(MESSAGES, "POST", 0.0).unwrap();
        for chunk in body.as_bytes().chunks(size) {
            tap.feed(id, chunk, 0.0);
        }
        tap.end(id, Ending::Done, "", 0.0);
        let told = Told::read(tap.batch());
        let lost: Vec<u32> = told.notices.iter().map(|notice| notice.count).collect();
        assert_eq!(lost, [big.len() as u32], "in chunks of {size}: {:?}", told.notices);
    }
}
