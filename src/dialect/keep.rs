//! What is kept of a message until it ends, and within which bounds.

use super::FieldRule;
use super::assembler::Assembler;
use super::scope::Scope;
use crate::hook::Field;
use crate::json::tape::Tape;
use crate::json::{
    Kind, kind,
    text::{self, copy},
};
use crate::limits::USAGE_KEPT;
use crate::notice::NoticeCode;
use alloc::vec::Vec;

/// Fields of a hook event still to come: raw JSON.
pub(super) type Fields = Vec<(Field, Vec<u8>)>;

impl Assembler {
    /// Adds an escaped piece to the block at `at`, or replaces what it has.
    pub(super) fn grow(&mut self, scope: &mut Scope<'_>, at: usize, piece: &[u8], replaces: bool) {
        let Some(block) = self.blocks.get_mut(at) else { return };
        if replaces {
            self.kept -= block.pieces.len();
            block.charged -= block.pieces.len();
            block.pieces.clear();
            block.cut = false;
        }
        let before = block.pieces.len();
        if !block.grow(piece, room(scope, self.kept, piece)) {
            scope.out.notice(NoticeCode::TextCut, &block.id, 1);
        }
        self.kept += block.pieces.len() - before;
        block.charged += block.pieces.len() - before;
    }

    /// Why the message ends; and what its end must repeat.
    pub(super) fn stop_fields(&mut self, scope: &mut Scope<'_>, reason: &str, rest: &[FieldRule]) {
        let reason = scope.id(reason);
        if !reason.is_empty() {
            self.stop_reason = reason;
        }
        keep_fields(scope, &mut self.kept, &mut self.fields, rest);
    }

    /// Counters replace what was there, never add to it. A hostile record may name
    /// any number of them.
    pub(super) fn usage(&mut self, scope: &mut Scope<'_>, pointer: &str) {
        let raw = scope.tape.at(scope.data, pointer);
        let mut tape = Tape::default();
        if raw.len() <= USAGE_KEPT {
            tape.read(raw);
        }
        let mut lost = u32::from(raw.len() > USAGE_KEPT);
        for (key, value) in tape.members(raw) {
            let full = self.usage.len() >= scope.limits.remembered;
            match self.usage.iter_mut().find(|(known, _)| known == key) {
                Some((_, kept)) if value != b"null" => *kept = copy(value),
                Some(_) => {}
                None if full => lost += 1,
                None => self.usage.push((copy(key), copy(value))),
            }
        }
        if lost > 0 {
            scope.out.notice(NoticeCode::TextCut, b"usage", lost);
        }
    }

    /// The counters, as one object.
    pub(super) fn usage_json(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        for (key, value) in &self.usage {
            out.push(if out.is_empty() { b'{' } else { b',' });
            out.push(b'"');
            out.extend_from_slice(key);
            out.extend_from_slice(b"\":");
            out.extend_from_slice(value);
        }
        out.push(b'}');
        (out.len() > 1).then_some(out)
    }
}

/// A copy to keep, counted; none, and a notice, when there is no room.
pub(super) fn keep(scope: &mut Scope<'_>, kept: &mut usize, raw: &[u8]) -> Option<Vec<u8>> {
    if raw.len() > room(scope, *kept, raw) {
        scope.out.notice(NoticeCode::TextCut, b"", 1);
        return None;
    }
    *kept += raw.len();
    Some(copy(raw))
}

/// Keeps the fields that a table names; what is newer counts.
pub(super) fn keep_fields(
    scope: &mut Scope<'_>,
    kept: &mut usize,
    fields: &mut Fields,
    rules: &[FieldRule],
) {
    for FieldRule(field, at) in rules {
        let raw = scope.tape.at(scope.data, at);
        let known = fields.iter_mut().find(|(known, _)| known == field);
        if raw.is_empty() || known.is_some() && raw == b"null" {
            continue;
        }
        let Some(raw) = keep(scope, kept, raw) else { continue };
        match known {
            Some(known) => known.1 = raw,
            None => fields.push((*field, raw)),
        }
    }
}

/// How long a block may grow by this piece.
fn room(scope: &Scope<'_>, kept: usize, piece: &[u8]) -> usize {
    let full = kept + piece.len() > scope.limits.text_per_message;
    if full { 0 } else { scope.limits.text_per_block }
}

/// Stop details can hold a token that is as good as a credential.
pub(super) fn without_secrets(details: &[u8]) -> Vec<u8> {
    if kind(details) != Kind::Object {
        return copy(details);
    }
    let mut tape = Tape::default();
    tape.read(details);
    let mut out = copy(b"{");
    for (key, value) in tape.members(details) {
        if text::equals(key, b"fallback_credit_token") {
            continue;
        }
        if out.len() > 1 {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(key);
        out.extend_from_slice(b"\":");
        out.extend_from_slice(value);
    }
    out.push(b'}');
    out
}
