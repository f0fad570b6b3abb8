//! Bytes to frames.
//!
//! A [`Framer`] holds the bytes of one response that are not yet whole frames,
//! and remembers which bytes each frame came from: the ranges of all frames,
//! one after the other, are the stream, byte for byte, whatever the bytes are
//! and however they were cut.

pub mod frame;
pub mod lines;
pub mod ndjson;
pub mod sse;
pub mod tolerance;
pub mod utf8;

use crate::json::Span;
use crate::secrets;
use alloc::vec::Vec;
pub use frame::{Frame, FrameKind, Framing, Message, Reading};

/// Cuts one body into frames.
#[derive(Debug)]
pub struct Framer {
    framing: Framing,
    reading: Reading,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that belong to frames already given out.
    taken: usize,
    /// Bytes of `buffer` that may be read: a reserved chunk is not yet filled.
    filled: usize,
    /// Stream position of `buffer`'s first byte.
    base: u64,
    limit: usize,
    lines: lines::Lines,
    decoder: sse::Decoder,
    /// The current block outgrew the limit: raw until it ends. Its bytes so far.
    overflowing: Option<u64>,
    /// The lengths of blocks that outgrew the limit and are over.
    lost: Vec<u64>,
    /// The line at hand has begun in bytes already given out.
    inside_line: bool,
    covered: u32,
    cut: secrets::Cut,
}

impl Framer {
    /// A framer that holds at most `limit` bytes of an unfinished frame.
    pub fn new(framing: Framing, reading: Reading, limit: usize) -> Framer {
        Framer {
            framing,
            reading,
            buffer: Vec::new(),
            taken: 0,
            filled: 0,
            base: 0,
            limit,
            lines: lines::Lines::default(),
            decoder: sse::Decoder::default(),
            overflowing: None,
            lost: Vec::new(),
            inside_line: false,
            covered: 0,
            cut: secrets::Cut::default(),
        }
    }

    /// Says how the body is framed, once its headers are known. Too late once
    /// bytes were read.
    pub fn set_framing(&mut self, framing: Framing) {
        self.framing = framing;
    }

    /// How the body is framed.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Room for `length` more bytes, for the caller to fill before [`commit`].
    /// Bytes of earlier frames may be gone after this.
    ///
    /// [`commit`]: Framer::commit
    pub fn reserve(&mut self, length: usize) -> &mut [u8] {
        if self.taken > 0 && self.filled == self.buffer.len() {
            // Only what came after the last frame moves, and that is less than
            // the chunk that ended it: the whole is linear in the input.
            self.buffer.drain(..self.taken.min(self.buffer.len()));
            self.lines.rebase(self.taken);
            self.base += self.taken as u64;
            self.filled -= self.taken;
            self.taken = 0;
            if self.buffer.capacity() > RETAIN && self.buffer.len() < RETAIN / 2 {
                self.buffer = self.buffer.to_vec();
            }
        }
        let start = self.buffer.len();
        self.buffer.resize(start + length, 0);
        self.buffer.get_mut(start..).unwrap_or_default()
    }

    /// Takes the next `length` reserved bytes as part of the stream.
    pub fn commit(&mut self, length: usize) {
        let before = self.filled;
        self.filled = (self.filled + length).min(self.buffer.len());
        // Secrets stand within a line. So all lines that are whole now are
        // covered now, before anybody copies the chunk.
        let new = self.buffer.get(before..self.filled).unwrap_or_default();
        let end = match self.framing {
            Framing::EventStream => new.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')),
            Framing::Chunks | Framing::Messages => Some(new.len()),
            Framing::Whole => None,
        };
        if let Some(end) = end {
            let start = match self.framing {
                Framing::EventStream => self.lines.position().max(self.taken),
                _ => before,
            };
            self.cover(start, before + end);
        }
    }

    /// The next whole frame, if there is one. For [`FrameKind::Message`],
    /// [`Framer::message`] is its content until the next call.
    pub fn next_frame(&mut self) -> Option<Frame> {
        match self.framing {
            Framing::EventStream => self.next_block(),
            Framing::Whole => {
                if self.filled - self.taken > self.limit {
                    self.overflow();
                }
                self.overflowing.and_then(|_| self.take(self.filled, FrameKind::Fragment))
            }
            Framing::Chunks => self.take(self.filled, FrameKind::Silent),
            Framing::Messages => None, // see `next_message`
        }
    }

    /// The message that was just committed. Text is decoded, and is then what
    /// [`Framer::message`] gives; an empty message is one, too.
    pub fn next_message(&mut self, text: bool, event: &[u8], last_event_id: &[u8]) -> Frame {
        let bytes = Span { start: self.taken, end: self.filled };
        let offset = self.base + self.taken as u64;
        self.taken = self.filled;
        if text {
            self.decoder.body(bytes.of(&self.buffer));
            self.decoder.event = event.to_vec();
            self.decoder.last_event_id = last_event_id.to_vec();
            self.decoder.own_id = !last_event_id.is_empty();
        }
        let kind = if text { FrameKind::Message } else { FrameKind::Silent };
        Frame { kind, bytes, offset }
    }

    /// How many secrets were covered since this was last asked.
    pub fn take_covered(&mut self) -> u32 {
        core::mem::take(&mut self.covered)
    }

    /// Covers the secrets in these bytes. Before anything is decoded, so that
    /// there is no other copy of them.
    fn cover(&mut self, start: usize, end: usize) {
        let Some(bytes) = self.buffer.get_mut(start..end) else { return };
        let count = match self.framing {
            Framing::EventStream if self.overflowing.is_none() => secrets::cover(bytes),
            // What is no line may go on in the next piece.
            _ => self.cut.cover(bytes),
        };
        self.covered = self.covered.saturating_add(count);
    }

    /// The frame that the end of the stream completes, or the bytes that are
    /// left. To be called until it gives none.
    pub fn next_at_end(&mut self) -> Option<Frame> {
        // What is left has no line end; it was not covered as a line.
        self.cover(self.taken, self.filled);
        if self.overflowing.is_some() || self.taken == self.filled {
            return self.take(self.filled, FrameKind::Fragment);
        }
        match self.framing {
            Framing::EventStream if self.reading == Reading::Tolerant => {
                if let Some(end) = self.block_at_end() {
                    self.decoder.dispatch();
                    return self.take(end, FrameKind::Message);
                }
            }
            Framing::Whole => {
                let body = self.buffer.get(self.taken..self.filled)?;
                self.decoder.body(body);
                return self.take(self.filled, FrameKind::Message);
            }
            _ => {}
        }
        self.take(self.filled, FrameKind::Fragment)
    }

    /// Where a record ends that has no blank line to end it.
    fn block_at_end(&mut self) -> Option<usize> {
        self.read_lines(self.filled);
        if tolerance::flushes_at_end(&self.decoder) {
            return Some(self.filled);
        }
        // In recordings without blank lines the last line may be of the next one.
        let end = self.taken + tolerance::last_line(self.buffer.get(self.taken..self.filled)?)?;
        if self.decoder.event.is_empty() {
            return None;
        }
        self.decoder.forget();
        if self.base + self.taken as u64 > 0 {
            self.lines.back_to(self.taken);
        } else {
            self.lines = lines::Lines::default();
        }
        self.read_lines(end);
        self.lines.back_to(end);
        tolerance::flushes_at_end(&self.decoder).then_some(end)
    }

    /// Reads what the decoder has not seen of the lines before `end`, the
    /// stream's or a line's.
    fn read_lines(&mut self, end: usize) {
        let bytes = self.buffer.get(..end).unwrap_or_default();
        while let Some(line) = self.lines.next_line(bytes) {
            self.decoder.line(line.of(bytes));
        }
        if let Some(line) = self.lines.rest(bytes) {
            // A time that the end cut is none.
            let retry = self.decoder.retry;
            self.decoder.line(line.of(bytes));
            self.decoder.retry = retry;
        }
    }

    /// The stream is over, and so is what was too large to hold.
    pub fn finish(&mut self) {
        self.lost.extend(self.overflowing.take());
    }

    /// The lengths of the blocks that outgrew the limit, each once, when it is
    /// over.
    pub fn take_lost(&mut self) -> Vec<u64> {
        core::mem::take(&mut self.lost)
    }

    /// Whether the block at hand outgrew the limit.
    pub fn is_overflowing(&self) -> bool {
        self.overflowing.is_some()
    }

    /// The content of the message just given.
    pub fn message(&self) -> Message<'_> {
        Message {
            event: &self.decoder.event,
            data: &self.decoder.data,
            last_event_id: &self.decoder.last_event_id,
            own_id: self.decoder.own_id,
        }
    }

    /// The reconnection time in milliseconds, once the stream has set one.
    pub fn retry(&self) -> Option<u32> {
        self.decoder.retry
    }

    /// The bytes that [`Frame::bytes`] points into.
    pub fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    fn next_block(&mut self) -> Option<Frame> {
        loop {
            let Some(line) = self.lines.next_line(self.buffer.get(..self.filled)?) else {
                return self.unfinished();
            };
            let bytes = line.of(&self.buffer);
            // The line at hand may have begun in bytes already given out.
            let whole = !core::mem::take(&mut self.inside_line);
            if whole && self.closes(bytes, line.start) {
                self.lines.back_to(line.start);
                match self.close(line.start, line.start) {
                    None => continue,
                    frame => return frame,
                }
            }
            if whole && bytes.is_empty() {
                return self.close(line.start, self.lines.position());
            }
            if line.end.saturating_sub(self.taken) > self.limit {
                self.overflow();
            } else if self.overflowing.is_none() {
                self.decoder.line(bytes);
            }
        }
    }

    /// Whether a line that begins like this ends the block before it.
    fn closes(&self, line: &[u8], start: usize) -> bool {
        self.reading == Reading::Tolerant
            && tolerance::begins_record(line)
            && (self.overflowing.is_some()
                || start.saturating_sub(self.taken) > self.limit
                || start > self.taken && tolerance::ends_early(&self.decoder))
    }

    /// The block ends at `end`, by a line that starts at `start`. Whether it was
    /// ever too large to hold must not depend on where chunks ended.
    fn close(&mut self, start: usize, end: usize) -> Option<Frame> {
        if self.overflowing.is_some() || start.saturating_sub(self.taken) > self.limit {
            self.overflow();
            let frame = self.take(end, FrameKind::Fragment);
            self.finish();
            return frame;
        }
        let dispatches = self.decoder.dispatch();
        self.take(end, if dispatches { FrameKind::Message } else { FrameKind::Silent })
    }

    /// No line is whole: gives up on the block once it outgrows the limit.
    fn unfinished(&mut self) -> Option<Frame> {
        let start = self.lines.position();
        if !self.inside_line {
            let line = self.buffer.get(start..self.filled).unwrap_or_default();
            // What a line is shows with its first bytes, and they are few.
            let undecided = self.reading == Reading::Tolerant && tolerance::may_begin(line);
            if self.closes(line, start)
                && let Some(frame) = self.close(start, start)
            {
                return Some(frame);
            }
            if undecided {
                return self.overflowing.and_then(|_| self.take(start, FrameKind::Fragment));
            }
        }
        if self.overflowing.is_none() && self.filled - self.taken <= self.limit {
            return None;
        }
        self.overflow();
        self.cover(self.taken, self.filled);
        self.inside_line |= start < self.filled;
        self.take(self.filled, FrameKind::Fragment)
    }

    fn overflow(&mut self) {
        if self.overflowing.is_none() {
            self.overflowing = Some(0);
            self.decoder.forget();
        }
    }

    fn take(&mut self, end: usize, kind: FrameKind) -> Option<Frame> {
        if end <= self.taken {
            return None;
        }
        let frame = Frame {
            kind,
            bytes: Span { start: self.taken, end },
            offset: self.base + self.taken as u64,
        };
        if let Some(length) = &mut self.overflowing {
            *length += (end - self.taken) as u64;
        }
        self.taken = end;
        Some(frame)
    }
}

/// Buffers that grew past this are given back once they are empty again.
const RETAIN: usize = 1 << 20;
