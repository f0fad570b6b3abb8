//! One record, and everything that reading it may touch.

use super::overlay::Tables;
use super::{Act, Dialect, EventRule, FieldRule};
use crate::event::Batch;
use crate::exchange::SESSIONS;
use crate::hook::HookName;
use crate::json::tape::Tape;
use crate::json::{Kind, kind, text};
use crate::limits::{ID_KEPT, Limits};
use crate::notice::NoticeCode;
use crate::output::{Context, Output};
use crate::turn::{Turns, digest};
use alloc::vec::Vec;

/// One record, and everything it may touch.
#[derive(Debug)]
pub struct Scope<'s> {
    /// The dialect in force.
    pub dialect: &'static Dialect,
    /// All that are.
    pub tables: &'s Tables,
    /// What the stream's hook events share.
    pub context: &'s mut Context,
    /// Where they go.
    pub out: &'s mut Output,
    /// The memory across streams.
    pub turns: &'s mut Turns,
    /// The bounds.
    pub limits: &'s Limits,
    /// The index of `data`.
    pub tape: &'s Tape,
    /// The record: JSON, or whatever it is.
    pub data: &'s [u8],
    /// When it arrived (ms).
    pub ts: f64,
}

impl<'s> Scope<'s> {
    pub(crate) fn hook(&mut self, name: HookName) -> Option<&mut Batch> {
        self.out.hook(self.context, name)
    }

    /// The same over another record.
    pub(crate) fn over<'a>(
        &'a mut self,
        dialect: &'static Dialect,
        tape: &'a Tape,
        data: &'a [u8],
    ) -> Scope<'a> {
        Scope {
            dialect,
            tables: self.tables,
            context: self.context,
            out: self.out,
            turns: self.turns,
            limits: self.limits,
            tape,
            data,
            ts: self.ts,
        }
    }

    /// Text at `pointer`, escaped; empty when it is no string.
    pub(super) fn text(&self, pointer: &str) -> &'s [u8] {
        text::inner(self.tape.at(self.data, pointer))
    }

    /// Text at `pointer`, decoded.
    pub(crate) fn decoded(&self, pointer: &str) -> Vec<u8> {
        text_at(self.tape, self.data, pointer)
    }

    /// An id or a name at `pointer`, decoded.
    pub(super) fn id(&mut self, pointer: &str) -> Vec<u8> {
        let id = self.decoded(pointer);
        self.short(id)
    }

    /// An id or a name that can be kept: everywhere the same digest stands in
    /// for the same absurdly long one, so that they still pair.
    pub(super) fn short(&mut self, id: Vec<u8>) -> Vec<u8> {
        if id.len() <= ID_KEPT {
            return id;
        }
        self.out.notice(NoticeCode::TextCut, b"id", 1);
        digest(&[&id])
    }

    /// The raw value at `pointer`, empty when it is null or missing.
    pub(super) fn present(&self, pointer: &str) -> &'s [u8] {
        let raw = self.tape.at(self.data, pointer);
        if kind(raw) == Kind::Null { &[] } else { raw }
    }

    /// The hook event that an act is for this record.
    pub(super) fn emitted(&self, act: Act) -> Option<HookName> {
        let says = |at, word: &str| text::equals(self.text(at), word.as_bytes());
        match act {
            Act::Emit(name) => Some(name),
            Act::Unless(name, at, word) if SESSIONS => (!says(at, word)).then_some(name),
            Act::When(name, at, word) if SESSIONS => says(at, word).then_some(name),
            _ => None,
        }
    }

    /// The stream goes on with that turn.
    pub(super) fn go_on(&mut self, turn: Vec<u8>) {
        self.context.turn = turn;
        self.context.changed = true;
    }

    /// Starts a hook event with the fields a table names.
    pub(super) fn emit(&mut self, name: HookName, fields: &[FieldRule]) -> Option<&mut Batch> {
        let (tape, data) = (self.tape, self.data);
        let batch = self.out.hook(self.context, name)?;
        write_fields(batch, fields, tape, data);
        Some(batch)
    }
}

/// Writes the fields a table names. Of several rows for one field the first
/// that has a value counts.
pub(super) fn write_fields<'f>(
    batch: &mut Batch,
    fields: impl IntoIterator<Item = &'f FieldRule>,
    tape: &Tape,
    data: &[u8],
) {
    let mut written = None;
    for FieldRule(field, at) in fields {
        if written == Some(*field) {
            continue;
        }
        let raw = if at.is_empty() { data } else { tape.at(data, at) };
        match at.strip_prefix('=') {
            Some(words) => batch.text_field(*field, words.as_bytes()),
            None if raw.is_empty() => continue,
            None => batch.value(*field, raw),
        }
        written = Some(*field);
    }
}

/// Text at `pointer`, decoded.
pub(super) fn text_at(tape: &Tape, data: &[u8], pointer: &str) -> Vec<u8> {
    let mut out = Vec::new();
    text::decode(text::inner(tape.at(data, pointer)), &mut out);
    out
}

/// What an event means to a dialect, by its type.
pub(crate) fn rule(dialect: &Dialect, event: &[u8]) -> Option<&'static EventRule> {
    dialect.events.iter().find(|rule| rule.wire.as_bytes() == event)
}
