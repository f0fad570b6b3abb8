//! OpenTelemetry's messages: spans, log records and data points as OTLP has them, in
//! protobuf and in JSON.

pub mod attribute;
pub mod envelope;
pub mod log;
pub mod metric;
pub mod names;
pub mod span;
pub mod writer;
