//! MCP over the IDE's WebSocket.

use super::client::{Server, Socket};
use serde_json::{Value, json};

async fn connected(server: &Server) -> Socket {
    let mut socket = server.socket("/ide", Some("mcp")).await.unwrap();
    assert_eq!(socket.protocol.as_deref(), Some("mcp"));
    let parameters = json!({"protocolVersion": "2024-11-05", "capabilities": {"roots": {}},
        "clientInfo": {"name": "claude-code", "version": "2.1.290"}});
    socket
        .send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": parameters}))
        .await;
    let answer = socket.value().await;
    assert_eq!(
        (&answer["id"], &answer["result"]["protocolVersion"]),
        (&json!(0), &json!("2024-11-05"))
    );
    socket
}

fn call(id: Value, name: &str, arguments: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": name, "arguments": arguments}})
}

fn diff(id: u32, tab: &str) -> Value {
    let path = "/home/maple/garden-planner/src/water.js";
    call(
        json!(id),
        "openDiff",
        json!({"old_file_path": path, "new_file_path": path,
        "new_file_contents": "x\n", "tab_name": tab}),
    )
}

fn texts(answer: &Value) -> Vec<&str> {
    let content = answer["result"]["content"].as_array().unwrap();
    content.iter().map(|item| item["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_diff_is_answered_when_somebody_decides() {
    let server = Server::start().await;
    let mut socket = connected(&server).await;
    socket.send(&diff(1, "✻ a ⧉")).await;
    socket.send(&call(json!("1"), "getDiagnostics", json!({}))).await;
    let other = socket.value().await;
    assert_eq!(other["id"], "1", "the diff still waits");
    server.post("/ide/diffs", &json!({"tab_name": "✻ a ⧉", "is_saved": true})).await;
    let saved = socket.value().await;
    assert_eq!((saved["id"].as_i64(), texts(&saved)), (Some(1), vec!["FILE_SAVED", "x\n"]));

    socket.send(&diff(2, "b")).await;
    socket.send(&json!({"jsonrpc": "2.0", "id": 3, "method": "ping"})).await;
    assert_eq!(socket.value().await["id"], 3);
    server.post("/ide/diffs", &json!({"tab_name": "b", "is_saved": false})).await;
    let rejected = socket.value().await;
    assert_eq!(texts(&rejected), ["DIFF_REJECTED", "b"]);
    let nobody = json!({"tab_name": "b", "is_saved": true});
    assert_eq!(server.request("POST", "/ide/diffs", &[], &nobody).await.status, 404);
}

#[tokio::test]
async fn a_decision_may_come_before_its_diff() {
    let server = Server::start().await;
    let mut socket = connected(&server).await;
    let saved = json!({"tab_name": "a", "is_saved": true});
    let decide = server.post("/ide/diffs", &saved);
    let show = async {
        tokio::task::yield_now().await; // the decision is on its way
        socket.send(&diff(1, "a")).await;
        socket.value().await
    };
    let (_, answer) = tokio::join!(decide, show);
    assert_eq!(texts(&answer), ["FILE_SAVED", "x\n"]);
}

#[tokio::test]
async fn closing_the_diffs_rejects_them() {
    let server = Server::start().await;
    let mut socket = connected(&server).await;
    socket.send(&diff(1, "a")).await;
    socket.send(&diff(2, "b")).await;
    socket.send(&call(json!(3), "closeAllDiffTabs", json!({}))).await;
    let mut answers = [socket.value().await, socket.value().await, socket.value().await];
    answers.sort_by_key(|answer| answer["id"].as_i64());
    assert_eq!(texts(&answers[0]), ["DIFF_REJECTED", "a"]);
    assert_eq!(texts(&answers[1]), ["DIFF_REJECTED", "b"]);
    assert_eq!(texts(&answers[2]), ["CLOSED_2_DIFF_TABS"]);
    socket.send(&call(json!(4), "close_tab", json!({"tab_name": "a"}))).await;
    assert_eq!(texts(&socket.value().await), ["TAB_CLOSED"]);
}

#[tokio::test]
async fn a_cancelled_call_gets_no_answer() {
    let server = Server::start().await;
    let mut socket = connected(&server).await;
    socket.send(&diff(1, "a")).await;
    socket.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "ping"})).await;
    assert_eq!(socket.value().await["id"], 2);
    socket.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})).await;
    socket.send(&call(json!(3), "noSuchTool", json!({}))).await;
    let error = socket.value().await;
    assert_eq!((error["id"].as_i64(), error["error"]["code"].as_i64()), (Some(3), Some(-32601)));
}

#[tokio::test]
async fn the_editor_tells_what_is_selected_once_it_knows_its_client() {
    let server = Server::start().await;
    let mut socket = connected(&server).await;
    socket.send(&json!({"jsonrpc": "2.0", "method": "ide_connected", "params": {"pid": 1}})).await;
    let methods = [socket.value().await, socket.value().await, socket.value().await];
    let methods = methods.each_ref().map(|message| message["method"].as_str().unwrap());
    assert_eq!(methods, ["selection_changed", "selection_changed", "at_mentioned"]);
}

#[tokio::test]
async fn without_the_subprotocol_there_is_no_connection() {
    let server = Server::start().await;
    assert!(server.socket("/ide", None).await.is_err());
}

#[tokio::test]
async fn a_close_is_answered() {
    let server = Server::start().await;
    assert_eq!(connected(&server).await.close().await, 1000);
}
