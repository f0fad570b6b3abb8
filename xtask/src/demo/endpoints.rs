//! The addresses a chat page talks to.

use super::fresh_ids::{self, Chosen};
use super::generation::Signals;
use super::turns::{self, Turn};
use super::{generation, limit, writes};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What all requests share.
pub(super) struct Service {
    turns: Vec<Turn>,
    refusal: Bytes,
    speed: f64,
    answers: AtomicU32,
    conversations: Mutex<HashMap<String, Conversation>>,
}

/// What a later request to the same conversation refers to.
#[derive(Clone, Default)]
struct Conversation {
    prompt: String,
    signals: Arc<Signals>,
}

/// The routes.
pub(super) fn routes(turns: Vec<Turn>, refusal: Bytes, speed: f64) -> Router {
    let service = Service {
        turns,
        refusal,
        speed,
        answers: AtomicU32::new(0),
        conversations: Mutex::default(),
    };
    let chat = Router::new()
        .route("/completion", post(completion))
        .route("/retry_completion", post(retry_completion))
        .route("/stop_response", post(stop_response))
        .route("/tool_approval", post(tool_approval));
    Router::new()
        .nest("/api/organizations/{organization}/chat_conversations/{conversation}", chat)
        .with_state(Arc::new(service))
}

type Service_ = State<Arc<Service>>;
type Address = Path<(String, String)>;
type Options = Query<HashMap<String, String>>;

async fn completion(
    State(service): Service_,
    Path((_, conversation)): Address,
    Query(options): Options,
    body: Bytes,
) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let prompt = request.get("prompt").and_then(Value::as_str).unwrap_or_default();
    service.answer(&conversation, prompt, &request, &options)
}

async fn retry_completion(
    State(service): Service_,
    Path((_, conversation)): Address,
    Query(options): Options,
    body: Bytes,
) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let prompt = service.conversation(&conversation).prompt;
    service.answer(&conversation, &prompt, &request, &options)
}

async fn stop_response(State(service): Service_, Path((_, conversation)): Address) -> Json<Value> {
    service.conversation(&conversation).signals.stop.notify_one();
    Json(json!({}))
}

/// The recorded turn goes on whatever the answer was; a page that knows it was
/// a refusal stops it.
async fn tool_approval(State(service): Service_, Path((_, conversation)): Address) -> Json<Value> {
    service.conversation(&conversation).signals.answer.notify_one();
    Json(json!({}))
}

impl Service {
    fn answer(
        &self,
        conversation: &str,
        prompt: &str,
        request: &Value,
        options: &HashMap<String, String>,
    ) -> Response {
        if limit::is_wanted(prompt) {
            return limit::refusal(self.refusal.clone());
        }
        let nth = self.answers.fetch_add(1, Ordering::Relaxed);
        let Some(turn) = self.turn(prompt, nth) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let records = fresh_ids::replaced(&turn.records, nth + 1, &Chosen::from_request(request));
        let writes = writes::plan(&records, u64::from(nth));
        let signals = Arc::new(Signals::default());
        let entry = Conversation { prompt: prompt.to_owned(), signals: signals.clone() };
        self.conversations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(conversation.to_owned(), entry);
        let headers = [
            (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
            (header::CACHE_CONTROL, "no-cache"),
        ];
        let body = generation::body(writes, speed(options, prompt, self.speed), signals);
        (headers, body).into_response()
    }

    /// The turn the prompt names, else the next in line.
    fn turn(&self, prompt: &str, nth: u32) -> Option<&Turn> {
        let next = || self.turns.get(nth as usize % self.turns.len().max(1));
        turns::asked_for(prompt, &self.turns).or_else(next)
    }

    fn conversation(&self, id: &str) -> Conversation {
        let conversations = self.conversations.lock().unwrap_or_else(PoisonError::into_inner);
        conversations.get(id).cloned().unwrap_or_default()
    }
}

/// `?speed=` of one request, else the server's; what a prompt asks for slowly is
/// no faster than it was recorded.
fn speed(options: &HashMap<String, String>, prompt: &str, default: f64) -> f64 {
    let slowest = if prompt.to_lowercase().contains("slowly") { default.min(1.0) } else { default };
    let asked = options.get("speed").and_then(|speed| super::speed(speed).ok());
    asked.unwrap_or(slowest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_of_a_request_must_be_positive() {
        let asked =
            |text: &str| speed(&HashMap::from([("speed".to_owned(), text.to_owned())]), "", 2.0);
        assert_eq!([asked("10"), asked("0"), asked("-1"), asked("fast")], [10.0, 2.0, 2.0, 2.0]);
    }

    #[test]
    fn a_prompt_can_ask_for_the_recorded_speed() {
        let asked = |prompt: &str, speed_of_server| speed(&HashMap::new(), prompt, speed_of_server);
        assert_eq!(asked("Slowly, please", 20.0), 1.0);
        assert_eq!(asked("Slowly, please", 0.5), 0.5);
        assert_eq!(asked("Quickly, please", 20.0), 20.0);
    }
}
