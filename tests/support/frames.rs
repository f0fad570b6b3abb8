//! One body through a [`Framer`]: what comes out, for every way of cutting it.

use pagetap::framing::{Frame, FrameKind, Framer, Framing, Reading};

/// One frame with everything the framer says about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seen {
    pub kind: FrameKind,
    pub offset: u64,
    pub bytes: Vec<u8>,
    /// Of a message only; empty otherwise.
    pub event: Vec<u8>,
    pub data: Vec<u8>,
    pub last_event_id: Vec<u8>,
    pub own_id: bool,
}

/// A body, read to its end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Body {
    pub frames: Vec<Seen>,
    /// Lengths of the blocks that outgrew the limit.
    pub lost: Vec<u64>,
    pub retry: Option<u32>,
    /// What a reconnection would send.
    pub last_event_id: Vec<u8>,
}

/// Reads `chunks` as one body.
pub fn read<'c>(
    framing: Framing,
    reading: Reading,
    limit: usize,
    chunks: impl IntoIterator<Item = &'c [u8]>,
) -> Body {
    let mut framer = Framer::new(framing, reading, limit);
    let (mut frames, mut lost) = (Vec::new(), Vec::new());
    let mut take = |framer: &Framer, frame: &Frame| match frame.kind {
        FrameKind::TooLarge => lost.push(framer.position() - frame.offset),
        _ => frames.push(seen(framer, frame)),
    };
    for chunk in chunks {
        framer.reserve(chunk.len()).copy_from_slice(chunk);
        framer.commit(chunk.len());
        while let Some(frame) = framer.next_frame() {
            take(&framer, &frame);
        }
    }
    while let Some(frame) = framer.next_at_end() {
        take(&framer, &frame);
    }
    let last_event_id = framer.message().last_event_id.to_vec();
    Body { frames, lost, retry: framer.retry(), last_event_id }
}

fn seen(framer: &Framer, frame: &Frame) -> Seen {
    let bytes = frame.bytes.of(framer.bytes()).to_vec();
    let mut seen = Seen {
        kind: frame.kind,
        offset: frame.offset,
        bytes,
        event: Vec::new(),
        data: Vec::new(),
        last_event_id: Vec::new(),
        own_id: false,
    };
    if frame.kind == FrameKind::Message {
        let message = framer.message();
        seen.event = message.event.to_vec();
        seen.data = message.data.to_vec();
        seen.last_event_id = message.last_event_id.to_vec();
        seen.own_id = message.own_id;
    }
    seen
}
