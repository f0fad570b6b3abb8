//! What goes wrong when: a function of the seed alone. How the machine gets through it
//! is not: a run is repeated in what happens, not to the millisecond.

use super::trouble::{Side, Trouble};
use serde_json::{Value, json};
use xtask::random::Random;

/// Milliseconds.
const SHORTEST: usize = 800;
const LONGEST: usize = 2500;
const LONGEST_CALM: usize = 1200;

/// One round: something at the collector while something happens to the pages.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Round {
    pub(super) collector: Option<Trouble>,
    /// How long the collector is in trouble.
    ms: usize,
    pub(super) pages: Option<Trouble>,
    /// When it happens to the pages, from the beginning of the round.
    after: usize,
    /// Which of the tabs.
    pick: usize,
    /// Until the next round.
    calm: usize,
}

/// So many rounds of these troubles. None of a side comes again before all others of
/// that side have been.
pub(super) fn rounds(seed: u64, count: usize, troubles: &[Trouble]) -> Vec<Round> {
    let mut random = Random::new(seed);
    let of = |side| {
        let all = troubles.iter().copied().filter(|trouble| trouble.side() == side);
        Deck { all: all.collect(), left: Vec::new() }
    };
    let (mut collector, mut pages) = (of(Side::Collector), of(Side::Pages));
    let round = |_| {
        let ms = SHORTEST + random.below(LONGEST - SHORTEST);
        Round {
            collector: collector.draw(&mut random),
            ms,
            pages: pages.draw(&mut random),
            after: random.below(ms),
            pick: random.below(1000),
            calm: random.below(LONGEST_CALM),
        }
    };
    (0..count).map(round).collect()
}

struct Deck {
    all: Vec<Trouble>,
    left: Vec<Trouble>,
}

impl Deck {
    fn draw(&mut self, random: &mut Random) -> Option<Trouble> {
        if self.left.is_empty() {
            self.left.clone_from(&self.all);
        }
        if self.left.is_empty() {
            return None;
        }
        Some(self.left.swap_remove(random.below(self.left.len())))
    }
}

impl Round {
    /// For who plays it.
    pub(super) fn to_json(&self) -> Value {
        let name = |trouble: Option<Trouble>| trouble.map(Trouble::name);
        json!({
            "collector": name(self.collector),
            "fault": self.collector.and_then(Trouble::fault),
            "ms": self.ms,
            "pages": name(self.pages),
            "after": self.after,
            "pick": self.pick,
            "calm": self.calm,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn a_seed_is_a_schedule() {
        let all = Trouble::value_variants();
        assert_eq!(rounds(7, 30, all), rounds(7, 30, all));
        assert_ne!(rounds(7, 30, all), rounds(8, 30, all));
        assert_eq!(rounds(7, 30, all)[..9], rounds(7, 9, all), "longer runs begin the same");
    }

    #[test]
    fn everything_happens_before_anything_happens_again() {
        let rounds = rounds(3, 11, Trouble::value_variants());
        let mut collector: Vec<_> = rounds.iter().filter_map(|round| round.collector).collect();
        collector.sort();
        collector.dedup();
        assert_eq!(collector.len(), 11);
        let mut pages: Vec<_> = rounds.iter().take(8).filter_map(|round| round.pages).collect();
        pages.sort();
        pages.dedup();
        assert_eq!(pages.len(), 8);
    }

    #[test]
    fn a_side_without_troubles_is_left_alone() {
        let only = rounds(1, 2, &[Trouble::Crash]);
        assert!(only.iter().all(|round| round.collector.is_none()));
        assert!(only.iter().all(|round| round.pages == Some(Trouble::Crash)));
    }
}
