//! The framing of event streams against the HTML standard: vectors composed from
//! its text, vectors measured by others, and a second, plain implementation of
//! its algorithm. Every vector is read under every way of cutting it.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "support/chunks.rs"]
mod chunks;
#[path = "support/frames.rs"]
mod frames;
#[path = "support/standard.rs"]
mod standard;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use frames::Body;
use pagetap::framing::{FrameKind, Framer, Framing, Reading};
use proptest::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use standard::{Message, interpret};

const OWN: &str = include_str!("fixtures/event-stream.json");
/// Measured vectors that lie beside the project where it is developed.
const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/sse-vectors.json");
/// Nothing here comes near it.
const LIMIT: usize = 1 << 30;

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
    #[serde(default)]
    big: Vec<BigVector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    name: String,
    #[serde(rename = "input_b64")]
    input: String,
    events: Vec<Event>,
    retry: Option<u32>,
    final_last_event_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "type")]
    name: String,
    data: String,
    last_event_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BigVector {
    name: String,
    #[serde(rename = "input_parts")]
    parts: Vec<Part>,
    #[serde(rename = "input_sha256")]
    sha256: String,
    events: Vec<BigEvent>,
    retry: Option<u32>,
    final_last_event_id: String,
}

#[derive(Deserialize)]
struct Part {
    b64: String,
    repeat: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BigEvent {
    #[serde(rename = "type")]
    name: String,
    last_event_id: String,
    #[serde(rename = "data_utf16_len")]
    utf16_len: usize,
    #[serde(rename = "data_sha256_utf8")]
    sha256: String,
}

impl Vector {
    fn bytes(&self) -> Vec<u8> {
        BASE64.decode(&self.input).expect("base64")
    }

    fn messages(&self) -> Vec<Message> {
        let message = |event: &Event| Message {
            name: event.name.clone(),
            data: event.data.clone(),
            last_event_id: event.last_event_id.clone(),
        };
        self.events.iter().map(message).collect()
    }
}

fn own() -> File {
    serde_json::from_str(OWN).expect("the fixture is JSON")
}

/// The vectors beside the project, or a line that says they are not there.
fn shared() -> Option<File> {
    let Ok(text) = std::fs::read_to_string(SHARED) else {
        println!("skipped: no vectors at {SHARED}");
        return None;
    };
    Some(serde_json::from_str(&text).expect("the shared vectors are JSON"))
}

fn read<'c>(reading: Reading, chunks: impl IntoIterator<Item = &'c [u8]>) -> Body {
    frames::read(Framing::EventStream, reading, LIMIT, chunks)
}

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("what the framing decodes is UTF-8")
}

/// The messages as `EventSource` would dispatch them.
fn messages(body: &Body) -> Vec<Message> {
    let dispatched = body.frames.iter().filter(|frame| frame.kind == FrameKind::Message);
    let message = |frame: &frames::Seen| Message {
        name: if frame.event.is_empty() { "message".into() } else { utf8(&frame.event) },
        data: utf8(&frame.data),
        last_event_id: utf8(&frame.last_event_id),
    };
    dispatched.map(message).collect()
}

fn assert_means(vector: &Vector, body: &Body, cutting: &str) {
    let name = &vector.name;
    assert_eq!(messages(body), vector.messages(), "messages of {name:?}, {cutting}");
    assert_eq!(body.retry, vector.retry, "retry of {name:?}, {cutting}");
    let id = utf8(&body.last_event_id);
    assert_eq!(id, vector.final_last_event_id, "last event ID of {name:?}, {cutting}");
}

/// Every two-way cut; of the one body that is a single very long line the cuts
/// around both ends and a sample of the others, as every cut of a body costs its
/// length squared.
fn two_way_cuts(length: usize) -> impl Iterator<Item = usize> {
    let long = length > 20_000;
    (0..=length).filter(move |at| !long || *at < 20 || length - at < 20 || at % 97 == 0)
}

/// Reads `vector` in every cutting; the whole frames must be the same each time,
/// and mean what the vector says.
fn check_under_every_cutting(vector: &Vector) {
    let bytes = vector.bytes();
    let whole = read(Reading::Strict, [&*bytes]);
    assert_means(vector, &whole, "whole");

    let same = |body: &Body, cutting: &str| {
        assert_means(vector, body, cutting);
        assert_eq!(body, &whole, "frames of {:?}, {cutting}", vector.name);
    };
    same(&read(Reading::Strict, bytes.chunks(1)), "byte by byte");
    let spaced = bytes.chunks(1).flat_map(|byte| [byte, &[], &[]]);
    same(&read(Reading::Strict, std::iter::once(&[][..]).chain(spaced)), "byte by byte, spaced");
    for at in two_way_cuts(bytes.len()) {
        let (head, tail) = bytes.split_at(at);
        same(&read(Reading::Strict, [head, tail]), &format!("cut at {at}"));
        let spaced = [&[], head, &[], &[], tail, &[]];
        same(&read(Reading::Strict, spaced), &format!("cut at {at}, spaced"));
    }
}

#[test]
fn the_standards_rules_hold_under_every_cutting() {
    let vectors = own().vectors;
    assert!(vectors.len() >= 40, "the fixture lost vectors");
    vectors.iter().for_each(check_under_every_cutting);
}

#[test]
fn measured_streams_are_read_as_browsers_read_them() {
    let Some(file) = shared() else { return };
    assert!(file.vectors.len() >= 153, "the shared file lost vectors");
    file.vectors.iter().for_each(check_under_every_cutting);
}

#[test]
fn the_plain_implementation_agrees_with_every_vector() {
    let shared = shared().map(|file| file.vectors).unwrap_or_default();
    for vector in own().vectors.iter().chain(&shared) {
        let meaning = interpret(&vector.bytes());
        assert_eq!(meaning.messages, vector.messages(), "messages of {:?}", vector.name);
        assert_eq!(meaning.retry, vector.retry, "retry of {:?}", vector.name);
        assert_eq!(meaning.last_event_id, vector.final_last_event_id, "{:?}", vector.name);
    }
}

/// In small chunks: a framing that looked at its buffer again with every chunk
/// would need some 10^12 steps for the largest of these.
#[test]
fn lines_of_many_megabytes_are_read_in_linear_time() {
    let Some(file) = shared() else { return };
    assert!(!file.big.is_empty(), "the shared file lost its big vectors");
    for vector in &file.big {
        let decode = |part: &Part| BASE64.decode(&part.b64).expect("base64").repeat(part.repeat);
        let input: Vec<u8> = vector.parts.iter().flat_map(decode).collect();
        assert_eq!(sha256(&input), vector.sha256, "input of {:?}", vector.name);
        for size in [16, 100, 1024] {
            let body = read(Reading::Strict, input.chunks(size));
            let messages = messages(&body);
            assert_eq!(messages.len(), vector.events.len(), "{:?}, by {size}", vector.name);
            for (message, event) in messages.iter().zip(&vector.events) {
                assert_eq!(message.name, event.name);
                assert_eq!(message.last_event_id, event.last_event_id);
                assert_eq!(message.data.encode_utf16().count(), event.utf16_len);
                assert_eq!(sha256(message.data.as_bytes()), event.sha256);
            }
            assert_eq!(body.retry, vector.retry);
            assert_eq!(utf8(&body.last_event_id), vector.final_last_event_id);
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Pieces that event streams are made of, so that random bodies get somewhere.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec!["\n", "\r", "\r\n"]).prop_map(|s| s.as_bytes().to_vec()),
        4 => prop::sample::select(vec!["data", "event", "id", "retry", "x"])
            .prop_map(|s| s.as_bytes().to_vec()),
        6 => prop::sample::select(vec!["data: ", "event: ", "id:", "retry: ", ":", " "])
            .prop_map(|s| s.as_bytes().to_vec()),
        4 => prop::sample::select(vec!["{}", "[1,2]", "12", "99999999999", "ab", "é", "🌊", "\u{feff}", "\0"])
            .prop_map(|s| s.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_stream_means_what_the_plain_implementation_says(
        bytes in body(),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let body = read(Reading::Strict, chunks::cut(&bytes, &cuts));
        let meaning = interpret(&bytes);
        prop_assert_eq!(messages(&body), meaning.messages);
        prop_assert_eq!(body.retry, meaning.retry);
        prop_assert_eq!(utf8(&body.last_event_id), meaning.last_event_id);
    }

    #[test]
    fn where_no_tolerance_applies_any_stream_is_read_strictly(bytes in body()) {
        assert_tolerant_is_strict_where_it_must(&bytes, "a random body");
    }
}

/// Without either situation the tolerances are for, both readings are one.
/// Whether it was so.
fn assert_tolerant_is_strict_where_it_must(bytes: &[u8], name: &str) -> bool {
    let meaning = interpret(bytes);
    let is_json = |data: &String| serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok();
    let flushes = |data: &String| {
        let before = data.rsplit_once('\n').map(|(before, _)| before.to_owned());
        is_json(data) || before.is_some_and(|before| is_json(&before))
    };
    if meaning.names_twice || meaning.cut_data.as_ref().is_some_and(flushes) {
        return false;
    }
    let (strict, tolerant) = (read(Reading::Strict, [bytes]), read(Reading::Tolerant, [bytes]));
    assert_eq!(tolerant.frames, strict.frames, "{name}");
    assert_eq!(tolerant.last_event_id, strict.last_event_id, "{name}");
    true
}

#[test]
fn where_no_tolerance_applies_every_vector_is_read_strictly() {
    let shared = shared().map(|file| file.vectors).unwrap_or_default();
    let (mut strict, mut all) = (0, 0);
    for vector in own().vectors.iter().chain(&shared) {
        all += 1;
        if assert_tolerant_is_strict_where_it_must(&vector.bytes(), &vector.name) {
            strict += 1;
        }
    }
    assert!(strict * 10 > all * 8, "only {strict} of {all} vectors tell anything");
}

/// The messages' names and data under one reading.
fn names_and_data(reading: Reading, body: &[u8]) -> Vec<(String, String)> {
    let cut = messages(&read(reading, body.chunks(1)));
    let whole = messages(&read(reading, [body]));
    assert_eq!(whole, cut, "cutting changed {:?}", utf8(body));
    whole.into_iter().map(|message| (message.name, message.data)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, data)| ((*name).into(), (*data).into())).collect()
}

#[test]
fn tolerance_a_last_record_without_its_blank_line_is_kept_when_its_json_is_whole() {
    for ending in ["", "\n", "\r", "\r\n"] {
        let body = format!("data: {{\"a\":1}}\n\nevent: message_stop\ndata: {{\"b\":2}}{ending}");
        let first = ("message", r#"{"a":1}"#);
        let last = ("message_stop", r#"{"b":2}"#);
        let strict = names_and_data(Reading::Strict, body.as_bytes());
        assert_eq!(strict, pairs(&[first]), "the standard drops it: the tolerance is needed");
        assert_eq!(names_and_data(Reading::Tolerant, body.as_bytes()), pairs(&[first, last]));
    }
}

#[test]
fn tolerance_a_last_record_is_kept_although_a_later_line_of_it_is_cut() {
    let body = b"data: {\"b\":2}\nid: 3";
    assert_eq!(names_and_data(Reading::Strict, body), pairs(&[]));
    assert_eq!(names_and_data(Reading::Tolerant, body), pairs(&[("message", r#"{"b":2}"#)]));
}

#[test]
fn tolerance_a_last_data_line_of_its_own_leaves_the_record_before_it_whole() {
    let first = ("a", r#"{"n":1}"#);
    for (last, kept) in [("{\"n\":2}", true), ("{\"n\":", false), ("{\"n\":2}\r\n", true)] {
        let body = format!("event: a\r\ndata: {{\"n\":1}}\r\ndata: {last}");
        let strict = names_and_data(Reading::Strict, body.as_bytes());
        assert_eq!(strict, pairs(&[]), "the standard drops both: the tolerance is needed");
        let last = ("message", last.trim());
        let expected = if kept { vec![first, last] } else { vec![first] };
        assert_eq!(names_and_data(Reading::Tolerant, body.as_bytes()), pairs(&expected));
    }
}

#[test]
fn tolerance_a_last_record_whose_json_is_cut_is_dropped_as_the_standard_says() {
    for body in
        ["data: {\"a\":", "data: {\"a\":1}\ndata: ,", "data: text", "event: x\n", ": note", "data"]
    {
        for reading in [Reading::Strict, Reading::Tolerant] {
            assert_eq!(names_and_data(reading, body.as_bytes()), pairs(&[]), "{body:?}");
            let frames = read(reading, [body.as_bytes()]).frames;
            let kinds: Vec<_> = frames.iter().map(|frame| frame.kind).collect();
            assert_eq!(kinds, [FrameKind::Fragment], "its bytes still come out: {body:?}");
        }
    }
}

#[test]
fn tolerance_an_event_line_closes_the_record_before_it() {
    let body =
        b"event: a\ndata: {\"n\":1}\nevent: b\ndata: {\"n\":2}\nevent: c\ndata: {\"n\":3}\n\n";
    let merged = [("c", "{\"n\":1}\n{\"n\":2}\n{\"n\":3}")];
    let apart = [("a", r#"{"n":1}"#), ("b", r#"{"n":2}"#), ("c", r#"{"n":3}"#)];
    let strict = names_and_data(Reading::Strict, body);
    assert_eq!(strict, pairs(&merged), "the standard merges them: the tolerance is needed");
    assert_eq!(names_and_data(Reading::Tolerant, body), pairs(&apart));
}

#[test]
fn tolerance_an_event_line_closes_only_a_record_with_name_and_data() {
    for (body, expected) in [
        ("event: a\nevent: b\ndata: 1\n\n", ("b", "1")),
        ("data: 1\nevent: a\n\n", ("a", "1")),
        ("event: a\ndata: 1\nevent\n\n", ("message", "1")),
    ] {
        for reading in [Reading::Strict, Reading::Tolerant] {
            assert_eq!(names_and_data(reading, body.as_bytes()), pairs(&[expected]), "{body:?}");
        }
    }
}

/// The standard takes a `retry` only from a line that ended, so that a cut
/// number does not count: `retry: 350` may have been `retry: 3500`.
#[test]
fn a_retry_line_cut_by_the_end_sets_nothing_in_either_reading() {
    for reading in [Reading::Strict, Reading::Tolerant] {
        assert_eq!(read(reading, [&b"data: x\n\nretry: 350"[..]]).retry, None, "{reading:?}");
    }
}

/// Were any byte moved or looked at again with each chunk, this would be ten
/// million megabytes of work and never end.
#[test]
fn a_line_of_ten_megabytes_in_chunks_of_a_hundred_bytes_is_read_in_linear_time() {
    let mut input = b"data: ".to_vec();
    input.resize(10_000_000, b'x');
    input.extend_from_slice(b"\n\ndata: after\n\n");
    let mut framer = Framer::new(Framing::EventStream, Reading::Strict, usize::MAX);
    let mut lengths = Vec::new();
    for chunk in input.chunks(100) {
        framer.reserve(chunk.len()).copy_from_slice(chunk);
        framer.commit(chunk.len());
        while let Some(frame) = framer.next_frame() {
            assert_eq!(frame.kind, FrameKind::Message);
            lengths.push(framer.message().data.len());
        }
    }
    assert_eq!(lengths, [10_000_000 - 6, 5]);
}
