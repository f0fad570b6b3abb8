//! `.har`: what a browser's network panel saves.

use super::{Exchange, Response, Traffic};
use crate::time::unix_ms;
use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The exchanges of an archive, in the order they started.
pub(super) fn exchanges(bytes: &[u8]) -> Result<Vec<Exchange>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let archive: Value = serde_json::from_slice(bytes).context("the archive is no JSON")?;
    let entries = archive.pointer("/log/entries").and_then(Value::as_array);
    let entries = entries.context("the archive has no log.entries")?;
    let mut exchanges = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        exchanges.push(exchange(entry).with_context(|| format!("entry {at}"))?);
    }
    exchanges.sort_by(|one, other| one.ts.total_cmp(&other.ts));
    Ok(exchanges)
}

fn exchange(entry: &Value) -> Result<Exchange> {
    let text = |pointer| entry.pointer(pointer).and_then(Value::as_str);
    let mut traffic = Vec::new();
    if let Some(body) = text("/request/postData/text") {
        traffic.push(Traffic::Out(body.as_bytes().to_vec()));
    }
    let body = text("/response/content/text").unwrap_or_default();
    traffic.push(Traffic::In(match text("/response/content/encoding") {
        Some("base64") => STANDARD
            .decode(body)
            .context("response.content.text is not the base64 it says it is")?,
        _ => body.as_bytes().to_vec(),
    }));
    let status = entry.pointer("/response/status").and_then(Value::as_u64);
    Ok(Exchange {
        url: text("/request/url").unwrap_or_default().to_owned(),
        method: text("/request/method").unwrap_or("GET").to_owned(),
        headers: headers(entry),
        ts: text("/startedDateTime").and_then(unix_ms).unwrap_or(0.0),
        response: Some(Response {
            status: status.unwrap_or(0) as u32,
            content_type: text("/response/content/mimeType").unwrap_or_default().to_owned(),
            retry_after: header(entry, "retry-after").unwrap_or_default().to_owned(),
        }),
        traffic,
        ..Exchange::default()
    })
}

/// The request headers that tell dialects apart; no other.
fn headers(entry: &Value) -> String {
    let Some(all) = entry.pointer("/request/headers").and_then(Value::as_array) else {
        return String::new();
    };
    let mut lines = String::new();
    for header in all {
        let text = |key| header.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = text("name").to_ascii_lowercase();
        if ["accept", "anthropic-beta"].contains(&name.as_str()) {
            lines.push_str(&format!("{name}: {}\n", text("value")));
        }
    }
    lines
}

fn header<'e>(entry: &'e Value, wanted: &str) -> Option<&'e str> {
    let headers = entry.pointer("/response/headers")?.as_array()?;
    let named = |header: &&Value| {
        let name = header.get("name").and_then(Value::as_str);
        name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
    };
    headers.iter().find(named)?.get("value")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entries_become_exchanges_in_the_order_they_started() {
        let archive = json!({ "log": { "entries": [
            {
                "startedDateTime": "2026-08-20T10:00:01.400Z",
                "request": { "method": "POST", "url": "https://one.test/v1/messages" },
                "response": { "status": 200, "content": {
                    "mimeType": "text/event-stream", "encoding": "base64", "text": "ZGF0YTogMQoK",
                } },
            },
            {
                "startedDateTime": "2026-08-20T10:00:00Z",
                "request": {
                    "method": "POST", "url": "https://two.test/", "postData": { "text": "{}" },
                },
                "response": {
                    "status": 429,
                    "headers": [{ "name": "Retry-After", "value": "60" }],
                    "content": { "mimeType": "application/json", "text": "no" },
                },
            },
        ] } });
        let exchanges = exchanges(archive.to_string().as_bytes()).unwrap();
        let [first, second] = exchanges.as_slice() else {
            panic!("two entries, {} exchanges", exchanges.len());
        };
        assert_eq!(first.url, "https://two.test/");
        let bodies = [Traffic::Out(b"{}".to_vec()), Traffic::In(b"no".to_vec())];
        assert_eq!(first.traffic, bodies);
        let refused = first.response.clone().unwrap();
        assert_eq!((refused.status, refused.retry_after.as_str()), (429, "60"));
        assert_eq!(second.traffic, [Traffic::In(b"data: 1\n\n".to_vec())]);
        assert_eq!(second.ts, 1_787_220_001_400.0);
    }

    #[test]
    fn a_broken_archive_says_where() {
        assert!(exchanges(b"{}").unwrap_err().to_string().contains("log.entries"));
        let archive =
            r#"{"log":{"entries":[{"response":{"content":{"encoding":"base64","text":"?"}}}]}}"#;
        let error = exchanges(archive.as_bytes()).unwrap_err();
        assert!(format!("{error:#}").contains("entry 0"), "{error:#}");
    }
}
