//! Content blocks: they start, grow and stop.

use super::assembler::{Assembler, Scope, compact, write_fields};
use super::block::{Block, Input, unix_ms};
use super::{Content, DeltaRule, Effect, EventRule, FieldRule};
use crate::event::Batch;
use crate::hook::{Field, HookName};
use crate::json::tape::Tape;
use crate::json::text;
use crate::notice::NoticeCode;
use crate::turn::{Call, append_number};
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
                if let Some(batch) = scope.emit(HookName::ToolUseStart, fields) {
                    tool_fields(batch, &block);
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
            self.blocks.remove(at);
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
                let summary = grown(scope, rule).to_vec();
                if let Some(block) = self.block(index) {
                    block.pieces = summary;
                }
            }
            Effect::CitationStart => {
                let uuid = scope.text("/delta/citation/uuid").to_vec();
                let citation = scope.present("/delta/citation").to_vec();
                if let Some(block) = self.block(index) {
                    block.citations.push((uuid, citation, block.units));
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
                if let Some(batch) = scope.emit(HookName::ToolUseUpdate, rule.fields) {
                    tool_fields(batch, &block);
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
        let limit = scope.limits.text_per_block;
        let Some(block) = self.block(index) else {
            return self.emit_delta(scope, HookName::ToolInputDelta, rule.fields, index);
        };
        if block.is == Content::StreamedResult {
            block.pieces.clear();
        }
        if !block.grow(piece, limit) {
            scope.out.notice(NoticeCode::TextCut, &block.id, 1);
        }
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
                if !block.options.is_empty() {
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
            block.pieces = Vec::new();
            block.whole = Vec::new();
            block.start = Vec::new();
        }
    }

    /// Blocks that never stopped: they are not reported as finished.
    pub(super) fn leave_blocks_open(&mut self, scope: &mut Scope<'_>) {
        for block in self.blocks.iter_mut().filter(|block| !block.closed) {
            self.incomplete = true;
            let mut detail = b"block ".to_vec();
            append_number(block.index, &mut detail);
            if !block.id.is_empty() {
                detail.push(b' ');
                detail.extend_from_slice(&block.id);
            }
            scope.out.notice(NoticeCode::BlockIncomplete, &detail, 1);
        }
    }

    /// Whether a tool call was left unfinished.
    pub(super) fn unfinished_tool(&self) -> bool {
        self.blocks.iter().any(|block| {
            !block.closed && matches!(block.is, Content::ToolUse | Content::ServerToolUse)
        })
    }

    pub(super) fn append_text(&mut self, scope: &mut Scope<'_>, index: u32, piece: &[u8]) {
        let limit = scope.limits.text_per_block;
        let Some(block) = self.block(index) else { return };
        // Positions of citations count the text as JavaScript does.
        if piece.contains(&b'\\') {
            let mut decoded = Vec::new();
            text::decode(piece, &mut decoded);
            block.units = block.units.wrapping_add(text::utf16_len(&decoded));
        } else {
            block.units = block.units.wrapping_add(text::utf16_len(piece));
        }
        if block.is == Content::Text && !block.grow(piece, limit) {
            scope.out.notice(NoticeCode::TextCut, b"text", 1);
        }
    }

    pub(super) fn retract(&mut self, scope: &mut Scope<'_>, rule: &EventRule) {
        let from = crate::json::integer(scope.tape.at(scope.data, "/from_index"));
        let Some(from) = from else { return };
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
        if let Some(batch) = scope.emit(HookName::MessageRetract, rule.fields) {
            batch.json(Field::ToolIds, &ids);
        }
    }

    /// The person is asked, by an event that names only the permission's key.
    pub(super) fn approval(&mut self, scope: &mut Scope<'_>, rule: &EventRule) {
        let key = scope.decoded("/approval_key");
        let asked = self.blocks.iter_mut().find(|block| block.approval_key == key);
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

/// What grows by this delta, escaped.
fn grown<'s>(scope: &Scope<'s>, rule: &DeltaRule) -> &'s [u8] {
    rule.fields.first().map_or(&[], |FieldRule(_, at)| scope.text(at))
}

fn asked(scope: &mut Scope<'_>, block: &mut Block) {
    let options = core::mem::take(&mut block.options);
    block.asked = true;
    let input = scope.turns.waiting(&block.id).map(|call| call.input.clone());
    let Some(batch) = scope.hook(HookName::PermissionRequest) else { return };
    tool_fields(batch, block);
    if let Some(input) = input.filter(|input| !input.is_empty()) {
        batch.json(Field::ToolInput, &input);
    }
    batch.text_field(Field::ApprovalKey, &block.approval_key);
    batch.json(Field::ApprovalOptions, &options);
    batch.bool(Field::Blocking, false);
}

fn tool_fields(batch: &mut Batch, block: &Block) {
    batch.text_field(Field::ToolId, &block.id);
    batch.text_field(Field::ToolName, &block.name);
    batch.int(Field::BlockIndex, block.index);
}

/// A tool call is complete.
fn tool_end(scope: &mut Scope<'_>, block: &Block, wire_stop: Option<f64>) {
    let input = block.input();
    let write_input = |batch: &mut Batch| match &input {
        Input::Json(raw) => batch.json(Field::ToolInput, raw),
        Input::Invalid(text) => {
            batch.text_field(Field::ToolInput, text);
            batch.bool(Field::InputInvalid, true);
        }
    };
    if let Some(batch) = scope.hook(HookName::ToolUseEnd) {
        tool_fields(batch, block);
        write_input(batch);
    }
    // What the start said about the tool holds for the call.
    let mut record = br#"{"content_block":"#.to_vec();
    record.extend_from_slice(&block.start);
    record.push(b'}');
    let mut tape = Tape::default();
    tape.read(&record);
    let fields = block.rule.map_or(&[][..], |rule| rule.fields);
    let mark = scope.dialect.server_mark;
    if let Some(batch) = scope.hook(HookName::PreToolUse) {
        write_fields(batch, fields, &tape, &record);
        tool_fields(batch, block);
        write_input(batch);
        if let Some(at) = block.name.iter().position(|byte| mark.as_bytes() == [*byte]) {
            batch.text_field(Field::Server, block.name.get(..at).unwrap_or_default());
        }
        batch.bool(Field::Blocking, false);
    }
    let asks = scope.dialect.asks.iter().any(|prefix| block.name.starts_with(prefix.as_bytes()));
    if asks
        && let Input::Json(raw) = &input
        && let Some(batch) = scope.hook(HookName::Elicitation)
    {
        let mut tape = Tape::default();
        tape.read(raw);
        tool_fields(batch, block);
        batch.value(Field::Questions, tape.at(raw, "/questions"));
        let question =
            [FieldRule(Field::Message, "/message"), FieldRule(Field::Message, "/prompt")];
        write_fields(batch, &question, &tape, raw);
    }
    let call = Call {
        id: block.id.clone(),
        name: block.name.clone(),
        input: if let Input::Json(raw) = input { raw } else { Vec::new() },
        turn: scope.context.turn.clone(),
        ended: scope.ts,
        ended_on_wire: wire_stop,
    };
    if scope.turns.call(call) {
        scope.out.notice(NoticeCode::ToolForgotten, b"", 1);
    }
}

/// A tool's result is complete.
fn tool_result(scope: &mut Scope<'_>, block: &Block) {
    let content = block.result();
    let mut tape = Tape::default();
    tape.read(&content);
    let code = tape.at(&content, "/error_code");
    let failed = block.is_error || text::inner(tape.at(&content, "/type")).ends_with(b"_error");
    let mut start = Tape::default();
    start.read(&block.start);
    let wire_start = unix_ms(text::inner(start.at(&block.start, "/start_timestamp")));
    let result = Outcome {
        id: &block.id,
        name: &block.name,
        input: b"",
        content: &content,
        error: if code.is_empty() { &content } else { code },
        failed,
        block: Some(block.index),
        wire_start,
    };
    result.report(scope);
}

/// A tool's result, wherever it came from.
pub(super) struct Outcome<'r> {
    pub id: &'r [u8],
    /// The tool, if the result names it.
    pub name: &'r [u8],
    /// Its input, if whoever brings the result repeats it: raw JSON.
    pub input: &'r [u8],
    /// Raw JSON.
    pub content: &'r [u8],
    /// Raw JSON of what failed.
    pub error: &'r [u8],
    pub failed: bool,
    pub block: Option<u32>,
    /// When the tool was done, by the wire's own clock (ms).
    pub wire_start: Option<f64>,
}

impl Outcome<'_> {
    /// Pairs the result with its call and reports it, once.
    pub(super) fn report(&self, scope: &mut Scope<'_>) {
        let Some(call) = scope.turns.result(self.id) else { return };
        let duration = match (self.wire_start, call.ended_on_wire) {
            (Some(done), Some(called)) => Some(done - called),
            _ if call.id.is_empty() => None,
            _ => Some(scope.ts - call.ended),
        };
        let hook = if self.failed { HookName::PostToolUseFailure } else { HookName::PostToolUse };
        let Some(batch) = scope.hook(hook) else { return };
        batch.text_field(Field::ToolId, self.id);
        let name = if call.name.is_empty() { self.name } else { &call.name };
        if !name.is_empty() {
            batch.text_field(Field::ToolName, name);
        }
        let input = if call.input.is_empty() { self.input } else { &call.input };
        if !input.is_empty() {
            batch.json(Field::ToolInput, input);
        }
        if self.failed {
            batch.value(Field::Error, self.error);
        }
        batch.value(Field::ToolResponse, self.content);
        if let Some(index) = self.block {
            batch.int(Field::BlockIndex, index);
        }
        if let Some(duration) = duration.filter(|ms| *ms >= 0.0) {
            batch.int(Field::DurationMs, (duration + 0.5) as u32);
        }
    }
}

fn cite(scope: &mut Scope<'_>, index: u32, open: &(Vec<u8>, Vec<u8>, u32), end: u32) {
    if let Some(batch) = scope.hook(HookName::Citation) {
        batch.json(Field::Citation, &open.1);
        batch.int(Field::BlockIndex, index);
        batch.int(Field::StartIndex, open.2);
        batch.int(Field::EndIndex, end);
    }
}
