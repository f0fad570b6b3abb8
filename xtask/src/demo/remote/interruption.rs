//! How the worker ends a turn that was interrupted: it says what was cut, what
//! was never answered, and that the turn is over.

use super::super::feed::Event;
use super::text;
use serde_json::{Value, json};

/// The rows that follow all this.
pub(super) fn rows(said: &[Event]) -> Vec<Value> {
    let mut turn = Turn::default();
    said.iter().for_each(|event| turn.row(&event.data));
    let mut rows = Vec::new();
    if let Some(request) = turn.question {
        rows.push(json!({"type": "control_cancel_request", "request_id": request}));
    }
    if let Some(message) = turn.message.filter(|_| !turn.text.is_empty()) {
        rows.push(json!({
            "type": "assistant",
            "message": {
                "id": text(&message, "/id"), "type": "message", "role": "assistant",
                "model": text(&message, "/model"),
                "content": [{"type": "text", "text": turn.text}],
                "stop_reason": null, "stop_sequence": null, "usage": message.get("usage"),
            },
            "parent_tool_use_id": null, "aborted": true,
        }));
    }
    let in_tool = !turn.tools.is_empty();
    for tool in &turn.tools {
        let content = json!([{
            "type": "tool_result", "tool_use_id": tool, "is_error": true,
            "content": "The user stopped this before it was done.",
        }]);
        rows.push(json!({
            "type": "user", "message": {"role": "user", "content": content},
            "parent_tool_use_id": null,
            "tool_use_result": "Error: The user stopped this before it was done.",
            "tool_result_meta": [{"id": tool, "non_execution_kind": "user-rejected"}],
        }));
    }
    let note = if in_tool {
        "[Request interrupted by user for tool use]"
    } else {
        "[Request interrupted by user]"
    };
    rows.push(json!({
        "type": "user", "parent_tool_use_id": null,
        "message": {"role": "user", "content": [{"type": "text", "text": note}]},
    }));
    rows.push(json!({
        "type": "result", "subtype": "error_during_execution", "is_error": true,
        "terminal_reason": if in_tool { "aborted_tools" } else { "aborted_streaming" },
        "errors": ["Request was aborted."], "result": null, "num_turns": 1,
        "duration_ms": 0, "duration_api_ms": 0, "total_cost_usd": 0, "usage": {},
        "modelUsage": {}, "permission_denials": [], "stop_reason": null, "queued_turn_count": 0,
    }));
    rows
}

/// What is open.
#[derive(Default)]
struct Turn {
    message: Option<Value>,
    /// Of the message, what no row of its own has said yet.
    text: String,
    tools: Vec<String>,
    question: Option<String>,
}

impl Turn {
    fn row(&mut self, row: &Value) {
        match text(row, "/type") {
            "stream_event" => self.stream_event(row.get("event").unwrap_or(&Value::Null)),
            "assistant" => {
                for block in content(row) {
                    match text(block, "/type") {
                        "tool_use" => self.tools.push(text(block, "/id").to_owned()),
                        "text" => self.text.clear(),
                        _ => {}
                    }
                }
            }
            "user" => {
                for block in content(row) {
                    let answered = text(block, "/tool_use_id");
                    self.tools.retain(|tool| tool != answered);
                }
                self.question = None;
            }
            "control_request" => self.question = Some(text(row, "/request_id").to_owned()),
            "control_cancel_request" => self.question = None,
            _ => {}
        }
    }

    fn stream_event(&mut self, event: &Value) {
        match text(event, "/type") {
            "message_start" => {
                self.message = event.get("message").cloned();
                self.text.clear();
            }
            "content_block_delta" => self.text.push_str(text(event, "/delta/text")),
            "message_stop" => self.message = None,
            _ => {}
        }
    }
}

fn content(row: &Value) -> impl Iterator<Item = &Value> {
    row.pointer("/message/content").and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(said: &[Value]) -> Vec<String> {
        let said: Vec<Event> = said.iter().cloned().map(Event::kept).collect();
        let rows = rows(&said);
        rows.iter().map(|row| text(row, "/type").to_owned()).collect()
    }

    fn delta(text: &str) -> Value {
        json!({"type": "stream_event", "event": {"type": "content_block_delta", "delta": {"text": text}}})
    }

    #[test]
    fn a_cut_message_is_said_once_more_as_far_as_it_came() {
        let start = json!({"type": "stream_event", "event": {"type": "message_start",
            "message": {"id": "msg_1", "model": "m", "usage": {}}}});
        let said = [start, delta("so "), delta("far")].map(Event::kept);
        let rows = rows(&said);
        assert_eq!(text(&rows[0], "/message/content/0/text"), "so far");
        assert_eq!(rows[0]["aborted"], json!(true));
        assert_eq!(text(&rows[1], "/message/content/0/text"), "[Request interrupted by user]");
        assert_eq!(text(&rows[2], "/terminal_reason"), "aborted_streaming");
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn an_open_question_is_withdrawn_and_its_tool_fails() {
        let tool =
            json!({"type": "assistant", "message": {"content": [{"type": "tool_use", "id": "t"}]}});
        let question = json!({"type": "control_request", "request_id": "r"});
        let expected = ["control_cancel_request", "user", "user", "result"];
        assert_eq!(kinds(&[tool, question]), expected);
    }
}
