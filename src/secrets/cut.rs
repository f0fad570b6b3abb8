//! A text in several messages, whose secrets may be cut.

use super::list::List;
use super::quote::End;
use super::spelling::word;
use super::{Place, cover_from, is_value};
use alloc::vec::Vec;

/// What a text that goes on in the next message ended with.
#[derive(Debug, Default)]
pub struct Cut {
    /// Its last bytes, in which a name may begin.
    tail: Vec<u8>,
    /// Where it ended.
    place: Place,
    /// In which list.
    list: Option<List>,
    /// Whether some of the secret in which it ended was there to be counted.
    counted: bool,
}

/// As many bytes as a name and what stands around it can have.
const TAIL: usize = 96;

impl Cut {
    /// Covers the secrets of the next message of the same text; how many there
    /// were. A secret that was cut is covered on both sides, from the first byte
    /// that shows it. `messages`: what looks like a whole one probably is; pieces
    /// of a body are cut anywhere.
    pub fn cover(&mut self, bytes: &mut [u8], messages: bool) -> u32 {
        let (end, open) = match &mut self.place {
            Place::Outside => (0, false),
            // Begins anew, as a message does that is whole.
            Place::Word if messages && matches!(bytes.first(), Some(b'{' | b'[')) => {
                self.tail.clear();
                (0, false)
            }
            Place::Word => word(bytes, 0, is_value),
            Place::Text(quote) => {
                let (end, how) = quote.find(bytes, 0);
                (end, how == End::Open)
            }
        };
        bytes.get_mut(..end).unwrap_or_default().fill(b'*');
        let begun = end > 0 && !core::mem::replace(&mut self.counted, true);
        if !open {
            self.place = Place::Outside;
        }
        let before = self.tail.len();
        let mut joined = core::mem::take(&mut self.tail);
        joined.extend_from_slice(bytes);
        let (count, place) = cover_from(&mut joined, before, true, &mut self.list);
        // What is covered already has lost its backslashes, so it is not read again.
        if self.place == Place::Outside {
            self.place = place;
            self.counted = bytes.is_empty() || joined.last() == Some(&b'*');
        }
        if let Some(covered) = joined.get(before..) {
            bytes.copy_from_slice(covered);
        }
        // Most messages are whole; and a list is read on from where it is.
        let whole = messages && matches!(bytes.trim_ascii_end().last(), Some(b'}' | b']'));
        if self.list.is_none() && !whole {
            self.tail = joined.split_off(joined.len().saturating_sub(TAIL));
        }
        count + u32::from(begun)
    }
}
