//! One exchange, a request and its response, or a socket: open, feed, end. This
//! is the only place that knows the whole path from bytes to hook events.

mod reader;

use crate::dialect::Dialect;
pub use crate::dialect::ending::Ending;
use crate::dialect::overlay::Tables;
use crate::dialect::sessions::Sessions;
use crate::event::{RawKind, StreamId};
use crate::exchange::{Arrival, DIRECTIONS, Direction, Opening, SESSIONS, Transport};
use crate::framing::{Frame, FrameKind, Framer, Framing, Reading, ndjson};
use crate::hook::Field;
use crate::json::tape::Tape;
use crate::limits::Limits;
use crate::notice::NoticeCode;
use crate::output::Output;
use crate::turn::Turns;
use alloc::vec::Vec;
use reader::Reader;

/// One tapped exchange.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    reader: Reader,
    /// What comes in, and what goes out.
    framers: [Framer; DIRECTIONS],
    /// Lines that go on in the next message, each way.
    lines: [ndjson::Lines; DIRECTIONS],
    frames: u32,
}

/// Something that happened to a stream.
#[derive(Debug)]
pub(crate) enum Step {
    /// It was opened.
    Opened { url: Vec<u8>, method: Vec<u8>, headers: Vec<u8>, transport: Transport, ts: f64 },
    /// The request's body, whole; `None` when it cannot be read.
    Request { body: Option<Vec<u8>>, ts: f64 },
    /// The response's headers.
    Response { status: u32, content_type: Vec<u8>, retry_after: Vec<u8>, ts: f64 },
    /// A chunk of a body or a message, whose bytes were reserved.
    Arrived {
        length: usize,
        direction: Direction,
        text: bool,
        event: Vec<u8>,
        last_event_id: Vec<u8>,
        ts: f64,
    },
    /// A message was there whose bytes are not read.
    Unread { direction: Direction, size: u32, ts: f64 },
    /// A socket or an `EventSource` is connected, or reconnects.
    State { what: Vec<u8>, ts: f64 },
    /// The page's side looked at the screen.
    #[cfg(feature = "dom")]
    Looked { snapshot: Vec<u8>, covered: bool, ts: f64 },
    /// It is over; `code` is a socket's close code, 0 for none.
    Ended { how: Ending, code: u32, detail: Vec<u8>, ts: f64 },
}

impl Step {
    /// A chunk or a message.
    pub(crate) fn arrived(length: usize, arrival: &Arrival<'_>) -> Step {
        Step::Arrived {
            length,
            direction: arrival.direction,
            text: arrival.text,
            event: arrival.event.to_vec(),
            last_event_id: arrival.last_event_id.to_vec(),
            ts: arrival.ts,
        }
    }

    /// A response's headers.
    pub(crate) fn response(status: u32, content_type: &str, retry_after: &str, ts: f64) -> Step {
        let content_type = content_type.as_bytes().to_vec();
        Step::Response { status, content_type, retry_after: retry_after.as_bytes().to_vec(), ts }
    }
}

/// What a stream works with besides itself.
pub(crate) struct World<'w> {
    pub(crate) tables: &'w Tables,
    pub(crate) out: &'w mut Output,
    pub(crate) turns: &'w mut Turns,
    pub(crate) sessions: &'w mut Sessions,
    pub(crate) limits: &'w Limits,
    pub(crate) tape: &'w mut Tape,
}

impl Stream {
    /// A request goes out, or a socket is opened.
    pub(crate) fn new(
        id: StreamId,
        opening: &Opening<'_>,
        tables: &Tables,
        limits: &Limits,
        ts: f64,
    ) -> Stream {
        let framing = match opening.transport {
            Transport::Socket if SESSIONS => Framing::Messages,
            Transport::EventSource if SESSIONS => Framing::Records,
            _ => Framing::EventStream,
        };
        let framer = || Framer::new(framing, Reading::Tolerant, limits.bytes_per_stream);
        Stream {
            id,
            reader: Reader::new(opening, tables, ts),
            framers: core::array::from_fn(|_| framer()),
            lines: Default::default(),
            frames: 0,
        }
    }

    /// Rules were added.
    pub(crate) fn renew(&mut self, tables: &Tables) {
        self.reader.renew(tables);
    }

    /// Says which dialect it is, where the address does not.
    pub(crate) fn name_dialect(&mut self, dialect: &'static Dialect) {
        self.reader.name_dialect(dialect);
    }

    /// Takes what happened.
    pub(crate) fn step(&mut self, world: &mut World<'_>, step: &Step) {
        match step {
            Step::Opened { url, method, headers, transport, ts } => {
                world.out.at(self.id, *ts);
                let Some(batch) = world.out.raw(RawKind::Open) else { return };
                batch.text_field(Field::Url, url);
                batch.text_field(Field::Method, method);
                batch.text_field(Field::Transport, transport.name().as_bytes());
                if !headers.is_empty() {
                    batch.text_field(Field::Headers, headers);
                }
            }
            Step::Request { body, ts } => self.request(world, body.as_deref(), *ts),
            Step::Response { status, content_type, retry_after, ts } => {
                self.response(world, *status, content_type, retry_after, *ts);
            }
            Step::Arrived { length, direction, text, event, last_event_id, ts } => {
                let framer = of(&mut self.framers, *direction);
                framer.commit(*length);
                world.out.at(self.id, *ts);
                if SESSIONS && framer.framing().has_messages() {
                    let frame = framer.next_message(*text, event, last_event_id);
                    announce(framer, &frame, world.out);
                    self.frame(&frame, *direction, *ts, world);
                    self.report_covered(*direction, world.out);
                } else {
                    self.chunk(*ts, world);
                }
            }
            // Nobody says these without sessions.
            Step::Unread { .. } | Step::State { .. } if !SESSIONS => {}
            Step::Unread { direction, size, ts } => {
                world.out.at(self.id, *ts);
                world.out.frame(self.frames, 0, 0, *direction);
                self.frames = self.frames.wrapping_add(1);
                if let Some(batch) = world.out.raw(RawKind::Frame) {
                    batch.int(Field::Size, *size);
                }
            }
            Step::State { what, ts } => {
                world.out.at(self.id, *ts);
                if let Some(batch) = world.out.raw(RawKind::State) {
                    batch.text_field(Field::State, what);
                }
            }
            // Of no stream: the tap's own.
            #[cfg(feature = "dom")]
            Step::Looked { .. } => {}
            Step::Ended { how, code, detail, ts } => self.end(world, (*how, *code), detail, *ts),
        }
    }

    fn request(&mut self, world: &mut World<'_>, body: Option<&[u8]>, ts: f64) {
        world.out.at(self.id, ts);
        let Some(body) = body else { return self.reader.request(world, None, ts) };
        let mut decoded = Vec::new();
        crate::framing::utf8::decode(body, &mut decoded);
        let covered = crate::secrets::cover(&mut decoded);
        if let Some(batch) = world.out.raw(RawKind::Request) {
            batch.text_field(Field::Data, &decoded);
        }
        if covered > 0 {
            world.out.notice(NoticeCode::SecretCovered, b"request", covered);
        }
        self.reader.request(world, Some(&decoded), ts);
    }

    fn response(
        &mut self,
        world: &mut World<'_>,
        status: u32,
        content_type: &[u8],
        retry_after: &[u8],
        ts: f64,
    ) {
        self.reader.status = status;
        self.reader.retry_after(retry_after);
        let parameters = content_type.iter().position(|byte| *byte == b';');
        let media = parameters.and_then(|at| content_type.get(..at)).unwrap_or(content_type);
        let media = media.trim_ascii();
        let known = self.reader.is_known();
        let incoming = of(&mut self.framers, Direction::In);
        incoming.set_framing(if media.eq_ignore_ascii_case(b"text/event-stream") {
            Framing::EventStream
        } else if is_json(media) || known && status >= 400 {
            Framing::Whole
        } else if self.reader.is_turn() || known && media.is_empty() {
            // Gateways name the type of what they pass on as they like.
            self.reader.guessed = true;
            Framing::EventStream
        } else {
            Framing::Chunks
        });
        world.out.at(self.id, ts);
        if let Some(batch) = world.out.raw(RawKind::Response) {
            batch.int(Field::Status, status);
            batch.text_field(Field::ContentType, content_type);
            if !retry_after.is_empty() {
                batch.text_field(Field::RetryAfter, retry_after);
            }
        }
        self.reader.responded(world, ts);
    }

    /// Room for `length` bytes that go this way.
    pub(crate) fn reserve(&mut self, direction: Direction, length: usize) -> &mut [u8] {
        of(&mut self.framers, direction).reserve(length)
    }

    /// A chunk of a body.
    fn chunk(&mut self, ts: f64, world: &mut World<'_>) {
        let mut announced = false;
        loop {
            let framer = of(&mut self.framers, Direction::In);
            let Some(frame) = framer.next_frame() else { break };
            if !core::mem::replace(&mut announced, true) {
                announce(framer, &frame, world.out);
            }
            self.frame(&frame, Direction::In, ts, world);
        }
    }

    fn report_covered(&mut self, direction: Direction, out: &mut Output) {
        let covered = of(&mut self.framers, direction).take_covered();
        if covered > 0 {
            out.notice(NoticeCode::SecretCovered, b"", covered);
        }
    }

    fn frame(&mut self, frame: &Frame, direction: Direction, ts: f64, world: &mut World<'_>) {
        if frame.kind == FrameKind::TooLarge {
            self.reader.lose();
            let length = of(&mut self.framers, direction).position() - frame.offset;
            return world.out.notice(NoticeCode::FrameTooLarge, b"", length as u32);
        }
        let length = frame.bytes.end - frame.bytes.start;
        world.out.frame(self.frames, frame.offset, length, direction);
        self.frames = self.frames.wrapping_add(1);
        if frame.kind == FrameKind::Fragment {
            world.out.raw(RawKind::Fragment);
            return;
        }
        let framer = of(&mut self.framers, direction);
        let message = framer.message();
        if let Some(batch) = world.out.raw(RawKind::Frame)
            && frame.kind == FrameKind::Message
        {
            if !message.event.is_empty() {
                batch.text_field(Field::Event, message.event);
            }
            batch.text_field(Field::Data, message.data);
            if message.own_id {
                batch.text_field(Field::LastEventId, message.last_event_id);
            }
        }
        if frame.kind != FrameKind::Message {
            return;
        }
        if !SESSIONS || !framer.framing().has_messages() || !self.reader.has_lines() {
            return self.reader.record(world, message.event, message.data, direction, ts);
        }
        let limit = world.limits.bytes_per_stream;
        let lines = of(&mut self.lines, direction);
        let reader = &mut self.reader;
        lines.message(message.data, limit, |line| match line {
            ndjson::Line::Whole(line) => reader.record(world, b"", line, direction, ts),
            ndjson::Line::TooLong(bytes) => {
                world.out.notice(NoticeCode::FrameTooLarge, b"line", bytes as u32);
            }
        });
    }

    fn end(&mut self, world: &mut World<'_>, (how, code): (Ending, u32), detail: &[u8], ts: f64) {
        world.out.at(self.id, ts);
        let before = self.frames;
        loop {
            let framer = of(&mut self.framers, Direction::In);
            let Some(frame) = framer.next_at_end() else { break };
            if self.frames == before {
                announce(framer, &frame, world.out);
            }
            let lost = frame.kind == FrameKind::Fragment
                && framer.framing() == Framing::EventStream
                && !self.reader.guessed
                && !framer.is_overflowing()
                && frame.bytes.of(framer.bytes()).iter().any(|byte| !matches!(byte, b'\r' | b'\n'));
            let length = frame.bytes.end - frame.bytes.start;
            self.frame(&frame, Direction::In, ts, world);
            if lost {
                world.out.notice(NoticeCode::RecordCut, b"", length as u32);
            }
        }
        for lines in self.lines.iter().filter(|_| SESSIONS) {
            let cut = lines.unfinished().len();
            if cut > 0 {
                world.out.notice(NoticeCode::RecordCut, b"line", cut as u32);
            }
        }
        self.report_covered(Direction::In, world.out);
        self.reader.end(world, how, code, ts);
        if let Some(batch) = world.out.raw(RawKind::End) {
            batch.text_field(Field::Reason, how.name().as_bytes());
            if !detail.is_empty() {
                let mut detail = detail.to_vec();
                crate::secrets::cover(&mut detail);
                batch.text_field(Field::Detail, &detail);
            }
            if code > 0 {
                batch.int(Field::CloseCode, code);
            }
        }
    }
}

/// What is read in that direction.
fn of<T>(both: &mut [T; DIRECTIONS], direction: Direction) -> &mut T {
    let [incoming, outgoing @ ..] = both;
    match outgoing.first_mut() {
        Some(outgoing) if direction == Direction::Out => outgoing,
        _ => incoming,
    }
}

/// Says where the bytes of the coming frames lie.
fn announce(framer: &Framer, first: &Frame, out: &mut Output) {
    let bytes = framer.bytes().get(first.bytes.start..).unwrap_or_default();
    out.chunk(bytes, first.offset);
}

/// Whether a body of that media type is one JSON value: `*/json` or `*+json`.
fn is_json(media: &[u8]) -> bool {
    let at = media.len().saturating_sub(5);
    media.get(at..).is_some_and(|end| match end {
        [b'/' | b'+', name @ ..] => name.eq_ignore_ascii_case(b"json"),
        _ => false,
    })
}
