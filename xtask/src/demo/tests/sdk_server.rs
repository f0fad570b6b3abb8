//! The SDK's server.

use super::client::{Server, Socket};
use serde_json::{Value, json};

async fn connected(server: &Server) -> Socket {
    let mut socket = server.socket("/ws", None).await.unwrap();
    let hello = socket.value().await;
    assert_eq!(hello["type"], "connection_established");
    assert_eq!(hello["data"]["capabilities"]["interrupt_query"], true);
    socket
}

async fn kinds_until(socket: &mut Socket, last: &str) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    while kinds.last().is_none_or(|kind| kind != last) {
        kinds.push(socket.value().await["type"].as_str().unwrap().to_owned());
    }
    kinds
}

#[tokio::test]
async fn a_query_runs_from_its_start_to_its_end() {
    let server = Server::start().await;
    let mut socket = connected(&server).await;
    socket.send(&json!({"type": "query", "prompt": "Write the leek recipe", "options": {}})).await;
    let start = socket.value().await;
    assert_eq!(start, json!({"type": "query_start", "data": {"prompt": "Write the leek recipe"}}));
    let expected = [
        "system_message",
        "assistant_message",
        "assistant_message",
        "assistant_message",
        "result_message",
        "query_end",
    ];
    assert_eq!(kinds_until(&mut socket, "query_end").await, expected);
}

#[tokio::test]
async fn input_is_taken_while_a_query_runs_and_a_second_query_is_not() {
    let server = Server::at_speed(2.0).await;
    let mut socket = connected(&server).await;
    socket.send(&json!({"type": "query", "prompt": "Write the leek recipe"})).await;
    assert_eq!(socket.value().await["type"], "query_start");
    socket.send(&json!({"type": "input", "text": "For six"})).await;
    socket.send(&json!({"type": "query", "prompt": "Another"})).await;
    let mut answers = Vec::new();
    while answers.len() < 2 {
        let value = socket.value().await;
        if value["type"] == "input_acknowledged" || value["type"] == "error" {
            answers.push(value);
        }
    }
    assert_eq!(answers[0]["data"]["text"], "For six");
    assert!(
        answers[1]["data"]["error"].as_str().unwrap().starts_with("A query is already in progress")
    );
}

#[tokio::test]
async fn an_interrupt_is_acknowledged_before_the_query_is_gone() {
    let server = Server::at_speed(2.0).await;
    let mut socket = connected(&server).await;
    socket.send(&json!({"type": "interrupt"})).await; // nothing runs: no answer
    socket.send(&json!({"type": "query", "prompt": "Write the leek recipe"})).await;
    socket.send(&json!({"type": "interrupt"})).await;
    let kinds = kinds_until(&mut socket, "query_end").await;
    let tail: Vec<&str> =
        kinds.iter().map(String::as_str).filter(|kind| *kind != "system_message").collect();
    assert_eq!(tail, ["query_start", "interrupt_acknowledged", "query_cancelled", "query_end"]);

    socket.send(&json!({"type": "query", "prompt": "Write the leek recipe"})).await;
    kinds_until(&mut socket, "assistant_message").await;
    socket.send(&json!({"type": "interrupt"})).await;
    let kinds = kinds_until(&mut socket, "query_end").await;
    assert!(
        kinds.ends_with(&["query_interrupted".to_owned(), "query_end".to_owned()]),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn everything_else_is_answered_or_ignored() {
    let server = Server::start().await;
    let mut socket = connected(&server).await;
    let tool = json!({"name": "Scale", "description": "Scales a recipe", "parameters": {}});
    let requests = [
        json!({"type": "batch", "messages": [{"type": "ping"}]}),
        json!({"type": "something_new"}),
        json!({"type": "ping"}),
        json!({"type": "define_tool", "tool": tool}),
        json!({"type": "get_tools", "name": "Scale"}),
        json!({"type": "oauth_logout"}),
        json!({"type": "query", "prompt": "Write the leek recipe"}),
        json!({"type": "oauth_login", "auto_open": false}),
        json!({"type": "oauth_status"}),
    ];
    for request in &requests {
        socket.send(request).await;
    }
    let mut answers = Vec::new();
    while answers.last().is_none_or(|answer: &Value| answer["type"] != "oauth_status") {
        answers.push(socket.value().await);
    }
    let kinds: Vec<&str> = answers.iter().map(|answer| answer["type"].as_str().unwrap()).collect();
    let expected = [
        "pong",
        "tool_defined",
        "tools_list",
        "oauth_logout_success",
        "auth_required",
        "oauth_login_initiated",
        "oauth_login_url",
        "oauth_success",
        "oauth_status",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(answers[2]["data"]["tools"], json!([tool]));
}

#[tokio::test]
async fn a_close_is_answered() {
    let server = Server::start().await;
    assert_eq!(connected(&server).await.close().await, 1000);
}
