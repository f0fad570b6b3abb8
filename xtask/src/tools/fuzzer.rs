//! What libFuzzer needs: a nightly compiler, cargo-fuzz, a C++ compiler.

use super::debian;
use crate::process::{cargo, command, find_on_path, output, run};
use crate::{root, steps};
use anyhow::{Result, ensure};
use std::path::PathBuf;

/// The toolchain that fuzzes.
pub(crate) const NIGHTLY: &str = "nightly";
const FOLDER: &str = "target/tools";

/// Finds or installs all of it; the program `cargo-fuzz`.
pub(crate) fn cargo_fuzz() -> Result<PathBuf> {
    let compilers = ["c++", "g++", "clang++"];
    ensure!(
        find_on_path(&compilers).is_some()
            || debian::install("C++ compiler", &["g++"]) && find_on_path(&compilers).is_some(),
        "libFuzzer is C++, and there is no compiler of it: install one (Debian: apt-get install g++)"
    );
    ensure!(
        find_on_path(&["rustup"]).is_some(),
        "libFuzzer needs a nightly compiler, and there is no rustup to add it: https://rustup.rs"
    );
    // Of that name: another, of some day, does not stand in for it.
    let mut there = command("rustup");
    there.args(["which", "--toolchain", NIGHTLY, "cargo"]).env("RUSTUP_AUTO_INSTALL", "0");
    if output(&mut there).is_none() {
        steps::note("adding Rust's nightly toolchain with rustup");
        let words = ["toolchain", "install", NIGHTLY, "--profile", "minimal"];
        run(command("rustup").args(words))?;
    }
    let own =
        root::path(FOLDER).join("bin").join(format!("cargo-fuzz{}", std::env::consts::EXE_SUFFIX));
    if let Some(found) = find_on_path(&["cargo-fuzz"]) {
        return Ok(found);
    }
    if !own.is_file() {
        steps::note("cargo install cargo-fuzz");
        run(cargo().args(["install", "cargo-fuzz", "--locked", "--root"]).arg(root::path(FOLDER)))?;
    }
    Ok(own)
}
