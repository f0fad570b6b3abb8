//! The second pipe: an event stream that can be resumed.

use super::super::event_stream::{self, Source as Records};
use super::super::feed::{Batch, Event, Kind};
use super::super::pipes::Shared;
use super::lists::envelope;
use super::{exists, inbox, text};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::HashMap;

/// `GET /v1/code/sessions/{session}/events/stream?from_sequence_num=`.
pub(super) async fn stream(
    State(pipes): State<Shared>,
    Path(session): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if !exists(&session) {
        return inbox::refused(&session);
    }
    let header = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let cursor = header.or(query.get("from_sequence_num").map(String::as_str));
    let cursor: u64 = cursor.and_then(|number| number.parse().ok()).unwrap_or(0);
    let (log, news) = pipes.remote.session(&session).feed.follow();
    let mut first = vec![": keepalive\n".to_owned(), connected()];
    if cursor > log.len() as u64 {
        first.push(event_stream::record(Some("catch_up_truncated"), None, &json!({})));
    }
    first.extend(log.iter().filter(|event| event.number > cursor).filter_map(record));
    let records = |batch: &Batch| batch.iter().filter_map(record).collect();
    event_stream::response(first, Records { news, records })
}

fn connected() -> String {
    event_stream::record(Some("session_update"), None, &json!({"connection_status": "connected"}))
}

/// An event as a record. Passing ones have no id: nothing can be resumed there.
fn record(event: &Event) -> Option<String> {
    let id = event.number.to_string();
    match event.kind {
        Kind::Kept => Some(event_stream::record(Some("client_event"), Some(&id), &envelope(event))),
        Kind::Passing => {
            let passing = json!({"event_type": text(&event.data, "/type"), "payload": event.data,
                "timestamp": event.created_at, "source": "worker"});
            Some(event_stream::record(Some("ephemeral_event"), None, &passing))
        }
        Kind::Delivery => {
            let mut news: Value = event.data.clone();
            if let Some(fields) = news.as_object_mut() {
                fields.insert("timestamp".to_owned(), json!(event.created_at));
            }
            Some(event_stream::record(Some("delivery_update"), None, &news))
        }
        Kind::Disconnect => None,
    }
}
