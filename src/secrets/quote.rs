//! Where a JSON text ends, which may be a text of JSON inside JSON, any number of
//! times, and may be cut anywhere.

/// How a JSON text ends.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Quote {
    /// Backslashes before its quotes: 1 in JSON inside JSON, 3 one deeper.
    depth: usize,
    /// Backslashes right before the place at hand.
    slashes: usize,
    /// How much of `u0022` stands between them and that place: some write the
    /// quotes of JSON inside JSON so.
    letters: usize,
}

const ESCAPED: &[u8] = b"u0022";

/// What ends a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// Its quote; what comes after that begins there.
    Closed(usize),
    /// The end of a text around it.
    Outer,
    /// Nothing yet: the bytes end.
    Open,
}

impl Quote {
    pub(super) fn new(depth: usize) -> Quote {
        Quote { depth, ..Quote::default() }
    }

    /// Backslashes before its quotes.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Whether the next byte belongs to an escape.
    pub(super) fn escapes(&self) -> bool {
        self.slashes > 0
    }

    /// Takes the next byte. If that completes a quote: how many backslashes it has,
    /// and how long the rest of it is.
    pub(super) fn take(&mut self, byte: u8) -> Option<(usize, usize)> {
        if byte == b'\\' {
            self.slashes = if self.letters > 0 { 1 } else { self.slashes + 1 };
            self.letters = 0;
            return None;
        }
        let length = self.letters + 1;
        let escaped =
            self.depth > 0 && self.slashes > 0 && ESCAPED.get(self.letters) == Some(&byte);
        if escaped && length < ESCAPED.len() {
            self.letters = length;
            return None;
        }
        self.letters = 0;
        let slashes = core::mem::take(&mut self.slashes);
        (escaped || byte == b'"').then_some((slashes, if escaped { length } else { 1 }))
    }

    /// Where the text ends whose next byte is at `at`. An escaped character inside has more
    /// backslashes than its quotes, an escaped backslash twice as many and two.
    pub(super) fn find(&mut self, bytes: &[u8], at: usize) -> (usize, End) {
        for (read, byte) in bytes.get(at..).unwrap_or_default().iter().enumerate() {
            let Some((slashes, length)) = self.take(*byte) else { continue };
            let next = at + read + 1;
            let outer = slashes < self.depth;
            if outer || (slashes - self.depth).is_multiple_of(2 * (self.depth + 1)) {
                // Of a quote that was cut, a part is before these bytes.
                let end = next.saturating_sub(length + slashes.min(self.depth)).max(at);
                return (end, if outer { End::Outer } else { End::Closed(next) });
            }
        }
        // What may be the beginning of its quote shows nothing.
        let quote = self.letters + self.slashes.min(self.depth);
        (bytes.len().saturating_sub(quote).max(at), End::Open)
    }
}
