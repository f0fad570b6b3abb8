//! Newline-delimited JSON over messages: a message holds any number of lines, and
//! its last line may go on in the next message.
//!
//! Some servers leave the last newline out: a rest that is JSON by itself is
//! taken at the end of its message.

use crate::json::scan;
use crate::secrets;
use alloc::vec::Vec;

/// What one line is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Line<'l> {
    /// A whole line, without its end; never blank.
    Whole(&'l [u8]),
    /// So many bytes outgrew the limit: they are in the raw layer only.
    TooLong(usize),
}

/// The line that goes on in the next message.
#[derive(Debug, Default)]
pub struct Lines {
    kept: Vec<u8>,
    /// The line outgrew the limit: its rest is dropped until it ends.
    overflowing: bool,
}

impl Lines {
    /// Gives the lines of one message to `each`, in order. At most `limit`
    /// bytes of an unfinished line are kept.
    pub fn message(&mut self, message: &[u8], limit: usize, mut each: impl FnMut(Line<'_>)) {
        let mut rest = message;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at_checked(end).unwrap_or_default();
            rest = after.get(1..).unwrap_or_default();
            if core::mem::take(&mut self.overflowing) {
                each(Line::TooLong(line.len()));
                continue;
            }
            if self.kept.is_empty() {
                whole(line, &mut each);
                continue;
            }
            let mut joined = core::mem::take(&mut self.kept);
            joined.extend_from_slice(line);
            self::joined(joined, &mut each);
        }
        self.keep(rest, limit, &mut each);
    }

    /// Bytes of a line that never ended.
    pub fn unfinished(&self) -> &[u8] {
        &self.kept
    }

    fn keep(&mut self, rest: &[u8], limit: usize, each: &mut impl FnMut(Line<'_>)) {
        if self.overflowing {
            return each(Line::TooLong(rest.len()));
        }
        // Looked at whole only when it can be whole, so that a line in many small
        // messages is not read again with each of them.
        if self.kept.is_empty() && scan::is_json(rest) {
            return whole(rest, each);
        }
        if self.kept.len() + rest.len() > limit {
            self.overflowing = true;
            let lost = core::mem::take(&mut self.kept).len() + rest.len();
            return each(Line::TooLong(lost));
        }
        let closes = rest.trim_ascii_end().last().is_some_and(|byte| matches!(byte, b'}' | b']'));
        self.kept.extend_from_slice(rest);
        if closes && self.kept.len() - rest.len() <= RECHECKED && scan::is_json(&self.kept) {
            joined(core::mem::take(&mut self.kept), each);
        }
    }
}

/// A line that came in pieces: a secret may have been cut, too.
fn joined(mut line: Vec<u8>, each: &mut impl FnMut(Line<'_>)) {
    secrets::cover(&mut line);
    whole(&line, each);
}

/// A line longer than this is whole only when its newline says so: looking again
/// and again at what has come would not be linear.
const RECHECKED: usize = 64 << 10;

fn whole(line: &[u8], each: &mut impl FnMut(Line<'_>)) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if !line.trim_ascii().is_empty() {
        each(Line::Whole(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn lines(messages: &[&str], limit: usize) -> Vec<String> {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        for message in messages {
            lines.message(message.as_bytes(), limit, |line| {
                out.push(match line {
                    Line::Whole(line) => String::from_utf8_lossy(line).into_owned(),
                    Line::TooLong(bytes) => alloc::format!("too long: {bytes}"),
                });
            });
        }
        out
    }

    #[test]
    fn lines_of_one_message_and_lines_over_several() {
        let messages = ["{\"a\":1}\n\n{\"b\":", "2}\r\n{\"c\"", ":3}", "{\"d\":4}"];
        let expected = ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}", "{\"d\":4}"];
        assert_eq!(lines(&messages, 1000), expected);
    }

    #[test]
    fn what_is_no_json_is_a_line_all_the_same() {
        assert_eq!(lines(&["oops\n{", "\n"], 1000), ["oops", "{"]);
    }

    #[test]
    fn a_line_that_outgrows_the_limit_is_counted_and_left() {
        let messages = ["{\"a\":\"xxxx", "xxxx", "\"}\n{\"b\":1}\n"];
        let expected = ["too long: 14", "too long: 2", "{\"b\":1}"];
        assert_eq!(lines(&messages, 12), expected);
    }
}
