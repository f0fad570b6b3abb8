//! Content blocks: they start, grow and stop.

use super::assembler::{Assembler, compact};
use super::block::{Block, unix_ms};
use super::keep::{keep, keep_fields};
use super::scope::Scope;
use super::tool::{asked, tool_end, tool_fields, tool_result};
use super::{Content, DeltaRule, Effect, EventRule, FieldRule};
use crate::hook::{Field, HookName};
use crate::json::text::{self, copy};
use crate::notice::NoticeCode;
use crate::turn::{append_number, take_at};
use alloc::vec::Vec;

impl Assembler {
    pub(super) fn block_start(&mut self, scope: &mut Scope<'_>, index: u32) {
        let mut spare = Vec::new();
        let kind = text::word(scope.text("/content_block/type"), &mut spare);
        let rule = scope.dialect.blocks.iter().find(|rule| rule.wire.as_bytes() == kind);
        if rule.is_none() {
            scope.out.notice(NoticeCode::UnknownBlock, kind, 1);
        }
        if let Some(replaced) = self.at(index).and_then(|at| take_at(&mut self.blocks, at)) {
            self.incomplete |= left_open(scope, &replaced);
            self.kept -= replaced.charged;
        }
        let mut block = Block::new(index, rule.map_or(Content::Other, |rule| rule.is));
        let fields = rule.map_or(&[][..], |rule| rule.fields);
        let mut whole: &[u8] = &[];
        let before = self.kept;
        match block.is {
            Content::Thinking => {
                if let Some(batch) = scope.emit(HookName::ThinkingStart, fields) {
                    batch.int(Field::BlockIndex, index);
                }
            }
            Content::ToolUse | Content::ServerToolUse => {
                block.id = scope.id("/content_block/id");
                block.name = scope.id("/content_block/name");
                block.approval_key = scope.id("/content_block/approval_key");
                whole = scope.present("/content_block/input");
                keep_fields(scope, &mut self.kept, &mut block.fields, fields);
                let mark = scope.dialect.server_mark;
                if let Some(batch) = scope.emit(HookName::ToolUseStart, fields) {
                    tool_fields(batch, &block, mark);
                }
                ask(scope, &mut self.kept, &mut block, "/content_block/approval_options");
            }
            Content::ToolResult | Content::StreamedResult => {
                block.id = scope.id("/content_block/tool_use_id");
                block.name = scope.id("/content_block/name");
                block.is_error = scope.tape.at(scope.data, "/content_block/is_error") == b"true";
                block.started = unix_ms(scope.text("/content_block/start_timestamp"));
                whole = scope.present("/content_block/content");
            }
            Content::Compaction => compact(scope, HookName::PreCompact, &[]),
            Content::Fallback => {
                if let Some(batch) = scope.emit(HookName::PostModelSwitch, fields) {
                    batch.text_field(Field::Source, b"auto");
                }
            }
            Content::Text | Content::Other => {}
        }
        let whole = keep(scope, &mut self.kept, whole);
        block.cut = whole.is_none();
        block.whole = whole.unwrap_or_default();
        block.charged = self.kept - before;
        self.next = self.next.max(index.saturating_add(1));
        let is = block.is;
        if self.blocks.len() < scope.limits.blocks_per_message {
            self.blocks.push(block);
        } else {
            self.kept -= block.charged;
            scope.out.notice(NoticeCode::TooManyBlocks, b"", 1);
        }
        // Blocks normally start empty; one that came whole has its text here.
        if is == Content::Compaction
            && let Some(at) = self.at(index)
        {
            self.grow(scope, at, scope.text("/content_block/content"), true);
        }
        let text = scope.text("/content_block/text");
        let thinking = scope.text("/content_block/thinking");
        for (piece, name) in [(text, HookName::MessageDelta), (thinking, HookName::ThinkingDelta)] {
            if !piece.is_empty() {
                self.append_text(scope, index, piece);
                if let Some(batch) = scope.hook(name) {
                    batch.escaped(Field::Text, core::iter::once(piece));
                    batch.int(Field::BlockIndex, index);
                }
            }
        }
    }

    pub(super) fn block_delta(&mut self, scope: &mut Scope<'_>, index: u32) {
        let mut spare = Vec::new();
        let kind = text::word(scope.text("/delta/type"), &mut spare);
        let rule = scope.dialect.deltas.iter().find(|rule| rule.wire.as_bytes() == kind);
        let at = self.at(index);
        let Some(rule) = rule.filter(|rule| self.fits(rule.does, at)) else {
            return scope.out.notice(NoticeCode::UnknownDelta, kind, 1);
        };
        match rule.does {
            Effect::Ignore => {}
            Effect::Text => {
                self.append_text(scope, index, grown(scope, rule));
                emit_delta(scope, HookName::MessageDelta, rule.fields, index);
            }
            Effect::Thinking => emit_delta(scope, HookName::ThinkingDelta, rule.fields, index),
            Effect::Json => self.json_delta(scope, index, rule),
            Effect::Compaction => {
                if let Some(at) = at {
                    self.grow(scope, at, grown(scope, rule), true);
                }
            }
            Effect::CitationStart => {
                let uuid = scope.text("/delta/citation/uuid");
                let citation = scope.present("/delta/citation");
                let limit = scope.limits.remembered;
                let Some(block) = at.and_then(|at| self.blocks.get_mut(at)) else { return };
                if block.citations.len() >= limit {
                    return scope.out.notice(NoticeCode::TextCut, b"citation", 1);
                }
                let before = self.kept;
                if let Some(citation) = keep(scope, &mut self.kept, citation) {
                    block.citations.push((copy(uuid), citation, block.units));
                }
                block.charged += self.kept - before;
            }
            Effect::CitationEnd => {
                let uuid = grown(scope, rule);
                let Some(block) = at.and_then(|at| self.blocks.get_mut(at)) else { return };
                let open = block.citations.iter().position(|open| open.0 == uuid);
                if let Some(citation) = open.and_then(|at| take_at(&mut block.citations, at)) {
                    cite(scope, index, &citation, block.units);
                }
            }
            Effect::ToolUpdate => {
                let Some(block) = at.and_then(|at| self.blocks.get_mut(at)) else {
                    return emit_delta(scope, HookName::ToolUseUpdate, rule.fields, index);
                };
                let key = scope.id("/delta/approval_key");
                if !key.is_empty() {
                    block.approval_key = key;
                }
                let before = self.kept;
                keep_fields(scope, &mut self.kept, &mut block.fields, rule.fields);
                let mark = scope.dialect.server_mark;
                if let Some(batch) = scope.emit(HookName::ToolUseUpdate, rule.fields) {
                    tool_fields(batch, block, mark);
                }
                ask(scope, &mut self.kept, block, "/delta/approval_options");
                block.charged += self.kept - before;
            }
            Effect::Emit(name) => emit_delta(scope, name, rule.fields, index),
        }
    }

    /// Whether a delta can be for the block at `at`: what another one would grow
    /// by must not join it.
    fn fits(&self, does: Effect, at: Option<usize>) -> bool {
        let Some(block) = at.and_then(|at| self.blocks.get(at)) else { return true };
        match does {
            Effect::Json => block.is_call() || block.is_result() || block.is == Content::Other,
            Effect::ToolUpdate => block.is_call(),
            Effect::Compaction => block.is == Content::Compaction,
            _ => true,
        }
    }

    /// A piece of JSON: of a tool's input, or of a result's content.
    fn json_delta(&mut self, scope: &mut Scope<'_>, index: u32, rule: &DeltaRule) {
        let Some(at) = self.at(index) else {
            return emit_delta(scope, HookName::ToolInputDelta, rule.fields, index);
        };
        let is = self.blocks.get(at).map(|block| block.is);
        if is != Some(Content::Other) {
            self.grow(scope, at, grown(scope, rule), is == Some(Content::StreamedResult));
        }
        if let Some(block) = self.blocks.get(at)
            && block.is_call()
            && let Some(batch) = scope.emit(HookName::ToolInputDelta, rule.fields)
        {
            batch.int(Field::BlockIndex, index);
            batch.text_field(Field::ToolId, &block.id);
        }
    }

    pub(super) fn block_stop(&mut self, scope: &mut Scope<'_>, index: u32) {
        let Some(at) = self.at(index) else { return };
        let Some(block) = self.blocks.get_mut(at) else { return };
        if core::mem::replace(&mut block.closed, true) {
            return;
        }
        let wire_stop = unix_ms(scope.text("/stop_timestamp"));
        for citation in core::mem::take(&mut block.citations) {
            cite(scope, index, &citation, block.units);
        }
        match block.is {
            Content::ToolUse | Content::ServerToolUse => {
                tool_end(scope, block, wire_stop);
                if !block.asked && !block.options.is_empty() {
                    asked(scope, block);
                }
            }
            Content::ToolResult | Content::StreamedResult => tool_result(scope, block),
            Content::Compaction => compact(scope, HookName::PostCompact, &block.pieces),
            _ => {}
        }
        // Only answer text is read again, by `Stop`.
        if block.is != Content::Text {
            block.pieces = Vec::new();
            block.whole = Vec::new();
            block.fields = Vec::new();
        }
        self.kept -= block.charged - block.pieces.len();
        block.charged = block.pieces.len();
    }

    /// Blocks that never stopped: they are not reported as finished.
    pub(super) fn leave_blocks_open(&mut self, scope: &mut Scope<'_>) {
        for block in &self.blocks {
            self.incomplete |= left_open(scope, block);
        }
    }

    /// Whether a tool call was left unfinished.
    pub(super) fn unfinished_tool(&self) -> bool {
        self.blocks.iter().any(|block| !block.closed && block.is_call())
    }

    pub(super) fn append_text(&mut self, scope: &mut Scope<'_>, index: u32, piece: &[u8]) {
        let Some(at) = self.at(index) else { return };
        let Some(block) = self.blocks.get_mut(at) else { return };
        // Positions of citations count the text as JavaScript does.
        let mut spare = Vec::new();
        let units = text::utf16_len(text::word(piece, &mut spare));
        block.units = block.units.wrapping_add(units);
        if block.is == Content::Text {
            self.grow(scope, at, piece, false);
        }
    }

    pub(super) fn retract(&mut self, scope: &mut Scope<'_>) {
        let from = crate::json::integer(scope.tape.at(scope.data, "/from_index"));
        let Some(from) = from.map(|from| self.base.saturating_add(from)) else { return };
        let mut ids = copy(b"[");
        for block in self.blocks.iter().filter(|block| block.index >= from) {
            self.kept -= block.charged;
            if block.is_call() {
                if ids.len() > 1 {
                    ids.push(b',');
                }
                ids.push(b'"');
                scope.turns.withdraw(&block.id);
                text::encode(&block.id, &mut ids);
                ids.push(b'"');
            }
        }
        ids.push(b']');
        self.blocks.retain(|block| block.index < from);
        self.next = self.next.min(from);
        if let Some(batch) = scope.hook(HookName::MessageRetract) {
            batch.int(Field::FromIndex, from);
            batch.json(Field::ToolIds, &ids);
        }
    }

    /// The person is asked, by an event that names only the permission's key.
    /// Calls of the same tool may share a key: then it is about the first that
    /// nobody was asked about and that has no result.
    pub(super) fn approval(&mut self, scope: &mut Scope<'_>, rule: &EventRule) {
        let key = scope.id("/approval_key");
        let named = |block: &Block| !key.is_empty() && block.approval_key == key && block.is_call();
        let turns = &scope.turns;
        let waits = |block: &Block| !block.closed || turns.waiting(&block.id).is_some();
        let open =
            self.blocks.iter_mut().find(|block| named(block) && !block.asked && waits(block));
        let call = open.map(|block| {
            block.asked = true;
            (copy(&block.id), block.index)
        });
        if call.is_none() && self.blocks.iter().any(|block| named(block) && block.asked) {
            return; // the same question twice
        }
        let Some(batch) = scope.emit(HookName::PermissionRequest, rule.fields) else { return };
        if let Some((id, index)) = call {
            batch.text_field(Field::ToolId, &id);
            batch.int(Field::BlockIndex, index);
        }
        batch.bool(Field::Blocking, false);
    }

    /// Where the block of that index is; nearly always it is the last one.
    fn at(&self, index: u32) -> Option<usize> {
        self.blocks.iter().rposition(|block| block.index == index)
    }
}

/// The person is asked, if the block offers a choice; once, and not before the
/// input they decide on is complete. A key alone is no question: every connector
/// call has one.
fn ask(scope: &mut Scope<'_>, kept: &mut usize, block: &mut Block, options: &str) {
    let options = scope.present(options);
    if !options.is_empty() && !block.asked {
        // They are asked even where the choice is too long to keep.
        block.options = keep(scope, kept, options).unwrap_or(copy(b"null"));
        if block.closed {
            asked(scope, block);
        }
    }
}

fn emit_delta(scope: &mut Scope<'_>, name: HookName, fields: &[FieldRule], index: u32) {
    if let Some(batch) = scope.emit(name, fields) {
        batch.int(Field::BlockIndex, index);
    }
}

/// Reports a block that never stopped. Whether it is one.
fn left_open(scope: &mut Scope<'_>, block: &Block) -> bool {
    if block.closed {
        return false;
    }
    let mut detail = copy(b"block ");
    append_number(block.index, &mut detail);
    if !block.id.is_empty() {
        detail.push(b' ');
        detail.extend_from_slice(&block.id);
    }
    scope.out.notice(NoticeCode::BlockIncomplete, &detail, 1);
    true
}

/// What grows by this delta, escaped.
fn grown<'s>(scope: &Scope<'s>, rule: &DeltaRule) -> &'s [u8] {
    rule.fields.first().map_or(&[], |FieldRule(_, at)| scope.text(at))
}

fn cite(scope: &mut Scope<'_>, index: u32, open: &(Vec<u8>, Vec<u8>, u32), end: u32) {
    if let Some(batch) = scope.hook(HookName::Citation) {
        batch.value(Field::Citation, &open.1);
        batch.int(Field::BlockIndex, index);
        batch.int(Field::StartIndex, open.2);
        batch.int(Field::EndIndex, end);
    }
}
