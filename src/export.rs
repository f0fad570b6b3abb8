//! Hook events as collectors take them: OpenTelemetry, the input of Claude Code's
//! hooks, lines of JSON.
//!
//! The exporter is pure: events go in as JSON with their number, items come out. It has
//! no clock, makes no random number and sends nothing; whoever has it stores the items
//! and sends them, so that an item that was made is an item that can be sent again.

pub mod content;
mod gzip;
mod ids;
mod items;
mod json;
mod ndjson;
mod options;
mod payload;

pub use gzip::gzip;
pub use items::Signal;
pub use options::{Format, Options};

use alloc::string::String;
use alloc::vec::Vec;
use ids::Purpose;
use payload::Payload;

/// Events in, items out.
#[derive(Debug)]
pub struct Exporter {
    options: Options,
}

impl Exporter {
    /// An exporter with these options, JSON; else why they are refused.
    pub fn new(options: &[u8]) -> Result<Exporter, String> {
        Ok(Exporter { options: Options::read(options)? })
    }

    /// Takes one hook event, JSON, and its number; appends what comes of it.
    pub fn take(&mut self, n: u64, event: &[u8], out: &mut Vec<u8>) {
        let Options { include, caps, ids, format, .. } = &self.options;
        let Some(payload) = Payload::read(event, *include, *caps) else { return };
        let id = ids.uuid(Purpose::Event, payload.ts(), n);
        match format {
            Format::Ndjson if self.wants(&payload) => {
                items::push(out, Signal::Event, id, &ndjson::line(&payload, id));
            }
            _ => {}
        }
    }

    /// Ends what is open as incomplete.
    pub fn finish(&mut self, _ts: f64, _out: &mut Vec<u8>) {}

    /// A request's body with these items in it.
    pub fn body(&self, _signal: Signal, bodies: &[u8], out: &mut Vec<u8>) {
        for body in items::bodies(bodies) {
            out.extend_from_slice(body);
        }
    }

    /// Whether an event is to be told, where events are what is sent.
    fn wants(&self, payload: &Payload) -> bool {
        match &self.options.events {
            Some(names) => names.contains(&payload.name()),
            None => ndjson::by_default(payload.about),
        }
    }
}
