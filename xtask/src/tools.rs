//! What the commands need from the machine: found, or installed where that is
//! safe, or named with the way to get it.

mod browser;
pub(crate) mod collectors;
mod debian;
pub(crate) mod fuzzer;

pub(crate) use browser::{chromium, firefox};

use crate::process::{command, find_on_path, output, run};
use crate::{root, steps};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const WASM: &str = "wasm32-unknown-unknown";
const NODE: u32 = 20;

/// The compiler's wasm32 target.
pub(crate) fn wasm_target() -> Result<()> {
    let sysroot = output(command("rustc").args(["--print", "sysroot"]));
    let sysroot = sysroot.context("rustc does not run: install Rust from https://rustup.rs")?;
    let library = Path::new(&sysroot).join("lib/rustlib").join(WASM).join("lib");
    if library.is_dir() {
        return Ok(());
    }
    ensure!(
        find_on_path(&["rustup"]).is_some(),
        "Rust's {WASM} target is missing and there is no rustup to add it: install rustup from \
         https://rustup.rs, or the target with whatever installed Rust"
    );
    steps::note(&format!("adding the {WASM} target with rustup"));
    run(command("rustup").args(["target", "add", WASM]))
}

/// Node, recent enough.
pub(crate) fn node() -> Result<()> {
    let how = format!("install Node {NODE} or newer from https://nodejs.org");
    let version = output(command("node").arg("--version"));
    let version = version.with_context(|| format!("node is not on the PATH: {how}"))?;
    match major(&version) {
        Some(major) if major >= NODE => Ok(()),
        _ => bail!("node is {version}, which is too old: {how}"),
    }
}

/// A Python 3, whichever.
pub(crate) fn python() -> Result<PathBuf> {
    let find = || find_on_path(&["python3", "python"]);
    find()
        .or_else(|| debian::install("Python", &["python3"]).then(find).flatten())
        .context("python3 is not on the PATH: install it from https://www.python.org")
}

/// What counts a program's instructions.
pub(crate) fn valgrind() -> Result<()> {
    let there = || find_on_path(&["valgrind"]).is_some();
    ensure!(
        there() || debian::install("Valgrind", &["valgrind"]) && there(),
        "valgrind is not on the PATH: install it with the system's packages"
    );
    Ok(())
}

/// The npm packages, as package-lock.json has them.
pub(crate) fn npm_packages() -> Result<()> {
    node()?;
    let installed = root::path("node_modules/.package-lock.json");
    if !is_older(&installed, &root::path("package-lock.json")) {
        return Ok(());
    }
    let npm = find_on_path(&["npm", "npm.cmd"]);
    let npm = npm.context("npm is not on the PATH: it comes with Node, https://nodejs.org")?;
    steps::note("npm ci");
    run(command(npm).args(["ci", "--no-audit", "--no-fund"]))
}

fn is_older(file: &Path, than: &Path) -> bool {
    let changed = |path: &Path| -> Option<SystemTime> { path.metadata().ok()?.modified().ok() };
    changed(file).is_none_or(|file| changed(than).is_some_and(|than| than > file))
}

fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("22.0.0"), Some(22));
        assert_eq!(major("node"), None);
    }

    #[test]
    fn a_missing_file_is_older_than_any() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        assert!(is_older(Path::new("/no/such/file"), &here));
        assert!(!is_older(&here, &here));
    }
}
