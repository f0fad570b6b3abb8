//! A session's kept events as lists: how a page catches up without a stream.

use super::super::feed::{Event, Source};
use super::super::pipes::Shared;
use super::{exists, inbox, text};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::HashMap;

/// `GET /v1/sessions/{session}/events?after_id=`: rows as on the socket.
pub(super) fn of_sessions(pipes: &Shared, session: &str, query: Option<&str>) -> Response {
    if !exists(session) {
        return inbox::refused(session);
    }
    let session = pipes.remote.session(session);
    let parameters = query.unwrap_or_default().split('&');
    let after = parameters.filter_map(|pair| pair.strip_prefix("after_id=")).next();
    let rows: Vec<Value> = session.feed.log().iter().map(row).collect();
    let known = after.and_then(|id| rows.iter().position(|row| text(row, "/uuid") == id));
    let rows = rows.get(known.map_or(0, |at| at + 1)..).unwrap_or_default();
    let ids: Vec<&str> =
        rows.iter().map(|row| text(row, "/uuid")).filter(|id| !id.is_empty()).collect();
    let status = if session.is_running() { "running" } else { "idle" };
    let list = json!({"data": rows, "first_id": ids.first(), "last_id": ids.last(),
        "has_more": false, "session_status": status});
    Json(list).into_response()
}

/// `GET /v1/code/sessions/{session}/events?limit=&sort_order=&cursor=`: envelopes.
pub(super) async fn of_code(
    State(pipes): State<Shared>,
    Path(session): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if !exists(&session) {
        return inbox::refused(&session);
    }
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<u64>().ok());
    let limit = number("limit").unwrap_or(100).clamp(1, 500) as usize;
    let is_descending = query.get("sort_order").is_some_and(|order| order == "desc");
    let mut log = pipes.remote.session(&session).feed.log();
    if is_descending {
        log.reverse();
    }
    let is_after = |event: &Event| {
        number("cursor").is_none_or(|cursor| {
            if is_descending { event.number < cursor } else { event.number > cursor }
        })
    };
    let mut rest = log.iter().filter(|event| is_after(event)).peekable();
    let page: Vec<&Event> = rest.by_ref().take(limit).collect();
    let last = page.last().map(|event| event.number.to_string());
    let next = last.clone().filter(|_| rest.peek().is_some());
    let data: Vec<Value> = page.into_iter().map(envelope).collect();
    Json(json!({"data": data, "next_cursor": next, "resume_cursor": last})).into_response()
}

/// An event as the first pipe has it: the payload alone, a prompt marked as an
/// echo, keys in the order of the alphabet.
pub(super) fn row(event: &Event) -> Value {
    let mut row = event.data.clone();
    let is_prompt = event.source == Source::Client && text(&row, "/type") == "user";
    if let Some(fields) = row.as_object_mut() {
        if is_prompt {
            fields.insert("isReplay".to_owned(), json!(true));
        }
        if event.number > 0 {
            fields.entry("created_at").or_insert_with(|| json!(event.created_at));
        }
    }
    row.sort_all_objects();
    row
}

/// An event as the second pipe has it.
pub(super) fn envelope(event: &Event) -> Value {
    let source = match event.source {
        Source::Worker => "worker",
        Source::Client => "client",
    };
    json!({
        "event_id": event.id, "sequence_num": event.number.to_string(),
        "event_type": text(&event.data, "/type"), "source": source,
        "payload": event.data, "created_at": event.created_at,
    })
}
