//! Subagents and background tasks.

use super::rows::About;
use super::scope::Scope;
use super::session::Subagent;
use crate::event::Batch;
use crate::hook::{Field, HookName};

/// A subagent or a background task begins.
pub(super) fn started(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let kind = scope.decoded("/subagent_type");
    let agent = Subagent {
        task: scope.decoded("/task_id"),
        tool: scope.decoded("/tool_use_id"),
        background: scope.tape.at(scope.data, "/is_backgrounded") == b"true",
        kind,
    };
    if agent.kind.is_empty() {
        scope.emit(HookName::TaskCreated, about.rule.fields);
        return;
    }
    let new = about.seen.first(&[b"agent", &agent.tool], scope.ts);
    let subagents = &mut about.session.subagents;
    // Its first row may have come before.
    if let Some(known) =
        subagents.iter_mut().find(|known| !agent.tool.is_empty() && known.tool == agent.tool)
    {
        *known = agent;
        return;
    }
    if !new {
        return; // it is over
    }
    if let Some(batch) = scope.emit(HookName::SubagentStart, about.rule.fields) {
        name(batch, &agent);
    }
    subagents.push(agent);
    if subagents.len() > scope.limits.remembered {
        subagents.remove(0);
    }
}

/// A row of a subagent: the first of one that nobody announced begins it.
pub(super) fn met(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let subagents = &mut about.session.subagents;
    let known = subagents.iter().any(|agent| agent.tool == about.parent);
    if known || !about.seen.first(&[b"agent", &about.parent], scope.ts) {
        return;
    }
    let agent = Subagent {
        tool: about.parent.clone(),
        kind: scope.decoded("/subagent_type"),
        task: scope.decoded("/agent_id"),
        ..Subagent::default()
    };
    if let Some(batch) = scope.hook(HookName::SubagentStart) {
        batch.text_field(Field::ToolId, &agent.tool);
        name(batch, &agent);
    }
    subagents.push(agent);
    if subagents.len() > scope.limits.remembered {
        subagents.remove(0);
    }
}

/// It is done.
pub(super) fn ended(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let task = scope.decoded("/task_id");
    let subagents = &mut about.session.subagents;
    let Some(at) = subagents.iter().position(|agent| agent.task == task && !task.is_empty()) else {
        scope.emit(HookName::TaskCompleted, about.rule.fields);
        return;
    };
    let tool = subagents.get(at).map(|agent| agent.tool.clone()).unwrap_or_default();
    stop(scope, about, &tool);
    let agent = about.session.subagents.remove(at);
    if let Some(batch) = scope.emit(HookName::SubagentStop, about.rule.fields) {
        name(batch, &agent);
    }
}

/// The result of the call that a subagent worked for, unless that works on in
/// the background.
pub(super) fn returned(scope: &mut Scope<'_>, about: &mut About<'_>, tool: &[u8]) {
    let subagents = &mut about.session.subagents;
    let Some(at) = subagents.iter().position(|agent| agent.tool == tool && !agent.background)
    else {
        return;
    };
    if scope.text("/tool_use_result/status") == b"async_launched" {
        if let Some(agent) = subagents.get_mut(at) {
            agent.background = true;
        }
        return;
    }
    stop(scope, about, tool);
    let agent = about.session.subagents.remove(at);
    if let Some(batch) = scope.hook(HookName::SubagentStop) {
        batch.text_field(Field::ToolId, tool);
        name(batch, &agent);
    }
}

/// The last message of the subagent that works for this call is over with it.
fn stop(scope: &mut Scope<'_>, about: &mut About<'_>, tool: &[u8]) {
    let known = about.session.threads.iter().any(|thread| thread.parent == tool);
    if known && !tool.is_empty() {
        about.session.enter(scope, tool);
        let limit = scope.limits.remembered;
        if let Some(thread) = about.session.thread(tool, limit) {
            thread.close(scope, b"", true);
        }
        about.session.enter(scope, b"");
    }
}

fn name(batch: &mut Batch, agent: &Subagent) {
    if !agent.task.is_empty() {
        batch.text_field(Field::AgentId, &agent.task);
    }
    if !agent.kind.is_empty() {
        batch.text_field(Field::AgentType, &agent.kind);
    }
}
