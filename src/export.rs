//! Hook events as collectors take them: OpenTelemetry, the input of Claude Code's
//! hooks, lines of JSON.
//!
//! The exporter is pure: events go in as JSON with their number, items come out. It has
//! no clock, makes no random number and sends nothing; whoever has it stores the items
//! and sends them, so that an item that was made is an item that can be sent again.
//!
//! Numbers count from 1 within an instance. Turns and streams are known by what the
//! events call them, so one exporter serves one page.

pub mod content;
mod events;
mod gzip;
mod hook_input;
mod ids;
mod items;
mod json;
mod ndjson;
mod options;
mod otlp;
mod payload;
mod tracer;
mod turns;

pub use gzip::gzip;
pub use items::Signal;
pub use options::{Format, Options};

use alloc::string::String;
use alloc::vec::Vec;
use ids::Purpose;
use options::Names;
use otlp::names::{GENAI_1_41, GENAI_DEV, Profile};
use otlp::writer::{Encoding, message};
use otlp::{attribute::Attributes, envelope};
use payload::Payload;
use tracer::{Told, Tracer};

/// Events in, items out.
#[derive(Debug)]
pub struct Exporter {
    options: Options,
    resource: Attributes,
    profile: &'static Profile,
    tracer: Tracer,
}

impl Exporter {
    /// An exporter with these options, JSON; else why they are refused.
    pub fn new(options: &[u8]) -> Result<Exporter, String> {
        let options = Options::read(options)?;
        let profile = match options.names {
            Names::GenAi141 => &GENAI_1_41,
            Names::GenAiDev => &GENAI_DEV,
        };
        let tracer = Tracer::new(options.ids, options.instance.clone(), profile);
        let resource = envelope::resource(&options.instance, &options.resource);
        Ok(Exporter { options, resource, profile, tracer })
    }

    /// Takes one hook event, JSON, and its number; appends what comes of it.
    pub fn take(&mut self, n: u64, event: &[u8], out: &mut Vec<u8>) {
        let Options { include, caps, ids, format, .. } = &self.options;
        let Some(payload) = Payload::read(event, *include, *caps) else {
            return self.lost("unreadable", 1, 0.0, n, out);
        };
        let id = ids.uuid(Purpose::Event, payload.ts(), n);
        match format {
            Format::Otlp => self.trace(n, id, &payload, Encoding::Protobuf, out),
            Format::OtlpJson => self.trace(n, id, &payload, Encoding::Json, out),
            Format::Hooks | Format::Ndjson => self.tell(id, &payload, out),
        }
    }

    /// Tells an event where events are what is sent, if it is wanted.
    fn tell(&self, id: [u8; 16], payload: &Payload, out: &mut Vec<u8>) {
        let is_hooks = self.options.format == Format::Hooks;
        let wanted = match &self.options.events {
            Some(names) => names.contains(&payload.name()),
            None if is_hooks => hook_input::by_default(payload.about),
            None => ndjson::by_default(payload.about),
        };
        if wanted {
            let bytes = match is_hooks {
                true => hook_input::input(payload, id),
                false => ndjson::line(payload, id),
            };
            items::push(out, Signal::Event, id, &bytes);
        }
    }

    fn trace(
        &mut self,
        n: u64,
        id: [u8; 16],
        payload: &Payload,
        encoding: Encoding,
        out: &mut Vec<u8>,
    ) {
        let told = self.tracer.take(n, payload);
        self.spans(&told, n, encoding, out);
        if self.options.logs {
            self.log(id, payload, &told, encoding, out);
        }
        if told.given_up > 0 {
            self.lost("open_bound", told.given_up as u64, payload.ts(), n, out);
        }
        if told.opens {
            let mut number = [0; 16];
            for (byte, digit) in number.iter_mut().zip(n.to_le_bytes()) {
                *byte = digit;
            }
            let mut bytes = Vec::new();
            payload.write(&mut bytes);
            items::push(out, Signal::Open, number, &bytes);
        }
        close(&told, out);
    }

    /// Spans that are over, and what was measured.
    fn spans(&self, told: &Told, n: u64, encoding: Encoding, out: &mut Vec<u8>) {
        if self.options.traces {
            for ended in &told.ended {
                let mut bytes = Vec::new();
                message(encoding, &mut bytes, |writer| ended.write(writer));
                items::push(out, Signal::Traces, ended.span.place.wide(), &bytes);
            }
        }
        if self.options.metrics {
            let measured = told.measured.iter();
            let points = measured.flat_map(|measured| measured.points(self.profile, encoding));
            for (step, point) in points.enumerate() {
                let id = self.options.ids.wide(Purpose::Measurement, step as u64, n);
                items::push(out, Signal::Metrics, id, &point);
            }
        }
    }

    /// Says that something was lost.
    fn lost(&self, reason: &str, count: u64, ts: f64, n: u64, out: &mut Vec<u8>) {
        let mut event = Vec::new();
        json::object(&mut event, |event| {
            event.text("type", "Notice");
            event.raw("ts", alloc::format!("{ts}").as_bytes());
            event.text("code", events::DROPPED);
            event.text("reason", reason);
            payload::number(count, event.key("count"));
        });
        let Options { include, caps, ids, format, logs, .. } = &self.options;
        let Some(payload) = Payload::read(&event, *include, *caps) else { return };
        let id = ids.uuid(Purpose::Dropped, ts, n);
        let encoding = match format {
            Format::Otlp => Encoding::Protobuf,
            Format::OtlpJson => Encoding::Json,
            Format::Hooks | Format::Ndjson => return self.tell(id, &payload, out),
        };
        if *logs {
            self.log(id, &payload, &Told::default(), encoding, out);
        }
    }

    fn log(
        &self,
        id: [u8; 16],
        payload: &Payload,
        told: &Told,
        encoding: Encoding,
        out: &mut Vec<u8>,
    ) {
        let shared = self.tracer.shared(payload);
        if let Some(record) = events::record(id, payload, told, shared, self.profile) {
            let mut bytes = Vec::new();
            message(encoding, &mut bytes, |writer| record.write(writer));
            items::push(out, Signal::Logs, id, &bytes);
        }
    }

    /// Ends what is open as incomplete; appends what comes of it.
    pub fn finish(&mut self, ts: f64, out: &mut Vec<u8>) {
        let encoding = match self.options.format {
            Format::Otlp => Encoding::Protobuf,
            Format::OtlpJson => Encoding::Json,
            Format::Hooks | Format::Ndjson => return,
        };
        let told = self.tracer.finish(ts);
        self.spans(&told, 0, encoding, out);
        close(&told, out);
    }

    /// A request's body with these items in it: bytes of each after their length.
    pub fn body(&self, signal: Signal, bodies: &[u8], out: &mut Vec<u8>) {
        let bodies: Vec<&[u8]> = items::bodies(bodies).collect();
        let encoding = match self.options.format {
            Format::Otlp => Encoding::Protobuf,
            Format::OtlpJson => Encoding::Json,
            Format::Hooks | Format::Ndjson => return out.extend(bodies.concat()),
        };
        envelope::write(signal, encoding, self.profile, &self.resource, &bodies, out);
    }
}

/// Says on which events nothing hangs any more.
fn close(told: &Told, out: &mut Vec<u8>) {
    if !told.closed.is_empty() {
        let numbers: Vec<u8> = told.closed.iter().flat_map(|n| n.to_le_bytes()).collect();
        items::push(out, Signal::Close, [0; 16], &numbers);
    }
}
