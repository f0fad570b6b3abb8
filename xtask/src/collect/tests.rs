//! The collector as a client meets it.

use super::fault::Fault;
use super::ledger::Ledger;
use super::print::Show;
use super::server::{self, Collector};
use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message;
use serde_json::Value;
use std::io::Write;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

struct Running {
    address: SocketAddr,
    collector: Collector,
}

async fn start(faults: &[&str], origins: &[&str]) -> Running {
    let faults = faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect();
    let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    let collector = Collector::new(Ledger::default(), faults, origins, Show::Nothing);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server::serve(listener, collector.clone()));
    Running { address, collector }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    }
}

impl Running {
    /// An answer, or nothing when the connection was cut.
    async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        let mut received = Vec::new();
        let sent = [head.as_bytes(), body].concat();
        stream.write_all(&sent).await.ok()?;
        stream.read_to_end(&mut received).await.ok()?;
        let end = received.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8(received[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Some(Answer { status, head, body: received[end + 4..].to_vec() })
    }

    async fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Option<Answer> {
        self.ask("POST", path, &[("content-type", content_type)], body).await
    }

    fn count(&self, which: &str, signal: &str) -> u64 {
        self.collector.counts()[which][signal].as_u64().unwrap()
    }
}

/// Log records with these ids, in protobuf.
fn logs(ids: &[&str]) -> Vec<u8> {
    let record = |id: &&str| {
        let value = Some(AnyValue { value: Some(any_value::Value::StringValue((*id).to_owned())) });
        let id = KeyValue { key: "event.id".to_owned(), value, ..KeyValue::default() };
        LogRecord { attributes: vec![id], ..LogRecord::default() }
    };
    let log_records = ids.iter().map(record).collect();
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec()
}

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

#[tokio::test]
async fn protobuf_json_and_gzip_are_taken_and_answered_in_kind() {
    let running = start(&[], &[]).await;
    let answer = running.post("/v1/logs", PROTOBUF, &logs(&["a", "b"])).await.unwrap();
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(PROTOBUF)));
    assert_eq!(answer.body, b"", "all taken is the empty message");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&logs(&["b", "c"])).unwrap();
    let headers = [("content-type", PROTOBUF), ("content-encoding", "gzip")];
    let answer = running.ask("POST", "/v1/logs", &headers, &gzip.finish().unwrap()).await.unwrap();
    assert_eq!(answer.status, 200);
    let json = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"chat"}]}]}]}"#;
    let charset = "application/json; charset=utf-8";
    let answer = running.post("/v1/traces", charset, json).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"{}".as_slice()));
    assert_eq!([running.count("kept", "log"), running.count("again", "log")], [3, 1]);
    assert_eq!(running.count("kept", "span"), 1);
}

#[tokio::test]
async fn what_is_no_otlp_is_refused_for_good() {
    let running = start(&[], &[]).await;
    let refused = |answer: Option<Answer>| answer.unwrap().status;
    assert_eq!(refused(running.post("/v1/logs", PROTOBUF, b"\xff\xff").await), 400);
    assert_eq!(refused(running.post("/v1/logs", JSON, b"{").await), 400);
    assert_eq!(refused(running.post("/v1/logs", "text/plain", b"{}").await), 415);
    assert_eq!(refused(running.post("/hooks", JSON, b"what?").await), 400);
    assert_eq!(running.collector.counts()["refused"], 4);
}

#[tokio::test]
async fn hooks_are_taken_at_any_path_and_told_to_go_on() {
    let running = start(&[], &[]).await;
    let hook = br#"{"hook_event_name":"PreToolUse","session_id":"s","tool_name":"Bash"}"#;
    for path in ["/hooks", "/api/claude/pre"] {
        let answer = running.post(path, JSON, hook).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"{}".as_slice()));
    }
    let lines = b"{\"type\":\"Stop\",\"event_id\":\"1\"}\n{\"type\":\"Stop\",\"event_id\":\"1\"}\n";
    running.post("/events", "text/plain;charset=UTF-8", lines).await.unwrap();
    assert_eq!(running.count("kept", "hook"), 2);
    assert_eq!([running.count("kept", "event"), running.count("again", "event")], [1, 1]);
    assert_eq!(running.ask("GET", "/hooks", &[], b"").await.unwrap().status, 404);
}

#[tokio::test]
async fn a_browser_is_told_all_it_asks_before_a_page_may_send() {
    let running = start(&["status=503,retry-after=7"], &[]).await;
    let asked = [
        ("origin", "https://claude.ai"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-encoding,content-type"),
        ("access-control-request-private-network", "true"),
    ];
    let answer = running.ask("OPTIONS", "/v1/logs", &asked, b"").await.unwrap();
    assert_eq!(answer.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", "https://claude.ai"),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "content-encoding,content-type"),
        ("access-control-allow-private-network", "true"),
        ("access-control-max-age", "7200"),
        ("vary", "Origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    // A refusal that a page cannot read looks like a network that is down.
    let headers = [("origin", "https://claude.ai"), ("content-type", PROTOBUF)];
    let answer = running.ask("POST", "/v1/logs", &headers, &logs(&["a"])).await.unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")));
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://claude.ai"));
    assert_eq!(answer.header("access-control-expose-headers"), Some("Retry-After"));
}

#[tokio::test]
async fn other_origins_than_those_named_send_nothing() {
    let running = start(&[], &["https://claude.ai"]).await;
    let body = logs(&["a"]);
    let sent = |origin: &'static str| {
        let headers = [("origin", origin), ("content-type", PROTOBUF)];
        let (running, body) = (&running, &body);
        async move { running.ask("POST", "/v1/logs", &headers, body).await.unwrap().status }
    };
    assert_eq!(sent("https://claude.ai").await, 200);
    assert_eq!(sent("https://other.example").await, 403);
    assert_eq!(running.count("again", "log"), 0);
    let preflight = [("origin", "https://other.example")];
    let answer = running.ask("OPTIONS", "/v1/logs", &preflight, b"").await.unwrap();
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None));
    let program = running.post("/v1/logs", PROTOBUF, &body).await.unwrap();
    assert_eq!(program.status, 200);
    let relay = |origin: &str| format!("/relay?origin={origin}");
    let page = running.ask("GET", &relay("https://claude.ai"), &[], b"").await.unwrap();
    assert_eq!(page.status, 200);
    let page = running.ask("GET", &relay("https://other.example"), &[], b"").await.unwrap();
    assert_eq!(page.status, 403);
}

#[tokio::test]
async fn a_reset_keeps_nothing_and_a_lost_answer_all() {
    let running = start(&["reset,first=1", "lost,first=1"], &[]).await;
    let body = logs(&["a"]);
    assert!(running.post("/v1/logs", PROTOBUF, &body).await.is_none());
    assert_eq!(running.count("kept", "log"), 0);
    assert!(running.post("/v1/logs", PROTOBUF, &body).await.is_none());
    assert_eq!(running.count("kept", "log"), 1);
    assert_eq!(running.post("/v1/logs", PROTOBUF, &body).await.unwrap().status, 200);
    assert_eq!([running.count("kept", "log"), running.count("again", "log")], [1, 1]);
}

#[tokio::test]
async fn sizes_and_rejections_are_answered_as_otlp_has_them() {
    let running = start(&["larger=40", "partial=2"], &[]).await;
    let large = running.post("/v1/logs", PROTOBUF, &logs(&["a", "b", "c"])).await.unwrap();
    assert_eq!((large.status, running.count("kept", "log")), (413, 0));
    let partial = running.post("/v1/logs", PROTOBUF, &logs(&["a"])).await.unwrap();
    let told = ExportLogsServiceResponse::decode(partial.body.as_slice()).unwrap();
    assert_eq!(told.partial_success.unwrap().rejected_log_records, 2);
    let partial = running.post("/v1/traces", JSON, br#"{"resourceSpans":[]}"#).await.unwrap();
    let told: Value = serde_json::from_slice(&partial.body).unwrap();
    assert_eq!(told["partialSuccess"]["rejectedSpans"], 2);
}

#[tokio::test]
async fn faults_change_while_it_runs_and_no_page_can_change_them() {
    let running = start(&[], &[]).await;
    let control = [("x-pagetap-control", "1"), ("content-type", "text/plain")];
    let put = |words: &'static str| {
        let running = &running;
        async move {
            let words = words.as_bytes();
            running.ask("PUT", "/control/faults", &control, words).await.unwrap().status
        }
    };
    assert_eq!(put("status=429,first=1\nstatus=500").await, 204);
    let post = || async { running.post("/v1/logs", PROTOBUF, &[]).await.unwrap().status };
    assert_eq!([post().await, post().await], [429, 500]);
    assert_eq!(put("nonsense").await, 400);
    assert_eq!(put("").await, 204);
    assert_eq!(post().await, 200);
    let counts = running.ask("GET", "/control/counts", &control, b"").await.unwrap();
    let counts: Value = serde_json::from_slice(&counts.body).unwrap();
    assert_eq!(counts["requests"], 3);
    assert_eq!(counts["faults"]["status=429"], 1);
    let page = [("origin", "https://claude.ai"), ("access-control-request-method", "PUT")];
    let answer = running.ask("OPTIONS", "/control/faults", &page, b"").await.unwrap();
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None));
    assert_eq!(running.ask("PUT", "/control/faults", &[], b"").await.unwrap().status, 403);
}
