//! `cargo xtask chaos`: whether what the log has acknowledged arrives, whatever happens.

mod delay;
mod journal;
mod report;
mod run;
mod schedule;
mod stored;
mod trouble;
mod verdict;

use anyhow::Result;
use clap::ValueEnum;
use journal::Journal;
use run::{Files, Plan};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;
use stored::Stored;
use trouble::Trouble;
use verdict::Verdict;

/// Prove that nothing is lost: tabs that export, while everything goes wrong
///
/// Opens tabs of a page in Chromium that asks without end and exports what its tap
/// tells to a collector. In each round something goes wrong at the collector while
/// something happens to the pages; then all is left in peace until nothing waits any
/// more, and what the log had acknowledged is compared with what the collector has. It
/// fails if anything of it is missing, or came twice under two ids.
///
/// The seed says what happens when; how the machine gets through it differs from run to
/// run. Needs what cargo xtask build makes.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What happens when follows from it; by the clock if not given
    #[arg(long)]
    seed: Option<u64>,
    /// As long as this
    #[arg(long, default_value_t = 2.0, conflicts_with = "rounds")]
    minutes: f64,
    /// So many rounds instead, of some three seconds each
    #[arg(long)]
    rounds: Option<usize>,
    /// Tabs that export at the same time
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(2..=8))]
    tabs: u8,
    /// What is exported
    #[arg(long, value_enum, default_value_t = Format::Otlp)]
    format: Format,
    /// These troubles only
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Trouble>,
    /// Where what was seen and what was stored are left
    #[arg(long, value_name = "FOLDER", default_value = "target/chaos")]
    into: PathBuf,
}

const EXAMPLES: &str = "Examples:
  cargo xtask chaos
  cargo xtask chaos --seed 7 --minutes 10 --tabs 6
  cargo xtask chaos --format hooks --rounds 20
  cargo xtask chaos --only outage,lost,crash,browser --rounds 8";

/// The formats of `export()`.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Format {
    /// OpenTelemetry, protobuf: spans and log records
    Otlp,
    /// OpenTelemetry, JSON
    OtlpJson,
    /// Claude Code's hook input, a request an event
    Hooks,
    /// Lines of JSON
    Ndjson,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Format::Otlp => "otlp",
            Format::OtlpJson => "otlp-json",
            Format::Hooks => "hooks",
            Format::Ndjson => "ndjson",
        }
    }

    /// Where the collector takes it.
    fn path(self) -> &'static str {
        match self {
            Format::Otlp | Format::OtlpJson => "",
            Format::Hooks => "/hooks",
            Format::Ndjson => "/events",
        }
    }
}

/// Runs, judges, prints.
pub(crate) fn command(arguments: &Arguments) -> Result<ExitCode> {
    let seed = arguments.seed.unwrap_or_else(by_the_clock);
    let plan = Plan {
        seed,
        ms: arguments.rounds.is_none().then_some((arguments.minutes * 60_000.0).max(0.0)),
        rounds: arguments.rounds,
        tabs: arguments.tabs,
        format: arguments.format,
        troubles: match arguments.only.as_slice() {
            [] => Trouble::value_variants().to_vec(),
            only => only.to_vec(),
        },
    };
    eprintln!("seed {seed}");
    let files = Files::fresh(&arguments.into)?;
    run::play(&plan, &files)?;
    let journal = Journal::read(&files.journal)?;
    let stored = Stored::read(&files.store)?;
    let verdict = Verdict::of(&journal, &stored);
    print!("{}", report::report(&plan, &journal, &stored, &verdict));
    let faults = verdict.faults();
    for fault in &faults {
        eprintln!("{fault}");
    }
    if faults.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("what was seen: {}", files.journal.display());
    eprintln!("what was stored: {}", files.store.display());
    Ok(ExitCode::FAILURE)
}

/// Short enough to be typed again.
fn by_the_clock() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.as_secs() % 100_000
}
