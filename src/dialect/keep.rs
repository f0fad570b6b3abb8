//! What is kept of a message until it ends, and within which bounds.

use super::assembler::Assembler;
use super::block::Block;
use super::scope::Scope;
use crate::json::tape::Tape;
use crate::json::{Kind, kind, text};
use crate::notice::NoticeCode;
use alloc::vec::Vec;

impl Assembler {
    /// Adds an escaped piece to the block at `at`, or replaces what it has.
    pub(super) fn grow(&mut self, scope: &mut Scope<'_>, at: usize, piece: &[u8], replaces: bool) {
        let Some(block) = self.blocks.get_mut(at) else { return };
        if replaces {
            block.pieces.clear();
            block.cut = false;
            settle(&mut self.kept, block);
        }
        let limit = room(scope, self.kept, piece);
        if !block.grow(piece, limit) {
            scope.out.notice(NoticeCode::TextCut, named(block), 1);
        }
        settle(&mut self.kept, block);
    }

    /// A copy to keep with a block; none, and a notice, when there is no room.
    pub(super) fn keep(
        &mut self,
        scope: &mut Scope<'_>,
        block: &mut Block,
        raw: &[u8],
    ) -> Option<Vec<u8>> {
        if raw.len() > room(scope, self.kept, raw) {
            scope.out.notice(NoticeCode::TextCut, named(block), 1);
            return None;
        }
        self.kept += raw.len();
        block.charged += raw.len();
        Some(raw.to_vec())
    }

    /// Why the message ends, and what the service did to the conversation.
    pub(super) fn stop_fields(
        &mut self,
        scope: &mut Scope<'_>,
        reason: &str,
        details: &str,
        edits: &str,
    ) {
        let reason = scope.id(reason);
        if !reason.is_empty() {
            self.stop_reason = reason;
        }
        let details = scope.kept(details);
        if !details.is_empty() {
            self.stop_details = without_secrets(details);
        }
        let edits = scope.kept(edits);
        if !edits.is_empty() {
            self.context_edits = edits.to_vec();
        }
    }

    /// Counters replace what was there, never add to it. A hostile record may name
    /// any number of them.
    pub(super) fn usage(&mut self, scope: &mut Scope<'_>, pointer: &str) {
        let raw = scope.kept(pointer);
        let mut tape = Tape::default();
        tape.read(raw);
        let mut lost = 0;
        for (key, value) in tape.members(raw) {
            let known = self.usage.iter().position(|(known, _)| known == key);
            if known.is_some() && value == b"null" {
                continue;
            }
            let held: usize = self.usage.iter().map(|(key, value)| key.len() + value.len()).sum();
            let room = known.is_some() || self.usage.len() < scope.limits.remembered;
            if !room || held + key.len() + value.len() > scope.limits.text_per_message {
                lost += 1;
                continue;
            }
            match known.and_then(|known| self.usage.get_mut(known)) {
                Some(known) => known.1 = value.to_vec(),
                None => self.usage.push((key.to_vec(), value.to_vec())),
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

/// Where a record says what was dropped from the conversation.
pub(super) const EDITS: &str = "/context_management/applied_edits";

/// How long a block may grow by this piece.
fn room(scope: &Scope<'_>, kept: usize, piece: &[u8]) -> usize {
    let full = kept + piece.len() > scope.limits.text_per_message;
    if full { 0 } else { scope.limits.text_per_block }
}

/// Counts what a block holds now.
pub(super) fn settle(kept: &mut usize, block: &mut Block) {
    let held = block.held();
    *kept = (*kept + held).saturating_sub(block.charged);
    block.charged = held;
}

/// What a notice calls a block.
fn named(block: &Block) -> &[u8] {
    if block.id.is_empty() { b"text" } else { &block.id }
}

/// Stop details can hold a token that is as good as a credential.
fn without_secrets(details: &[u8]) -> Vec<u8> {
    if kind(details) != Kind::Object {
        return details.to_vec();
    }
    let mut tape = Tape::default();
    tape.read(details);
    let mut out = b"{".to_vec();
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
