//! Which recording answers a prompt.

use std::collections::HashSet;

/// A name counts more than any text.
const NAMED: usize = 1000;

/// One common word is chance.
const ABOUT: usize = 2;

/// The recording a prompt names or is about; none when it is about something
/// else. `of` gives a recording's name and all that it says.
pub(super) fn best<'r, R>(
    prompt: &str,
    recordings: &'r [R],
    of: impl Fn(&R) -> (&str, &str),
) -> Option<&'r R> {
    let prompt: HashSet<String> = words(prompt).collect();
    let score = |recording: &R| {
        let shared = |text: &str| words(text).collect::<HashSet<_>>().intersection(&prompt).count();
        let (name, text) = of(recording);
        shared(name) * NAMED + shared(text)
    };
    // The first of equals, where max_by_key would take the last.
    let best = recordings.iter().rev().max_by_key(|recording| score(recording))?;
    (score(best) >= ABOUT).then_some(best)
}

/// Words that mean something, mostly: the long ones.
fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| word.len() > 3).map(str::to_lowercase)
}
