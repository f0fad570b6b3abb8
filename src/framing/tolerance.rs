//! What real streams need beyond the standard, kept apart so that the strict
//! behaviour of `sse` stays provable: with neither of these true, a stream is
//! read exactly as `EventSource` reads it.

use super::sse::Decoder;
use crate::json::scan;

/// What such a line begins with.
const RECORD: &[u8] = b"event:";

/// Some recordings have one newline between records instead of two. No dialect
/// sends two `event` lines in a record, so a second one closes the record
/// before it, once that has both a name and data.
pub fn ends_early(decoder: &Decoder) -> bool {
    decoder.is_pending() && decoder.has_data && !decoder.event.is_empty()
}

/// Whether a line, or what is there of it, is one that can close the record
/// before it.
pub fn begins_record(line: &[u8]) -> bool {
    line.starts_with(RECORD)
}

/// Whether it can become one.
pub fn may_begin(line: &[u8]) -> bool {
    line.len() < RECORD.len() && RECORD.starts_with(line)
}

/// Streams end without the last blank line. The standard discards such a block;
/// it is kept here when its data is whole, which JSON can prove.
pub fn flushes_at_end(decoder: &Decoder) -> bool {
    decoder.is_pending() && decoder.has_data && scan::is_json(&decoder.data)
}

/// In a recording without blank lines a last `data` line may be a record of its
/// own: without it the record before it is whole.
pub fn flushes_but_last(decoder: &Decoder) -> bool {
    let before = decoder.data.get(..decoder.last).unwrap_or_default();
    ends_early(decoder) && scan::is_json(before)
}

/// Where the last line of a block starts, if it is a `data` line.
pub fn last_line(block: &[u8]) -> Option<usize> {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let end = block.iter().rposition(|byte| !is_end(byte))?;
    let start = block.get(..end)?.iter().rposition(is_end)? + 1;
    block.get(start..)?.starts_with(b"data").then_some(start)
}
