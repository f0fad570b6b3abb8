//! A page without a browser: requests, event streams and sockets.

use super::super::pipes;
use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, Request, StatusCode};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::collections::VecDeque;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tower::ServiceExt;

/// Fast, and still patient enough for a machine that is busy.
const SPEED: f64 = 100.0;

/// The server, by its routes and by its address.
pub(super) struct Server {
    routes: Router,
    address: String,
}

impl Server {
    pub(super) async fn start() -> Server {
        Server::at_speed(SPEED).await
    }

    /// For what must happen in the middle of a turn.
    pub(super) async fn at_speed(speed: f64) -> Server {
        let routes = pipes::routes(speed).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = routes.clone();
        tokio::spawn(async move { axum::serve(listener, served).await });
        Server { routes, address }
    }

    pub(super) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let answer = self.routes.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.request("POST", path, &[], body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.status);
        answer.json().await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[("accept", "text/event-stream")], &Value::Null).await
    }

    pub(super) async fn socket(&self, path: &str, protocol: Option<&str>) -> Result<Socket, Error> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request()?;
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        let (socket, answer) = connect_async(request).await?;
        let protocol = answer.headers().get("sec-websocket-protocol").cloned();
        let protocol = protocol.map(|protocol| protocol.to_str().unwrap().to_owned());
        Ok(Socket { socket, protocol, rest: String::new(), rows: VecDeque::new() })
    }
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Body,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) async fn json(self) -> Value {
        let body = axum::body::to_bytes(self.body, usize::MAX).await.unwrap();
        serde_json::from_slice(&body).unwrap_or_default()
    }

    pub(super) fn records(self) -> Records {
        Records { body: self.body.into_data_stream(), rest: String::new() }
    }
}

/// An event stream.
pub(super) struct Records {
    body: BodyDataStream,
    rest: String,
}

#[derive(Debug)]
pub(super) struct Record {
    pub(super) event: String,
    pub(super) id: Option<String>,
    pub(super) text: String,
    pub(super) data: Value,
}

impl Records {
    /// The next record with data; none when the stream is over.
    pub(super) async fn next(&mut self) -> Option<Record> {
        loop {
            while let Some((record, rest)) = self.rest.split_once("\n\n") {
                let fields: Vec<(&str, &str)> =
                    record.lines().filter_map(|line| line.split_once(": ")).collect();
                let field = |name: &str| {
                    let found = fields.iter().find(|(known, _)| *known == name);
                    found.map(|(_, value)| (*value).to_owned())
                };
                let (event, id, text) = (field("event"), field("id"), field("data"));
                self.rest = rest.to_owned();
                if let Some(text) = text {
                    let data = serde_json::from_str(&text).unwrap_or_default();
                    return Some(Record { event: event.unwrap_or_default(), id, text, data });
                }
            }
            let chunk = self.body.next().await?.unwrap();
            self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// All records up to one of which this is true.
    pub(super) async fn until(&mut self, is_last: impl Fn(&Record) -> bool) -> Vec<Record> {
        let mut records = Vec::new();
        while let Some(record) = self.next().await {
            let last = is_last(&record);
            records.push(record);
            if last {
                return records;
            }
        }
        panic!("the stream ended before that: {records:?}");
    }
}

pub(super) struct Socket {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(super) protocol: Option<String>,
    rest: String,
    rows: VecDeque<Value>,
}

impl Socket {
    pub(super) async fn send(&mut self, value: &Value) {
        self.socket.send(Message::text(value.to_string())).await.unwrap();
    }

    /// Closes as a page does; the code that is answered.
    pub(super) async fn close(&mut self) -> u16 {
        let (code, reason) = (CloseCode::Normal, "".into());
        self.socket.send(Message::Close(Some(CloseFrame { code, reason }))).await.unwrap();
        loop {
            if let Err(code) = self.frame().await {
                return code;
            }
        }
    }

    /// The next frame; a close is its code.
    pub(super) async fn frame(&mut self) -> Result<String, u16> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// The next frame, which holds one value.
    pub(super) async fn value(&mut self) -> Value {
        serde_json::from_str(&self.frame().await.unwrap()).unwrap()
    }

    /// The next line, however lines and frames overlap.
    pub(super) async fn row(&mut self) -> Value {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return row;
            }
            let frame = self.frame().await.unwrap();
            self.rest.push_str(&frame);
            while let Some((line, rest)) = self.rest.split_once('\n') {
                self.rows.push_back(serde_json::from_str(line).unwrap());
                self.rest = rest.to_owned();
            }
        }
    }

    /// All lines up to one of that type.
    pub(super) async fn rows_until(&mut self, kind: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        loop {
            rows.push(self.row().await);
            if rows.last().unwrap()["type"] == kind {
                return rows;
            }
        }
    }
}

/// The `type` of each, told apart by what else says what it is.
pub(super) fn kinds(rows: &[Value]) -> Vec<String> {
    let said =
        |row: &Value, place: &str| row.pointer(place).and_then(Value::as_str).map(str::to_owned);
    let places = [
        "/event/type",
        "/subtype",
        "/request/subtype",
        "/response/subtype",
        "/message/content/0/type",
    ];
    let kind = |row: &Value| {
        let detail = places.iter().find_map(|place| said(row, place));
        let kind = said(row, "/type").unwrap_or_default();
        detail.map_or(kind.clone(), |detail| format!("{kind} {detail}"))
    };
    rows.iter().map(kind).collect()
}

/// Asserts that these stand in `kinds` in this order, whatever is between them.
pub(super) fn assert_order(kinds: &[String], expected: &[&str]) {
    let mut rest = kinds.iter();
    for wanted in expected {
        assert!(rest.any(|kind| kind == wanted), "{wanted:?} is not there in order: {kinds:#?}");
    }
}
