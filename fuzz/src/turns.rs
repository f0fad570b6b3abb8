//! Turns over several exchanges: who listens changes nothing, numbers have no gap, and
//! the smallest bounds hold as well.

use crate::corpus;
use crate::records::Told;
use crate::script::{Cut, number, play, written};
use pagetap::Tap;
use pagetap::limits::Limits;

/// A script (see `script.rs`).
pub fn check(data: &[u8]) {
    let early = told(data, false, usize::MAX);
    assert_eq!(told(data, true, usize::MAX).0, early.0, "the raw layer changes no hook event");
    let numbers = early.0.events.iter().map(|event| event.seq);
    assert!(numbers.eq(0..early.0.events.len() as u32), "numbers rise by one");

    // Whoever subscribes late finds the state as if they had been there.
    let steps = early.1;
    let at = number(data) as usize % steps.max(1);
    let late = told(data, false, at).0;
    let head = early.0.events.len() - late.events.len();
    let without_numbers = |told: &Told, from: usize| -> Vec<_> {
        let events = told.events[from..].iter().cloned();
        events.map(|event| crate::records::Event { seq: 0, ..event }).collect()
    };
    assert_eq!(without_numbers(&late, 0), without_numbers(&early.0, head), "from step {at} on");

    let mut tap = Tap::new(smallest());
    tap.listen(true, true);
    play(data, &mut tap, Cut::Pieces(number(data)), Tap::clear);
    assert_eq!(tap.open_streams(), 0, "what is over is not kept");
}

/// The cases of the corpus, each alone and each with the one after it.
pub fn seeds() -> Vec<Vec<u8>> {
    let cases = corpus::cases();
    let pairs = cases.windows(2).map(|pair| written(&pair.concat()));
    cases.iter().map(|steps| written(steps)).chain(pairs).collect()
}

/// What is told from step `from` on if somebody listens from then on (from the
/// beginning if it is more than there are); and how many steps there were.
fn told(data: &[u8], raw: bool, from: usize) -> (Told, usize) {
    let mut tap = Tap::new(Limits::default());
    tap.listen(raw, from == usize::MAX);
    let mut all = Told::default();
    let mut step = 0;
    play(data, &mut tap, Cut::Whole, |tap| {
        let Told { events, notices } = Told::read(tap.batch());
        tap.clear();
        all.events.extend(events);
        all.notices.extend(notices);
        if step == from {
            tap.listen(raw, true);
        }
        step += 1;
    });
    (all, step)
}

fn smallest() -> Limits {
    Limits {
        bytes_per_stream: 64,
        blocks_per_message: 1,
        open_streams: 2,
        pending_tools: 1,
        pending_bytes: 32,
        remembered: 2,
        ids_remembered: 2,
        text_per_block: 16,
        text_per_message: 32,
        ..Limits::default()
    }
}
