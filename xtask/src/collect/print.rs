//! A line a person can read.

use super::record::Record;
use tokio::sync::broadcast::Sender;
use xtask::time::rfc3339;

/// What becomes of the lines.
pub(super) enum Show {
    Printed,
    /// Given to whoever listens.
    Told(Sender<String>),
    Nothing,
}

/// Longer words are cut.
const LONGEST_FACT: usize = 60;

/// `10:02:03.004 span  chat claude-x  1.20 s  5564 in, 306 out`.
pub(super) fn line(record: &Record, is_new: bool) -> String {
    let time = record.ts.map(|ms| rfc3339(ms.max(0.0) as u64));
    // Of a time, what differs from line to line.
    let time = time.as_deref().and_then(|time| time.get(11..23)).unwrap_or("--:--:--.---");
    let mut line = format!("{time} {:6} {}", record.signal.name(), record.name);
    let mut add = |words: &str| {
        line.push_str("  ");
        line.push_str(words);
    };
    if let Some(ms) = record.duration_ms {
        add(&duration(ms));
    }
    let tokens = [(record.tokens.0, "in"), (record.tokens.1, "out")];
    let tokens = tokens.iter().filter_map(|(count, way)| Some(format!("{} {way}", (*count)?)));
    let tokens = tokens.collect::<Vec<_>>().join(", ");
    if !tokens.is_empty() {
        add(&tokens);
    }
    for fact in &record.facts {
        add(&fact.chars().take(LONGEST_FACT).collect::<String>());
    }
    if !is_new {
        add("(came before)");
    }
    // What was received must not write anywhere but in its line.
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn duration(ms: f64) -> String {
    match ms {
        0.0..1000.0 => format!("{ms:.0} ms"),
        _ => format!("{:.2} s", ms / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Signal;
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_line_has_what_is_known() {
        let mut record = Record::new(Signal::Span, "chat m", Value::Null);
        record.ts = Some(1_787_220_001_400.0);
        record.duration_ms = Some(1234.0);
        record.tokens = (Some(5564.0), Some(306.0));
        record.facts.push("stream_aborted".to_owned());
        let known = "10:00:01.400 span   chat m  1.23 s  5564 in, 306 out  stream_aborted";
        assert_eq!(line(&record, true), known);
        assert_eq!(line(&record, false), format!("{known}  (came before)"));
        let bare = Record::new(Signal::Hook, "Stop\u{1b}[2J\nx", Value::Null);
        assert_eq!(line(&bare, true), "--:--:--.--- hook   Stop [2J x");
    }
}
