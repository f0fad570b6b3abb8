//! MCP over HTTP, as it is and as it was.

use super::client::{Answer, Server};
use serde_json::{Value, json};

const ACCEPT: (&str, &str) = ("accept", "application/json, text/event-stream");

fn request(id: u32, method: &str, parameters: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters})
}

fn initialize() -> Value {
    request(
        0,
        "initialize",
        json!({"protocolVersion": "2025-06-18", "capabilities": {"elicitation": {}},
        "clientInfo": {"name": "page", "version": "1"}}),
    )
}

async fn begun(server: &Server) -> String {
    let answer = server.request("POST", "/mcp", &[ACCEPT], &initialize()).await;
    let session = answer.header("mcp-session-id").to_owned();
    assert_eq!(answer.json().await["result"]["protocolVersion"], "2025-06-18");
    session
}

async fn send(server: &Server, session: &str, message: &Value) -> Answer {
    server.request("POST", "/mcp", &[ACCEPT, ("mcp-session-id", session)], message).await
}

#[tokio::test]
async fn an_answer_is_json_or_a_stream_with_progress() {
    let server = Server::start().await;
    let session = begun(&server).await;
    let done = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(send(&server, &session, &done).await.status, 202);
    let walk = json!({"name": "walking_time", "arguments": {"from": "A", "to": "B"}});
    let single = send(&server, &session, &request(1, "tools/call", walk)).await;
    assert!(single.header("content-type").starts_with("application/json"));
    assert!(
        single.json().await["result"]["content"][0]["text"].as_str().unwrap().contains("A to B")
    );

    let find = json!({"name": "find_places", "arguments": {"what": "cake"}, "_meta": {"progressToken": 7}});
    let streamed = send(&server, &session, &request(2, "tools/call", find)).await;
    assert_eq!(streamed.header("content-type"), "text/event-stream");
    let mut records = streamed.records();
    let priming = records.next().await.unwrap();
    assert_eq!((priming.id.as_deref(), priming.text.as_str()), (Some("0"), ""));
    let all = records.until(|record| record.data.get("result").is_some()).await;
    let methods: Vec<&str> =
        all.iter().filter_map(|record| record.data["method"].as_str()).collect();
    assert_eq!(methods.iter().filter(|method| **method == "notifications/progress").count(), 3);
    assert!(methods.contains(&"notifications/message"));
    assert_eq!(all[0].data["params"]["progressToken"], 7);
    assert_eq!(all.last().unwrap().data["id"], 2);
    assert!(all.iter().any(|record| record.event.is_empty()), "one comes without a name");
    assert!(records.next().await.is_none(), "the stream closes after the answer");
}

#[tokio::test]
async fn a_call_can_ask_the_person() {
    let server = Server::start().await;
    let session = begun(&server).await;
    for (action, expected) in [("accept", "Booked at Linde"), ("decline", "Nothing was booked.")] {
        let book = json!({"name": "book_table", "arguments": {"place": "Linde"}});
        let mut records = send(&server, &session, &request(1, "tools/call", book)).await.records();
        let asked = records.until(|record| record.data["method"] == "elicitation/create").await;
        let id = asked.last().unwrap().data["id"].clone();
        let answer = json!({"jsonrpc": "2.0", "id": id, "result": {"action": action, "content": {"name": "Ida"}}});
        assert_eq!(send(&server, &session, &answer).await.status, 202);
        let all = records.until(|record| record.data.get("result").is_some()).await;
        assert!(all.last().unwrap().text.contains(expected));
    }
}

#[tokio::test]
async fn a_session_begins_has_a_stream_of_its_own_and_ends() {
    let server = Server::start().await;
    let list = request(1, "tools/list", json!({}));
    assert_eq!(server.request("POST", "/mcp", &[ACCEPT], &list).await.status, 400);
    assert_eq!(send(&server, "unknown", &list).await.status, 404);
    assert_eq!(server.request("POST", "/mcp", &[], &initialize()).await.status, 406);
    let session = begun(&server).await;
    let own = [("accept", "text/event-stream"), ("mcp-session-id", session.as_str())];
    let mut stream = server.request("GET", "/mcp", &own, &Value::Null).await.records();
    assert_eq!(stream.next().await.unwrap().data["method"], "notifications/tools/list_changed");
    assert_eq!(server.request("DELETE", "/mcp", &own, &Value::Null).await.status, 200);
    assert_eq!(send(&server, &session, &list).await.status, 404);
}

#[tokio::test]
async fn the_older_transport_answers_on_its_stream() {
    let server = Server::start().await;
    let mut stream = server.get("/sse").await.records();
    let endpoint = stream.next().await.unwrap();
    assert_eq!(endpoint.event, "endpoint");
    let address = endpoint.text;
    let post = async |message: Value| server.request("POST", &address, &[], &message).await.status;
    assert_eq!(post(initialize()).await, 202);
    let answer = stream.next().await.unwrap();
    assert_eq!((answer.event.as_str(), &answer.data["id"]), ("message", &json!(0)));
    let find = json!({"name": "find_places", "arguments": {"what": "cake"}, "_meta": {"progressToken": "t"}});
    assert_eq!(post(request(1, "tools/call", find)).await, 202);
    let all = stream.until(|record| record.data.get("result").is_some()).await;
    assert_eq!(all.len(), 5);
    assert_eq!(
        server.request("POST", "/messages?sessionId=x", &[], &Value::Null).await.status,
        404
    );
}
