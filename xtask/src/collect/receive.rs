//! One request: what goes wrong on purpose, what it brings, what it is answered.

use super::answer::{self, Asker, PROTOBUF};
use super::connection::Cut;
use super::decode::{self, Unreadable};
use super::event_lines;
use super::fault::{Asked, Mishap};
use super::otlp::{self, Kind};
use super::record::Batch;
use super::server::Collector;
use axum::body::Bytes;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::time::Duration;

/// Answers a POST.
pub(super) async fn receive(
    collector: &Collector,
    cut: &Cut,
    path: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    let mishap = collector.next_mishap(&Asked { path, bytes: body.len() });
    match mishap {
        Some(Mishap::Reset) => return cut.cut().await,
        Some(Mishap::Delay(ms)) => tokio::time::sleep(Duration::from_millis(ms)).await,
        Some(mishap) => {
            if let Some(refused) = answer::refused(mishap) {
                return refused;
            }
        }
        None => (),
    }
    let (asker, batch) = match read(path, headers, &body) {
        Ok(read) => read,
        Err((status, why)) => {
            collector.refuse(path, &why);
            return answer::because(status, &why);
        }
    };
    if let Err(error) = collector.keep(&batch) {
        let why = format!("{error:#}");
        collector.refuse(path, &why);
        // To be tried again: the disk may be full, and be emptied.
        return answer::because(StatusCode::SERVICE_UNAVAILABLE, &why);
    }
    match mishap {
        Some(Mishap::Lost) => cut.cut().await,
        Some(Mishap::Partial(rejected)) => answer::taken(asker, rejected),
        _ => answer::taken(asker, 0),
    }
}

type Refusal = (StatusCode, String);

fn read(path: &str, headers: &HeaderMap, body: &[u8]) -> Result<(Asker, Batch), Refusal> {
    let plain = decode::decode(body, header(headers, &CONTENT_ENCODING)).map_err(unreadable)?;
    let Some(kind) = Kind::of(path) else {
        let batch = event_lines::read(&plain);
        let is_nothing = batch.records.is_empty() && !batch.unreadable.is_empty();
        if is_nothing {
            return Err((StatusCode::BAD_REQUEST, "neither JSON nor lines of it".to_owned()));
        }
        return Ok((Asker::Hooks, batch));
    };
    let content_type = header(headers, &CONTENT_TYPE).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let (asker, batch) = match media_type {
        PROTOBUF | "application/protobuf" => (Asker::Protobuf(kind), otlp::protobuf(kind, &plain)),
        "application/json" => (Asker::Json(kind), otlp::json(kind, &plain)),
        other => {
            let why = format!("OTLP is application/x-protobuf or application/json, not {other:?}");
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
        }
    };
    let bad = |why| (StatusCode::BAD_REQUEST, format!("no OTLP {kind:?}: {why}"));
    batch.map(|batch| (asker, batch)).map_err(bad)
}

fn unreadable(why: Unreadable) -> Refusal {
    match why {
        Unreadable::Encoding(name) => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("encoding {name} is not known, gzip is"))
        }
        Unreadable::Broken(why) => (StatusCode::BAD_REQUEST, format!("broken gzip: {why}")),
        Unreadable::TooLarge => {
            (StatusCode::PAYLOAD_TOO_LARGE, "too much, once decompressed".to_owned())
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
