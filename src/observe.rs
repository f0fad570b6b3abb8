//! The DOM fallback's pure half: what a person could see, as hook events.
//!
//! The page's side looks at the end of each conversation on screen, at most once
//! per frame, and says what it sees (`snapshot`). Two looks at one place make
//! `sights`: a turn began, a card appeared (`view`). A sight that the wire told as
//! well, its twin, is not told again: it says when the wire's event was rendered
//! (`twins`). The wire always wins; so a sight waits a moment for its twin, and
//! becomes a hook event of source `dom` only when there is none.

mod sights;
mod snapshot;
mod twins;
mod view;

use crate::hook::{Field, HookName};
use crate::json::text::copy;
use crate::limits::Limits;
use crate::notice::NoticeCode;
use crate::output::{Context, Output, Told};
use crate::turn::{Turns, append_number, take_at};
use alloc::vec::Vec;
use sights::{Confidence, Screen, Sight, Teller, Turn};
use snapshot::Snapshot;
use twins::Wire;
use view::{FLICKER, View};

/// A sight waits this long (ms) for its twin.
const WINDOW: f64 = 2_000.0;

/// A wire that was silent for so long (ms) may stay so: text is read meanwhile.
const SILENCE: f64 = 500.0;

/// Conversations on screen; the oldest gives way.
const KEPT: usize = 64;

/// All that is on screen, and what the wire said of it.
#[derive(Debug)]
pub(crate) struct Observer {
    window: f64,
    /// When it was looked at last.
    now: f64,
    views: Vec<View>,
    /// Views whose region left while a turn ran, and when.
    leaving: Vec<(View, f64)>,
    screen: Screen,
    wire: Wire,
    context: Context,
}

impl Observer {
    pub(crate) fn new(limits: &Limits) -> Observer {
        Observer {
            window: WINDOW,
            now: 0.0,
            views: Vec::new(),
            leaving: Vec::new(),
            screen: Screen::new(limits.text_per_block),
            wire: Wire::default(),
            context: Context::default(),
        }
    }

    /// How long (ms) a sight waits for its twin; 0 where there is no wire.
    pub(crate) fn set_window(&mut self, window: f64) {
        self.window = window;
    }

    /// What the wire told is noted: a sight may be its twin.
    pub(crate) fn hear(&mut self, told: &mut Vec<Told>) {
        for told in told.drain(..) {
            self.wire.hear(told);
        }
    }

    /// Reads one snapshot, in which secrets were covered or not; an empty one only
    /// says what time it is.
    pub(crate) fn look(
        &mut self,
        json: &[u8],
        covered: bool,
        ts: f64,
        out: &mut Output,
        turns: &mut Turns,
    ) {
        self.now = ts;
        if let Some(seen) = Snapshot::read(json, covered) {
            if seen.gone {
                self.lose(seen.root, ts);
            } else {
                self.meet(&seen, ts);
                if let Some(view) = self.views.iter_mut().find(|view| view.root == seen.root) {
                    view.see(&seen, ts, &mut self.screen);
                }
            }
        }
        for view in &mut self.views {
            view.settle(ts, &mut self.screen);
        }
        let gone = |(_, since): &(View, f64)| ts >= since + FLICKER;
        for (mut view, since) in self.leaving.extract_if(.., |left| gone(left)) {
            view.leave(since, &mut self.screen);
        }
        self.resolve(ts, out, turns);
    }

    /// Nobody looks any more: what is on screen will not be seen to its end.
    pub(crate) fn leave(&mut self, ts: f64, out: &mut Output, turns: &mut Turns) {
        let left = self.leaving.drain(..).map(|(view, _)| view);
        for mut view in core::mem::take(&mut self.views).into_iter().chain(left) {
            view.leave(ts, &mut self.screen);
        }
        for turn in &mut self.screen.turns {
            turn.last_call = true;
        }
        self.resolve(ts, out, turns);
    }

    /// Sees to it that there is a view of that region.
    fn meet(&mut self, seen: &Snapshot<'_>, ts: f64) {
        if self.views.iter().any(|view| view.root == seen.root) {
            return;
        }
        if self.views.len() >= KEPT
            && let Some(mut oldest) = take_at(&mut self.views, 0)
        {
            oldest.leave(ts, &mut self.screen);
        }
        let mut view = View::new(seen.root);
        // Hydrated, mounted anew: another region goes on with the turn of one that left.
        let same = |(left, _): &(View, f64)| left.is_continued_by(seen);
        if let Some(at) = self.leaving.iter().position(same)
            && let Some((left, _)) = take_at(&mut self.leaving, at)
        {
            view.take_over(left, &mut self.screen);
        }
        self.views.push(view);
    }

    /// A region left the page; what ran in it may go on in another.
    fn lose(&mut self, root: u32, ts: f64) {
        let Some(at) = self.views.iter().position(|view| view.root == root) else { return };
        let Some(left) = take_at(&mut self.views, at).filter(View::runs) else { return };
        let same = |view: &&mut View| {
            !view.runs() && view.conversation == left.conversation && !left.conversation.is_empty()
        };
        match self.views.iter_mut().find(same) {
            Some(view) => view.take_over(left, &mut self.screen),
            None => self.leaving.push((left, ts)),
        }
    }

    /// When to look at the clock again (ms); 0 for not at all.
    pub(crate) fn due(&self) -> f64 {
        let sights = self.screen.turns.iter().filter_map(|turn| match turn.teller {
            Teller::Open if self.is_silent(turn) => Some(turn.began + self.window),
            Teller::Open => Some(turn.began + SILENCE.min(self.window)),
            _ => turn.waiting.first().map(|sight| self.deadline(turn, sight)),
        });
        let left = self.leaving.iter().map(|(_, since)| since + FLICKER);
        let times = sights.chain(self.views.iter().filter_map(View::due)).chain(left);
        times.reduce(f64::min).unwrap_or(0.0)
    }

    /// Whether it takes text to say what the assistant says there.
    pub(crate) fn reads_text(&self, root: u32) -> bool {
        self.screen.running(root).is_some_and(|turn| match turn.teller {
            Teller::Open => self.is_silent(turn),
            Teller::Wire(_) => false,
            Teller::Dom => true,
        })
    }

    fn is_silent(&self, turn: &Turn) -> bool {
        self.now >= turn.began + SILENCE
    }

    fn deadline(&self, turn: &Turn, sight: &Sight) -> f64 {
        match &turn.teller {
            // The wire will tell how it ends.
            Teller::Wire(name) if sight.is_end() && self.wire.is_open(*name) => f64::INFINITY,
            _ => sight.ts + self.window,
        }
    }

    /// Finds twins, and tells what has waited long enough for one.
    fn resolve(&mut self, ts: f64, out: &mut Output, turns: &mut Turns) {
        let mut seen = core::mem::take(&mut self.screen.turns);
        for at in 0..seen.len() {
            let (before, rest) = seen.split_at_mut(at);
            let Some(turn) = rest.first_mut() else { break };
            if let Teller::Wire(name) = turn.teller
                && !turn.over
                && let Some(next) = self.wire.next_attempt(name, turn)
            {
                turn.teller = Teller::Wire(next);
            }
            if turn.teller != Teller::Open {
                continue;
            }
            let patient = turn.last_call || ts >= turn.began + SILENCE.min(self.window);
            match self.wire.turn_of(turn, self.window, patient) {
                Some(name) => {
                    turn.teller = Teller::Wire(name);
                    // It goes on: what seemed to be its end was none.
                    for earlier in before.iter_mut().filter(|other| other.teller == turn.teller) {
                        earlier.waiting.retain(|sight| !sight.is_end());
                    }
                }
                None if turn.last_call || ts >= turn.began + self.window => {
                    turn.teller = Teller::Dom;
                }
                None => {}
            }
        }
        for mut turn in seen {
            let mut still = Vec::new();
            for sight in core::mem::take(&mut turn.waiting) {
                match turn.teller.clone() {
                    Teller::Open => still.push(sight),
                    Teller::Dom => self.tell(&mut turn, &sight, out, turns),
                    // The wire tells every piece; and an end that was not seen is none.
                    Teller::Wire(_)
                        if sight.name == HookName::MessageDelta
                            || sight.is_end() && !sight.complete => {}
                    Teller::Wire(name) if self.wire.rendered(name, &sight, out) => {}
                    Teller::Wire(name) => {
                        let waits = !still.is_empty() || ts < self.deadline(&turn, &sight);
                        if waits && !turn.last_call {
                            // In order: nothing overtakes what still waits.
                            still.push(sight);
                        } else if sight.name != HookName::PostToolUseFailure
                            && (!sight.is_end() || !self.wire.is_open(name))
                        {
                            // (A card that failed without a word was refused or
                            // interrupted: the wire has other names for that.)
                            turn.id = copy(self.wire.id(name));
                            self.tell(&mut turn, &sight, out, turns);
                        }
                    }
                }
            }
            turn.waiting = still;
            if !turn.over || !turn.waiting.is_empty() {
                self.screen.turns.push(turn);
            }
        }
    }

    /// Tells a sight as a hook event.
    fn tell(&mut self, turn: &mut Turn, sight: &Sight, out: &mut Output, turns: &mut Turns) {
        if sight.name == HookName::SessionStart && !turns.meet_conversation(&turn.conversation) {
            return;
        }
        if turn.id.is_empty() {
            turn.id = turns.name_turn();
        }
        out.at(0, sight.ts);
        let context = &mut self.context;
        context.dialect = turn.dialect;
        context.set(|context| &mut context.conversation, &turn.conversation);
        context.set(|context| &mut context.turn, &turn.id);
        context.changed = true;
        if sight.cut {
            out.notice(NoticeCode::TextCut, b"screen", 1);
        }
        if sight.covered {
            out.notice(NoticeCode::SecretCovered, b"screen", 1);
        }
        let Some(batch) = out.hook(context, sight.name) else { return };
        batch.text_field(Field::Source, b"dom");
        let confidence: &[u8] = match turn.confidence {
            Confidence::High => b"high",
            Confidence::Medium => b"medium",
            Confidence::Low => b"low",
        };
        batch.text_field(Field::Confidence, confidence);
        let field = match sight.name {
            HookName::UserPromptSubmit => Some(Field::Prompt),
            HookName::MessageDelta => Some(Field::Text),
            HookName::PermissionRequest => Some(Field::Message),
            HookName::Stop => Some(Field::LastAssistantMessage),
            HookName::ToolUseStart | HookName::PostToolUse | HookName::PostToolUseFailure => {
                Some(Field::ToolName)
            }
            _ => None,
        };
        if let Some(field) = field {
            batch.text_field(field, &sight.text);
        }
        if sight.card > 0 {
            let mut id = b"dom-".to_vec();
            append_number(turn.number, &mut id);
            id.push(b'-');
            append_number(sight.card, &mut id);
            batch.text_field(Field::ToolId, &id);
        }
        match sight.name {
            HookName::MessageEnd => {
                batch.null(Field::StopReason);
                batch.bool(Field::Complete, sight.complete);
            }
            HookName::Stop => {
                batch.null(Field::StopReason);
                batch.bool(Field::StopHookActive, false);
            }
            HookName::PermissionRequest => batch.bool(Field::Blocking, false),
            _ => {}
        }
    }
}
