//! What came into sight, turn by turn, until somebody has told it.

use crate::hook::HookName;
use alloc::vec::Vec;

/// Turns that are not settled; the oldest gives way.
const KEPT: usize = 64;

/// How sure it is that what was seen is what happened.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Confidence {
    /// The control that stops a turn came and went.
    #[default]
    High,
    /// A message grew and settled.
    Medium,
    /// It is concluded from what was there afterwards.
    Low,
}

/// Something that came into sight.
#[derive(Debug)]
pub(super) struct Sight {
    pub(super) name: HookName,
    pub(super) ts: f64,
    /// Prompt, tool's name, question, or the answer: whatever the event tells.
    pub(super) text: Vec<u8>,
    /// Which card, result or question of the turn, from 1; 0 for none.
    pub(super) place: u32,
    /// Which card it is of, from 1; 0 for none.
    pub(super) card: u32,
    /// Its text was cut, or a secret in it covered.
    pub(super) cut: bool,
    pub(super) covered: bool,
    /// Not cut short.
    pub(super) complete: bool,
}

impl Sight {
    pub(super) fn new(name: HookName, ts: f64) -> Sight {
        Sight {
            name,
            ts,
            text: Vec::new(),
            place: 0,
            card: 0,
            cut: false,
            covered: false,
            complete: true,
        }
    }

    pub(super) fn is_end(&self) -> bool {
        matches!(self.name, HookName::MessageEnd | HookName::Stop)
    }
}

/// Who tells of a turn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Teller {
    /// Not known yet.
    #[default]
    Open,
    /// The wire, by the name that twins have for its turn.
    Wire(u32),
    /// Nobody else: the DOM.
    Dom,
}

/// A turn as it was seen.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// Numbers turns in the order they were seen.
    pub(super) number: u32,
    pub(super) root: u32,
    pub(super) dialect: &'static str,
    pub(super) conversation: Vec<u8>,
    pub(super) began: f64,
    pub(super) confidence: Confidence,
    pub(super) teller: Teller,
    /// Its name in events; empty until there is one.
    pub(super) id: Vec<u8>,
    /// What nobody told yet, in order.
    pub(super) waiting: Vec<Sight>,
    pub(super) over: bool,
    /// It is not waited for any longer.
    pub(super) last_call: bool,
}

/// The turns on screen.
#[derive(Debug)]
pub(super) struct Screen {
    pub(super) turns: Vec<Turn>,
    count: u32,
    /// Bytes of an answer that are kept to tell what is new of it.
    pub(super) text_kept: usize,
}

impl Screen {
    pub(super) fn new(text_kept: usize) -> Screen {
        Screen { turns: Vec::new(), count: 0, text_kept }
    }

    /// A turn begins in that region.
    pub(super) fn begin(&mut self, turn: Turn) {
        self.count = self.count.wrapping_add(1);
        // Nothing of the oldest is lost: it is told as far as it was seen.
        if self.turns.len() >= KEPT
            && let Some(oldest) = self.turns.first_mut()
        {
            oldest.last_call = true;
        }
        self.turns.push(Turn { number: self.count, ..turn });
    }

    /// The turn at hand there.
    pub(super) fn turn(&mut self, root: u32) -> Option<&mut Turn> {
        self.turns.iter_mut().rev().find(|turn| turn.root == root && !turn.over)
    }

    /// Something of it came into sight.
    pub(super) fn sight(&mut self, root: u32, sight: Sight) {
        if let Some(turn) = self.turn(root) {
            turn.waiting.push(sight);
        }
    }

    /// What was seen in one region goes on in another.
    pub(super) fn move_to(&mut self, root: u32, other: u32) {
        if let Some(turn) = self.turn(root) {
            turn.root = other;
        }
    }

    /// Whether the turn of that conversation is seen in another region.
    pub(super) fn runs_elsewhere(&self, root: u32, conversation: &[u8]) -> bool {
        let same =
            |turn: &Turn| turn.root != root && !turn.over && turn.conversation == conversation;
        !conversation.is_empty() && self.turns.iter().any(same)
    }

    /// The same, to look at.
    pub(super) fn running(&self, root: u32) -> Option<&Turn> {
        self.turns.iter().rev().find(|turn| turn.root == root && !turn.over)
    }
}
