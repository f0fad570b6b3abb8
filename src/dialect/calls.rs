//! What JSON-RPC messages mean in the Model Context Protocol: sessions, calls of
//! tools and how they come back, questions to the person.

use super::link::{Asked, Link};
use super::rows::rule_for;
use super::scope::{Scope, write_fields};
use super::{Act, EventRule, Rpc, control, request};
use crate::event::Batch;
use crate::hook::{Field, HookName};
use crate::json::tape::{Tape, elements};
use crate::json::{Kind, kind, text};
use crate::notice::NoticeCode;
use crate::turn::append_number;
use alloc::vec::Vec;

/// A question: by whom, on which pipe, with which id.
pub(super) fn asked(
    link: &mut Link,
    scope: &mut Scope<'_>,
    rule: &'static EventRule,
    (by_page, pipe, id): (bool, u32, &[u8]),
) {
    let mut asked = Asked {
        by_page,
        id: id.to_vec(),
        pipe,
        rule,
        tool: None,
        name: Vec::new(),
        input: scope.present("/params").to_vec(),
        token: Vec::new(),
        ts: scope.ts,
        stale: false,
    };
    if rule.act == Act::Rpc(Rpc::Initialize) {
        link.asked.iter_mut().for_each(|asked| asked.stale = true);
    }
    let call = rule.act == Act::Rpc(Rpc::Call);
    if call {
        asked.name = scope.decoded("/params/name");
        asked.input = scope.present("/params/arguments").to_vec();
        asked.token = scope.present("/params/_meta/progressToken").to_vec();
        let mut name = b"tools/call/".to_vec();
        name.extend_from_slice(&asked.name);
        asked.tool = rule_for(scope.dialect, &name);
    }
    if link.repeats(&asked) {
        return;
    }
    if call {
        called(link, scope, &asked);
    } else if rule.act == Act::Rpc(Rpc::Elicit)
        && let Some(batch) = scope.emit(HookName::Elicitation, rule.fields)
    {
        batch.text_field(Field::RequestId, &plain(id));
        server(batch, link);
    } else if rule.act == Act::Rpc(Rpc::Sample) {
        return sample(link, scope, rule, id);
    }
    let lost = link.ask(asked, scope.limits);
    if lost > 0 {
        scope.out.notice(NoticeCode::ToolForgotten, b"", lost);
    }
}

fn called(link: &mut Link, scope: &mut Scope<'_>, asked: &Asked) {
    let means = asked.tool.map(|tool| tool.act);
    if means == Some(Act::Rpc(Rpc::Turn)) {
        link.turn = scope.turns.name_turn();
        scope.context.set(|context| &mut context.turn, &link.turn);
        scope.hook(HookName::TurnStart);
    }
    if let Some(batch) = scope.hook(HookName::ToolUseStart) {
        name(batch, link, asked);
    }
    if let Some(batch) = scope.hook(HookName::PreToolUse) {
        name(batch, link, asked);
        input(batch, asked);
        batch.bool(Field::Blocking, false);
    }
    if means == Some(Act::Rpc(Rpc::Ask))
        && let Some(batch) = scope.hook(HookName::PermissionRequest)
    {
        name(batch, link, asked);
        input(batch, asked);
        about(batch, asked);
        batch.bool(Field::Blocking, false);
    }
}

/// A server asks for a completion.
fn sample(link: &Link, scope: &mut Scope<'_>, rule: &EventRule, id: &[u8]) {
    let mut prompt = Vec::new();
    let mut tape = Tape::default();
    for message in elements(scope.present("/params/messages")) {
        tape.read(message);
        if text::inner(tape.at(message, "/role")) != b"user" {
            continue;
        }
        let content = tape.at(message, "/content");
        prompt = request::plain_text(content);
        if kind(content) == Kind::Object {
            text::decode(text::inner(tape.at(message, "/content/text")), &mut prompt);
        }
    }
    if let Some(batch) = scope.emit(HookName::SamplingRequest, rule.fields) {
        batch.text_field(Field::RequestId, &plain(id));
        batch.text_field(Field::Prompt, &prompt);
        server(batch, link);
    }
}

/// The answer to a question.
pub(super) fn answered(link: &mut Link, scope: &mut Scope<'_>, asked: &Asked) {
    let result = scope.present("/result");
    match asked.rule.act {
        Act::Rpc(Rpc::Initialize) if !result.is_empty() => {
            link.server = scope.decoded("/result/serverInfo/name");
            if let Some(batch) = scope.emit(HookName::SessionStart, asked.rule.fields) {
                let mut tape = Tape::default();
                tape.read(&asked.input);
                batch.text_field(Field::Source, b"startup");
                batch.value(Field::ClientInfo, tape.at(&asked.input, "/clientInfo"));
            }
        }
        Act::Rpc(Rpc::Elicit) if !result.is_empty() => {
            let (tape, data, ts) = (scope.tape, scope.data, scope.ts);
            if let Some(batch) = scope.hook(HookName::ElicitationResult) {
                batch.text_field(Field::RequestId, &plain(&asked.id));
                server(batch, link);
                batch.value(Field::Action, tape.at(data, "/result/action"));
                batch.value(Field::Content, tape.at(data, "/result/content"));
                control::waited(batch, ts - asked.ts);
            }
        }
        Act::Rpc(Rpc::Call) => returned(link, scope, asked, result),
        _ => {}
    }
}

/// A tool call came back.
fn returned(link: &Link, scope: &mut Scope<'_>, asked: &Asked, result: &[u8]) {
    if asked.tool.is_some_and(|tool| tool.act == Act::Rpc(Rpc::Ask)) {
        decided(link, scope, asked);
    }
    let failed = result.is_empty() || scope.tape.at(scope.data, "/result/isError") == b"true";
    let (tape, data, ts) = (scope.tape, scope.data, scope.ts);
    let hook = if failed { HookName::PostToolUseFailure } else { HookName::PostToolUse };
    let Some(batch) = scope.hook(hook) else { return };
    name(batch, link, asked);
    input(batch, asked);
    if !result.is_empty() {
        if failed {
            batch.value(Field::Error, tape.at(data, "/result/content"));
        }
        batch.json(Field::ToolResponse, result);
    } else {
        batch.value(Field::Error, tape.at(data, "/error/message"));
        batch.text_field(Field::ErrorDetails, tape.at(data, "/error/code"));
    }
    took(batch, ts - asked.ts);
}

/// The person's decision on what an editor showed them: the answer's first text.
fn decided(link: &Link, scope: &mut Scope<'_>, asked: &Asked) {
    let mut answer = asked.name.clone();
    answer.push(b'=');
    let mut tape = Tape::default();
    if let Some(first) = elements(scope.present("/result/content")).next() {
        tape.read(first);
        text::decode(text::inner(tape.at(first, "/text")), &mut answer);
    }
    let saved = match rule_for(scope.dialect, &answer).map(|rule| rule.act) {
        Some(Act::Rpc(Rpc::Saved)) => true,
        Some(Act::Rpc(Rpc::Rejected)) => false,
        _ => return,
    };
    let waited = scope.ts - asked.ts;
    let hook = if saved { HookName::PermissionGranted } else { HookName::PermissionDenied };
    if let Some(batch) = scope.hook(hook) {
        name(batch, link, asked);
        input(batch, asked);
        about(batch, asked);
        batch.text_field(Field::Reason, b"user");
        control::waited(batch, waited);
    }
    if saved && let Some(batch) = scope.hook(HookName::FileChanged) {
        about(batch, asked);
        batch.text_field(Field::ToolId, &id_of(asked));
    }
}

/// A question is withdrawn by whoever asked it.
pub(super) fn cancelled(link: &mut Link, scope: &mut Scope<'_>, (by_page, pipe): (bool, u32)) {
    let id = scope.present("/params/requestId");
    let Some(asked) = link.answered(by_page, id, pipe) else { return };
    if asked.tool.is_some_and(|tool| tool.act == Act::Rpc(Rpc::Ask))
        && let Some(batch) = scope.hook(HookName::PermissionCancelled)
    {
        batch.text_field(Field::RequestId, &plain(id));
        name(batch, link, &asked);
        input(batch, &asked);
    }
    let reason = scope.decoded("/params/reason");
    fail(link, scope, &asked, if reason.is_empty() { b"cancelled" } else { &reason }, true);
}

/// Work on a question goes on, says whoever was asked.
pub(super) fn progress(link: &Link, scope: &mut Scope<'_>, rule: &EventRule, by_page: bool) {
    let token = scope.present("/params/progressToken");
    let about =
        |asked: &&Asked| asked.by_page != by_page && asked.token == token && !asked.name.is_empty();
    let Some(batch) = scope.emit(HookName::Progress, rule.fields) else { return };
    if let Some(asked) = link.asked.iter().find(about) {
        name(batch, link, asked);
    } else {
        server(batch, link);
    }
}

/// Levels of a log that the person should not know of.
const QUIET: [&[u8]; 3] = [b"debug", b"info", b"notice"];

pub(super) fn log(link: &Link, scope: &mut Scope<'_>, rule: &EventRule) {
    if QUIET.contains(&scope.text("/params/level")) {
        return;
    }
    let data = scope.present("/params/data");
    if let Some(batch) = scope.emit(HookName::Notification, rule.fields) {
        let field = if kind(data) == Kind::String { Field::Message } else { Field::Data };
        batch.value(field, data);
        server(batch, link);
    }
}

/// What was posted on a pipe was refused.
pub(super) fn refused(link: &mut Link, scope: &mut Scope<'_>, pipe: u32, status: u32) {
    let mut why = b"network".to_vec();
    if status > 0 {
        why = b"HTTP ".to_vec();
        append_number(status, &mut why);
    }
    let here = |asked: &Asked| asked.by_page && asked.pipe == pipe;
    while let Some(at) = link.asked.iter().position(here) {
        let asked = link.asked.remove(at);
        fail(link, scope, &asked, &why, false);
    }
}

/// The link is over: what was asked in it will not be answered.
pub(super) fn over(link: &mut Link, scope: &mut Scope<'_>, code: u32) {
    for asked in core::mem::take(&mut link.asked) {
        fail(link, scope, &asked, b"connection closed", false);
    }
    let Some(batch) = scope.hook(HookName::SessionEnd) else { return };
    batch.text_field(Field::Reason, b"other");
    if code > 0 {
        batch.int(Field::CloseCode, code);
    }
}

/// A call that no answer will come to.
fn fail(link: &Link, scope: &mut Scope<'_>, asked: &Asked, why: &[u8], interrupted: bool) {
    let took_ms = scope.ts - asked.ts;
    if asked.rule.act != Act::Rpc(Rpc::Call) {
        return;
    }
    let Some(batch) = scope.hook(HookName::PostToolUseFailure) else { return };
    name(batch, link, asked);
    input(batch, asked);
    batch.text_field(Field::Error, why);
    if interrupted {
        batch.bool(Field::IsInterrupt, true);
    }
    took(batch, took_ms);
}

/// What names a call.
fn name(batch: &mut Batch, link: &Link, asked: &Asked) {
    batch.text_field(Field::ToolId, &id_of(asked));
    batch.text_field(Field::ToolName, &asked.name);
    server(batch, link);
}

fn id_of(asked: &Asked) -> Vec<u8> {
    let mut id = b"mcp:".to_vec();
    id.extend_from_slice(&plain(&asked.id));
    id
}

/// An id without its quotes.
fn plain(id: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match kind(id) {
        Kind::String => _ = text::decode(text::inner(id), &mut out),
        _ => out.extend_from_slice(id),
    }
    out
}

fn input(batch: &mut Batch, asked: &Asked) {
    batch.json(Field::ToolInput, if asked.input.is_empty() { b"{}" } else { &asked.input });
}

/// What a tool of its own meaning is about.
fn about(batch: &mut Batch, asked: &Asked) {
    let mut tape = Tape::default();
    tape.read(&asked.input);
    write_fields(batch, asked.tool.map_or(&[][..], |tool| tool.fields), &tape, &asked.input);
}

fn server(batch: &mut Batch, link: &Link) {
    if !link.server.is_empty() {
        batch.text_field(Field::Server, &link.server);
    }
}

fn took(batch: &mut Batch, ms: f64) {
    if ms >= 0.0 {
        batch.int(Field::DurationMs, (ms + 0.5) as u32);
    }
}
