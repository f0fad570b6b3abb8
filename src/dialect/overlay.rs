//! The dialects in force: those of the tables, under the rules that were added
//! to them since.
//!
//! A dialect with added rules takes the place of the one before it, its added
//! rules first; so whoever reads a table reads one table. Rules live as long as
//! the tap: records and streams that are being read hold on to them. `limits`
//! bounds what that may come to.

mod choice;
mod read;
mod refusal;
mod rules;
mod values;

use super::{BlockRule, DIALECTS, DeltaRule, Dialect, Endpoint, EventRule, Sign, endpoint};
use crate::exchange::Opening;
use crate::hook::Field;
use crate::limits::Limits;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// Fields that no rule may set: they are a promise of every payload, or not of
/// hook events.
pub const RESERVED: &[Field] = &[
    Field::Address,
    Field::Blocking,
    Field::ConversationId,
    Field::Dialect,
    Field::Frame,
    Field::Length,
    Field::Offset,
    Field::Replay,
    Field::Seq,
    Field::StreamId,
    Field::Ts,
];

/// The dialects in force.
#[derive(Clone, Debug)]
pub struct Tables {
    /// In the order of `DIALECTS`.
    dialects: Vec<&'static Dialect>,
    /// How many rules of each are added ones.
    added: Vec<Added>,
    /// Bytes that added rules hold, those that were replaced included.
    held: usize,
}

/// How many rules stand before those of a dialect's own table.
#[derive(Clone, Copy, Debug, Default)]
struct Added {
    endpoints: usize,
    signs: usize,
    events: usize,
    blocks: usize,
    deltas: usize,
}

impl Added {
    fn sum(self) -> usize {
        self.endpoints + self.signs + self.events + self.blocks + self.deltas
    }
}

impl Default for Tables {
    fn default() -> Self {
        Tables {
            dialects: DIALECTS.to_vec(),
            added: DIALECTS.iter().map(|_| Added::default()).collect(),
            held: 0,
        }
    }
}

/// The rules that tables add to one dialect, each with what it is known by.
#[derive(Debug, Default)]
struct Draft {
    dialect: usize,
    /// What was added before is void.
    reset: bool,
    endpoints: Rules<Endpoint>,
    signs: Rules<Sign>,
    events: Rules<EventRule>,
    blocks: Rules<BlockRule>,
    deltas: Rules<DeltaRule>,
}

type Rules<T> = Vec<(String, T)>;

/// Memory that lives as long as the tap. Until it is real it only counts.
#[derive(Debug, Default)]
struct Memory {
    real: bool,
    used: usize,
}

impl Memory {
    fn text(&mut self, text: &str) -> &'static str {
        self.used = self.used.saturating_add(text.len());
        if self.real { Box::leak(Box::from(text)) } else { "" }
    }

    fn list<T>(&mut self, list: Vec<T>) -> &'static [T] {
        self.used = self.used.saturating_add(size_of::<T>().saturating_mul(list.len()));
        if self.real { Box::leak(list.into_boxed_slice()) } else { &[] }
    }
}

impl Tables {
    /// The dialects in force, in the order content is tried against them.
    pub fn dialects(&self) -> &[&'static Dialect] {
        &self.dialects
    }

    /// What is in force of that dialect.
    pub fn now(&self, dialect: &'static Dialect) -> &'static Dialect {
        let same = self.dialects.iter().find(|known| known.name == dialect.name);
        same.copied().unwrap_or(dialect)
    }

    /// The dialect and endpoint an exchange belongs to, and the conversation its
    /// path names; of two that fit as well, the added one.
    pub fn endpoint<'u>(
        &self,
        opening: &Opening<'u>,
    ) -> Option<(&'static Dialect, &'static Endpoint, &'u str)> {
        let each = |added: bool| {
            self.dialects.iter().zip(&self.added).flat_map(move |(dialect, count)| {
                let halves = dialect.endpoints.split_at_checked(count.endpoints);
                let (first, rest) = halves.unwrap_or_default();
                (if added { first } else { rest }).iter().map(move |one| (*dialect, one))
            })
        };
        endpoint::best(opening, each(true).chain(each(false)))
    }

    /// Adds the rules of a table, or of several in an array; all of them or none.
    /// The error names where in the table, and why.
    pub fn translate(&mut self, table: &[u8], limits: &Limits) -> Result<(), String> {
        // Once to see whether it is right and how much it takes, once to keep it.
        let mut memory = Memory { real: false, used: self.held };
        let mut tables = self.clone();
        tables.add(&read::drafts(table, self, limits, &mut memory)?, &mut memory);
        let rules: usize = tables.added.iter().map(|added| added.sum()).sum();
        if rules > limits.added_rules {
            return Err(refusal::too_much("rules", rules, limits.added_rules));
        }
        if memory.used > limits.added_bytes {
            return Err(refusal::too_much("bytes", memory.used, limits.added_bytes));
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
fn key_of_sign(event: &str, at: &str, prefix: &str) -> String {
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
