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
use crate::limits::{Limits, PROMPT_KEPT};
use crate::output::{Context, Output, Told};
use crate::turn::{Turns, append_number, take_at};
use alloc::vec::Vec;
use sights::{Confidence, Screen, Sight, Teller, Turn};
use snapshot::Snapshot;
use twins::Wire;
use view::View;

/// A sight waits this long (ms) for its twin.
const WINDOW: f64 = 2_000.0;

/// A wire that was silent for so long (ms) may stay so: text is read meanwhile.
const SILENCE: f64 = 500.0;

/// The end of a turn whose wire is still open waits this many windows.
const PATIENCE: f64 = 10.0;

/// Conversations on screen; the oldest gives way.
const KEPT: usize = 64;

/// All that is on screen, and what the wire said of it.
#[derive(Debug)]
pub(crate) struct Observer {
    window: f64,
    /// When it was looked at last.
    now: f64,
    views: Vec<View>,
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

    /// Reads one snapshot; an empty one only says what time it is.
    pub(crate) fn look(&mut self, json: &[u8], ts: f64, out: &mut Output, turns: &mut Turns) {
        self.now = ts;
        if let Some(seen) = Snapshot::read(json) {
            let known = self.views.iter().any(|view| view.root == seen.root);
            if !known && !seen.gone {
                if self.views.len() >= KEPT {
                    take_at(&mut self.views, 0);
                }
                self.views.push(View::new(seen.root));
            }
            if let Some(view) = self.views.iter_mut().find(|view| view.root == seen.root) {
                view.see(&seen, ts, &mut self.screen);
            }
            if seen.gone {
                self.views.retain(|view| view.root != seen.root);
            }
        }
        for view in &mut self.views {
            view.settle(ts, &mut self.screen);
        }
        self.resolve(ts, out, turns);
    }

    /// When to look at the clock again (ms); 0 for not at all.
    pub(crate) fn due(&self) -> f64 {
        let sights = self.screen.turns.iter().filter_map(|turn| match turn.teller {
            Teller::Open if self.is_silent(turn) => Some(turn.began + self.window),
            Teller::Open => Some(turn.began + SILENCE.min(self.window)),
            _ => turn.waiting.first().map(|sight| self.deadline(turn, sight)),
        });
        let times = sights.chain(self.views.iter().filter_map(View::due));
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
        let patience = match &turn.teller {
            Teller::Wire(name) if sight.is_end() && self.wire.is_open(*name) => PATIENCE,
            _ => 1.0,
        };
        sight.ts + self.window * patience
    }

    /// Finds twins, and tells what has waited long enough for one.
    fn resolve(&mut self, ts: f64, out: &mut Output, turns: &mut Turns) {
        for mut turn in core::mem::take(&mut self.screen.turns) {
            if turn.teller == Teller::Open {
                let twin =
                    self.wire.turn_of(&turn.conversation, turn.began, self.window, turn.confidence);
                match twin {
                    Some(name) => turn.teller = Teller::Wire(name),
                    None if ts >= turn.began + self.window => turn.teller = Teller::Dom,
                    None => {}
                }
            }
            let mut still = Vec::new();
            for sight in core::mem::take(&mut turn.waiting) {
                match turn.teller.clone() {
                    Teller::Open => still.push(sight),
                    Teller::Dom => self.tell(&mut turn, &sight, out, turns),
                    // The wire tells every piece.
                    Teller::Wire(_) if sight.name == HookName::MessageDelta => {}
                    Teller::Wire(name) => {
                        if self.wire.rendered(name, &sight, out) {
                            continue;
                        }
                        // In order: nothing overtakes what still waits.
                        if !still.is_empty() || ts < self.deadline(&turn, &sight) {
                            still.push(sight);
                        } else if sight.name == HookName::PostToolUseFailure {
                            // Refused or interrupted: the wire has other names for that.
                        } else {
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

/// Text of the page that an event may repeat.
fn kept(text: Vec<u8>) -> Vec<u8> {
    if text.len() <= PROMPT_KEPT { text } else { copy(crate::json::text::head(&text, PROMPT_KEPT)) }
}
