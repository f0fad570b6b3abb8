//! Bytes to frames.
//!
//! A [`Framer`] holds the bytes of one response that are not yet whole frames,
//! and remembers which bytes each frame came from: the ranges of all frames,
//! one after the other, are the stream, byte for byte, whatever the bytes are
//! and however they were cut.

pub mod lines;
pub mod ndjson;
pub mod sse;
pub mod tolerance;
pub mod utf8;

use crate::json::Span;
use crate::secrets;
use alloc::vec::Vec;

/// How the body is cut into frames.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Framing {
    /// `text/event-stream`: one frame per block.
    EventStream,
    /// One JSON value: one frame, at the end.
    Whole,
    /// Anything else: one frame per chunk.
    Chunks,
    /// Messages of a socket or an `EventSource`: one frame per message.
    Messages,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FrameKind {
    /// A block that dispatches a message, or a whole body.
    Message,
    /// A block without data (a comment, a bare event name), or a chunk of a
    /// body without frames: nothing to translate.
    Silent,
    /// Bytes that are no frame: too large to hold, or cut by the end.
    Fragment,
}

/// One frame: which bytes of the stream it is.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// Its bytes in [`Framer::bytes`], until the next write.
    pub bytes: Span,
    /// Its first byte's position in the stream.
    pub offset: u64,
}

/// How closely an event stream is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reading {
    /// As the HTML standard says, to the letter.
    Strict,
    /// With the tolerances of [`tolerance`].
    Tolerant,
}

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
    /// The current block outgrew the limit: raw until it ends.
    overflowing: bool,
    /// The line at hand has begun in bytes already given out.
    inside_line: bool,
    covered: u32,
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
            overflowing: false,
            inside_line: false,
            covered: 0,
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
            self.buffer.drain(..self.taken);
            self.lines.rebase(self.taken);
            self.base += self.taken as u64;
            self.filled -= self.taken;
            self.taken = 0;
            if self.buffer.capacity() > RETAIN && self.buffer.len() < RETAIN / 2 {
                self.buffer.shrink_to(RETAIN);
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
            Framing::Whole => self.overflow(),
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
        if let Some(bytes) = self.buffer.get_mut(start..end) {
            self.covered = self.covered.saturating_add(secrets::cover(bytes));
        }
    }

    /// The frame that the end of the stream completes, or the bytes that are
    /// left. To be called until it gives none.
    pub fn next_at_end(&mut self) -> Option<Frame> {
        let tolerant = self.reading == Reading::Tolerant && !self.overflowing;
        if self.framing == Framing::EventStream && tolerant {
            if let Some(span) = self.lines.rest(self.buffer.get(..self.filled)?) {
                self.cover(span.start, span.end);
                // A time that the end cut is none.
                let retry = self.decoder.retry;
                self.decoder.line(span.of(&self.buffer));
                self.decoder.retry = retry;
            }
            if tolerance::flushes_at_end(&self.decoder) {
                self.decoder.dispatch();
                return self.take(self.filled, FrameKind::Message);
            }
        }
        self.cover(self.taken, self.filled);
        if self.framing == Framing::Whole && !self.overflowing && self.taken < self.filled {
            let body = self.buffer.get(self.taken..self.filled)?;
            self.decoder.body(body);
            return self.take(self.filled, FrameKind::Message);
        }
        self.take(self.filled, FrameKind::Fragment)
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
        if self.overflowing {
            return self.skip_block();
        }
        loop {
            let Some(line) = self.lines.next_line(self.buffer.get(..self.filled)?) else {
                return self.overflow();
            };
            let bytes = line.of(&self.buffer);
            if self.reading == Reading::Tolerant && tolerance::ends_early(&self.decoder, bytes) {
                self.lines.back_to(line.start);
                self.decoder.dispatch();
                return self.take(line.start, FrameKind::Message);
            }
            if !bytes.is_empty() {
                self.decoder.line(bytes);
                continue;
            }
            let kind = match self.decoder.dispatch() {
                true => FrameKind::Message,
                false => FrameKind::Silent,
            };
            return self.take(self.lines.position(), kind);
        }
    }

    /// Gives up on the current block once it outgrows the limit.
    fn overflow(&mut self) -> Option<Frame> {
        if !self.overflowing && self.filled - self.taken <= self.limit {
            return None;
        }
        self.overflowing = true;
        self.decoder.forget();
        self.take_fragment()
    }

    /// The rest of a block that outgrew the limit, as it arrives.
    fn skip_block(&mut self) -> Option<Frame> {
        while let Some(line) = self.lines.next_line(self.buffer.get(..self.filled)?) {
            let whole = !core::mem::take(&mut self.inside_line);
            if whole && line.start == line.end {
                self.overflowing = false;
                return self.take(self.lines.position(), FrameKind::Fragment);
            }
        }
        self.take_fragment()
    }

    /// All there is, of a block too large to hold.
    fn take_fragment(&mut self) -> Option<Frame> {
        self.cover(self.taken, self.filled);
        self.inside_line |= self.lines.position() < self.filled;
        self.take(self.filled, FrameKind::Fragment)
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
        self.taken = end;
        Some(frame)
    }
}

/// The content of one message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Message<'f> {
    /// The `event` field, empty when there was none.
    pub event: &'f [u8],
    /// The data, decoded: always UTF-8.
    pub data: &'f [u8],
    /// The last event ID as the HTML standard keeps it.
    pub last_event_id: &'f [u8],
    /// Whether this very block carried an `id`.
    pub own_id: bool,
}

/// Buffers that grew past this are given back once they are empty again.
const RETAIN: usize = 1 << 20;
