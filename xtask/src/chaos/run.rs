//! One run: what is to happen is written down, and played by Node.

use super::Format;
use super::schedule;
use super::trouble::Trouble;
use crate::process::{self, show};
use crate::{root, tools};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// As many as could be played in the time; a round takes longer.
const ROUNDS_A_MINUTE: f64 = 60.0;
/// How long may be waited at the end until nothing waits any more: a page that was
/// refused tries again a minute later.
const PATIENCE_MS: u32 = 180_000;

/// What is asked for.
pub(super) struct Plan {
    pub(super) seed: u64,
    /// As long as this, or so many rounds.
    pub(super) ms: Option<f64>,
    pub(super) rounds: Option<usize>,
    pub(super) tabs: u8,
    pub(super) format: Format,
    pub(super) troubles: Vec<Trouble>,
}

/// What a run leaves behind.
pub(super) struct Files {
    plan: PathBuf,
    profile: PathBuf,
    /// What Node saw.
    pub(super) journal: PathBuf,
    /// What the collector took.
    pub(super) store: PathBuf,
}

impl Files {
    /// In this folder, without those of the run before.
    pub(super) fn fresh(folder: &Path) -> Result<Files> {
        let cannot = || format!("{} cannot be used", folder.display());
        std::fs::create_dir_all(folder).with_context(cannot)?;
        let folder = folder.canonicalize().with_context(cannot)?;
        let [plan, profile] = ["plan.json", "profile"].map(|name| folder.join(name));
        let [journal, store] = ["seen.jsonl", "collected.jsonl"].map(|name| folder.join(name));
        for old in [&plan, &profile, &journal, &store] {
            let removed = match old.is_dir() {
                true => std::fs::remove_dir_all(old),
                false => std::fs::remove_file(old),
            };
            if let Err(error) = removed
                && error.kind() != ErrorKind::NotFound
            {
                return Err(error).with_context(|| format!("{} is in the way", old.display()));
            }
        }
        Ok(Files { plan, profile, journal, store })
    }
}

/// Plays it to its end.
pub(super) fn play(plan: &Plan, files: &Files) -> Result<()> {
    tools::npm_packages()?;
    root::existing("dist/pagetap.js", "what cargo xtask build makes")?;
    let minutes = plan.ms.unwrap_or_default() / 60_000.0;
    let most = plan.rounds.unwrap_or((minutes * ROUNDS_A_MINUTE).ceil() as usize);
    let rounds = schedule::rounds(plan.seed, most, &plan.troubles);
    let written = json!({
        "xtask": std::env::current_exe().context("this program has no file")?,
        "chromium": tools::chromium()?,
        "profile": files.profile,
        "journal": files.journal,
        "store": files.store,
        "format": plan.format.name(),
        "path": plan.format.path(),
        "tabs": plan.tabs,
        "ms": plan.ms,
        "patience": PATIENCE_MS,
        "rounds": rounds.iter().map(schedule::Round::to_json).collect::<Vec<_>>(),
    });
    std::fs::write(&files.plan, written.to_string()).context("the plan cannot be written")?;
    let mut node = process::command("node");
    node.arg(root::path("xtask/js/chaos/play.mjs")).arg(&files.plan).stdin(Stdio::piped());
    let shown = show(&node);
    let mut child = node.spawn().with_context(|| format!("cannot start {shown}"))?;
    // Held until it ends, or until we do: then it ends, too.
    let _held = child.stdin.take();
    let status = child.wait()?;
    if !status.success() {
        bail!("{shown} ({status})");
    }
    Ok(())
}
