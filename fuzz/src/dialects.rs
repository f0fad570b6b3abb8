//! Every dialect on any exchanges: how their bodies are cut changes nothing, and the
//! raw layer's ranges are the bodies.

use crate::corpus::{self, Step};
use crate::records::Told;
use crate::script::{self, Cut, number, play, written};
use pagetap::Tap;
use pagetap::event::{Layer, RawKind, Value};
use pagetap::exchange::Transport;
use pagetap::hook::Field;
use pagetap::limits::Limits;
use std::collections::{BTreeMap, BTreeSet};

/// A script (see `script.rs`): what it tells, cut in three ways, is the same.
pub fn check(data: &[u8]) {
    let (whole, mut secrets) = told(data, Cut::Whole);
    // Whether a name is one of a user is not known before its @ (README says so).
    let (_, sure) = told(&without_users(data), Cut::Whole);
    secrets.retain(|secret| sure.contains(secret));
    for cut in [Cut::Bytes, Cut::Pieces(number(data))] {
        let (pieces, covered) = told(data, cut);
        assert_eq!(pieces, whole, "{cut:?} tells the same as the whole");
        assert!(covered.is_superset(&secrets), "{cut:?} covers {covered:?}, not {secrets:?}");
    }
    for cut in [Cut::Whole, Cut::Bytes] {
        assert_ranges(data, cut);
    }
}

/// The cases of the corpus, and a body of unknown kind in which a word begins as keys do.
pub fn seeds() -> Vec<Vec<u8>> {
    let like_a_key = vec![
        Step::Open {
            transport: Transport::Fetch,
            method: "GET".into(),
            url: "https://elsewhere.example/".into(),
            headers: String::new(),
        },
        Step::Response { status: 200, content_type: "text/plain".into() },
        Step::Body(b"AIzadetails".to_vec()),
    ];
    corpus::cases().iter().chain([&like_a_key]).map(|steps| written(steps)).collect()
}

/// With no @ in an address, however it was escaped: `%40`, `\u0040`, `%2540` end alike.
fn without_users(script: &[u8]) -> Vec<u8> {
    let mut without = script.to_vec();
    let mut in_address = false;
    for at in 0..without.len() {
        match &mut without[at..] {
            [b'/', ..] | [b'2', b'F' | b'f', ..] => in_address = true,
            [b' ' | b'"' | b'\n', ..] => in_address = false,
            [byte @ b'@', ..] | [byte @ b'4', b'0', ..] if in_address => *byte = b'a',
            _ => {}
        }
    }
    without
}

fn told(data: &[u8], cut: Cut) -> (Told, BTreeSet<(u32, String)>) {
    let mut tap = Tap::new(Limits::default());
    tap.listen(false, true);
    script::told(data, &mut tap, cut)
}

/// Frames of a stream follow one another, each way.
fn assert_ranges(data: &[u8], cut: Cut) {
    let mut tap = Tap::new(Limits::default());
    tap.listen(true, true);
    let mut ends: BTreeMap<(u32, bool), f64> = BTreeMap::new();
    let mut stream = 0;
    play(data, &mut tap, cut, |tap| {
        for record in tap.batch().records() {
            if let (Layer::At, Some(Value::Int(id))) = (record.layer(), record.get(Field::StreamId))
            {
                stream = id;
            }
            let Layer::Raw(RawKind::Frame | RawKind::Fragment) = record.layer() else { continue };
            let (Some(Value::Number(offset)), Some(Value::Int(length))) =
                (record.get(Field::Offset), record.get(Field::Length))
            else {
                panic!("a frame says where it is");
            };
            let out = record.text(Field::Direction) == Some("out");
            let end = ends.entry((stream, out)).or_default();
            assert_eq!(offset, *end, "a frame of stream {stream} follows the one before it");
            *end = offset + f64::from(length);
        }
        tap.clear();
    });
}
