//! UTF-8 decoding as the Encoding standard has it: each maximal ill-formed
//! subsequence becomes one U+FFFD.
//!
//! Line ends are ASCII, so a line decodes on its own to what it is in the
//! stream, wherever the chunks were cut.

use alloc::vec::Vec;

/// Appends `bytes`, decoded.
pub fn decode(bytes: &[u8], out: &mut Vec<u8>) {
    // Looked at a word at a time, which `utf8_chunks` does not. The bookmarklet that every
    // browser can keep has no room for it.
    if cfg!(feature = "sessions") && bytes.is_ascii() {
        return out.extend_from_slice(bytes);
    }
    for chunk in bytes.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}
