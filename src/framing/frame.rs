//! What a body is cut into, and how.

use crate::json::Span;

/// How the body is cut into frames.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Framing {
    /// `text/event-stream`: one frame per block.
    EventStream,
    /// One JSON value: one frame, at the end.
    Whole,
    /// Anything else: one frame per chunk.
    Chunks,
    /// Messages of a socket: one frame per message, and what is in them may go on
    /// in the next.
    Messages,
    /// Messages of an `EventSource`: one frame per message.
    Records,
}

impl Framing {
    /// Whether it comes as messages.
    pub fn has_messages(self) -> bool {
        matches!(self, Framing::Messages | Framing::Records)
    }
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
    /// No bytes: the block whose fragments came before was too large to hold, and
    /// is over. It began at `offset`.
    TooLarge,
}

/// One frame: which bytes of the stream it is.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// Its bytes in [`Framer::bytes`](super::Framer::bytes), until the next write.
    pub bytes: Span,
    /// Its first byte's position in the stream.
    pub offset: u64,
}

/// How closely an event stream is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reading {
    /// As the HTML standard says, to the letter.
    Strict,
    /// With the tolerances of [`tolerance`](super::tolerance).
    Tolerant,
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
