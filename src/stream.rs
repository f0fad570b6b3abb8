//! One exchange, a request and its response: open, feed, end. This is the only
//! place that knows the whole path from bytes to hook events.

use crate::dialect::assembler::{Assembler, Scope};
pub use crate::dialect::ending::Ending;
use crate::dialect::{self, Dialect, Says, endpoint};
use crate::event::{Batch, RawKind, StreamId};
use crate::framing::{Frame, FrameKind, Framer, Framing, Reading};
use crate::hook::{Field, HookName};
use crate::json::{tape::Tape, text};
use crate::limits::Limits;
use crate::notice::NoticeCode;
use crate::output::{Context, Output};
use crate::turn::{Turns, digest};
use alloc::vec::Vec;

/// One tapped exchange.
#[derive(Debug)]
struct Stream {
    id: StreamId,
    /// What its address says the request is.
    says: Option<Says>,
    dialect: Option<&'static Dialect>,
    /// A record has shown which dialect it is.
    proved: bool,
    context: Context,
    assembler: Assembler,
    framer: Framer,
    frames: u32,
    status: u32,
    /// Chunks written and not yet read: length and time.
    waiting: Vec<(usize, f64)>,
}

/// The tap: all open streams and what outlives them.
///
/// Bytes go in, records come out in [`Tap::batch`]. Nothing here can fail, and
/// nothing knows the time or the page: the caller says both.
#[derive(Debug)]
pub struct Tap {
    limits: Limits,
    streams: Vec<Stream>,
    /// Over, but the batch still points into their bytes.
    ended: Vec<Stream>,
    last_id: StreamId,
    turns: Turns,
    out: Output,
    tape: Tape,
}

impl Tap {
    /// A tap within these bounds, with nobody listening.
    pub fn new(limits: Limits) -> Tap {
        Tap {
            turns: Turns::new(limits.remembered, limits.pending_tools),
            limits,
            streams: Vec::new(),
            ended: Vec::new(),
            last_id: 0,
            out: Output::default(),
            tape: Tape::default(),
        }
    }

    /// Which layers are wanted. What nobody wants is not recorded; the state
    /// stays true all the same.
    pub fn listen(&mut self, raw: bool, hooks: bool) {
        self.out.raw = raw;
        self.out.hooks = hooks;
    }

    /// The records since the last [`Tap::clear`].
    pub fn batch(&self) -> &Batch {
        &self.out.batch
    }

    /// The same, for whoever recounts its offsets.
    pub fn batch_mut(&mut self) -> &mut Batch {
        &mut self.out.batch
    }

    /// Forgets the records read.
    pub fn clear(&mut self) {
        self.out.clear();
        self.ended.clear();
    }

    /// How many streams are open.
    pub fn open_streams(&self) -> usize {
        self.streams.len()
    }

    /// A request goes out. `url` may be empty when it is not known; the dialect
    /// is then found by content. `None` when too many streams are open.
    pub fn open(&mut self, url: &str, method: &str, ts: f64) -> Option<StreamId> {
        let id = self.last_id.wrapping_add(1).max(1);
        self.open_as(id, url, method, ts).then_some(id)
    }

    /// The same under an id of the caller's, which must be above all before it.
    pub fn open_as(&mut self, id: StreamId, url: &str, method: &str, ts: f64) -> bool {
        self.out.at(id, ts);
        if id <= self.last_id || self.streams.len() >= self.limits.open_streams {
            self.out.notice(NoticeCode::TooManyStreams, url.as_bytes(), 1);
            return false;
        }
        self.last_id = id;
        let found = endpoint::find(url, method);
        let mut context = Context::default();
        if let Some((dialect, _, conversation)) = found {
            context.dialect = dialect.name;
            context.conversation = conversation.as_bytes().to_vec();
        }
        self.streams.push(Stream {
            id,
            says: found.map(|(_, endpoint, _)| endpoint.says),
            dialect: found.map(|(dialect, _, _)| dialect),
            proved: false,
            context,
            assembler: Assembler::default(),
            framer: Framer::new(
                Framing::EventStream,
                Reading::Tolerant,
                self.limits.bytes_per_stream,
            ),
            frames: 0,
            status: 0,
            waiting: Vec::new(),
        });
        if let Some(batch) = self.out.raw(RawKind::Open) {
            batch.text_field(Field::Url, url.as_bytes());
            batch.text_field(Field::Method, method.as_bytes());
        }
        true
    }

    /// Names the dialect of a stream whose address does not.
    pub fn set_dialect(&mut self, id: StreamId, dialect: &'static Dialect) {
        if let Some((stream, ..)) = self.parts(id) {
            stream.become_dialect(dialect);
        }
    }

    /// The request's body, whole; `None` when it cannot be read.
    pub fn request(&mut self, id: StreamId, body: Option<&[u8]>, ts: f64) {
        let Some((stream, World { out, turns, limits, tape })) = self.parts(id) else { return };
        out.at(id, ts);
        let mut decoded = Vec::new();
        if let Some(body) = body {
            crate::framing::utf8::decode(body, &mut decoded);
            if let Some(batch) = out.raw(RawKind::Request) {
                batch.text_field(Field::Data, &decoded);
            }
        }
        let (Some(says), Some(dialect)) = (stream.says, stream.dialect) else { return };
        let readable = tape.read(&decoded);
        let context = &mut stream.context;
        let data = &decoded;
        let mut scope = Scope { dialect, context, out, turns, limits, tape, data, ts };
        if readable {
            stream.assembler.request(&mut scope, says);
        } else if says.is_turn() {
            stream.assembler.unreadable(&mut scope);
        }
    }

    /// The response's headers. Without them a body is read as an event stream.
    pub fn response(
        &mut self,
        id: StreamId,
        status: u32,
        content_type: &str,
        retry_after: &str,
        ts: f64,
    ) {
        let Some((stream, World { out, .. })) = self.parts(id) else { return };
        stream.status = status;
        stream.assembler.retry_after = retry_after.as_bytes().to_vec();
        let parameters = content_type.bytes().position(|byte| byte == b';');
        let media = parameters.and_then(|at| content_type.get(..at)).unwrap_or(content_type);
        let media = media.as_bytes().trim_ascii();
        stream.framer.set_framing(if media.eq_ignore_ascii_case(b"text/event-stream") {
            Framing::EventStream
        } else if media.ends_with(b"json") {
            Framing::Whole
        } else if stream.dialect.is_some() && (media.is_empty() || status >= 400) {
            if status >= 400 { Framing::Whole } else { Framing::EventStream }
        } else {
            Framing::Chunks
        });
        out.at(id, ts);
        if let Some(batch) = out.raw(RawKind::Response) {
            batch.int(Field::Status, status);
            batch.text_field(Field::ContentType, content_type.as_bytes());
            if !retry_after.is_empty() {
                batch.text_field(Field::RetryAfter, retry_after.as_bytes());
            }
        }
    }

    /// Room for `length` bytes of the body, to be filled by the caller and then
    /// announced by [`Tap::commit`]. Empty when the stream is not open.
    pub fn reserve(&mut self, id: StreamId, length: usize) -> &mut [u8] {
        match self.parts(id) {
            Some((stream, ..)) => stream.framer.reserve(length),
            None => &mut [],
        }
    }

    /// The reserved bytes are there. They are read by the next [`Tap::read`].
    pub fn commit(&mut self, id: StreamId, length: usize, ts: f64) {
        if let Some((stream, ..)) = self.parts(id) {
            stream.waiting.push((length, ts));
        }
    }

    /// Reads everything that was committed.
    pub fn read(&mut self) {
        let mut world = World {
            out: &mut self.out,
            turns: &mut self.turns,
            limits: &self.limits,
            tape: &mut self.tape,
        };
        for stream in self.streams.iter_mut().filter(|stream| !stream.waiting.is_empty()) {
            stream.read(&mut world);
        }
    }

    /// Takes one chunk of the body: [`Tap::reserve`], [`Tap::commit`] and
    /// [`Tap::read`] in one.
    pub fn feed(&mut self, id: StreamId, chunk: &[u8], ts: f64) {
        self.reserve(id, chunk.len()).copy_from_slice(chunk);
        self.commit(id, chunk.len(), ts);
        self.read();
    }

    /// The exchange is over.
    pub fn end(&mut self, id: StreamId, how: Ending, detail: &str, ts: f64) {
        let Ok(at) = self.streams.binary_search_by_key(&id, |stream| stream.id) else { return };
        let mut stream = self.streams.remove(at);
        let mut world = World {
            out: &mut self.out,
            turns: &mut self.turns,
            limits: &self.limits,
            tape: &mut self.tape,
        };
        stream.read(&mut world);
        stream.end(&mut world, how, detail, ts);
        // The frames just reported lie in its buffer until they are read.
        self.ended.push(stream);
    }

    fn parts(&mut self, id: StreamId) -> Option<(&mut Stream, World<'_>)> {
        let at = self.streams.binary_search_by_key(&id, |stream| stream.id).ok()?;
        let stream = self.streams.get_mut(at)?;
        let world = World {
            out: &mut self.out,
            turns: &mut self.turns,
            limits: &self.limits,
            tape: &mut self.tape,
        };
        Some((stream, world))
    }
}

/// What a stream works with besides itself.
struct World<'w> {
    out: &'w mut Output,
    turns: &'w mut Turns,
    limits: &'w Limits,
    tape: &'w mut Tape,
}

impl Stream {
    fn become_dialect(&mut self, dialect: &'static Dialect) {
        self.dialect = Some(dialect);
        self.proved = true;
        self.context.dialect = dialect.name;
        self.context.changed = true;
    }

    /// Whether the response is the assistant's turn.
    fn is_turn(&self) -> bool {
        self.says.map_or(self.proved, Says::is_turn)
    }

    /// Reads the chunks that wait.
    fn read(&mut self, world: &mut World<'_>) {
        for (length, ts) in core::mem::take(&mut self.waiting) {
            self.framer.commit(length);
            world.out.at(self.id, ts);
            let mut announced = false;
            while let Some(frame) = self.framer.next_frame() {
                if !core::mem::replace(&mut announced, true) {
                    self.announce(&frame, world.out);
                }
                self.frame(&frame, ts, world);
                if frame.kind == FrameKind::Fragment {
                    let length = frame.bytes.end - frame.bytes.start;
                    world.out.notice(NoticeCode::FrameTooLarge, b"", length as u32);
                }
            }
        }
    }

    /// Says where the bytes of the coming frames lie.
    fn announce(&self, first: &Frame, out: &mut Output) {
        let bytes = self.framer.bytes().get(first.bytes.start..).unwrap_or_default();
        out.chunk(bytes.as_ptr() as usize, bytes.len(), first.offset);
    }

    fn frame(&mut self, frame: &Frame, ts: f64, world: &mut World<'_>) {
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
        let typed = text::inner(world.tape.at(data, "/type"));
        // The data's own type first: names get lost on the way, types do not.
        let event = if typed.is_empty() { name } else { typed };
        if readable && !self.proved {
            if let Some(dialect) = dialect::prove(event, name, world.tape, data) {
                let promised = self.dialect;
                self.proved = true;
                if promised.is_none_or(|promised| promised.name != dialect.name) {
                    self.dialect = Some(dialect);
                    self.context.dialect = dialect.name;
                    self.context.changed = true;
                }
                if let Some(promised) = promised.filter(|promised| promised.name != dialect.name) {
                    world.out.notice(NoticeCode::DialectChanged, promised.name.as_bytes(), 1);
                }
            }
        }
        let Some(dialect) = self.dialect else { return };
        if self.says.is_some_and(|says| !says.is_turn()) {
            if self.says == Some(Says::TaskStatus) && readable {
                self.task_status(ts, world);
            }
            return;
        }
        if self.status < 400 && !readable {
            return world.out.notice(NoticeCode::InvalidJson, event, 1);
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
        } else {
            self.assembler.record(&mut scope, event);
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

    fn end(&mut self, world: &mut World<'_>, how: Ending, detail: &str, ts: f64) {
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
                self.assembler.end(&mut scope, how);
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
