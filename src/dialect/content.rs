//! Content blocks: they start, grow and stop.

use super::assembler::{Assembler, compact};
use super::block::{Block, unix_ms};
use super::scope::Scope;
use super::tool::{asked, tool_end, tool_fields, tool_result};
use super::{Content, DeltaRule, Effect, EventRule, FieldRule};
use crate::hook::{Field, HookName};
use crate::json::text;
use crate::notice::NoticeCode;
use crate::turn::append_number;
use alloc::vec::Vec;

impl Assembler {
    pub(super) fn block_start(&mut self, scope: &mut Scope<'_>, index: u32) {
        let kind = scope.text("/content_block/type");
        let rule = scope.dialect.blocks.iter().find(|rule| rule.wire.as_bytes() == kind);
        if rule.is_none() {
            scope.out.notice(NoticeCode::UnknownBlock, kind, 1);
        }
        let mut block = Block::new(index, rule.map_or(Content::Other, |rule| rule.is), rule);
        let fields = rule.map_or(&[][..], |rule| rule.fields);
        match block.is {
            Content::Text => {}
            Content::Thinking => {
                if let Some(batch) = scope.emit(HookName::ThinkingStart, fields) {
                    batch.int(Field::BlockIndex, index);
                }
            }
            Content::ToolUse | Content::ServerToolUse => {
                block.id = scope.decoded("/content_block/id");
                block.name = scope.decoded("/content_block/name");
                block.whole = scope.present("/content_block/input").to_vec();
                block.start = scope.present("/content_block").to_vec();
                block.approval_key = scope.decoded("/content_block/approval_key");
                let mark = scope.dialect.server_mark;
                if let Some(batch) = scope.emit(HookName::ToolUseStart, fields) {
                    tool_fields(batch, &block, mark);
                }
                self.ask(scope, &mut block, "/content_block/approval_options");
            }
            Content::ToolResult | Content::StreamedResult => {
                block.id = scope.decoded("/content_block/tool_use_id");
                block.name = scope.decoded("/content_block/name");
                block.whole = scope.present("/content_block/content").to_vec();
                block.is_error = scope.tape.at(scope.data, "/content_block/is_error") == b"true";
                block.start = scope.present("/content_block").to_vec();
            }
            Content::Compaction => compact(scope, HookName::PreCompact, &[]),
            Content::Fallback => {
                if let Some(batch) = scope.emit(HookName::PostModelSwitch, fields) {
                    batch.text_field(Field::Source, b"auto");
                }
            }
            Content::Other => {}
        }
        if let Some(at) = self.blocks.iter().position(|other| other.index == index) {
            let replaced = self.blocks.remove(at);
            self.incomplete |= left_open(scope, &replaced);
        }
        if self.blocks.len() < scope.limits.blocks_per_message {
            self.blocks.push(block);
        } else {
            scope.out.notice(NoticeCode::TooManyBlocks, b"", 1);
        }
        // Blocks normally start empty; one that came whole has its text here.
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

    pub(super) fn block_delta(&mut self, scope: &mut Scope<'_>) {
        let index = self.index(scope);
        let kind = scope.text("/delta/type");
        let Some(rule) = scope.dialect.deltas.iter().find(|rule| rule.wire.as_bytes() == kind)
        else {
            return scope.out.notice(NoticeCode::UnknownDelta, kind, 1);
        };
        match rule.does {
            Effect::Ignore => {}
            Effect::Text => {
                self.append_text(scope, index, grown(scope, rule));
                self.emit_delta(scope, HookName::MessageDelta, rule.fields, index);
            }
            Effect::Thinking => self.emit_delta(scope, HookName::ThinkingDelta, rule.fields, index),
            Effect::Json => self.json_delta(scope, index, rule),
            Effect::Compaction => {
                let summary = grown(scope, rule);
                let limit = scope.limits.text_per_block;
                let block = self.block(index).filter(|block| block.is == Content::Compaction);
                let Some(block) = block else { return };
                block.pieces.clear();
                if !block.grow(summary, limit) {
                    scope.out.notice(NoticeCode::TextCut, b"compaction", 1);
                }
            }
            Effect::CitationStart => {
                let uuid = scope.text("/delta/citation/uuid").to_vec();
                let citation = scope.present("/delta/citation").to_vec();
                let limit = scope.limits.remembered;
                let Some(block) = self.block(index) else { return };
                if block.citations.len() < limit {
                    block.citations.push((uuid, citation, block.units));
                } else {
                    scope.out.notice(NoticeCode::TextCut, b"citation", 1);
                }
            }
            Effect::CitationEnd => {
                let uuid = grown(scope, rule);
                let Some(block) = self.block(index) else { return };
                if let Some(at) = block.citations.iter().position(|open| open.0 == uuid) {
                    let citation = block.citations.remove(at);
                    cite(scope, index, &citation, block.units);
                }
            }
            Effect::ToolUpdate => {
                let Some(at) = self.blocks.iter().position(|block| block.index == index) else {
                    return self.emit_delta(scope, HookName::ToolUseUpdate, rule.fields, index);
                };
                let mut block = self.blocks.swap_remove(at);
                let key = scope.decoded("/delta/approval_key");
                if !key.is_empty() {
                    block.approval_key = key;
                }
                let mark = scope.dialect.server_mark;
                if let Some(batch) = scope.emit(HookName::ToolUseUpdate, rule.fields) {
                    tool_fields(batch, &block, mark);
                }
                self.ask(scope, &mut block, "/delta/approval_options");
                self.blocks.push(block);
                let last = self.blocks.len() - 1;
                self.blocks.swap(at, last);
            }
            Effect::Emit(name) => self.emit_delta(scope, name, rule.fields, index),
        }
    }

    fn emit_delta(&self, scope: &mut Scope<'_>, name: HookName, fields: &[FieldRule], index: u32) {
        if let Some(batch) = scope.emit(name, fields) {
            batch.int(Field::BlockIndex, index);
        }
    }

    /// A piece of JSON: of a tool's input, or of a result's content.
    fn json_delta(&mut self, scope: &mut Scope<'_>, index: u32, rule: &DeltaRule) {
        let piece = grown(scope, rule);
        let limit = self.room(scope, piece);
        let Some(block) = self.block(index) else {
            return self.emit_delta(scope, HookName::ToolInputDelta, rule.fields, index);
        };
        let before = block.pieces.len();
        if block.is == Content::StreamedResult {
            block.pieces.clear();
        }
        if !block.grow(piece, limit) {
            scope.out.notice(NoticeCode::TextCut, &block.id, 1);
        }
        let after = block.pieces.len();
        self.kept = self.kept.saturating_sub(before).saturating_add(after);
        let Some(block) = self.block(index) else { return };
        if matches!(block.is, Content::ToolUse | Content::ServerToolUse)
            && let Some(batch) = scope.emit(HookName::ToolInputDelta, rule.fields)
        {
            batch.int(Field::BlockIndex, index);
            batch.text_field(Field::ToolId, &block.id);
        }
    }

    pub(super) fn block_stop(&mut self, scope: &mut Scope<'_>, index: u32) {
        let Some(at) = self.blocks.iter().position(|block| block.index == index) else { return };
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
            Content::Compaction => {
                let summary = core::mem::take(&mut block.pieces);
                let summary = if summary.is_empty() {
                    text::inner(scope.present("/content_block/content")).to_vec()
                } else {
                    summary
                };
                compact(scope, HookName::PostCompact, &summary);
            }
            _ => {}
        }
        // Only answer text is read again, by `Stop`.
        if block.is != Content::Text {
            self.kept = self.kept.saturating_sub(block.pieces.len());
            block.pieces = Vec::new();
            block.whole = Vec::new();
            block.start = Vec::new();
        }
    }

    /// How long a block may grow by this piece.
    fn room(&self, scope: &Scope<'_>, piece: &[u8]) -> usize {
        let full = self.kept + piece.len() > scope.limits.text_per_message;
        if full { 0 } else { scope.limits.text_per_block }
    }

    /// Blocks that never stopped: they are not reported as finished.
    pub(super) fn leave_blocks_open(&mut self, scope: &mut Scope<'_>) {
        for block in &self.blocks {
            self.incomplete |= left_open(scope, block);
        }
    }

    /// Whether a tool call was left unfinished.
    pub(super) fn unfinished_tool(&self) -> bool {
        self.blocks.iter().any(|block| {
            !block.closed && matches!(block.is, Content::ToolUse | Content::ServerToolUse)
        })
    }

    pub(super) fn append_text(&mut self, scope: &mut Scope<'_>, index: u32, piece: &[u8]) {
        let limit = self.room(scope, piece);
        let Some(block) = self.block(index) else { return };
        // Positions of citations count the text as JavaScript does.
        if piece.contains(&b'\\') {
            let mut decoded = Vec::new();
            text::decode(piece, &mut decoded);
            block.units = block.units.wrapping_add(text::utf16_len(&decoded));
        } else {
            block.units = block.units.wrapping_add(text::utf16_len(piece));
        }
        if block.is != Content::Text {
            return;
        }
        let before = block.pieces.len();
        if !block.grow(piece, limit) {
            scope.out.notice(NoticeCode::TextCut, b"text", 1);
        }
        let grown = block.pieces.len() - before;
        self.kept += grown;
    }

    pub(super) fn retract(&mut self, scope: &mut Scope<'_>) {
        let from = crate::json::integer(scope.tape.at(scope.data, "/from_index"));
        let Some(from) = from.map(|from| self.base.saturating_add(from)) else { return };
        let mut ids = b"[".to_vec();
        for block in self.blocks.iter().filter(|block| block.index >= from) {
            if matches!(block.is, Content::ToolUse | Content::ServerToolUse) {
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
        if let Some(batch) = scope.hook(HookName::MessageRetract) {
            batch.int(Field::FromIndex, from);
            batch.json(Field::ToolIds, &ids);
        }
    }

    /// The person is asked, by an event that names only the permission's key.
    pub(super) fn approval(&mut self, scope: &mut Scope<'_>, rule: &EventRule) {
        let key = scope.decoded("/approval_key");
        let asked = self
            .blocks
            .iter_mut()
            .find(|block| !key.is_empty() && block.approval_key == key && !block.name.is_empty());
        if let Some(block) = asked {
            if core::mem::replace(&mut block.asked, true) {
                return;
            }
            let (id, index) = (block.id.clone(), block.index);
            if let Some(batch) = scope.emit(HookName::PermissionRequest, rule.fields) {
                batch.text_field(Field::ToolId, &id);
                batch.int(Field::BlockIndex, index);
                batch.bool(Field::Blocking, false);
            }
        } else if let Some(batch) = scope.emit(HookName::PermissionRequest, rule.fields) {
            batch.bool(Field::Blocking, false);
        }
    }

    /// The person is asked, if the block offers a choice; once, and not before
    /// the input they decide on is complete. A key alone is no question: every
    /// connector call has one.
    fn ask(&self, scope: &mut Scope<'_>, block: &mut Block, options: &str) {
        let options = scope.present(options);
        if !options.is_empty() && !block.asked {
            block.options = options.to_vec();
            if block.closed {
                asked(scope, block);
            }
        }
    }

    fn block(&mut self, index: u32) -> Option<&mut Block> {
        // Nearly always the last one.
        self.blocks.iter_mut().rev().find(|block| block.index == index)
    }
}

/// Reports a block that never stopped. Whether it is one.
fn left_open(scope: &mut Scope<'_>, block: &Block) -> bool {
    if block.closed {
        return false;
    }
    let mut detail = b"block ".to_vec();
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
