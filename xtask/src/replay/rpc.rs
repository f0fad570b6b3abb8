//! Recorded answers of MCP: they name no method, so without the request most of
//! them mean nothing.

use super::{Exchange, Recording, Traffic};
use serde_json::Value;

/// What a client of Streamable HTTP asks for; by it the pipe is known.
pub(super) const ACCEPT: &str = "accept: application/json, text/event-stream";

/// Whether traffic is an event stream, or a body, of JSON-RPC.
pub(super) fn is_rpc(traffic: &[Traffic]) -> bool {
    traffic.iter().any(|traffic| match traffic {
        Traffic::In(body) => {
            let lines = body.split(|byte| matches!(byte, b'\n' | b'\r'));
            lines.map(|line| line.strip_prefix(b"data:").unwrap_or(line)).any(|data| {
                let value: Value = serde_json::from_slice(data).unwrap_or_default();
                value.get("jsonrpc").is_some()
            })
        }
        _ => false,
    })
}

impl Recording {
    /// Whether it holds answers of MCP, and nothing says what was asked.
    pub fn lacks_request(&self) -> bool {
        let lacks = |exchange: &Exchange| {
            let asked = exchange.traffic.iter().any(|traffic| matches!(traffic, Traffic::Out(_)));
            !asked && is_rpc(&exchange.traffic)
        };
        match self {
            // In an archive the request stands elsewhere.
            Recording::Exchanges(exchanges) => matches!(exchanges.as_slice(), [one] if lacks(one)),
            Recording::Case(_) => false,
        }
    }
}
