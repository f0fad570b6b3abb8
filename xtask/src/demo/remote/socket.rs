//! The first pipe: a WebSocket that carries lines of JSON.

use super::super::feed::{Batch, Kind};
use super::super::frames;
use super::super::pipes::Shared;
use super::super::stage::Session;
use super::lists::row;
use super::{exists, inbox, signed, text};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::interval;
use xtask::random::Random;

/// How often the server says that it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

const SESSION_NOT_FOUND: u16 = 4001;
const UNAUTHORIZED: u16 = 4003;

/// `GET /v1/sessions/ws/{session}/subscribe?organization_uuid=&replay=`.
pub(super) async fn subscribe(
    upgrade: WebSocketUpgrade,
    State(pipes): State<Shared>,
    Path(session): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    // A browser shows a page no status of a refused upgrade: the reason is in
    // the close code, and so the socket opens first.
    upgrade.on_upgrade(async move |mut socket| {
        let refusal = if !exists(&session) {
            Some((SESSION_NOT_FOUND, "session not found"))
        } else if !query.contains_key("organization_uuid") {
            Some((UNAUTHORIZED, "unauthorized"))
        } else {
            None
        };
        if let Some((code, reason)) = refusal {
            close(&mut socket, code, reason).await;
            return;
        }
        let session = pipes.remote.session(&session);
        let (log, news) = session.feed.follow();
        let log = if query.get("replay").is_some_and(|replay| replay == "true") {
            log
        } else {
            Vec::new()
        };
        Subscriber { socket, pipes, session, lines: String::new(), random: Random::new(1) }
            .run(log, news)
            .await;
    })
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    // A page that is gone needs no reason.
    let _ = socket.send(Message::Close(Some(frame))).await;
}

struct Subscriber {
    socket: WebSocket,
    pipes: Shared,
    session: Arc<Session>,
    /// The line the page has not finished.
    lines: String,
    random: Random,
}

/// The connection is over.
struct Over;

impl Subscriber {
    async fn run(mut self, log: Batch, mut news: UnboundedReceiver<Batch>) {
        let mut keep_alive = interval(KEEP_ALIVE);
        keep_alive.tick().await; // the first is at once
        let mut state = self.send(log).await;
        while state.is_ok() {
            state = tokio::select! {
                batch = news.recv() => self.send(batch.unwrap_or_default()).await,
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => self.receive(text.as_str()).await,
                    // Reading on after a close answers it; then comes nothing more.
                    Some(Err(_)) | None => Err(Over),
                    Some(Ok(_)) => Ok(()),
                },
                _ = keep_alive.tick() => self.say(&json!({"type": "keep_alive"})).await,
            };
        }
    }

    async fn send(&mut self, batch: Batch) -> Result<(), Over> {
        let is_row = |kind: Kind| matches!(kind, Kind::Kept | Kind::Passing);
        let rows = batch.iter().filter(|event| is_row(event.kind));
        let rows: Vec<String> = rows.map(|event| format!("{}\n", row(event))).collect();
        for frame in frames::frames(&rows, &mut self.random) {
            self.socket.send(Message::Text(frame.into())).await.map_err(|_| Over)?;
        }
        if batch.iter().any(|event| event.kind == Kind::Disconnect) {
            close(&mut self.socket, 1001, "going away").await;
            return Err(Over);
        }
        Ok(())
    }

    async fn say(&mut self, value: &Value) -> Result<(), Over> {
        self.socket.send(Message::Text(format!("{value}\n").into())).await.map_err(|_| Over)
    }

    async fn receive(&mut self, frame: &str) -> Result<(), Over> {
        self.lines.push_str(frame);
        if !frame.ends_with('\n') && serde_json::from_str::<Value>(&self.lines).is_ok() {
            self.lines.push('\n'); // a whole row whose sender leaves the end out
        }
        while let Some((line, rest)) = self.lines.split_once('\n') {
            let (line, rest) = (line.to_owned(), rest.to_owned());
            self.lines = rest;
            if let Ok(event) = serde_json::from_str(&line) {
                self.event(event).await?;
            }
        }
        Ok(())
    }

    async fn event(&mut self, event: Value) -> Result<(), Over> {
        let is_initialize = text(&event, "/request/subtype") == "initialize";
        match text(&event, "/type") {
            "keep_alive" => self.say(&json!({"type": "keep_alive"})).await,
            // Only who asks is told: it is no event of the session.
            "control_request" if is_initialize => {
                let mut response = json!({"type": "control_response", "response": {
                    "subtype": "success", "request_id": text(&event, "/request_id"),
                    "response": inbox::initialized(),
                }});
                signed(&mut response, &self.session);
                response.sort_all_objects();
                self.say(&response).await
            }
            // Programs send over the socket what pages post.
            _ => {
                inbox::receive(&self.pipes.remote, &self.session, event);
                Ok(())
            }
        }
    }
}
