//! A table as it is given: JSON, every part of which is checked.

use super::Tables;
use super::apply::{Draft, Memory, Rules};
use super::choice::Words;
use super::refusal::{Path, number};
use super::rules::Reader;
use super::values::{Members, list};
use crate::json::tape::Tape;
use crate::json::{Kind, kind};
use crate::limits::Limits;
use alloc::string::String;
use alloc::vec::Vec;

/// What the table adds, dialect by dialect.
pub(super) fn drafts(
    table: &[u8],
    tables: &Tables,
    limits: &Limits,
    memory: &mut Memory,
) -> Result<Vec<Draft>, String> {
    let path = Path::TOP;
    let refuse = |reason: &[&str]| Err(path.refuse(reason));
    if table.len() > limits.table_bytes {
        return refuse(&["is longer than ", &number(limits.table_bytes), " bytes"]);
    }
    if core::str::from_utf8(table).is_err() || !Tape::default().read(table) {
        return refuse(&["is not JSON"]);
    }
    let mut drafts = Vec::new();
    let table = table.trim_ascii();
    match kind(table) {
        Kind::Object => one(&path, table, tables, &mut drafts, memory)?,
        Kind::Array => {
            for (index, table) in list(&path, table)? {
                one(&path.item(index), table, tables, &mut drafts, memory)?;
            }
        }
        _ => return refuse(&["must be an object, or an array of objects"]),
    }
    Ok(drafts)
}

const KEYS: [&str; 7] = ["dialect", "reset", "endpoints", "signs", "events", "blocks", "deltas"];

fn one(
    path: &Path<'_>,
    raw: &[u8],
    tables: &Tables,
    drafts: &mut Vec<Draft>,
    memory: &mut Memory,
) -> Result<(), String> {
    let table = Members::closed(path, raw, &KEYS, "key of a table")?;
    let name = table.text(path, "dialect")?;
    let names = |at: usize| tables.dialects.get(at).map(|dialect| dialect.name);
    let words = Words { what: "dialect", at: &names, small: false };
    let at = words.choose(&path.key("dialect"), &name)?;
    let Some(dialect) = tables.dialects.get(at).copied() else { return Ok(()) };
    let known = drafts.iter().position(|draft| draft.dialect == at);
    let index = known.unwrap_or_else(|| {
        drafts.push(Draft { dialect: at, ..Draft::default() });
        drafts.len() - 1
    });
    let Some(draft) = drafts.get_mut(index) else { return Ok(()) };
    match table.get("reset") {
        None => {}
        Some(b"true") => *draft = Draft { dialect: at, reset: true, ..Draft::default() },
        Some(_) => return Err(path.key("reset").refuse(&["must be true"])),
    }
    let mut reader = Reader::new(dialect, memory);
    for (name, raw) in table.each() {
        let path = path.key(name);
        match name {
            "endpoints" => {
                for (index, raw) in list(&path, raw)? {
                    let rule = reader.endpoint(&path.item(index), raw)?;
                    put(&mut draft.endpoints, rule);
                }
            }
            "signs" => {
                for (index, raw) in list(&path, raw)? {
                    let rule = reader.sign(&path.item(index), raw)?;
                    put(&mut draft.signs, rule);
                }
            }
            "events" => {
                for (wire, raw) in Members::of(&path, raw)?.each() {
                    let rule = reader.event(&path.key(wire), wire, raw)?;
                    put(&mut draft.events, (wire.into(), rule));
                }
            }
            "blocks" => {
                reader.has_blocks(&path)?;
                for (wire, raw) in Members::of(&path, raw)?.each() {
                    let rule = reader.block(&path.key(wire), wire, raw)?;
                    put(&mut draft.blocks, (wire.into(), rule));
                }
            }
            "deltas" => {
                reader.has_blocks(&path)?;
                for (wire, raw) in Members::of(&path, raw)?.each() {
                    let rule = reader.delta(&path.key(wire), wire, raw)?;
                    put(&mut draft.deltas, (wire.into(), rule));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Of two rules for one thing in one array of tables, the later counts.
fn put<T>(rules: &mut Rules<T>, rule: (String, T)) {
    rules.retain(|(name, _)| *name != rule.0);
    rules.push(rule);
}
