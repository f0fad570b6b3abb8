//! Framing of any bytes: frames tile them, however they are cut and whatever the limit;
//! and a strict reading is what the HTML standard says.

use crate::chunks::cut;
use crate::corpus;
use crate::frames::{Body, read};
use crate::script::number;
use crate::standard::interpret;
use pagetap::framing::{FrameKind, Framing, Reading};
use xtask::random::Random;

const FRAMINGS: [Framing; 3] = [Framing::EventStream, Framing::Whole, Framing::Chunks];
const LARGE: usize = 1 << 24;
const LONGEST_SEED: usize = 1 << 10;

/// Any bytes.
pub fn check(data: &[u8]) {
    let mut random = Random::new(number(data));
    let cuts: Vec<usize> = (0..random.below(12)).map(|_| random.below(usize::MAX)).collect();
    let limit = random.below(24);
    for framing in FRAMINGS {
        for reading in [Reading::Strict, Reading::Tolerant] {
            for limit in [LARGE, limit] {
                let whole = read(framing, reading, limit, [data]);
                let pieces = read(framing, reading, limit, cut(data, &cuts));
                let bytes = read(framing, reading, limit, data.chunks(1));
                for body in [&whole, &pieces, &bytes] {
                    assert_tiles(body, data);
                }
                if limit == LARGE && framing != Framing::Chunks {
                    assert_eq!(pieces, whole, "{framing:?} {reading:?}, cut at {cuts:?}");
                    assert_eq!(bytes, whole, "{framing:?} {reading:?}, byte by byte");
                }
            }
        }
    }
    let strict = read(Framing::EventStream, Reading::Strict, LARGE, [data]);
    let meaning = interpret(data);
    let messages: Vec<_> =
        strict.frames.iter().filter(|frame| frame.kind == FrameKind::Message).collect();
    assert_eq!(messages.len(), meaning.messages.len(), "as many messages as the standard has");
    for (ours, standard) in messages.iter().zip(&meaning.messages) {
        let name = if ours.event.is_empty() { b"message" } else { &*ours.event };
        assert_same(name, &standard.name);
        assert_same(&ours.data, &standard.data);
        assert_same(&ours.last_event_id, &standard.last_event_id);
    }
    assert_eq!(strict.retry, meaning.retry);
    assert_same(&strict.last_event_id, &meaning.last_event_id);
}

/// How bodies of the corpus begin: they are read byte by byte, often.
pub fn seeds() -> Vec<Vec<u8>> {
    let bodies = corpus::bodies().into_iter();
    bodies.map(|body| body[..body.len().min(LONGEST_SEED)].to_vec()).collect()
}

fn assert_tiles(body: &Body, bytes: &[u8]) {
    let mut at = 0;
    for frame in &body.frames {
        assert_eq!(frame.offset, at as u64, "a frame follows the one before it");
        assert!(!frame.bytes.is_empty(), "no frame is empty");
        let end = at + frame.bytes.len();
        // What may be the password of an address is covered, in as many bytes.
        assert!(end <= bytes.len(), "a frame ends where the bytes do");
        at = end;
    }
    assert_eq!(at, bytes.len(), "nothing is left");
}

/// The same text, but for secrets, which are covered by an asterisk for each of their bytes.
fn assert_same(ours: &[u8], standard: &str) {
    let ours = std::str::from_utf8(ours).expect("what is told is UTF-8");
    let mut rest = Some(standard);
    for (at, shown) in ours.split('*').enumerate() {
        rest = rest.and_then(|rest| match at {
            0 => rest.strip_prefix(shown),
            _ => rest.find(shown).and_then(|begin| rest.get(begin + shown.len()..)),
        });
    }
    let whole = ours.ends_with('*') || rest.is_some_and(str::is_empty);
    assert!(whole && rest.is_some(), "ours:     {ours:?}\nstandard: {standard:?}");
}
