//! `cargo xtask fuzz`: libFuzzer on what must hold for any bytes.

mod differential;
mod progress;

use crate::process::{cargo, command as program, run};
use crate::tools::fuzzer::{self, NIGHTLY};
use crate::{root, steps};
use anyhow::{Context, Result, ensure};
use progress::{Final, Watched};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

/// Look for bytes that break what must hold for any
///
/// Targets: framing, every dialect, turns over several exchanges, added rules, what is on
/// screen, the exporter, recorded files. Each begins with the project's corpus and what
/// earlier runs found (target/fuzz/corpus); as many run at once as there are cores. What
/// breaks something is kept in target/fuzz/found, with the command that repeats it. The
/// first run installs a nightly compiler and cargo-fuzz, and compiles for some minutes.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
    /// Run these targets only
    #[arg(long = "target", value_name = "NAME", value_delimiter = ',')]
    targets: Vec<String>,
    /// Compare so many random event streams with Chromium's EventSource, instead
    #[arg(long, value_name = "N", conflicts_with_all = ["targets", "input"])]
    streams: Option<u64>,
    /// Where the random numbers of --streams begin
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Play one input, such as one that was found, instead
    #[arg(long, value_name = "FILE", requires = "targets")]
    input: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  cargo xtask fuzz
  cargo xtask fuzz --seconds 600 --target framing,dialects
  cargo xtask fuzz --streams 100000
  cargo xtask fuzz --target turns --input target/fuzz/found/turns/crash-0123";

const FOLDER: &str = "target/fuzz";
/// Larger inputs find nothing that smaller ones do not, and take their time.
const LONGEST: u32 = 4 << 10;
/// An input that takes longer (s) is a find.
const SLOW: u32 = 20;
/// Rules that are added live as long as the process.
const MEMORY_MB: u32 = 4096;

/// Fuzzes, or plays one input.
pub(crate) fn command(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(streams) = arguments.streams {
        let same = differential::run(streams, arguments.seed)?;
        return Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let tool = fuzzer::cargo_fuzz()?;
    let folder = root::path(FOLDER);
    let targets = targets(&folder, &arguments.targets)?;
    steps::note("compiling the targets");
    let build =
        ["fuzz", "build", "--sanitizer", "none", "--fuzz-dir", "fuzz", "--features", "libfuzzer"];
    run(nightly(&tool)?.args(build))?;
    if let Some(input) = &arguments.input {
        for target in &targets {
            ensure!(
                binary(target)?.arg(input).status()?.success(),
                "{target}: it breaks what must hold"
            );
        }
        println!("nothing breaks");
        return Ok(ExitCode::SUCCESS);
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{} targets, {} s each, {cores} at a time", targets.len(), arguments.seconds);
    let mut found = 0;
    for some in targets.chunks(cores) {
        let running: Result<Vec<Watched>> =
            some.iter().map(|target| start(&folder, target, arguments.seconds)).collect();
        for end in progress::watch(running?, Duration::from_secs(30))? {
            found += usize::from(!report(&end)?);
        }
    }
    println!("{} targets, {found} broken", targets.len());
    Ok(if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The targets that are wanted, with their seeds written.
fn targets(folder: &Path, wanted: &[String]) -> Result<Vec<String>> {
    let mut seeds = cargo();
    seeds.args(["run", "--quiet", "--package", "pagetap-fuzz", "--example", "fuzz-seeds", "--"]);
    let output = seeds.arg(folder.join("seeds")).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the seeds could not be written");
    let all: Vec<String> =
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    for name in wanted {
        ensure!(all.contains(name), "there is no target {name}: {}", all.join(", "));
    }
    Ok(all.into_iter().filter(|name| wanted.is_empty() || wanted.contains(name)).collect())
}

/// cargo-fuzz, with the compiler that can do it.
fn nightly(tool: &Path) -> Result<Command> {
    let which = program("rustup").args(["which", "--toolchain", NIGHTLY, "cargo"]).output()?;
    let cargo = String::from_utf8(which.stdout)?;
    let mut command = program(tool);
    // cargo-fuzz runs what it finds; a cargo of another toolchain is not to be it.
    command.env("CARGO", cargo.trim()).env("RUSTUP_TOOLCHAIN", NIGHTLY).env_remove("RUSTC");
    Ok(command)
}

/// A target's program, as cargo-fuzz leaves it.
fn binary(target: &str) -> Result<Command> {
    let host = program("rustc").arg("-vV").output()?;
    let host = String::from_utf8(host.stdout)?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc does not say what machine this is")?;
    let file = format!("{target}{}", std::env::consts::EXE_SUFFIX);
    Ok(program(root::path("target").join(host).join("release").join(file)))
}

fn start(folder: &Path, target: &str, seconds: u32) -> Result<Watched> {
    let own = |part: &str| folder.join(part).join(target);
    for part in ["corpus", "found"] {
        std::fs::create_dir_all(own(part))?;
    }
    let found = own("found");
    let mut fuzzer = binary(target)?;
    fuzzer
        .arg(own("corpus"))
        .arg(own("seeds"))
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg(format!("-dict={}", folder.join("seeds/words.dict").display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={LONGEST}"))
        .arg(format!("-timeout={SLOW}"))
        .arg(format!("-rss_limit_mb={MEMORY_MB}"))
        .args(["-detect_leaks=0", "-print_final_stats=1"]);
    Watched::start(fuzzer, target, &folder.join(format!("{target}.log")))
}

/// Says how a target ended; whether nothing was found.
fn report(end: &Final) -> Result<bool> {
    let Final { target, runs, coverage, success, found, log } = end;
    println!(
        "{target}: {runs} runs, {coverage} places reached; {}",
        match success {
            true => "nothing breaks",
            false => "BROKEN",
        }
    );
    if *success {
        return Ok(true);
    }
    let shown =
        |path: &Path| path.strip_prefix(root::path("")).unwrap_or(path).display().to_string();
    match found {
        Some(input) => println!("  cargo xtask fuzz --target {target} --input {}", shown(input)),
        None => println!("  no input was kept"),
    }
    println!("  {}", shown(log));
    Ok(false)
}
