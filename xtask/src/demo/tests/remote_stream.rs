//! Claude Code's second pipe.

use super::client::{Record, Server, assert_order, kinds};
use serde_json::{Value, json};

const STREAM: &str = "/v1/code/sessions/cse_01/events/stream";
const EVENTS: &str = "/v1/code/sessions/cse_01/events";

fn sent(payload: Value) -> Value {
    json!({"events": [{"payload": payload}]})
}

fn prompt(uuid: &str, text: &str) -> Value {
    sent(json!({"type": "user", "uuid": uuid, "parent_tool_use_id": null,
        "message": {"role": "user", "content": text}}))
}

fn is_result(record: &Record) -> bool {
    record.data["payload"]["type"] == "result"
}

fn payloads(records: &[Record]) -> Vec<Value> {
    records.iter().map(|record| record.data["payload"].clone()).collect()
}

#[tokio::test]
async fn a_turn_comes_in_the_measured_order() {
    let server = Server::start().await;
    let mut stream = server.get(STREAM).await.records();
    assert_eq!(stream.next().await.unwrap().event, "session_update");
    let results = server.post(EVENTS, &prompt("u-1", "Send a helper")).await;
    assert_eq!(results["results"][0]["sequence_num"], "1");
    let again = server.post(EVENTS, &prompt("u-1", "Send a helper")).await;
    assert_eq!(again["results"][0]["duplicate"], true);
    assert_eq!(again["results"][0]["event_id"], results["results"][0]["event_id"]);

    let records = stream.until(is_result).await;
    let names = records.iter().map(|record| {
        let detail = record.data["payload"]["type"].as_str().or(record.data["status"].as_str());
        format!("{} {}", record.event, detail.unwrap_or_default())
    });
    let expected = [
        "client_event user",
        "client_event env_manager_log",
        "delivery_update DELIVERY_STATUS_RECEIVED",
        "ephemeral_event system",
        "delivery_update DELIVERY_STATUS_PROCESSING",
        "client_event system",
        "ephemeral_event stream_event",
        "client_event assistant",
        "client_event rate_limit_event",
        "delivery_update DELIVERY_STATUS_PROCESSED",
        "client_event result",
    ];
    assert_order(&names.collect::<Vec<_>>(), &expected);
    let turn = [
        "assistant text",
        "assistant tool_use",
        "system task_started",
        "assistant tool_use",
        "user tool_result",
        "assistant text",
        "system task_notification",
        "user tool_result",
        "assistant text",
        "result success",
    ];
    assert_order(&kinds(&payloads(&records)), &turn);
    let numbers: Vec<u64> =
        records.iter().filter_map(|record| record.id.as_ref()?.parse().ok()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    for record in &records {
        assert_eq!(record.id.is_some(), record.event == "client_event", "{record:?}");
        assert!(
            record.id.is_none() || record.data["sequence_num"].as_str() == record.id.as_deref()
        );
    }
    assert_eq!(records[0].data["source"], "client");
}

#[tokio::test]
async fn a_stream_is_resumed_after_a_number() {
    let server = Server::start().await;
    let mut stream = server.get(STREAM).await.records();
    server.post(EVENTS, &prompt("u-1", "Break the connection: reconnect")).await;
    let mut seen = 0;
    while let Some(record) = stream.next().await {
        seen = record.id.map_or(seen, |id| id.parse().unwrap());
    }
    let headers = [("last-event-id", seen.to_string())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let resumed = server
        .request("GET", &format!("{STREAM}?from_sequence_num=0"), &headers, &Value::Null)
        .await;
    let records = resumed.records().until(is_result).await;
    let first = records.iter().find_map(|record| record.id.clone());
    assert_eq!(first, Some((seen + 1).to_string()));

    let mut whole = server.get(STREAM).await.records();
    let first = whole.until(|record| record.id.is_some()).await;
    assert_eq!(first.last().unwrap().id.as_deref(), Some("1"));
    let mut beyond = server.get(&format!("{STREAM}?from_sequence_num=9999")).await.records();
    assert_eq!(beyond.until(|record| record.event == "catch_up_truncated").await.len(), 2);
}

#[tokio::test]
async fn a_question_about_choices_gets_the_choices() {
    let server = Server::start().await;
    let mut stream = server.get(STREAM).await.records();
    server.post(EVENTS, &prompt("u-1", "Ask me a question about the tomatoes")).await;
    let records = stream.until(|record| record.data["payload"]["type"] == "control_request").await;
    let question = &records.last().unwrap().data["payload"];
    assert_eq!(question["request"]["tool_name"], "AskUserQuestion");
    let asked = &question["request"]["input"]["questions"];
    let (one, two) =
        (asked[0]["question"].as_str().unwrap(), asked[1]["question"].as_str().unwrap());
    let answers = json!({one: "South wall", two: ["Basil", "Lettuce"]});
    let response =
        json!({"behavior": "allow", "updatedInput": {"questions": asked, "answers": answers}});
    let response = json!({"type": "control_response", "response": {"subtype": "success",
        "request_id": question["request_id"], "response": response}});
    server.post(EVENTS, &sent(response)).await;
    let records = stream.until(is_result).await;
    let told = records.iter().find(|record| record.text.contains("User has answered")).unwrap();
    assert!(told.text.contains("South wall") && told.text.contains("Basil, Lettuce"));
}

#[tokio::test]
async fn events_are_listed_in_pages() {
    let server = Server::start().await;
    let mut stream = server.get(STREAM).await.records();
    server.post(EVENTS, &prompt("u-1", "Hit the limit")).await;
    stream.until(is_result).await;
    let page = server.get(&format!("{EVENTS}?limit=2&sort_order=asc")).await.json().await;
    assert_eq!(page["data"][1]["sequence_num"], "2");
    assert_eq!(page["next_cursor"], "2");
    let last = server.get(&format!("{EVENTS}?limit=1&sort_order=desc")).await.json().await;
    assert_eq!(last["data"][0]["event_type"], "result");
    assert_eq!(server.get("/v1/code/sessions/other/events").await.status, 404);
}
