//! Claude Code's remote sessions: one payload language, two pipes. A session
//! that is followed over a WebSocket (v1) and as an event stream (v2) is the
//! same session.

mod inbox;
mod interruption;
mod lists;
mod socket;
mod stream;

use super::feed::{Event, Kind, Source};
use super::pipes::Shared;
use super::recording::Step;
use super::stage::{Language, Session};
use super::{managed, marks};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

/// The routes of both pipes; and of Managed Agents, whose addresses are the
/// first pipe's.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1/sessions/ws/{session}/subscribe", get(socket::subscribe))
        .route("/v1/sessions/{session}/events", get(list).post(send))
        .route("/v1/sessions/{session}/events/stream", get(managed::stream))
        .route("/v1/code/sessions/{session}/events/stream", get(stream::stream))
        .route("/v1/code/sessions/{session}/events", get(lists::of_code).post(inbox::from_code))
}

/// Two services share this address. The beta header says which is meant, or
/// else the session's id.
fn is_managed(session: &str, headers: &HeaderMap) -> bool {
    let betas = headers.get_all("anthropic-beta").iter().filter_map(|beta| beta.to_str().ok());
    let betas: String = betas.collect::<Vec<_>>().join(",");
    let is_remote = betas.contains("ccr-");
    betas.contains("managed-agents-") || !is_remote && session.starts_with("sesn_")
}

async fn list(
    State(pipes): State<Shared>,
    Path(session): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if is_managed(&session, &headers) {
        return managed::list(&pipes, &session);
    }
    lists::of_sessions(&pipes, &session, query.as_deref())
}

async fn send(
    State(pipes): State<Shared>,
    Path(session): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if is_managed(&session, &headers) {
        return managed::send(&pipes, &session, &body);
    }
    inbox::from_sessions(&pipes, &session, &body)
}

/// Whether an address names a session there can be.
fn exists(session: &str) -> bool {
    session.starts_with("session_") || session.starts_with("cse_")
}

/// The payload language.
pub(super) struct Remote;

impl Language for Remote {
    fn event(&self, mut step: Step, session: &Session) -> Event {
        let kind = match step.event.as_deref() {
            Some("ephemeral_event") => Kind::Passing,
            Some("delivery_update") => Kind::Delivery,
            Some("disconnect") => Kind::Disconnect,
            _ => Kind::Kept,
        };
        if matches!(kind, Kind::Kept | Kind::Passing) {
            signed(&mut step.data, session);
        }
        if step.data.get("type") == Some(&json!("result"))
            && let Some(fields) = step.data.as_object_mut()
        {
            fields.insert("queued_turn_count".to_owned(), json!(session.waiting()));
        }
        Event::new(kind, Source::Worker, step.data)
    }

    fn interrupted(&self, said: &[Event], session: &Session) -> Vec<Event> {
        let rows = interruption::rows(said).into_iter();
        let signed = rows.map(|mut row| {
            signed(&mut row, session);
            Event::kept(row)
        });
        signed.collect()
    }
}

/// Adds what every row has and no recording needs to say.
fn signed(row: &mut Value, session: &Session) {
    let kind = row.get("type").and_then(Value::as_str).unwrap_or_default();
    let has_uuid = !kind.starts_with("control_");
    let Some(fields) = row.as_object_mut() else { return };
    fields.entry("session_id").or_insert_with(|| json!(session.worker_id));
    if has_uuid {
        fields.entry("uuid").or_insert_with(|| json!(marks::uuid()));
    }
}

/// A text of a row.
fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
