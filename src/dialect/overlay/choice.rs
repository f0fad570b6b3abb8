//! One word out of a list, and for a word that is not in it, which were near.

use super::refusal::{Path, quoted};
use alloc::string::String;
use alloc::vec::Vec;

/// A list of words. An empty one cannot be chosen.
pub(super) struct Words<'w> {
    /// What a word of the list is: "hook event".
    pub(super) what: &'w str,
    /// The word at an index, until there is none.
    pub(super) at: &'w dyn Fn(usize) -> Option<&'static str>,
    /// Spoken with a small first letter.
    pub(super) small: bool,
}

/// Lists up to this long are told whole.
const SHORT: usize = 12;
/// Words longer than this are near no other.
const LONG: usize = 40;

impl Words<'_> {
    /// The index of the word `given`.
    pub(super) fn choose(&self, path: &Path<'_>, given: &str) -> Result<usize, String> {
        let mut all = (0..).map_while(self.at);
        let found = all.position(|word| !word.is_empty() && self.spells(word, given));
        found.ok_or_else(|| {
            let mut reason = quoted(given);
            reason.push_str(" is no ");
            reason.push_str(self.what);
            self.suggest(given, &mut reason);
            path.refuse(&[&reason])
        })
    }

    fn spells(&self, word: &str, given: &str) -> bool {
        match (word.as_bytes(), given.as_bytes()) {
            ([first, word @ ..], [letter, given @ ..]) if self.small => {
                first.to_ascii_lowercase() == *letter && word == given
            }
            (word, given) => word == given,
        }
    }

    /// The three nearest words; of a short list all, if none is near.
    fn suggest(&self, given: &str, out: &mut String) {
        let all = || (0..).map_while(self.at).filter(|word| !word.is_empty());
        let mut told = 0;
        let mut say = |first: &str, word: &str| {
            out.push_str(if told == 0 { first } else { ", " });
            let start = out.len();
            out.push_str(word);
            if self.small
                && let Some(letter) = out.get_mut(start..=start)
            {
                letter.make_ascii_lowercase();
            }
            told += 1;
            told
        };
        let mut near = 0;
        for far in 0..=1 + given.len().min(LONG) / 4 {
            for word in all() {
                if near < 3 && distance(given.as_bytes(), word.as_bytes()) == far {
                    near = say("; near it: ", word);
                }
            }
        }
        if near == 0 && all().count() <= SHORT {
            all().for_each(|word| {
                say("; there are: ", word);
            });
        }
    }
}

/// How many letters must be added, dropped or changed to make one word the other;
/// whatever their case.
fn distance(left: &[u8], right: &[u8]) -> usize {
    if left.len() > LONG || right.len() > LONG {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, a) in left.iter().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(right) {
            let same = a.eq_ignore_ascii_case(b);
            let least = (diagonal + usize::from(!same)).min(before + 1).min(*cell + 1);
            diagonal = core::mem::replace(cell, least);
            before = least;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
