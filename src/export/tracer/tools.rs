//! Calls of tools (`execute_tool`, `tools/call`), and what the person is asked about
//! them.

use super::{Step, Tracer};
use crate::export::ids::Purpose;
use crate::export::json::text_of;
use crate::export::otlp::attribute::Attributes;
use crate::export::otlp::names::Measure;
use crate::export::otlp::span::{Span, SpanKind};
use crate::export::payload::Payload;
use crate::export::turns::{Around, Tool, Turn, Wait, pull};
use crate::json::tape;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Whether an MCP client's call is meant: those number them anew on every connection.
fn is_mcp(payload: &Payload) -> bool {
    payload.text("dialect").starts_with("mcp")
}

/// Whether an open call is the one that the event is about.
fn is_meant(payload: &Payload, turn: &Turn, tool: &Tool) -> bool {
    let (id, name) = (payload.id("toolId"), payload.text("toolName"));
    tool.id == id
        && !id.is_empty()
        && (name.is_empty() || name == tool.name)
        && tool.is_mcp == is_mcp(payload)
        && (!tool.is_mcp || turn.conversation == payload.id("conversationId"))
}

/// Takes the call that the event is about out of a turn.
fn pull_tool(payload: &Payload, turn: &mut Turn) -> Option<Tool> {
    let at = turn.tools.iter().position(|tool| is_meant(payload, turn, tool))?;
    Some(turn.tools.remove(at))
}

impl Tracer {
    /// The open call that the event names, as what is around it.
    pub(super) fn tool_around(&self, step: &Step<'_>) -> Option<Around> {
        let meant = |turn: &Turn, tool: &Tool| is_meant(step.payload, turn, tool);
        self.turns.iter().enumerate().find_map(|(at, turn)| {
            let tool = turn.tools.iter().find(|tool| meant(turn, tool))?;
            Some(Around { turn: at, place: tool.span.place })
        })
    }

    /// The model's call is complete: the tool runs. Told by two events as a rule.
    pub(super) fn tool_starts(&mut self, step: &mut Step<'_>) {
        let known = self.tool_around(step).filter(|_| !is_mcp(step.payload));
        let around = known.or_else(|| self.around(step));
        if let Some(around) = around {
            step.told.place = Some(around.place);
            self.call_ends(step, around.turn);
        }
        if known.is_some() {
            return;
        }
        let span = self.tool_span(step, around);
        let payload = step.payload;
        step.told.place = Some(span.place);
        let at = match around {
            Some(around) => around.turn,
            None => {
                let conversation = payload.id("conversationId");
                self.add(Turn { opened: step.n, conversation, ..Turn::default() }, step)
            }
        };
        let Some(turn) = self.touch(at, step) else { return };
        if let Some(agent) = turn.agent_of(payload) {
            agent.tools += 1;
        }
        let (id, name) = (payload.id("toolId"), payload.text("toolName"));
        turn.tools.push(Tool { id, name, is_mcp: is_mcp(payload), span });
    }

    fn tool_span(&self, step: &Step<'_>, around: Option<Around>) -> Span {
        let payload = step.payload;
        let mut span = self.begin(step, Purpose::Tool, around.map(|around| around.place));
        let (id, name) = (payload.id("toolId"), payload.text("toolName"));
        let server = payload.text("server");
        span.name = match (is_mcp(payload), &*name) {
            (true, name) => format!("tools/call {name}"),
            (false, "") => "execute_tool".into(),
            (false, name) => format!("execute_tool {name}"),
        };
        let attributes = &mut span.attributes;
        attributes.set("gen_ai.operation.name", "execute_tool");
        attributes.set_known("gen_ai.tool.name", &name);
        attributes.set_known("gen_ai.tool.call.id", &id);
        if is_mcp(payload) {
            span.kind = SpanKind::Client;
            attributes.set("mcp.method.name", "tools/call");
        } else {
            attributes.set("gen_ai.tool.type", kind_of(&id, &server));
        }
        attributes.set_known("server", &server);
        attributes.set_some("tool_input_size_bytes", payload.number("toolInputSizeBytes"));
        attributes.set_known("gen_ai.tool.call.arguments", &json_text(payload.get("toolInput")));
        let message = payload.id("messageId");
        let turn = around.and_then(|around| self.turns.get(around.turn));
        let mut chats = turn.into_iter().flat_map(|turn| &turn.chats);
        let chat = chats.find(|chat| chat.key == message && !message.is_empty());
        span.link = chat.map(|chat| chat.span.place);
        span
    }

    /// The call came back.
    pub(super) fn tool_ends(&mut self, step: &mut Step<'_>, error: Option<&str>) {
        let payload = step.payload;
        if is_mcp(payload) {
            // Of several under one number the first.
            let at = self.tool_around(step).map(|around| around.turn);
            let tool = at.and_then(|at| pull_tool(payload, self.touch(at, step)?));
            return tool.map_or((), |tool| tool_over(step, came_back(payload, tool), error));
        }
        step.told.place = self.around(step).map(|around| around.place);
        self.asked_again(step);
        for turn in &mut self.turns {
            while let Some(tool) = pull_tool(payload, turn) {
                step.touched.push(turn.opened);
                // It ran, so its questions were answered, wherever that was.
                while let Some(wait) = pull(&mut turn.waits, |wait| wait.tool == tool.id) {
                    step.end(wait.span, None);
                }
                tool_over(step, came_back(payload, tool), error);
            }
        }
    }

    /// What a tool gave goes to the model next.
    fn asked_again(&mut self, step: &mut Step<'_>) {
        let Some(around) = self.around(step).filter(|_| !step.is_late()) else { return };
        let (payload, ts) = (step.payload, step.ts);
        let turn = self.touch(around.turn, step);
        if let Some(agent) = turn.and_then(|turn| turn.agent_of(payload)) {
            agent.asked = Some(ts);
        }
    }

    /// The person is asked whether the tool may run.
    pub(super) fn wait_starts(&mut self, step: &mut Step<'_>) {
        let Some(around) = self.tool_around(step).or_else(|| self.around(step)) else { return };
        let (key, tool) = (question(step.payload), step.payload.id("toolId"));
        step.told.place = Some(around.place);
        let asked = |wait: &Wait| wait.key == key;
        if self.turns.iter().any(|turn| turn.waits.iter().any(asked)) {
            return;
        }
        let mut span = self.begin(step, Purpose::Wait, Some(around.place));
        span.name = "claude_tap.tool.blocked_on_user".into();
        span.attributes.set_known("gen_ai.tool.name", &step.payload.text("toolName"));
        span.attributes.set_known("gen_ai.tool.call.id", &tool);
        step.told.place = Some(span.place);
        if let Some(turn) = self.touch(around.turn, step) {
            turn.waits.push(Wait { key, tool, span });
        }
    }

    /// The person has decided.
    pub(super) fn wait_ends(&mut self, step: &mut Step<'_>, decision: &'static str) {
        let payload = step.payload;
        let around = self.tool_around(step).or_else(|| self.around(step));
        step.told.place = around.map(|around| around.place);
        let (key, tool) = (question(payload), payload.id("toolId"));
        let meant = |wait: &Wait| wait.key == key || wait.tool == tool && !tool.is_empty();
        for turn in &mut self.turns {
            while let Some(mut wait) = pull(&mut turn.waits, meant) {
                step.touched.push(turn.opened);
                wait.span.attributes.set("decision", decision);
                wait.span.attributes.set_known("source", &decider(payload, decision));
                step.end(wait.span, None);
            }
        }
    }

    /// The person has refused: no result will come.
    pub(super) fn denied(&mut self, step: &mut Step<'_>) {
        self.asked_again(step);
        self.wait_ends(step, "reject");
        for turn in &mut self.turns {
            while let Some(tool) = pull_tool(step.payload, turn) {
                step.touched.push(turn.opened);
                tool_over(step, tool, Some("permission_denied"));
            }
        }
    }

    /// Calls that were shown and taken back.
    pub(super) fn retracted(&mut self, step: &mut Step<'_>) {
        self.chat_event(step, "claude_tap.message_retract");
        let ids: Vec<String> =
            tape::elements(step.payload.get("toolIds")).filter_map(text_of).collect();
        let place = step.told.place;
        for turn in &mut self.turns {
            while let Some(mut tool) = pull(&mut turn.tools, |tool| ids.contains(&tool.id)) {
                step.touched.push(turn.opened);
                tool.span.attributes.set("claude_tap.retracted", true);
                step.end(tool.span, None);
            }
        }
        step.told.place = place;
    }
}

/// A call with what its result says of it.
fn came_back(payload: &Payload, mut tool: Tool) -> Tool {
    let attributes = &mut tool.span.attributes;
    attributes.set_some("duration_ms", payload.number("durationMs"));
    attributes.set_some("tool_result_size_bytes", payload.number("toolResultSizeBytes"));
    attributes.set_known("gen_ai.tool.call.result", &json_text(payload.get("toolResponse")));
    if payload.is("isInterrupt") {
        attributes.set("claude_tap.interrupted", true);
    }
    tool
}

fn tool_over(step: &mut Step<'_>, tool: Tool, error: Option<&str>) {
    let mut attributes = Attributes::default();
    let what = if tool.is_mcp {
        attributes.set("mcp.method.name", "tools/call");
        Measure::McpDuration
    } else {
        Measure::ToolDuration
    };
    attributes.set("gen_ai.operation.name", "execute_tool");
    attributes.set_known("gen_ai.tool.name", &tool.name);
    attributes.set_some("error.type", error);
    let (start, seconds) = step.end(tool.span, error.map(Into::into));
    step.measure(what, seconds, start, &attributes);
}

/// Who runs it: the service itself and connectors beside it, else whoever called the
/// service.
fn kind_of(id: &str, server: &str) -> &'static str {
    match id.starts_with("srvtoolu_") || id.starts_with("mcptoolu_") || !server.is_empty() {
        true => "extension",
        false => "function",
    }
}

/// What names a question.
fn question(payload: &Payload) -> String {
    let names = ["requestId", "approvalKey", "toolId"].map(|name| payload.id(name));
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}

/// Who decided, in Claude Code's words where a person did.
pub fn decider(payload: &Payload, decision: &str) -> String {
    match (&*payload.text("reason"), decision) {
        ("user", "accept") => "user_temporary".into(),
        ("user", _) => "user_reject".into(),
        (reason, _) => reason.into(),
    }
}

/// A JSON value as text: of a text what it says.
fn json_text(raw: &[u8]) -> String {
    match text_of(raw) {
        Some(text) => text,
        None => String::from_utf8(raw.to_vec()).unwrap_or_default(),
    }
}
