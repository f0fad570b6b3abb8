//! The collector beside the page, for its switch "send to a collector".

use crate::collect;
use anyhow::{Context, Result};
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Sender};

/// Lines that a page may be behind.
const BEHIND: usize = 1024;

/// A collector that runs as long as its runtime does.
#[derive(Clone)]
pub(super) struct Beside {
    pub(super) address: SocketAddr,
    lines: Sender<String>,
}

/// Starts it in the background, at this port if that is free: pages send what they
/// have in their logs to the same address another day.
pub(super) async fn start(port: u16) -> Result<Beside> {
    let at = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let listener = match at(port).await {
        Ok(listener) => listener,
        Err(_) => at(0).await.context("there is no port for the collector")?,
    };
    let address = listener.local_addr()?;
    let lines = broadcast::channel(BEHIND).0;
    tokio::spawn(collect::serve(listener, lines.clone()));
    Ok(Beside { address, lines })
}

/// What the page is told of it.
pub(super) fn routes(beside: Beside) -> Router {
    Router::new()
        .route("/collector", get(origin))
        .route("/collector/arrived", get(arrived))
        .with_state(beside)
}

async fn origin(State(beside): State<Beside>) -> Json<Value> {
    Json(json!({ "origin": format!("http://{}", beside.address) }))
}

/// A line for each event, from now on.
async fn arrived(
    State(beside): State<Beside>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let lines = stream::unfold(beside.lines.subscribe(), |mut lines| async {
        let line = match lines.recv().await {
            Ok(line) => line,
            Err(RecvError::Lagged(count)) => format!("and {count} that are not shown"),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(Event::default().data(line)), lines))
    });
    Sse::new(lines).keep_alive(KeepAlive::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn a_port_in_use_is_left_to_who_has_it_and_what_arrives_is_told() {
        let taken = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let beside = start(port).await.unwrap();
        assert_ne!(beside.address.port(), port);
        let mut lines = beside.lines.subscribe();
        let mut stream = TcpStream::connect(beside.address).await.unwrap();
        let body = r#"{"type":"Stop","ts":1787220001400}"#;
        let head = "POST /events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
        let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
        assert_eq!(lines.recv().await.unwrap(), "10:00:01.400 event  Stop");
    }
}
