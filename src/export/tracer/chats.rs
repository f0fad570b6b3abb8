//! Calls of a model: `chat`.

use super::{Step, Tracer};
use crate::export::ids::Purpose;
use crate::export::otlp::attribute::{Attributes, Value};
use crate::export::otlp::names::Measure;
use crate::export::otlp::span::{SpanEvent, SpanKind};
use crate::export::payload::Payload;
use crate::export::turns::{Chat, Turn, pull};
use crate::hook::HookName;
use alloc::format;
use alloc::string::String;
use alloc::vec;

impl Tracer {
    /// What events call the message.
    fn message_key(payload: &Payload) -> String {
        match payload.id("messageId") {
            message if message.is_empty() => ["stream ", &payload.id("streamId")].concat(),
            message => message,
        }
    }

    /// The turn in which that message is being written.
    fn chat_at(&self, key: &str) -> Option<usize> {
        let has = |turn: &Turn| turn.chats.iter().any(|chat| chat.key == key);
        self.turns.iter().rposition(has)
    }

    /// The model answers. It was asked when the prompt was sent or the last result was
    /// there; not earlier than that, the request itself has no event.
    pub(super) fn chat_starts(&mut self, step: &mut Step<'_>) {
        let Some(around) = self.agent_of(step) else { return };
        let payload = step.payload;
        let mut span = self.begin(step, Purpose::Chat, Some(around.place));
        let (key, model) = (Tracer::message_key(payload), payload.text("model"));
        let Some(turn) = self.touch(around.turn, step) else { return };
        // It begins anew, and the old end was not seen.
        let before = pull(&mut turn.chats, |chat| chat.key == key);
        step.told.ended.extend(before.map(|before| before.span.give_up(step.ts)));
        let Some(agent) = turn.agent_of(payload) else { return };
        agent.chats += 1;
        let asked = agent.asked.take().filter(|asked| *asked <= span.start);
        span.start = asked.unwrap_or(span.start);
        span.kind = SpanKind::Client;
        let named = if agent.model.is_empty() { &model } else { &agent.model };
        span.name = match &**named {
            "" => "chat".into(),
            named => format!("chat {named}"),
        };
        let attributes = &mut span.attributes;
        attributes.set("gen_ai.operation.name", "chat");
        attributes.set("gen_ai.provider.name", "anthropic");
        attributes.set_known("gen_ai.request.model", &agent.model);
        attributes.set_known("gen_ai.response.model", &model);
        attributes.set_known("gen_ai.response.id", &payload.id("messageId"));
        attributes.set_known("request_id", &payload.id("requestId"));
        if payload.is("continuation") {
            attributes.set("claude_tap.continuation", true);
        }
        step.told.place = Some(span.place);
        let from_request = asked.is_some();
        let agent = agent.id.clone();
        turn.chats.push(Chat { key, agent, span, from_request, has_piece: false, model });
    }

    /// A piece of the answer is there; the first one counts.
    pub(super) fn piece(&mut self, step: &mut Step<'_>) {
        let (key, ts) = (Tracer::message_key(step.payload), step.ts);
        let Some(at) = self.chat_at(&key) else { return };
        let waits = |chat: &&mut Chat| chat.key == key && !chat.has_piece;
        let chats = self.turns.get_mut(at).map(|turn| turn.chats.iter_mut());
        let Some(chat) = chats.and_then(|mut chats| chats.find(waits)) else {
            return step.told.place = self.around(step).map(|around| around.place);
        };
        chat.has_piece = true;
        step.told.place = Some(chat.span.place);
        if chat.from_request && !step.is_late() {
            let (start, seconds) = (chat.span.start, (ts - chat.span.start).max(0.0) / 1000.0);
            chat.span.attributes.set("gen_ai.response.time_to_first_chunk", Value::Double(seconds));
            let attributes = measured(chat);
            step.measure(Measure::FirstChunk, seconds, start, &attributes);
        }
        self.touch(at, step);
    }

    /// Something happened in the answer.
    pub(super) fn chat_event(&mut self, step: &mut Step<'_>, name: &'static str) {
        if let Some(at) = self.chat_at(&Tracer::message_key(step.payload)) {
            self.chat_event_in(at, step, name);
        }
    }

    /// A call is complete in the answer, if that is in this turn.
    pub(super) fn call_ends(&mut self, step: &mut Step<'_>, at: usize) {
        if step.payload.name() == HookName::ToolUseEnd.name() {
            self.chat_event_in(at, step, "claude_tap.tool_use.end");
        }
    }

    fn chat_event_in(&mut self, at: usize, step: &mut Step<'_>, name: &'static str) {
        let (key, ts, payload) = (Tracer::message_key(step.payload), step.ts, step.payload);
        let chats = self.turns.get_mut(at).map(|turn| &mut turn.chats);
        let chat = chats.and_then(|chats| chats.iter_mut().find(|chat| chat.key == key));
        let Some(chat) = chat else { return };
        let mut attributes = Attributes::default();
        attributes.set_known("gen_ai.tool.name", &payload.text("toolName"));
        attributes.set_known("gen_ai.tool.call.id", &payload.id("toolId"));
        attributes.set_some("from_index", payload.number("fromIndex"));
        attributes.set_some("tool_input_size_bytes", payload.number("toolInputSizeBytes"));
        chat.span.events.push(SpanEvent { ts, name, attributes });
        step.told.place = Some(chat.span.place);
        self.touch(at, step);
    }

    /// Another model goes on with the answer.
    pub(super) fn model_switched(&mut self, step: &mut Step<'_>) {
        let (key, to) = (Tracer::message_key(step.payload), step.payload.text("toModel"));
        step.told.place = self.around(step).map(|around| around.place);
        if to.is_empty() {
            return;
        }
        let Some(turn) = self.chat_at(&key).and_then(|at| self.touch(at, step)) else { return };
        if let Some(chat) = turn.chats.iter_mut().find(|chat| chat.key == key) {
            chat.span.attributes.set("gen_ai.response.model", to.as_str());
            chat.model = to;
            step.told.place = Some(chat.span.place);
        }
    }

    /// The answer is over.
    pub(super) fn chat_ends(&mut self, step: &mut Step<'_>) {
        let key = Tracer::message_key(step.payload);
        let payload = step.payload;
        let tokens = Tokens::of(payload);
        let Some(at) = self.chat_at(&key) else {
            return step.told.place = self.around(step).map(|around| around.place);
        };
        let Some(turn) = self.touch(at, step) else { return };
        let Some(mut chat) = pull(&mut turn.chats, |chat| chat.key == key) else { return };
        if let Some(agent) = turn.agent(&chat.agent) {
            // Results that came meanwhile were for this answer.
            agent.asked = None;
        }
        let reason = payload.text("stopReason");
        if !reason.is_empty() {
            let reasons = Value::Texts(vec![reason]);
            chat.span.attributes.set("gen_ai.response.finish_reasons", reasons);
        }
        tokens.add(self.profile.cache_write_tokens, &mut chat.span.attributes);
        step.told.model = chat.model.clone();
        let error = failure(payload);
        let mut attributes = measured(&chat);
        for (what, count) in tokens.measures() {
            if let Some(count) = count {
                step.measure(what, count as f64, chat.span.start, &attributes);
            }
        }
        attributes.set_some("error.type", error);
        let (start, seconds) = step.end(chat.span, error.map(Into::into));
        step.measure(Measure::ChatDuration, seconds, start, &attributes);
    }
}

/// What a message's end says went wrong, in a word.
pub fn failure(payload: &Payload) -> Option<&'static str> {
    match (&*payload.text("stopReason"), payload.get("complete") == b"false") {
        ("error", true) => Some("stream_error"),
        (_, true) => Some("stream_aborted"),
        ("refusal", false) => Some("refusal"),
        _ => None,
    }
}

/// Attributes of what is measured of an answer.
fn measured(chat: &Chat) -> Attributes {
    let wanted = [
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "gen_ai.response.model",
    ];
    let all = chat.span.attributes.0.iter();
    Attributes(all.filter(|attribute| wanted.contains(&&*attribute.key)).cloned().collect())
}

/// Token counts, as the conventions count.
pub struct Tokens {
    input: Option<u64>,
    output: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    reasoning: Option<u64>,
}

impl Tokens {
    /// Those of an event. The service's count of input tokens leaves out what came from
    /// a cache or went into it; the conventions' does not.
    pub fn of(payload: &Payload) -> Tokens {
        let cache_read = payload.usage("/cache_read_input_tokens");
        let cache_write = payload.usage("/cache_creation_input_tokens");
        let cached = cache_read.unwrap_or(0).saturating_add(cache_write.unwrap_or(0));
        Tokens {
            input: payload.usage("/input_tokens").map(|fresh| fresh.saturating_add(cached)),
            output: payload.usage("/output_tokens"),
            cache_read,
            cache_write,
            reasoning: payload.usage("/output_tokens_details/thinking_tokens"),
        }
    }

    /// Adds them as attributes.
    pub fn add(&self, cache_write_tokens: &'static str, attributes: &mut Attributes) {
        attributes.set_some("gen_ai.usage.input_tokens", self.input);
        attributes.set_some("gen_ai.usage.output_tokens", self.output);
        attributes.set_some("gen_ai.usage.cache_read.input_tokens", self.cache_read);
        attributes.set_some(cache_write_tokens, self.cache_write);
        attributes.set_some("gen_ai.usage.reasoning.output_tokens", self.reasoning);
    }

    fn measures(&self) -> [(Measure, Option<u64>); 5] {
        [
            (Measure::InputTokens, self.input),
            (Measure::OutputTokens, self.output),
            (Measure::CacheReadTokens, self.cache_read),
            (Measure::CacheWriteTokens, self.cache_write),
            (Measure::ReasoningTokens, self.reasoning),
        ]
    }
}
