//! `cargo xtask replay --export`: what a page would send for a recording.

use anyhow::{Context, Result, anyhow};
use clap::ValueEnum;
use pagetap::export::{Exporter, Signal};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
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

/// An exporter, and what came out of it so far.
pub(crate) struct Export {
    exporter: Exporter,
    format: Format,
    taken: u64,
    last_ts: f64,
    bodies: BTreeMap<u8, Vec<u8>>,
}

impl Export {
    /// `include`: classes of content, with commas between.
    pub(crate) fn new(format: Format, include: Option<&str>, seed: u64) -> Result<Export> {
        let mut random = Random::new(seed);
        let instance = format!("{:016x}{:016x}", random.bits(), random.bits());
        let classes = include.unwrap_or_default().split(',').map(str::trim);
        let classes: Vec<&str> = classes.filter(|class| !class.is_empty()).collect();
        let options = json!({
            "format": format.name(),
            "instance": instance,
            "signals": ["traces", "logs", "metrics"],
            "include": classes,
        });
        let exporter = Exporter::new(options.to_string().as_bytes()).map_err(|why| anyhow!(why))?;
        Ok(Export { exporter, format, taken: 0, last_ts: 0.0, bodies: BTreeMap::new() })
    }

    /// Takes a file's events.
    pub(crate) fn take(&mut self, outcome: &Outcome) {
        let hooks = outcome.lines.iter().filter(|line| line.kind == LineKind::Hook);
        for line in hooks {
            self.taken += 1;
            let event: serde_json::Value = serde_json::from_str(&line.json).unwrap_or_default();
            let ts = event.get("ts").and_then(serde_json::Value::as_f64).unwrap_or_default();
            self.last_ts = self.last_ts.max(ts);
            let mut items = Vec::new();
            self.exporter.take(self.taken, line.json.as_bytes(), &mut items);
            self.add(&items);
        }
    }

    /// Ends what is open, and writes a request's body for each signal.
    pub(crate) fn write(mut self, folder: &Path) -> Result<()> {
        let mut items = Vec::new();
        self.exporter.finish(self.last_ts, &mut items);
        self.add(&items);
        std::fs::create_dir_all(folder)?;
        for (number, name) in [
            (Signal::Traces, "traces"),
            (Signal::Logs, "logs"),
            (Signal::Metrics, "metrics"),
            (Signal::Event, "events"),
        ] {
            let Some(bodies) = self.bodies.get(&(number as u8)) else { continue };
            let mut request = Vec::new();
            self.exporter.body(number, bodies, &mut request);
            let path = folder.join(format!("{name}.{}", self.format.extension()));
            std::fs::write(&path, request)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }

    /// Items are a signal, 16 bytes of id, a length and so many bytes.
    fn add(&mut self, mut items: &[u8]) {
        while let Some((head, rest)) = items.split_first_chunk::<21>() {
            let [signal, .., a, b, c, d] = *head;
            let length = u32::from_le_bytes([a, b, c, d]);
            let Some((body, rest)) = rest.split_at_checked(length as usize) else { return };
            let bodies = self.bodies.entry(signal).or_default();
            // A line each, where they go one by one.
            let end: &[u8] = if self.format == Format::Hooks { b"\n" } else { b"" };
            bodies.extend_from_slice(&(length + end.len() as u32).to_le_bytes());
            bodies.extend_from_slice(body);
            bodies.extend_from_slice(end);
            items = rest;
        }
    }
}

impl Format {
    fn name(self) -> String {
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
