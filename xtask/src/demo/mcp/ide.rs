//! The IDE: an MCP server on a WebSocket. What its person decides about a diff
//! comes from the editor in the page, by a request of its own.

use super::super::pipes::Shared;
use super::super::playback::{self, Answer, Way};
use super::super::recording::Step;
use super::calls::Calls;
use super::server::{Playing, Reply, Server};
use axum::Json;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

const SUBPROTOCOL: &str = "mcp";

/// How long a decision waits for its diff. They come by two connections, and a person who is
/// quick, or a page that is, may be heard first.
const DECISION_WAITS: Duration = Duration::from_secs(3);

/// The IDE and its connections.
pub(super) struct Ide {
    server: Server,
    connections: Mutex<Vec<Weak<Calls>>>,
    /// Told at each call that began.
    called: Notify,
}

impl Ide {
    pub(super) fn new(server: Server) -> Ide {
        Ide { server, connections: Mutex::default(), called: Notify::new() }
    }

    fn add(&self, calls: &Arc<Calls>) {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|calls| calls.strong_count() > 0);
        connections.push(Arc::downgrade(calls));
    }

    /// Gives the person's answer to whoever shows that diff; whether anybody did.
    fn decide(&self, tab: &str, way: Way) -> bool {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let open = connections.iter().filter_map(Weak::upgrade);
        let answer = || Answer { way, text: String::new() };
        open.filter(|calls| calls.decide(tab, answer())).count() > 0
    }
}

/// `GET /ide`: without the subprotocol it is not this protocol.
pub(super) async fn connect(
    upgrade: WebSocketUpgrade,
    State(pipes): State<Shared>,
    headers: HeaderMap,
) -> Response {
    let offered = headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|offer| offer.to_str().ok());
    let mut offered = offered.unwrap_or_default().split(',').map(str::trim);
    if !offered.any(|protocol| protocol == SUBPROTOCOL) {
        return (StatusCode::BAD_REQUEST, "The subprotocol is mcp.").into_response();
    }
    upgrade.protocols([SUBPROTOCOL]).on_upgrade(async move |socket| {
        let (sender, said) = unbounded_channel();
        let calls = Arc::new(Calls::default());
        pipes.mcp.ide.add(&calls);
        Connection { socket, pipes, calls, sender }.run(said).await;
    })
}

/// `POST /ide/diffs` with `{"tab_name", "is_saved"}`: the person's decision.
pub(super) async fn decide(State(pipes): State<Shared>, Json(body): Json<Value>) -> StatusCode {
    let tab = body.get("tab_name").and_then(Value::as_str).unwrap_or_default();
    let is_saved = body.get("is_saved").and_then(Value::as_bool).unwrap_or(false);
    let way = if is_saved { Way::Allow } else { Way::Deny };
    let decided = async {
        loop {
            let called = pipes.mcp.ide.called.notified(); // also of a call that begins meanwhile
            if pipes.mcp.ide.decide(tab, way) {
                return;
            }
            called.await;
        }
    };
    match timeout(DECISION_WAITS, decided).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::NOT_FOUND,
    }
}

struct Connection {
    socket: WebSocket,
    pipes: Shared,
    calls: Arc<Calls>,
    sender: UnboundedSender<Value>,
}

impl Connection {
    async fn run(mut self, mut said: UnboundedReceiver<Value>) {
        loop {
            tokio::select! {
                Some(message) = said.recv() => {
                    if self.socket.send(Message::Text(message.to_string().into())).await.is_err() {
                        return;
                    }
                }
                frame = self.socket.recv() => match frame {
                    Some(Ok(Message::Text(frame))) => self.receive(frame.as_str()),
                    // Reading on after a close answers it; then comes nothing more.
                    Some(Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
            }
        }
    }

    fn receive(&self, frame: &str) {
        match self.pipes.mcp.ide.server.receive(&self.calls, frame) {
            Reply::None if frame.contains("\"ide_connected\"") => self.greet(),
            Reply::None => {}
            Reply::Now(message) => self.say(message),
            Reply::Play(playing) => {
                let (call, sender, speed) =
                    (self.calls.begin(playing), self.sender.clone(), self.pipes.speed);
                self.pipes.mcp.ide.called.notify_waiters();
                tokio::spawn(async move {
                    let say = |message| {
                        let _ = sender.send(message); // the client may be gone
                    };
                    call.play(speed, say).await;
                });
            }
        }
    }

    /// The editor tells what is selected in it.
    fn greet(&self) {
        let (steps, speed) = (self.pipes.mcp.ide.server.greeting.clone(), self.pipes.speed);
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let (_orders, mut none) = unbounded_channel();
            let publish = |batch: Vec<Step>| {
                for step in batch {
                    let _ = sender.send(Playing::message(&Value::Null, step.data));
                }
            };
            playback::play(steps, speed, &mut none, publish).await;
        });
    }

    fn say(&self, message: Value) {
        let _ = self.sender.send(message);
    }
}
