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

/// Whether this build has messages at all.
const MESSAGES: bool = cfg!(feature = "sessions");

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
    /// The current block outgrew the limit: raw until it ends. Where it began.
    overflowing: Option<u64>,
    /// It is over.
    over: bool,
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
            over: false,
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
            Framing::Chunks | Framing::Messages | Framing::Records => Some(new.len()),
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
        if core::mem::take(&mut self.over) {
            return self.too_large();
        }
        match self.framing {
            Framing::EventStream => self.next_block(),
            Framing::Whole => {
                if self.filled - self.taken > self.limit {
                    self.overflow();
                }
                self.overflowing.and_then(|_| self.take(self.filled, FrameKind::Fragment))
            }
            Framing::Chunks => self.take(self.filled, FrameKind::Silent),
            Framing::Messages | Framing::Records => None, // see `next_message`
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
            secrets::cover(&mut self.decoder.last_event_id);
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
            // Lines are covered one by one: which of them come together must not matter.
            Framing::EventStream if self.overflowing.is_none() => {
                bytes.split_mut(|byte| matches!(byte, b'\n' | b'\r')).map(secrets::cover).sum()
            }
            Framing::Records => secrets::cover(bytes),
            // What is no line may go on in the next piece.
            framing => self.cut.cover(bytes, MESSAGES && framing == Framing::Messages),
        };
        self.covered = self.covered.saturating_add(count);
    }

    /// The frame that the end of the stream completes, or the bytes that are
    /// left. To be called until it gives none.
    pub fn next_at_end(&mut self) -> Option<Frame> {
        // What is left has no line end; it was not covered as a line.
        self.cover(self.taken, self.filled);
        if self.taken == self.filled {
            return self.too_large();
        }
        let mut end = self.filled;
        let mut whole = false;
        if self.overflowing.is_none() && self.framing == Framing::Whole {
            self.decoder.body(self.buffer.get(self.taken..end)?);
            whole = true;
        } else if self.overflowing.is_none()
            && self.framing == Framing::EventStream
            && self.reading == Reading::Tolerant
        {
            let bytes = self.buffer.get(..end)?;
            while let Some(line) = self.lines.next_line(bytes) {
                self.decoder.line(line.of(bytes));
            }
            if let Some(line) = self.lines.rest(bytes) {
                // A time that the end cut is none.
                let retry = self.decoder.retry;
                self.decoder.line(line.of(bytes));
                self.decoder.retry = retry;
            }
            whole = tolerance::flushes_at_end(&self.decoder);
            if !whole
                && tolerance::flushes_but_last(&self.decoder)
                && let Some(start) = tolerance::last_line(bytes.get(self.taken..)?)
            {
                whole = true;
                end = self.taken + start;
                self.decoder.data.truncate(self.decoder.last);
                self.lines.back_to(end);
            }
            if whole {
                self.decoder.dispatch();
            }
        }
        self.take(end, if whole { FrameKind::Message } else { FrameKind::Fragment })
    }

    /// Says that the block too large to hold is over.
    fn too_large(&mut self) -> Option<Frame> {
        let offset = self.overflowing.take()?;
        Some(Frame { kind: FrameKind::TooLarge, bytes: Span::default(), offset })
    }

    /// How many bytes all frames so far have.
    pub fn position(&self) -> u64 {
        self.base + self.taken as u64
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

    /// The next block. Whether one is too large to hold must not depend on where
    /// chunks end.
    fn next_block(&mut self) -> Option<Frame> {
        loop {
            let found = self.lines.next_line(self.buffer.get(..self.filled)?);
            // What is there of the last line may show already what it is.
            let rest = Span { start: self.lines.position(), end: self.filled };
            let line = found.unwrap_or(rest);
            let bytes = line.of(&self.buffer);
            let (before, with) = (line.start.saturating_sub(self.taken), line.end - self.taken);
            let tolerant = self.reading == Reading::Tolerant && !self.inside_line;
            if tolerant
                && tolerance::begins_record(bytes)
                && (self.overflowing.is_some()
                    || before > self.limit
                    || before > 0 && tolerance::ends_early(&self.decoder))
            {
                self.lines.back_to(line.start);
                return self.close(line.start, before);
            }
            let undecided = found.is_none() && tolerant && tolerance::may_begin(bytes);
            let blank = found.is_some() && bytes.is_empty() && !self.inside_line;
            if blank {
                return self.close(self.lines.position(), before);
            }
            if with > self.limit && !undecided {
                self.overflow();
            } else if found.is_some() && self.overflowing.is_none() {
                self.decoder.line(line.of(&self.buffer));
            }
            if found.is_some() {
                self.inside_line = false;
                continue;
            }
            self.overflowing?;
            // Such a line may begin the next record: its few bytes are held back.
            let end = if undecided { line.start } else { self.filled };
            self.cover(self.taken, end);
            self.inside_line |= line.start < end;
            return self.take(end, FrameKind::Fragment);
        }
    }

    /// The block ends at `end`, by a line with so many bytes before it.
    fn close(&mut self, end: usize, before: usize) -> Option<Frame> {
        if before > self.limit {
            self.overflow();
        }
        if self.overflowing.is_some() {
            self.over = true;
            return self.take(end, FrameKind::Fragment).or_else(|| self.next_frame());
        }
        let dispatches = self.decoder.dispatch();
        self.take(end, if dispatches { FrameKind::Message } else { FrameKind::Silent })
    }

    fn overflow(&mut self) {
        if self.overflowing.is_none() {
            self.overflowing = Some(self.position());
            self.decoder.forget();
        }
    }

    fn take(&mut self, end: usize, kind: FrameKind) -> Option<Frame> {
        if end <= self.taken {
            return None;
        }
        let bytes = Span { start: self.taken, end };
        let offset = self.position();
        self.taken = end;
        Some(Frame { kind, bytes, offset })
    }
}

/// Buffers that grew past this are given back once they are empty again.
const RETAIN: usize = 1 << 20;
