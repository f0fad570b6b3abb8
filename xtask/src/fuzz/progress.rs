//! Fuzzers that run, watched by what they write.

use anyhow::{Context, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// One that runs.
pub(super) struct Watched {
    target: String,
    log: PathBuf,
    child: Child,
}

/// One that has ended.
#[derive(Debug, PartialEq)]
pub(super) struct Final {
    pub(super) target: String,
    pub(super) runs: String,
    /// Edges of the program.
    pub(super) coverage: String,
    pub(super) success: bool,
    /// The input that broke it.
    pub(super) found: Option<PathBuf>,
    pub(super) log: PathBuf,
}

impl Watched {
    pub(super) fn start(mut fuzzer: Command, target: &str, log: &Path) -> Result<Watched> {
        let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = fuzzer.stdout(file.try_clone()?).stderr(file).spawn();
        let child = child.with_context(|| format!("cannot start {target}"))?;
        Ok(Watched { target: target.to_owned(), log: log.to_owned(), child })
    }
}

/// Waits for all of them; says how far they are now and then.
pub(super) fn watch(mut running: Vec<Watched>, often: Duration) -> Result<Vec<Final>> {
    let mut ended = Vec::new();
    let mut said = Instant::now();
    while !running.is_empty() {
        std::thread::sleep(Duration::from_millis(200));
        let mut still = Vec::new();
        for mut watched in running {
            match watched.child.try_wait()? {
                None => still.push(watched),
                Some(status) => {
                    let text = fs::read(&watched.log)?;
                    let text = String::from_utf8_lossy(&text);
                    ended.push(read(&watched.target, &text, status.success(), watched.log));
                }
            }
        }
        running = still;
        if said.elapsed() >= often {
            said = Instant::now();
            for watched in &running {
                let text = fs::read(&watched.log)?;
                let now =
                    read(&watched.target, &String::from_utf8_lossy(&text), true, PathBuf::new());
                eprintln!(
                    "      {}: {} runs, {} places reached",
                    now.target, now.runs, now.coverage
                );
            }
        }
    }
    Ok(ended)
}

/// What libFuzzer says: lines such as `#4096 pulse cov: 812 ft: 3321 ...`.
fn read(target: &str, log: &str, success: bool, path: PathBuf) -> Final {
    let after = |name: &str| {
        let mut found = log.rsplit(name).next().filter(|_| log.contains(name)).into_iter();
        found.next().and_then(|rest| rest.split_whitespace().next()).map(str::to_owned)
    };
    let counted = log.lines().rev().find_map(|line| line.strip_prefix('#'));
    let counted = counted.and_then(|line| line.split_whitespace().next());
    let runs = after("stat::number_of_executed_units:").or(counted.map(str::to_owned));
    Final {
        target: target.to_owned(),
        runs: runs.unwrap_or_else(|| "0".into()),
        coverage: after(" cov: ").unwrap_or_else(|| "0".into()),
        success,
        found: after("Test unit written to ").map(PathBuf::from),
        log: path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_find_is_read_out_of_what_libfuzzer_writes() {
        let log = "#2\tINITED cov: 12 ft: 3\n#4096\tpulse  cov: 812 ft: 3321 corp: 9\n\
            artifact_prefix='x/'; Test unit written to x/crash-01\nBase64: AA==\n";
        let end = read("turns", log, false, PathBuf::from("turns.log"));
        assert_eq!((end.runs.as_str(), end.coverage.as_str()), ("4096", "812"));
        assert_eq!(end.found, Some(PathBuf::from("x/crash-01")));
    }

    #[test]
    fn the_last_count_is_the_one_of_the_end() {
        let log = "#2\tINITED cov: 12 ft: 3\nDone 70 runs in 1 second(s)\n\
            stat::number_of_executed_units: 70\nstat::slowest_unit_time_sec: 0\n";
        let end = read("turns", log, true, PathBuf::new());
        assert_eq!((end.runs.as_str(), end.coverage.as_str(), end.found), ("70", "12", None));
    }
}
