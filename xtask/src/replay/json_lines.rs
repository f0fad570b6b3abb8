//! `.jsonl` and `.ndjson`: one JSON event per line, or one frame per line.
//!
//! A frame has a direction (`"dir":"in"`, `"out"`, or `"cli>ide"`, `"ide>cli"` of
//! an editor's recording) and its text (`"data"`); a line with `"ch":"http"` is a
//! request beside the socket, one with `"close"` its end. Rows that Claude Code
//! writes have no direction; `"_dir"` marks those it reads.

use super::{Exchange, Traffic};
use anyhow::{Context, Result, bail};
use pagetap::exchange::{Direction, Transport};
use serde_json::Value;

/// What the lines of a file are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// Events of one response: they are wrapped as event-stream records, because
    /// that is the framing the core reads them in.
    Events,
    /// Frames of a socket.
    Frames,
    /// Rows of a session.
    Rows,
}

/// What the file's lines say went each way.
pub(super) fn traffic(bytes: &[u8], rows: bool) -> Result<(Kind, Vec<Traffic>)> {
    let text = std::str::from_utf8(bytes).context("the file is not UTF-8")?;
    let mut kind = if rows { Kind::Rows } else { Kind::Events };
    let mut traffic = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let place = || format!("line {}", at + 1);
        let value: Value = serde_json::from_str(line).with_context(place)?;
        if let Some(dir) = value.get("dir").and_then(Value::as_str) {
            kind = Kind::Frames;
            let direction = direction(dir).with_context(place)?;
            traffic.push(frame(&value, direction));
        } else if rows {
            traffic.push(row(&value, line));
        } else {
            push_event(&mut traffic, line);
        }
    }
    Ok((kind, traffic))
}

/// The rows of a JSON array, each as a line.
pub(super) fn rows(array: &[Value]) -> Vec<Traffic> {
    array.iter().map(|value| row(value, &value.to_string())).collect()
}

fn direction(name: &str) -> Result<Direction> {
    match name {
        "in" | "ide>cli" => Ok(Direction::In),
        "out" | "cli>ide" => Ok(Direction::Out),
        other => bail!("\"dir\" is {other:?}, not in or out"),
    }
}

fn row(value: &Value, line: &str) -> Traffic {
    match value.get("_dir") {
        None => Traffic::Message(Direction::In, format!("{line}\n")),
        Some(_) => {
            let frame = value.get("frame").map(Value::to_string).unwrap_or_default();
            Traffic::Message(Direction::Out, format!("{frame}\n"))
        }
    }
}

fn frame(value: &Value, direction: Direction) -> Traffic {
    let text = |key| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if value.get("ch").and_then(Value::as_str) == Some("http") {
        return Traffic::Aside(Box::new(Exchange {
            url: text("url"),
            method: text("method"),
            transport: Transport::Fetch,
            traffic: vec![Traffic::Out(text("data").into_bytes())],
            ..Exchange::default()
        }));
    }
    if let Some(code) = value.get("close").and_then(Value::as_u64) {
        return Traffic::Close(code as u32, text("reason"));
    }
    Traffic::Message(direction, text("data"))
}

/// Neighbouring records are one body, so that chunks may cut across them.
fn push_event(traffic: &mut Vec<Traffic>, data: &str) {
    let record = format!("data: {data}\n\n");
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
        assert_eq!(traffic(lines, false).unwrap(), (Kind::Events, vec![Traffic::In(body.into())]));
    }

    #[test]
    fn frames_keep_their_direction_and_requests_stand_beside_them() {
        let lines = concat!(
            r#"{"dir":"out","data":"{\"type\":\"ping\"}"}"#,
            "\n",
            r#"{"ch":"http","dir":"out","method":"POST","url":"https://h.test/x","data":"{}"}"#,
            "\n",
            r#"{"dir":"ide>cli","data":"1"}"#,
            "\n",
            r#"{"dir":"in","close":4001,"reason":"gone"}"#,
        );
        let (kind, traffic) = traffic(lines.as_bytes(), false).unwrap();
        assert_eq!(kind, Kind::Frames);
        let [first, Traffic::Aside(aside), second, close] = traffic.as_slice() else {
            panic!("four lines: {traffic:?}");
        };
        assert_eq!(first, &Traffic::Message(Direction::Out, "{\"type\":\"ping\"}".to_owned()));
        assert_eq!(second, &Traffic::Message(Direction::In, "1".to_owned()));
        assert_eq!(close, &Traffic::Close(4001, "gone".to_owned()));
        assert_eq!(aside.traffic, [Traffic::Out(b"{}".to_vec())]);
    }

    #[test]
    fn rows_are_lines_of_a_socket() {
        let lines =
            b"{\"type\":\"system\"}\n{\"_dir\":\"host->cli\",\"frame\":{\"type\":\"user\"}}\n";
        let (kind, traffic) = traffic(lines, true).unwrap();
        assert_eq!(kind, Kind::Rows);
        let expected = [
            Traffic::Message(Direction::In, "{\"type\":\"system\"}\n".to_owned()),
            Traffic::Message(Direction::Out, "{\"type\":\"user\"}\n".to_owned()),
        ];
        assert_eq!(traffic, expected);
    }

    #[test]
    fn a_line_that_is_no_json_is_named() {
        let error = traffic(b"{}\n{oops\n", false).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(traffic(br#"{"dir":"up","data":""}"#, false).is_err());
    }
}
