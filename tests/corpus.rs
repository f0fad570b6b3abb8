//! Recorded and composed streams, each with its blessed expectation. A case is a
//! folder (see CONTRIBUTING.md, "Add a case"); `cargo xtask test --bless`
//! rewrites the expectations, and the difference is for a person to read.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod expectation;

use expectation::{
    captures, compare, files_below, first_difference, folders, is_exchange, recordings, root,
    without_repeated_context,
};
use pagetap::Tap;
use pagetap::event::{Layer, RawKind, Value};
use pagetap::hook::Field;
use pagetap::limits::Limits;
use pagetap::stream::Ending;
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// meta.json of a case.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    /// What the case protects.
    about: String,
    url: String,
    method: String,
    status: u32,
    content_type: String,
    retry_after: String,
    /// A case of the same folder that goes before, in the same tap.
    after: Option<String>,
    ending: Option<String>,
    ending_detail: String,
}

struct Case {
    meta: Meta,
    request: Option<Vec<u8>>,
    body: Vec<u8>,
}

impl Case {
    fn read(folder: &Path) -> Case {
        let meta = fs::read_to_string(folder.join("meta.json")).expect("every case has meta.json");
        let meta: Meta = serde_json::from_str(&meta).expect("meta.json");
        let body = fs::read(folder.join("input.sse"))
            .or_else(|_| fs::read(folder.join("input.json")))
            .expect("every case has input.sse or input.json");
        Case { meta, request: fs::read(folder.join("request.json")).ok(), body }
    }

    /// Plays the case into `tap`; what it says, and the body the raw layer
    /// rebuilds.
    fn play(&self, tap: &mut Tap, start: f64, cuts: &[usize]) -> (String, Vec<u8>) {
        let meta = &self.meta;
        let mut said = String::new();
        let mut rebuilt = Vec::new();
        let mut hear = |tap: &mut Tap| {
            expectation::describe(tap.batch(), &mut said);
            rebuild(tap, &mut rebuilt);
            tap.clear();
        };
        let method = if meta.method.is_empty() { "POST" } else { &meta.method };
        let stream = tap.open(&meta.url, method, start).expect("room for a stream");
        if let Some(body) = &self.request {
            tap.request(stream, Some(body), start);
        }
        if meta.status > 0 {
            let (kind, wait) = (&meta.content_type, &meta.retry_after);
            tap.response(stream, meta.status, kind, wait, start + 50.0);
        }
        hear(tap);
        let mut at = 0;
        for cut in cuts.iter().copied().chain([self.body.len()]) {
            tap.feed(stream, &self.body[at..cut], start + 100.0);
            at = cut;
            hear(tap);
        }
        let ending = match meta.ending.as_deref() {
            None => Ending::Done,
            Some("cancelled") => Ending::Cancelled,
            Some("aborted") => Ending::Aborted,
            Some("failed") => Ending::Failed,
            Some("unobserved") => Ending::Unobserved,
            Some(other) => panic!("unknown ending {other}"),
        };
        tap.end(stream, ending, &meta.ending_detail, start + 200.0);
        hear(tap);
        (without_repeated_context(&said), rebuilt)
    }
}

fn rebuild(tap: &Tap, rebuilt: &mut Vec<u8>) {
    let mut chunk: &[u8] = &[];
    let mut chunk_start = 0;
    for record in tap.batch().records() {
        if record.layer() == Layer::Chunk {
            chunk = tap.batch().chunk(&record);
            let Some(Value::Number(offset)) = record.get(Field::Offset) else {
                panic!("a chunk says where it is");
            };
            chunk_start = offset as usize;
        }
        let Layer::Raw(RawKind::Frame | RawKind::Fragment) = record.layer() else { continue };
        let (Some(Value::Number(offset)), Some(Value::Int(length))) =
            (record.get(Field::Offset), record.get(Field::Length))
        else {
            panic!("a frame says where it is");
        };
        assert_eq!(offset as usize, rebuilt.len(), "frames follow one another");
        rebuilt.extend_from_slice(&chunk[offset as usize - chunk_start..][..length as usize]);
    }
}

fn play(chain: &[Case], cuts: &[usize]) -> String {
    let mut tap = Tap::new(Limits::default());
    tap.listen(true, true);
    tap.keep_chunks();
    let mut last = String::new();
    for (index, case) in chain.iter().enumerate() {
        let is_last = index + 1 == chain.len();
        let cuts = if is_last { cuts } else { &[] };
        let (said, rebuilt) = case.play(&mut tap, 1_000.0 * (index + 1) as f64, cuts);
        // All of it but its secrets, which have asterisks in their place.
        let mut body = case.body.clone();
        pagetap::secrets::cover(&mut body);
        assert!(rebuilt == body, "the raw layer rebuilds the body");
        last = said;
    }
    last
}

/// Every chunking must say the same.
fn check_chunkings(chain: &[Case], whole: &str, name: &str) {
    let length = chain.last().map_or(0, |case| case.body.len());
    let mut plans: Vec<Vec<usize>> = vec![(1..length).collect()];
    // Every two-way cut of the small ones, a spread of them for the others.
    let step = (length / 2_000).max(1);
    plans.extend((1..length).step_by(step).map(|cut| vec![cut]));
    for seed in 1..=20u32 {
        let mut state = seed;
        let mut cuts = Vec::new();
        let mut at = 0;
        loop {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            at += 1 + (state >> 20) as usize % 700;
            if at >= length {
                break;
            }
            cuts.push(at);
        }
        plans.push(cuts);
    }
    for plan in plans {
        let said = play(chain, &plan);
        assert!(
            said == whole,
            "{name} says something else when cut at {:?}\n{}",
            &plan[..plan.len().min(12)],
            first_difference(whole, &said)
        );
    }
}

#[test]
fn every_case_says_what_was_blessed_however_it_is_cut() {
    let mut failures = Vec::new();
    let mut count = 0;
    for dialect in folders(&root().join("tests/corpus")) {
        for folder in folders(&dialect) {
            if !folder.join("meta.json").exists() {
                continue;
            }
            let name = folder.strip_prefix(root()).unwrap().display().to_string();
            let mut chain = vec![Case::read(&folder)];
            assert!(!chain[0].meta.about.is_empty(), "{name}: say what the case protects");
            while let Some(before) = chain[0].meta.after.clone() {
                chain.insert(0, Case::read(&dialect.join(before)));
            }
            let whole = play(&chain, &[]);
            check_chunkings(&chain, &whole, &name);
            compare(&folder.join("expected.txt"), &whole, &name, &mut failures);
            count += 1;
        }
    }
    assert!(count >= 60, "the corpus is there");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

const CHAT: &str = "https://claude.ai/api/organizations/o/chat_conversations/c";

/// What a recording is, by its file's name.
fn recorded(name: &str, body: Vec<u8>) -> Option<Case> {
    let (stem, ending) = name.rsplit_once('.')?;
    let mut case = Case { meta: Meta::default(), request: None, body };
    match ending {
        "sse" => {}
        // One record a line.
        "jsonl" => {
            let lines = case.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            case.body = lines.flat_map(|line| [b"data: ", line, b"\n\n"].concat()).collect();
        }
        "json" if stem.ends_with(".request") => {
            case.meta.url = match stem {
                _ if stem.starts_with("messages") => "https://api.example/v1/messages".to_owned(),
                _ if stem.contains("retry") => format!("{CHAT}/retry_completion"),
                _ => format!("{CHAT}/completion"),
            };
            case.request = Some(std::mem::take(&mut case.body));
        }
        "json" => {
            case.meta.url = format!("{CHAT}/completion");
            case.meta.status = stem.rsplit('-').next()?.parse().expect("NAME-STATUS.json");
            case.meta.content_type = "application/json".to_owned();
        }
        _ => return None,
    }
    Some(case)
}

#[test]
fn recorded_streams_beside_the_project_say_what_was_blessed() {
    let mut failures = Vec::new();
    for name in recordings().into_iter().filter(|name| is_exchange(name)) {
        let body = fs::read(captures().join(&name)).expect("a recording");
        let (_, file) = name.split_once('/').expect("a folder");
        let Some(case) = recorded(file, body) else {
            failures.push(format!("{name}: neither played nor in NOT_PLAYED"));
            continue;
        };
        let chain = [case];
        let whole = play(&chain, &[]);
        check_chunkings(&chain, &whole, &name);
        let expected = root().join("tests/corpus/recorded").join(format!("{name}.txt"));
        compare(&expected, &expectation::without_texts(&whole), &name, &mut failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_recording_has_an_expectation_and_every_expectation_a_recording() {
    let recordings = recordings();
    if recordings.is_empty() || std::env::var_os("PAGETAP_BLESS").is_some() {
        return;
    }
    let blessed = files_below(&root().join("tests/corpus/recorded"));
    let named: Vec<&str> = blessed.iter().filter_map(|name| name.strip_suffix(".txt")).collect();
    assert_eq!(named, recordings);
}
