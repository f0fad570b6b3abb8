//! How records reach the page: mostly one per chunk, sometimes two at once,
//! sometimes one in two halves. Seeded, so that a run can be repeated.

use super::pacing::Record;
use xtask::random::Random;

/// Chance, in percent, that a record waits for its successor.
const JOINED: usize = 15;

/// Chance, in percent, that a record comes in two halves.
const HALVED: usize = 15;

/// Records further apart than this are never joined, in milliseconds.
const JOINED_WITHIN: f64 = 250.0;

/// The second half comes this much later, so that it is a chunk of its own.
const HALF_WAIT: f64 = 8.0;

/// Bytes that are written at once.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Write {
    pub(super) bytes: Vec<u8>,
    /// Milliseconds after the first write.
    pub(super) due: f64,
    /// Not before the person has answered.
    pub(super) awaits_person: bool,
}

/// The writes of one response, at the recorded speed.
pub(super) fn plan(records: &[Record], seed: u64) -> Vec<Write> {
    let mut random = Random::new(seed);
    let mut writes = Vec::new();
    let mut waiting = Vec::new();
    let mut late = 0.0;
    let mut awaited = false;
    let mut records = records.iter().peekable();
    while let Some(record) = records.next() {
        let due = record.due.max(late);
        awaited |= record.awaits_person;
        waiting.extend_from_slice(record.text.as_bytes());
        let next_is_near =
            |next: &&Record| next.due - record.due < JOINED_WITHIN && !next.awaits_person;
        if records.peek().is_some_and(next_is_near) && random.chance(JOINED) {
            continue;
        }
        let mut bytes = std::mem::take(&mut waiting);
        let mut awaits_person = std::mem::take(&mut awaited);
        if random.chance(HALVED) {
            let half = bytes.split_off(1 + random.below(bytes.len().saturating_sub(1)));
            writes.push(Write { bytes, due, awaits_person });
            awaits_person = false;
            bytes = half;
            late = due + HALF_WAIT;
        }
        if !bytes.is_empty() {
            writes.push(Write { bytes, due: due.max(late), awaits_person });
        }
    }
    writes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        let record = |at: u32| Record {
            text: format!("data: {at} é\n\n"),
            due: f64::from(at) * 20.0,
            awaits_person: at % 10 == 9,
        };
        (0..200).map(record).collect()
    }

    #[test]
    fn writes_are_the_body_in_order_of_time() {
        let body: String = records().into_iter().map(|record| record.text).collect();
        for seed in 0..20 {
            let writes = plan(&records(), seed);
            let written: Vec<u8> = writes.iter().flat_map(|write| write.bytes.clone()).collect();
            assert_eq!(written, body.as_bytes());
            assert!(writes.is_sorted_by(|one, next| one.due <= next.due), "seed {seed}");
            assert!(writes.iter().all(|write| !write.bytes.is_empty()));
        }
    }

    #[test]
    fn some_records_are_joined_and_some_are_halved() {
        let writes = plan(&records(), 1);
        let is_whole =
            |write: &&Write| write.bytes.starts_with(b"data") && write.bytes.ends_with(b"\n\n");
        let whole = writes.iter().filter(is_whole).count();
        let length = records().first().unwrap().text.len();
        assert!(writes.iter().any(|write| write.bytes.len() > length * 3 / 2));
        assert!(whole < writes.len() && whole > writes.len() / 2);
    }

    #[test]
    fn what_awaits_the_person_starts_a_write() {
        let writes = plan(&records(), 3);
        let awaited: Vec<&Write> = writes.iter().filter(|write| write.awaits_person).collect();
        assert_eq!(awaited.len(), 20);
        assert!(awaited.iter().all(|write| write.bytes.starts_with(b"d")));
    }

    #[test]
    fn a_seed_plans_the_same_and_another_seed_differently() {
        assert_eq!(plan(&records(), 4), plan(&records(), 4));
        assert_ne!(plan(&records(), 4), plan(&records(), 5));
    }
}
