//! Rules added at run time: a table that is refused changes nothing; with one that is
//! taken, streams are read all the same.

use crate::corpus;
use crate::script::{Cut, number, told, written};
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
        assert_eq!(told(script, &mut tap, Cut::Whole), told(script, &mut self::tap(), Cut::Whole));
        return;
    }
    let whole = told(script, &mut tap, Cut::Whole);
    let mut again = self::tap();
    assert_eq!(again.translate(data), taken, "the same table is taken again");
    assert_eq!(told(script, &mut again, Cut::Pieces(1)).0, whole.0, "cut in pieces");
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
        r#"{"dialect":"claudeai","endpoints":[{"method":"POST","path":"/my/{id}/chat","says":"prompt"}]}"#,
        r#"{"dialect":"messages","reset":true}"#,
    ];
    tables.iter().map(|table| table.as_bytes().to_vec()).collect()
}

fn tap() -> Tap {
    let mut tap = Tap::new(Limits::default());
    tap.listen(false, true);
    tap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_tables_that_are_taken() {
        for seed in seeds() {
            let shown = String::from_utf8_lossy(&seed);
            assert_eq!(tap().translate(&seed), Ok(()), "{shown}");
        }
    }
}
