//! For a word that is not in its list, which were near.

use super::read::Words;
use alloc::string::String;
use alloc::vec::Vec;

/// Lists up to this long are told whole.
const SHORT: usize = 12;
/// Words longer than this are near no other.
const LONG: usize = 40;

impl Words<'_> {
    fn all(&self) -> impl Iterator<Item = &'static str> {
        (0..).map_while(self.at)
    }

    pub(super) fn position(&self, given: &str) -> Option<usize> {
        self.all().position(|word| match (word.as_bytes(), given.as_bytes()) {
            ([first, word @ ..], [letter, given @ ..]) if self.small => {
                first.to_ascii_lowercase() == *letter && word == given
            }
            (word, given) => !word.is_empty() && word == given,
        })
    }

    /// The three nearest words; of a short list all, if none is near.
    pub(super) fn suggest(&self, given: &str, out: &mut String) {
        let mut told = 0;
        for far in 0..=1 + given.len().min(LONG) / 4 {
            for word in self.all() {
                if told < 3 && distance(given.as_bytes(), word.as_bytes()) == far {
                    self.say("; near it: ", word, &mut told, out);
                }
            }
        }
        if told == 0 && self.all().count() <= SHORT {
            self.all().for_each(|word| self.say("; there are: ", word, &mut told, out));
        }
    }

    fn say(&self, first: &str, word: &str, told: &mut u32, out: &mut String) {
        if word.is_empty() {
            return;
        }
        out.push_str(if *told == 0 { first } else { ", " });
        *told += 1;
        let start = out.len();
        out.push_str(word);
        if self.small
            && let Some(letter) = out.get_mut(start..=start)
        {
            letter.make_ascii_lowercase();
        }
    }
}

/// How many letters must be added, dropped or changed to make one word the other;
/// whatever their case. Nothing is near an empty word.
fn distance(left: &[u8], right: &[u8]) -> usize {
    if left.len() > LONG || right.len() > LONG || right.is_empty() {
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
