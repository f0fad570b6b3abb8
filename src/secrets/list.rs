//! The texts of a list or an object: all of them are secrets when its name says
//! so. Names in it stay. It ends where its JSON ends, or stops being JSON.

use super::quote::{End, Quote};

/// A list or an object that is open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct List {
    quote: Quote,
    /// How many lists and objects are open, and which of the innermost are objects.
    nesting: u32,
    objects: u64,
    at: Place,
    /// Whether the text at hand was there to be counted, in a piece before.
    pub counted: bool,
}

/// What comes next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Name,
    Value,
    /// What separates values, or ends them.
    Mark,
    /// More of a name.
    InName,
    /// More of a text.
    InText,
}

/// What was read of a list.
pub(super) struct Step {
    /// Where a secret stands in it, if `start` is less than `end`.
    pub start: usize,
    pub end: usize,
    /// Where to read on.
    pub next: usize,
    /// Whether that is still in the list.
    pub open: bool,
}

impl List {
    /// One that is about to open, with so many backslashes before its quotes.
    pub(super) fn new(depth: usize) -> List {
        let quote = Quote::new(depth);
        List { quote, nesting: 0, objects: 0, at: Place::Value, counted: false }
    }

    /// Reads a text, or a byte between texts.
    pub(super) fn step(&mut self, bytes: &[u8], at: usize) -> Step {
        if matches!(self.at, Place::InName | Place::InText) {
            let (end, how) = self.quote.find(bytes, at);
            let start = if self.at == Place::InText { at } else { end };
            let next = match how {
                End::Closed(next) => {
                    self.at = Place::Mark;
                    next
                }
                End::Outer => end,
                End::Open => bytes.len(),
            };
            return Step { start, end, next, open: how != End::Outer };
        }
        let byte = bytes.get(at).copied().unwrap_or_default();
        let goes_on = self.mark(byte);
        // It is over with its last bracket, and before what does not belong to it.
        let next = at + usize::from(goes_on || self.nesting == 0);
        Step { start: at, end: at, next, open: goes_on && self.nesting > 0 }
    }

    /// Takes a byte between texts. Whether it may stand there.
    fn mark(&mut self, byte: u8) -> bool {
        let escaped = self.quote.escapes();
        if let Some((slashes, _)) = self.quote.take(byte) {
            self.counted = false;
            self.at = match self.at {
                Place::Name => Place::InName,
                Place::Value => Place::InText,
                _ => return false,
            };
            return slashes == self.quote.depth();
        }
        self.at = match (byte, self.at) {
            // Blanks, also escaped ones; a quote that is not complete.
            (b'\\' | b' ' | b'\t' | b'\n' | b'\r', at) => at,
            (_, at) if escaped => at,
            (b'[' | b'{', Place::Value) => {
                self.nesting += 1;
                self.objects = self.objects << 1 | u64::from(byte == b'{');
                self.first()
            }
            (b']' | b'}', _) => {
                self.nesting = self.nesting.saturating_sub(1);
                self.objects >>= 1;
                Place::Mark
            }
            (b':', Place::Mark) => Place::Value,
            (b',', Place::Mark) => self.first(),
            // Numbers, `true`, `null`.
            (b'a'..=b'z' | b'E' | b'0'..=b'9' | b'.' | b'+' | b'-', Place::Value | Place::Mark) => {
                Place::Mark
            }
            _ => return false,
        };
        true
    }

    /// What a list or an object begins with.
    fn first(&self) -> Place {
        if self.objects & 1 == 1 { Place::Name } else { Place::Value }
    }
}
