//! What the collector took in a run: lines that `cargo xtask collect --copies` wrote.

use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

/// One thing that arrived.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arrival {
    /// `SIGNAL/ID`, as the log calls it; nothing for what has no id.
    pub(super) id: Option<String>,
    /// What it is, told without its id.
    pub(super) what: Option<String>,
    /// The page and the number of the hook event behind it.
    pub(super) event: Option<(String, u64)>,
    /// Whether its id came before.
    pub(super) is_again: bool,
    /// Unix milliseconds.
    pub(super) received: u64,
}

/// All of it, in order.
#[derive(Debug, Default)]
pub(super) struct Stored(pub(super) Vec<Arrival>);

impl Stored {
    pub(super) fn read(path: &Path) -> Result<Stored> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let lines = text.lines().map(|line| {
            let line: Value = serde_json::from_str(line)
                .with_context(|| format!("{} is damaged", path.display()))?;
            Ok(arrival(&line))
        });
        lines.collect::<Result<Vec<Arrival>>>().map(Stored)
    }
}

pub(super) fn arrival(line: &Value) -> Arrival {
    let body = line.get("body").unwrap_or(&Value::Null);
    let id = text(line, "id");
    let name = text(line, "name").unwrap_or_default();
    let (id, what, event) = match text(line, "signal").unwrap_or_default() {
        "span" => (id.and_then(span_id), Some(span(name, body)), None),
        "log" => {
            let number = attribute(body, "event.sequence").and_then(number);
            let event = attribute(body, "gen_ai.conversation.id").zip(number);
            (id.map(|id| event_id(2, id)), told(name, &event), event)
        }
        signal @ ("hook" | "event") => {
            let page = if signal == "hook" { "session_id" } else { "conversationId" };
            let page = text(body, page).map(str::to_owned);
            let event = page.zip(body.get("seq").and_then(Value::as_u64));
            (id.map(|id| event_id(4, id)), told(name, &event), event)
        }
        _ => (None, None, None),
    };
    let received = line.get("received").and_then(Value::as_u64).unwrap_or_default();
    Arrival { id, what, event, is_again: line.get("again").is_some(), received }
}

fn event_id(signal: u8, id: &str) -> String {
    format!("{signal}/{}", id.replace('-', ""))
}

/// In the log a span is called by its own eight bytes and the last eight of its trace.
fn span_id(id: &str) -> Option<String> {
    let (trace, span) = id.split_once('/')?;
    Some(format!("1/{span}{}", trace.get(16..)?))
}

fn told(name: &str, event: &Option<(String, u64)>) -> Option<String> {
    let (page, seq) = event.as_ref()?;
    Some(format!("{name} {page} {seq}"))
}

/// A span is what it began with: its end may be told by a page that lived longer.
fn span(name: &str, body: &Value) -> String {
    let known =
        ["gen_ai.conversation.id", "prompt.id", "gen_ai.response.id", "gen_ai.tool.call.id"];
    let mut words =
        vec![name.to_owned(), text(body, "startTimeUnixNano").unwrap_or_default().to_owned()];
    words.extend(known.iter().filter_map(|key| attribute(body, key)));
    words.join(" ")
}

/// An attribute of OTLP's, as text.
fn attribute(body: &Value, key: &str) -> Option<String> {
    let attributes = body.get("attributes")?.as_array()?;
    let found = attributes.iter().find(|one| text(one, "key") == Some(key))?;
    let value = found.get("value")?.as_object()?.values().next()?;
    value.as_str().map(str::to_owned).or_else(|| Some(value.to_string()))
}

fn number(text: String) -> Option<u64> {
    text.parse().ok()
}

fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_those_of_the_log() {
        let line = json!({ "signal": "log", "id": "0196-aa", "name": "stop", "received": 7, "body": { "attributes": [
            { "key": "gen_ai.conversation.id", "value": { "stringValue": "c" } },
            { "key": "event.sequence", "value": { "intValue": "14" } },
        ] } });
        let log = arrival(&line);
        assert_eq!(log.id.as_deref(), Some("2/0196aa"));
        assert_eq!((log.event, log.received), (Some(("c".to_owned(), 14)), 7));
        let hook = json!({ "signal": "hook", "id": "0-1", "name": "Stop", "again": true, "body": { "session_id": "c", "seq": 2 } });
        let hook = arrival(&hook);
        assert_eq!((hook.id.as_deref(), hook.is_again), (Some("4/01"), true));
        assert_eq!(hook.what.as_deref(), Some("Stop c 2"));
        let span =
            json!({ "signal": "span", "id": "00112233445566778899aabbccddeeff/0123456789abcdef" });
        assert_eq!(arrival(&span).id.as_deref(), Some("1/0123456789abcdef8899aabbccddeeff"));
    }
}
