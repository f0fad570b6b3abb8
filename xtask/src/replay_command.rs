//! `cargo xtask replay`: recorded streams through the native core.

use crate::replay_export::{Export, Format};
use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::{Value, json};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use xtask::chunks::{Chunks, ChunksArgument};
use xtask::export;
use xtask::json_text::Strings;
use xtask::record_json::LineKind;
use xtask::replay::{self, Hints, Outcome};

/// Run the native core over recorded streams and print its events as JSON lines
///
/// Input by extension: .sse (a raw body), .jsonl (one JSON event per line, or
/// one frame of a socket per line: {"dir":"in|out","data":"..."}, or a case of
/// several pipes as CONTRIBUTING.md has it), .ndjson (rows of a Claude Code
/// session), .json (a whole body, or an array of rows), .har. An answer of MCP
/// alone says little: give what was asked with --url and --request. The last
/// line per file is a summary. Exits 1 when the raw layer's byte ranges are not
/// the input, or when a cut changes an event.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Recorded files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Dialect, where the address does not tell (default: found by content)
    #[arg(long, value_name = "NAME")]
    dialect: Option<String>,
    /// Address the request was sent to
    #[arg(long)]
    url: Option<String>,
    /// File that holds the request's body; --url says what kind of request it is
    #[arg(long, value_name = "BODY.json", requires = "url")]
    request: Option<PathBuf>,
    /// HTTP status of the response
    #[arg(long)]
    status: Option<u32>,
    /// Media type of the response
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// How the body is cut: whole, bytes, random:SEED, or random:FIRST..LAST to
    /// compare each of these seeds with the whole
    #[arg(long, default_value = "whole", value_name = "HOW")]
    chunks: ChunksArgument,
    /// Which events to print
    #[arg(long, value_enum, default_value_t = Layers::Hooks)]
    layer: Layers,
    /// Shorten strings over 60 characters, with their length and a hash
    #[arg(long)]
    brief: bool,
    /// Print what an exporter would send of the hook events instead of these
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "brief")]
    export: Option<Format>,
    /// Content that it may send
    #[arg(long, value_delimiter = ',', value_name = "CLASS", requires = "export", value_parser =
        ["prompts", "answers", "thinking", "toolInputs", "toolResults"])]
    include: Vec<String>,
    /// Write it to this folder instead, a request's body to a file, as if each recording
    /// were another page's
    #[arg(long, value_name = "FOLDER", requires = "export")]
    into: Option<PathBuf>,
    /// Ids of what is written there follow from it
    #[arg(long, value_name = "SEED", default_value_t = 1, requires = "into")]
    instance: u64,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Layers {
    Raw,
    Hooks,
    Both,
}

const EXAMPLES: &str = "Examples:
  cargo xtask replay session.har
  cargo xtask replay --layer both --chunks bytes turn.sse
  cargo xtask replay --chunks random:1..20 tests/corpus/*/*/*.sse
  cargo xtask replay --dialect claudeai --status 429 refused.json
  cargo xtask replay --url https://h.example/mcp --request call.json answer.sse
  cargo xtask replay tests/corpus/mcp-http/session/frames.jsonl
  cargo xtask replay --export otlp-json turn.sse
  cargo xtask replay --export hooks --include prompts,toolInputs session.ndjson
  cargo xtask replay --export otlp --into target/sent session.har";

const LACKS_REQUEST: &str = "MCP's answers say little without what was asked: \
    --url and --request give it, or a case of several pipes";

/// Replays every file; prints faults on standard error.
pub(crate) fn command(arguments: &Arguments) -> Result<ExitCode> {
    let request = arguments
        .request
        .as_ref()
        .map(|path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display())));
    let hints = Hints {
        dialect: arguments.dialect.clone(),
        url: arguments.url.clone(),
        request: request.transpose()?,
        status: arguments.status,
        content_type: arguments.content_type.clone(),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut faults = Vec::new();
    let wanted = arguments.export.zip(arguments.into.as_deref());
    let export = wanted.map(|(format, folder)| {
        Export::new(format, folder, &arguments.include, arguments.instance)
    });
    let mut export = export.transpose()?;
    for file in &arguments.files {
        let found = one_file(file, arguments, &hints, &mut out, &mut export);
        let found = found.with_context(|| file.display().to_string())?;
        faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", file.display())));
    }
    out.flush()?;
    for fault in &faults {
        eprintln!("{fault}");
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints one file's events and summary; gives what was wrong.
fn one_file(
    file: &Path,
    arguments: &Arguments,
    hints: &Hints,
    out: &mut impl Write,
    export: &mut Option<Export>,
) -> Result<Vec<String>> {
    let recording = replay::read(file, hints)?;
    if recording.lacks_request() {
        eprintln!("{}: {LACKS_REQUEST}", file.display());
    }
    let strings = if arguments.brief { Strings::Brief } else { Strings::Whole };
    let (first, seeds) = match arguments.chunks {
        ChunksArgument::One(chunks) => (chunks, None),
        ChunksArgument::Seeds(first, last) => (Chunks::Whole, Some(first..=last)),
    };
    let outcome = replay::run(&recording, first, strings);
    if let Some(export) = export {
        export.write(&outcome)?;
    }
    let printed = arguments.export.filter(|_| arguments.into.is_none());
    if let Some(format) = printed {
        let events = outcome.lines.iter().filter(|line| line.kind != LineKind::Raw);
        let events = events.map(|line| line.json.as_str());
        for request in export::requests(&format.name(), &arguments.include, events)? {
            writeln!(out, "{request}")?;
        }
    } else {
        for line in outcome.lines.iter().filter(|line| arguments.layer.shows(line.kind)) {
            writeln!(out, "{}", line.json)?;
        }
    }
    let mut faults = outcome.faults.clone();
    for chunks in seeds.into_iter().flatten().map(Chunks::Random) {
        let cut = replay::run(&recording, chunks, strings);
        let named = |fault: &String| format!("{chunks}: {fault}");
        faults.extend(cut.faults.iter().map(named));
        if let Some(difference) = replay::first_difference(&outcome, &cut) {
            faults.push(named(&difference));
            break;
        }
    }
    let summary = summary(file, &outcome, &arguments.chunks, faults.is_empty());
    writeln!(out, "{summary}")?;
    Ok(faults)
}

fn summary(file: &Path, outcome: &Outcome, chunks: &ChunksArgument, identical: bool) -> Value {
    let compared = matches!(chunks, ChunksArgument::Seeds(..));
    let optional = [
        ("identical", compared.then_some(Value::Bool(identical))),
        ("skipped", (outcome.skipped > 0).then_some(outcome.skipped.into())),
    ];
    let mut summary = json!({
        "summary": true,
        "file": file.display().to_string(),
        "bytes": outcome.bytes,
        "frames": outcome.frames(),
        "hooks": outcome.counts(LineKind::Hook),
        "notices": outcome.counts(LineKind::Notice),
        "rawRebuilt": outcome.faults.is_empty(),
        "chunks": chunks.to_string(),
    });
    if let Some(summary) = summary.as_object_mut() {
        let present =
            optional.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        summary.extend(present);
    }
    summary
}

impl Layers {
    fn shows(self, kind: LineKind) -> bool {
        match kind {
            LineKind::Raw => self != Layers::Hooks,
            LineKind::Hook => self != Layers::Raw,
            LineKind::Notice => true,
        }
    }
}
