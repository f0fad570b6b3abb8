//! How turns end otherwise than by their own last record.

use super::assembler::{Assembler, compact};
use super::keep::without_secrets;
use super::scope::Scope;
use super::{Content, failure};
use crate::event::Batch;
use crate::hook::{Field, HookName};
use crate::json::tape::Tape;
use crate::notice::NoticeCode;
use crate::output::{Context, Output};

/// How a body ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// By its own end.
    Done,
    /// The page cancelled it.
    Cancelled,
    /// The page aborted it.
    Aborted,
    /// The network or the decoder failed.
    Failed,
    /// We lost sight of it.
    Unobserved,
}

impl Ending {
    /// Its name in raw events.
    pub fn name(self) -> &'static str {
        match self {
            Ending::Done => "done",
            Ending::Cancelled => "cancelled",
            Ending::Aborted => "aborted",
            Ending::Failed => "failed",
            Ending::Unobserved => "unobserved",
        }
    }
}

impl Assembler {
    /// The message is over.
    pub(super) fn message_end(&mut self, scope: &mut Scope<'_>, reason: &[u8], complete: bool) {
        self.open = false;
        self.started = true;
        let usage = self.usage_json();
        let Some(batch) = scope.hook(HookName::MessageEnd) else { return };
        if reason.is_empty() {
            batch.null(Field::StopReason);
        } else {
            batch.text_field(Field::StopReason, reason);
        }
        batch.text_field(Field::Source, b"sse");
        batch.bool(Field::Complete, complete);
        if let Some(usage) = usage {
            batch.json(Field::Usage, &usage);
        }
        for (field, raw) in self.fields.iter().filter(|(_, raw)| raw != b"null") {
            batch.json(*field, &without_secrets(raw));
        }
    }

    /// Nobody will see this message's end.
    pub(super) fn give_up(&mut self, out: &mut Output, context: &mut Context) {
        if core::mem::take(&mut self.open)
            && let Some(batch) = out.hook(context, HookName::MessageEnd)
        {
            batch.text_field(Field::StopReason, b"incomplete");
            batch.text_field(Field::Source, b"sse");
            batch.bool(Field::Complete, false);
        }
    }

    /// The turn is over, well or by the person's wish.
    pub(super) fn turn_stop(&mut self, scope: &mut Scope<'_>, reason: &[u8]) {
        if self.nested || core::mem::replace(&mut self.stopped, true) {
            return;
        }
        scope.turns.answered(&scope.context.turn);
        let Some(batch) = scope.out.hook(scope.context, HookName::Stop) else { return };
        batch.bool(Field::StopHookActive, false);
        if reason.is_empty() {
            batch.null(Field::StopReason);
        } else {
            batch.text_field(Field::StopReason, reason);
        }
        self.last_message(batch);
    }

    /// The turn is over, by a failure.
    pub(super) fn stop_failure(&mut self, scope: &mut Scope<'_>, error: &str, details: &[u8]) {
        if self.nested || core::mem::replace(&mut self.stopped, true) {
            return;
        }
        let Some(batch) = scope.out.hook(scope.context, HookName::StopFailure) else { return };
        batch.text_field(Field::Error, error.as_bytes());
        if !details.is_empty() {
            batch.text_field(Field::ErrorDetails, details);
        }
        self.last_message(batch);
    }

    /// The answer's text since its last tool call.
    fn last_message(&self, batch: &mut Batch) {
        let last_tool = self.blocks.iter().rposition(|block| block.is_call() || block.is_result());
        let after = self.blocks.get(last_tool.map_or(0, |at| at + 1)..).unwrap_or_default();
        let texts = after.iter().filter(|block| block.is == Content::Text);
        batch.escaped(Field::LastAssistantMessage, texts.map(|block| &*block.pieces));
    }

    /// An `error` record, or an error body under an HTTP status (0 for none).
    pub(super) fn error(&mut self, scope: &mut Scope<'_>, status: u32) {
        let kind = scope.decoded("/error/type");
        let message = scope.decoded("/error/message");
        let error = failure::name(&kind, &message, status);
        if error == "rate_limit"
            && let Some(batch) = scope.hook(HookName::Notification)
        {
            batch.text_field(Field::NotificationType, b"rate_limit");
            // A refused send tells its limit in a JSON text inside the message.
            let mut tape = Tape::default();
            let state = if tape.read(&message) { tape.at(&message, "/type") } else { b"" };
            if !state.is_empty() {
                batch.value(Field::Message, state);
                batch.json(Field::Limit, &message);
            } else if !message.is_empty() {
                batch.text_field(Field::Message, &message);
            }
            self.wait(batch);
        }
        // Gateways have error bodies of their own, down to a bare text.
        let mut detail = message;
        if detail.is_empty() {
            detail = kind;
        }
        if detail.is_empty() {
            detail = scope.decoded("/error");
        }
        if detail.is_empty() && status > 0 {
            detail.extend_from_slice(b"HTTP ");
            crate::turn::append_number(status, &mut detail);
        }
        self.fail(scope, b"error", error, &detail);
    }

    /// An HTTP error, whatever its body says.
    pub fn refused(&mut self, scope: &mut Scope<'_>, status: u32) {
        if !self.stopped {
            self.error(scope, status);
        }
    }

    /// The body is over.
    pub fn end(&mut self, scope: &mut Scope<'_>, how: Ending) {
        self.end_compaction(scope);
        if !self.open && (self.stopped || self.continues) {
            return;
        }
        match how {
            Ending::Cancelled | Ending::Aborted => {
                if self.open {
                    self.leave_blocks_open(scope);
                    self.message_end(scope, b"user_canceled", false);
                }
                self.turn_stop(scope, b"user_canceled");
            }
            Ending::Done => self.fail(scope, b"incomplete", "unknown", b"incomplete_stream"),
            Ending::Failed => self.fail(scope, b"incomplete", "unknown", b"network"),
            Ending::Unobserved => {
                scope.out.notice(NoticeCode::StreamUnobserved, b"", 1);
                self.fail(scope, b"incomplete", "unknown", b"unobserved");
            }
        }
    }

    /// How long the service asks to wait.
    fn wait(&self, batch: &mut Batch) {
        if !self.retry_after.is_empty() {
            batch.text_field(Field::RetryAfter, &self.retry_after);
        }
    }

    /// A summary that nobody ended.
    pub(super) fn end_compaction(&mut self, scope: &mut Scope<'_>) {
        if core::mem::take(&mut self.compacting) {
            compact(scope, HookName::PostCompact, &[]);
        }
    }

    fn fail(&mut self, scope: &mut Scope<'_>, reason: &[u8], error: &str, detail: &[u8]) {
        if self.open {
            self.leave_blocks_open(scope);
            self.message_end(scope, reason, false);
        }
        self.stop_failure(scope, error, detail);
    }
}
