//! The SDK's "enhanced" WebSocket server: one JSON object per frame, the server
//! speaks first, one query at a time.

mod sign_in;

use super::marks;
use super::pipes::Shared;
use super::playback::{self, Ended, Order};
use super::recording;
use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};
use sign_in::SignIn;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const BUSY: &str = "A query is already in progress. Please wait or interrupt it first.";

/// What all connections share.
#[derive(Default)]
pub(super) struct Numbers {
    connections: AtomicU32,
    queries: AtomicU32,
}

/// The routes.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/ws", get(connect))
        .route("/health", get(async || Json(json!({"status": "healthy"}))))
        .route("/sessions", get(sessions))
}

async fn sessions(State(pipes): State<Shared>) -> Json<Value> {
    let begun = pipes.sdk.connections.load(Ordering::Relaxed);
    let ids: Vec<String> = (1..=begun).map(|nth| format!("session_{nth}")).collect();
    Json(json!({ "sessions": ids }))
}

async fn connect(upgrade: WebSocketUpgrade, State(pipes): State<Shared>) -> Response {
    upgrade.on_upgrade(async move |socket| {
        let nth = pipes.sdk.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let (sender, news) = unbounded_channel();
        let connection = Connection {
            socket,
            pipes,
            id: format!("session_{nth}"),
            sender,
            query: None,
            tools: Vec::new(),
            sign_in: SignIn::default(),
        };
        connection.run(news).await;
    })
}

/// What a query that is played says.
enum News {
    Message(Value),
    Over(Ended),
}

struct Query {
    orders: UnboundedSender<Order>,
    has_answered: bool,
}

struct Connection {
    socket: WebSocket,
    pipes: Shared,
    id: String,
    sender: UnboundedSender<News>,
    query: Option<Query>,
    tools: Vec<Value>,
    sign_in: SignIn,
}

impl Connection {
    async fn run(mut self, mut news: UnboundedReceiver<News>) {
        let capabilities = json!({"concurrent_input": true, "tool_definition": true,
            "interrupt_query": true, "oauth_authentication": true, "token_refresh": true});
        let mut answers = vec![message(
            "connection_established",
            json!({"session_id": self.id, "capabilities": capabilities, "oauth_enabled": true,
                "authenticated": self.sign_in.is_signed_in()}),
        )];
        loop {
            for answer in answers {
                if self.socket.send(Message::Text(answer.to_string().into())).await.is_err() {
                    return;
                }
            }
            answers = tokio::select! {
                news = news.recv() => news.map(|news| self.news(news)).unwrap_or_default(),
                frame = self.socket.recv() => match frame {
                    Some(Ok(Message::Text(frame))) => self.receive(frame.as_str()),
                    // Reading on after a close answers it; then comes nothing more.
                    Some(Err(_)) | None => return,
                    Some(Ok(_)) => Vec::new(),
                },
            };
        }
    }

    fn news(&mut self, news: News) -> Vec<Value> {
        match news {
            News::Message(value) => {
                let is_answer = text(&value, "/type") == "assistant_message";
                if let Some(query) = self.query.as_mut() {
                    query.has_answered |= is_answer;
                }
                vec![value]
            }
            News::Over(ended) => {
                let query = self.query.take();
                let mut last = vec![json!({"type": "query_end"})];
                if ended == Ended::Interrupted {
                    // What had begun is interrupted, what had not is cancelled.
                    let begun = query.is_some_and(|query| query.has_answered);
                    let kind = if begun { "query_interrupted" } else { "query_cancelled" };
                    last.insert(0, json!({ "type": kind }));
                }
                last
            }
        }
    }

    /// What one message is answered with at once. Unknown ones, and `batch`, are
    /// ignored, as the real server ignores them.
    fn receive(&mut self, frame: &str) -> Vec<Value> {
        let Ok(request) = serde_json::from_str::<Value>(frame) else {
            return vec![error("Invalid JSON")];
        };
        match text(&request, "/type") {
            "query" => self.start(text(&request, "/prompt")),
            "input" => {
                vec![message("input_acknowledged", json!({"text": text(&request, "/text")}))]
            }
            "interrupt" => match &self.query {
                Some(query) if query.orders.send(Order::Interrupt).is_ok() => {
                    vec![json!({"type": "interrupt_acknowledged"})]
                }
                _ => Vec::new(),
            },
            "define_tool" => self.define(request.get("tool").cloned().unwrap_or_default()),
            "get_tools" => vec![self.list(&request)],
            "ping" => vec![json!({"type": "pong"})],
            kind => self.sign_in.receive(kind),
        }
    }

    fn start(&mut self, prompt: &str) -> Vec<Value> {
        if self.query.is_some() {
            return vec![error(BUSY)];
        }
        if let Some(refusal) = self.sign_in.refusal(prompt) {
            return vec![refusal];
        }
        let nth = self.pipes.sdk.queries.fetch_add(1, Ordering::Relaxed);
        let number = marks::turn_number();
        let values = [("n", number.as_str()), ("prompt", prompt), ("session", self.id.as_str())];
        let recording = recording::chosen(prompt, &self.pipes.sdk_recordings, nth);
        let steps = recording.map(|recording| recording.steps.clone()).unwrap_or_default();
        let steps = steps.into_iter().map(|step| step.filled(&values)).collect();
        let (orders, mut received) = unbounded_channel();
        self.query = Some(Query { orders, has_answered: false });
        let (news, speed) = (self.sender.clone(), self.pipes.speed);
        tokio::spawn(async move {
            let send = |said| {
                // A connection that is gone hears nothing.
                let _ = news.send(said);
            };
            let publish = |batch: Vec<recording::Step>| {
                batch.into_iter().for_each(|step| send(News::Message(step.data)));
            };
            let ended = playback::play(steps, speed, &mut received, publish).await;
            send(News::Over(ended));
        });
        vec![message("query_start", json!({ "prompt": prompt }))]
    }

    fn define(&mut self, tool: Value) -> Vec<Value> {
        let name = text(&tool, "/name").to_owned();
        let id = format!("tool_{}", self.tools.len() + 1);
        self.tools.push(tool);
        vec![message(
            "tool_defined",
            json!({"tool_id": id, "tool_name": name, "status": "success", "details": {}}),
        )]
    }

    fn list(&self, request: &Value) -> Value {
        let name = request.get("name").and_then(Value::as_str);
        let limit = request.get("limit").and_then(Value::as_u64).unwrap_or(100) as usize;
        let is_named = |tool: &&Value| name.is_none_or(|name| text(tool, "/name") == name);
        let tools: Vec<&Value> = self.tools.iter().filter(is_named).take(limit).collect();
        message("tools_list", json!({"tools": tools, "source": "registry"}))
    }
}

impl Drop for Connection {
    /// A query nobody listens to any more is not played to its end.
    fn drop(&mut self) {
        if let Some(query) = &self.query {
            let _ = query.orders.send(Order::Interrupt);
        }
    }
}

fn message(kind: &str, data: Value) -> Value {
    json!({"type": kind, "data": data})
}

fn error(text: &str) -> Value {
    message("error", json!({ "error": text }))
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
