//! Recorded exchanges through the native core.

mod case;
mod compare;
mod har;
mod input;
mod json_lines;
mod rebuild;
mod rpc;

pub use case::Step;
pub use compare::first_difference;
pub use input::{Hints, read, read_bytes};

use crate::chunks::Chunks;
use crate::json_text::Strings;
use crate::record_json::{Line, LineKind, Printer};
use case::What;
use pagetap::Tap;
use pagetap::dialect::{Dialect, endpoint};
use pagetap::event::{RawKind, StreamId};
use pagetap::exchange::{Arrival, Direction, Opening, Transport};
use pagetap::limits::Limits;
use pagetap::stream::Ending;
use rebuild::Rebuild;
use std::collections::BTreeMap;

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Recording {
    /// Exchanges, one after the other.
    Exchanges(Vec<Exchange>),
    /// Steps of several that take turns.
    Case(Vec<Step>),
}

/// One recorded request and its response, or one socket.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Where it was sent; empty when unknown: then its content tells.
    pub url: String,
    /// HTTP method; `WS` of a socket.
    pub method: String,
    /// How it travelled.
    pub transport: Transport,
    /// Request headers worth a look, as lines.
    pub headers: String,
    /// Its dialect, when the file's reader knows better than the address.
    pub dialect: Option<&'static Dialect>,
    /// When, Unix milliseconds; 0 when the file does not say.
    pub ts: f64,
    /// The response's headers; without them it is an event stream.
    pub response: Option<Response>,
    /// What went each way, in order.
    pub traffic: Vec<Traffic>,
}

/// What a response's headers say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// HTTP status.
    pub status: u32,
    /// Media type.
    pub content_type: String,
    /// Seconds to wait, as the header has it.
    pub retry_after: String,
}

/// What happened on an exchange.
#[derive(Clone, Debug)]
pub enum Traffic {
    /// A request's body.
    Out(Vec<u8>),
    /// Bytes of a response's body.
    In(Vec<u8>),
    /// A message of a socket.
    Message(Direction, String),
    /// The socket is closed, by that code, for that reason.
    Close(u32, String),
    /// Another exchange meanwhile.
    Aside(Box<Exchange>),
}

impl PartialEq for Traffic {
    /// Exchanges meanwhile are compared by their addresses.
    fn eq(&self, other: &Traffic) -> bool {
        match (self, other) {
            (Traffic::Out(one), Traffic::Out(two)) | (Traffic::In(one), Traffic::In(two)) => {
                one == two
            }
            (Traffic::Message(way, one), Traffic::Message(other, two)) => {
                (way, one) == (other, two)
            }
            (Traffic::Close(code, one), Traffic::Close(other, two)) => (code, one) == (other, two),
            (Traffic::Aside(one), Traffic::Aside(two)) => one.url == two.url,
            _ => false,
        }
    }
}

impl Default for Exchange {
    fn default() -> Exchange {
        Exchange {
            url: String::new(),
            method: String::new(),
            transport: Transport::Fetch,
            headers: String::new(),
            dialect: None,
            ts: 0.0,
            response: None,
            traffic: Vec::new(),
        }
    }
}

/// What one run of a file gave.
#[derive(Debug)]
pub struct Outcome {
    /// Every record, printed, in order.
    pub lines: Vec<Line>,
    /// Bytes received.
    pub bytes: usize,
    /// Exchanges at addresses that no dialect knows: not opened.
    pub skipped: usize,
    /// Why the raw layer's byte ranges are not the input; empty when they are.
    pub faults: Vec<String>,
}

impl Outcome {
    /// How often each name of one layer occurred.
    pub fn counts(&self, kind: LineKind) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for line in self.lines.iter().filter(|line| line.kind == kind) {
            *counts.entry(line.name).or_default() += 1;
        }
        counts
    }

    /// How many frames the raw layer has.
    pub fn frames(&self) -> usize {
        let frames = self.counts(LineKind::Raw);
        frames.get(RawKind::Frame.name()).copied().unwrap_or(0)
    }
}

/// Runs all of a file through one fresh core.
pub fn run(recording: &Recording, chunks: Chunks, strings: Strings) -> Outcome {
    let mut tap = Tap::new(Limits::default());
    tap.listen(true, true);
    tap.keep_chunks();
    let mut run = Run {
        tap,
        printer: Printer::new(strings),
        last: 0,
        rebuild: Rebuild::default(),
        outcome: Outcome { lines: Vec::new(), bytes: 0, skipped: 0, faults: Vec::new() },
    };
    match recording {
        Recording::Exchanges(exchanges) => {
            for exchange in exchanges {
                run.exchange(exchange, chunks);
            }
        }
        Recording::Case(steps) => {
            for step in steps {
                run.step(step, chunks);
            }
        }
    }
    run.outcome.faults = run.rebuild.finish();
    run.outcome
}

struct Run {
    tap: Tap,
    printer: Printer,
    last: StreamId,
    rebuild: Rebuild,
    outcome: Outcome,
}

impl Run {
    fn exchange(&mut self, exchange: &Exchange, chunks: Chunks) {
        let Exchange { url, method, transport, headers, dialect, ts, .. } = exchange;
        let opening = Opening { transport: *transport, url, method, headers };
        let ts = *ts;
        if !url.is_empty() && dialect.is_none() && endpoint::of(&opening).is_none() {
            self.outcome.skipped += 1;
            return;
        }
        self.last += 1;
        let stream = self.last;
        if !self.tap.open_with(stream, &opening, ts) {
            return self.drain();
        }
        if let Some(dialect) = dialect {
            self.tap.set_dialect(stream, dialect);
        }
        self.tap.read();
        self.drain();
        let mut headers = exchange.response.as_ref();
        let mut closed = None;
        for traffic in &exchange.traffic {
            match traffic {
                // A socket has no body, whatever the file says.
                Traffic::In(text) if transport.has_messages() => {
                    self.message(stream, text, &Arrival { ts, ..Arrival::text(Direction::In) });
                }
                Traffic::Out(body) => self.tap.request(stream, Some(body), ts),
                Traffic::In(body) => {
                    if let Some(Response { status, content_type, retry_after }) = headers.take() {
                        self.tap.response(stream, *status, content_type, retry_after, ts);
                        self.drain();
                    }
                    self.body(stream, body, chunks, ts);
                }
                Traffic::Message(direction, text) => {
                    let arrival = Arrival { ts, ..Arrival::text(*direction) };
                    self.message(stream, text.as_bytes(), &arrival);
                }
                Traffic::Close(code, reason) => closed = Some((*code, reason.as_str())),
                Traffic::Aside(other) => self.exchange(other, chunks),
            }
            self.drain();
        }
        match closed {
            None => self.tap.end(stream, Ending::Done, "", ts),
            Some((code, reason)) => self.tap.close(stream, Ending::Done, code, reason, ts),
        }
        self.drain();
    }

    fn step(&mut self, Step { stream, ts, what }: &Step, chunks: Chunks) {
        let (stream, ts) = (*stream, *ts);
        match what {
            What::Open { transport, url, method, headers } => {
                let opening = Opening { transport: *transport, url, method, headers };
                self.tap.open_with(stream, &opening, ts);
                self.tap.read();
            }
            What::Request(body) => self.tap.request(stream, body.as_deref(), ts),
            What::Response(Response { status, content_type, retry_after }) => {
                self.tap.response(stream, *status, content_type, retry_after, ts);
            }
            What::Message { direction, event, id, text } => {
                let (event, last_event_id) = (event.as_bytes(), id.as_bytes());
                let arrival = Arrival { event, last_event_id, ts, ..Arrival::text(*direction) };
                self.message(stream, text, &arrival);
            }
            What::Body(body) => self.body(stream, body, chunks, ts),
            What::End { how, code, reason } => self.tap.close(stream, *how, *code, reason, ts),
            What::Leave => self.tap.leave(ts),
        }
        self.drain();
    }

    fn body(&mut self, stream: StreamId, body: &[u8], chunks: Chunks, ts: f64) {
        self.outcome.bytes += body.len();
        for chunk in chunks.cut(body) {
            self.rebuild.expect(stream, Direction::In, chunk);
            self.tap.feed(stream, chunk, ts);
            self.drain();
        }
    }

    fn message(&mut self, stream: StreamId, text: &[u8], arrival: &Arrival<'_>) {
        self.rebuild.expect(stream, arrival.direction, text);
        self.outcome.bytes += text.len();
        self.tap.message(stream, text, arrival);
    }

    fn drain(&mut self) {
        let batch = self.tap.batch();
        for record in batch.records() {
            self.rebuild.take(batch, &record);
            self.outcome.lines.extend(self.printer.line(&record));
        }
        self.tap.clear();
    }
}
