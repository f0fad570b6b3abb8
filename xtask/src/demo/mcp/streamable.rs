//! Streamable HTTP: one address, an answer as JSON or as a stream, and a stream
//! for what the server says by itself.

use super::super::event_stream::record;
use super::super::marks;
use super::super::pipes::Shared;
use super::super::playback;
use super::super::recording::Step;
use super::calls::Calls;
use super::server::{Playing, Reply};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const SESSION: &str = "mcp-session-id";

/// Sessions by the id their client was given.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Arc<Calls>>>);

impl Sessions {
    fn begin(&self) -> (String, Arc<Calls>) {
        let (id, calls) = (marks::uuid(), Arc::<Calls>::default());
        self.lock().insert(id.clone(), calls.clone());
        (id, calls)
    }

    /// The session of a request, or why there is none.
    fn of(&self, headers: &HeaderMap) -> Result<Arc<Calls>, Box<Response>> {
        let id = headers.get(SESSION).and_then(|id| id.to_str().ok());
        let id = id.ok_or_else(|| refused(StatusCode::BAD_REQUEST, "Mcp-Session-Id is missing"))?;
        let found = self.lock().get(id).cloned();
        found.ok_or_else(|| refused(StatusCode::NOT_FOUND, "Session not found"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Calls>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(status: StatusCode, message: &str) -> Box<Response> {
    let error =
        json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32000, "message": message}});
    Box::new((status, Json(error)).into_response())
}

/// `POST /mcp`: one message.
pub(super) async fn send(State(pipes): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let accepts = |what: &str| {
        let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        accepted.unwrap_or_default().contains(what)
    };
    if !accepts("application/json") || !accepts("text/event-stream") {
        return *refused(
            StatusCode::NOT_ACCEPTABLE,
            "Client must accept both application/json and text/event-stream",
        );
    }
    let message = String::from_utf8_lossy(&body);
    let method = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    if method.get("method") == Some(&json!("initialize")) {
        let (id, calls) = pipes.mcp.streamable.begin();
        return match pipes.mcp.places.receive(&calls, &message) {
            Reply::Now(answer) => ([(SESSION, id)], Json(answer)).into_response(),
            _ => StatusCode::ACCEPTED.into_response(),
        };
    }
    let calls = match pipes.mcp.streamable.of(&headers) {
        Ok(calls) => calls,
        Err(refusal) => return *refusal,
    };
    match pipes.mcp.places.receive(&calls, &message) {
        Reply::None => StatusCode::ACCEPTED.into_response(),
        Reply::Now(answer) => Json(answer).into_response(),
        Reply::Play(playing) if playing.is_single() => single(&pipes, &calls, playing).await,
        Reply::Play(playing) => streamed(&pipes, &calls, playing),
    }
}

/// An answer that needs no stream.
async fn single(pipes: &Shared, calls: &Arc<Calls>, playing: Playing) -> Response {
    let mut answer = None;
    calls.begin(playing).play(pipes.speed, |message| answer = Some(message)).await;
    // A call that was cancelled has none.
    answer.map_or(StatusCode::ACCEPTED.into_response(), |answer| Json(answer).into_response())
}

/// A stream of its own for one call: what it says on the way, and the answer.
fn streamed(pipes: &Shared, calls: &Arc<Calls>, playing: Playing) -> Response {
    let (sender, messages) = unbounded_channel();
    let (call, speed) = (calls.begin(playing), pipes.speed);
    tokio::spawn(async move {
        let say = |message| {
            let _ = sender.send(message); // the client may be gone
        };
        call.play(speed, say).await;
    });
    // An id without data first: from there a client could resume.
    response("id: 0\ndata: \n\nretry: 3000\n\n", messages)
}

/// `GET /mcp`: what the server says by itself.
pub(super) async fn listen(State(pipes): State<Shared>, headers: HeaderMap) -> Response {
    if let Err(refusal) = pipes.mcp.streamable.of(&headers) {
        return *refusal;
    }
    let (sender, messages) = unbounded_channel();
    let (steps, speed) = (pipes.mcp.places.greeting.clone(), pipes.speed);
    tokio::spawn(async move {
        let (_orders, mut none) = unbounded_channel();
        let publish = |batch: Vec<Step>| {
            for step in batch {
                let _ = sender.send(Playing::message(&Value::Null, step.data));
            }
        };
        playback::play(steps, speed, &mut none, publish).await;
        // The stream stays open, with nothing more to say.
        sender.closed().await;
    });
    response(": open\n\n", messages)
}

/// `DELETE /mcp`: the client is done.
pub(super) async fn end(State(pipes): State<Shared>, headers: HeaderMap) -> Response {
    if let Err(refusal) = pipes.mcp.streamable.of(&headers) {
        return *refusal;
    }
    if let Some(id) = headers.get(SESSION).and_then(|id| id.to_str().ok()) {
        pipes.mcp.streamable.lock().remove(id);
    }
    StatusCode::OK.into_response()
}

fn response(first: &'static str, messages: UnboundedReceiver<Value>) -> Response {
    let writer = Writer { first: Some(first), messages, written: 0 };
    let body = Body::from_stream(stream::unfold(writer, Writer::next));
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (headers, body).into_response()
}

struct Writer {
    first: Option<&'static str>,
    messages: UnboundedReceiver<Value>,
    written: usize,
}

impl Writer {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Writer)> {
        if let Some(first) = self.first.take() {
            return Some((Ok(Bytes::from(first)), self));
        }
        let message = self.messages.recv().await?;
        self.written += 1;
        // The name may be left out: every third time it is.
        let name = (!self.written.is_multiple_of(3)).then_some("message");
        let chunk = record(name, Some(&self.written.to_string()), &message);
        Some((Ok(Bytes::from(chunk)), self))
    }
}
