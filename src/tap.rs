//! All open streams, and what outlives them.

use crate::dialect::Dialect;
use crate::event::{Batch, RawKind, StreamId};
use crate::hook::Field;
use crate::json::tape::Tape;
use crate::limits::Limits;
use crate::notice::NoticeCode;
use crate::output::Output;
use crate::stream::{Ending, Stream, World};
use crate::turn::Turns;
use alloc::vec::Vec;

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
            turns: Turns::new(&limits),
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

    /// Copies the raw bytes into the batch, where [`Batch::chunk`] finds them.
    pub fn keep_chunks(&mut self) {
        self.out.keeps = true;
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
        self.streams.push(Stream::new(id, url, method, &self.limits));
        if let Some(batch) = self.out.raw(RawKind::Open) {
            batch.text_field(Field::Url, url.as_bytes());
            batch.text_field(Field::Method, method.as_bytes());
        }
        true
    }

    /// Names the dialect of a stream whose address does not.
    pub fn set_dialect(&mut self, id: StreamId, dialect: &'static Dialect) {
        if let Some((stream, ..)) = self.parts(id) {
            stream.name_dialect(dialect);
        }
    }

    /// The request's body, whole; `None` when it cannot be read.
    pub fn request(&mut self, id: StreamId, body: Option<&[u8]>, ts: f64) {
        if let Some((stream, mut world)) = self.parts(id) {
            stream.request(&mut world, body, ts);
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
        if let Some((stream, mut world)) = self.parts(id) {
            stream.response(&mut world, status, content_type, retry_after, ts);
        }
    }

    /// Room for `length` bytes of the body, to be filled by the caller and then
    /// announced by [`Tap::commit`]. Empty when the stream is not open.
    pub fn reserve(&mut self, id: StreamId, length: usize) -> &mut [u8] {
        match self.parts(id) {
            Some((stream, ..)) => stream.reserve(length),
            None => &mut [],
        }
    }

    /// The reserved bytes are there. They are read by the next [`Tap::read`].
    pub fn commit(&mut self, id: StreamId, length: usize, ts: f64) {
        if let Some((stream, ..)) = self.parts(id) {
            stream.commit(length, ts);
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
        for stream in self.streams.iter_mut() {
            stream.read(&mut world);
        }
    }

    /// Takes one chunk of the body: [`Tap::reserve`], [`Tap::commit`] and
    /// [`Tap::read`] in one.
    pub fn feed(&mut self, id: StreamId, chunk: &[u8], ts: f64) {
        if let Some(room) = self.reserve(id, chunk.len()).get_mut(..chunk.len()) {
            room.copy_from_slice(chunk);
        }
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
