//! What the tap keeps stays within its bounds, whatever came whole or in pieces,
//! and every cut is told.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "support/records.rs"]
mod records;

use pagetap::Tap;
use pagetap::hook::{Field, HookName};
use pagetap::limits::{ID_KEPT, Limits, PROMPT_KEPT};
use pagetap::notice::NoticeCode;
use pagetap::stream::Ending;
use records::{Event, Held, Told};

const MESSAGES: &str = "https://api.example/v1/messages";
const CHAT: &str = "https://claude.ai/api/organizations/o/chat_conversations/c/completion";
const RETRY: &str = "https://claude.ai/api/organizations/o/chat_conversations/c/retry_completion";
const START: &str = r#"{"type":"message_start","message":{"id":"msg_1"}}"#;
const CHAT_START: &str = r#"{"type":"message_start","message":{"id":"c1","uuid":"u1"}}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;

/// Few bytes per block and per message.
fn small(block: usize, message: usize) -> Limits {
    Limits { text_per_block: block, text_per_message: message, ..Limits::default() }
}

/// The records of a block at an index.
type Records<'r> = &'r dyn Fn(usize) -> Vec<String>;

fn tap(limits: Limits) -> Tap {
    let mut tap = Tap::new(limits);
    tap.listen(false, true);
    tap
}

/// One exchange; what it tells.
fn exchange(tap: &mut Tap, url: &str, request: &str, records: &[String]) -> Told {
    let stream = tap.open(url, "POST", 0.0).unwrap();
    if !request.is_empty() {
        tap.request(stream, Some(request.as_bytes()), 0.0);
    }
    for record in records {
        tap.feed(stream, format!("data: {record}\n\n").as_bytes(), 1.0);
    }
    tap.end(stream, Ending::Done, "", 2.0);
    let told = Told::read(tap.batch());
    tap.clear();
    told
}

fn told(limits: Limits, url: &str, records: &[String]) -> Told {
    exchange(&mut tap(limits), url, "", records)
}

fn start(index: usize, block: &str) -> String {
    format!(r#"{{"type":"content_block_start","index":{index},"content_block":{{{block}}}}}"#)
}

fn delta(index: usize, delta: &str) -> String {
    format!(r#"{{"type":"content_block_delta","index":{index},"delta":{{{delta}}}}}"#)
}

fn stop(index: usize) -> String {
    format!(r#"{{"type":"content_block_stop","index":{index}}}"#)
}

fn only(told: &Told, name: HookName) -> &Event {
    let mut found = told.events.iter().filter(|event| event.name == name);
    let first = found.next().unwrap_or_else(|| panic!("no {name:?} in {told:#?}"));
    assert!(found.next().is_none(), "more than one {name:?}");
    first
}

#[test]
fn a_long_prompt_is_repeated_in_whole_characters() {
    let mut tap = tap(Limits::default());
    let prompt = format!("{}🌻tail", "a".repeat(PROMPT_KEPT - 2));
    let first =
        format!(r#"{{"prompt":"{prompt}","turn_message_uuids":{{"human_message_uuid":"human"}}}}"#);
    let sent = exchange(&mut tap, CHAT, &first, &[]);
    assert_eq!(only(&sent, HookName::UserPromptSubmit).text(Field::Prompt), prompt);
    assert_eq!(sent.counted(NoticeCode::TextCut), 1, "that it will not be repeated whole is told");

    let stream = tap.open(RETRY, "POST", 0.0).unwrap();
    tap.request(stream, Some(br#"{"prompt":"","parent_message_uuid":"human"}"#), 0.0);
    let again = Told::read(tap.batch());
    let repeated = only(&again, HookName::UserPromptSubmit).text(Field::Prompt);
    assert_eq!(repeated.len(), PROMPT_KEPT - 2, "up to the character that does not fit");
    // All text behind it is counted from it.
    tap.batch_mut().count_in_utf16();
    let arena = String::from_utf8(tap.batch().text().to_vec()).expect("the arena is UTF-8");
    let units: Vec<u16> = arena.encode_utf16().collect();
    assert!(String::from_utf16(&units).unwrap().contains("retry"));
}

#[test]
fn what_comes_whole_is_kept_within_the_bound_of_its_message() {
    // Blocks that nothing ends: ten times what may be kept.
    let long = "x".repeat(100);
    let kinds: [(&str, Records<'_>); 4] = [
        ("input", &|at| {
            vec![start(at, &format!(r#""type":"tool_use","id":"t{at}","input":{{"a":"{long}"}}"#))]
        }),
        ("result", &|at| {
            vec![start(
                at,
                &format!(
                    r#""type":"web_fetch_tool_result","tool_use_id":"t{at}","content":"{long}""#
                ),
            )]
        }),
        ("caller", &|at| {
            vec![start(
                at,
                &format!(r#""type":"tool_use","id":"t{at}","caller":{{"type":"{long}"}}"#),
            )]
        }),
        ("summary", &|at| {
            vec![
                start(at, r#""type":"compaction","content":null"#),
                delta(at, &format!(r#""type":"compaction_delta","content":"{long}""#)),
            ]
        }),
    ];
    for (kind, records) in kinds {
        let blocks: Vec<String> = (0..100).flat_map(records).collect();
        let told = told(small(200, 1_000), MESSAGES, &[vec![START.into()], blocks].concat());
        let cut = told.counted(NoticeCode::TextCut);
        assert!((90..=91).contains(&cut), "{kind}: {cut} of 100 cut");
    }
}

#[test]
fn citations_that_nothing_closes_are_kept_within_the_bound() {
    let open = |at: usize| {
        let citation = format!(r#"{{"uuid":"c{at}","title":"{}"}}"#, "x".repeat(100));
        delta(0, &format!(r#""type":"citation_start_delta","citation":{citation}"#))
    };
    let mut records = vec![CHAT_START.to_string(), start(0, r#""type":"text""#)];
    records.extend((0..100).map(open));
    records.push(stop(0));
    let told = told(small(200, 1_000), CHAT, &records);
    let (given, cut) = (told.count(HookName::Citation), told.counted(NoticeCode::TextCut));
    assert!((7..=9).contains(&given), "{given} kept");
    assert_eq!(given + cut as usize, 100, "each is either told or counted");
}

#[test]
fn what_is_withdrawn_or_replaced_makes_room() {
    let text = start(0, &format!(r#""type":"text","text":"{}""#, "x".repeat(60)));
    let retract = r#"{"type":"content_block_retract","from_index":0}"#.to_string();
    for between in [vec![retract], vec![]] {
        let mut records = vec![CHAT_START.to_string()];
        for _ in 0..10 {
            records.push(text.clone());
            records.extend(between.clone());
        }
        let told = told(small(100, 100), CHAT, &records);
        assert_eq!(told.counted(NoticeCode::TextCut), 0, "at most 60 bytes are held at once");
    }
}

#[test]
fn a_result_too_long_to_keep_is_reported_without_its_content() {
    let long = format!(r#"[{{\"type\":\"text\",\"text\":\"{}\"}}]"#, "x".repeat(100));
    let short = r#"[{\"type\":\"text\",\"text\":\"y\"}]"#;
    let begin = start(0, r#""type":"tool_result","tool_use_id":"t","content":[]"#);
    let piece =
        |json: &str| delta(0, &format!(r#""type":"input_json_delta","partial_json":"{json}""#));
    let result = |pieces: &[&str]| {
        let mut records = vec![CHAT_START.to_string(), begin.clone()];
        records.extend(pieces.iter().map(|json| piece(json)));
        records.push(stop(0));
        told(small(64, 1_000), CHAT, &records)
    };
    let cut = result(&[&long]);
    assert_eq!(only(&cut, HookName::PostToolUse).get(Field::ToolResponse), None);
    assert_eq!(cut.counted(NoticeCode::TextCut), 1);
    let replaced = result(&[&long, short]);
    let response = only(&replaced, HookName::PostToolUse).get(Field::ToolResponse);
    assert_eq!(response, Some(&Held::Json(r#"[{"type":"text","text":"y"}]"#.into())));
}

#[test]
fn an_input_too_long_to_keep_is_no_empty_input() {
    let tool = start(0, r#""type":"tool_use","id":"t","name":"n","input":{"a":"0123456789"}"#);
    let told = told(small(8, 1_000), MESSAGES, &[START.into(), tool, stop(0)]);
    let end = only(&told, HookName::ToolUseEnd);
    assert_eq!(end.get(Field::InputInvalid), Some(&Held::Bool(true)), "{end:?}");
    assert_eq!(told.counted(NoticeCode::TextCut), 1);
}

#[test]
fn of_an_id_too_long_to_keep_a_digest_stands_in_and_still_pairs() {
    let long = "i".repeat(ID_KEPT + 1);
    let call = start(0, &format!(r#""type":"tool_use","id":"{long}","name":"n""#));
    let result = start(1, &format!(r#""type":"tool_result","tool_use_id":"{long}","content":"r""#));
    let told = told(Limits::default(), CHAT, &[CHAT_START.into(), call, stop(0), result, stop(1)]);
    let begun = only(&told, HookName::ToolUseStart).text(Field::ToolId);
    assert!(!begun.is_empty() && begun.len() <= ID_KEPT, "{begun}");
    let done = only(&told, HookName::PostToolUse);
    assert_eq!((done.text(Field::ToolId), done.text(Field::ToolName)), (begun, "n"));
    assert_eq!(told.counted(NoticeCode::TextCut), 2);
}

#[test]
fn counters_beyond_the_bound_are_counted() {
    let counters: Vec<String> = (0..300).map(|key| format!(r#""k{key}":{key}"#)).collect();
    let start = format!(
        r#"{{"type":"message_start","message":{{"id":"msg_1","usage":{{{}}}}}}}"#,
        counters.join(",")
    );
    let limits = Limits { remembered: 128, ..Limits::default() };
    let told = told(limits, MESSAGES, &[start, STOP.into()]);
    assert_eq!(told.counted(NoticeCode::TextCut), 300 - 128);
}

/// Were the calls read again for each result, this would take minutes.
#[test]
fn a_request_with_very_many_results_is_read_in_linear_time() {
    let many = 10_000;
    let calls: Vec<String> = (0..many)
        .map(|id| format!(r#"{{"type":"tool_use","id":"t{id}","name":"n","input":{{}}}}"#))
        .collect();
    let results: Vec<String> = (0..many)
        .map(|id| format!(r#"{{"type":"tool_result","tool_use_id":"t{id}","content":"x"}}"#))
        .collect();
    let request = format!(
        r#"{{"messages":[{{"role":"assistant","content":[{}]}},{{"role":"user","content":[{}]}}]}}"#,
        calls.join(","),
        results.join(",")
    );
    let told = exchange(&mut tap(Limits::default()), MESSAGES, &request, &[]);
    let results = told.events.iter().filter(|event| event.name == HookName::PostToolUse);
    let named = results.filter(|event| event.text(Field::ToolName) == "n").count();
    assert_eq!(told.count(HookName::PostToolUse), many);
    assert_eq!(named + told.counted(NoticeCode::ToolForgotten) as usize, many);
}
