//! Frames to hook events: which dialect a stream speaks, and the tables that
//! say what its records mean.
//!
//! A dialect is data: when the vendor renames an event or a field, one row of
//! its table changes. `assembler` is the one reader of all tables, because
//! all dialects share one grammar: a message is a list of content blocks that
//! start, grow and stop.

pub(crate) mod assembler;
mod block;
mod ccr;
mod ccr_control;
mod ccr_rows;
mod claudeai;
mod complete;
mod content;
mod control;
pub(crate) mod ending;
pub mod endpoint;
mod failure;
mod messages;
pub mod overlay;
pub(crate) mod pipe_end;
mod request;
pub(crate) mod rows;
pub(crate) mod scope;
pub(crate) mod session;
pub mod table;
mod task;
pub(crate) mod thread;
mod tool;
mod turn_end;
mod user_row;
mod words;

use crate::json::{tape::Tape, text};
pub use table::*;

/// Every dialect, in the order content is tried against them.
pub const DIALECTS: &[&Dialect] = &[
    &claudeai::CLAUDEAI,
    &messages::MESSAGES,
    &complete::COMPLETE,
    &claudeai::LEGACY,
    &ccr::V1,
    &ccr::V2,
];

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
    let shows = |dialect: &Dialect| {
        let kind = match dialect.kind {
            [] => None,
            _ => Some(rows::name_of(dialect, tape, data, name)),
        };
        let event = kind.as_deref().unwrap_or(event);
        dialect.signs.iter().any(|sign| {
            let typed = sign.event.is_empty() && name.is_empty() && event.is_empty()
                || !sign.event.is_empty() && event == sign.event.as_bytes();
            let value = tape.at(data, sign.at);
            typed
                && (sign.at.is_empty() || !value.is_empty())
                && text::inner(value).starts_with(sign.prefix.as_bytes())
        })
    };
    let first = promised.filter(|dialect| shows(dialect));
    first.or_else(|| dialects.iter().find(|dialect| shows(dialect)).copied())
}

/// The dialect of that name.
pub fn named(name: &str) -> Option<&'static Dialect> {
    DIALECTS.iter().find(|dialect| dialect.name == name).copied()
}
