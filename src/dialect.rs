//! Frames to hook events: which dialect a stream speaks, and the tables that
//! say what its records mean.
//!
//! A dialect is data: when the vendor renames an event or a field, one row of
//! its table changes. `assembler` is the one reader of all tables, because
//! all dialects share one grammar: a message is a list of content blocks that
//! start, grow and stop.

pub mod acts;
#[cfg(feature = "sessions")]
mod agent;
pub(crate) mod assembler;
mod block;
#[cfg(feature = "sessions")]
mod calls;
#[cfg(feature = "sessions")]
mod ccr;
#[cfg(feature = "sessions")]
mod ccr_control;
#[cfg(feature = "sessions")]
mod ccr_rows;
mod claudeai;
#[cfg(feature = "tables")]
mod claudeai_page;
mod complete;
mod content;
#[cfg(feature = "sessions")]
mod control;
#[cfg(feature = "sessions")]
mod door;
pub(crate) mod ending;
pub mod endpoint;
#[cfg(feature = "sessions")]
mod enhanced;
mod failure;
#[cfg(feature = "sessions")]
mod ide;
mod keep;
#[cfg(feature = "sessions")]
mod link;
#[cfg(feature = "sessions")]
mod managed;
#[cfg(feature = "sessions")]
mod mcp;
mod messages;
#[cfg(not(feature = "sessions"))]
mod no_sessions;
#[cfg(not(feature = "tables"))]
pub mod no_tables;
#[cfg(feature = "tables")]
pub mod overlay;
pub mod page;
#[cfg(feature = "sessions")]
mod pipe_end;
#[cfg(feature = "sessions")]
mod query;
mod request;
#[cfg(feature = "sessions")]
mod roster;
#[cfg(feature = "sessions")]
mod rows;
#[cfg(feature = "sessions")]
mod rpc;
pub(crate) mod scope;
#[cfg(feature = "sessions")]
mod session;
pub(crate) mod sessions;
pub mod table;
#[cfg(feature = "sessions")]
mod task;
#[cfg(feature = "sessions")]
mod thread;
mod tool;
#[cfg(feature = "sessions")]
mod turn_end;
#[cfg(feature = "sessions")]
mod user_row;
mod words;

use crate::exchange::SESSIONS;
use crate::json::tape::{Tape, elements};
use crate::json::text;
pub use acts::*;
use alloc::vec::Vec;
#[cfg(not(feature = "tables"))]
pub use no_tables as overlay;
pub use page::{Page, Part};
pub use table::*;

/// Every dialect, in the order content is tried against them.
pub const DIALECTS: &[&Dialect] = &[
    &claudeai::CLAUDEAI,
    &messages::MESSAGES,
    &complete::COMPLETE,
    &claudeai::LEGACY,
    #[cfg(feature = "sessions")]
    &ccr::V1,
    #[cfg(feature = "sessions")]
    &ccr::V2,
    #[cfg(feature = "sessions")]
    &managed::MANAGED,
    #[cfg(feature = "sessions")]
    &enhanced::ENHANCED,
    #[cfg(feature = "sessions")]
    &mcp::SOCKET,
    #[cfg(feature = "sessions")]
    &mcp::HTTP,
    #[cfg(feature = "sessions")]
    &mcp::STREAM,
];

/// What a record of a dialect that composes its types is called in the tables;
/// its own name where it has no type.
fn name_of(dialect: &Dialect, tape: &Tape, data: &[u8], name: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for pointer in dialect.kind {
        let part = text::inner(tape.at(data, pointer));
        if part.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(b'/');
        }
        text::decode(part, &mut out);
    }
    if out.is_empty() { name.to_vec() } else { out }
}

/// Which of the dialects a record proves, if it proves one; the one that was
/// promised first. `event` is the record's type, `name` its own name.
pub fn prove(
    dialects: &[&'static Dialect],
    promised: Option<&'static Dialect>,
    event: &[u8],
    name: &[u8],
    tape: &Tape,
    data: &[u8],
) -> Option<&'static Dialect> {
    let is_rpc = |dialect: &Dialect| dialect.speaks(Grammar::Rpc);
    let shows = |dialect: &Dialect| {
        // JSON-RPC alone shows no dialect: others speak it, too.
        if is_rpc(dialect) && !promised.is_some_and(is_rpc) {
            return false;
        }
        // Of a list, its first record.
        let lists = dialect.lists.iter().map(|list| tape.at(data, list));
        let batch = is_rpc(dialect).then_some(data);
        let mut lists = lists.chain(batch).map(|list| elements(list).next());
        if SESSIONS && let Some(first) = lists.find_map(|first| first) {
            let mut tape = Tape::default();
            tape.read(first);
            return signed(dialect, event, b"", &tape, first);
        }
        signed(dialect, event, name, tape, data)
    };
    let first = promised.filter(|dialect| shows(dialect));
    first.or_else(|| dialects.iter().find(|dialect| shows(dialect)).copied())
}

/// Whether a record has one of the dialect's signs.
fn signed(dialect: &Dialect, event: &[u8], name: &[u8], tape: &Tape, data: &[u8]) -> bool {
    let kind = match dialect.kind {
        [] => None,
        _ if !SESSIONS => None,
        _ => Some(name_of(dialect, tape, data, name)),
    };
    let event = kind.as_deref().unwrap_or(event);
    dialect.signs.iter().any(|sign| {
        let typed = match (sign.event, sign.event.strip_suffix('*')) {
            ("", _) => name.is_empty() && event.is_empty(),
            (_, Some(start)) => event.starts_with(start.as_bytes()),
            (whole, None) => event == whole.as_bytes(),
        };
        let value = tape.at(data, sign.at);
        typed
            && (sign.at.is_empty() || !value.is_empty())
            && text::inner(value).starts_with(sign.prefix.as_bytes())
    })
}

/// The dialect of that name.
pub fn named(name: &str) -> Option<&'static Dialect> {
    DIALECTS.iter().find(|dialect| dialect.name == name).copied()
}
