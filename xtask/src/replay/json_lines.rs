//! `.jsonl`: one JSON event per line, or one frame per line
//! (`{"dir":"in|out","data":"..."}`). What came in is wrapped as event-stream
//! records, because that is the framing the core reads.

use super::Traffic;
use anyhow::{Context, Result, bail};
use serde_json::Value;

/// What the file's lines say went each way.
pub(super) fn traffic(bytes: &[u8]) -> Result<Vec<Traffic>> {
    let text = std::str::from_utf8(bytes).context("the file is not UTF-8")?;
    let mut traffic = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let place = || format!("line {}", at + 1);
        let value: Value = serde_json::from_str(line).with_context(place)?;
        let direction = value.get("dir").and_then(Value::as_str);
        match (direction, value.get("data").and_then(Value::as_str)) {
            (Some("in"), Some(data)) => push_in(&mut traffic, data),
            (Some("out"), Some(data)) => traffic.push(Traffic::Out(data.as_bytes().to_vec())),
            (Some("in" | "out"), None) => {} // a close or ping frame carries no data
            (Some(other), _) => bail!("{}: \"dir\" is {other:?}, not in or out", place()),
            (None, _) => push_in(&mut traffic, line),
        }
    }
    Ok(traffic)
}

/// Neighbouring records are one body, so that chunks may cut across them.
fn push_in(traffic: &mut Vec<Traffic>, data: &str) {
    let mut record = String::new();
    for line in data.lines() {
        record.push_str("data: ");
        record.push_str(line);
        record.push('\n');
    }
    record.push('\n');
    match traffic.last_mut() {
        Some(Traffic::In(body)) => body.extend_from_slice(record.as_bytes()),
        _ => traffic.push(Traffic::In(record.into_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_become_records_of_one_body() {
        let lines = b"{\"type\":\"ping\"}\n\n{\"type\":\"message_stop\"}\r\n";
        let body = "data: {\"type\":\"ping\"}\n\ndata: {\"type\":\"message_stop\"}\n\n";
        assert_eq!(traffic(lines).unwrap(), [Traffic::In(body.into())]);
    }

    #[test]
    fn frames_keep_their_direction_and_their_line_breaks() {
        let lines = concat!(
            r#"{"dir":"out","data":"{\"type\":\"ping\"}"}"#,
            "\n",
            r#"{"dir":"in","data":"1\n2"}"#,
            "\n",
            r#"{"dir":"in","code":4001}"#,
        );
        let expected = [
            Traffic::Out(b"{\"type\":\"ping\"}".to_vec()),
            Traffic::In(b"data: 1\ndata: 2\n\n".to_vec()),
        ];
        assert_eq!(traffic(lines.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn a_line_that_is_no_json_is_named() {
        let error = traffic(b"{}\n{oops\n").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(traffic(br#"{"dir":"up","data":""}"#).is_err());
    }
}
