//! Recorded exchanges through the native core.

mod compare;
mod har;
mod input;
mod json_lines;
mod rebuild;

pub use compare::first_difference;
pub use input::{Hints, read};

use crate::chunks::Chunks;
use crate::json_text::Strings;
use crate::record_json::{Line, LineKind, Printer};
use pagetap::Tap;
use pagetap::dialect::{Dialect, endpoint};
use pagetap::event::RawKind;
use pagetap::limits::Limits;
use pagetap::stream::Ending;
use rebuild::Rebuild;
use std::collections::BTreeMap;

/// One recorded request and its response.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// Where it was sent; empty when unknown: then its content tells.
    pub url: String,
    /// HTTP method.
    pub method: String,
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

/// Bytes in one direction.
#[derive(Clone, Debug, PartialEq)]
pub enum Traffic {
    /// Sent by the page.
    Out(Vec<u8>),
    /// Received by the page.
    In(Vec<u8>),
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

/// Runs all exchanges of a file through one fresh core.
pub fn run(exchanges: &[Exchange], chunks: Chunks, strings: Strings) -> Outcome {
    let mut tap = Tap::new(Limits::default());
    tap.listen(true, true);
    tap.keep_chunks();
    let mut run = Run {
        tap,
        printer: Printer::new(strings),
        rebuild: Rebuild::default(),
        outcome: Outcome { lines: Vec::new(), bytes: 0, skipped: 0, faults: Vec::new() },
    };
    for exchange in exchanges {
        run.exchange(exchange, chunks);
    }
    run.outcome
}

struct Run {
    tap: Tap,
    printer: Printer,
    rebuild: Rebuild,
    outcome: Outcome,
}

impl Run {
    fn exchange(&mut self, exchange: &Exchange, chunks: Chunks) {
        let ts = exchange.ts;
        let known = exchange.url.is_empty()
            || exchange.dialect.is_some()
            || endpoint::find(&exchange.url, &exchange.method).is_some();
        if !known {
            self.outcome.skipped += 1;
            return;
        }
        let Some(stream) = self.tap.open(&exchange.url, &exchange.method, ts) else {
            return self.drain();
        };
        if let Some(dialect) = exchange.dialect {
            self.tap.set_dialect(stream, dialect);
        }
        self.drain();
        let mut received = Vec::new();
        let mut headers = exchange.response.as_ref();
        for traffic in &exchange.traffic {
            match traffic {
                Traffic::Out(body) => self.tap.request(stream, Some(body), ts),
                Traffic::In(body) => {
                    if let Some(Response { status, content_type, retry_after }) = headers.take() {
                        let tap = &mut self.tap;
                        tap.response(stream, *status, content_type, retry_after, ts);
                        self.drain();
                    }
                    received.extend_from_slice(body);
                    for chunk in chunks.cut(body) {
                        self.tap.feed(stream, chunk, ts);
                        self.drain();
                    }
                }
            }
            self.drain();
        }
        self.tap.end(stream, Ending::Done, "", ts);
        self.drain();
        self.outcome.bytes += received.len();
        let faults = &mut self.outcome.faults;
        faults.extend(self.rebuild.finish(&received));
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
