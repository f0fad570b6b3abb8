//! Whether the raw layer's byte ranges are the stream: one after the other, no
//! gap, no overlap, to the last byte.

use pagetap::event::{Record, Value};
use pagetap::hook::Field;

/// The ranges of one stream so far.
#[derive(Debug, Default)]
pub(super) struct Rebuild {
    next: u64,
    fault: Option<String>,
}

impl Rebuild {
    /// Takes the range of a frame or fragment.
    pub(super) fn take(&mut self, record: &Record<'_>) {
        let number = |field| match record.get(field)? {
            Value::Int(value) => Some(u64::from(value)),
            Value::Number(value) => Some(value as u64),
            _ => None,
        };
        self.range(number(Field::Offset), number(Field::Length));
    }

    /// Ends the stream after `length` bytes; gives what was wrong, if anything.
    pub(super) fn finish(&mut self, length: u64) -> Option<String> {
        let Rebuild { next, fault } = std::mem::take(self);
        let short = || (next != length).then(|| format!("ranges end at byte {next} of {length}"));
        fault.or_else(short)
    }

    fn range(&mut self, offset: Option<u64>, length: Option<u64>) {
        let next = self.next;
        let (Some(offset), Some(length)) = (offset, length) else {
            let fault = || format!("a frame after byte {next} has no byte range");
            self.fault.get_or_insert_with(fault);
            return;
        };
        if offset != next {
            let fault =
                || format!("a frame starts at byte {offset}, the one before ended at {next}");
            self.fault.get_or_insert_with(fault);
        }
        self.next = offset + length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(ranges: &[(u64, u64)], length: u64) -> Option<String> {
        let mut rebuild = Rebuild::default();
        for (offset, length) in ranges {
            rebuild.range(Some(*offset), Some(*length));
        }
        rebuild.finish(length)
    }

    #[test]
    fn ranges_that_tile_the_stream_rebuild_it() {
        assert_eq!(fault(&[(0, 10), (10, 0), (10, 5)], 15), None);
        assert_eq!(fault(&[], 0), None);
    }

    #[test]
    fn gaps_overlaps_and_missing_ends_are_named() {
        assert!(fault(&[(0, 10), (11, 4)], 15).unwrap().contains("byte 11"));
        assert!(fault(&[(0, 10), (9, 6)], 15).unwrap().contains("byte 9"));
        assert!(fault(&[(0, 10)], 15).unwrap().contains("10 of 15"));
        let mut rebuild = Rebuild::default();
        rebuild.range(None, Some(1));
        assert!(rebuild.finish(1).unwrap().contains("no byte range"));
    }
}
