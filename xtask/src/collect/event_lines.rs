//! Events that are JSON already: Claude Code's hook input, and lines.

use super::record::{Batch, Record, Signal, number, text};
use serde_json::Value;

/// One object, or lines of them: a beacon may say either to be text.
pub(super) fn read(body: &[u8]) -> Batch {
    if let Ok(object @ Value::Object(_)) = serde_json::from_slice(body) {
        return Batch::one(event(object));
    }
    let mut batch = Batch::default();
    let body = String::from_utf8_lossy(body);
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines {
        match serde_json::from_str(line) {
            Ok(object @ Value::Object(_)) => batch.records.push(event(object)),
            _ => batch.unreadable.push(line.to_owned()),
        }
    }
    batch
}

fn event(object: Value) -> Record {
    let hook = text(&object, &["hook_event_name"]).map(str::to_owned);
    let signal = if hook.is_some() { Signal::Hook } else { Signal::Event };
    let name = hook.or_else(|| text(&object, &["type", "name", "event"]).map(str::to_owned));
    let mut record = Record::new(signal, name.unwrap_or_else(|| "(no name)".to_owned()), object);
    let body = &record.body;
    record.id = text(body, &["event_id", "eventId", "event.id"]).map(str::to_owned);
    record.ts = ["ts", "timestamp"].iter().find_map(|name| number(body.get(*name)?));
    record.duration_ms =
        ["durationMs", "duration_ms"].iter().find_map(|name| number(body.get(*name)?));
    let tokens = |name: &str| body.get("usage").and_then(|usage| number(usage.get(name)?));
    record.tokens = (tokens("input_tokens"), tokens("output_tokens"));
    let facts = ["tool_name", "toolName", "model", "stopReason", "reason", "error"];
    let facts = facts.iter().filter_map(|name| text(body, &[name]).map(str::to_owned));
    record.facts = facts.collect();
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hook_input_is_told_by_its_name_and_lines_by_their_type() {
        let hook = read(br#"{"hook_event_name":"PreToolUse","session_id":"s","tool_name":"Bash"}"#);
        let [record] = hook.records.as_slice() else { panic!("{hook:?}") };
        assert_eq!((record.signal, record.name.as_str()), (Signal::Hook, "PreToolUse"));
        assert_eq!(record.facts, ["Bash"]);
        let lines =
            read(b"{\"type\":\"MessageStart\",\"ts\":5}\n\nnot json\n{\"type\":\"Stop\"}\n");
        let names: Vec<&str> = lines.records.iter().map(|record| record.name.as_str()).collect();
        assert_eq!(names, ["MessageStart", "Stop"]);
        assert_eq!(lines.unreadable, ["not json"]);
        assert_eq!(lines.records[0].ts, Some(5.0));
    }
}
