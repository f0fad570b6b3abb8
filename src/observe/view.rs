//! Two looks at one place: what came into sight between them.
//!
//! A turn is what lies between the coming and the going of the control that stops
//! it; so what merely scrolls into sight, is drawn anew or belongs to another
//! conversation is no event. Messages and cards are told apart by their place in the
//! turn, not by their nodes, which pages replace and use again.

mod contents;

use super::sights::{Confidence, Screen, Sight, Turn};
use super::snapshot::{Answer, By, Prompt, Snapshot, State};
use crate::hook::HookName;
use crate::json::text::copy;
use alloc::vec::Vec;
use contents::said;

/// A control that is away for less than this (ms) was drawn anew.
pub(super) const FLICKER: f64 = 250.0;

/// One conversation on screen.
#[derive(Debug)]
pub(super) struct View {
    pub(super) root: u32,
    pub(super) dialect: &'static str,
    pub(super) conversation: Vec<u8>,
    /// It was seen at rest since it is there: what begins from now on is new.
    settled: bool,
    looks: u32,
    /// The prompt of the last turn.
    last: Option<Prompt>,
    /// What was on screen when it was last at rest.
    rest: Rest,
    now: Option<Now>,
    questions: Vec<u32>,
}

#[derive(Debug, Default)]
struct Rest {
    prompt: Option<Prompt>,
    answers: Vec<u32>,
    cards: Vec<u32>,
}

/// A turn that runs.
#[derive(Debug, Default)]
struct Now {
    prompt: bool,
    answer: bool,
    cards: Vec<Shown>,
    results: u32,
    questions: u32,
    /// The answers so far, as far as they were asked for: node and text.
    texts: Vec<(u32, Vec<u8>)>,
    /// They are longer than what is kept.
    cut: bool,
    /// Since when nothing shows that it runs.
    quiet: Option<f64>,
    /// Since when it seemed so before.
    paused: Option<f64>,
}

/// A card of that turn.
#[derive(Debug)]
struct Shown {
    node: u32,
    state: State,
    /// It was told: one that has no name yet waits for it.
    told: bool,
}

impl Now {
    fn rested(&self) -> Option<f64> {
        self.quiet.or(self.paused)
    }
}

impl View {
    pub(super) fn new(root: u32) -> View {
        View {
            root,
            dialect: "",
            conversation: Vec::new(),
            settled: false,
            looks: 0,
            last: None,
            rest: Rest::default(),
            now: None,
            questions: Vec::new(),
        }
    }

    /// Compares with what was seen before.
    pub(super) fn see(&mut self, seen: &Snapshot<'_>, ts: f64, screen: &mut Screen) {
        self.looks = self.looks.saturating_add(1);
        self.dialect = seen.dialect;
        self.place(seen, ts, screen);
        let busy = seen.busy || !seen.questions.is_empty();
        if !self.settled && !self.begins_here(seen, busy) {
            // A list that measures its messages first shows them a frame later.
            if self.looks == 1 && busy && seen.prompt.is_none() && seen.answers.is_empty() {
                self.looks = 0;
                return;
            }
            self.settled = !busy;
            self.last = there(seen);
            self.questions = seen.questions.iter().map(|question| question.node).collect();
            return self.at_rest(seen);
        }
        self.settled = true;
        let fresh = self.is_new(seen);
        if self.now.is_some() {
            if !busy {
                self.look_closer(seen, ts, screen);
                if let Some(now) = &mut self.now {
                    now.quiet = now.quiet.or(Some(ts));
                }
                return self.settle(ts, screen);
            }
            let rested = self.now.as_ref().filter(|now| now.prompt).and_then(Now::rested);
            // The same words again: their answer is not there yet.
            let again = seen.prompt.is_some()
                && seen.answers.is_empty()
                && self.now.as_ref().is_some_and(|now| now.answer);
            if let Some(rested) = rested.filter(|_| fresh || again) {
                // The next turn began before we were sure that the last one is over.
                self.end(rested, true, screen);
            }
        }
        if let Some(now) = &mut self.now {
            // The next prompt may come into sight a frame after its control.
            now.paused = now.quiet.take().or(now.paused);
        } else if busy {
            // Of two places that show it, the first tells.
            if screen.runs_elsewhere(self.root, &self.conversation) {
                return;
            }
            self.begin(seen, ts, confidence(seen.by), screen);
        } else {
            // A whole turn that nobody watched?
            let watched = self.last.is_some();
            if seen.by == By::Hidden && watched && fresh && !self.was_there(seen) {
                self.begin(seen, ts, Confidence::Low, screen);
                self.look_closer(seen, ts, screen);
                self.end(ts, true, screen);
            }
            return self.at_rest(seen);
        }
        self.look_closer(seen, ts, screen);
    }

    /// A turn that has been quiet for long enough is over.
    pub(super) fn settle(&mut self, ts: f64, screen: &mut Screen) {
        if self.due().is_some_and(|due| ts >= due) {
            let quiet = self.now.as_ref().and_then(|now| now.quiet);
            self.end(quiet.unwrap_or(ts), true, screen);
        }
    }

    /// When that is.
    pub(super) fn due(&self) -> Option<f64> {
        self.now.as_ref()?.quiet.map(|quiet| quiet + FLICKER)
    }

    /// Which conversation it is: it gets its name, or another takes its place.
    fn place(&mut self, seen: &Snapshot<'_>, ts: f64, screen: &mut Screen) {
        if self.conversation == seen.conversation {
            return;
        }
        let named = self.conversation.is_empty() && self.now.is_some();
        if !named && self.looks > 1 {
            self.leave(ts, screen);
            self.settled = false;
            self.rest = Rest::default();
            self.last = None;
            // It is no new region any more: what it shows may be the other's still.
            self.looks = if self.conversation.is_empty() { 1 } else { 2 };
        }
        self.conversation = copy(&seen.conversation);
        if let Some(turn) = screen.turn(self.root) {
            turn.conversation = copy(&seen.conversation);
            screen.sight(self.root, Sight::new(HookName::SessionStart, ts));
        }
    }

    /// Whether a region that is new shows the first turn of its conversation.
    fn begins_here(&self, seen: &Snapshot<'_>, busy: bool) -> bool {
        let first = |prompt: &Prompt| prompt.before.is_none();
        self.looks == 1 && busy && seen.prompt.as_ref().is_some_and(first) && seen.answers.len() < 2
    }

    fn begin(&mut self, seen: &Snapshot<'_>, ts: f64, confidence: Confidence, screen: &mut Screen) {
        // Without a word from the page, half a screen may be missing.
        let confidence = if self.looks == 1 { Confidence::Low } else { confidence };
        self.dialect = seen.dialect;
        self.now = Some(Now::default());
        screen.begin(Turn {
            root: self.root,
            dialect: self.dialect,
            conversation: copy(&self.conversation),
            began: ts,
            confidence,
            ..Turn::default()
        });
    }

    /// What there is of the turn that runs.
    fn look_closer(&mut self, seen: &Snapshot<'_>, ts: f64, screen: &mut Screen) {
        let fresh = self.is_new(seen) || self.is_again(seen);
        let Some(now) = &mut self.now else { return };
        if let Some(prompt) = seen.prompt.as_ref().filter(|_| fresh && !now.prompt) {
            now.prompt = true;
            self.last = Some(prompt.clone());
            if !self.conversation.is_empty() {
                screen.sight(self.root, Sight::new(HookName::SessionStart, ts));
            }
            screen.sight(self.root, said(HookName::UserPromptSubmit, ts, &prompt.text, seen));
        }
        // What is above the prompt may come into the list after it.
        if let (Some(prompt), Some(last)) = (&seen.prompt, &mut self.last)
            && now.prompt
            && last.before.is_none()
            && last.text == prompt.text
        {
            last.before = prompt.before.clone();
        }
        // Scrolled away: what is there is not of this turn.
        let here = match (&seen.prompt, &self.last) {
            (Some(prompt), Some(last)) => prompt.is(last),
            _ => true,
        };
        if here {
            self.answers(seen, ts, screen);
        }
        self.ask(seen, ts, screen);
    }

    /// The turn is over; or, not `complete`, its end will not be seen.
    fn end(&mut self, ts: f64, complete: bool, screen: &mut Screen) {
        let Some(now) = self.now.take() else { return };
        if now.answer {
            let sight = Sight::new(HookName::MessageEnd, ts);
            screen.sight(self.root, Sight { complete, ..sight });
        }
        let text: Vec<u8> = now.texts.into_iter().flat_map(|(_, text)| text).collect();
        let sight = Sight { text, cut: now.cut, complete, ..Sight::new(HookName::Stop, ts) };
        screen.sight(self.root, sight);
        if let Some(turn) = screen.turn(self.root) {
            turn.over = true;
            if !complete {
                turn.confidence = Confidence::Low;
            }
        }
    }

    /// What runs here will not be seen to its end, unless it was at rest already.
    pub(super) fn leave(&mut self, ts: f64, screen: &mut Screen) {
        let quiet = self.now.as_ref().and_then(|now| now.quiet);
        self.end(quiet.unwrap_or(ts), quiet.is_some(), screen);
    }

    /// Whether a turn runs here.
    pub(super) fn runs(&self) -> bool {
        self.now.is_some()
    }

    /// Whether what ran in a region that left goes on in this one.
    pub(super) fn is_continued_by(&self, seen: &Snapshot<'_>) -> bool {
        let same = match (&seen.prompt, &self.last) {
            (Some(prompt), Some(last)) => prompt.text == last.text,
            _ => !self.conversation.is_empty(),
        };
        same && (self.conversation == seen.conversation || self.conversation.is_empty())
    }

    /// Goes on here with what ran in a region that left.
    pub(super) fn take_over(&mut self, other: View, screen: &mut Screen) {
        screen.move_to(other.root, self.root);
        *self = View { root: self.root, ..other };
    }

    /// Whether the last prompt on screen is another than that of the last turn.
    fn is_new(&self, seen: &Snapshot<'_>) -> bool {
        match (&seen.prompt, &self.last) {
            (Some(prompt), Some(last)) => !prompt.is(last),
            (prompt, _) => prompt.is_some(),
        }
    }

    /// Whether it says the same once more: another message, and no answer yet.
    fn is_again(&self, seen: &Snapshot<'_>) -> bool {
        let (Some(prompt), Some(last)) = (&seen.prompt, &self.last) else { return false };
        let answered = |answer: &Answer<'_>| self.rest.answers.contains(&answer.node);
        prompt.node != last.node && !seen.answers.iter().any(answered)
    }

    /// Whether that prompt was on screen when it was last at rest.
    fn was_there(&self, seen: &Snapshot<'_>) -> bool {
        match (&seen.prompt, &self.rest.prompt) {
            (Some(prompt), Some(rest)) => prompt.is(rest) || rest.is(prompt),
            _ => false,
        }
    }

    fn at_rest(&mut self, seen: &Snapshot<'_>) {
        if self.last.is_none() {
            self.last = there(seen);
        }
        self.rest = Rest {
            prompt: seen.prompt.clone(),
            answers: seen.answers.iter().map(|answer| answer.node).collect(),
            cards: seen.cards.iter().map(|card| card.node).collect(),
        };
    }
}

/// The last prompt, if it was there before us: a conversation's first one may be on
/// screen before anything shows that it is answered.
fn there(seen: &Snapshot<'_>) -> Option<Prompt> {
    let old = |prompt: &Prompt| prompt.before.is_some() || !seen.answers.is_empty();
    seen.prompt.clone().filter(old)
}

fn confidence(by: By) -> Confidence {
    match by {
        By::Control => Confidence::High,
        By::Growing => Confidence::Medium,
        By::Hidden => Confidence::Low,
    }
}
