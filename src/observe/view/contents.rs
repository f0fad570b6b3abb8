//! What of the turn that runs is on screen: its answers, its cards, what it asks.

use super::{Shown, View};
use crate::hook::HookName;
use crate::json::text::{self, copy};
use crate::limits::PROMPT_KEPT;
use crate::observe::sights::{Screen, Sight};
use crate::observe::snapshot::{Answer, Card, Snapshot, State, decoded};
use alloc::vec::Vec;

impl View {
    pub(super) fn answers(&mut self, seen: &Snapshot<'_>, ts: f64, screen: &mut Screen) {
        let Some(now) = &mut self.now else { return };
        let (prompted, rest) = (now.prompt, &self.rest);
        let mut answers = seen
            .answers
            .iter()
            .filter(|answer| prompted || answer.growing || !rest.answers.contains(&answer.node))
            .peekable();
        if answers.peek().is_some() && !now.answer {
            now.answer = true;
            screen.sight(self.root, Sight::new(HookName::MessageStart, ts));
        }
        // A list that shows only what is in sight may show no answer, or the last ones.
        let whole = seen.prompt.is_some();
        let answers: Vec<&Answer<'_>> = answers.collect();
        let known: Vec<u32> = now.texts.iter().map(|known| known.0).collect();
        let nodes = answers.iter().map(|answer| answer.node);
        let places = places(&known, nodes, whole);
        for (at, answer) in places.into_iter().zip(answers) {
            let Some(text) = answer.text else { continue };
            let text = decoded(text);
            let kept: usize = now.texts.iter().map(|known| known.1.len()).sum();
            if at >= now.texts.len() {
                now.texts.push((answer.node, Vec::new()));
            }
            let Some(known) = now.texts.get_mut(at) else { continue };
            known.0 = answer.node;
            if kept - known.1.len() + text.len() > screen.text_kept {
                now.cut = true;
                continue;
            }
            // Markdown that settles is written anew from some place on.
            let more = text.get(common(&known.1, &text)..).unwrap_or_default();
            if text.len() > known.1.len() && !more.is_empty() {
                screen.sight(self.root, said(HookName::MessageDelta, ts, more, seen));
            }
            known.1 = text;
        }
        self.cards(seen, whole, ts, screen);
    }

    fn cards(&mut self, seen: &Snapshot<'_>, whole: bool, ts: f64, screen: &mut Screen) {
        let Some(now) = &mut self.now else { return };
        let rest = &self.rest;
        let fresh = |card: &&Card| now.prompt || !rest.cards.contains(&card.node);
        let cards: Vec<&Card> = seen.cards.iter().filter(fresh).collect();
        let known: Vec<u32> = now.cards.iter().map(|known| known.node).collect();
        let places = places(&known, cards.iter().map(|card| card.node), whole);
        for (at, card) in places.into_iter().zip(cards) {
            if at >= now.cards.len() {
                now.cards.push(Shown { node: card.node, state: State::Running, told: false });
            }
            let at = at.min(now.cards.len() - 1);
            let Some(known) = now.cards.get_mut(at) else { continue };
            known.node = card.node;
            let number = at as u32 + 1;
            let sight =
                |name, place| Sight { place, card: number, ..said(name, ts, &card.name, seen) };
            let named = !card.name.is_empty() || card.state != State::Running || !seen.busy;
            if named && !core::mem::replace(&mut known.told, true) {
                screen.sight(self.root, sight(HookName::ToolUseStart, number));
            }
            if known.state != State::Running || card.state == State::Running {
                continue;
            }
            known.state = card.state;
            now.results += 1;
            let failed = card.state == State::Failed;
            let name = if failed { HookName::PostToolUseFailure } else { HookName::PostToolUse };
            screen.sight(self.root, sight(name, now.results));
        }
    }

    pub(super) fn ask(&mut self, seen: &Snapshot<'_>, ts: f64, screen: &mut Screen) {
        for question in &seen.questions {
            if let Some(now) = &mut self.now
                && !self.questions.contains(&question.node)
            {
                now.questions += 1;
                let sight = said(HookName::PermissionRequest, ts, &question.text, seen);
                screen.sight(self.root, Sight { place: now.questions, ..sight });
            }
        }
        self.questions = seen.questions.iter().map(|question| question.node).collect();
    }
}

/// What was said, as far as an event may repeat it.
pub(super) fn said(name: HookName, ts: f64, text: &[u8], seen: &Snapshot<'_>) -> Sight {
    let kept = text::head(text, PROMPT_KEPT);
    Sight {
        text: copy(kept),
        cut: kept.len() < text.len(),
        covered: seen.covered && text.windows(3).any(|part| part == b"***"),
        ..Sight::new(name, ts)
    }
}

/// Where in a turn its messages or cards stand, of which `known` were seen before:
/// `whole`, all that there are; else the last ones, some of them new.
fn places(known: &[u32], nodes: impl Iterator<Item = u32> + Clone, whole: bool) -> Vec<usize> {
    let place = |node| known.iter().position(|known| *known == node);
    let mut next = match nodes.clone().any(|node| place(node).is_some()) {
        _ if whole => 0,
        true => known.len(),
        // Drawn anew.
        false => known.len().saturating_sub(nodes.clone().count()),
    };
    let mut places = Vec::new();
    for node in nodes {
        let at = if whole { next } else { place(node).unwrap_or(next) };
        next = at + 1;
        places.push(at);
    }
    places
}

/// How many bytes two texts have in common, in whole characters.
fn common(one: &[u8], two: &[u8]) -> usize {
    let same = one.iter().zip(two).take_while(|(one, two)| one == two).count();
    text::head(two, same).len()
}
