//! Whether the raw layer rebuilds the streams: the bytes of their frames and
//! fragments, one after the other, compared with what went in, each way.

use pagetap::event::{Batch, Layer, RawKind, Record, StreamId, Value};
use pagetap::exchange::Direction;
use pagetap::hook::Field;
use pagetap::secrets::Cut;
use std::collections::BTreeMap;

/// The raw layer of all streams so far, and what it should be.
#[derive(Debug, Default)]
pub(super) struct Rebuild {
    /// By stream, and by whether it is what the page sent.
    ways: BTreeMap<(StreamId, bool), Way>,
    stream: StreamId,
    /// The chunk that the frames at hand lie in, and where it starts.
    chunk: Vec<u8>,
    chunk_start: u64,
}

/// One direction of one stream.
#[derive(Debug, Default)]
struct Way {
    bytes: Vec<u8>,
    expected: Vec<u8>,
    /// The same, covered as it came: what begins like a secret may go on as one.
    pieces: Vec<u8>,
    cut: Cut,
    fault: Option<String>,
}

impl Rebuild {
    /// These bytes go in, at once.
    pub(super) fn expect(&mut self, stream: StreamId, direction: Direction, bytes: &[u8]) {
        let way = self.way(stream, direction);
        way.expected.extend_from_slice(bytes);
        let mut piece = bytes.to_vec();
        way.cut.cover(&mut piece, false);
        way.pieces.extend(piece);
    }

    /// Takes the bytes of a record that has some.
    pub(super) fn take(&mut self, batch: &Batch, record: &Record<'_>) {
        match record.layer() {
            Layer::At => {
                if let Some(Value::Int(stream)) = record.get(Field::StreamId) {
                    self.stream = stream;
                }
            }
            Layer::Chunk => {
                self.chunk = batch.chunk(record).to_vec();
                self.chunk_start = number(record, Field::Offset).unwrap_or(0);
            }
            Layer::Raw(RawKind::Frame | RawKind::Fragment) => {
                let out = record.text(Field::Direction) == Some("out");
                let direction = if out { Direction::Out } else { Direction::In };
                let range = (number(record, Field::Offset), number(record, Field::Length));
                self.frame(direction, range);
            }
            _ => {}
        }
    }

    /// What was wrong, if anything.
    pub(super) fn finish(&mut self) -> Vec<String> {
        self.ways.values_mut().filter_map(Way::finish).collect()
    }

    fn way(&mut self, stream: StreamId, direction: Direction) -> &mut Way {
        self.ways.entry((stream, direction == Direction::Out)).or_default()
    }

    fn frame(&mut self, direction: Direction, range: (Option<u64>, Option<u64>)) {
        let chunk = std::mem::take(&mut self.chunk);
        let chunk_start = self.chunk_start;
        self.way(self.stream, direction).frame(&chunk, chunk_start, range);
        self.chunk = chunk;
    }
}

impl Way {
    fn frame(&mut self, chunk: &[u8], chunk_start: u64, range: (Option<u64>, Option<u64>)) {
        let next = self.bytes.len() as u64;
        let fault = match range {
            (Some(offset), Some(length)) if offset == next => {
                let start = offset.saturating_sub(chunk_start) as usize;
                match chunk.get(start..start + length as usize) {
                    Some(bytes) => return self.bytes.extend_from_slice(bytes),
                    None => format!("a frame at byte {offset} lies outside its chunk"),
                }
            }
            (Some(offset), Some(_)) => {
                format!("a frame starts at byte {offset}, the one before ended at {next}")
            }
            _ => format!("a frame after byte {next} has no byte range"),
        };
        self.fault.get_or_insert(fault);
    }

    fn finish(&mut self) -> Option<String> {
        // All of it but its secrets, which have asterisks in their place: of lines each
        // alone; of what is no line as a text in pieces; of a document as one text,
        // which may go on where it is longer than a tap keeps it.
        let mut lines = self.expected.clone();
        for line in lines.split_mut(|byte| matches!(byte, b'\n' | b'\r')) {
            pagetap::secrets::cover(line);
        }
        let mut unended = self.expected.clone();
        Cut::default().cover(&mut unended, false);
        pagetap::secrets::cover(&mut self.expected);
        for covered in [lines, std::mem::take(&mut self.pieces), unended] {
            if covered == self.bytes {
                self.expected = covered;
            }
        }
        let Way { bytes, expected, .. } = &self;
        let at = || bytes.iter().zip(expected).position(|(mine, theirs)| mine != theirs);
        let differs = || match at() {
            Some(at) => Some(format!("the raw layer differs from byte {at} on")),
            None if bytes.len() == expected.len() => None,
            None => Some(format!("the raw layer has {} bytes of {}", bytes.len(), expected.len())),
        };
        self.fault.clone().or_else(differs)
    }
}

fn number(record: &Record<'_>, field: Field) -> Option<u64> {
    match record.get(field)? {
        Value::Int(value) => Some(u64::from(value)),
        Value::Number(value) => Some(value as u64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(chunk: &[u8], ranges: &[(u64, u64)], body: &[u8]) -> Option<String> {
        let mut rebuild = Rebuild { chunk: chunk.to_vec(), ..Rebuild::default() };
        rebuild.expect(0, Direction::In, body);
        for (offset, length) in ranges {
            rebuild.frame(Direction::In, (Some(*offset), Some(*length)));
        }
        rebuild.finish().pop()
    }

    #[test]
    fn frames_that_bring_the_bytes_back_rebuild_the_stream() {
        assert_eq!(fault(b"one two", &[(0, 3), (3, 0), (3, 4)], b"one two"), None);
        assert_eq!(fault(b"", &[], b""), None);
    }

    #[test]
    fn other_bytes_are_seen() {
        assert!(fault(b"one tWo", &[(0, 7)], b"one two").unwrap().contains("byte 5"));
    }

    #[test]
    fn each_way_has_its_own_bytes() {
        let mut rebuild = Rebuild { chunk: b"one".to_vec(), ..Rebuild::default() };
        rebuild.expect(0, Direction::Out, b"one");
        rebuild.frame(Direction::In, (Some(0), Some(3)));
        assert_eq!(rebuild.finish().len(), 2, "nothing went out, too much came in");
    }

    #[test]
    fn an_address_at_the_end_of_a_document_may_be_covered_as_one_that_goes_on() {
        let covered = b"one //***********";
        let mut rebuild = Rebuild { chunk: covered.to_vec(), ..Rebuild::default() };
        // In pieces it would be covered from where it shows that it is one.
        rebuild.expect(0, Direction::In, b"one //us");
        rebuild.expect(0, Direction::In, b"er:secret");
        rebuild.frame(Direction::In, (Some(0), Some(17)));
        assert_eq!(rebuild.finish(), Vec::<String>::new());
    }

    #[test]
    fn gaps_overlaps_and_missing_ends_are_named() {
        assert!(fault(b"one two", &[(0, 3), (4, 3)], b"one two").unwrap().contains("byte 4"));
        assert!(fault(b"one two", &[(0, 3), (2, 5)], b"one two").unwrap().contains("byte 2"));
        assert!(fault(b"one two", &[(0, 3)], b"one two").unwrap().contains("3 bytes of 7"));
        assert!(fault(b"one", &[(0, 7)], b"one two").unwrap().contains("outside"));
    }
}
