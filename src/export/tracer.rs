//! From hook events to spans: who opens what, who ends it.
//!
//! The events that made a turn what it is make the same of it when they are fed again,
//! though others that were open then are not fed any more. For that, an event either
//! changes one turn, the first of those it could mean, or opens one; or it does the same
//! to each turn that it finds, whichever those are, and opens none.

mod agents;
mod chats;
mod tools;

pub use chats::{Tokens, failure};
pub use tools::decider;

use super::ids::{Ids, Purpose};
use super::otlp::attribute::Attributes;
use super::otlp::metric::Measurement;
use super::otlp::names::{Measure, Profile};
use super::otlp::span::{Ended, Place, Span, SpanKind};
use super::payload::{About, Payload};
use super::turns::{Around, Turn};
use crate::hook::HookName;
use crate::limits::{OPEN_EVENTS, OPEN_TURNS};
use alloc::string::String;
use alloc::vec::Vec;

/// What came of an event.
#[derive(Debug, Default)]
pub struct Told {
    /// Spans that are over.
    pub ended: Vec<Ended>,
    /// What was measured.
    pub measured: Vec<Measurement>,
    /// The span in which the event happened.
    pub place: Option<Place>,
    /// The model it was about.
    pub model: String,
    /// How long what it ended took (ms).
    pub lasted: Option<f64>,
    /// Whether something open hangs on the event.
    pub opens: bool,
    /// Numbers of earlier events on which nothing hangs any more.
    pub closed: Vec<u64>,
    /// Spans that were given up to stay in bounds.
    pub given_up: usize,
}

/// One event, and what it does.
pub struct Step<'p> {
    /// Its number.
    pub n: u64,
    /// When it happened (ms).
    pub ts: f64,
    /// What it says.
    pub payload: &'p Payload,
    /// What comes of it.
    pub told: Told,
    /// Turns that it changed, by the events that opened them.
    touched: Vec<u64>,
}

/// All that is open.
#[derive(Debug)]
pub struct Tracer {
    ids: Ids,
    instance: String,
    profile: &'static Profile,
    turns: Vec<Turn>,
}

impl Tracer {
    /// A tracer of which nothing is open.
    pub fn new(ids: Ids, instance: String, profile: &'static Profile) -> Tracer {
        Tracer { ids, instance, profile, turns: Vec::new() }
    }

    /// Takes an event.
    pub fn take(&mut self, n: u64, payload: &Payload) -> Told {
        let (ts, told, touched) = (payload.ts(), Told::default(), Vec::new());
        let mut step = Step { n, ts, payload, told, touched };
        if let About::Hook(hook) = payload.about {
            match hook {
                // What happened before the pipe was opened was not seen happening, and may
                // have been traced when it happened. But after a gap it ends what is open.
                HookName::UserPromptSubmit
                | HookName::MessageStart
                | HookName::ToolUseStart
                | HookName::ToolUseEnd
                | HookName::PreToolUse
                | HookName::PermissionRequest
                | HookName::SubagentStart
                    if step.is_late() =>
                {
                    step.told.place = self.around(&step).map(|around| around.place);
                }
                _ => self.happen(hook, &mut step),
            }
        }
        self.settle(&mut step);
        step.told
    }

    fn happen(&mut self, hook: HookName, step: &mut Step<'_>) {
        match hook {
            HookName::UserPromptSubmit => self.prompt(step),
            HookName::MessageStart => self.chat_starts(step),
            HookName::MessageDelta
            | HookName::ThinkingDelta
            | HookName::ThinkingStart
            | HookName::ThinkingSummary => self.piece(step),
            HookName::ToolUseStart => {
                self.piece(step);
                self.chat_event(step, "claude_tap.tool_use.start");
            }
            HookName::ToolUseEnd | HookName::PreToolUse => self.tool_starts(step),
            HookName::PermissionRequest => self.wait_starts(step),
            HookName::PermissionGranted => self.wait_ends(step, "accept"),
            HookName::PermissionDenied => self.denied(step),
            HookName::PermissionCancelled => self.wait_ends(step, "cancelled"),
            HookName::PostToolUse => self.tool_ends(step, None),
            HookName::PostToolUseFailure => self.tool_ends(step, Some("tool_error")),
            HookName::MessageRetract => self.retracted(step),
            HookName::PostModelSwitch => self.model_switched(step),
            HookName::MessageEnd => self.chat_ends(step),
            HookName::SubagentStart => self.agent_starts(step),
            HookName::SubagentStop => self.agent_stops(step),
            HookName::Interrupt => self.interrupted(step),
            HookName::Stop => self.turn_ends(step, None),
            HookName::StopFailure => {
                let error = step.payload.text("error");
                let error = if error.is_empty() { "_OTHER".into() } else { error };
                self.turn_ends(step, Some(error));
            }
            HookName::SessionEnd => self.session_ends(step),
            _ => step.told.place = self.around(step).map(|around| around.place),
        }
    }

    /// Notes on which turns the event hangs; forgets those that are over, and gives up
    /// the oldest where too much is open.
    fn settle(&mut self, step: &mut Step<'_>) {
        for turn in &mut self.turns {
            let touched = step.touched.contains(&turn.opened) && !turn.is_over();
            if touched && turn.numbers.last() != Some(&step.n) {
                turn.numbers.push(step.n);
            }
        }
        self.forget_what_is_over(&mut step.told);
        while self.turns.len() > OPEN_TURNS || self.open_events() > OPEN_EVENTS {
            let Some(oldest) = self.turns.first_mut() else { break };
            let spans = oldest.take_all();
            step.told.given_up += spans.len();
            step.told.ended.extend(spans.into_iter().map(|span| span.give_up(step.ts)));
            self.forget_what_is_over(&mut step.told);
        }
        step.told.opens = self.holds(step.n);
        step.told.closed.retain(|number| *number != step.n);
    }

    fn forget_what_is_over(&mut self, told: &mut Told) {
        let mut numbers = Vec::new();
        self.turns.retain_mut(|turn| {
            let over = turn.is_over();
            if over {
                numbers.append(&mut turn.numbers);
            }
            !over
        });
        // An event may have been part of several.
        numbers.sort_unstable();
        numbers.dedup();
        numbers.retain(|number| !self.holds(*number) && !told.closed.contains(number));
        told.closed.append(&mut numbers);
    }

    fn holds(&self, number: u64) -> bool {
        self.turns.iter().any(|turn| turn.numbers.binary_search(&number).is_ok())
    }

    fn open_events(&self) -> usize {
        self.turns.iter().map(|turn| turn.numbers.len()).sum()
    }

    /// Ends all that is open as incomplete.
    pub fn finish(&mut self, ts: f64) -> Told {
        let mut told = Told::default();
        for turn in &mut self.turns {
            told.ended.extend(turn.take_all().into_iter().map(|span| span.give_up(ts)));
        }
        self.forget_what_is_over(&mut told);
        told
    }

    /// What events call the turn that the event belongs to.
    fn key(payload: &Payload) -> String {
        match payload.id("turnId") {
            turn if turn.is_empty() => ["stream ", &payload.id("streamId")].concat(),
            turn => turn,
        }
    }

    /// The agent at work that the event belongs to: the subagent it names, else the one
    /// that has its turn.
    fn around(&self, step: &Step<'_>) -> Option<Around> {
        let place = |turn, span: &Span| Some(Around { turn, place: span.place });
        let id = step.payload.id("agentId");
        if !id.is_empty() {
            let mut turns = self.turns.iter().enumerate().rev();
            let found = turns.find_map(|(at, turn)| {
                let agent = turn.agents.iter().find(|agent| agent.id == id)?;
                place(at, &agent.span)
            });
            if found.is_some() {
                return found;
            }
        }
        let at = self.turn_at(step.payload)?;
        place(at, &self.turns.get(at)?.root.as_ref()?.span)
    }

    /// The turn of the event, if it has not ended.
    fn turn_at(&self, payload: &Payload) -> Option<usize> {
        let key = Tracer::key(payload);
        self.turns.iter().rposition(|turn| turn.root.is_some() && turn.key == key)
    }

    /// Begins a span; without one around it, a trace.
    fn begin(&self, step: &Step<'_>, purpose: Purpose, around: Option<Place>) -> Span {
        let span = self.ids.span(purpose, step.n);
        let trace = || self.ids.wide(Purpose::Trace, purpose as u64, step.n);
        Span {
            place: Place { trace: around.map_or_else(trace, |place| place.trace), span },
            parent: around.map(|place| place.span),
            name: String::new(),
            kind: SpanKind::Internal,
            start: step.ts,
            attributes: self.shared(step.payload),
            events: Vec::new(),
            link: None,
        }
    }

    /// Attributes that all spans and log records have, as far as the event knows.
    pub fn shared(&self, payload: &Payload) -> Attributes {
        let mut attributes = Attributes::default();
        attributes.set("session.id", self.instance.as_str());
        attributes.set_known("gen_ai.conversation.id", &payload.id("conversationId"));
        attributes.set_known("prompt.id", &payload.id("turnId"));
        attributes.set_known("claude_tap.dialect", &payload.text("dialect"));
        if payload.text("source") == "dom" {
            attributes.set("claude_tap.source", "dom");
            attributes.set_known("claude_tap.confidence", &payload.text("confidence"));
        }
        attributes
    }

    /// Adds a turn, or what stands for itself; its place in the list.
    fn add(&mut self, turn: Turn, step: &mut Step<'_>) -> usize {
        step.touched.push(turn.opened);
        self.turns.push(turn);
        self.turns.len() - 1
    }

    /// A turn, to be changed by the event.
    fn touch(&mut self, at: usize, step: &mut Step<'_>) -> Option<&mut Turn> {
        let turn = self.turns.get_mut(at)?;
        step.touched.push(turn.opened);
        Some(turn)
    }
}

impl Step<'_> {
    /// Whether the event is told later than it happened.
    fn is_late(&self) -> bool {
        self.payload.is("replay")
    }

    /// A span is over; the event happened in it. When it began, and how many seconds it
    /// took.
    fn end(&mut self, mut span: Span, error: Option<String>) -> (f64, f64) {
        if self.is_late() {
            span.attributes.set("claude_tap.replay", true);
        }
        let ended = span.end(self.ts, error);
        let (start, seconds) = (ended.span.start, ended.seconds());
        self.told.place = Some(ended.span.place);
        self.told.lasted = Some(ended.end - start);
        self.told.ended.push(ended);
        (start, seconds)
    }

    /// Something was measured; times only if they are not those of a later telling.
    fn measure(&mut self, what: Measure, value: f64, start: f64, attributes: &Attributes) {
        let is_time = matches!(
            what,
            Measure::AgentDuration
                | Measure::ChatDuration
                | Measure::FirstChunk
                | Measure::McpDuration
                | Measure::ToolDuration
        );
        if is_time && self.is_late() {
            return;
        }
        let (ts, attributes) = (self.ts.max(start), attributes.clone());
        self.told.measured.push(Measurement { what, value, start, ts, attributes });
    }
}
