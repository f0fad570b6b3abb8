//! HTTP with server-sent events, as in 2024: the stream says where to post, and
//! every answer comes on the stream.

use super::super::event_stream::record;
use super::super::marks;
use super::super::pipes::Shared;
use super::calls::Calls;
use super::server::Reply;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Sessions by the id in their address.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Session>>);

#[derive(Clone)]
struct Session {
    calls: Arc<Calls>,
    sender: UnboundedSender<Value>,
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `GET /sse`.
pub(super) async fn connect(State(pipes): State<Shared>) -> Response {
    let (sender, messages) = unbounded_channel();
    let id = marks::uuid();
    // An address, not JSON.
    let first = format!("event: endpoint\ndata: /messages?sessionId={id}\n\n");
    let mut sessions = pipes.mcp.legacy.lock();
    sessions.retain(|_, session| !session.sender.is_closed());
    sessions.insert(id, Session { calls: Arc::default(), sender });
    drop(sessions);
    let writer = (Some(first), messages);
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(stream::unfold(writer, next))).into_response()
}

type Writer = (Option<String>, UnboundedReceiver<Value>);

async fn next((mut first, mut messages): Writer) -> Option<(Result<Bytes, Infallible>, Writer)> {
    let chunk = match first.take() {
        Some(first) => first,
        None => record(Some("message"), None, &messages.recv().await?),
    };
    Some((Ok(Bytes::from(chunk)), (None, messages)))
}

/// `POST /messages?sessionId=`.
pub(super) async fn send(
    State(pipes): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
    body: Bytes,
) -> Response {
    let id = query.get("sessionId").map(String::as_str).unwrap_or_default();
    let session = pipes.mcp.legacy.lock().get(id).cloned();
    let Some(Session { calls, sender }) = session else {
        return (StatusCode::NOT_FOUND, "Session not found").into_response();
    };
    let say = move |message| {
        let _ = sender.send(message); // the stream may be closed
    };
    match pipes.mcp.places.receive(&calls, &String::from_utf8_lossy(&body)) {
        Reply::None => {}
        Reply::Now(answer) => say(answer),
        Reply::Play(playing) => {
            let (call, speed) = (calls.begin(playing), pipes.speed);
            tokio::spawn(async move { call.play(speed, say).await });
        }
    }
    (StatusCode::ACCEPTED, "Accepted").into_response()
}
