//! Whether the raw layer rebuilds the stream: the bytes of its frames and
//! fragments, one after the other, compared with what went in.

use pagetap::event::{Batch, Layer, RawKind, Record, Value};
use pagetap::hook::Field;

/// One stream's raw layer so far.
#[derive(Debug, Default)]
pub(super) struct Rebuild {
    bytes: Vec<u8>,
    /// The chunk that the frames at hand lie in, and where it starts.
    chunk: Vec<u8>,
    chunk_start: u64,
    fault: Option<String>,
}

impl Rebuild {
    /// Takes the bytes of a record that has some.
    pub(super) fn take(&mut self, batch: &Batch, record: &Record<'_>) {
        match record.layer() {
            Layer::Chunk => {
                self.chunk = batch.chunk(record).to_vec();
                self.chunk_start = number(record, Field::Offset).unwrap_or(0);
            }
            Layer::Raw(RawKind::Frame | RawKind::Fragment) => {
                self.frame(number(record, Field::Offset), number(record, Field::Length));
            }
            _ => {}
        }
    }

    /// Ends the stream that brought `body`; gives what was wrong, if anything.
    pub(super) fn finish(&mut self, body: &[u8]) -> Option<String> {
        let Rebuild { bytes, fault, .. } = std::mem::take(self);
        // All of it but its secrets, which have asterisks in their place.
        let mut body = body.to_vec();
        pagetap::secrets::cover(&mut body);
        let at = || bytes.iter().zip(&body).position(|(mine, theirs)| mine != theirs);
        let differs = || match at() {
            Some(at) => Some(format!("the raw layer differs from byte {at} on")),
            None if bytes.len() == body.len() => None,
            None => Some(format!("the raw layer has {} bytes of {}", bytes.len(), body.len())),
        };
        fault.or_else(differs)
    }

    fn frame(&mut self, offset: Option<u64>, length: Option<u64>) {
        let next = self.bytes.len() as u64;
        let fault = match (offset, length) {
            (Some(offset), Some(length)) if offset == next => {
                let start = offset.saturating_sub(self.chunk_start) as usize;
                match self.chunk.get(start..start + length as usize) {
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
        for (offset, length) in ranges {
            rebuild.frame(Some(*offset), Some(*length));
        }
        rebuild.finish(body)
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
    fn gaps_overlaps_and_missing_ends_are_named() {
        assert!(fault(b"one two", &[(0, 3), (4, 3)], b"one two").unwrap().contains("byte 4"));
        assert!(fault(b"one two", &[(0, 3), (2, 5)], b"one two").unwrap().contains("byte 2"));
        assert!(fault(b"one two", &[(0, 3)], b"one two").unwrap().contains("3 bytes of 7"));
        assert!(fault(b"one", &[(0, 7)], b"one two").unwrap().contains("outside"));
    }
}
