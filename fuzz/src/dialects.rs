//! Every dialect on any exchanges: how their bodies are cut changes nothing, and the
//! raw layer's ranges are the bodies.

use crate::corpus;
use crate::records::Told;
use crate::script::{self, Cut, number, play, written};
use pagetap::Tap;
use pagetap::event::{Layer, RawKind, Value};
use pagetap::hook::Field;
use pagetap::limits::Limits;
use pagetap::notice::NoticeCode;
use std::collections::BTreeMap;

/// A script (see `script.rs`): what it tells, cut in three ways, is the same.
pub fn check(data: &[u8]) {
    let whole = told(data, Cut::Whole);
    for cut in [Cut::Bytes, Cut::Pieces(number(data))] {
        assert_eq!(told(data, cut), whole, "{cut:?} tells the same as the whole");
    }
    for cut in [Cut::Whole, Cut::Bytes] {
        assert_ranges(data, cut);
    }
}

/// The cases of the corpus.
pub fn seeds() -> Vec<Vec<u8>> {
    corpus::cases().iter().map(|steps| written(steps)).collect()
}

fn told(data: &[u8], cut: Cut) -> Told {
    let mut tap = Tap::new(Limits::default());
    tap.listen(false, true);
    let mut all = script::told(data, &mut tap, cut);
    // A secret that is cut may be counted for each piece; that there was one is told.
    let is_secret = |code| code == NoticeCode::SecretCovered;
    all.notices
        .iter_mut()
        .filter(|notice| is_secret(notice.code))
        .for_each(|notice| notice.count = 1);
    all.notices.dedup_by(|one, before| is_secret(one.code) && one == before);
    all
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
