//! Rules added at run time: a table that is refused changes nothing; with one that is
//! taken, streams are read all the same.

use crate::corpus;
use crate::records::Told;
use crate::script::{Cut, number, play, written};
use pagetap::Tap;
use pagetap::limits::Limits;
use std::sync::LazyLock;

static STREAMS: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| corpus::cases().iter().map(|steps| written(steps)).collect());

/// A table, as `translate()` takes it.
pub fn check(data: &[u8]) {
    let streams = &*STREAMS;
    let script = &streams[number(data) as usize % streams.len()];
    let mut tap = tap();
    let taken = tap.translate(data);
    if taken.is_err() {
        assert_eq!(told(&mut tap, script, Cut::Whole), told(&mut self::tap(), script, Cut::Whole));
        return;
    }
    let whole = told(&mut tap, script, Cut::Whole);
    let mut again = self::tap();
    assert_eq!(again.translate(data), taken, "the same table is taken again");
    assert_eq!(told(&mut again, script, Cut::Pieces(1)), whole, "cut in pieces");
}

/// One table of each kind of rule.
pub fn seeds() -> Vec<Vec<u8>> {
    let tables = [
        r#"{"dialect":"claudeai","events":{"message_begin":{"act":"start","fields":{"model":"/msg/model"}},
            "piece_begin":{"like":"content_block_start"},"piece_more":{"act":"blockDelta"},
            "piece_end":{"act":"blockStop"},"message_over":{"like":"message_stop"}}}"#,
        r#"{"dialect":"claudeai","reset":true,"blocks":{"words":{"like":"text"}},
            "deltas":{"text_piece":{"like":"text_delta"}}}"#,
        r#"[{"dialect":"messages","events":{"only":{"act":"emit","hook":"Progress",
            "when":{"at":"/kind","is":"x"},"fields":{"message":["/a","/b/c","=neither"],"data":""}}}},
            {"dialect":"complete","events":{"x":{"act":"emit","hook":"Stop"}}}]"#,
        r#"{"dialect":"mcp-http","endpoints":[{"method":"POST","path":"/my/{id}/chat"}]}"#,
        "{}",
    ];
    tables.iter().map(|table| table.as_bytes().to_vec()).collect()
}

fn tap() -> Tap {
    let mut tap = Tap::new(Limits::default());
    tap.listen(false, true);
    tap
}

fn told(tap: &mut Tap, script: &[u8], cut: Cut) -> Told {
    let mut all = Told::default();
    play(script, tap, cut, |tap| {
        let Told { events, notices } = Told::read(tap.batch());
        tap.clear();
        all.events.extend(events);
        all.notices.extend(notices);
    });
    all
}
