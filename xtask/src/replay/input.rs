//! A recorded file as exchanges, by its extension.

use super::json_lines::Kind;
use super::{Exchange, Recording, Response, Traffic, case, har, json_lines, rpc};
use anyhow::{Context, Result, bail};
use pagetap::dialect::{self, Dialect};
use pagetap::exchange::Transport;
use serde_json::Value;
use std::path::Path;

/// What the file itself does not say.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// The dialect, by name, when the address does not tell.
    pub dialect: Option<String>,
    /// Where the request was sent.
    pub url: Option<String>,
    /// The request's body.
    pub request: Option<Vec<u8>>,
    /// HTTP status of the response.
    pub status: Option<u32>,
    /// Media type of the response.
    pub content_type: Option<String>,
}

/// Reads a recorded file.
///
/// # Errors
///
/// When it cannot be read, or is of no kind this knows.
pub fn read(path: &Path, hints: &Hints) -> Result<Recording> {
    let bytes = std::fs::read(path).context("cannot be read")?;
    read_bytes(&bytes, &path.extension().unwrap_or_default().to_string_lossy(), hints)
}

/// Reads what such a file holds.
///
/// # Errors
///
/// As [`read`].
pub fn read_bytes(bytes: &[u8], extension: &str, hints: &Hints) -> Result<Recording> {
    let body = || vec![Traffic::In(bytes.to_vec())];
    let exchanges = match extension {
        "jsonl" if case::is_case(bytes) => return Ok(Recording::Case(case::steps(bytes)?)),
        "sse" => vec![hints.exchange(body(), None)?],
        "jsonl" => vec![hints.lines(json_lines::traffic(bytes, false)?)?],
        "ndjson" => vec![hints.lines(json_lines::traffic(bytes, true)?)?],
        "json" => match serde_json::from_slice::<Value>(bytes) {
            // Not a body, but the rows of a session.
            Ok(Value::Array(rows)) => vec![hints.lines((Kind::Rows, json_lines::rows(&rows)))?],
            _ => vec![hints.exchange(body(), Some("application/json"))?],
        },
        "har" => har::exchanges(bytes)?,
        _ => bail!("its extension tells no format: use .sse, .jsonl, .ndjson, .json or .har"),
    };
    Ok(Recording::Exchanges(exchanges))
}

impl Hints {
    /// The one exchange of a file that holds only a body.
    fn exchange(&self, body: Vec<Traffic>, media_type: Option<&str>) -> Result<Exchange> {
        let content_type = self.content_type.as_deref().or(media_type);
        let response = (self.status.is_some() || content_type.is_some()).then(|| Response {
            status: self.status.unwrap_or(200),
            content_type: content_type.unwrap_or("text/event-stream").to_owned(),
            retry_after: String::new(),
        });
        let request = self.request.iter().cloned().map(Traffic::Out);
        let asks_rpc = self.request.is_some() && rpc::is_rpc(&body);
        Ok(Exchange {
            url: self.url.clone().unwrap_or_default(),
            method: "POST".to_owned(),
            headers: if asks_rpc { rpc::ACCEPT.to_owned() } else { String::new() },
            dialect: self.dialect()?,
            response,
            traffic: request.chain(body).collect(),
            ..Exchange::default()
        })
    }

    /// The exchange of a file of lines: a response, or a socket.
    fn lines(&self, (kind, traffic): (Kind, Vec<Traffic>)) -> Result<Exchange> {
        if kind == Kind::Events {
            return self.exchange(traffic, None);
        }
        let mut exchange = self.exchange(traffic, None)?;
        exchange.transport = Transport::Socket;
        "WS".clone_into(&mut exchange.method);
        if exchange.url.is_empty() && exchange.dialect.is_none() {
            exchange.dialect = match kind {
                Kind::Rows => dialect::named("ccr-v1"),
                _ => exchange.traffic.iter().find_map(sniff),
            };
        }
        Ok(exchange)
    }

    fn dialect(&self) -> Result<Option<&'static Dialect>> {
        let Some(name) = &self.dialect else {
            return Ok(None);
        };
        let found = dialect::named(name);
        if found.is_none() {
            let known: Vec<&str> = dialect::DIALECTS.iter().map(|known| known.name).collect();
            bail!("no dialect is called {name:?}; there are {}", known.join(", "));
        }
        Ok(found)
    }
}

/// What a recorded socket speaks, where nothing says to what address it went.
fn sniff(traffic: &Traffic) -> Option<&'static Dialect> {
    let Traffic::Message(_, text) = traffic else { return None };
    let value: Value = serde_json::from_str(text.lines().next()?).ok()?;
    let kind = value.get("type").and_then(Value::as_str);
    dialect::named(match kind {
        _ if value.get("jsonrpc").is_some() => "mcp-ws",
        Some("connection_established") => "enhanced-ws",
        _ => "ccr-v1",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_dialect_is_answered_with_the_known_ones() {
        let hints = Hints { dialect: Some("klingon".to_owned()), ..Hints::default() };
        let error = hints.exchange(Vec::new(), None).unwrap_err().to_string();
        assert!(error.contains("klingon") && error.contains(dialect::DIALECTS[0].name));
    }

    #[test]
    fn a_body_alone_is_an_event_stream_and_a_json_body_says_so() {
        let hints = Hints::default();
        let stream = hints.exchange(Vec::new(), None).unwrap();
        assert_eq!(stream.response, None);
        let json = hints.exchange(Vec::new(), Some("application/json")).unwrap();
        let response = json.response.unwrap();
        assert_eq!((response.status, response.content_type.as_str()), (200, "application/json"));
    }
}
