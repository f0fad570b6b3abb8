//! Turns and subagents: `invoke_agent`.

use super::{Step, Tracer};
use crate::export::ids::Purpose;
use crate::export::json::{object, string};
use crate::export::otlp::attribute::Attributes;
use crate::export::otlp::names::Measure;
use crate::export::otlp::span::{Span, SpanEvent};
use crate::export::turns::{Agent, Around, Turn, pull};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The agent that answers prompts.
const ASSISTANT: &str = "claude";

impl Tracer {
    /// The person asks.
    pub(super) fn prompt(&mut self, step: &mut Step<'_>) {
        let ts = step.ts;
        let at = match self.turn_at(step.payload) {
            Some(at) => at,
            None => self.open_turn(step),
        };
        let (model, prompt) = (step.payload.text("model"), step.payload.text("prompt"));
        let length = step.payload.number("promptLength");
        if let Some(agent) = self.touch(at, step).and_then(|turn| turn.root.as_mut()) {
            agent.asked = Some(ts);
            agent.span.attributes.set_some("prompt_length", length);
            if !prompt.is_empty() {
                let message = message("user", &prompt, None);
                agent.span.attributes.set("gen_ai.input.messages", message);
            }
            agent.model = model;
            step.told.place = Some(agent.span.place);
        }
    }

    /// Opens the event's turn; its place in the list.
    pub(super) fn open_turn(&mut self, step: &mut Step<'_>) -> usize {
        let span = self.agent_span(step, Purpose::Turn, None, ASSISTANT);
        let turn = Turn {
            opened: step.n,
            key: Tracer::key(step.payload),
            conversation: step.payload.id("conversationId"),
            root: Some(agent(String::new(), span)),
            ..Turn::default()
        };
        self.add(turn, step)
    }

    /// The agent that the event belongs to, opened if it is not at work.
    pub(super) fn agent_of(&mut self, step: &mut Step<'_>) -> Option<Around> {
        let id = step.payload.id("agentId");
        if self.around(step).is_none() {
            self.open_turn(step);
        }
        let around = self.around(step)?;
        let turn = self.turns.get(around.turn)?;
        if id.is_empty() || turn.agents.iter().any(|agent| agent.id == id) {
            return Some(around);
        }
        self.open_agent(step, around, id)
    }

    fn open_agent(&mut self, step: &mut Step<'_>, around: Around, id: String) -> Option<Around> {
        let name = step.payload.text("agentType");
        let mut span = self.agent_span(step, Purpose::Agent, Some(around.place), &name);
        if self.profile.agent_names_provider {
            span.attributes.set_known("gen_ai.agent.id", &id);
        }
        let place = span.place;
        let turn = self.touch(around.turn, step)?;
        turn.agents.push(agent(id, span));
        Some(Around { turn: around.turn, place })
    }

    fn agent_span(
        &self,
        step: &Step<'_>,
        purpose: Purpose,
        around: Option<crate::export::otlp::span::Place>,
        name: &str,
    ) -> Span {
        let mut span = self.begin(step, purpose, around);
        span.name = match name {
            "" => "invoke_agent".into(),
            _ => format!("invoke_agent {name}"),
        };
        span.attributes.set("gen_ai.operation.name", "invoke_agent");
        if self.profile.agent_names_provider {
            span.attributes.set("gen_ai.provider.name", "anthropic");
        }
        span.attributes.set_known("gen_ai.agent.name", name);
        span
    }

    /// A subagent begins: within the tool call it works for, if that is open.
    pub(super) fn agent_starts(&mut self, step: &mut Step<'_>) {
        let id = step.payload.id("agentId");
        let known = |turn: &Turn| turn.agents.iter().any(|agent| agent.id == id);
        if id.is_empty() || self.turns.iter().any(known) {
            return step.told.place = self.around(step).map(|around| around.place);
        }
        let around = self.tool_around(step).or_else(|| self.around(step));
        let around = match around {
            Some(around) => self.open_agent(step, around, id.clone()),
            None => {
                let turn = Turn {
                    opened: step.n,
                    conversation: step.payload.id("conversationId"),
                    ..Turn::default()
                };
                let span =
                    self.agent_span(step, Purpose::Agent, None, &step.payload.text("agentType"));
                let place = span.place;
                let at = self.add(turn, step);
                if let Some(turn) = self.turns.get_mut(at) {
                    turn.agents.push(agent(id.clone(), span));
                }
                Some(Around { turn: at, place })
            }
        };
        let Some(around) = around else { return };
        let subject = step.payload.text("taskSubject");
        if let Some(agent) = self.turns.get_mut(around.turn).and_then(|turn| turn.agent(&id)) {
            agent.asked = Some(step.ts);
            agent.span.attributes.set_known("gen_ai.agent.description", &subject);
        }
        step.told.place = Some(around.place);
    }

    /// A subagent is done.
    pub(super) fn agent_stops(&mut self, step: &mut Step<'_>) {
        let id = step.payload.id("agentId");
        let has = |turn: &Turn| turn.agents.iter().any(|agent| agent.id == id);
        let Some(at) = self.turns.iter().rposition(has) else {
            return step.told.place = self.around(step).map(|around| around.place);
        };
        let Some(turn) = self.touch(at, step) else { return };
        if let Some(agent) = pull(&mut turn.agents, |agent| agent.id == id) {
            let status = step.payload.text("status");
            let failed = matches!(&*status, "failed" | "error").then(|| "agent_error".into());
            self.agent_ends(step, agent, failed);
        }
    }

    /// The turn is over. What runs in the background, or waits for a later answer, goes
    /// on.
    pub(super) fn turn_ends(&mut self, step: &mut Step<'_>, error: Option<String>) {
        let Some(at) = self.turn_at(step.payload) else { return };
        let Some(mut agent) = self.touch(at, step).and_then(|turn| turn.root.take()) else {
            return;
        };
        let payload = step.payload;
        let attributes = &mut agent.span.attributes;
        attributes.set_known("claude_tap.stop_reason", &payload.text("stopReason"));
        let last = payload.text("lastAssistantMessage");
        if !last.is_empty() {
            let message = message("assistant", &last, Some(payload.text("stopReason")));
            attributes.set("gen_ai.output.messages", message);
        }
        self.agent_ends(step, agent, error);
    }

    fn agent_ends(&mut self, step: &mut Step<'_>, agent: Agent, error: Option<String>) {
        let mut attributes = Attributes::default();
        attributes.set("gen_ai.operation.name", "invoke_agent");
        for attribute in &agent.span.attributes.0 {
            if attribute.key == "gen_ai.agent.name" {
                attributes.set(attribute.key.clone(), attribute.value.clone());
            }
        }
        attributes.set_some("error.type", error.as_deref());
        let (chats, tools) = (agent.chats as f64, agent.tools as f64);
        let (start, seconds) = step.end(agent.span, error);
        step.measure(Measure::AgentDuration, seconds, start, &attributes);
        step.measure(Measure::AgentCalls, chats, start, &attributes);
        step.measure(Measure::AgentToolCalls, tools, start, &attributes);
    }

    /// The person interrupts the turn, which the wire may not name.
    pub(super) fn interrupted(&mut self, step: &mut Step<'_>) {
        let conversation = step.payload.id("conversationId");
        let at = self.turn_at(step.payload).or_else(|| {
            let runs = |turn: &Turn| turn.root.is_some() && turn.conversation == conversation;
            self.turns.iter().rposition(runs)
        });
        let ts = step.ts;
        let Some(turn) = at.and_then(|at| self.touch(at, step)) else { return };
        if let Some(agent) = &mut turn.root {
            let attributes = Attributes::default();
            agent.span.events.push(SpanEvent { ts, name: "claude_tap.interrupt", attributes });
            step.told.place = Some(agent.span.place);
        }
    }

    /// No answer comes to calls that still wait for one in the conversation. Turns are told
    /// to end by themselves, and another pipe may go on with theirs.
    pub(super) fn session_ends(&mut self, step: &mut Step<'_>) {
        let conversation = step.payload.id("conversationId");
        for turn in &mut self.turns {
            let meant = turn.root.is_none() && turn.conversation == conversation;
            if conversation.is_empty() || !meant {
                continue;
            }
            step.touched.push(turn.opened);
            let spans = turn.take_all().into_iter().map(|span| span.give_up(step.ts));
            step.told.ended.extend(spans);
        }
    }
}

fn agent(id: String, span: Span) -> Agent {
    Agent { id, span, asked: None, model: String::new(), chats: 0, tools: 0 }
}

/// One message of a conversation, as the conventions write it.
fn message(role: &str, text: &str, finish_reason: Option<String>) -> String {
    let mut out = b"[".to_vec();
    object(&mut out, |message| {
        message.text("role", role);
        let parts: &mut Vec<u8> = message.key("parts");
        parts.push(b'[');
        object(parts, |part| {
            part.text("type", "text");
            string(text, part.key("content"));
        });
        parts.push(b']');
        if let Some(reason) = finish_reason {
            message.text("finish_reason", &reason);
        }
    });
    out.push(b']');
    String::from_utf8(out).unwrap_or_default()
}
