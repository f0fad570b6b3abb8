//! A span, while it is open and as it is written.

use super::attribute::Attributes;
use super::writer::Writer;
use alloc::string::String;
use alloc::vec::Vec;

/// Which side of a call it is.
#[derive(Clone, Copy, Debug)]
pub enum SpanKind {
    /// Within the page or the agent.
    Internal = 1,
    /// A call to a service.
    Client = 3,
}

/// Names a span.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// Its trace.
    pub trace: [u8; 16],
    /// The span.
    pub span: [u8; 8],
}

impl Place {
    /// 16 bytes that no other span has.
    pub fn wide(&self) -> [u8; 16] {
        let mut wide = self.trace;
        for (byte, own) in wide.iter_mut().zip(self.span) {
            *byte = own;
        }
        wide
    }
}

/// Something that has begun.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its ids.
    pub place: Place,
    /// The span around it.
    pub parent: Option<[u8; 8]>,
    /// What it is called.
    pub name: String,
    /// Which side it is.
    pub kind: SpanKind,
    /// When it began (ms).
    pub start: f64,
    /// What is known of it.
    pub attributes: Attributes,
    /// What happened meanwhile.
    pub events: Vec<SpanEvent>,
    /// Another span that led to it.
    pub link: Option<Place>,
}

/// Something that happened in a span.
#[derive(Clone, Debug)]
pub struct SpanEvent {
    /// When (ms).
    pub ts: f64,
    /// What.
    pub name: &'static str,
    /// More about it.
    pub attributes: Attributes,
}

/// A span that is over.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What it was.
    pub span: Span,
    /// When it ended (ms), not before it began.
    pub end: f64,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

const STATUS_ERROR: u32 = 2;

impl Span {
    /// Ends it.
    pub fn end(mut self, ts: f64, error: Option<String>) -> Ended {
        if let Some(error) = &error {
            self.attributes.set("error.type", error.as_str());
        }
        let end = ts.max(self.start);
        Ended { span: self, end, error }
    }

    /// Ends it though nobody saw its end.
    pub fn give_up(mut self, ts: f64) -> Ended {
        self.attributes.set("claude_tap.incomplete", true);
        self.end(ts, None)
    }
}

impl Ended {
    /// How long it took, in seconds.
    pub fn seconds(&self) -> f64 {
        (self.end - self.span.start) / 1000.0
    }

    /// The fields of a `Span`.
    pub fn write(&self, writer: &mut Writer<'_>) {
        let Ended { span, end, error } = self;
        writer.id(1, "traceId", &span.place.trace);
        writer.id(2, "spanId", &span.place.span);
        if let Some(parent) = &span.parent {
            writer.id(4, "parentSpanId", parent);
        }
        writer.text(5, "name", &span.name);
        writer.choice(6, "kind", span.kind as u32);
        writer.time(7, "startTimeUnixNano", span.start);
        writer.time(8, "endTimeUnixNano", *end);
        span.attributes.write(9, writer);
        writer.messages(11, "events", &span.events, |writer, event| {
            writer.time(1, "timeUnixNano", event.ts);
            writer.text(2, "name", event.name);
            event.attributes.write(3, writer);
        });
        writer.messages(13, "links", span.link.as_slice(), |writer, link| {
            writer.id(1, "traceId", &link.trace);
            writer.id(2, "spanId", &link.span);
        });
        if error.is_some() {
            writer.message(15, "status", |writer| writer.choice(3, "code", STATUS_ERROR));
        }
    }
}
