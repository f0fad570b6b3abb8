//! Whether a body cut in another way gave the same events.

use super::Outcome;
use crate::record_json::Line;

/// The first event that differs, as a sentence of two lines; none when both
/// runs agree.
///
/// Bytes that are no message go out raw as they come: how those are cut follows
/// the chunks, so only the rebuild check judges them.
pub fn first_difference(whole: &Outcome, cut: &Outcome) -> Option<String> {
    let mut left = whole.lines.iter().filter(|line| !line.loose);
    let mut right = cut.lines.iter().filter(|line| !line.loose);
    for at in 1.. {
        let (left, right) = (left.next(), right.next());
        if left.is_none() && right.is_none() {
            break;
        }
        if left.map(|line| &line.json) != right.map(|line| &line.json) {
            let show = |line: Option<&Line>| match line {
                Some(line) => line.json.clone(),
                None => "nothing".to_owned(),
            };
            return Some(format!(
                "event {at} differs\n  whole: {}\n  cut:   {}",
                show(left),
                show(right)
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record_json::LineKind;

    fn outcome(events: &[(LineKind, &'static str, &str)]) -> Outcome {
        let line = |(kind, name, json): &(LineKind, &'static str, &str)| Line {
            kind: *kind,
            name,
            json: (*json).to_owned(),
            loose: *name == "fragment",
        };
        Outcome {
            lines: events.iter().map(line).collect(),
            bytes: 0,
            skipped: 0,
            faults: Vec::new(),
        }
    }

    #[test]
    fn fragments_may_be_cut_elsewhere() {
        let hook = (LineKind::Hook, "Stop", "{}");
        let fragment = (LineKind::Raw, "fragment", "{\"length\":1}");
        let whole = outcome(&[fragment, hook]);
        let cut = outcome(&[fragment, fragment, hook]);
        assert_eq!(first_difference(&whole, &cut), None);
    }

    #[test]
    fn the_first_other_or_missing_event_is_shown() {
        let stop = (LineKind::Hook, "Stop", "{\"type\":\"Stop\"}");
        let frame = (LineKind::Raw, "frame", "{\"length\":1}");
        let whole = outcome(&[frame, stop]);
        let shown = first_difference(&whole, &outcome(&[frame])).unwrap();
        assert!(shown.contains("event 2") && shown.contains("Stop") && shown.contains("nothing"));
        assert!(first_difference(&whole, &outcome(&[stop])).is_some());
    }
}
