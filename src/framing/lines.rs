//! Lines of an event stream: LF, CR or CRLF, in any mix, cut anywhere
//! (HTML 9.2.5, `end-of-line`). Never U+2028, U+2029 or U+0085.

use crate::json::Span;

/// Finds line ends in a growing buffer; looks at each byte once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines {
    /// Where the current line starts.
    start: usize,
    /// Up to here there is no line end.
    scanned: usize,
    /// The last line ended in CR: a LF right after it is its other half.
    after_cr: bool,
    /// The byte order mark was looked for.
    begun: bool,
}

impl Lines {
    /// The next complete line, without its end.
    ///
    /// A CR ends the line at once, without waiting to see whether LF follows:
    /// waiting would hold back the last message of a stream that uses CR alone.
    pub fn next_line(&mut self, bytes: &[u8]) -> Option<Span> {
        if !self.begun && !self.skip_mark(bytes) {
            return None;
        }
        if self.after_cr && self.start < bytes.len() {
            self.after_cr = false;
            if bytes.get(self.start) == Some(&b'\n') {
                self.start += 1;
                self.scanned = self.scanned.max(self.start);
            }
        }
        let unseen = bytes.get(self.scanned..)?;
        let Some(found) = unseen.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
            self.scanned = bytes.len();
            return None;
        };
        let end = self.scanned + found;
        let line = Span { start: self.start, end };
        self.after_cr = bytes.get(end) == Some(&b'\r');
        self.start = end + 1;
        self.scanned = end + 1;
        Some(line)
    }

    /// What stands after the last line end, when the stream is over.
    pub fn rest(&mut self, bytes: &[u8]) -> Option<Span> {
        let mut start = self.start;
        if self.after_cr && bytes.get(start) == Some(&b'\n') {
            start += 1;
        }
        self.start = bytes.len();
        (start < bytes.len()).then_some(Span { start, end: bytes.len() })
    }

    /// Where the next line starts.
    pub fn position(&self) -> usize {
        self.start
    }

    /// The line that starts at `start` is to be read again.
    pub fn back_to(&mut self, start: usize) {
        self.start = start;
        self.scanned = start;
        self.after_cr = false;
    }

    /// The buffer lost its first `count` bytes, all of them read.
    pub fn rebase(&mut self, count: usize) {
        self.start = self.start.saturating_sub(count);
        self.scanned = self.scanned.saturating_sub(count);
    }

    /// One leading U+FEFF is ignored. False while too few bytes are there to
    /// tell.
    fn skip_mark(&mut self, bytes: &[u8]) -> bool {
        const MARK: &[u8] = "\u{feff}".as_bytes();
        if bytes.len() < MARK.len() && MARK.starts_with(bytes) {
            return false;
        }
        self.begun = true;
        if bytes.starts_with(MARK) {
            self.start = MARK.len();
            self.scanned = MARK.len();
        }
        true
    }
}
