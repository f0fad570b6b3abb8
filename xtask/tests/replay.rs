//! `cargo xtask replay` from outside: the built command over files of every kind
//! it reads. What it must print is the blessed expectation of the corpus, which
//! other code wrote.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Every way to cut; the last compares twenty of them with the whole.
const CHUNKS: [&str; 3] = ["whole", "bytes", "random:1..20"];

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus").join(name)
}

/// A file that this test makes; tests run side by side, so each has its own name.
fn made(name: &str, content: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).unwrap();
    path
}

fn replay(file: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("replay").arg(file).args(arguments).output().unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The hook events and the summary.
fn read(output: &Output) -> (Vec<Value>, Value) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let mut lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap();
    assert_eq!(summary["summary"], true);
    lines.retain(|line| line["type"] != "Notice");
    (lines, summary)
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// The names of the hook events that a case is blessed with.
fn blessed(name: &str) -> Vec<String> {
    let text = fs::read_to_string(case(name).join("expected.txt")).unwrap();
    let hooks = text.lines().filter(|line| line.starts_with(|first: char| first.is_uppercase()));
    hooks.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

/// Cut in every way a file gives the same events, and its raw layer is its bytes.
fn everywhere(file: &Path, arguments: &[&str]) -> Vec<Value> {
    let mut first: Option<Vec<Value>> = None;
    for chunks in CHUNKS {
        let output = replay(file, &[arguments, &["--chunks", chunks]].concat());
        let at = format!("{} {chunks}: {}", file.display(), errors(&output));
        assert!(output.status.success() && output.stderr.is_empty(), "{at}");
        let (events, summary) = read(&output);
        assert_eq!(summary["rawRebuilt"], true, "{at}");
        assert_eq!(summary["chunks"], chunks, "{at}");
        let compared = if chunks.starts_with("random") { json!(true) } else { Value::Null };
        assert_eq!(summary["identical"], compared, "{at}");
        assert!(
            summary["frames"].as_u64() > Some(0) && summary["bytes"].as_u64() > Some(0),
            "{at}"
        );
        assert_eq!(&events, first.get_or_insert_with(|| events.clone()), "{at}");
    }
    first.unwrap()
}

/// What the case of one exchange says of it, as arguments.
fn hints(name: &str) -> Vec<String> {
    let meta = fs::read_to_string(case(name).join("meta.json")).unwrap();
    let meta: Value = serde_json::from_str(&meta).unwrap();
    let given = [("--url", "url"), ("--content-type", "contentType"), ("--status", "status")];
    let mut hints = Vec::new();
    for (argument, key) in given {
        let value = &meta[key];
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        hints.extend([argument.to_owned(), text]);
    }
    let request = case(name).join("request.json");
    if request.is_file() {
        hints.extend(["--request".to_owned(), request.display().to_string()]);
    }
    hints
}

fn given(hints: &[String]) -> Vec<&str> {
    hints.iter().map(String::as_str).collect()
}

#[test]
fn bodies_give_their_case_s_events() {
    let bodies = [
        "claudeai/connector-tool/input.sse",
        "claudeai/new-conversation/input.sse",
        "complete/text/input.sse",
        "messages/framing-mixed/input.sse",
        "messages/http-429/input.json",
        "messages/json-body/input.json",
        "messages/web-search/input.sse",
    ];
    for file in bodies {
        let (name, _) = file.rsplit_once('/').unwrap();
        let events = everywhere(&case(file), &given(&hints(name)));
        assert_eq!(names(&events), blessed(name), "{name}");
    }
}

#[test]
fn cases_of_several_pipes_give_their_events() {
    let cases = [
        "ccr-v1/permission-granted",
        "ccr-v1/catch-up",
        "ccr-v2/both-interfaces",
        "ccr-v2/turn",
        "enhanced-ws/query",
        "managed-agents/permission",
        "mcp-http/session",
        "mcp-sse/event-source",
        "mcp-sse/session",
        "mcp-ws/editor",
    ];
    for name in cases {
        let events = everywhere(&case(name).join("frames.jsonl"), &[]);
        assert_eq!(names(&events), blessed(name), "{name}");
    }
}

/// The lines of a case, each JSON.
fn lines(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(case(name).join("frames.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The messages of a case that is one socket, as a recorder of frames writes them.
fn frames(name: &str) -> String {
    let frame = |line: &Value| {
        let data = &line["data"];
        let text = data.as_str().map_or_else(|| data.to_string(), str::to_owned);
        format!("{}\n", json!({"dir": line["dir"], "data": text}))
    };
    lines(name).iter().filter(|line| line.get("data").is_some()).map(frame).collect()
}

#[test]
fn frames_of_a_socket_say_what_they_speak() {
    for name in ["enhanced-ws/query", "mcp-ws/calls", "mcp-ws/editor"] {
        let file = made(&format!("{}.jsonl", name.replace('/', "-")), &frames(name));
        let events = everywhere(&file, &[]);
        let mut expected = blessed(name);
        // Here the file ends where the socket was closed, which ends the session, too.
        if expected.last().is_none_or(|last| last != "SessionEnd") {
            expected.push("SessionEnd".to_owned());
        }
        assert_eq!(names(&events), expected, "{name}");
    }
}

#[test]
fn rows_of_a_claude_code_session_are_read_as_lines_and_as_an_array() {
    let name = "ccr-v1/blocks-first";
    let lines = lines(name);
    let data = lines.iter().filter(|line| line["dir"] == "in").filter_map(|line| line.get("data"));
    let text = |data: &Value| data.as_str().map_or_else(|| data.to_string(), str::to_owned);
    let rows: String = data.map(|data| format!("{}\n", text(data).trim_end())).collect();
    let as_lines = everywhere(&made("rows.ndjson", &rows), &[]);
    let array: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let as_array = everywhere(&made("rows.json", &json!(array).to_string()), &[]);
    assert_eq!(names(&as_lines), names(&as_array));
    assert_eq!(names(&as_lines), blessed(name));
}

#[test]
fn events_and_archives_give_what_the_body_they_hold_gives() {
    let name = "messages/web-search";
    let body = fs::read_to_string(case(name).join("input.sse")).unwrap();
    let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
    let events: String = data.map(|data| format!("{data}\n")).collect();
    let events = everywhere(&made("events.jsonl", &events), &given(&hints(name)));
    assert_eq!(names(&events), blessed(name));

    let request = fs::read_to_string(case(name).join("request.json")).unwrap();
    let archive = json!({"log": {"entries": [{
        "startedDateTime": "2026-01-01T10:00:00Z",
        "request": {"method": "POST", "url": "https://api.anthropic.com/v1/messages",
            "headers": [], "postData": {"text": request}},
        "response": {"status": 200, "headers": [],
            "content": {"mimeType": "text/event-stream", "text": body}},
    }, {
        "request": {"method": "GET", "url": "https://api.anthropic.com/favicon.ico"},
        "response": {"status": 404, "content": {}},
    }]}});
    let archive = made("archive.har", &archive.to_string());
    assert_eq!(names(&everywhere(&archive, &[])), blessed(name));
    assert_eq!(read(&replay(&archive, &[])).1["skipped"], 1);
}

const ANSWER: &str = concat!(
    "data: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[{\"type\":\"text\",",
    "\"text\":\"42\"}]}}\n\n"
);

#[test]
fn an_answer_of_mcp_needs_what_was_asked_and_the_command_says_so() {
    let answer = made("answer.sse", ANSWER);
    let alone = replay(&answer, &[]);
    assert!(alone.status.success());
    assert_eq!(names(&read(&alone).0), Vec::<&str>::new());
    let said = errors(&alone);
    assert!(said.lines().count() == 1 && said.contains("--request"), "{said}");

    let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": {"name": "ask", "arguments": {"what": "all"}}});
    let call = made("call.json", &call.to_string());
    let call = call.display().to_string();
    let events = everywhere(&answer, &["--url", "https://h.example/mcp", "--request", &call]);
    assert_eq!(names(&events), ["ToolUseStart", "PreToolUse", "PostToolUse"]);
    assert_eq!(events[2]["toolInput"], json!({"what": "all"}));
}

#[test]
fn what_cannot_be_read_is_an_error_that_names_the_file() {
    let broken = [
        ("broken.jsonl", "{\"type\":\"ping\"}\n{oops\n", "line 2"),
        ("broken.ndjson", "oops\n", "line 1"),
        ("broken.har", "{\"log\":", "no JSON"),
        ("no-entries.har", "{}", "log.entries"),
        ("direction.jsonl", "{\"dir\":\"up\",\"data\":\"{}\"}\n", "not in or out"),
        ("unopened.jsonl", "{\"about\":\"x\"}\n{\"pipe\":\"a\",\"data\":{}}\n", "not open"),
        ("stream.txt", "data: {}\n\n", "its extension"),
    ];
    let mut files: Vec<(PathBuf, &str)> =
        broken.iter().map(|(name, content, why)| (made(name, content), *why)).collect();
    files.push((Path::new(env!("CARGO_TARGET_TMPDIR")).join("missing.sse"), "No such file"));
    for (file, why) in files {
        let output = replay(&file, &[]);
        let said = errors(&output);
        let name = file.file_name().unwrap().to_str().unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(output.stdout.is_empty(), "{name} prints something");
        assert!(said.starts_with("error: ") && said.lines().count() == 1, "{said}");
        assert!(said.matches(name).count() == 1 && said.contains(why), "{said}");
    }
}

#[test]
fn an_export_prints_what_would_be_sent_and_content_only_if_asked() {
    let file = case("messages/text").join("input.sse");
    let export = |more: &[&str]| {
        let output = replay(&file, &[&["--export"], more].concat());
        assert!(output.status.success(), "{}", errors(&output));
        let (requests, summary) = read(&output);
        assert_eq!(summary["hooks"]["Stop"], 1);
        requests
    };
    let answer = "lastAssistantMessage";
    let stop =
        |requests: &[Value]| requests.iter().find(|one| one["type"] == "Stop").unwrap().clone();
    assert!(stop(&export(&["ndjson"]))[answer].is_null());
    assert!(stop(&export(&["ndjson", "--include", "answers,prompts"]))[answer].is_string());
    let hooks = export(&["hooks"]);
    assert!(hooks.iter().all(|hook| hook["hook_event_name"].is_string()));
    let signals = ["resourceSpans", "resourceLogs", "resourceMetrics"];
    let requests = export(&["otlp-json"]);
    assert_eq!(requests.len(), signals.len());
    for (request, signal) in requests.iter().zip(signals) {
        assert!(request[signal].is_array(), "{request}");
    }
    assert!(!replay(&file, &["--include", "answers"]).status.success());
}
