//! Managed Agents.

use super::client::{Record, Server, assert_order};
use serde_json::{Value, json};

const EVENTS: &str = "/v1/sessions/sesn_01/events";

fn names(records: &[Record]) -> Vec<String> {
    assert!(records.iter().all(|record| record.data["type"] == record.event.as_str()));
    records.iter().map(|record| record.event.clone()).collect()
}

fn message(text: &str) -> Value {
    json!({"events": [{"type": "user.message", "content": [{"type": "text", "text": text}]}]})
}

fn is_idle(record: &Record) -> bool {
    record.event == "session.status_idle"
}

#[tokio::test]
async fn a_tool_waits_for_its_confirmation() {
    let server = Server::start().await;
    let mut stream =
        server.get(&format!("{EVENTS}/stream?event_deltas=agent.message")).await.records();
    let sent = server.post(EVENTS, &message("Count the shelves")).await;
    let before = stream.until(is_idle).await;
    assert_eq!(sent["data"][0]["id"], before[0].data["id"]);
    let expected = [
        "user.message",
        "session.status_running",
        "span.model_request_start",
        "event_start",
        "event_delta",
        "agent.message",
        "agent.tool_use",
        "span.model_request_end",
        "session.status_idle",
    ];
    assert_order(&names(&before), &expected);
    let tool = before.iter().find(|record| record.event == "agent.tool_use").unwrap();
    let stop = &before.last().unwrap().data["stop_reason"];
    assert_eq!(stop, &json!({"type": "requires_action", "event_ids": [tool.data["id"]]}));
    let previewed: String = before
        .iter()
        .filter_map(|record| record.data["delta"]["content"]["text"].as_str())
        .collect();
    let whole = before.iter().find(|record| record.event == "agent.message").unwrap();
    assert_eq!(whole.data["content"][0]["text"], previewed.as_str());

    let confirmation = json!({"type": "user.tool_confirmation", "tool_use_id": tool.data["id"], "result": "allow"});
    server.post(EVENTS, &json!({"events": [confirmation]})).await;
    let after = stream.until(is_idle).await;
    let expected = [
        "user.tool_confirmation",
        "session.status_running",
        "agent.tool_result",
        "agent.message",
        "session.status_idle",
    ];
    assert_order(&names(&after), &expected);
    assert_eq!(after.last().unwrap().data["stop_reason"]["type"], "end_turn");
}

#[tokio::test]
async fn a_denied_tool_fails_and_the_turn_goes_on() {
    let server = Server::start().await;
    let mut stream = server.get(&format!("{EVENTS}/stream")).await.records();
    server.post(EVENTS, &message("Count the shelves")).await;
    let before = stream.until(is_idle).await;
    assert!(
        !names(&before).iter().any(|name| name.starts_with("event_")),
        "nobody asked for previews"
    );
    let tool = before.iter().find(|record| record.event == "agent.tool_use").unwrap();
    let confirmation = json!({"type": "user.tool_confirmation", "tool_use_id": tool.data["id"],
        "result": "deny", "deny_message": "Leave the shelves alone."});
    server.post(EVENTS, &json!({"events": [confirmation]})).await;
    let after = stream.until(is_idle).await;
    let result = after.iter().find(|record| record.event == "agent.tool_result").unwrap();
    assert_eq!(result.data["is_error"], true);
    assert!(result.text.contains("Leave the shelves alone."));
}

#[tokio::test]
async fn an_interrupt_ends_the_turn_and_the_list_has_it_all() {
    let server = Server::start().await;
    let mut stream = server.get(&format!("{EVENTS}/stream")).await.records();
    server.post(EVENTS, &message("Count the shelves")).await;
    stream.until(is_idle).await;
    server.post(EVENTS, &json!({"events": [{"type": "user.interrupt"}]})).await;
    let after = stream.until(is_idle).await;
    assert_eq!(names(&after)[..1], ["user.interrupt"]);
    let list = server.get(EVENTS).await.json().await;
    let listed = list["data"].as_array().unwrap();
    assert_eq!(listed[0]["type"], "user.message");
    assert!(listed.iter().all(|event| event["processed_at"].is_string()));
}

#[tokio::test]
async fn the_beta_header_says_whose_session_it_is() {
    let server = Server::start().await;
    let remote = server
        .request("GET", EVENTS, &[("anthropic-beta", "ccr-byoc-2025-07-29")], &Value::Null)
        .await;
    assert_eq!(remote.status, 404);
    let managed = server
        .request("GET", EVENTS, &[("anthropic-beta", "managed-agents-2026-04-01")], &Value::Null)
        .await;
    assert_eq!(managed.json().await, json!({"data": [], "next_page": null}));
}
