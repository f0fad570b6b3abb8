//! Queries of the SDK's enhanced server: one at a time, with no ids on the wire.
//! What breaks a query off is said in several messages, in any order, and ends
//! it once.

use super::rows::About;
use super::scope::{Scope, write_fields};
use super::session::Session;
use super::tool::Outcome;
use super::{FieldRule, Query};
use crate::event::Batch;
use crate::hook::{Field, HookName};
use crate::json::tape::{Tape, elements};
use crate::json::text;
use crate::turn::append_number;
use alloc::vec::Vec;

/// The query at hand.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The server's hello was told.
    met: bool,
    /// What the page asked last.
    asked: Vec<u8>,
    /// The query's name, which its messages share.
    name: Vec<u8>,
    /// Messages so far.
    messages: u32,
    /// What it came to, raw, and where the fields stand in that.
    result: Vec<u8>,
    fields: &'static [FieldRule],
    /// Something of the query has come.
    active: bool,
    /// The server said that it breaks it off.
    interrupted: bool,
    /// A query is over whose own end is still to come.
    late: bool,
}

pub(super) fn act(scope: &mut Scope<'_>, about: &mut About<'_>, what: Query) {
    match what {
        Query::Hello => hello(scope, about.session),
        Query::Asked => about.session.query.asked = scope.decoded("/prompt"),
        Query::Begins => begin(scope, about.session),
        Query::Blocks => blocks(scope, about),
        Query::Result => {
            let run = &mut about.session.query;
            run.active = true;
            run.result = scope.data.to_vec();
            run.fields = about.rule.fields;
        }
        Query::End => end(scope, about.session),
        Query::Interrupted => {
            about.session.query.interrupted = true;
            scope.hook(HookName::Interrupt);
        }
        Query::Cancelled => {
            if about.session.busy {
                stop(scope, about.session, b"user_canceled");
                about.session.query.late = true;
            }
        }
        Query::Failed => failed(scope, about),
    }
}

fn hello(scope: &mut Scope<'_>, session: &mut Session) {
    if core::mem::replace(&mut session.query.met, true) {
        return;
    }
    let name = scope.decoded("/data/session_id");
    scope.context.set(|context| &mut context.conversation, &name);
    session.enter(scope, b"");
    if let Some(batch) = scope.hook(HookName::SessionStart) {
        batch.text_field(Field::Source, b"startup");
    }
}

fn begin(scope: &mut Scope<'_>, session: &mut Session) {
    // Only one query runs: the one before is over, whatever was missed.
    session.give_up(scope.out);
    session.wake(scope);
    let run = &mut session.query;
    let mut prompt = scope.decoded("/data/prompt");
    let asked = core::mem::take(&mut run.asked);
    if prompt.is_empty() {
        prompt = asked;
    }
    run.name = scope.turns.name_query();
    run.messages = 0;
    run.active = false;
    run.interrupted = false;
    run.result.clear();
    if let Some(thread) = session.thread(b"", scope.limits.remembered) {
        thread.message.clear();
    }
    session.enter(scope, b"");
    if let Some(batch) = scope.hook(HookName::UserPromptSubmit) {
        batch.text_field(Field::Prompt, &prompt);
        batch.text_field(Field::Source, b"wire");
    }
}

/// Blocks of an answer make a message; results of tools come the same way.
fn blocks(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let content = scope.tape.at(scope.data, "/data/content");
    let run = &mut about.session.query;
    run.active = true;
    if run.name.is_empty() {
        run.name = scope.turns.name_query();
    }
    let mut message = br#"{"message":{"id":""#.to_vec();
    message.extend_from_slice(&run.name);
    message.push(b'-');
    append_number(run.messages.saturating_add(1), &mut message);
    message.extend_from_slice(br#"","content":["#);
    let head = message.len();
    let mut tape = Tape::default();
    for block in elements(content) {
        tape.read(block);
        if text::inner(tape.at(block, "/type")) == b"tool_result" {
            continue;
        }
        if message.len() > head {
            message.push(b',');
        }
        message.extend_from_slice(block);
    }
    if message.len() > head {
        run.messages = run.messages.saturating_add(1);
        message.extend_from_slice(b"]}}");
        tape.read(&message);
        if let Some(thread) = about.session.thread(b"", scope.limits.remembered) {
            let row = &mut scope.over(scope.dialect, &tape, &message);
            thread.whole(row, about.seen);
            thread.close(row, b"", true);
        }
    }
    for block in elements(content) {
        tape.read(block);
        if text::inner(tape.at(block, "/type")) == b"tool_result" {
            let mut id = Vec::new();
            text::decode(text::inner(tape.at(block, "/tool_use_id")), &mut id);
            let content = tape.at(block, "/content");
            Outcome {
                id: &id,
                name: b"",
                input: b"",
                content,
                error: content,
                failed: tape.at(block, "/is_error") == b"true",
                interrupted: false,
                block: None,
                wire_start: None,
            }
            .report(scope);
        }
    }
}

/// What a second question gets while the first is answered.
const BUSY: &[u8] = b"already in progress";

fn failed(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let error = scope.decoded("/data/error");
    let busy = error.windows(BUSY.len()).any(|words| words == BUSY);
    if busy || !about.session.busy {
        scope.emit(HookName::Notification, about.rule.fields);
        return;
    }
    fail(scope, about.session, &error);
    about.session.query.late = true;
}

fn end(scope: &mut Scope<'_>, session: &mut Session) {
    let run = &mut session.query;
    // The late end of a query that was broken off, before anything of the next
    // has come.
    if core::mem::take(&mut run.late) && !run.active {
        return;
    }
    let subtype = subtype(&run.result);
    if subtype.starts_with(b"error") {
        return fail(scope, session, &subtype);
    }
    let cancelled = run.interrupted && run.result.is_empty();
    stop(scope, session, if cancelled { b"user_canceled" } else { b"" });
}

/// The query is over: what was said last in it. Nothing when none was under way.
fn over(scope: &mut Scope<'_>, session: &mut Session) -> Option<Vec<u8>> {
    let thread = session.thread(b"", scope.limits.remembered);
    let said = thread.map(|thread| core::mem::take(&mut thread.said)).unwrap_or_default();
    (session.busy && session.settle(scope)).then_some(said)
}

fn stop(scope: &mut Scope<'_>, session: &mut Session, reason: &[u8]) {
    let Some(said) = over(scope, session) else { return };
    if let Some(batch) = scope.hook(HookName::Stop) {
        batch.bool(Field::StopHookActive, false);
        match reason {
            b"" => batch.null(Field::StopReason),
            reason => batch.text_field(Field::StopReason, reason),
        }
        tell(batch, session, &said);
    }
}

fn fail(scope: &mut Scope<'_>, session: &mut Session, details: &[u8]) {
    let Some(said) = over(scope, session) else { return };
    if let Some(batch) = scope.hook(HookName::StopFailure) {
        batch.text_field(Field::Error, b"unknown");
        batch.text_field(Field::ErrorDetails, details);
        tell(batch, session, &said);
    }
}

/// What the query came to.
fn tell(batch: &mut Batch, session: &Session, said: &[u8]) {
    batch.escaped(Field::LastAssistantMessage, core::iter::once(said));
    let run = &session.query;
    let mut tape = Tape::default();
    if tape.read(&run.result) {
        write_fields(batch, run.fields, &tape, &run.result);
    }
}

fn subtype(result: &[u8]) -> Vec<u8> {
    let mut tape = Tape::default();
    tape.read(result);
    let mut out = Vec::new();
    text::decode(text::inner(tape.at(result, "/data/subtype")), &mut out);
    out
}
