//! The project's corpus, as steps.

use pagetap::exchange::{Direction, Transport};
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// One thing that happens on a page.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Open {
        transport: Transport,
        method: String,
        url: String,
        headers: String,
    },
    /// What follows is of that stream, by its place among those opened.
    Turn(u8),
    Request(Vec<u8>),
    Response {
        status: u64,
        content_type: String,
    },
    Body(Vec<u8>),
    Message {
        direction: Direction,
        text: Vec<u8>,
    },
    /// What is on screen.
    Look(Vec<u8>),
    End,
    Leave,
}

/// Below this, `DIALECT/NAME/`.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus")
}

/// The files of that name below the corpus, in the order of their paths.
pub(crate) fn files(name: &str) -> Vec<PathBuf> {
    let folders = |of: &Path| {
        let mut found: Vec<PathBuf> =
            fs::read_dir(of).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        found.sort();
        found
    };
    let cases = folders(&root()).into_iter().flat_map(|dialect| folders(&dialect));
    cases.map(|case| case.join(name)).filter(|file| file.is_file()).collect()
}

/// All cases.
pub(crate) fn cases() -> Vec<Vec<Step>> {
    let exchanges = files("meta.json").into_iter().filter_map(|meta| exchange(&meta));
    exchanges.chain(files("frames.jsonl").iter().map(|file| frames(file))).collect()
}

/// The bodies of event streams.
pub(crate) fn bodies() -> Vec<Vec<u8>> {
    files("input.sse").iter().map(|file| fs::read(file).expect("a body")).collect()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn exchange(meta: &Path) -> Option<Vec<Step>> {
    let folder = meta.parent()?;
    let body = fs::read(folder.join("input.sse")).or_else(|_| fs::read(folder.join("input.json")));
    let meta: Value = serde_json::from_slice(&fs::read(meta).ok()?).expect("meta.json");
    let method = meta["method"].as_str().unwrap_or("POST").to_owned();
    let (transport, url, headers) = (Transport::Fetch, text(&meta, "url"), String::new());
    let mut steps = vec![Step::Open { transport, method, url, headers }];
    steps.extend(fs::read(folder.join("request.json")).ok().map(Step::Request));
    if let Some(status) = meta["status"].as_u64() {
        steps.push(Step::Response { status, content_type: text(&meta, "contentType") });
    }
    steps.extend([Step::Body(body.ok()?), Step::End]);
    Some(steps)
}

fn frames(file: &Path) -> Vec<Step> {
    let lines = fs::read_to_string(file).expect("a case");
    let mut opened: HashMap<String, u8> = HashMap::new();
    let mut steps = Vec::new();
    let bytes = |value: &Value| match value {
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    };
    let mut last = None;
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).expect("a line of a case");
        if line["leave"] == true {
            steps.push(Step::Leave);
        }
        let pipe = text(&line, "pipe");
        if let Some(open) = line.get("open") {
            let kind = text(open, "transport");
            let named = |known: &&Transport| known.name() == kind;
            let transport = Transport::ALL.iter().find(named).copied().unwrap_or(Transport::Fetch);
            let method = match (transport, text(open, "method").as_str()) {
                (Transport::Socket, "") => "WS".to_owned(),
                (_, "") => "GET".to_owned(),
                (_, method) => method.to_owned(),
            };
            let (url, headers) = (text(open, "url"), text(open, "headers"));
            steps.push(Step::Open { transport, method, url, headers });
            opened.insert(pipe.clone(), opened.len() as u8);
        }
        let Some(stream) = opened.get(&pipe) else { continue };
        if last.replace(*stream) != Some(*stream) {
            steps.push(Step::Turn(*stream));
        }
        steps.extend(line.get("request").map(|body| Step::Request(bytes(body))));
        if let Some(status) = line["status"].as_u64() {
            steps.push(Step::Response { status, content_type: text(&line, "contentType") });
        }
        let direction = if line["dir"] == "out" { Direction::Out } else { Direction::In };
        let message = |data| Step::Message { direction, text: bytes(data) };
        steps.extend(line.get("data").map(message));
        steps.extend(line.get("body").map(|body| Step::Body(bytes(body))));
        if line.get("end").is_some() || line.get("close").is_some() {
            steps.push(Step::End);
        }
    }
    steps
}
