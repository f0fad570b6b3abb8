//! Claude Code's first pipe.

use super::client::{Server, assert_order, kinds};
use serde_json::{Value, json};

const SOCKET: &str = "/v1/sessions/ws/session_01/subscribe?organization_uuid=o";
const EVENTS: &str = "/v1/sessions/session_01/events";

fn prompt(uuid: &str, text: &str) -> Value {
    json!({"events": [{"type": "user", "uuid": uuid, "session_id": "session_01",
        "parent_tool_use_id": null, "message": {"role": "user", "content": text}}]})
}

fn answer(request: &str, answer: Value) -> Value {
    json!({"events": [{"type": "control_response", "response": {
        "subtype": "success", "request_id": request, "response": answer}}]})
}

fn interrupt() -> Value {
    json!({"events": [{"type": "control_request", "request_id": "stop-1",
        "request": {"subtype": "interrupt"}}]})
}

#[tokio::test]
async fn a_question_waits_for_the_answer_that_is_posted() {
    let server = Server::start().await;
    let mut socket = server.socket(SOCKET, None).await.unwrap();
    socket.send(&json!({"request_id": "i", "type": "control_request", "request": {"subtype": "initialize"}})).await;
    let hello = socket.row().await;
    assert_eq!(hello["response"]["request_id"], "i");
    assert!(hello["response"]["response"]["pid"].is_number());

    server.post(EVENTS, &prompt("u-1", "Run the planner tests")).await;
    let before = socket.rows_until("control_request").await;
    let echo = &before[0];
    assert_eq!((echo["uuid"].as_str(), echo["isReplay"].as_bool()), (Some("u-1"), Some(true)));
    let expected = [
        "user",
        "system init",
        "stream_event message_start",
        "stream_event content_block_start",
        "stream_event content_block_delta",
        // The row of a block comes before the block stops.
        "assistant thinking",
        "stream_event content_block_stop",
        "assistant text",
        "assistant tool_use",
        "stream_event content_block_stop",
        "stream_event message_delta",
        "stream_event message_stop",
        "control_request can_use_tool",
    ];
    assert_order(&kinds(&before), &expected);
    let question = before.last().unwrap();
    let again = socket.row().await;
    assert_eq!(again["request_id"], question["request_id"], "it is sent twice");
    let call = before.iter().rfind(|row| row["type"] == "assistant").unwrap();
    let tool = &call["message"]["content"][0];
    assert_eq!(question["request"]["tool_use_id"], tool["id"]);
    assert_eq!(question["request"]["input"], tool["input"]);

    let id = question["request_id"].as_str().unwrap();
    server.post(EVENTS, &answer(id, json!({"behavior": "allow", "updatedInput": {}}))).await;
    let after = socket.rows_until("result").await;
    let expected = [
        "control_response success",
        "tool_progress",
        "user tool_result",
        "assistant text",
        "result success",
    ];
    assert_order(&kinds(&after), &expected);
    let result = after.iter().find(|row| row["tool_use_result"].is_object()).unwrap();
    assert_eq!(result["message"]["content"][0]["tool_use_id"], tool["id"]);
    let keys: Vec<&String> = result.as_object().unwrap().keys().collect();
    assert!(keys.is_sorted(), "keys are in the order of the alphabet: {keys:?}");
}

#[tokio::test]
async fn a_refusal_fails_the_tool_and_not_the_turn() {
    let server = Server::start().await;
    let mut socket = server.socket(SOCKET, None).await.unwrap();
    server.post(EVENTS, &prompt("u-1", "Run the planner tests")).await;
    let before = socket.rows_until("control_request").await;
    let id = before.last().unwrap()["request_id"].as_str().unwrap();
    server.post(EVENTS, &answer(id, json!({"behavior": "deny", "message": "Not today."}))).await;
    let after = socket.rows_until("result").await;
    let refused = after.iter().find(|row| row["tool_result_meta"].is_array()).unwrap();
    assert_eq!(refused["tool_result_meta"][0]["non_execution_kind"], "user-rejected");
    assert!(refused["tool_use_result"].as_str().unwrap().contains("Not today."));
    let result = after.last().unwrap();
    assert_eq!(result["subtype"], "success");
    assert_eq!(result["permission_denials"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_interrupt_at_a_question_withdraws_it() {
    let server = Server::start().await;
    let mut socket = server.socket(SOCKET, None).await.unwrap();
    server.post(EVENTS, &prompt("u-1", "Run the planner tests")).await;
    socket.rows_until("control_request").await;
    socket.rows_until("control_request").await;
    server.post(EVENTS, &interrupt()).await;
    let after = socket.rows_until("result").await;
    let expected = [
        "control_request interrupt",
        "control_response success",
        "control_cancel_request",
        "user tool_result",
        "user text",
        "result error_during_execution",
    ];
    assert_order(&kinds(&after), &expected);
    assert_eq!(after.last().unwrap()["terminal_reason"], "aborted_tools");
}

#[tokio::test]
async fn rows_and_frames_overlap_as_they_like() {
    let server = Server::start().await;
    let mut socket = server.socket(SOCKET, None).await.unwrap();
    server.post(EVENTS, &prompt("u-1", "Send a helper")).await;
    let mut frames: Vec<String> = Vec::new();
    while !frames.concat().contains("\"type\":\"result\"") {
        frames.push(socket.frame().await.unwrap());
    }
    assert!(frames.iter().any(|frame| frame.trim_end().contains('\n')), "several rows in a frame");
    assert!(frames.iter().any(|frame| !frame.ends_with('\n')), "a row over several frames");
}

#[tokio::test]
async fn both_sides_say_that_they_are_there() {
    let server = Server::start().await;
    let mut socket = server.socket(SOCKET, None).await.unwrap();
    socket.send(&json!({"type": "keep_alive"})).await;
    assert_eq!(socket.row().await, json!({"type": "keep_alive"}));
}

#[tokio::test]
async fn a_socket_nobody_may_have_is_closed_with_a_reason() {
    let server = Server::start().await;
    let closed = async |path: &str| {
        let mut socket = server.socket(path, None).await.unwrap();
        socket.frame().await.unwrap_err()
    };
    assert_eq!(closed("/v1/sessions/ws/unknown/subscribe?organization_uuid=o").await, 4001);
    assert_eq!(closed("/v1/sessions/ws/session_01/subscribe").await, 4003);
}

#[tokio::test]
async fn a_page_that_was_cut_off_catches_up_by_the_list() {
    let server = Server::start().await;
    let mut socket = server.socket(SOCKET, None).await.unwrap();
    server.post(EVENTS, &prompt("u-1", "Break the connection: reconnect")).await;
    let code = loop {
        if let Err(code) = socket.frame().await {
            break code;
        }
    };
    assert_eq!(code, 1001);
    let mut socket = server.socket(&format!("{SOCKET}&replay=true"), None).await.unwrap();
    let rows = socket.rows_until("result").await;
    assert_eq!(rows[0]["uuid"], "u-1");

    let list = server.get(EVENTS).await.json().await;
    assert_eq!(
        list["data"].as_array().unwrap().iter().filter(|row| row["type"] == "stream_event").count(),
        0
    );
    let after = server.get(&format!("{EVENTS}?after_id=u-1")).await.json().await;
    let all = list["data"].as_array().unwrap();
    assert_eq!(after["data"].as_array().unwrap().as_slice(), &all[1..]);
    assert_eq!(after["has_more"], false);
}

#[tokio::test]
async fn a_prompt_that_is_sent_twice_is_one_and_others_wait() {
    let server = Server::start().await;
    let mut socket = server.socket(SOCKET, None).await.unwrap();
    server.post(EVENTS, &prompt("u-1", "Hit the limit")).await;
    server.post(EVENTS, &prompt("u-1", "Hit the limit")).await;
    server.post(EVENTS, &prompt("u-2", "Hit the limit")).await;
    let first = socket.rows_until("result").await;
    let second = socket.rows_until("result").await;
    let rows: Vec<Value> = first.iter().chain(&second).cloned().collect();
    let prompts = rows.iter().filter(|row| row["isReplay"] == true);
    assert_eq!(
        prompts.map(|row| row["uuid"].as_str().unwrap()).collect::<Vec<_>>(),
        ["u-1", "u-2"]
    );
    assert_eq!(first.last().unwrap()["queued_turn_count"], 1);
    assert_eq!(second.last().unwrap()["queued_turn_count"], 0);
    assert_eq!(first.last().unwrap()["is_error"], true);
}

#[tokio::test]
async fn a_close_is_answered() {
    let server = Server::start().await;
    assert_eq!(server.socket(SOCKET, None).await.unwrap().close().await, 1000);
}
