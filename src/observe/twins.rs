//! What the wire told that can be seen, and of what it was told that it is.

use super::sights::{Confidence, Sight};
use crate::hook::HookName;
use crate::output::{Output, Told};
use crate::turn::take_at;
use alloc::vec::Vec;

/// A turn on the screen began at most this long (ms) after the wire's.
const BACK: f64 = 10_000.0;

/// The wire's turn was over for at most this long (ms) when the screen's began.
const AFTER: f64 = 1_000.0;

/// Turns, and events of a turn that are not rendered; the oldest gives way.
const KEPT: usize = 64;

/// Turns as the wire told them.
#[derive(Debug, Default)]
pub(super) struct Wire {
    turns: Vec<WireTurn>,
    count: u32,
}

#[derive(Debug)]
struct WireTurn {
    /// Names an attempt at a turn: the wire's name may stand for several.
    name: u32,
    id: Vec<u8>,
    conversation: Vec<u8>,
    began: f64,
    /// When it was over.
    over: Option<f64>,
    /// A turn on the screen is known to be this one.
    taken: bool,
    /// Told, and not rendered yet: hook and number.
    events: Vec<(HookName, u32)>,
}

impl Wire {
    /// Notes what the wire told.
    pub(super) fn hear(&mut self, told: Told) {
        let same = |turn: &&mut WireTurn| turn.id == told.turn && turn.over.is_none();
        let is_over = matches!(told.name, HookName::Stop | HookName::StopFailure);
        let turn = match self.turns.iter_mut().rev().find(same) {
            Some(turn) => turn,
            None => {
                // A session begins before its turn has a name.
                let unnamed = |turn: &&mut WireTurn| {
                    turn.id.is_empty()
                        && turn.over.is_none()
                        && turn.conversation == told.conversation
                };
                if let Some(turn) = self.turns.iter_mut().rev().find(unnamed) {
                    turn.id = told.turn;
                } else {
                    self.count = self.count.wrapping_add(1);
                    if self.turns.len() >= KEPT {
                        take_at(&mut self.turns, 0);
                    }
                    self.turns.push(WireTurn {
                        name: self.count,
                        id: told.turn,
                        conversation: Vec::new(),
                        began: told.ts,
                        over: None,
                        taken: false,
                        events: Vec::new(),
                    });
                }
                let Some(turn) = self.turns.last_mut() else { return };
                turn
            }
        };
        if !told.conversation.is_empty() {
            turn.conversation = told.conversation;
        }
        if is_over {
            turn.over = Some(told.ts);
        }
        if turn.events.len() >= KEPT {
            take_at(&mut turn.events, 0);
        }
        turn.events.push((told.name, told.seq));
    }

    /// The turn that one on the screen is, by when it began and where; it is
    /// nobody else's from then on.
    pub(super) fn turn_of(
        &mut self,
        conversation: &[u8],
        began: f64,
        window: f64,
        confidence: Confidence,
    ) -> Option<u32> {
        let fits = |turn: &&mut WireTurn| {
            let here = turn.conversation == conversation
                || turn.conversation.is_empty()
                || conversation.is_empty();
            // What was not watched may have been long ago.
            let late = confidence != Confidence::Low
                && (turn.began < began - BACK
                    || turn.over.is_some_and(|over| over < began - AFTER));
            !turn.taken && here && !late && turn.began <= began + window
        };
        let turn = self.turns.iter_mut().rev().find(fits)?;
        turn.taken = true;
        Some(turn.name)
    }

    /// Whether that turn is not over.
    pub(super) fn is_open(&self, name: u32) -> bool {
        self.named(name).is_some_and(|turn| turn.over.is_none())
    }

    /// Its id in events.
    pub(super) fn id(&self, name: u32) -> &[u8] {
        self.named(name).map(|turn| &*turn.id).unwrap_or_default()
    }

    fn named(&self, name: u32) -> Option<&WireTurn> {
        self.turns.iter().find(|turn| turn.name == name)
    }

    /// Whether the wire told what was seen; when it was rendered is then said.
    pub(super) fn rendered(&mut self, name: u32, sight: &Sight, out: &mut Output) -> bool {
        let Some(turn) = self.turns.iter_mut().find(|turn| turn.name == name) else {
            return false;
        };
        // A message is over on the screen when the turn is: it may be several.
        let whole = sight.name == HookName::MessageEnd;
        if whole && turn.over.is_none() {
            return false;
        }
        let is_twin = |told: HookName| match sight.name {
            HookName::MessageEnd => matches!(told, HookName::MessageStart | HookName::MessageEnd),
            HookName::Stop => matches!(told, HookName::Stop | HookName::StopFailure),
            HookName::PostToolUse | HookName::PostToolUseFailure => {
                matches!(told, HookName::PostToolUse | HookName::PostToolUseFailure)
            }
            name => told == name,
        };
        let mut found = false;
        turn.events.retain(|(told, seq)| {
            if !is_twin(*told) || found && !whole {
                return true;
            }
            found = true;
            out.rendered(*seq, sight.ts);
            false
        });
        found
    }
}
