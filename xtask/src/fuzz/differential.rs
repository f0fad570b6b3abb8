//! Random event streams, read by this crate, by a browser's own `EventSource`, and by
//! `eventsource-parser`.
//!
//! The server makes streams of their number; the page opens each natively, and compares
//! what comes with what the framing said of the same bytes in random pieces.

use crate::process::command as program;
use crate::{root, tools};
use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderName, header};
use axum::response::{Html, IntoResponse, Json};
use axum::routing::get;
use pagetap::framing::{FrameKind, Framer, Framing, Reading};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use tokio::net::TcpListener;
use xtask::chunks::Chunks;
use xtask::random::Random;

/// Streams that the page asks for together.
const BATCH: u64 = 500;
/// A browser opens six connections to each.
const HOSTS: u8 = 16;
const LIMIT: usize = 1 << 20;
/// What event streams are made of, and what is near it.
const TOKENS: &[&str] = &[
    "data: x\n\n",
    "event: b\ndata: y\n\n",
    "id: 7\rdata\r\r",
    "data: 1\r\ndata: 2\r\n\r\n",
    "id\ndata: z\n\n",
    "\n",
    "\n",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\r\n\r\n",
    "\r\r",
    "data: ",
    "data:",
    "data",
    "data:  ",
    "event: a",
    "event:b",
    "event: ",
    "event",
    "id: 1",
    "id:",
    "id",
    "id: \0",
    "retry: 5",
    "retry:x",
    ":",
    ": c",
    " ",
    "x",
    "{}",
    "é",
    "🌊",
    "\u{feff}",
    "\0",
    "datax: ",
    "Data: ",
    "data : ",
    "event: error",
    "event: open",
    "event: message",
];

/// Compares so many streams, from that seed on; whether none differed.
pub(super) fn run(streams: u64, seed: u64) -> Result<bool> {
    let chromium = tools::chromium()?;
    tools::npm_packages()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let port = runtime.block_on(serve(seed))?;
    let mut node = program("node");
    node.arg(root::path("xtask/js/differential.mjs")).arg(chromium);
    node.arg(format!("http://127.0.0.1:{port}/")).arg(streams.to_string());
    let output = node.stderr(Stdio::inherit()).output().context("cannot start node")?;
    ensure!(output.status.success(), "the page could not be driven");
    let found: Found = serde_json::from_slice(&output.stdout)?;
    let Found { streams, events, ours, theirs, after_mark, differences } = &found;
    println!(
        "{streams} event streams (seed {seed}): {events} events; {ours} differ from EventSource, and \
         {after_mark} where Chromium differs from the standard (a line end right after a byte order \
         mark); eventsource-parser differs in {theirs}"
    );
    for difference in differences {
        println!("  {difference}");
    }
    Ok(*ours == 0)
}

/// What the page found.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    streams: u64,
    /// Of all streams, by the browser.
    events: u64,
    /// Streams that this crate reads otherwise than the browser.
    ours: u64,
    /// The same of eventsource-parser, without ids.
    theirs: u64,
    /// Streams in which the browser is not what the standard says.
    after_mark: u64,
    /// Some of `ours`, whole.
    differences: Vec<Value>,
}

/// On one port of several addresses of this machine.
async fn serve(seed: u64) -> Result<u16> {
    let page = root::path("xtask/js/differential.html");
    let page = std::fs::read_to_string(&page).context("the page is not there")?;
    let parser =
        std::fs::read_to_string(root::path("node_modules/eventsource-parser/dist/index.js"))?;
    let javascript = [(header::CONTENT_TYPE, "text/javascript")];
    let routes = Router::new()
        .route("/", get(move || async move { Html(page) }))
        .route("/parser.js", get(move || async move { (javascript, parser) }))
        .route("/batch/{number}", get(move |Path(number)| async move { Json(batch(seed, number)) }))
        .route(
            "/stream/{number}",
            get(move |Path(number): Path<u64>| async move { native(&body(seed, number)) }),
        );
    let mut port = 0;
    for host in 1..=HOSTS {
        let listener =
            TcpListener::bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), port))).await?;
        port = listener.local_addr()?.port();
        let routes = routes.clone();
        tokio::spawn(async move { axum::serve(listener, routes).await });
    }
    Ok(port)
}

fn native(body: &[u8]) -> impl IntoResponse + use<> {
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from(body.to_vec()))
}

/// The bytes of a stream: the same for the same numbers.
fn body(seed: u64, number: u64) -> Vec<u8> {
    let mut random = Random::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ number);
    let mut body = Vec::new();
    for _ in 0..random.below(48) {
        match TOKENS.get(random.below(TOKENS.len() + 2)) {
            Some(token) => body.extend_from_slice(token.as_bytes()),
            None => body.extend((0..=random.below(4)).map(|_| random.bits() as u8)),
        }
    }
    body
}

/// What this crate makes of a batch of streams.
fn batch(seed: u64, number: u64) -> Value {
    let first = number * BATCH;
    let streams = (first..first + BATCH).map(|number| {
        let body = body(seed, number);
        json!({"number": number, "body": body, "events": events(&body, number)})
    });
    Value::Array(streams.collect())
}

/// The events of a body that comes in random pieces.
fn events(body: &[u8], seed: u64) -> Vec<Value> {
    let mut framer = Framer::new(Framing::EventStream, Reading::Strict, LIMIT);
    let mut events = Vec::new();
    for piece in Chunks::Random(seed).cut(body) {
        framer.reserve(piece.len()).copy_from_slice(piece);
        framer.commit(piece.len());
        while let Some(frame) = framer.next_frame() {
            if frame.kind != FrameKind::Message {
                continue;
            }
            let message = framer.message();
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            let name =
                if message.event.is_empty() { "message".into() } else { text(message.event) };
            events.push(json!([name, text(message.data), text(message.last_event_id)]));
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_made_of_its_number() {
        assert_eq!(body(1, 7), body(1, 7));
        assert_ne!(body(1, 7), body(1, 8));
        let bodies = batch(3, 2);
        assert_eq!(bodies.as_array().map(Vec::len), Some(BATCH as usize));
        assert_eq!(bodies.pointer("/0/number"), Some(&json!(2 * BATCH)));
    }

    #[test]
    fn most_streams_have_events() {
        let with = (0..1000).filter(|number| !events(&body(1, *number), 1).is_empty()).count();
        assert!(with > 400, "{with} of 1000");
    }
}
