//! One exchange, a request and its response: open, feed, end. This is the only
//! place that knows the whole path from bytes to hook events.

use crate::dialect::assembler::Assembler;
pub use crate::dialect::ending::Ending;
use crate::dialect::scope::{Scope, rule};
use crate::dialect::{self, Dialect, Says, endpoint};
use crate::event::{RawKind, StreamId};
use crate::framing::{Frame, FrameKind, Framer, Framing, Reading};
use crate::hook::{Field, HookName};
use crate::json::{
    tape::Tape,
    text::{self, copy},
};
use crate::limits::Limits;
use crate::notice::NoticeCode;
use crate::output::{Context, Output};
use crate::turn::{Turns, digest};
use alloc::vec::Vec;

/// One tapped exchange.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    /// What its address says the request is.
    says: Option<Says>,
    dialect: Option<&'static Dialect>,
    /// A record has shown which dialect it is.
    proved: bool,
    /// Nothing but its address says that the body is an event stream.
    guessed: bool,
    context: Context,
    assembler: Assembler,
    framer: Framer,
    frames: u32,
    status: u32,
    /// Chunks written and not yet read: length and time.
    waiting: Vec<(usize, f64)>,
}

/// What a stream works with besides itself.
pub(crate) struct World<'w> {
    pub(crate) out: &'w mut Output,
    pub(crate) turns: &'w mut Turns,
    pub(crate) limits: &'w Limits,
    pub(crate) tape: &'w mut Tape,
}

impl Stream {
    /// A request to `url` goes out.
    pub(crate) fn new(id: StreamId, url: &str, method: &str, limits: &Limits) -> Stream {
        let found = endpoint::find(url, method);
        let mut context = Context::default();
        if let Some((dialect, _, conversation)) = found {
            context.dialect = dialect.name;
            context.conversation = copy(conversation.as_bytes());
        }
        let limit = limits.bytes_per_stream;
        Stream {
            id,
            says: found.map(|(_, endpoint, _)| endpoint.says),
            dialect: found.map(|(dialect, _, _)| dialect),
            proved: false,
            guessed: false,
            context,
            assembler: Assembler::default(),
            framer: Framer::new(Framing::EventStream, Reading::Tolerant, limit),
            frames: 0,
            status: 0,
            waiting: Vec::new(),
        }
    }

    /// Says which dialect it is, where the address does not.
    pub(crate) fn name_dialect(&mut self, dialect: &'static Dialect) {
        self.dialect = Some(dialect);
        self.proved = true;
        self.context.dialect = dialect.name;
        self.context.changed = true;
    }

    /// The request's body.
    pub(crate) fn request(&mut self, world: &mut World<'_>, body: Option<&[u8]>, ts: f64) {
        let World { out, turns, limits, tape } = world;
        out.at(self.id, ts);
        let mut decoded = Vec::new();
        if let Some(body) = body {
            crate::framing::utf8::decode(body, &mut decoded);
            if let Some(batch) = out.raw(RawKind::Request) {
                batch.text_field(Field::Data, &decoded);
            }
        }
        let readable = tape.read(&decoded);
        let expected = self.says.is_some_and(Says::is_turn);
        if body.is_none() || expected && !readable {
            out.notice(NoticeCode::RequestUnreadable, b"", 1);
        }
        let (Some(says), Some(dialect)) = (self.says, self.dialect) else { return };
        let context = &mut self.context;
        let data = &decoded;
        let mut scope = Scope { dialect, context, out, turns, limits, tape, data, ts };
        if readable {
            self.assembler.request(&mut scope, says);
        }
    }

    /// The response's headers.
    pub(crate) fn response(
        &mut self,
        world: &mut World<'_>,
        status: u32,
        content_type: &str,
        retry_after: &str,
        ts: f64,
    ) {
        self.status = status;
        self.assembler.retry_after = copy(retry_after.as_bytes());
        let parameters = content_type.bytes().position(|byte| byte == b';');
        let media = parameters.and_then(|at| content_type.get(..at)).unwrap_or(content_type);
        let media = media.as_bytes().trim_ascii();
        self.framer.set_framing(if media.eq_ignore_ascii_case(b"text/event-stream") {
            Framing::EventStream
        } else if is_json(media) || self.dialect.is_some() && status >= 400 {
            Framing::Whole
        } else if self.is_turn() || self.dialect.is_some() && media.is_empty() {
            // Gateways name the type of what they pass on as they like.
            self.guessed = true;
            Framing::EventStream
        } else {
            Framing::Chunks
        });
        world.out.at(self.id, ts);
        if let Some(batch) = world.out.raw(RawKind::Response) {
            batch.int(Field::Status, status);
            batch.text_field(Field::ContentType, content_type.as_bytes());
            if !retry_after.is_empty() {
                batch.text_field(Field::RetryAfter, retry_after.as_bytes());
            }
        }
    }

    /// Room for `length` bytes of the body.
    pub(crate) fn reserve(&mut self, length: usize) -> &mut [u8] {
        self.framer.reserve(length)
    }

    /// The room is filled; the bytes are read by the next [`Stream::read`].
    pub(crate) fn commit(&mut self, length: usize, ts: f64) {
        self.waiting.push((length, ts));
    }

    /// Whether the response is the assistant's turn: by its address, or by what
    /// it says (a tool's result may be answered with the rest of the turn).
    fn is_turn(&self) -> bool {
        self.proved || self.says.is_some_and(Says::is_turn)
    }

    /// Reads the chunks that wait.
    pub(crate) fn read(&mut self, world: &mut World<'_>) {
        for (length, ts) in core::mem::take(&mut self.waiting) {
            self.framer.commit(length);
            world.out.at(self.id, ts);
            let mut announced = false;
            while let Some(frame) = self.framer.next_frame() {
                if !core::mem::replace(&mut announced, true) {
                    self.announce(&frame, world.out);
                }
                self.frame(&frame, ts, world);
            }
        }
    }

    /// Says where the bytes of the coming frames lie.
    fn announce(&self, first: &Frame, out: &mut Output) {
        let bytes = self.framer.bytes().get(first.bytes.start..).unwrap_or_default();
        out.chunk(bytes, first.offset);
    }

    fn frame(&mut self, frame: &Frame, ts: f64, world: &mut World<'_>) {
        if frame.kind == FrameKind::TooLarge {
            self.assembler.lose();
            let length = self.framer.position() - frame.offset;
            return world.out.notice(NoticeCode::FrameTooLarge, b"", length as u32);
        }
        let length = frame.bytes.end - frame.bytes.start;
        world.out.frame(self.frames, frame.offset, length);
        self.frames = self.frames.wrapping_add(1);
        if frame.kind == FrameKind::Fragment {
            world.out.raw(RawKind::Fragment);
            return;
        }
        let message = self.framer.message();
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
        if frame.kind == FrameKind::Message {
            self.translate(ts, world);
        }
    }

    fn translate(&mut self, ts: f64, world: &mut World<'_>) {
        let message = self.framer.message();
        let (name, data) = (message.event, message.data);
        let readable = world.tape.read(data);
        let mut spare = Vec::new();
        let typed = text::word(text::inner(world.tape.at(data, "/type")), &mut spare);
        // The data's own type first: names get lost on the way, types do not.
        let event = if typed.is_empty() { name } else { typed };
        if readable
            && !self.proved
            && let Some(dialect) = dialect::prove(event, name, world.tape, data)
        {
            self.proved = true;
            let promised = self.dialect.map_or("", |promised| promised.name);
            if promised != dialect.name {
                self.dialect = Some(dialect);
                self.context.dialect = dialect.name;
                self.context.changed = true;
                if !promised.is_empty() {
                    world.out.notice(NoticeCode::DialectChanged, promised.as_bytes(), 1);
                }
            }
        }
        let Some(dialect) = self.dialect else { return };
        if self.says.is_some() && !self.is_turn() {
            if self.says == Some(Says::TaskStatus) && readable {
                self.task_status(ts, world);
            }
            return;
        }
        if self.guessed {
            if !readable || rule(dialect, event).is_none() {
                return;
            }
            self.guessed = false;
        }
        let mut scope = Scope {
            dialect,
            context: &mut self.context,
            out: world.out,
            turns: world.turns,
            limits: world.limits,
            tape: world.tape,
            data,
            ts,
        };
        if self.status >= 400 {
            self.assembler.refused(&mut scope, self.status);
        } else if readable {
            self.assembler.record(&mut scope, event);
        } else {
            self.assembler.unreadable(&mut scope, event);
        }
    }

    /// A background task's state, once per change.
    fn task_status(&mut self, ts: f64, world: &mut World<'_>) {
        let data = self.framer.message().data;
        if !world.turns.meet_message(&digest(&[b"task", data])) {
            return;
        }
        world.out.at(self.id, ts);
        if let Some(batch) = world.out.hook(&mut self.context, HookName::Notification) {
            batch.text_field(Field::NotificationType, b"task_status");
            batch.value(Field::Message, world.tape.at(data, "/status"));
            batch.json(Field::Data, data);
        }
    }

    /// The exchange is over.
    pub(crate) fn end(&mut self, world: &mut World<'_>, how: Ending, detail: &str, ts: f64) {
        world.out.at(self.id, ts);
        let before = self.frames;
        while let Some(frame) = self.framer.next_at_end() {
            if self.frames == before {
                self.announce(&frame, world.out);
            }
            self.frame(&frame, ts, world);
            let bytes = frame.bytes.of(self.framer.bytes());
            let lost = frame.kind == FrameKind::Fragment
                && self.framer.framing() == Framing::EventStream
                && !self.guessed
                && !self.framer.is_overflowing()
                && bytes.iter().any(|byte| !matches!(byte, b'\r' | b'\n'));
            if lost {
                world.out.notice(NoticeCode::RecordCut, b"", bytes.len() as u32);
            }
        }
        if let Some(dialect) = self.dialect
            && self.is_turn()
        {
            world.tape.read(b"");
            let mut scope = Scope {
                dialect,
                context: &mut self.context,
                out: world.out,
                turns: world.turns,
                limits: world.limits,
                tape: world.tape,
                data: b"",
                ts,
            };
            if self.status >= 400 {
                self.assembler.refused(&mut scope, self.status);
            } else {
                // What was no event stream was not read: whether the turn failed is
                // not known.
                let unread = self.guessed && how == Ending::Done;
                self.assembler.end(&mut scope, if unread { Ending::Unobserved } else { how });
            }
        }
        if let Some(batch) = world.out.raw(RawKind::End) {
            batch.text_field(Field::Reason, how.name().as_bytes());
            if !detail.is_empty() {
                batch.text_field(Field::Detail, detail.as_bytes());
            }
        }
    }
}

/// Whether a body of that media type is one JSON value: `*/json` or `*+json`.
fn is_json(media: &[u8]) -> bool {
    let at = media.len().saturating_sub(5);
    media.get(at..).is_some_and(|end| match end {
        [b'/' | b'+', name @ ..] => name.eq_ignore_ascii_case(b"json"),
        _ => false,
    })
}
