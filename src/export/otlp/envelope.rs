//! What stands around spans, log records and metrics in a request.

use super::attribute::{Attributes, Value};
use super::metric::gather;
use super::names::Profile;
use super::writer::{Encoding, Writer, message};
use crate::export::items::Signal;
use alloc::string::String;
use alloc::vec::Vec;

/// Who says it: the resource of all that is said.
pub fn resource(instance: &str, given: &[(String, Vec<u8>)]) -> Attributes {
    let mut attributes = Attributes::default();
    attributes.set("service.name", "pagetap");
    attributes.set("service.version", VERSION);
    attributes.set("service.instance.id", instance);
    for (key, raw) in given {
        if let Some(value) = Value::of(raw) {
            attributes.set(key.clone(), value);
        }
    }
    attributes
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes the request that exports what is written already.
pub fn write(
    signal: Signal,
    encoding: Encoding,
    profile: &Profile,
    resource: &Attributes,
    bodies: &[&[u8]],
    out: &mut Vec<u8>,
) {
    let (resources, scopes, records) = match signal {
        Signal::Traces => ("resourceSpans", "scopeSpans", "spans"),
        Signal::Logs => ("resourceLogs", "scopeLogs", "logRecords"),
        Signal::Metrics => ("resourceMetrics", "scopeMetrics", "metrics"),
        Signal::Event | Signal::Open | Signal::Close => return,
    };
    let scope = |writer: &mut Writer<'_>| {
        writer.message(1, "scope", |writer| {
            writer.text(1, "name", "pagetap");
            writer.text(2, "version", VERSION);
        });
        match signal {
            Signal::Metrics => gather(profile, bodies, writer),
            _ => writer.written(2, records, bodies.iter()),
        }
        writer.text(3, "schemaUrl", profile.schema_url);
    };
    message(encoding, out, |writer| {
        writer.messages(1, resources, &[()], |writer, ()| {
            writer.message(1, "resource", |writer| resource.write(1, writer));
            writer.messages(2, scopes, &[()], |writer, ()| scope(writer));
        });
    });
}
