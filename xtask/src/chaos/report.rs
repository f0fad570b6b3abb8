//! The figures of a run, for people.

use super::delay::{delays, quantile};
use super::journal::Journal;
use super::run::Plan;
use super::stored::Stored;
use super::trouble::{Side, Trouble};
use super::verdict::Verdict;
use crate::build::sizes::grouped;
use clap::ValueEnum;
use std::fmt::Write;

/// Everything, in two tables.
pub(super) fn report(plan: &Plan, journal: &Journal, stored: &Stored, verdict: &Verdict) -> String {
    let mut text = format!(
        "seed {}, {} tabs, {}, {} of trouble\n\n",
        plan.seed,
        plan.tabs,
        plan.format.name(),
        seconds(journal.troubled_ms)
    );
    troubles(&mut text, journal, stored);
    text.push('\n');
    for (what, count) in figures(journal, stored, verdict) {
        let _ = writeln!(text, "{what:<46} {count:>12}");
    }
    text
}

/// How often each happened, and how long it took then until something new arrived.
fn troubles(text: &mut String, journal: &Journal, stored: &Stored) {
    let fresh: Vec<u64> =
        stored.0.iter().filter(|one| !one.is_again).map(|one| one.received).collect();
    let _ = writeln!(text, "{:<12} {:>5}   {:<18} what", "trouble", "times", "first event after");
    for trouble in Trouble::value_variants() {
        let name = trouble.name();
        let ends = journal.troubles.iter().filter(|(one, _)| *one == name).map(|(_, end)| *end);
        let ends: Vec<u64> = ends.collect();
        let mut waits: Vec<u64> = ends.iter().filter_map(|end| first_after(&fresh, *end)).collect();
        waits.sort_unstable();
        let median = waits.get(waits.len() / 2).copied();
        let worst = waits.last().copied();
        let took = median.zip(worst).filter(|_| trouble.side() == Side::Collector);
        let took =
            took.map(|(median, worst)| format!("{}, {} at most", seconds(median), seconds(worst)));
        if !ends.is_empty() {
            let (count, took) = (ends.len(), took.unwrap_or_default());
            let _ = writeln!(text, "{name:<12} {count:>5}   {took:<18} {}", trouble.about());
        }
    }
    for (name, count) in &journal.failed {
        let _ = writeln!(text, "{count} times {name} could not be made");
    }
}

fn first_after(received: &[u64], end: u64) -> Option<u64> {
    received.iter().filter(|at| **at >= end).min().map(|at| at - end)
}

fn figures(journal: &Journal, stored: &Stored, verdict: &Verdict) -> Vec<(String, String)> {
    let row = |what: &str, count: String| (what.to_owned(), count);
    let mut rows = vec![
        row("acknowledged by the log", grouped(journal.logged.len() as u64)),
        row("of these missing at the collector", grouped(verdict.missing.len() as u64)),
        row("arrived, by id", grouped(verdict.arrived as u64)),
        row("  whose acknowledgement nobody lived to hear", grouped(verdict.unheard as u64)),
        row("came again, with the same id", grouped(verdict.again as u64)),
        row("came again, with another id", grouped(verdict.renamed.len() as u64)),
        row("hook events heard", grouped(verdict.heard as u64)),
        row("  lost before the log", grouped(verdict.lost.values().sum::<usize>() as u64)),
    ];
    for (how, count) in &verdict.lost {
        rows.push(row(&format!("    by tabs that met {how}"), grouped(*count as u64)));
    }
    for (code, count) in &journal.notices {
        rows.push(row(&format!("notices {code}"), grouped(*count)));
    }
    let delays = delays(journal, stored);
    for (what, of_thousand) in [("half", 500), ("99 of 100", 990), ("all", 1000)] {
        let within = format!("{} ms", grouped(quantile(&delays, of_thousand)));
        rows.push(row(&format!("from the event to the log, {what} within"), within));
    }
    rows.extend([
        row("requests the collector saw, at least", grouped(journal.requests)),
        row("bytes of them", grouped(journal.bytes)),
        row(
            "until nothing waited, after the last trouble",
            journal.settled_ms.map_or_else(|| "never".to_owned(), seconds),
        ),
    ]);
    rows
}

fn seconds(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_waits_are_those_after() {
        assert_eq!([grouped(0), grouped(999), grouped(1_234_567)], ["0", "999", "1,234,567"]);
        assert_eq!(first_after(&[5, 9, 20], 8), Some(1));
        assert_eq!(first_after(&[5], 8), None);
    }
}
