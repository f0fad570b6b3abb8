//! All open streams, and what outlives them.

use crate::dialect::Dialect;
use crate::dialect::overlay::Tables;
use crate::dialect::sessions::Sessions;
use crate::event::{Batch, StreamId};
use crate::exchange::{Arrival, Direction, Opening};
#[cfg(feature = "dom")]
use crate::framing::utf8;
use crate::json::tape::Tape;
use crate::limits::Limits;
use crate::notice::NoticeCode;
#[cfg(feature = "dom")]
use crate::observe::Observer;
use crate::output::Output;
use crate::secrets;
use crate::stream::{Ending, Step, Stream, World};
use crate::turn::{Turns, take_at};
#[cfg(feature = "tables")]
use alloc::string::String;
use alloc::vec::Vec;

/// The tap: all open streams and what outlives them.
///
/// Bytes go in, records come out in [`Tap::batch`]. Nothing here can fail, and
/// nothing knows the time or the page: the caller says both.
#[derive(Debug)]
pub struct Tap {
    limits: Limits,
    tables: Tables,
    streams: Vec<Stream>,
    /// Over, but the batch still points into their bytes.
    ended: Vec<Stream>,
    last_id: StreamId,
    turns: Turns,
    sessions: Sessions,
    #[cfg(feature = "dom")]
    observer: Observer,
    out: Output,
    tape: Tape,
    /// What happened and is not yet read, in order over all streams: what one
    /// pipe says can answer what another said before it.
    steps: Vec<(StreamId, Step)>,
}

impl Tap {
    /// A tap within these bounds, with nobody listening.
    pub fn new(limits: Limits) -> Tap {
        Tap {
            turns: Turns::new(&limits),
            sessions: Sessions::new(&limits),
            #[cfg(feature = "dom")]
            observer: Observer::new(&limits),
            limits,
            tables: Tables::default(),
            streams: Vec::new(),
            ended: Vec::new(),
            last_id: 0,
            out: Output::default(),
            tape: Tape::default(),
            steps: Vec::new(),
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
        let opened = self.open_with(id, &Opening { method, ..Opening::fetch(url, "") }, ts);
        self.read();
        opened
    }

    /// The same with all that is known of the exchange; read by the next
    /// [`Tap::read`].
    pub fn open_with(&mut self, id: StreamId, opening: &Opening<'_>, ts: f64) -> bool {
        // Neither layer ever sees the secrets of an address, or of a header.
        let mut url = opening.url.as_bytes().to_vec();
        secrets::cover(&mut url);
        if id <= self.last_id || self.streams.len() >= self.limits.open_streams {
            self.out.at(id, ts);
            self.out.notice(NoticeCode::TooManyStreams, &url, 1);
            return false;
        }
        self.last_id = id;
        // So that an address announced in a body, whose secrets are covered, is found again.
        let shown = Opening { url: core::str::from_utf8(&url).unwrap_or_default(), ..*opening };
        self.streams.push(Stream::new(id, &shown, &self.tables, &self.limits, ts));
        let mut headers = opening.headers.as_bytes().to_vec();
        secrets::cover(&mut headers);
        let opened = Step::Opened {
            url,
            method: opening.method.as_bytes().to_vec(),
            headers,
            transport: opening.transport,
            ts,
        };
        self.later(id, opened);
        true
    }

    /// Names the dialect of a stream whose address does not.
    pub fn set_dialect(&mut self, id: StreamId, dialect: &'static Dialect) {
        if let Some(stream) = find(&mut self.streams, id) {
            stream.name_dialect(self.tables.now(dialect));
        }
    }

    /// Adds rules to the dialects' tables, or replaces them, by a table in JSON or
    /// an array of such; they hold for every record that is read from now on. A
    /// wrong table changes nothing: the error names where in it, and why.
    #[cfg(feature = "tables")]
    pub fn translate(&mut self, table: &[u8]) -> Result<(), String> {
        self.tables.translate(table, &self.limits)?;
        for stream in &mut self.streams {
            stream.renew(&self.tables);
        }
        Ok(())
    }

    /// Something happened to a stream. It is read by the next [`Tap::read`].
    pub(crate) fn later(&mut self, id: StreamId, step: Step) {
        self.steps.push((id, step));
    }

    /// The request's body, whole; `None` when it cannot be read.
    pub fn request(&mut self, id: StreamId, body: Option<&[u8]>, ts: f64) {
        self.later(id, Step::Request { body: body.map(<[u8]>::to_vec), ts });
        self.read();
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
        self.later(id, Step::response(status, content_type, retry_after, ts));
        self.read();
    }

    /// Room for `length` bytes that go this way, to be filled by the caller and
    /// then announced by [`Tap::commit`]. Empty when the stream is not open.
    pub fn reserve(&mut self, id: StreamId, direction: Direction, length: usize) -> &mut [u8] {
        match find(&mut self.streams, id) {
            Some(stream) => stream.reserve(direction, length),
            None => &mut [],
        }
    }

    /// The reserved bytes are there: a chunk of a body, or a message. They are
    /// read by the next [`Tap::read`].
    pub fn commit(&mut self, id: StreamId, length: usize, arrival: &Arrival<'_>) {
        self.later(id, Step::arrived(length, arrival));
    }

    /// Reads everything that happened.
    pub fn read(&mut self) {
        for (id, step) in core::mem::take(&mut self.steps) {
            #[cfg(feature = "dom")]
            {
                self.observer.hear(&mut self.out.told);
                if let Step::Looked { snapshot, covered, ts } = &step {
                    self.observer.look(snapshot, *covered, *ts, &mut self.out, &mut self.turns);
                    continue;
                }
            }
            let Ok(at) = self.streams.binary_search_by_key(&id, |stream| stream.id) else {
                continue;
            };
            let Some(stream) = self.streams.get_mut(at) else { continue };
            let mut world = World {
                tables: &self.tables,
                out: &mut self.out,
                turns: &mut self.turns,
                sessions: &mut self.sessions,
                limits: &self.limits,
                tape: &mut self.tape,
            };
            stream.step(&mut world, &step);
            if matches!(step, Step::Ended { .. }) {
                // The frames just reported lie in its buffer until they are read.
                self.ended.extend(take_at(&mut self.streams, at));
            }
        }
    }

    /// Takes one chunk of the body: [`Tap::reserve`], [`Tap::commit`] and
    /// [`Tap::read`] in one.
    pub fn feed(&mut self, id: StreamId, chunk: &[u8], ts: f64) {
        self.message(id, chunk, &Arrival { ts, ..Arrival::text(Direction::In) });
    }

    /// Takes one message of a socket or an `EventSource`.
    pub fn message(&mut self, id: StreamId, data: &[u8], arrival: &Arrival<'_>) {
        if let Some(room) = self.reserve(id, arrival.direction, data.len()).get_mut(..data.len()) {
            room.copy_from_slice(data);
        }
        self.commit(id, data.len(), arrival);
        self.read();
    }

    /// A message was there whose bytes are not read.
    pub fn unread(&mut self, id: StreamId, direction: Direction, size: u32, ts: f64) {
        self.later(id, Step::Unread { direction, size, ts });
        self.read();
    }

    /// A socket or an `EventSource` is connected, or reconnects.
    pub fn state(&mut self, id: StreamId, what: &str, ts: f64) {
        self.later(id, Step::State { what: what.as_bytes().to_vec(), ts });
        self.read();
    }

    /// The exchange is over.
    pub fn end(&mut self, id: StreamId, how: Ending, detail: &str, ts: f64) {
        self.close(id, how, 0, detail, ts);
    }

    /// The same of a socket, with its close code; `detail` is the reason given.
    pub fn close(&mut self, id: StreamId, how: Ending, code: u32, detail: &str, ts: f64) {
        self.later(id, Step::Ended { how, code, detail: detail.as_bytes().to_vec(), ts });
        self.read();
    }

    /// Somebody looks at the screen from now on, and for so long (ms) waits for the
    /// wire to tell what was seen; `None` for nobody any more.
    #[cfg(feature = "dom")]
    pub fn watch(&mut self, window: Option<f64>) {
        self.read();
        self.observer.leave(self.out.ts(), &mut self.out, &mut self.turns);
        self.out.watched = window.is_some();
        self.observer = Observer::new(&self.limits);
        self.observer.set_window(window.unwrap_or_default());
    }

    /// What is on screen of one conversation, as JSON (see `observe/snapshot.rs`).
    /// An empty one says only what time it is.
    #[cfg(feature = "dom")]
    pub fn look(&mut self, snapshot: &[u8], ts: f64) {
        let mut text = Vec::with_capacity(snapshot.len());
        utf8::decode(snapshot, &mut text);
        let mut snapshot = text;
        let covered = secrets::cover(&mut snapshot) > 0;
        self.later(0, Step::Looked { snapshot, covered, ts });
    }

    /// When to say what time it is (ms, as of the last [`Tap::read`]); 0 for not.
    #[cfg(feature = "dom")]
    pub fn due(&self) -> f64 {
        self.observer.due()
    }

    /// Whether snapshots of that region should have the answers' text.
    #[cfg(feature = "dom")]
    pub fn reads_text(&self, root: u32) -> bool {
        self.observer.reads_text(root)
    }

    /// The page goes away: what its sessions were at will not be seen to an end.
    pub fn leave(&mut self, ts: f64) {
        self.read();
        #[cfg(feature = "dom")]
        self.observer.leave(ts, &mut self.out, &mut self.turns);
        self.out.at(0, ts);
        self.sessions.leave(&mut self.out);
    }
}

fn find(streams: &mut [Stream], id: StreamId) -> Option<&mut Stream> {
    let at = streams.binary_search_by_key(&id, |stream| stream.id).ok()?;
    streams.get_mut(at)
}
