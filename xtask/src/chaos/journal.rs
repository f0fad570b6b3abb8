//! What was seen of a run from the side of the pages: lines that xtask/js/chaos wrote.

use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// A hook event that an export was told.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heard {
    /// The conversation of its page, which no other page has.
    pub(super) page: String,
    pub(super) seq: u64,
    pub(super) name: String,
    /// Unix milliseconds.
    pub(super) at: u64,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// `SIGNAL/ID` of what the log acknowledged, and when it did first.
    pub(super) logged: HashMap<String, u64>,
    /// How many of them each page wrote.
    pub(super) logged_by: HashMap<String, u64>,
    pub(super) heard: Vec<Heard>,
    /// What exports said of themselves, by code.
    pub(super) notices: BTreeMap<String, u64>,
    /// Pages whose log was in memory for a while: what it acknowledged there no database did.
    pub(super) in_memory: HashSet<String>,
    /// What went wrong, and when it was over.
    pub(super) troubles: Vec<(String, u64)>,
    /// What could not be made to go wrong.
    pub(super) failed: BTreeMap<String, u64>,
    /// How pages came to their end.
    pub(super) ended: HashMap<String, String>,
    /// How many items each of those that lived had in the log, as they say.
    pub(super) lived: HashMap<String, u64>,
    pub(super) retries: u64,
    pub(super) requests: u64,
    pub(super) bytes: u64,
    /// Milliseconds from the beginning to the end of the troubles.
    pub(super) troubled_ms: u64,
    /// Milliseconds from there until nothing waited any more, if it came to that.
    pub(super) settled_ms: Option<u64>,
    /// What the log holds at the end: rows, and rows that were set aside.
    pub(super) left: u64,
    pub(super) dead: u64,
}

impl Journal {
    pub(super) fn read(path: &Path) -> Result<Journal> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let mut journal = Journal::default();
        for line in text.lines() {
            let line = serde_json::from_str(line);
            journal.add(&line.with_context(|| format!("{} is damaged", path.display()))?);
        }
        Ok(journal)
    }

    pub(super) fn add(&mut self, line: &Value) {
        let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = |path: &str| line.pointer(path).and_then(Value::as_u64).unwrap_or_default();
        let (page, at) = (text("page").to_owned(), number("/at"));
        if let Some(ids) = line.get("logged").and_then(Value::as_array) {
            for id in ids.iter().filter_map(Value::as_str) {
                self.logged.entry(id.to_owned()).or_insert(at);
            }
            *self.logged_by.entry(page).or_default() += ids.len() as u64;
        } else if let Some([name, seq, code]) =
            line.get("heard").and_then(Value::as_array).map(Vec::as_slice)
        {
            if let Some(code) = code.as_str().filter(|code| code.starts_with("export_")) {
                *self.notices.entry(code.to_owned()).or_default() += 1;
                if code == "export_memory" {
                    self.in_memory.insert(page.clone());
                }
            }
            // Notices have no number, and are not looked for.
            let Some(seq) = seq.as_u64() else { return };
            let name = name.as_str().unwrap_or_default().to_owned();
            self.heard.push(Heard { page, seq, name, at });
        } else if line.get("trouble").is_some() {
            self.troubles.push((text("trouble").to_owned(), at));
        } else if line.get("failed").is_some() {
            *self.failed.entry(text("failed").to_owned()).or_default() += 1;
        } else if line.get("ended").is_some() {
            self.ended.insert(page, text("ended").to_owned());
        } else if line.get("stats").is_some() {
            self.retries += number("/stats/retries");
            self.lived.insert(page, number("/stats/logged"));
        } else if line.get("counts").is_some() {
            self.requests += number("/counts/requests");
            self.bytes += number("/counts/bytes");
        } else if line.get("calm").is_some() {
            self.troubled_ms = number("/calm");
        } else if line.get("settled").is_some() {
            let is_settled = line.get("settled") == Some(&Value::Bool(true));
            self.settled_ms = is_settled.then(|| number("/after"));
        } else if line.get("left").is_some() {
            self.left = number("/left/rows");
            self.dead = number("/left/dead");
        }
    }
}
