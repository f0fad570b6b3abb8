//! What holds for the hook events of any exchange, sensible or not.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "support/chunks.rs"]
mod chunks;
#[path = "support/exchange.rs"]
mod exchange;
#[path = "support/records.rs"]
mod records;

use exchange::{Exchange, exchange};
use pagetap::Tap;
use pagetap::dialect::{self, endpoint};
use pagetap::event::Layer;
use pagetap::event::StreamId;
use pagetap::hook::{Field, HookName};
use pagetap::limits::Limits;
use pagetap::notice::NoticeCode;
use pagetap::stream::Ending;
use proptest::prelude::*;
use records::{Event, Held, Told};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases, ..ProptestConfig::default() }
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(any::<usize>(), 0..12)
}

fn tap() -> Tap {
    let mut tap = Tap::new(Limits::default());
    tap.listen(false, true);
    tap
}

/// Sends the request; the response's headers arrive.
fn begin(tap: &mut Tap, exchange: &Exchange) -> StreamId {
    let stream = tap.open(&exchange.url, exchange.method, 1.0).expect("room for a stream");
    if let Some(body) = &exchange.request {
        tap.request(stream, Some(body.as_bytes()), 1.0);
    }
    tap.response(stream, exchange.status, exchange.content_type, "", 1.0);
    stream
}

/// The whole exchange, its body in these chunks.
fn play<'b>(tap: &mut Tap, exchange: &Exchange, chunks: impl IntoIterator<Item = &'b [u8]>) {
    let stream = begin(tap, exchange);
    for chunk in chunks {
        tap.feed(stream, chunk, 1.0);
    }
    tap.end(stream, exchange.ending, "", 1.0);
}

/// What a fresh tap tells of one exchange.
fn told(exchange: &Exchange) -> Told {
    let mut tap = tap();
    play(&mut tap, exchange, [&*exchange.body]);
    Told::read(tap.batch())
}

fn is_turn(exchange: &Exchange) -> bool {
    let found = endpoint::find(&exchange.url, exchange.method);
    found.is_some_and(|(_, endpoint, _)| endpoint.says.is_turn())
}

/// Every message that starts ends, once, before the next one starts. Only of a
/// first message may the start be missing: whoever joins a stream late never saw
/// it.
fn assert_messages_pair(told: &Told) {
    let (mut open, mut first) = (false, true);
    for event in &told.events {
        match event.name {
            HookName::MessageStart => {
                assert!(!open, "a message starts inside another: {:#?}", outline(told));
                open = true;
                first = false;
            }
            HookName::MessageEnd => {
                assert!(open || first, "a message ends twice: {:#?}", outline(told));
                open = false;
                first = false;
            }
            _ => {}
        }
    }
    assert!(!open, "a message never ends: {:#?}", outline(told));
}

/// A turn ends at most once, and does unless its last message goes on.
fn assert_turn_ends(told: &Told, exchange: &Exchange) {
    let stops = told.count(HookName::Stop) + told.count(HookName::StopFailure);
    assert!(stops <= 1, "the turn ends {stops} times: {:#?}", outline(told));
    if stops == 0 && is_turn(exchange) {
        let last = told.events.iter().rfind(|event| event.name == HookName::MessageEnd);
        assert!(last.is_some_and(goes_on), "the turn never ends: {:#?}", outline(told));
    }
}

/// Whether the message that ended is followed by another request of its turn.
fn goes_on(end: &Event) -> bool {
    let dialect = dialect::named(&end.dialect).expect("a known dialect");
    dialect.continues.contains(&end.text(Field::StopReason))
}

/// A tool call ends only after it began, as often as it began at most, and
/// `PreToolUse` comes with it.
fn assert_tools_pair(told: &Told) {
    let key = |event: &Event| {
        (event.text(Field::ToolId).to_string(), event.get(Field::BlockIndex).cloned())
    };
    let mut begun = Vec::new();
    let mut ended = Vec::new();
    for event in &told.events {
        match event.name {
            HookName::ToolUseStart => begun.push(key(event)),
            HookName::ToolUseEnd => {
                let at = begun.iter().position(|begun| *begun == key(event));
                let at = at.unwrap_or_else(|| panic!("{:?} ends unbegun", key(event)));
                begun.remove(at);
                ended.push(key(event));
            }
            HookName::PreToolUse => {
                let at = ended.iter().position(|ended| *ended == key(event));
                let at = at.unwrap_or_else(|| panic!("{:?} is used unended", key(event)));
                ended.remove(at);
            }
            _ => {}
        }
    }
    assert!(ended.is_empty(), "every complete call is reported for use: {ended:?}");
}

fn outline(told: &Told) -> Vec<String> {
    let line = |event: &Event| {
        format!("{:?} {} {:?}", event.name, event.text(Field::StopReason), event.message)
    };
    told.events.iter().map(line).collect()
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn hook_events_and_notices_do_not_depend_on_the_cutting(
        exchange in exchange("a"),
        cuts in cuts(),
    ) {
        let whole = told(&exchange);
        let mut tap_of_pieces = tap();
        play(&mut tap_of_pieces, &exchange, chunks::cut(&exchange.body, &cuts));
        prop_assert_eq!(Told::read(tap_of_pieces.batch()), whole.clone());
        let mut tap_of_bytes = tap();
        play(&mut tap_of_bytes, &exchange, exchange.body.chunks(1));
        prop_assert_eq!(Told::read(tap_of_bytes.batch()), whole);
    }

    #[test]
    fn a_listener_to_the_raw_layer_changes_no_hook_event(exchange in exchange("a")) {
        let mut tap = Tap::new(Limits::default());
        tap.listen(true, true);
        play(&mut tap, &exchange, [&*exchange.body]);
        prop_assert_eq!(Told::read(tap.batch()), told(&exchange));
    }

    /// Whoever subscribes late finds the state as if they had been there.
    #[test]
    fn a_late_listener_is_told_what_an_early_one_is(
        exchange in exchange("a"),
        at in any::<prop::sample::Index>(),
    ) {
        let (head, tail) = exchange.body.split_at(at.index(exchange.body.len() + 1));
        let mut early = tap();
        let stream = begin(&mut early, &exchange);
        early.feed(stream, head, 1.0);
        early.clear();
        early.feed(stream, tail, 1.0);
        early.end(stream, exchange.ending, "", 1.0);

        let mut late = tap();
        late.listen(false, false);
        let stream = begin(&mut late, &exchange);
        late.feed(stream, head, 1.0);
        // A loss is counted whoever listens; nothing else is written.
        let told = |record: pagetap::event::Record<'_>| {
            matches!(record.layer(), Layer::At | Layer::Notice(_))
        };
        prop_assert!(late.batch().records().all(told), "nobody listens, nothing is written");
        late.clear();
        late.listen(false, true);
        late.feed(stream, tail, 1.0);
        late.end(stream, exchange.ending, "", 1.0);
        prop_assert_eq!(Told::read(late.batch()), Told::read(early.batch()));
    }

    #[test]
    fn every_message_that_starts_ends_once(exchange in exchange("a")) {
        assert_messages_pair(&told(&exchange));
    }

    #[test]
    fn every_turn_ends_once_unless_it_goes_on(exchange in exchange("a")) {
        assert_turn_ends(&told(&exchange), &exchange);
    }

    #[test]
    fn every_tool_call_that_ends_began(exchange in exchange("a")) {
        assert_tools_pair(&told(&exchange));
    }

    #[test]
    fn sequence_numbers_rise_by_one(first in exchange("a"), second in exchange("b")) {
        let mut tap = tap();
        play(&mut tap, &first, [&*first.body]);
        play(&mut tap, &second, [&*second.body]);
        let numbers: Vec<u32> = Told::read(tap.batch()).events.iter().map(|event| event.seq).collect();
        let expected: Vec<u32> = (0..).take(numbers.len()).collect();
        prop_assert_eq!(numbers, expected);
    }

    #[test]
    fn two_streams_at_once_tell_what_each_tells_alone(
        first in exchange("a"),
        second in exchange("b"),
        cuts in cuts(),
        order in prop::collection::vec(any::<bool>(), 0..24),
    ) {
        let mut tap = tap();
        let streams = [begin(&mut tap, &first), begin(&mut tap, &second)];
        let mut left = [chunks::cut(&first.body, &cuts), chunks::cut(&second.body, &cuts)];
        left.iter_mut().for_each(|chunks| chunks.reverse());
        for which in order.into_iter().map(usize::from) {
            if let Some(chunk) = left[which].pop() {
                tap.feed(streams[which], chunk, 1.0);
            }
        }
        for (which, exchange) in [(1, &second), (0, &first)] {
            while let Some(chunk) = left[which].pop() {
                tap.feed(streams[which], chunk, 1.0);
            }
            tap.end(streams[which], exchange.ending, "", 1.0);
        }
        let together = Told::read(tap.batch());
        prop_assert_eq!(of_stream(&together, streams[0]), of_stream(&told(&first), 1));
        prop_assert_eq!(of_stream(&together, streams[1]), of_stream(&told(&second), 1));
    }

    /// JavaScript counts in UTF-16 units of the decoded arena.
    #[test]
    fn recounted_for_javascript_every_text_is_the_same(exchange in exchange("a")) {
        let mut tap = Tap::new(Limits::default());
        tap.listen(true, true);
        play(&mut tap, &exchange, [&*exchange.body]);
        let expected: Vec<String> = texts(&tap);
        tap.batch_mut().count_in_utf16();
        let arena: Vec<u16> =
            std::str::from_utf8(tap.batch().text()).unwrap().encode_utf16().collect();
        let mut found = Vec::new();
        let mut table = tap.batch().table();
        while let Some((header, rest)) = table.split_first() {
            let (fields, rest) = rest.split_at((header >> 16) as usize * 3);
            for field in fields.chunks_exact(3).filter(|field| field[0] >> 16 >= 4) {
                let (start, length) = (field[1] as usize, field[2] as usize);
                found.push(String::from_utf16(&arena[start..start + length]).unwrap());
            }
            table = rest;
        }
        prop_assert_eq!(found, expected);
    }
}

/// All texts of a batch, in the order of its table.
fn texts(tap: &Tap) -> Vec<String> {
    use pagetap::event::Value;
    let fields = tap.batch().records().flat_map(|record| record.fields().collect::<Vec<_>>());
    let text = |(_, value): (Field, Value<'_>)| match value {
        Value::Text(utf8) | Value::Json(utf8) => Some(String::from_utf8(utf8.to_vec()).unwrap()),
        _ => None,
    };
    fields.filter_map(text).collect()
}

/// One stream's part, without what a tap counts over all its streams: sequence
/// numbers, stream ids, and the names of turns that the wire does not name.
fn of_stream(told: &Told, stream: u32) -> Told {
    let mut part = told.clone();
    part.events.retain(|event| event.stream == stream);
    part.notices.retain(|notice| notice.stream == stream);
    let mut turns: Vec<String> = Vec::new();
    for event in &mut part.events {
        (event.seq, event.stream) = (0, 0);
        if event.turn.starts_with("turn-") {
            let known = turns.iter().position(|turn| *turn == event.turn);
            let number = known.unwrap_or_else(|| {
                turns.push(event.turn.clone());
                turns.len() - 1
            });
            event.turn = format!("unnamed {number}");
        }
    }
    for notice in &mut part.notices {
        notice.stream = 0;
    }
    part
}

const ENDINGS: [Ending; 5] =
    [Ending::Done, Ending::Cancelled, Ending::Aborted, Ending::Failed, Ending::Unobserved];

proptest! {
    #![proptest_config(config(400))]

    /// Nothing that a page or a service sends may stop the tap.
    #[test]
    fn arbitrary_bytes_everywhere_are_survived(
        url in prop_oneof![
            any::<String>(),
            Just("https://a.example/v1/messages".into()),
            Just("https://claude.ai/api/organizations/o/chat_conversations/c/completion".into()),
            Just("https://claude.ai/api/organizations/o/chat_conversations/c/tool_approval".into()),
            Just("https://claude.ai/api/organizations/o/chat_conversations/c/tool_result".into()),
            "/{0,3}[a-z*{}?#]{0,8}",
        ],
        method in prop_oneof![Just("POST".to_string()), any::<String>()],
        request in prop::collection::vec(any::<u8>(), 0..64),
        status in any::<u32>(),
        content_type in prop_oneof![
            any::<String>(),
            Just("text/event-stream".into()),
            Just("application/json".into()),
        ],
        retry_after in any::<String>(),
        body in prop::collection::vec(any::<u8>(), 0..128),
        detail in any::<String>(),
        ending in 0..ENDINGS.len(),
        limit in prop_oneof![Just(0usize), 0usize..64, Just(usize::MAX)],
    ) {
        let mut tap = Tap::new(Limits { bytes_per_stream: limit, ..Limits::default() });
        tap.listen(true, true);
        let stream = tap.open(&url, &method, f64::NAN).unwrap();
        tap.request(stream, Some(&request), -1.0);
        tap.request(stream, None, 0.0);
        tap.feed(stream, &body, 1.0);
        tap.response(stream, status, &content_type, &retry_after, f64::INFINITY);
        tap.feed(stream, &body, 2.0);
        tap.end(stream, ENDINGS[ending], &detail, 3.0);
        Told::read(tap.batch());
        prop_assert_eq!(tap.open_streams(), 0);
    }

    /// Any JSON where a table expects some other.
    #[test]
    fn json_of_the_wrong_shape_is_survived(
        entries in exchange::records("a"),
        pick in any::<prop::sample::Index>(),
        junk in prop::sample::select(vec!["null", "[]", "{}", "-1", "1e99", "\"\\ud800\"", "[[{}]]", "true"]),
        url in 0..3usize,
    ) {
        let url = [
            "https://api.example/v1/messages",
            "https://claude.ai/api/organizations/o/chat_conversations/c/completion",
            "https://other.example/",
        ][url];
        let mut body = String::new();
        for (name, data) in entries {
            // One value, somewhere in the record, becomes junk.
            let colons: Vec<usize> = data.match_indices(':').map(|(at, _)| at + 1).collect();
            let mut data = data;
            if !colons.is_empty() {
                let at = colons[pick.index(colons.len())];
                let start = pagetap::json::scan::skip_space(data.as_bytes(), at);
                if let Some(end) = pagetap::json::scan::value_end(data.as_bytes(), start) {
                    data.replace_range(start..end, junk);
                }
            }
            body += &format!("event: {name}\ndata: {data}\n\n");
        }
        let mut tap = tap();
        let stream = tap.open(url, "POST", 0.0).unwrap();
        tap.request(stream, Some(body.as_bytes()), 0.0);
        tap.feed(stream, body.as_bytes(), 0.0);
        tap.end(stream, Ending::Done, "", 0.0);
        assert_messages_pair(&Told::read(tap.batch()));
    }

    /// Small bounds: what is beyond them is told by notices, and no event carries
    /// more than they allow.
    #[test]
    fn nothing_grows_past_its_bound(exchange in exchange("a"), text in 0usize..8, blocks in 0usize..3) {
        let mut tap = Tap::new(Limits {
            text_per_block: text,
            blocks_per_message: blocks,
            pending_tools: 1,
            remembered: 1,
            ..Limits::default()
        });
        tap.listen(false, true);
        play(&mut tap, &exchange, [&*exchange.body]);
        let told = Told::read(tap.batch());
        for event in &told.events {
            let summary = match event.get(Field::LastAssistantMessage) {
                Some(Held::Text(text) | Held::Json(text)) => text.len(),
                _ => 0,
            };
            prop_assert!(summary <= text * blocks.max(1), "{event:?}");
            if let (Some(Held::Text(input)), Some(_)) = (event.get(Field::ToolInput), event.get(Field::InputInvalid)) {
                prop_assert!(input.len() <= text, "{event:?}");
            }
        }
        let forgotten = told.counted(NoticeCode::ToolForgotten) as usize;
        let ends = told.count(HookName::ToolUseEnd);
        prop_assert!(forgotten < ends.max(1), "{forgotten} of {ends} forgotten");
        assert_messages_pair(&told);
        assert_tools_pair(&told);
    }
}

const MESSAGES: &str = "https://api.example/v1/messages";
const CHAT: &str = "https://claude.ai/api/organizations/o/chat_conversations/c/completion";

/// What a tap within `limits` tells of an event stream of these records.
fn told_within(limits: Limits, url: &str, records: &[&str]) -> Told {
    let mut tap = Tap::new(limits);
    tap.listen(false, true);
    let stream = tap.open(url, "POST", 1.0).unwrap();
    for record in records {
        tap.feed(stream, format!("data: {record}\n\n").as_bytes(), 1.0);
    }
    tap.end(stream, Ending::Done, "", 1.0);
    Told::read(tap.batch())
}

fn told_of(url: &str, records: &[&str]) -> Told {
    told_within(Limits::default(), url, records)
}

const START: &str = r#"{"type":"message_start","message":{"id":"msg_1"}}"#;
const CHAT_START: &str = r#"{"type":"message_start","message":{"id":"c1","uuid":"u1"}}"#;
const CHAT_SECOND_START: &str = r#"{"type":"message_start","message":{"id":"c2","uuid":"u2"}}"#;
const TEXT: &str = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text"}}"#;
const WORD: &str =
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"word"}}"#;
const BLOCK_STOP: &str = r#"{"type":"content_block_stop","index":0}"#;
const END_TURN: &str = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;

#[test]
fn a_message_stop_that_comes_twice_ends_the_message_once() {
    let told = told_of(MESSAGES, &[START, END_TURN, STOP, STOP]);
    assert_messages_pair(&told);
    assert_eq!(told.count(HookName::Stop), 1);
}

#[test]
fn what_an_end_tells_points_to_no_frame_also_in_the_same_millisecond() {
    let mut tap = tap();
    let stream = tap.open(MESSAGES, "POST", 1.0).unwrap();
    tap.feed(stream, format!("data: {START}\n\n").as_bytes(), 1.0);
    tap.end(stream, Ending::Done, "", 1.0);
    // As readers do: a hook event is of the frame before it, unless there is an `At` between them.
    let mut frame = false;
    let mut pointing = Vec::new();
    for record in tap.batch().records() {
        match record.layer() {
            Layer::At => frame = false,
            Layer::Raw(_) => frame = true,
            Layer::Hook(name) => pointing.push((name, frame)),
            _ => {}
        }
    }
    let expected = [
        (HookName::MessageStart, true),
        (HookName::MessageEnd, false),
        (HookName::StopFailure, false),
    ];
    assert_eq!(pointing, expected);
}

#[test]
fn a_stream_joined_late_still_tells_its_end() {
    let told = told_of(MESSAGES, &[WORD, BLOCK_STOP, END_TURN, STOP]);
    assert_eq!(told.count(HookName::MessageDelta), 1);
    assert_eq!(told.count(HookName::MessageEnd), 1);
    assert_eq!(told.count(HookName::Stop), 1);
}

#[test]
fn a_message_added_to_a_turn_ends_the_one_before_it() {
    let first = [CHAT_START, TEXT, WORD, BLOCK_STOP, END_TURN];
    let second = [CHAT_SECOND_START, TEXT, WORD, BLOCK_STOP, END_TURN, STOP];
    let told = told_of(CHAT, &[&first[..], &second].concat());
    assert_messages_pair(&told);
    let ends: Vec<&Event> =
        told.events.iter().filter(|event| event.name == HookName::MessageEnd).collect();
    let ended: Vec<(&str, &str)> =
        ends.iter().map(|end| (&*end.message, end.text(Field::StopReason))).collect();
    assert_eq!(ended, [("u1", "end_turn"), ("u2", "end_turn")]);
    let stop = told.events.last().unwrap();
    assert_eq!(stop.text(Field::LastAssistantMessage), "wordword", "the turn's text is whole");
    let blocks: Vec<_> = told.events.iter().filter_map(|e| e.get(Field::BlockIndex)).collect();
    assert_eq!(blocks, [&Held::Int(0), &Held::Int(1)], "and its blocks do not collide");
}

#[test]
fn a_whole_message_inside_another_ends_that_one() {
    let whole = r#"{"type":"message","id":"msg_2","content":[],"stop_reason":"end_turn"}"#;
    let told = told_of(MESSAGES, &[START, TEXT, WORD, whole]);
    assert_messages_pair(&told);
    assert_eq!(told.count(HookName::MessageStart), 2);
}

#[test]
fn a_citation_that_is_null_is_no_json_text() {
    let delta = r#"{"type":"content_block_delta","index":0,"delta":{"type":"citation_start_delta","citation":null}}"#;
    let told = told_of(CHAT, &[CHAT_START, TEXT, delta, BLOCK_STOP]);
    assert!(told.count(HookName::Citation) <= 1, "and every JSON field could be read");
}

#[test]
fn a_summary_delta_does_not_touch_a_tools_input() {
    let tool = r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}"#;
    let delta = r#"{"type":"content_block_delta","index":0,"delta":{"type":"compaction_delta","content":"summary"}}"#;
    let told = told_of(MESSAGES, &[START, tool, delta, BLOCK_STOP]);
    let end = told.events.iter().find(|event| event.name == HookName::ToolUseEnd).unwrap();
    assert_eq!(end.get(Field::ToolInput), Some(&Held::Json("{}".into())));
}

#[test]
fn a_summary_is_kept_within_the_bound_of_a_block() {
    let block = r#"{"type":"content_block_start","index":0,"content_block":{"type":"compaction","content":null}}"#;
    let delta = r#"{"type":"content_block_delta","index":0,"delta":{"type":"compaction_delta","content":"a long summary"}}"#;
    let limits = Limits { text_per_block: 4, ..Limits::default() };
    let told = told_within(limits, MESSAGES, &[START, block, delta, BLOCK_STOP]);
    let done = told.events.iter().find(|event| event.name == HookName::PostCompact).unwrap();
    assert!(done.text(Field::CompactSummary).len() <= 4, "{done:?}");
    assert_eq!(told.counted(NoticeCode::TextCut), 1);
}

#[test]
fn a_block_replaced_before_its_end_is_reported_incomplete() {
    let tool = |id: &str| {
        format!(
            r#"{{"type":"content_block_start","index":0,"content_block":{{"type":"tool_use","id":"{id}","name":"n"}}}}"#
        )
    };
    let told =
        told_of(MESSAGES, &[START, &tool("lost"), &tool("kept"), BLOCK_STOP, END_TURN, STOP]);
    assert_eq!(told.count(HookName::ToolUseEnd), 1);
    assert_eq!(told.counted(NoticeCode::BlockIncomplete), 1, "no loss without a notice");
}

#[test]
fn bytes_for_a_stream_that_is_not_open_are_dropped() {
    let mut tap = tap();
    tap.feed(7, b"data: {}\n\n", 0.0);
    let stream = tap.open(MESSAGES, "POST", 0.0).unwrap();
    tap.end(stream, Ending::Done, "", 0.0);
    tap.clear();
    tap.feed(stream, b"data: {}\n\n", 0.0);
    tap.request(stream, Some(b"{}"), 0.0);
    tap.response(stream, 200, "", "", 0.0);
    tap.end(stream, Ending::Done, "", 0.0);
    assert!(tap.batch().is_empty());
}

#[test]
fn streams_beyond_the_bound_are_refused_and_counted() {
    let mut tap = Tap::new(Limits { open_streams: 2, ..Limits::default() });
    tap.listen(false, true);
    let opened: Vec<StreamId> = (0..5).filter_map(|_| tap.open(MESSAGES, "POST", 0.0)).collect();
    assert_eq!(opened, [1, 2]);
    assert_eq!(tap.open_streams(), 2);
    assert_eq!(Told::read(tap.batch()).counted(NoticeCode::TooManyStreams), 3);
    tap.end(opened[0], Ending::Done, "", 0.0);
    assert!(tap.open(MESSAGES, "POST", 0.0).is_some(), "there is room again");
}

#[test]
fn of_waiting_tool_calls_the_oldest_are_forgotten_and_counted() {
    let mut records = vec![START.to_string()];
    for index in 0..5 {
        records.push(format!(
            r#"{{"type":"content_block_start","index":{index},"content_block":{{"type":"tool_use","id":"t{index}","name":"n","input":{{"i":{index}}}}}}}"#
        ));
        records.push(format!(r#"{{"type":"content_block_stop","index":{index}}}"#));
    }
    for index in 0..5 {
        let at = index + 5;
        records.push(format!(
            r#"{{"type":"content_block_start","index":{at},"content_block":{{"type":"web_search_tool_result","tool_use_id":"t{index}","content":[]}}}}"#
        ));
        records.push(format!(r#"{{"type":"content_block_stop","index":{at}}}"#));
    }
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let limits = Limits { pending_tools: 2, ..Limits::default() };
    let told = told_within(limits, MESSAGES, &records);
    assert_eq!(told.counted(NoticeCode::ToolForgotten), 3);
    let results = told.events.iter().filter(|event| event.name == HookName::PostToolUse);
    let known: Vec<bool> = results.map(|event| event.get(Field::ToolInput).is_some()).collect();
    assert_eq!(known, [false, false, false, true, true]);
}

#[test]
fn text_beyond_the_bound_is_delivered_but_not_kept() {
    let limits = Limits { text_per_block: 6, ..Limits::default() };
    let told =
        told_within(limits, MESSAGES, &[START, TEXT, WORD, WORD, WORD, BLOCK_STOP, END_TURN, STOP]);
    assert_eq!(told.count(HookName::MessageDelta), 3);
    assert_eq!(told.counted(NoticeCode::TextCut), 1, "told once per block");
    assert_eq!(told.events.last().unwrap().text(Field::LastAssistantMessage), "word");
}

#[test]
fn blocks_beyond_the_bound_are_translated_without_their_state() {
    let at =
        |index: u32, record: &str| record.replace(r#""index":0"#, &format!(r#""index":{index}"#));
    let mut records = vec![START.to_string()];
    for index in 0..3 {
        records.extend([TEXT, WORD, BLOCK_STOP].map(|record| at(index, record)));
    }
    records.extend([END_TURN, STOP].map(String::from));
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let limits = Limits { blocks_per_message: 1, ..Limits::default() };
    let told = told_within(limits, MESSAGES, &records);
    assert_eq!(told.count(HookName::MessageDelta), 3);
    assert_eq!(told.counted(NoticeCode::TooManyBlocks), 2);
    assert_eq!(told.events.last().unwrap().text(Field::LastAssistantMessage), "word");
}

#[test]
fn of_conversations_seen_the_oldest_are_forgotten() {
    let mut tap = Tap::new(Limits { remembered: 2, ..Limits::default() });
    tap.listen(false, true);
    let mut sessions = Vec::new();
    for conversation in ["a", "b", "c", "c", "b", "a"] {
        let stream = tap.open(&CHAT.replace("/c/", &format!("/{conversation}/")), "POST", 0.0);
        tap.feed(stream.unwrap(), format!("data: {CHAT_START}\n\n").as_bytes(), 0.0);
        sessions.push(Told::read(tap.batch()).count(HookName::SessionStart));
        tap.clear();
    }
    assert_eq!(sessions, [1, 1, 1, 0, 0, 1], "a was forgotten when c came");
}
