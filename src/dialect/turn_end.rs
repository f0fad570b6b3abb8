//! How the turns of a session end: by their result, once nothing is queued
//! behind it, or by what else says so.

use super::failure;
use super::rows::About;
use super::scope::{Scope, write_fields};
use super::session::Session;
use super::{Act, EventRule, Row};
use crate::event::Batch;
use crate::hook::{Field, HookName};
use crate::json::tape::{Tape, elements};
use crate::json::{integer, text};
use alloc::vec::Vec;

/// The turn's result. With prompts queued behind it, it is not the end yet.
pub(super) fn result(scope: &mut Scope<'_>, about: &mut About<'_>) {
    super::rows::join(scope, about.session);
    let queued = integer(scope.tape.at(scope.data, "/queued_turn_count")).unwrap_or(0) > 0;
    if queued || !about.session.queue.is_empty() {
        about.session.held = scope.data.to_vec();
        return;
    }
    end(scope, about.session, about.rule);
}

/// Ends the turn by the result that `scope` is over.
fn end(scope: &mut Scope<'_>, session: &mut Session, rule: &'static EventRule) {
    let reason = scope.text("/terminal_reason");
    let failed = scope.text("/subtype").starts_with(b"error")
        || scope.tape.at(scope.data, "/is_error") == b"true";
    let aborted = reason.starts_with(b"aborted");
    let error = core::mem::take(&mut session.error);
    let closing: &[u8] = match (aborted, failed) {
        (true, _) => b"user_canceled",
        (_, true) => b"error",
        _ => text::inner(scope.tape.at(scope.data, "/stop_reason")),
    };
    let mut said = Vec::new();
    for at in 0..session.threads.len() {
        let Some(thread) = session.threads.get_mut(at) else { break };
        let parent = thread.parent.clone();
        // A subagent in the background works on.
        let background = session
            .subagents
            .iter()
            .any(|agent| agent.background && agent.tool == parent && !parent.is_empty());
        if background || !thread.is_open() {
            if parent.is_empty() {
                said.clone_from(&thread.said);
            }
            continue;
        }
        session.enter(scope, &parent);
        let Some(thread) = session.threads.get_mut(at) else { break };
        thread.close(scope, closing, !failed && !aborted);
        if parent.is_empty() {
            said.clone_from(&thread.said);
        }
    }
    session.enter(scope, b"");
    if !session.settle(scope) {
        return;
    }
    let (tape, data) = (scope.tape, scope.data);
    let text = scope.text("/result");
    let last = if text.is_empty() { &said[..] } else { text };
    let say = |batch: &mut Batch| {
        batch.escaped(Field::LastAssistantMessage, core::iter::once(last));
        write_fields(batch, rule.fields, tape, data);
    };
    if aborted || !failed && error.is_empty() {
        let Some(batch) = scope.hook(HookName::Stop) else { return };
        batch.bool(Field::StopHookActive, false);
        match closing {
            b"" => batch.null(Field::StopReason),
            reason => batch.text_field(Field::StopReason, reason),
        }
        return say(batch);
    }
    let details = details(scope);
    let Some(batch) = scope.hook(HookName::StopFailure) else { return };
    batch.text_field(Field::Error, failure::known(&error).as_bytes());
    if !details.is_empty() {
        batch.text_field(Field::ErrorDetails, &details);
    }
    say(batch);
}

/// What a failed result says: its errors, or else how it is called; one that is
/// called a success says it in its text.
fn details(scope: &Scope<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for error in elements(scope.tape.at(scope.data, "/errors")) {
        if !out.is_empty() {
            out.extend_from_slice(b"; ");
        }
        text::decode(text::inner(error), &mut out);
    }
    if out.is_empty() {
        let name = scope.decoded("/subtype");
        out = if name == b"success" { scope.decoded("/result") } else { name };
    }
    out
}

/// A prompt is queued, taken up or done; the last one lets a held result go.
pub(super) fn lifecycle(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let command = scope.decoded("/command_uuid");
    let queue = &mut about.session.queue;
    let known = queue.iter().position(|other| *other == command);
    match scope.text("/state") {
        b"queued" | b"started" => {
            if known.is_none() && queue.len() < scope.limits.remembered {
                queue.push(command);
            }
        }
        _ => {
            if let Some(at) = known {
                queue.remove(at);
            }
            if queue.is_empty() {
                release(scope, about.session);
            }
        }
    }
}

/// The worker's own word: idle is the end of all that was queued.
pub(super) fn state(scope: &mut Scope<'_>, about: &mut About<'_>) {
    if scope.text("/state") != b"idle" {
        return;
    }
    about.session.queue.clear();
    if !about.session.held.is_empty() {
        release(scope, about.session);
    } else if about.session.busy {
        end(scope, about.session, about.rule);
    }
}

/// Ends the turn by the result that waited.
fn release(scope: &mut Scope<'_>, session: &mut Session) {
    let held = core::mem::take(&mut session.held);
    let is_result = |rule: &&EventRule| rule.act == Act::Row(Row::Result);
    let Some(rule) = scope.dialect.events.iter().find(is_result) else { return };
    if held.is_empty() {
        return;
    }
    let mut tape = Tape::default();
    tape.read(&held);
    end(&mut scope.over(scope.dialect, &tape, &held), session, rule);
}
