//! What the wire told that can be seen, and of what it was told that it is.
//!
//! A turn on screen is one turn of the wire; what was seen in it is found there by
//! kind and place: its prompt, its third card. So what is seen again, because the
//! page drew it anew or in two places, is still the same.

use super::sights::{Confidence, Sight, Turn};
use crate::hook::HookName;
use crate::output::{Output, Told};
use crate::turn::take_at;
use alloc::vec::Vec;

/// A turn on the screen began at most this long (ms) after the wire's.
const BACK: f64 = 10_000.0;

/// The wire's turn was over for at most this long (ms) when the screen's began.
const AFTER: f64 = 1_000.0;

/// Turns that are remembered; the oldest gives way.
const TURNS: usize = 64;

/// Events of a turn that are not rendered yet; the oldest gives way, and is rendered
/// without a word.
const EVENTS: usize = 256;

/// Hook events that are one kind of thing on screen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Session,
    Prompt,
    Start,
    Card,
    Result,
    Question,
    End,
    Stop,
}

const KINDS: usize = 8;

impl Kind {
    fn of(name: HookName) -> Option<Kind> {
        Some(match name {
            HookName::SessionStart => Kind::Session,
            HookName::UserPromptSubmit => Kind::Prompt,
            HookName::MessageStart => Kind::Start,
            HookName::ToolUseStart => Kind::Card,
            HookName::PostToolUse | HookName::PostToolUseFailure => Kind::Result,
            HookName::PermissionRequest => Kind::Question,
            HookName::MessageEnd => Kind::End,
            HookName::Stop | HookName::StopFailure => Kind::Stop,
            _ => return None,
        })
    }

    fn count(self, counts: &[u32; KINDS]) -> u32 {
        counts.get(self as usize).copied().unwrap_or(0)
    }
}

/// Turns as the wire told them.
#[derive(Debug, Default)]
pub(super) struct Wire {
    turns: Vec<WireTurn>,
    count: u32,
}

#[derive(Debug, Default)]
struct WireTurn {
    name: u32,
    id: Vec<u8>,
    conversation: Vec<u8>,
    /// When this attempt at it began.
    began: f64,
    /// When it was over.
    over: Option<f64>,
    failed: bool,
    /// A turn on the screen is known to be this one.
    taken: bool,
    /// How many of each kind were told, and how many before this attempt.
    told: [u32; KINDS],
    before: [u32; KINDS],
    /// Those not rendered yet: which of its kind, from 1, and its number.
    waiting: Vec<(Kind, u32, u32)>,
}

impl Wire {
    /// Notes what the wire told.
    pub(super) fn hear(&mut self, told: Told) {
        let Some(kind) = Kind::of(told.name) else { return };
        let Some(turn) = self.turn_named(&told) else { return };
        let begins = matches!(kind, Kind::Prompt | Kind::Start | Kind::Card);
        if begins && turn.over.take().is_some() {
            // Another attempt at the same turn.
            turn.before = turn.told;
            turn.began = told.ts;
            turn.taken = false;
        }
        if !told.conversation.is_empty() {
            turn.conversation = told.conversation;
        }
        if kind == Kind::Stop {
            turn.over = Some(told.ts);
            turn.failed = told.name == HookName::StopFailure;
        }
        let Some(count) = turn.told.get_mut(kind as usize) else { return };
        *count = count.saturating_add(1);
        let place = *count;
        if turn.waiting.len() >= EVENTS {
            take_at(&mut turn.waiting, 0);
        }
        turn.waiting.push((kind, place, told.seq));
    }

    fn turn_named(&mut self, told: &Told) -> Option<&mut WireTurn> {
        let is = |turn: &WireTurn| turn.id == told.turn && !turn.id.is_empty();
        // A session begins before its turn has a name.
        let unnamed = |turn: &WireTurn| {
            turn.id.is_empty() && turn.over.is_none() && turn.conversation == told.conversation
        };
        let known = self.turns.iter().rposition(is).or(self.turns.iter().rposition(unnamed));
        let mut turn = match known.and_then(|at| take_at(&mut self.turns, at)) {
            Some(turn) => turn,
            None => {
                self.count = self.count.wrapping_add(1);
                WireTurn { name: self.count, began: told.ts, ..WireTurn::default() }
            }
        };
        turn.id.clone_from(&told.turn);
        if self.turns.len() >= TURNS {
            take_at(&mut self.turns, 0);
        }
        // What was told last is last.
        self.turns.push(turn);
        self.turns.last_mut()
    }

    /// The turn that one on the screen is, by when it began and where. One that is
    /// not yet known on screen and of the same conversation for certain is it at
    /// once; `patient`, another that may be is waited for no longer.
    pub(super) fn turn_of(&mut self, seen: &Turn, window: f64, patient: bool) -> Option<u32> {
        let fits = |turn: &WireTurn| {
            let began = turn.began <= seen.began + window;
            let late = turn.began < seen.began - BACK
                || turn.over.is_some_and(|over| over < seen.began - AFTER);
            // What was not watched may have been long ago.
            began && (!late || seen.confidence == Confidence::Low)
        };
        let certain = |turn: &WireTurn| {
            !turn.taken && turn.conversation == seen.conversation && !turn.conversation.is_empty()
        };
        let possible = |turn: &WireTurn| {
            let here = turn.conversation == seen.conversation
                || turn.conversation.is_empty()
                || seen.conversation.is_empty();
            // On screen twice, or drawn anew.
            here && (!turn.taken || turn.over.is_none_or(|over| seen.began <= over))
        };
        let last = |which: &dyn Fn(&WireTurn) -> bool| {
            self.turns.iter().rposition(|turn| fits(turn) && which(turn))
        };
        let at = last(&certain).or_else(|| {
            let likely = |turn: &WireTurn| possible(turn) && turn.conversation == seen.conversation;
            last(&likely).or_else(|| last(&possible)).filter(|_| patient)
        })?;
        let turn = self.turns.get_mut(at)?;
        turn.taken = true;
        Some(turn.name)
    }

    /// The attempt that follows one that failed, while the screen shows one turn.
    pub(super) fn next_attempt(&mut self, name: u32, seen: &Turn) -> Option<u32> {
        let over = self.named(name).filter(|turn| turn.failed)?.over?;
        let follows = |turn: &&mut WireTurn| {
            !turn.taken && turn.began >= over && turn.conversation == seen.conversation
        };
        let turn = self.turns.iter_mut().find(follows)?;
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

    /// Whether the wire told what was seen; when it was rendered is then said, once.
    pub(super) fn rendered(&mut self, name: u32, sight: &Sight, out: &mut Output) -> bool {
        let named = |turn: &&mut WireTurn| turn.name == name;
        let Some(turn) = self.turns.iter_mut().find(named) else { return false };
        let Some(kind) = Kind::of(sight.name) else { return false };
        // On the screen all messages of a turn end when it does.
        let ends = matches!(kind, Kind::End | Kind::Stop);
        if ends && turn.over.is_none() {
            return false;
        }
        let counted = matches!(kind, Kind::Card | Kind::Result | Kind::Question);
        let place = kind.count(&turn.before).saturating_add(sight.place);
        let mut found = false;
        turn.waiting.retain(|(told, at, seq)| {
            let is = match kind {
                Kind::End => matches!(told, Kind::Start | Kind::End),
                _ if counted => *told == kind && *at == place,
                _ => *told == kind,
            };
            if !is || found && !ends {
                return true;
            }
            found = true;
            out.rendered(*seq, sight.ts);
            false
        });
        let told = kind.count(&turn.told);
        found || if counted { told >= place } else { told > 0 }
    }
}
