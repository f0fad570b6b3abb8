//! What was received, once each, and how often more.

use super::record::{Record, Signal, by_signal};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::SystemTime;

/// What becomes of what came before.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Copies {
    #[default]
    Counted,
    Stored,
}

/// Counts, ids and the store.
#[derive(Default)]
pub(super) struct Ledger {
    store: Option<File>,
    copies: Copies,
    ids: HashSet<(Signal, String)>,
    kept: BTreeMap<Signal, u64>,
    again: BTreeMap<Signal, u64>,
    names: BTreeMap<String, u64>,
    tokens: (f64, f64),
    pub(super) requests: u64,
    pub(super) bytes: u64,
    pub(super) unreadable: u64,
    pub(super) refused: u64,
    pub(super) faults: BTreeMap<String, u64>,
}

impl Ledger {
    /// With the ids that the store has already: what comes again after a restart is
    /// known, too.
    pub(super) fn open(store: Option<&Path>, copies: Copies) -> Result<Ledger> {
        let mut ledger = Ledger { copies, ..Ledger::default() };
        let Some(path) = store else { return Ok(ledger) };
        let cannot = || format!("cannot keep events in {}", path.display());
        let file = File::options().read(true).append(true).create(true).open(path);
        let file = file.with_context(cannot)?;
        for line in BufReader::new(&file).lines() {
            let line: Value = serde_json::from_str(&line.with_context(cannot)?).unwrap_or_default();
            let named = line.get("signal").and_then(Value::as_str);
            let signal = Signal::ALL.into_iter().find(|signal| Some(signal.name()) == named);
            let id = line.get("id").and_then(Value::as_str);
            ledger.ids.extend(signal.zip(id.map(str::to_owned)));
        }
        ledger.store = Some(file);
        Ok(ledger)
    }

    /// How many are known by id.
    pub(super) fn known(&self) -> usize {
        self.ids.len()
    }

    /// Keeps those that are new; gives for each whether it is. Whoever is told that
    /// they are taken can rely on the file.
    pub(super) fn keep(&mut self, records: &[Record]) -> Result<Vec<bool>> {
        let received = now_ms();
        let mut lines = Vec::new();
        let mut fresh = HashSet::new();
        let is_new = |record: &Record, fresh: &mut HashSet<(Signal, String)>| {
            let Some(id) = &record.id else { return true };
            let id = (record.signal, id.clone());
            !self.ids.contains(&id) && fresh.insert(id)
        };
        let news: Vec<bool> = records.iter().map(|record| is_new(record, &mut fresh)).collect();
        for (record, is_new) in records.iter().zip(&news) {
            let mut line = record.stored(received);
            if !is_new {
                if self.copies == Copies::Counted {
                    continue;
                }
                line.insert("again".to_owned(), true.into());
            }
            serde_json::to_writer(&mut lines, &line)?;
            lines.push(b'\n');
        }
        if let Some(store) = &mut self.store {
            store.write_all(&lines).context("cannot write to the store")?;
        }
        // Only now: what could not be kept is taken when it comes again.
        self.ids.extend(fresh);
        for (record, is_new) in records.iter().zip(&news) {
            self.count(record, *is_new);
        }
        Ok(news)
    }

    fn count(&mut self, record: &Record, is_new: bool) {
        if !is_new {
            *self.again.entry(record.signal).or_default() += 1;
            return;
        }
        *self.kept.entry(record.signal).or_default() += 1;
        *self.names.entry(format!("{} {}", record.signal.name(), record.name)).or_default() += 1;
        if record.signal == Signal::Span && record.name.starts_with("chat") {
            self.tokens.0 += record.tokens.0.unwrap_or_default();
            self.tokens.1 += record.tokens.1.unwrap_or_default();
        }
    }

    /// For programs.
    pub(super) fn counts(&self) -> Value {
        let count = |counts: &BTreeMap<Signal, u64>, signal| counts.get(&signal).copied();
        json!({
            "requests": self.requests,
            "bytes": self.bytes,
            "kept": by_signal(|signal| count(&self.kept, signal).unwrap_or_default()),
            "again": by_signal(|signal| count(&self.again, signal).unwrap_or_default()),
            "names": self.names,
            "unreadable": self.unreadable,
            "refused": self.refused,
            "faults": self.faults,
        })
    }

    /// For people.
    pub(super) fn summary(&self) -> String {
        let mut text = String::new();
        let mut line = |words: String| {
            text.push_str(&words);
            text.push('\n');
        };
        line(format!("{} requests, {} bytes", self.requests, self.bytes));
        for signal in Signal::ALL {
            let kept = self.kept.get(&signal).copied().unwrap_or_default();
            let again = self.again.get(&signal).copied().unwrap_or_default();
            if kept + again > 0 {
                let again = if again > 0 { format!(", {again} came again") } else { String::new() };
                line(format!("{kept} {}s{again}", signal.name()));
            }
        }
        for (name, count) in &self.names {
            line(format!("  {count:6} {name}"));
        }
        if self.tokens != (0.0, 0.0) {
            line(format!("tokens of chats: {} in, {} out", self.tokens.0, self.tokens.1));
        }
        for (what, count) in [("unreadable", self.unreadable), ("refused requests", self.refused)] {
            if count > 0 {
                line(format!("{count} {what}"));
            }
        }
        for (name, count) in &self.faults {
            line(format!("{count} times on purpose: {name}"));
        }
        text
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(id: &str) -> Record {
        Record { id: Some(id.to_owned()), ..Record::new(Signal::Log, "x", json!({ "id": id })) }
    }

    #[test]
    fn what_has_an_id_is_kept_once_and_what_has_none_each_time() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.keep(&[log("a"), log("b"), log("a")]).unwrap(), [true, true, false]);
        assert_eq!(ledger.keep(&[log("b")]).unwrap(), [false]);
        let metric = Record::new(Signal::Metric, "m", Value::Null);
        assert_eq!(ledger.keep(&[metric.clone(), metric]).unwrap(), [true, true]);
        let counts = ledger.counts();
        assert_eq!(counts["kept"]["log"], 2);
        assert_eq!(counts["again"]["log"], 2);
        assert_eq!(counts["kept"]["metric"], 2);
    }

    #[test]
    fn a_restart_knows_what_the_store_has() {
        let folder = std::env::temp_dir().join(format!("collect-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("events.jsonl");
        let mut first = Ledger::open(Some(&path), Copies::Counted).unwrap();
        first.keep(&[log("a")]).unwrap();
        let mut second = Ledger::open(Some(&path), Copies::Counted).unwrap();
        assert_eq!(second.known(), 1);
        assert_eq!(second.keep(&[log("a"), log("b")]).unwrap(), [false, true]);
        let lines = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let ids =
            lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone());
        assert_eq!(ids.collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn copies_are_stored_if_asked_for_and_marked() {
        let folder = std::env::temp_dir().join(format!("collect-copies-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("events.jsonl");
        let mut ledger = Ledger::open(Some(&path), Copies::Stored).unwrap();
        ledger.keep(&[log("a"), log("a")]).unwrap();
        ledger.keep(&[log("a")]).unwrap();
        let known = Ledger::open(Some(&path), Copies::Stored).unwrap().known();
        let lines = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let lines: Vec<Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let again: Vec<_> = lines.iter().map(|line| line["again"] == true).collect();
        assert_eq!((again, known), (vec![false, true, true], 1));
    }
}
