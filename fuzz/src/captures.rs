//! Recorded files of any kind: they are read or refused, and what was read plays the
//! same however it is cut.

use crate::corpus;
use crate::script::number;
use std::path::Path;
use xtask::chunks::Chunks;
use xtask::json_text::Strings;
use xtask::replay::{self, Hints, Recording};

const EXTENSIONS: [&str; 5] = ["har", "jsonl", "ndjson", "json", "sse"];

/// A letter for the kind, and the file.
pub fn check(data: &[u8]) {
    let Some((kind, file)) = data.split_first() else { return };
    let extension = EXTENSIONS[usize::from(kind.wrapping_sub(b'a')) % EXTENSIONS.len()];
    let Ok(recording) = replay::read_bytes(file, extension, &Hints::default()) else { return };
    let run = |chunks| replay::run(&recording, chunks, Strings::Whole);
    let whole = run(Chunks::Whole);
    let pieces = run(Chunks::Random(number(data)));
    assert_eq!(pieces.faults, whole.faults, "the raw layer rebuilds the same");
    // A case may say that something comes where nothing is open.
    if let Recording::Exchanges(_) = recording {
        assert_eq!(whole.faults, Vec::<String>::new(), "the raw layer rebuilds what came");
    }
    let difference = replay::first_difference(&whole, &pieces);
    assert!(difference.is_none(), "cut in pieces: {difference:?}");
}

/// Files of the corpus, and a HAR made of some.
pub fn seeds() -> Vec<Vec<u8>> {
    let file = |kind: u8, path: &Path| [vec![kind], std::fs::read(path).expect("a file")].concat();
    let of = |name: &'static str, kind: u8| {
        corpus::files(name).into_iter().map(move |path| file(kind, &path))
    };
    let bodies = corpus::bodies();
    let entries = bodies.iter().step_by(9).map(|body| {
        serde_json::json!({
            "startedDateTime": "2026-01-01T00:00:00.000Z",
            "request": {"method": "POST", "url": "https://api.anthropic.com/v1/messages", "headers": [],
                "postData": {"mimeType": "application/json", "text": "{}"}},
            "response": {"status": 200, "headers": [{"name": "content-type", "value": "text/event-stream"}],
                "content": {"mimeType": "text/event-stream", "text": String::from_utf8_lossy(body)}},
        })
    });
    let hars = entries.map(|entry| {
        let har = serde_json::json!({"log": {"version": "1.2", "entries": [entry]}});
        format!("a{har}").into_bytes()
    });
    let files = of("frames.jsonl", b'b').chain(of("input.json", b'd')).chain(of("input.sse", b'e'));
    files.chain(hars).collect()
}
