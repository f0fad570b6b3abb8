//! The corpus' cases, as hook events in JSON.

use pagetap::Tap;
use pagetap::limits::Limits;
use pagetap::stream::Ending;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use xtask::chunks::Chunks;
use xtask::json_text::Strings;
use xtask::record_json::{LineKind, Printer};
use xtask::replay;

/// A case's events, in order.
pub struct Case {
    /// DIALECT/NAME
    pub name: String,
    /// Hook events and notices, each as JSON.
    pub events: Vec<String>,
}

impl Case {
    /// The events, read.
    pub fn parsed(&self) -> Vec<Value> {
        let read = |event: &String| {
            serde_json::from_str(event)
                .or_else(|_| serde_json::from_str(&without_surrogates(event)))
        };
        self.events.iter().map(|event| read(event).expect("JSON")).collect()
    }
}

/// Lone surrogates are nothing that serde_json holds.
fn without_surrogates(event: &str) -> String {
    let mut pieces = event.split("\\ud");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |out, piece| out + "\\ufffd" + &piece[3..])
}

/// All cases.
pub fn all() -> Vec<Case> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    let mut cases = Vec::new();
    for dialect in folders(&corpus) {
        for folder in folders(&dialect) {
            let events = match folder.join("frames.jsonl") {
                frames if frames.is_file() => of_session(&frames),
                _ if folder.join("meta.json").is_file() => of_exchange(&folder),
                _ => continue,
            };
            let name = folder.strip_prefix(&corpus).unwrap().to_string_lossy().into_owned();
            cases.push(Case { name, events });
        }
    }
    cases
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).expect("a folder").map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn of_session(frames: &Path) -> Vec<String> {
    let recording = replay::read(frames, &replay::Hints::default()).expect("a case");
    let lines = replay::run(&recording, Chunks::Whole, Strings::Whole).lines;
    lines.into_iter().filter(|line| line.kind != LineKind::Raw).map(|line| line.json).collect()
}

/// A case of one exchange, and before it those it comes after.
fn of_exchange(folder: &Path) -> Vec<String> {
    let mut tap = Tap::new(Limits::default());
    tap.listen(false, true);
    let mut printer = Printer::new(Strings::Whole);
    let mut events = Vec::new();
    let mut chain = vec![folder.to_owned()];
    while let Some(before) = meta(&chain[0])["after"].as_str() {
        chain.insert(0, folder.with_file_name(before));
    }
    for (at, folder) in chain.iter().enumerate() {
        play(folder, &mut tap, 10_000.0 * (at + 1) as f64, &mut |tap| {
            let lines = tap.batch().records().filter_map(|record| printer.line(&record));
            let told = lines.filter(|line| line.kind != LineKind::Raw);
            events.extend(told.map(|line| line.json));
            tap.clear();
        });
    }
    events
}

fn meta(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("meta.json")).unwrap()).unwrap()
}

/// Plays one exchange, 10 ms from record to record.
fn play(folder: &Path, tap: &mut Tap, start: f64, hear: &mut dyn FnMut(&mut Tap)) {
    let meta = meta(folder);
    let text = |key: &str| meta[key].as_str().unwrap_or_default();
    let method = if text("method").is_empty() { "POST" } else { text("method") };
    let stream = tap.open(text("url"), method, start).expect("room for a stream");
    if let Ok(body) = fs::read(folder.join("request.json")) {
        tap.request(stream, Some(&body), start);
    }
    if let Some(status) = meta["status"].as_u64().filter(|status| *status > 0) {
        let (kind, wait) = (text("contentType"), text("retryAfter"));
        tap.response(stream, status as u32, kind, wait, start + 50.0);
    }
    let body = fs::read(folder.join("input.sse")).or_else(|_| fs::read(folder.join("input.json")));
    let body = body.expect("a body");
    let mut ts = start + 100.0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        tap.feed(stream, line, ts);
        hear(tap);
        ts += if line == b"\n" { 10.0 } else { 0.0 };
    }
    let how = match text("ending") {
        "cancelled" => Ending::Cancelled,
        "aborted" => Ending::Aborted,
        "failed" => Ending::Failed,
        "unobserved" => Ending::Unobserved,
        _ => Ending::Done,
    };
    tap.end(stream, how, text("endingDetail"), ts);
    hear(tap);
}
