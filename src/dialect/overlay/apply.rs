//! Adding what a table says: all of it or nothing.

use super::Tables;
use super::read;
use super::refusal::too_much;
use crate::dialect::{
    BlockRule, DIALECTS, DeltaRule, Dialect, Endpoint, EventRule, Sign, endpoint,
};
use crate::limits::Limits;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// The rules that tables add to one dialect, each with what it is known by.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub dialect: usize,
    /// What was added before is void.
    pub reset: bool,
    pub endpoints: Rules<Endpoint>,
    pub signs: Rules<Sign>,
    pub events: Rules<EventRule>,
    pub blocks: Rules<BlockRule>,
    pub deltas: Rules<DeltaRule>,
}

pub(super) type Rules<T> = Vec<(String, T)>;

/// Memory that lives as long as the tap. Until it is real it only counts.
#[derive(Debug, Default)]
pub(super) struct Memory {
    real: bool,
    used: usize,
}

impl Memory {
    pub(super) fn text(&mut self, text: &str) -> &'static str {
        self.used = self.used.saturating_add(text.len());
        if self.real { Box::leak(Box::from(text)) } else { "" }
    }

    pub(super) fn list<T>(&mut self, list: Vec<T>) -> &'static [T] {
        self.used = self.used.saturating_add(size_of::<T>().saturating_mul(list.len()));
        if self.real { Box::leak(list.into_boxed_slice()) } else { &[] }
    }
}

impl Tables {
    /// Adds the rules of a table, or of several in an array; all of them or none.
    /// The error names where in the table, and why.
    pub fn translate(&mut self, table: &[u8], limits: &Limits) -> Result<(), String> {
        // Once to see whether it is right and how much it takes, once to keep it.
        let mut memory = Memory { real: false, used: self.held };
        let mut tables = self.clone();
        tables.add(&read::drafts(table, self, limits, &mut memory)?, &mut memory);
        let rules: usize = tables.added.iter().map(|added| added.sum()).sum();
        if rules > limits.added_rules {
            return Err(too_much("rules", rules, limits.added_rules));
        }
        if memory.used > limits.added_bytes {
            return Err(too_much("bytes", memory.used, limits.added_bytes));
        }
        let mut memory = Memory { real: true, used: self.held };
        let drafts = read::drafts(table, self, limits, &mut memory)?;
        self.add(&drafts, &mut memory);
        self.held = memory.used;
        Ok(())
    }

    fn add(&mut self, drafts: &[Draft], memory: &mut Memory) {
        for draft in drafts {
            let at = draft.dialect;
            let own = DIALECTS.get(at);
            let (Some(dialect), Some(added)) = (self.dialects.get_mut(at), self.added.get_mut(at))
            else {
                continue;
            };
            let reset = draft.reset;
            let old = *dialect;
            let new = Dialect {
                endpoints: merge(
                    (old.endpoints, &mut added.endpoints),
                    (&draft.endpoints, reset),
                    |rule| endpoint::key(rule.method, rule.path, rule.needs.iter().copied()),
                    memory,
                ),
                signs: merge(
                    (old.signs, &mut added.signs),
                    (&draft.signs, reset),
                    |rule| key_of_sign(rule.event, rule.at, rule.prefix),
                    memory,
                ),
                events: merge(
                    (old.events, &mut added.events),
                    (&draft.events, reset),
                    |rule| rule.wire.into(),
                    memory,
                ),
                blocks: merge(
                    (old.blocks, &mut added.blocks),
                    (&draft.blocks, reset),
                    |rule| rule.wire.into(),
                    memory,
                ),
                deltas: merge(
                    (old.deltas, &mut added.deltas),
                    (&draft.deltas, reset),
                    |rule| rule.wire.into(),
                    memory,
                ),
                ..*old
            };
            *dialect = match (own, added.sum()) {
                (Some(own), 0) => own,
                _ => memory.list(Vec::from([new])).first().unwrap_or(old),
            };
        }
    }
}

/// What a sign is known by.
pub(super) fn key_of_sign(event: &str, at: &str, prefix: &str) -> String {
    [event, at, prefix].join("\n")
}

/// A list of rules whose first are added ones, and what comes before it now. An
/// added rule replaces the earlier one of its name.
fn merge<T: Copy>(
    (old, added): (&'static [T], &mut usize),
    (new, reset): (&Rules<T>, bool),
    key: fn(&T) -> String,
    memory: &mut Memory,
) -> &'static [T] {
    if new.is_empty() && !reset {
        return old;
    }
    let (before, own) = old.split_at_checked(*added).unwrap_or_default();
    let before = if reset { &[] } else { before };
    let stay = |rule: &&T| {
        let name = key(rule);
        !new.iter().any(|(other, _)| *other == name)
    };
    let mut list: Vec<T> = new.iter().map(|(_, rule)| *rule).collect();
    list.extend(before.iter().filter(stay));
    *added = list.len();
    if list.is_empty() {
        return own;
    }
    list.extend_from_slice(own);
    memory.list(list)
}
