//! Events of a Managed Agents session: each is whole, and has an id by which the
//! stream, what was posted and the list of what was before tell it once.

use super::rows::About;
use super::scope::Scope;
use super::session::{Question, Session, Subagent};
use super::thread::Pipe;
use super::tool::Outcome;
use super::{Agent, control, failure, request};
use crate::event::Batch;
use crate::exchange::Direction;
use crate::hook::{Field, HookName};
use crate::json::tape::{Tape, elements};
use crate::json::{integer, text};
use crate::turn::{Call, append_number};
use alloc::vec::Vec;

pub(super) fn act(pipe: &mut Pipe, scope: &mut Scope<'_>, about: &mut About<'_>, what: Agent) {
    // What a subagent's thread does is also told on the conversation's own stream.
    let thread = scope.decoded("/session_thread_id");
    scope.context.set(|context| &mut context.agent, &thread);
    meet(scope, about);
    match what {
        Agent::Prompt => prompt(scope, about),
        Agent::Confirm => confirm(scope, about),
        Agent::Interrupt => interrupt(scope, about),
        Agent::Result => result(scope, about),
        Agent::Message => message(scope, about),
        Agent::Preview => preview(pipe, scope, about),
        Agent::Piece => piece(pipe, scope, about),
        Agent::Call | Agent::OwnCall => call(scope, about, what == Agent::OwnCall),
        Agent::Used => used(scope, about),
        Agent::Runs => {
            about.session.waits = false;
            about.session.wake(scope);
        }
        Agent::Idle => idle(scope, about),
        Agent::Failed => failed(scope, about),
        Agent::Thread => begin_thread(scope, about, thread),
        Agent::ThreadIdle if scope.text("/stop_reason/type") == REQUIRES_ACTION => {}
        Agent::ThreadIdle | Agent::ThreadOver => end_thread(scope, about, &thread),
    }
}

/// Why a session is idle while its turn is not over.
const REQUIRES_ACTION: &[u8] = b"requires_action";

/// The first event begins the session, for whoever looks on.
fn meet(scope: &mut Scope<'_>, about: &mut About<'_>) {
    if !about.session.meet(scope) {
        return;
    }
    let source: &[u8] = if about.origin.replay { b"resume" } else { b"startup" };
    if let Some(batch) = scope.hook(HookName::SessionStart) {
        batch.text_field(Field::Source, source);
    }
}

fn prompt(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let words = request::plain_text(scope.tape.at(scope.data, "/content"));
    let id = scope.decoded("/id");
    if !about.session.prompt(scope, &id, &words, about.seen) {
        return;
    }
    let Some(batch) = scope.hook(HookName::UserPromptSubmit) else { return };
    batch.text_field(Field::Prompt, &words);
    batch.text_field(Field::Source, b"wire");
    if !id.is_empty() {
        batch.text_field(Field::HumanMessageUuid, &id);
    }
}

/// The person interrupts. What the page sends has no id yet; its echo has.
fn interrupt(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let outgoing = about.origin.direction == Direction::Out;
    let sent = &mut about.session.interrupts;
    if outgoing {
        *sent = sent.saturating_add(1);
    } else if *sent > 0 {
        *sent -= 1;
        return;
    }
    scope.emit(HookName::Interrupt, about.rule.fields);
}

fn message(scope: &mut Scope<'_>, about: &mut About<'_>) {
    about.session.wake(scope);
    let mut row = br#"{"message":{"id":"#.to_vec();
    row.extend_from_slice(scope.tape.at(scope.data, "/id"));
    row.extend_from_slice(br#","content":["#);
    let mut tape = Tape::default();
    let mut first = true;
    for block in elements(scope.tape.at(scope.data, "/content")) {
        tape.read(block);
        if text::inner(tape.at(block, "/type")) != b"text" {
            continue; // redacted: there is nothing to tell
        }
        if !core::mem::take(&mut first) {
            row.push(b',');
        }
        row.extend_from_slice(block);
    }
    row.extend_from_slice(b"]}}");
    tape.read(&row);
    if let Some(thread) = about.session.thread(b"", scope.limits.remembered) {
        let row = &mut scope.over(scope.dialect, &tape, &row);
        thread.whole(row, about.seen);
        thread.close(row, b"", true);
    }
}

/// A message is about to come in pieces.
fn preview(pipe: &mut Pipe, scope: &mut Scope<'_>, about: &mut About<'_>) {
    if scope.text("/event/type") != b"agent.message" {
        return; // thinking is announced, never shown
    }
    // A slower stream brings messages of a turn that is over.
    let id = scope.decoded("/event/id");
    if !about.seen.knows(&[b"message", &id]) {
        about.session.wake(scope);
    }
    let mut start = br#"{"type":"message_start","message":{"id":"#.to_vec();
    start.extend_from_slice(scope.tape.at(scope.data, "/event/id"));
    start.extend_from_slice(b"}}");
    grow(pipe, scope, about, &start);
}

/// A piece of a message: the first of each of its blocks, or one more.
fn piece(pipe: &mut Pipe, scope: &mut Scope<'_>, about: &mut About<'_>) {
    let id = scope.decoded("/event_id");
    let index = integer(scope.tape.at(scope.data, "/delta/index")).unwrap_or(0);
    let Some(thread) = about.session.thread(b"", scope.limits.remembered) else { return };
    if thread.message != id {
        return;
    }
    let known = thread.has_block(index);
    let mut record = br#"{"type":"content_block_"#.to_vec();
    record.extend_from_slice(if known { br#"delta","index":"# } else { br#"start","index":"# });
    append_number(index, &mut record);
    let mut tape = Tape::default();
    let content = scope.tape.at(scope.data, "/delta/content");
    tape.read(content);
    let words = text::inner(tape.at(content, "/text"));
    record.extend_from_slice(if known {
        br#","delta":{"type":"text_delta","text":""#
    } else {
        br#","content_block":{"type":"text","text":""#
    });
    record.extend_from_slice(words);
    record.extend_from_slice(br#""}}"#);
    grow(pipe, scope, about, &record);
}

/// Lets the message grow by a record of the Messages API.
fn grow(pipe: &mut Pipe, scope: &mut Scope<'_>, about: &mut About<'_>, record: &[u8]) {
    let mut tape = Tape::default();
    tape.read(record);
    if let Some(thread) = about.session.thread(b"", scope.limits.remembered) {
        let messages = scope.tables.now(&super::messages::MESSAGES);
        let piece = &mut scope.over(messages, &tape, record);
        thread.piece(piece, &mut pipe.positions, about.seen);
    }
}

fn call(scope: &mut Scope<'_>, about: &mut About<'_>, own: bool) {
    about.session.wake(scope);
    let call = Call {
        id: scope.decoded("/id"),
        name: scope.decoded("/name"),
        input: scope.present("/input").to_vec(),
        turn: about.session.turn.clone(),
        ended: scope.ts,
        ended_on_wire: None,
    };
    let id = call.id.clone();
    if let Some(batch) = scope.emit(HookName::PreToolUse, about.rule.fields) {
        batch.bool(Field::Blocking, false);
    }
    if scope.turns.call(call) {
        scope.out.notice(crate::notice::NoticeCode::ToolForgotten, b"", 1);
    }
    if own {
        // The session waits for the page to run it, not for permission.
        about.seen.first(&[b"ask", &id], scope.ts);
    } else if scope.text("/evaluated_permission") == b"ask" {
        let server = scope.decoded("/mcp_server_name");
        ask(scope, about, &id, &server);
    }
}

/// The person is asked to allow a call, once.
fn ask(scope: &mut Scope<'_>, about: &mut About<'_>, id: &[u8], server: &[u8]) {
    if !about.seen.first(&[b"ask", id], scope.ts) {
        return;
    }
    let call = scope.turns.waiting(id);
    let question = Question {
        request: Vec::new(),
        tool: id.to_vec(),
        name: call.map(|call| call.name.clone()).unwrap_or_default(),
        input: call.map(|call| call.input.clone()).unwrap_or_default(),
        asked: scope.ts,
        elicits: false,
    };
    if let Some(batch) = scope.hook(HookName::PermissionRequest) {
        control::name(batch, &question);
        if !server.is_empty() {
            batch.text_field(Field::Server, server);
        }
        batch.bool(Field::Blocking, false);
    }
    control::remember(scope, about.session, question);
}

fn confirm(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let id = scope.decoded("/tool_use_id");
    let question = about.session.answered(b"", &id);
    if !about.seen.first(&[b"answer", &id], scope.ts) {
        return;
    }
    let denied = scope.text("/result") == b"deny";
    if denied {
        about.seen.first(&[b"denied", &id], scope.ts);
    }
    let question =
        question.unwrap_or_else(|| Question { tool: id, asked: scope.ts, ..Question::default() });
    let waited = scope.ts - question.asked;
    let name = if denied { HookName::PermissionDenied } else { HookName::PermissionGranted };
    if let Some(batch) = scope.emit(name, if denied { about.rule.fields } else { &[] }) {
        control::name(batch, &question);
        batch.text_field(Field::Reason, b"user");
        control::waited(batch, waited);
    }
}

/// What a tool returned; nothing for a call that the person denied.
fn result(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let at = about.rule.fields.first().map_or("", |field| field.1);
    let id = scope.decoded(at);
    if about.seen.met(&[b"denied", &id]) {
        scope.turns.result(&id, &scope.context.turn);
        return;
    }
    let content = scope.tape.at(scope.data, "/content");
    Outcome {
        id: &id,
        name: b"",
        input: b"",
        content,
        error: content,
        failed: scope.tape.at(scope.data, "/is_error") == b"true",
        interrupted: false,
        block: None,
        wire_start: None,
    }
    .report(scope);
}

/// A model request is over: so is a preview that no whole event completed.
fn used(scope: &mut Scope<'_>, about: &mut About<'_>) {
    about.session.use_tokens(scope.present("/model_usage"), scope.limits.remembered);
    if let Some(thread) = about.session.thread(b"", scope.limits.remembered) {
        thread.close(scope, b"incomplete", false);
    }
}

fn idle(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let reason = scope.decoded("/stop_reason/type");
    if reason == REQUIRES_ACTION {
        return wait(scope, about);
    }
    about.session.waits = false;
    if reason == b"end_turn" || reason.is_empty() {
        if let Some(over) = over(scope, about.session)
            && let Some(batch) = scope.hook(HookName::Stop)
        {
            batch.bool(Field::StopHookActive, false);
            batch.text_field(Field::StopReason, b"end_turn");
            over.tell(batch);
        }
        return;
    }
    fail(scope, about, "unknown", &reason);
}

/// The session waits for the person: its turn is not over.
fn wait(scope: &mut Scope<'_>, about: &mut About<'_>) {
    about.session.waits = true;
    let ids = scope.tape.at(scope.data, "/stop_reason");
    let mut tape = Tape::default();
    tape.read(ids);
    let ids = tape.at(ids, "/event_ids");
    for id in elements(ids) {
        let mut decoded = Vec::new();
        text::decode(text::inner(id), &mut decoded);
        ask(scope, about, &decoded, b"");
    }
    if let Some(batch) = scope.hook(HookName::Notification) {
        batch.text_field(Field::NotificationType, REQUIRES_ACTION);
        batch.json(Field::Data, if ids.is_empty() { b"[]" } else { ids });
    }
}

/// An error: the service tries again, or the turn is over by it.
fn failed(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let retries = scope.text("/error/retry_status/type") == b"retrying";
    if retries || !about.session.busy {
        scope.emit(HookName::Notification, about.rule.fields);
        return;
    }
    let message = scope.decoded("/error/message");
    let kind = scope.decoded("/error/type");
    let error = failure::name(&kind, &message, 0);
    fail(scope, about, error, if message.is_empty() { &kind } else { &message });
}

fn fail(scope: &mut Scope<'_>, about: &mut About<'_>, error: &str, details: &[u8]) {
    let stop_details = scope.present("/stop_details");
    if let Some(over) = over(scope, about.session)
        && let Some(batch) = scope.hook(HookName::StopFailure)
    {
        batch.text_field(Field::Error, error.as_bytes());
        batch.text_field(Field::ErrorDetails, details);
        if !stop_details.is_empty() {
            batch.json(Field::StopDetails, stop_details);
        }
        over.tell(batch);
    }
}

/// A turn that is over.
struct Over {
    /// The last that was said in it.
    said: Vec<u8>,
    usage: Option<Vec<u8>>,
}

/// The turn is over, whoever hears it. Nothing when none was under way.
fn over(scope: &mut Scope<'_>, session: &mut Session) -> Option<Over> {
    if !session.busy {
        return None;
    }
    let mut said = Vec::new();
    if let Some(thread) = session.thread(b"", scope.limits.remembered) {
        thread.close(scope, b"incomplete", false);
        said = core::mem::take(&mut thread.said);
    }
    // Its own: kept, they would be counted for the next turn as well.
    let usage = session.take_usage();
    session.settle(scope).then_some(Over { said, usage })
}

impl Over {
    fn tell(&self, batch: &mut Batch) {
        batch.escaped(Field::LastAssistantMessage, core::iter::once(&*self.said));
        if let Some(usage) = &self.usage {
            batch.json(Field::Usage, usage);
        }
    }
}

fn begin_thread(scope: &mut Scope<'_>, about: &mut About<'_>, id: Vec<u8>) {
    let subagents = &mut about.session.subagents;
    if id.is_empty() || subagents.iter().any(|agent| agent.task == id) {
        return;
    }
    subagents.push(Subagent { task: id, ..Subagent::default() });
    if subagents.len() > scope.limits.remembered {
        subagents.remove(0);
    }
    scope.emit(HookName::SubagentStart, about.rule.fields);
}

fn end_thread(scope: &mut Scope<'_>, about: &mut About<'_>, id: &[u8]) {
    let subagents = &mut about.session.subagents;
    if let Some(at) = subagents.iter().position(|agent| agent.task == id) {
        subagents.remove(at);
        scope.emit(HookName::SubagentStop, about.rule.fields);
    }
}
