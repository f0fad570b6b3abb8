//! Answers, in the words of who asked.

use super::fault::Mishap;
use super::otlp::Kind;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;
use serde_json::json;

pub(super) const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// What a client that reads English is told of what is missing on purpose.
const ON_PURPOSE: &str = "rejected on purpose";

/// How who asked wants its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Asker {
    Protobuf(Kind),
    Json(Kind),
    /// Claude Code, to which `{}` means: go on.
    Hooks,
}

/// All was taken, or all but so many.
pub(super) fn taken(asker: Asker, rejected: u64) -> Response {
    match asker {
        Asker::Protobuf(kind) => body(PROTOBUF, protobuf(kind, rejected)),
        Asker::Json(kind) if rejected > 0 => {
            let counts = json!({ kind.rejected(): rejected, "errorMessage": ON_PURPOSE });
            body(JSON, json!({ "partialSuccess": counts }).to_string().into_bytes())
        }
        Asker::Json(_) | Asker::Hooks => body(JSON, b"{}".to_vec()),
    }
}

fn protobuf(kind: Kind, rejected: u64) -> Vec<u8> {
    let rejected = i64::try_from(rejected).unwrap_or(i64::MAX);
    let error_message = ON_PURPOSE.to_owned();
    match kind {
        _ if rejected == 0 => Vec::new(),
        Kind::Traces => {
            let partial = ExportTracePartialSuccess { rejected_spans: rejected, error_message };
            ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec()
        }
        Kind::Logs => {
            let partial =
                ExportLogsPartialSuccess { rejected_log_records: rejected, error_message };
            ExportLogsServiceResponse { partial_success: Some(partial) }.encode_to_vec()
        }
        Kind::Metrics => {
            let partial =
                ExportMetricsPartialSuccess { rejected_data_points: rejected, error_message };
            ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec()
        }
    }
}

/// Refused on purpose.
pub(super) fn refused(mishap: Mishap) -> Option<Response> {
    let (code, wait) = match mishap {
        Mishap::Status(code, wait) => (code, wait),
        Mishap::Larger(_) => (413, None),
        _ => return None,
    };
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut answer = because(status, "on purpose");
    if let Some(seconds) = wait {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    Some(answer)
}

/// Refused, and why.
pub(super) fn because(status: StatusCode, why: &str) -> Response {
    (status, [(CONTENT_TYPE, JSON)], json!({ "message": why }).to_string()).into_response()
}

fn body(content_type: &'static str, bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, content_type)], bytes).into_response()
}
