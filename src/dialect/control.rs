//! The control channel: what the worker asks the person, how they answer, and
//! what clients ask of the worker. The same request comes twice, is echoed to
//! every client and asked again after a reconnect: its id tells.

use super::rows::{About, rule_for};
use super::scope::Scope;
use super::session::{Question, Session};
use super::{Row, name_of};
use crate::event::Batch;
use crate::exchange::Direction;
use crate::hook::{Field, HookName};
use crate::json::tape::{Tape, elements};
use crate::json::{Kind, kind, text};
use alloc::vec::Vec;

pub(super) fn act(scope: &mut Scope<'_>, about: &mut About<'_>, row: Row) {
    match row {
        // What other clients are asked is echoed, what we ask is not ours to
        // answer.
        Row::Ask if about.origin.direction == Direction::In => ask(scope, about),
        Row::Elicit if about.origin.direction == Direction::In => elicit(scope, about),
        Row::Answer => answer(scope, about),
        Row::Cancel => {
            let request = scope.decoded("/request_id");
            if let Some(question) = about.session.answered(&request, b"")
                && let Some(batch) = scope.emit(HookName::PermissionCancelled, about.rule.fields)
            {
                name(batch, &question);
            }
        }
        Row::Denied => {
            let id = scope.decoded("/tool_use_id");
            if about.seen.first(&[b"denied", &id], scope.ts)
                && let Some(batch) = scope.emit(HookName::PermissionDenied, about.rule.fields)
            {
                batch.text_field(Field::ToolId, &id);
            }
        }
        Row::Interrupt => {
            scope.emit(HookName::Interrupt, about.rule.fields);
        }
        Row::Model => model(scope, about),
        Row::Mode => {
            let mode = scope.decoded("/request/mode");
            set_mode(scope, about.session, &mode);
        }
        Row::Callback => callback(scope, about),
        _ => {}
    }
}

/// The person is asked to allow a tool call, once for each request.
fn ask(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let question = Question {
        request: scope.decoded("/request_id"),
        tool: scope.decoded("/request/tool_use_id"),
        name: scope.decoded("/request/tool_name"),
        input: scope.present("/request/input").to_vec(),
        asked: scope.ts,
        elicits: false,
    };
    if !about.seen.first(&[b"ask", &question.request], scope.ts) {
        return;
    }
    super::rows::join(scope, about.session);
    if let Some(batch) = scope.emit(HookName::PermissionRequest, about.rule.fields) {
        batch.bool(Field::Blocking, false);
    }
    let asks = scope.dialect.asks.iter().any(|tool| tool.as_bytes() == question.name);
    if asks && let Some(batch) = scope.hook(HookName::Elicitation) {
        let mut tape = Tape::default();
        tape.read(&question.input);
        batch.text_field(Field::RequestId, &question.request);
        name(batch, &question);
        batch.value(Field::Questions, tape.at(&question.input, "/questions"));
    }
    remember(scope, about.session, question);
}

/// The person is asked for words.
fn elicit(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let question = Question {
        request: scope.decoded("/request_id"),
        name: scope.decoded("/request/mcp_server_name"),
        asked: scope.ts,
        elicits: true,
        ..Question::default()
    };
    if about.seen.first(&[b"ask", &question.request], scope.ts) {
        scope.emit(HookName::Elicitation, about.rule.fields);
        remember(scope, about.session, question);
    }
}

pub(super) fn remember(scope: &Scope<'_>, session: &mut Session, question: Question) {
    session.questions.push(question);
    if session.questions.len() > scope.limits.remembered {
        session.questions.remove(0);
    }
}

/// The answer to a question, whoever gives it, or to a request.
fn answer(scope: &mut Scope<'_>, about: &mut About<'_>) {
    asked_before(scope, about);
    let request = scope.decoded("/response/request_id");
    let (tape, data) = (scope.tape, scope.data);
    let behavior = scope.text("/response/response/behavior");
    let known = about.session.answered(&request, b"");
    let elicits = known.as_ref().is_some_and(|question| question.elicits);
    if known.is_none() && behavior.is_empty() {
        return;
    }
    if !about.seen.first(&[b"answer", &request], scope.ts) {
        return;
    }
    let mut question = known.unwrap_or_else(|| Question { asked: scope.ts, ..Question::default() });
    if question.tool.is_empty() {
        question.tool = scope.decoded("/response/response/toolUseID");
    }
    let latency = scope.ts - question.asked;
    if elicits {
        let Some(batch) = scope.hook(HookName::ElicitationResult) else { return };
        batch.text_field(Field::RequestId, &request);
        if !question.name.is_empty() {
            batch.text_field(Field::Server, &question.name);
        }
        batch.value(Field::Action, tape.at(data, "/response/response/action"));
        batch.value(Field::Content, tape.at(data, "/response/response/content"));
        return waited(batch, latency);
    }
    if behavior != b"allow" {
        if behavior != b"deny" || !about.seen.first(&[b"denied", &question.tool], scope.ts) {
            return;
        }
        let Some(batch) = scope.hook(HookName::PermissionDenied) else { return };
        batch.text_field(Field::RequestId, &request);
        name(batch, &question);
        batch.text_field(Field::Reason, b"user");
        batch.value(Field::Message, tape.at(data, "/response/response/message"));
        return waited(batch, latency);
    }
    let updated = scope.present("/response/response/updatedInput");
    let permissions = scope.present("/response/response/updatedPermissions");
    if let Some(batch) = scope.hook(HookName::PermissionGranted) {
        batch.text_field(Field::RequestId, &request);
        name(batch, &question);
        batch.text_field(Field::Reason, b"user");
        // An empty object says: unchanged.
        let mut tape = Tape::default();
        tape.read(updated);
        if tape.members(updated).next().is_some() {
            batch.json(Field::UpdatedInput, updated);
        }
        if !permissions.is_empty() {
            batch.json(Field::UpdatedPermissions, permissions);
        }
        waited(batch, latency);
    }
    // Leaving plan mode comes with the mode that follows.
    for update in elements(permissions) {
        let mut tape = Tape::default();
        tape.read(update);
        if text::inner(tape.at(update, "/type")) == b"setMode" {
            let mut mode = Vec::new();
            text::decode(text::inner(tape.at(update, "/mode")), &mut mode);
            set_mode(scope, about.session, &mode);
        }
    }
}

/// Questions that were open before this client came: its handshake repeats them.
fn asked_before(scope: &mut Scope<'_>, about: &mut About<'_>) {
    const LISTS: [&str; 3] = [
        "/response/pending_permission_requests",
        "/response/pending_user_dialog_requests",
        "/response/pending_elicitation_requests",
    ];
    for list in LISTS {
        for request in elements(scope.present(list)) {
            let mut tape = Tape::default();
            tape.read(request);
            let name = name_of(scope.dialect, &tape, request, b"");
            let Some(rule) = rule_for(scope.dialect, &name) else { continue };
            let before = core::mem::replace(&mut about.rule, rule);
            let scope = &mut scope.over(scope.dialect, &tape, request);
            match rule.act {
                super::Act::Row(Row::Ask) => ask(scope, about),
                super::Act::Row(Row::Elicit) => elicit(scope, about),
                _ => {}
            }
            about.rule = before;
        }
    }
}

/// A call that was refused, as its result tells; unless that was told.
pub(super) fn refused(scope: &mut Scope<'_>, about: &mut About<'_>, id: &[u8], why: &[u8]) {
    let question = about.session.answered(b"", id);
    if !about.seen.first(&[b"denied", id], scope.ts) {
        return;
    }
    let call = scope.turns.waiting(id);
    let (tool, input) =
        call.map(|call| (call.name.clone(), call.input.clone())).unwrap_or_default();
    let ts = scope.ts;
    let Some(batch) = scope.hook(HookName::PermissionDenied) else { return };
    batch.text_field(Field::ToolId, id);
    if !tool.is_empty() {
        batch.text_field(Field::ToolName, &tool);
    }
    if !input.is_empty() {
        batch.json(Field::ToolInput, &input);
    }
    batch.text_field(Field::Reason, why);
    if let Some(question) = question {
        waited(batch, ts - question.asked);
    }
}

pub(super) fn name(batch: &mut Batch, question: &Question) {
    if !question.tool.is_empty() {
        batch.text_field(Field::ToolId, &question.tool);
    }
    if !question.name.is_empty() {
        batch.text_field(Field::ToolName, &question.name);
    }
    if !question.input.is_empty() {
        batch.json(Field::ToolInput, &question.input);
    }
}

pub(super) fn waited(batch: &mut Batch, ms: f64) {
    if ms > 0.0 {
        batch.int(Field::LatencyMs, (ms + 0.5) as u32);
    }
}

/// Another model answers from here on.
fn model(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let retracted = scope.present("/retracted_message_uuids");
    if !retracted.is_empty()
        && let Some(batch) = scope.hook(HookName::MessageRetract)
    {
        batch.json(Field::Uuid, retracted);
    }
    let from = about.session.model.clone();
    let named = about.rule.fields.iter().any(|field| field.0 == Field::FromModel);
    if let Some(batch) = scope.emit(HookName::PostModelSwitch, about.rule.fields)
        && !named
        && !from.is_empty()
    {
        batch.text_field(Field::FromModel, &from);
    }
    let to = about.rule.fields.iter().find(|field| field.0 == Field::ToModel);
    about.session.model = to.map(|field| scope.decoded(field.1)).unwrap_or_default();
}

/// The permission mode, if it changes.
pub(super) fn set_mode(scope: &mut Scope<'_>, session: &mut Session, mode: &[u8]) {
    if session.mode == mode || mode.is_empty() {
        return;
    }
    session.mode = mode.to_vec();
    if let Some(batch) = scope.hook(HookName::ConfigChange) {
        batch.text_field(Field::Source, b"permission_mode");
        batch.text_field(Field::PermissionMode, mode);
    }
}

/// What the tap tells on its own: a callback of that name would be a repeat.
const TOLD: [HookName; 13] = [
    HookName::SessionStart,
    HookName::UserPromptSubmit,
    HookName::PreToolUse,
    HookName::PostToolUse,
    HookName::PostToolUseFailure,
    HookName::PermissionRequest,
    HookName::PermissionDenied,
    HookName::Stop,
    HookName::StopFailure,
    HookName::SubagentStart,
    HookName::SubagentStop,
    HookName::PreCompact,
    HookName::PostCompact,
];

/// A hook of Claude Code's, verbatim: under its own name, or as progress where
/// the tap tells the same by itself.
fn callback(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let request = scope.decoded("/request_id");
    let input = scope.tape.at(scope.data, "/request/input");
    if kind(input) != Kind::Object || !about.seen.first(&[b"callback", &request], scope.ts) {
        return;
    }
    let mut tape = Tape::default();
    tape.read(input);
    let event = text::inner(tape.at(input, "/hook_event_name"));
    let known = HookName::ALL.iter().find(|name| name.name().as_bytes() == event);
    let own = known.copied().filter(|name| !TOLD.contains(name));
    let Some(batch) = scope.hook(own.unwrap_or(HookName::Progress)) else { return };
    if own.is_none() {
        batch.text_field(Field::ProgressType, b"hook_callback");
        batch.text_field(Field::Title, event);
    }
    batch.json(Field::HookInput, input);
}
