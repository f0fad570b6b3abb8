//! `cargo xtask replay --export --into`: what pages would send for recordings, as files.

use anyhow::{Context, Result};
use clap::ValueEnum;
use pagetap::export::{Exporter, Signal};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use xtask::export;
use xtask::random::Random;
use xtask::record_json::LineKind;
use xtask::replay::Outcome;

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// OpenTelemetry, protobuf
    Otlp,
    /// OpenTelemetry, JSON
    OtlpJson,
    /// Claude Code's hook input, one object a line
    Hooks,
    /// Lines of JSON
    Ndjson,
}

/// Recordings without a clock count from zero, or have no time at all: as if they
/// began now, a millisecond an event. Collectors drop what is decades old.
const FIRST_TS: f64 = 1e12;

/// Where requests go, and what all of them have in common.
pub(crate) struct Export {
    format: Format,
    folder: PathBuf,
    include: Vec<String>,
    random: Random,
    started: f64,
    files: usize,
}

/// One recording's exporter, and what came out of it.
struct Page {
    exporter: Exporter,
    format: Format,
    output: Vec<u8>,
}

impl Export {
    /// `include`: classes of content; ids follow from the seed.
    pub(crate) fn new(
        format: Format,
        folder: &Path,
        include: &[String],
        seed: u64,
    ) -> Result<Export> {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let (folder, include) = (folder.to_path_buf(), include.to_vec());
        let (random, started) = (Random::new(seed), since.as_millis() as f64);
        Ok(Export { format, folder, include, random, started, files: 0 })
    }

    /// Writes a request's body for each signal of a file's events, as if each file were
    /// another page.
    pub(crate) fn write(&mut self, outcome: &Outcome) -> Result<()> {
        let mut page = Page::new(self.format, &self.include, &mut self.random)?;
        let mut last_ts = self.started;
        let events = outcome.lines.iter().filter(|line| line.kind != LineKind::Raw);
        for (n, line) in (1..).zip(events) {
            let mut event: Value = serde_json::from_str(&line.json).unwrap_or_default();
            let ts = event.get("ts").and_then(Value::as_f64).unwrap_or_default();
            let ts = if ts < FIRST_TS { self.started + ts + n as f64 } else { ts };
            last_ts = last_ts.max(ts);
            if let Some(event) = event.as_object_mut() {
                event.insert("ts".to_owned(), ts.into());
            }
            page.exporter.take(n, event.to_string().as_bytes(), &mut page.output);
        }
        self.files += 1;
        std::fs::create_dir_all(&self.folder)?;
        for (name, body) in page.end(last_ts)? {
            let name = format!("{:03}.{name}.{}", self.files, self.format.extension());
            let path = self.folder.join(name);
            std::fs::write(&path, body)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

impl Page {
    fn new(format: Format, include: &[String], random: &mut Random) -> Result<Page> {
        let instance = format!("{:016x}{:016x}", random.bits(), random.bits());
        let exporter = export::exporter(&format.name(), &instance, include)?;
        Ok(Page { exporter, format, output: Vec::new() })
    }

    /// Ends what is open; the bodies by their names.
    fn end(mut self, ts: f64) -> Result<Vec<(&'static str, Vec<u8>)>> {
        self.exporter.finish(ts, &mut self.output);
        let items = export::items(&self.output)?;
        let signals = [
            (Signal::Traces, "traces"),
            (Signal::Logs, "logs"),
            (Signal::Metrics, "metrics"),
            (Signal::Event, "events"),
        ];
        let requests = signals.into_iter().filter_map(|(signal, name)| {
            let of_signal = items.iter().filter(|item| item.signal == signal);
            of_signal.clone().next()?;
            // A line each, where they go one by one.
            let body = if self.format == Format::Hooks {
                of_signal.flat_map(|item| [&*item.bytes, b"\n"].concat()).collect()
            } else {
                let mut body = Vec::new();
                self.exporter.body(signal, &export::bodies(of_signal), &mut body);
                body
            };
            Some((name, body))
        });
        Ok(requests.collect())
    }
}

impl Format {
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn extension(self) -> &'static str {
        match self {
            Format::Otlp => "binpb",
            Format::OtlpJson => "json",
            Format::Hooks | Format::Ndjson => "jsonl",
        }
    }
}
