//! One recorded MCP server: what it says of itself, its tools, and how each of
//! them answered.

use super::super::marks;
use super::super::recording::Step;
use super::calls::Calls;
use crate::root;
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;

/// The versions it speaks, its favourite first.
const VERSIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// A recorded server: www/turns/mcp/NAME.json.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    capabilities: Value,
    #[serde(rename = "serverInfo")]
    info: Value,
    /// The result of each method that always gives the same.
    results: Map<String, Value>,
    /// What each tool's calls were answered with: messages, the last of them the
    /// result.
    tools: Map<String, Value>,
    /// What the server says by itself once a client is there.
    pub(super) greeting: Vec<Step>,
}

/// What a message gets.
#[derive(Debug)]
pub(super) enum Reply {
    /// Nothing: it was a notification or an answer.
    None,
    /// One answer, at once.
    Now(Value),
    /// Messages in their time, the last of them the answer.
    Play(Playing),
}

/// An answer that takes its time.
#[derive(Debug)]
pub(super) struct Playing {
    /// The id of the request.
    pub(super) id: Value,
    pub(super) steps: Vec<Step>,
}

impl Playing {
    /// Whether there is nothing but the answer.
    pub(super) fn is_single(&self) -> bool {
        self.steps.len() == 1
    }

    /// A step's message, complete.
    pub(super) fn message(id: &Value, data: Value) -> Value {
        let mut message = json!({"jsonrpc": "2.0"});
        let is_answer = data.get("result").is_some() || data.get("error").is_some();
        if let (Some(fields), Value::Object(said)) = (message.as_object_mut(), data) {
            if is_answer {
                fields.insert("id".to_owned(), id.clone());
            }
            fields.extend(said);
        }
        message
    }
}

impl Server {
    pub(super) fn read(name: &str) -> Result<Server> {
        let file = root::existing(&format!("www/turns/mcp/{name}.json"), "a recorded MCP server")?;
        let text = std::fs::read_to_string(file)?;
        serde_json::from_str(&text).with_context(|| format!("www/turns/mcp/{name}.json"))
    }

    /// What a message gets; `calls` are those of the same client.
    pub(super) fn receive(&self, calls: &Calls, message: &str) -> Reply {
        let Ok(message) = serde_json::from_str::<Value>(message) else {
            return Reply::Now(error(&Value::Null, PARSE_ERROR, "Parse error"));
        };
        let method = message.get("method").and_then(Value::as_str);
        match (method, message.get("id")) {
            (Some(method), Some(id)) => self.request(calls, method, id, &message),
            (Some("notifications/cancelled"), None) => {
                calls.cancel(message.pointer("/params/requestId").unwrap_or(&Value::Null));
                Reply::None
            }
            (Some(_), None) => Reply::None,
            (None, Some(id)) => {
                calls.answer(id, &message);
                Reply::None
            }
            (None, None) => Reply::Now(error(&Value::Null, INVALID_REQUEST, "Invalid request")),
        }
    }

    fn request(&self, calls: &Calls, method: &str, id: &Value, message: &Value) -> Reply {
        match method {
            "initialize" => Reply::Now(answer(id, self.initialized(message))),
            "ping" => Reply::Now(answer(id, json!({}))),
            "tools/call" => self.call(calls, id, message),
            _ => Reply::Now(match self.results.get(method) {
                Some(result) => answer(id, result.clone()),
                None => error(id, METHOD_NOT_FOUND, "Method not found"),
            }),
        }
    }

    fn initialized(&self, message: &Value) -> Value {
        let asked = message.pointer("/params/protocolVersion").and_then(Value::as_str);
        let known = VERSIONS.into_iter().find(|version| asked == Some(version));
        json!({"protocolVersion": known.unwrap_or(VERSIONS[0]),
            "capabilities": self.capabilities, "serverInfo": self.info})
    }

    fn call(&self, calls: &Calls, id: &Value, message: &Value) -> Reply {
        let text =
            |pointer: &str| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let name = text("/params/name");
        let steps = self.tools.get(name).cloned().map(serde_json::from_value::<Vec<Step>>);
        let Some(Ok(steps)) = steps else {
            return Reply::Now(error(id, METHOD_NOT_FOUND, &format!("Tool not found: {name}")));
        };
        let number = marks::turn_number();
        let token = message.pointer("/params/_meta/progressToken").cloned();
        let closed = calls.close_diffs(name, text("/params/arguments/tab_name")).to_string();
        let mut values = vec![("n".to_owned(), number), ("closed".to_owned(), closed)];
        let arguments = message.pointer("/params/arguments").and_then(Value::as_object);
        values.extend(arguments.into_iter().flatten().map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (format!("arguments.{name}"), value)
        }));
        let values: Vec<(&str, &str)> =
            values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let filled = steps.into_iter().map(|step| {
            let mut step = step.filled(&values);
            if let Some(place) = step.data.pointer_mut("/params/progressToken") {
                *place = token.clone().unwrap_or_default(); // a number stays one
            }
            step
        });
        let steps = filled.collect();
        Reply::Play(Playing { id: id.clone(), steps })
    }
}

fn answer(id: &Value, result: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

fn error(id: &Value, code: i32, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_that_is_listed_answers_and_every_answer_is_listed() {
        for name in ["ide", "places"] {
            let server = Server::read(name).unwrap();
            let listed = server.results["tools/list"]["tools"].as_array().unwrap();
            let listed: Vec<&str> =
                listed.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
            assert_eq!(listed, server.tools.keys().collect::<Vec<_>>());
            for (tool, answer) in &server.tools {
                let steps: Vec<Step> = serde_json::from_value(answer.clone()).unwrap();
                assert!(steps.last().unwrap().data.get("result").is_some(), "{tool}");
            }
        }
    }

    #[test]
    fn what_is_unknown_gets_the_error_of_the_standard() {
        let (server, calls) = (Server::read("ide").unwrap(), Calls::default());
        let code = |message: &str| match server.receive(&calls, message) {
            Reply::Now(value) => value["error"]["code"].as_i64(),
            _ => None,
        };
        assert_eq!(code("{"), Some(-32700));
        assert_eq!(code("{}"), Some(-32600));
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":0,"method":"no"}"#), Some(-32601));
        let call = r#"{"jsonrpc":"2.0","id":0,"method":"tools/call","params":{"name":"no"}}"#;
        assert_eq!(code(call), Some(-32601));
        assert_eq!(code(r#"{"jsonrpc":"2.0","method":"no"}"#), None);
    }
}
