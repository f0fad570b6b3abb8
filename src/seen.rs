//! Ids met before. What one call looks like on several pipes, on a reconnect or
//! in a replay has the same ids, and is told once.

use alloc::collections::VecDeque;

/// An id is remembered for this long (ms): a day. A page that comes back later
/// starts anew.
const WINDOW: f64 = 86_400_000.0;

/// Digests of ids, the oldest forgotten first.
#[derive(Debug, Default)]
pub struct Seen {
    /// Digest, time, and what they belong to, in the order they came.
    entries: VecDeque<(u64, f64, u64)>,
    limit: usize,
    /// What is met now belongs to this.
    now: u64,
}

impl Seen {
    /// Remembers at most `limit` ids.
    pub fn new(limit: usize) -> Seen {
        Seen { limit, ..Seen::default() }
    }

    /// Whether this id is remembered.
    pub fn knows(&self, parts: &[&[u8]]) -> bool {
        let digest = digest(parts);
        self.entries.iter().any(|(known, ..)| *known == digest)
    }

    /// Whether this id, told apart by all its parts, is met for the first time.
    /// It is remembered either way. An empty last part is no id: always first.
    pub fn first(&mut self, parts: &[&[u8]], ts: f64) -> bool {
        if parts.last().is_none_or(|id| id.is_empty()) {
            return true;
        }
        while self.entries.front().is_some_and(|(_, then, _)| ts - then > WINDOW) {
            self.entries.pop_front();
        }
        let digest = digest(parts);
        if self.entries.iter().rev().any(|(known, ..)| *known == digest) {
            return false;
        }
        if self.entries.len() >= self.limit {
            self.entries.pop_front();
        }
        self.entries.push_back((digest, ts, self.now));
        true
    }

    /// Whether this id was met before. It is not remembered by asking.
    pub fn met(&self, parts: &[&[u8]]) -> bool {
        let digest = digest(parts);
        self.entries.iter().rev().any(|(known, ..)| *known == digest)
    }

    /// Ids that are met from now on belong to `whole`.
    pub fn enter(&mut self, whole: &[&[u8]]) {
        self.now = digest(whole);
    }

    /// Whether this id was met, and belongs to `whole`.
    pub fn met_in(&self, parts: &[&[u8]], whole: &[&[u8]]) -> bool {
        let (id, whole) = (digest(parts), digest(whole));
        self.entries.iter().rev().any(|(known, _, belongs)| *known == id && *belongs == whole)
    }
}

/// FNV-1a, 64 bits: among thousands of ids, two alike are not to be expected.
fn digest(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for part in parts {
        for byte in part.iter().chain(&[0]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once_within_the_window() {
        let mut seen = Seen::new(10);
        assert!(seen.first(&[b"row", b"a"], 0.0));
        assert!(!seen.first(&[b"row", b"a"], WINDOW));
        assert!(seen.first(&[b"tool", b"a"], 0.0), "another kind of id");
        assert!(seen.met(&[b"row", b"a"]) && !seen.met(&[b"row", b"b"]));
        assert!(seen.first(&[b"row", b"a"], WINDOW + 1.0), "forgotten");
    }

    #[test]
    fn an_id_belongs_to_what_it_was_met_in_first() {
        let mut seen = Seen::new(10);
        seen.enter(&[b"one"]);
        assert!(seen.first(&[b"row", b"a"], 0.0));
        seen.enter(&[b"two"]);
        assert!(!seen.first(&[b"row", b"a"], 0.0) && seen.first(&[b"row", b"b"], 0.0));
        assert!(seen.met_in(&[b"row", b"a"], &[b"one"]));
        assert!(!seen.met_in(&[b"row", b"a"], &[b"two"]));
        assert!(seen.met_in(&[b"row", b"b"], &[b"two"]));
        assert!(!seen.met_in(&[b"row", b"c"], &[b"two"]), "never met");
    }

    #[test]
    fn no_id_is_never_a_repeat_and_the_oldest_goes_first() {
        let mut seen = Seen::new(2);
        assert!(seen.first(&[b"row", b""], 0.0) && seen.first(&[b"row", b""], 0.0));
        for id in [b"a", b"b", b"c"] {
            assert!(seen.first(&[b"row", id], 0.0));
        }
        assert!(seen.first(&[b"row", b"a"], 0.0) && !seen.first(&[b"row", b"c"], 0.0));
    }
}
