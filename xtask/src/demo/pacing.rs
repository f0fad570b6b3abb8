//! When each record of a recorded turn is due.
//!
//! The records themselves say when a content block started and stopped; what
//! grows a block is spread evenly between the two. Everything else comes with
//! its neighbour. Long waits are cut.

use serde_json::Value;
use std::collections::HashMap;
use xtask::time::unix_ms;

/// No wait is longer than this, in milliseconds.
const LONGEST_WAIT: f64 = 2000.0;

/// Between records of a turn that carries no times.
const STEADY_WAIT: f64 = 25.0;

/// One record: its text, blank line included, and when it is due.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// As it goes over the wire.
    pub(super) text: String,
    /// Milliseconds after the turn's first record.
    pub(super) due: f64,
    /// The person's answer comes first: this says that it was given.
    pub(super) awaits_person: bool,
}

/// Cuts a body into records and times them.
pub(super) fn schedule(body: &str) -> Vec<Record> {
    let texts = split(body);
    let times = times(&texts);
    let mut due = 0.0;
    let mut before: Option<f64> = None;
    let records = texts.into_iter().zip(times).map(|(text, time)| {
        due += (time - before.unwrap_or(time)).clamp(0.0, LONGEST_WAIT);
        // A time that runs backwards must not lengthen the next wait.
        before = Some(before.unwrap_or(time).max(time));
        let awaits_person = withdraws_question(text);
        Record { text: text.to_owned(), due, awaits_person }
    });
    records.collect()
}

/// A question for permission is withdrawn once it is answered: its options turn
/// to null.
fn withdraws_question(record: &str) -> bool {
    record.contains("tool_use_block_update_delta") && record.contains("\"approval_options\":null")
}

/// Records with the blank line that ends them; what follows the last one is a
/// record too.
fn split(body: &str) -> Vec<&str> {
    let mut records = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in body.split_inclusive('\n') {
        at += line.len();
        if line.trim_end_matches(['\r', '\n']).is_empty() {
            records.extend(body.get(start..at));
            start = at;
        }
    }
    records.extend(body.get(start..).filter(|rest| !rest.is_empty()));
    records
}

/// What a record says about time.
enum Says {
    Start(u64, Option<f64>),
    Delta(u64),
    Stop(u64, Option<f64>),
    Nothing,
}

fn read(record: &str) -> Says {
    let data: Vec<&str> = record.lines().filter_map(|line| line.strip_prefix("data:")).collect();
    let Ok(value) = serde_json::from_str::<Value>(&data.join("\n")) else {
        return Says::Nothing;
    };
    let text = |pointer| value.pointer(pointer).and_then(Value::as_str);
    let block = value.get("index").and_then(Value::as_u64).unwrap_or(0);
    match text("/type") {
        Some("content_block_start") => {
            Says::Start(block, text("/content_block/start_timestamp").and_then(unix_ms))
        }
        Some("content_block_delta") => Says::Delta(block),
        Some("content_block_stop") => Says::Stop(block, text("/stop_timestamp").and_then(unix_ms)),
        _ => Says::Nothing,
    }
}

/// A time for every record, in recorded milliseconds.
fn times(records: &[&str]) -> Vec<f64> {
    let mut times: Vec<Option<f64>> = vec![None; records.len()];
    let mut open: HashMap<u64, (f64, Vec<usize>)> = HashMap::new();
    for (at, record) in records.iter().enumerate() {
        match read(record) {
            Says::Start(block, Some(start)) => {
                open.insert(block, (start, Vec::new()));
                set(&mut times, at, start);
            }
            Says::Delta(block) => {
                if let Some((_, deltas)) = open.get_mut(&block) {
                    deltas.push(at);
                }
            }
            Says::Stop(block, Some(stop)) => {
                set(&mut times, at, stop);
                let Some((start, deltas)) = open.remove(&block) else { continue };
                let step = (stop - start) / (deltas.len() + 1) as f64;
                for (nth, delta) in deltas.into_iter().enumerate() {
                    set(&mut times, delta, start + step * (nth + 1) as f64);
                }
            }
            _ => {}
        }
    }
    let Some(mut last) = times.iter().flatten().next().copied() else {
        return (0..records.len()).map(|at| at as f64 * STEADY_WAIT).collect();
    };
    let with_neighbour = times.into_iter().map(|time| {
        last = time.unwrap_or(last);
        last
    });
    with_neighbour.collect()
}

fn set(times: &mut [Option<f64>], at: usize, time: f64) {
    if let Some(place) = times.get_mut(at) {
        *place = Some(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(json: &str) -> String {
        format!("data: {json}\n\n")
    }

    fn start(block: u64, second: &str) -> String {
        data(&format!(
            r#"{{"type":"content_block_start","index":{block},"content_block":{{"start_timestamp":"2026-01-01T00:00:{second}Z"}}}}"#
        ))
    }

    fn delta(block: u64) -> String {
        data(&format!(r#"{{"type":"content_block_delta","index":{block}}}"#))
    }

    fn stop(block: u64, second: &str) -> String {
        data(&format!(
            r#"{{"type":"content_block_stop","index":{block},"stop_timestamp":"2026-01-01T00:00:{second}Z"}}"#
        ))
    }

    fn dues(records: &[String]) -> Vec<f64> {
        schedule(&records.concat()).into_iter().map(|record| record.due).collect()
    }

    #[test]
    fn records_are_the_body_whatever_its_line_ends() {
        let body = ": ping\n\nevent: a\r\ndata: 1\r\n\r\ndata: cut";
        let records = split(body);
        assert_eq!(records, [": ping\n\n", "event: a\r\ndata: 1\r\n\r\n", "data: cut"]);
        assert_eq!(records.concat(), body);
    }

    #[test]
    fn deltas_are_spread_between_their_blocks_start_and_stop() {
        let first = data(r#"{"type":"message_start"}"#);
        let records = [first, start(0, "10.0"), delta(0), delta(0), delta(0), stop(0, "10.8")];
        assert_eq!(dues(&records), [0.0, 0.0, 200.0, 400.0, 600.0, 800.0]);
    }

    #[test]
    fn blocks_that_overlap_keep_their_own_times_and_never_run_backwards() {
        let records = [
            start(0, "10.0"),
            start(1, "10.1"),
            delta(0),
            delta(1),
            stop(0, "10.4"),
            stop(1, "10.3"),
        ];
        assert_eq!(dues(&records), [0.0, 100.0, 200.0, 200.0, 400.0, 400.0]);
    }

    #[test]
    fn long_waits_are_cut_and_the_rest_comes_with_its_neighbour() {
        let late = data(r#"{"type":"content_block_delta","index":0}"#);
        let records = [start(0, "10.0"), stop(0, "10.5"), late, start(1, "40.5"), stop(1, "41.0")];
        assert_eq!(dues(&records), [0.0, 500.0, 500.0, 2500.0, 3000.0]);
    }

    #[test]
    fn what_follows_a_permission_awaits_it() {
        let update = |options: &str| {
            data(&format!(
                r#"{{"type":"content_block_delta","delta":{{"type":"tool_use_block_update_delta","approval_options":{options}}}}}"#
            ))
        };
        let records = schedule(&[update("[\"once\"]"), update("null")].concat());
        assert_eq!(
            records.iter().map(|record| record.awaits_person).collect::<Vec<_>>(),
            [false, true]
        );
    }

    #[test]
    fn a_turn_without_times_comes_steadily() {
        assert_eq!(dues(&[delta(0), delta(0), delta(0)]), [0.0, 25.0, 50.0]);
    }
}
