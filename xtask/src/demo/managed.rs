//! Managed Agents sessions: whole events, and previews for those who ask.

use super::event_stream::{self, Source as Records};
use super::feed::{Batch, Event, Kind, Source};
use super::marks;
use super::pipes::Shared;
use super::playback::{Answer, Order, Way};
use super::recording::Step;
use super::stage::{Language, Prompt, Session};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The language of its events.
pub(super) struct Managed;

impl Language for Managed {
    fn event(&self, mut step: Step, _: &Session) -> Event {
        let kind = match text(&step.data, "/type") {
            _ if step.event.as_deref() == Some("disconnect") => Kind::Disconnect,
            "event_start" | "event_delta" => Kind::Passing,
            _ => Kind::Kept,
        };
        if kind == Kind::Kept {
            processed(&mut step.data);
        }
        Event::new(kind, Source::Worker, step.data)
    }

    fn interrupted(&self, said: &[Event], _: &Session) -> Vec<Event> {
        let last = |kind: &str| said.iter().rposition(|event| text(&event.data, "/type") == kind);
        let (start, end) = (last("span.model_request_start"), last("span.model_request_end"));
        let open = start.filter(|start| end.is_none_or(|end| end < *start));
        let mut ending = Vec::new();
        if let Some(span) = open.and_then(|at| said.get(at)) {
            let usage = json!({"input_tokens": 0, "output_tokens": 0,
                "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0});
            ending.push(json!({"type": "span.model_request_end",
                "model_request_start_id": text(&span.data, "/id"),
                "is_error": false, "model_usage": usage}));
        }
        ending.push(json!({"type": "session.status_idle", "stop_reason": {"type": "end_turn"},
            "stop_details": null}));
        let processed = ending.into_iter().map(|mut event| {
            processed(&mut event);
            Event::kept(event)
        });
        processed.collect()
    }
}

/// Adds what every event has.
fn processed(event: &mut Value) {
    if let Some(fields) = event.as_object_mut() {
        fields.entry("id").or_insert_with(|| json!(format!("sevt_{}", marks::turn_number())));
        fields.insert("processed_at".to_owned(), json!(marks::now()));
    }
}

/// `GET /v1/sessions/{session}/events/stream?event_deltas=`: what happens from
/// now on; the list has what was before.
pub(super) async fn stream(
    State(pipes): State<Shared>,
    Path(session): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    if !session.starts_with("sesn_") {
        return refused(StatusCode::NOT_FOUND, "There is no such session.");
    }
    let (_, news) = pipes.managed.session(&session).feed.follow();
    let query = query.unwrap_or_default();
    let records = move |batch: &Batch| {
        let wanted = batch.iter().filter(|event| is_wanted(event, &query));
        wanted
            .map(|event| event_stream::record(Some(text(&event.data, "/type")), None, &event.data))
            .collect()
    };
    // A comment at once, so that the page knows it is heard.
    event_stream::response(vec![": connected\n\n".to_owned()], Records { news, records })
}

/// Previews go to those who asked for them by the type of what is previewed.
fn is_wanted(event: &Event, query: &str) -> bool {
    match text(&event.data, "/type") {
        "event_start" => query.contains(text(&event.data, "/event/type")),
        "event_delta" => query.contains("agent.message"),
        _ => event.kind != Kind::Disconnect,
    }
}

/// `GET /v1/sessions/{session}/events`.
pub(super) fn list(pipes: &Shared, session: &str) -> Response {
    let log = pipes.managed.session(session).feed.log();
    let data: Vec<Value> = log.into_iter().map(|event| event.data).collect();
    Json(json!({"data": data, "next_page": null})).into_response()
}

/// `POST /v1/sessions/{session}/events`.
pub(super) fn send(pipes: &Shared, session: &str, body: &Bytes) -> Response {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(events) = body.get("events").and_then(Value::as_array) else {
        return refused(StatusCode::BAD_REQUEST, "events: Field required");
    };
    let session = pipes.managed.session(session);
    let mut sent = Vec::new();
    for event in events {
        let mut event = event.clone();
        processed(&mut event);
        session.feed.publish(vec![Event::from_client(event.clone())]);
        match text(&event, "/type") {
            "user.message" => {
                let blocks = event.get("content").and_then(Value::as_array).into_iter().flatten();
                let words = blocks.map(|block| text(block, "/text")).collect();
                let prompt = Prompt { text: words, id: text(&event, "/id").to_owned() };
                pipes.managed.prompt(&session, prompt);
            }
            "user.interrupt" => {
                session.order(Order::Interrupt);
            }
            "user.tool_confirmation" => {
                let way = if text(&event, "/result") == "allow" { Way::Allow } else { Way::Deny };
                let answer = Answer { way, text: text(&event, "/deny_message").to_owned() };
                session.order(Order::Answer(text(&event, "/tool_use_id").to_owned(), answer));
            }
            _ => {}
        }
        sent.push(event);
    }
    Json(json!({ "data": sent })).into_response()
}

fn refused(status: StatusCode, message: &str) -> Response {
    let kind =
        if status == StatusCode::NOT_FOUND { "not_found_error" } else { "invalid_request_error" };
    (status, Json(json!({"type": "error", "error": {"type": kind, "message": message}})))
        .into_response()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
