//! Adding what a table says: all of it or nothing.

use super::Tables;
use super::place::number;
use super::read::Reader;
use crate::dialect::{BlockRule, DIALECTS, DeltaRule, Dialect, Endpoint, EventRule, Sign};
use crate::limits::Limits;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// Any rule.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    Endpoint(Endpoint),
    Sign(Sign),
    Event(EventRule),
    Block(BlockRule),
    Delta(DeltaRule),
}

/// Rules that were added to one dialect, each with what it is known by; the
/// latest first.
pub(super) type Rules = Vec<(String, Rule)>;

/// Puts a rule in the place of that of its name, before all others.
pub(super) fn put(rules: &mut Rules, name: String, rule: Rule) {
    rules.retain(|(other, _)| *other != name);
    rules.insert(0, (name, rule));
}

/// What a table adds to one dialect.
#[derive(Debug)]
pub(super) struct Draft {
    pub dialect: usize,
    /// What was added before is void.
    pub reset: bool,
    pub rules: Rules,
}

/// Memory that lives as long as the tap. Until it is real it only counts.
#[derive(Debug)]
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
        let drafts = self.read(table, limits, &mut memory)?;
        let mut count = 0;
        for (at, rules) in self.added.iter().enumerate() {
            let draft = drafts.iter().find(|draft| draft.dialect == at);
            let stays = |name: &String| {
                draft.is_none_or(|draft| {
                    !draft.reset && draft.rules.iter().all(|(other, _)| other != name)
                })
            };
            let here = rules.iter().filter(|(name, _)| stays(name)).count()
                + draft.map_or(0, |draft| draft.rules.len());
            count += here;
            if draft.is_some() && here > 0 {
                memory.used += DIALECTS.get(at).map_or(0, |own| bytes(own, here));
            }
        }
        check(count, "rules", limits.added_rules)?;
        check(memory.used, "bytes", limits.added_bytes)?;
        self.held = memory.used;
        memory.real = true;
        for draft in self.read(table, limits, &mut memory)? {
            let at = draft.dialect;
            let (Some(own), Some(dialect), Some(rules)) =
                (DIALECTS.get(at), self.dialects.get_mut(at), self.added.get_mut(at))
            else {
                continue;
            };
            if draft.reset {
                rules.clear();
            }
            for (name, rule) in draft.rules.into_iter().rev() {
                put(rules, name, rule);
            }
            *dialect = if rules.is_empty() { own } else { over(own, rules) };
        }
        Ok(())
    }

    fn read(
        &self,
        table: &[u8],
        limits: &Limits,
        memory: &mut Memory,
    ) -> Result<Vec<Draft>, String> {
        let mut reader = Reader::new(&self.dialects, memory, limits.added_rules);
        match reader.table(table, limits) {
            Some(()) => Ok(reader.drafts),
            None => Err(reader.refusal),
        }
    }
}

/// What a dialect takes under that many rules, at most.
fn bytes(own: &Dialect, rules: usize) -> usize {
    let lists = [
        own.endpoints.len(),
        own.signs.len(),
        own.events.len(),
        own.blocks.len(),
        own.deltas.len(),
        rules,
    ];
    size_of::<Dialect>() + size_of::<Rule>() * lists.iter().sum::<usize>()
}

fn check(count: usize, what: &str, limit: usize) -> Result<(), String> {
    if count <= limit {
        return Ok(());
    }
    let mut out = String::new();
    out.push_str("table: with it there are ");
    number(count, &mut out);
    out.push(' ');
    out.push_str(what);
    out.push_str("; the limit is ");
    number(limit, &mut out);
    Err(out)
}

/// A dialect under added rules.
fn over(own: &Dialect, rules: &Rules) -> &'static Dialect {
    macro_rules! list {
        ($kind:ident, $own:expr) => {{
            let mut list = Vec::new();
            for (_, rule) in rules {
                if let Rule::$kind(rule) = rule {
                    list.push(*rule);
                }
            }
            if list.is_empty() {
                $own
            } else {
                list.extend_from_slice($own);
                &*Box::leak(list.into_boxed_slice())
            }
        }};
    }
    Box::leak(Box::new(Dialect {
        endpoints: list!(Endpoint, own.endpoints),
        signs: list!(Sign, own.signs),
        events: list!(Event, own.events),
        blocks: list!(Block, own.blocks),
        deltas: list!(Delta, own.deltas),
        ..*own
    }))
}
