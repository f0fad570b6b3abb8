//! What real streams need beyond the standard, kept apart so that the strict
//! behaviour of `sse` stays provable: with neither of these true, a stream is
//! read exactly as `EventSource` reads it.

use super::sse::Decoder;
use crate::json::scan;

/// Some recordings have one newline between records instead of two. No dialect
/// sends two `event` lines in a record, so a second one closes the record
/// before it, once that has both a name and data.
pub fn ends_early(decoder: &Decoder, line: &[u8]) -> bool {
    decoder.is_pending()
        && decoder.has_data
        && !decoder.event.is_empty()
        && line.starts_with(b"event:")
}

/// Streams end without the last blank line. The standard discards such a block;
/// it is kept here when its data is whole, which JSON can prove.
pub fn flushes_at_end(decoder: &Decoder) -> bool {
    decoder.is_pending() && decoder.has_data && scan::is_json(&decoder.data)
}
