//! Mutations for the short run: the same for the same seed, on every machine.

use crate::words;
use xtask::random::Random;

/// What is made of `seed` at that turn of `random`; `other` is another input.
pub fn mutated(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(40)).min(bytes.len());
        match random.below(8) {
            0 => bytes.insert(at, random.bits() as u8),
            1 => bytes[at..end].fill(b'{'),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let from = random.below(other.len() + 1);
                let to = (from + random.below(200)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            5 => bytes.truncate(at),
            6 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            _ => {
                let words = words::words();
                let word = &words[random.below(words.len())];
                bytes.splice(at..end.min(at + word.len()), word.bytes());
            }
        }
    }
    bytes
}
