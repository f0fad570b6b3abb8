//! What pages send to a session, by HTTP or over the socket.

use super::super::feed::{Batch, Event};
use super::super::pipes::Shared;
use super::super::playback::{Answer, Order, Way};
use super::super::stage::{Prompt, Session, Stage};
use super::{Remote, exists, signed, text};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// `POST /v1/sessions/{session}/events`.
pub(super) fn from_sessions(pipes: &Shared, session: &str, body: &Bytes) -> Response {
    let Some(events) = events(session, body) else { return refused(session) };
    let session = pipes.remote.session(session);
    for event in events {
        receive(&pipes.remote, &session, event);
    }
    Json(json!({})).into_response()
}

/// `POST /v1/code/sessions/{session}/events`: the events stand in envelopes, and
/// the answer says where each is kept.
pub(super) async fn from_code(
    State(pipes): State<Shared>,
    Path(session): Path<String>,
    body: Bytes,
) -> Response {
    let Some(events) = events(&session, &body) else { return refused(&session) };
    let session = pipes.remote.session(&session);
    let results = events.into_iter().map(|mut envelope| {
        let payload = envelope.get_mut("payload").map(Value::take).unwrap_or(envelope);
        let received = receive(&pipes.remote, &session, payload);
        json!({
            "event_id": received.id,
            "sequence_num": received.number.to_string(),
            "duplicate": received.is_duplicate,
        })
    });
    Json(json!({ "results": results.collect::<Vec<_>>() })).into_response()
}

fn events(session: &str, body: &Bytes) -> Option<Vec<Value>> {
    let mut body: Value = serde_json::from_slice(body).ok().filter(|_| exists(session))?;
    match body.get_mut("events").map(Value::take) {
        Some(Value::Array(events)) => Some(events),
        _ => None,
    }
}

pub(super) fn refused(session: &str) -> Response {
    let (status, kind, message) = if exists(session) {
        (StatusCode::BAD_REQUEST, "invalid_request_error", "The body must be {\"events\": [...]}.")
    } else {
        (StatusCode::NOT_FOUND, "not_found_error", "There is no such session.")
    };
    let body = json!({"type": "error", "error": {"type": kind, "message": message}});
    (status, Json(body)).into_response()
}

/// Where an event is kept.
#[derive(Default)]
pub(super) struct Received {
    id: String,
    number: u64,
    is_duplicate: bool,
}

impl Received {
    fn kept(batch: &Batch) -> Received {
        let event = batch.first();
        event.map_or_else(Received::default, |event| Received {
            id: event.id.clone(),
            number: event.number,
            is_duplicate: false,
        })
    }
}

/// Does what one event asks.
pub(super) fn receive(
    stage: &Arc<Stage<Remote>>,
    session: &Arc<Session>,
    event: Value,
) -> Received {
    match text(&event, "/type") {
        "user" => prompt(stage, session, event),
        "control_response" => {
            let order = order(&event);
            let received = Received::kept(&session.feed.publish(vec![Event::from_client(event)]));
            session.order(order);
            received
        }
        "control_request" => control(session, event),
        _ => Received::default(),
    }
}

fn prompt(stage: &Arc<Stage<Remote>>, session: &Arc<Session>, event: Value) -> Received {
    let id = text(&event, "/uuid").to_owned();
    let same = |known: &Event| !id.is_empty() && text(&known.data, "/uuid") == id;
    if let Some(known) = session.feed.log().iter().find(|known| same(known)) {
        return Received { id: known.id.clone(), number: known.number, is_duplicate: true };
    }
    let words = prompt_text(event.pointer("/message/content").unwrap_or(&Value::Null));
    let received = Received::kept(&session.feed.publish(vec![Event::from_client(event)]));
    stage.prompt(session, Prompt { text: words, id });
    received
}

fn prompt_text(content: &Value) -> String {
    let blocks = content.as_array().into_iter().flatten();
    let texts = blocks.map(|block| text(block, "/text"));
    content.as_str().map_or_else(|| texts.collect(), str::to_owned)
}

/// What an answer to a question makes of the turn.
fn order(event: &Value) -> Order {
    let request = text(event, "/response/request_id").to_owned();
    let answer = event.pointer("/response/response").unwrap_or(&Value::Null);
    if text(answer, "/behavior") == "allow" {
        return Order::Answer(request, Answer { way: Way::Allow, text: chosen(answer) });
    }
    if answer.get("interrupt") == Some(&json!(true)) {
        return Order::Interrupt;
    }
    Order::Answer(request, Answer { way: Way::Deny, text: text(answer, "/message").to_owned() })
}

/// What the person chose, as the worker tells it to the model.
fn chosen(answer: &Value) -> String {
    let answers = answer.pointer("/updatedInput/answers").and_then(Value::as_object);
    let told = answers.into_iter().flatten().map(|(question, answer)| {
        let several = answer.as_array().into_iter().flatten().filter_map(Value::as_str);
        let answer =
            answer.as_str().map_or_else(|| several.collect::<Vec<_>>().join(", "), str::to_owned);
        format!("\"{question}\"=\"{answer}\"")
    });
    told.collect::<Vec<_>>().join(", ")
}

/// Does what a control request asks, and says that it is done.
fn control(session: &Arc<Session>, event: Value) -> Received {
    let request = event.get("request").cloned().unwrap_or_default();
    let said = match text(&request, "/subtype") {
        "initialize" => initialized(),
        "interrupt" => json!({"still_queued": []}),
        "set_permission_mode" => json!({"mode": request.get("mode")}),
        _ => json!({}),
    };
    let mut response = json!({"type": "control_response", "response": {
        "subtype": "success", "request_id": text(&event, "/request_id"), "response": said,
    }});
    signed(&mut response, session);
    let mut batch = vec![Event::from_client(event), Event::kept(response)];
    if text(&request, "/subtype") == "set_permission_mode" {
        let mut status = json!({"type": "system", "subtype": "status", "status": null,
            "permissionMode": request.get("mode")});
        signed(&mut status, session);
        batch.push(Event::kept(status));
    }
    let received = Received::kept(&session.feed.publish(batch));
    if text(&request, "/subtype") == "interrupt" {
        session.order(Order::Interrupt);
    }
    received
}

/// What a worker says of itself.
pub(super) fn initialized() -> Value {
    json!({"account": {}, "available_output_styles": ["normal"], "commands": [], "models": [],
        "output_style": "normal", "pid": 2204})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_which_way_the_turn_goes() {
        let response = |answer: Value| json!({"type": "control_response", "response": {"subtype": "success", "request_id": "r", "response": answer}});
        let answers = json!({"behavior": "allow", "updatedInput": {"answers": {"Which?": ["a", "b"], "Sure?": "yes"}}});
        let Order::Answer(question, answer) = order(&response(answers)) else { panic!() };
        assert_eq!((question.as_str(), answer.way), ("r", Way::Allow));
        assert_eq!(answer.text, r#""Which?"="a, b", "Sure?"="yes""#);
        let denied = response(json!({"behavior": "deny", "message": "no"}));
        assert!(matches!(order(&denied), Order::Answer(_, Answer { way: Way::Deny, .. })));
        let stopped = response(json!({"behavior": "deny", "message": "no", "interrupt": true}));
        assert!(matches!(order(&stopped), Order::Interrupt));
    }
}
