//! A log record.

use super::attribute::Attributes;
use super::span::Place;
use super::writer::Writer;
use alloc::string::String;

/// How much it matters.
#[derive(Clone, Copy, Debug)]
pub enum Severity {
    /// For whoever looks closely.
    Debug = 5,
    /// What happens.
    Info = 9,
    /// What went wrong and was borne.
    Warn = 13,
    /// What failed.
    Error = 17,
}

/// Something that happened.
#[derive(Debug)]
pub struct LogRecord {
    /// When (ms).
    pub ts: f64,
    /// How much it matters.
    pub severity: Severity,
    /// What.
    pub name: String,
    /// More about it.
    pub attributes: Attributes,
    /// The span in which it happened.
    pub place: Option<Place>,
}

impl LogRecord {
    /// The fields of a `LogRecord`.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.time(1, "timeUnixNano", self.ts);
        writer.time(11, "observedTimeUnixNano", self.ts);
        writer.choice(2, "severityNumber", self.severity as u32);
        let severity = match self.severity {
            Severity::Debug => "DEBUG",
            Severity::Info => "INFO",
            Severity::Warn => "WARN",
            Severity::Error => "ERROR",
        };
        writer.text(3, "severityText", severity);
        writer.message(5, "body", |writer| writer.text(1, "stringValue", &self.name));
        self.attributes.write(6, writer);
        if let Some(place) = &self.place {
            writer.id(9, "traceId", &place.trace);
            writer.id(10, "spanId", &place.span);
        }
        writer.text(12, "eventName", &self.name);
    }
}
