//! Tool calls and their results.

use super::FieldRule;
use super::block::Block;
use super::scope::{Scope, write_fields};
use crate::event::Batch;
use crate::hook::{Field, HookName};
use crate::json::tape::Tape;
use crate::json::text::{self, copy};
use crate::notice::NoticeCode;
use crate::turn::Call;

/// The person is asked.
pub(super) fn asked(scope: &mut Scope<'_>, block: &mut Block) {
    let options = core::mem::take(&mut block.options);
    block.asked = true;
    let input = scope.turns.waiting(&block.id).map(|call| copy(&call.input));
    let mark = scope.dialect.server_mark;
    let Some(batch) = scope.hook(HookName::PermissionRequest) else { return };
    tool_fields(batch, block, mark);
    if let Some(input) = input.filter(|input| !input.is_empty()) {
        batch.json(Field::ToolInput, &input);
    }
    batch.text_field(Field::ApprovalKey, &block.approval_key);
    batch.json(Field::ApprovalOptions, &options);
    batch.bool(Field::Blocking, false);
}

/// What names a tool call.
pub(super) fn tool_fields(batch: &mut Batch, block: &Block, mark: &str) {
    batch.text_field(Field::ToolId, &block.id);
    batch.text_field(Field::ToolName, &block.name);
    batch.int(Field::BlockIndex, block.index);
    // A connector's tools carry its name in theirs.
    if let Some(at) = block.name.iter().position(|byte| mark.as_bytes() == [*byte]) {
        batch.text_field(Field::Server, block.name.get(..at).unwrap_or_default());
    }
}

/// A tool call is complete.
pub(super) fn tool_end(scope: &mut Scope<'_>, block: &Block, wire_stop: Option<f64>) {
    let input = block.input();
    let write_input = |batch: &mut Batch| match &input {
        Some(raw) => batch.json(Field::ToolInput, raw),
        None => {
            batch.escaped(Field::ToolInput, core::iter::once(&*block.pieces));
            batch.bool(Field::InputInvalid, true);
        }
    };
    let mark = scope.dialect.server_mark;
    if let Some(batch) = scope.hook(HookName::ToolUseEnd) {
        tool_fields(batch, block, mark);
        write_input(batch);
    }
    if let Some(batch) = scope.hook(HookName::PreToolUse) {
        for (field, raw) in &block.fields {
            batch.value(*field, raw);
        }
        tool_fields(batch, block, mark);
        write_input(batch);
        batch.bool(Field::Blocking, false);
    }
    let asks = scope.dialect.asks.iter().any(|prefix| block.name.starts_with(prefix.as_bytes()));
    if asks
        && let Some(raw) = &input
        && let Some(batch) = scope.hook(HookName::Elicitation)
    {
        let mut tape = Tape::default();
        tape.read(raw);
        tool_fields(batch, block, mark);
        batch.value(Field::Questions, tape.at(raw, "/questions"));
        let question =
            [FieldRule(Field::Message, "/message"), FieldRule(Field::Message, "/prompt")];
        write_fields(batch, &question, &tape, raw);
    }
    let call = Call {
        id: copy(&block.id),
        name: copy(&block.name),
        input: input.unwrap_or_default(),
        turn: copy(&scope.context.turn),
        ended: scope.ts,
        ended_on_wire: wire_stop,
    };
    if scope.turns.call(call) {
        scope.out.notice(NoticeCode::ToolForgotten, b"", 1);
    }
}

/// A tool's result is complete.
pub(super) fn tool_result(scope: &mut Scope<'_>, block: &Block) {
    let content = block.result();
    let mut tape = Tape::default();
    tape.read(&content);
    let code = tape.at(&content, "/error_code");
    let failed = block.is_error || text::inner(tape.at(&content, "/type")).ends_with(b"_error");
    let result = Outcome {
        id: &block.id,
        name: &block.name,
        input: b"",
        content: &content,
        error: if code.is_empty() { &content } else { code },
        failed,
        interrupted: false,
        block: Some(block.index),
        wire_start: block.started,
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
    /// It failed because it was interrupted.
    pub interrupted: bool,
    pub block: Option<u32>,
    /// When the tool was done, by the wire's own clock (ms).
    pub wire_start: Option<f64>,
}

impl Outcome<'_> {
    /// Pairs the result with its call and reports it, once.
    pub(super) fn report(&self, scope: &mut Scope<'_>) {
        let Some(call) = scope.turns.result(self.id, &scope.context.turn) else { return };
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
            if self.interrupted {
                batch.bool(Field::IsInterrupt, true);
            }
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
