//! Layer A's promise: whatever the bytes are and however they are cut, the
//! frames that come out are the stream, byte for byte.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "support/chunks.rs"]
mod chunks;
#[path = "support/frames.rs"]
mod frames;

use frames::{Body, Seen};
use pagetap::Tap;
use pagetap::event::{Layer, RawKind, Record, StreamId, Value};
use pagetap::exchange::{Arrival, Direction};
use pagetap::framing::{FrameKind, Framing, Reading};
use pagetap::hook::Field;
use pagetap::limits::Limits;
use pagetap::notice::NoticeCode;
use pagetap::stream::Ending;
use proptest::prelude::*;

const FRAMINGS: [Framing; 3] = [Framing::EventStream, Framing::Whole, Framing::Chunks];
const READINGS: [Reading; 2] = [Reading::Strict, Reading::Tolerant];
/// Nothing here comes near it.
const LARGE: usize = 1 << 20;

/// Either any bytes at all, or pieces that event streams are made of.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let token = prop::sample::select(vec![
        "\n", "\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "data: ", "data", "event: a", "event:",
        "id: 1", "retry: 5", ":", "x", "{}", "{\"a\":", "1}", "é", "🌊", "\u{feff}", "\0",
    ]);
    let piece = prop_oneof![
        12 => token.prop_map(|token| token.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    let body = prop_oneof![
        4 => prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ];
    // What may be the password of an address is covered where a cut does not show its end
    // (tests/secrets.rs has them, at every cut). Here bytes come out as they went in.
    body.prop_filter("an address", |bytes| !bytes.windows(2).any(|pair| pair == b"//"))
}

fn single_newline_records() -> impl Strategy<Value = Vec<u8>> {
    let line_end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let record = line_end.prop_map(|end| format!("event: a{end}data: {{}}{end}").into_bytes());
    prop::collection::vec(record, 0..6).prop_map(|records| records.concat())
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(any::<usize>(), 0..12)
}

/// The frames, one after the other, are `bytes`; none is empty.
fn assert_tiles(body: &Body, bytes: &[u8]) {
    let mut at = 0;
    for frame in &body.frames {
        assert_eq!(frame.offset, at as u64, "a frame follows the one before it");
        assert!(!frame.bytes.is_empty(), "no frame is empty");
        let end = at + frame.bytes.len();
        assert_eq!(bytes.get(at..end), Some(&*frame.bytes), "a frame holds its own bytes");
        at = end;
    }
    assert_eq!(at, bytes.len(), "nothing is left");
}

fn longest(body: &Body) -> usize {
    body.frames.iter().map(|frame| frame.bytes.len()).max().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn the_frames_of_any_bytes_in_any_cutting_are_the_bytes(
        bytes in body(),
        cuts in cuts(),
        limit in prop_oneof![0usize..24, Just(LARGE)],
    ) {
        for framing in FRAMINGS {
            for reading in READINGS {
                let whole = frames::read(framing, reading, limit, [&*bytes]);
                assert_tiles(&whole, &bytes);
                let cut = frames::read(framing, reading, limit, chunks::cut(&bytes, &cuts));
                assert_tiles(&cut, &bytes);
                let by_byte = frames::read(framing, reading, limit, bytes.chunks(1));
                assert_tiles(&by_byte, &bytes);
            }
        }
    }

    #[test]
    fn the_frames_do_not_depend_on_the_cutting(bytes in body(), cuts in cuts()) {
        for framing in [Framing::EventStream, Framing::Whole] {
            for reading in READINGS {
                let whole = frames::read(framing, reading, LARGE, [&*bytes]);
                let cut = frames::read(framing, reading, LARGE, chunks::cut(&bytes, &cuts));
                prop_assert_eq!(&cut, &whole, "{:?} {:?}", framing, reading);
                let by_byte = frames::read(framing, reading, LARGE, bytes.chunks(1));
                prop_assert_eq!(&by_byte, &whole, "{:?} {:?}, byte by byte", framing, reading);
                // A limit that the longest frame just fits changes nothing either.
                // (A record closed early was held together with the line that
                // closes it, so tolerant reading needs a little more.)
                if reading == Reading::Strict {
                    let fits = longest(&whole);
                    let tight = frames::read(framing, reading, fits, chunks::cut(&bytes, &cuts));
                    prop_assert_eq!(&tight, &whole, "{:?}, limit {}", framing, fits);
                }
            }
        }
    }

    /// Records with one newline between them, as some recordings have them.
    #[test]
    fn the_frames_of_single_newline_records_do_not_depend_on_the_cutting(
        bytes in single_newline_records(),
        cuts in cuts(),
    ) {
        let whole = frames::read(Framing::EventStream, Reading::Tolerant, LARGE, [&*bytes]);
        let cut = chunks::cut(&bytes, &cuts);
        let cut = frames::read(Framing::EventStream, Reading::Tolerant, LARGE, cut);
        prop_assert_eq!(&cut, &whole);
    }

    /// What is too large to hold comes out in pieces as it arrives; which blocks
    /// those are, and how long, is in the stream.
    #[test]
    fn what_outgrows_a_limit_does_not_depend_on_the_cutting(
        bytes in prop_oneof![body(), single_newline_records()],
        cuts in cuts(),
        // A byte order mark fits.
        limit in 3usize..24,
    ) {
        for reading in READINGS {
            let whole = joined(reading, limit, vec![&bytes]);
            let cut = joined(reading, limit, chunks::cut(&bytes, &cuts));
            prop_assert_eq!(&cut, &whole, "{:?}", reading);
            let by_byte = joined(reading, limit, bytes.chunks(1).collect());
            prop_assert_eq!(&by_byte, &whole, "{:?}, byte by byte", reading);
        }
    }

    #[test]
    fn a_body_without_frames_comes_out_in_the_chunks_it_came_in(bytes in body(), cuts in cuts()) {
        let chunks = chunks::cut(&bytes, &cuts);
        let body = frames::read(Framing::Chunks, Reading::Tolerant, LARGE, chunks.iter().copied());
        let out: Vec<&[u8]> = body.frames.iter().map(|frame| &*frame.bytes).collect();
        let into: Vec<&[u8]> = chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect();
        prop_assert_eq!(out, into);
        prop_assert!(body.frames.iter().all(|frame| frame.kind == FrameKind::Silent));
    }
}

/// The frames of an event stream under a limit, with the fragments of one block
/// joined.
fn joined(reading: Reading, limit: usize, chunks: Vec<&[u8]>) -> Vec<Seen> {
    let body = frames::read(Framing::EventStream, reading, limit, chunks);
    let mut lost = body.lost.iter();
    let mut out: Vec<Seen> = Vec::new();
    let mut left = 0;
    for frame in body.frames {
        match out.last_mut().filter(|_| left > 0) {
            Some(last) => last.bytes.extend_from_slice(&frame.bytes),
            None => {
                if frame.kind == FrameKind::Fragment {
                    left = lost.next().map_or(0, |length| *length as usize);
                }
                out.push(frame.clone());
            }
        }
        left = left.saturating_sub(frame.bytes.len());
    }
    assert_eq!(lost.next(), None, "no loss without its bytes");
    out
}

#[test]
fn a_record_closed_early_ends_in_the_same_place_in_every_cutting() {
    let bytes = b"event: a\r\ndata: 1\r\nevent: b\r\ndata: 2\r\n\r\n";
    let whole = frames::read(Framing::EventStream, Reading::Tolerant, LARGE, [&bytes[..]]);
    for at in 0..bytes.len() {
        let (head, tail) = bytes.split_at(at);
        let cut = frames::read(Framing::EventStream, Reading::Tolerant, LARGE, [head, tail]);
        assert_eq!(cut, whole, "cut at {at}");
    }
}

/// Kinds and bytes of an event stream's frames under a limit.
fn limited(limit: usize, chunks: &[&str]) -> Vec<(FrameKind, String)> {
    let chunks = chunks.iter().map(|chunk| chunk.as_bytes());
    let body = frames::read(Framing::EventStream, Reading::Tolerant, limit, chunks);
    let text = |frame: Seen| (frame.kind, String::from_utf8(frame.bytes).unwrap());
    body.frames.into_iter().map(text).collect()
}

fn fragment(text: &str) -> (FrameKind, String) {
    (FrameKind::Fragment, text.into())
}

fn message(text: &str) -> (FrameKind, String) {
    (FrameKind::Message, text.into())
}

#[test]
fn a_block_beyond_the_limit_is_fragments_and_the_next_block_is_read() {
    let chunks = ["data: far too ", "long to hold\n", "data: more\n\nda", "ta: next\n\n"];
    let expected = [
        fragment("data: far too "),
        fragment("long to hold\n"),
        fragment("data: more\n\n"),
        message("data: next\n\n"),
    ];
    assert_eq!(limited(13, &chunks), expected);
}

#[test]
fn a_block_beyond_the_limit_leaves_nothing_behind_for_the_next() {
    let bytes = b"event: big\ndata: far too long to hold\n\ndata: next\n\n";
    let body = frames::read(Framing::EventStream, Reading::Strict, 12, bytes.chunks(5));
    let last = body.frames.last().unwrap();
    assert_eq!(
        (last.kind, &*last.event, &*last.data),
        (FrameKind::Message, &b""[..], &b"next"[..])
    );
}

/// The line that outgrew the limit ends where the next chunk begins: that is no
/// blank line.
#[test]
fn a_block_beyond_the_limit_ends_at_its_own_blank_line_only() {
    for line_end in ["\n", "\r\n", "\r"] {
        let first = "data: far too long to hold";
        let second = format!("{line_end}data: 2{line_end}");
        let third = format!("{line_end}data: next{line_end}{line_end}");
        let seen = limited(16, &[first, &second, &third]);
        let messages: Vec<_> = seen.iter().filter(|frame| frame.0 == FrameKind::Message).collect();
        assert_eq!(messages.len(), 1, "{line_end:?}: {seen:?}");
        assert!(messages[0].1.contains("next"), "{line_end:?}: {seen:?}");
    }
}

#[test]
fn a_block_at_the_limit_is_held_and_read() {
    let block = "data: 1\n\n";
    for at in 0..block.len() {
        let (head, tail) = block.split_at(at);
        assert_eq!(limited(block.len() - 1, &[head, tail]), [message(block)]);
    }
}

/// The frames that a tap's raw layer reports of one stream.
#[derive(Clone, Debug, PartialEq)]
struct Reported {
    kind: RawKind,
    seq: u32,
    offset: f64,
    length: u32,
    event: Option<String>,
    data: Option<String>,
}

fn int(record: &Record<'_>, field: Field) -> u32 {
    match record.get(field) {
        Some(Value::Int(value)) => value,
        other => panic!("{field:?} is {other:?}"),
    }
}

fn number(record: &Record<'_>, field: Field) -> f64 {
    match record.get(field) {
        Some(Value::Number(value)) => value,
        other => panic!("{field:?} is {other:?}"),
    }
}

fn reported(tap: &Tap) -> Vec<Reported> {
    let frame = |record: Record<'_>| {
        let Layer::Raw(kind @ (RawKind::Frame | RawKind::Fragment)) = record.layer() else {
            return None;
        };
        Some(Reported {
            kind,
            seq: int(&record, Field::Seq),
            offset: number(&record, Field::Offset),
            length: int(&record, Field::Length),
            event: record.text(Field::Event).map(String::from),
            data: record.text(Field::Data).map(String::from),
        })
    };
    tap.batch().records().filter_map(frame).collect()
}

/// How chunks reach the tap.
#[derive(Clone, Copy, Debug)]
enum Feeding {
    /// Each is read at once.
    AtOnce,
    /// All are written, and read together.
    Together,
}

/// A tap that has read `chunks` as one body of that media type.
fn tapped(limit: usize, media: &str, chunks: &[&[u8]], feeding: Feeding) -> Tap {
    let mut tap = Tap::new(Limits { bytes_per_stream: limit, ..Limits::default() });
    tap.listen(true, true);
    let stream = tap.open("https://host.example/v1/messages", "POST", 0.0).unwrap();
    tap.response(stream, 200, media, "", 0.0);
    for chunk in chunks {
        match feeding {
            Feeding::AtOnce => tap.feed(stream, chunk, 0.0),
            Feeding::Together => write(&mut tap, stream, chunk),
        }
    }
    tap.read();
    tap.end(stream, Ending::Done, "", 0.0);
    tap
}

fn write(tap: &mut Tap, stream: StreamId, chunk: &[u8]) {
    tap.reserve(stream, Direction::In, chunk.len()).copy_from_slice(chunk);
    tap.commit(stream, chunk.len(), &Arrival::text(Direction::In));
}

const MEDIA: [&str; 4] =
    ["text/event-stream; charset=utf-8", "application/json", "application/octet-stream", ""];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_raw_layer_of_a_tap_is_the_stream(
        bytes in body(),
        cuts in cuts(),
        limit in prop_oneof![0usize..24, Just(LARGE)],
    ) {
        let chunks = chunks::cut(&bytes, &cuts);
        for media in MEDIA {
            for feeding in [Feeding::AtOnce, Feeding::Together] {
                let frames = reported(&tapped(limit, media, &chunks, feeding));
                let mut end = 0;
                for (frame, seq) in frames.iter().zip(0..) {
                    prop_assert_eq!(frame.seq, seq);
                    prop_assert_eq!(frame.offset, f64::from(end), "{:?}", frames);
                    end += frame.length;
                }
                prop_assert_eq!(end as usize, bytes.len(), "{} {:?}", media, feeding);
            }
        }
    }

    #[test]
    fn the_raw_layer_of_a_tap_does_not_depend_on_the_cutting(bytes in body(), cuts in cuts()) {
        let chunks = chunks::cut(&bytes, &cuts);
        for media in MEDIA {
            if media == "application/octet-stream" {
                continue; // its frames are its chunks
            }
            let whole = reported(&tapped(LARGE, media, &[&bytes], Feeding::AtOnce));
            let at_once = reported(&tapped(LARGE, media, &chunks, Feeding::AtOnce));
            prop_assert_eq!(&at_once, &whole, "{}", media);
            let together = reported(&tapped(LARGE, media, &chunks, Feeding::Together));
            prop_assert_eq!(&together, &whole, "{}, read together", media);
        }
    }

    /// The records that announce where a chunk lies cover every frame.
    #[test]
    fn every_frame_lies_in_an_announced_chunk(bytes in body(), cuts in cuts()) {
        for media in MEDIA {
            let tap = tapped(LARGE, media, &chunks::cut(&bytes, &cuts), Feeding::Together);
            let (mut from, mut to) = (0.0, 0.0);
            for record in tap.batch().records() {
                match record.layer() {
                    Layer::Chunk => {
                        from = number(&record, Field::Offset);
                        to = from + f64::from(int(&record, Field::Length));
                    }
                    Layer::Raw(RawKind::Frame | RawKind::Fragment) => {
                        let start = number(&record, Field::Offset);
                        let end = start + f64::from(int(&record, Field::Length));
                        prop_assert!(from <= start && end <= to, "{start}..{end} in {from}..{to}");
                    }
                    _ => {}
                }
            }
        }
    }
}

/// The notices of a batch: code and count.
fn notices(tap: &Tap) -> Vec<(NoticeCode, u32)> {
    let notice = |record: Record<'_>| match record.layer() {
        Layer::Notice(code) => Some((code, int(&record, Field::Count))),
        _ => None,
    };
    tap.batch().records().filter_map(notice).collect()
}

fn too_large(tap: &Tap) -> u32 {
    let large = notices(tap).into_iter().filter(|notice| notice.0 == NoticeCode::FrameTooLarge);
    large.map(|notice| notice.1).sum()
}

#[test]
fn a_block_that_outgrows_the_limit_is_counted_by_notices() {
    let big = format!("data: {{\"type\":\"ping\",\"x\":\"{}\"}}\n\n", "x".repeat(200));
    let next = "data: {\"type\":\"ping\"}\n\n";
    let body = [&*big, next].concat();
    for size in [1, 7, 64, 128] {
        let chunks: Vec<&[u8]> = body.as_bytes().chunks(size).collect();
        let tap = tapped(64, MEDIA[0], &chunks, Feeding::AtOnce);
        assert_eq!(too_large(&tap) as usize, big.len(), "chunks of {size}");
        let last = reported(&tap).pop().unwrap();
        assert_eq!(last.data.as_deref(), Some("{\"type\":\"ping\"}"), "chunks of {size}");
    }
}

#[test]
fn a_whole_body_that_outgrows_the_limit_is_counted_by_notices() {
    let body = format!("{{\"type\":\"message\",\"x\":\"{}\"}}", "x".repeat(200));
    let chunks: Vec<&[u8]> = body.as_bytes().chunks(10).collect();
    let tap = tapped(64, "application/json", &chunks, Feeding::AtOnce);
    assert_eq!(too_large(&tap) as usize, body.len());
    assert!(reported(&tap).iter().all(|frame| frame.kind == RawKind::Fragment));
}

#[test]
fn bytes_cut_by_the_end_are_counted_by_a_notice() {
    let body = b"data: {\"type\":\"ping\"}\n\ndata: {\"typ";
    let tap = tapped(LARGE, MEDIA[0], &[body], Feeding::AtOnce);
    let cut = (NoticeCode::RecordCut, "data: {\"typ".len() as u32);
    assert!(notices(&tap).contains(&cut), "{:?}", notices(&tap));
}

#[test]
fn what_fits_is_not_reported_as_lost() {
    let body = b"data: {\"type\":\"ping\"}\r\n\r\n";
    for chunks in [vec![&body[..]], body.chunks(1).collect()] {
        let tap = tapped(LARGE, MEDIA[0], &chunks, Feeding::AtOnce);
        assert_eq!(notices(&tap), [], "a lone half of a CR LF is no loss");
    }
}
