//! The core, compiled for the browser.

use crate::process::{cargo, run};
use crate::root;
use anyhow::Result;
use std::path::PathBuf;

/// What every browser that has modules understands, and no more: the JavaScript
/// encoding is made from the same instructions. And without three optimisations
/// that repeat code for the sake of speed, even when asked to make it small; by
/// measurement a hundredth of the module.
const FLAGS: &str = "-C target-cpu=mvp \
    -C target-feature=+bulk-memory,+sign-ext,+nontrapping-fptoint,+mutable-globals \
    -C llvm-args=-enable-load-pre=false -C llvm-args=-disable-lsr \
    -C llvm-args=-disable-licm-promotion";

/// What is compiled.
#[derive(Clone, Copy)]
pub(super) enum Module {
    /// The tap.
    Tap,
    /// As much of it as fits into a bookmarklet that every browser can keep.
    SmallTap,
    /// The exporter.
    Export,
}

/// What cargo is told of a module's features.
pub(crate) const SMALL_TAP: [&str; 3] = ["--no-default-features", "--features", "tap"];
pub(crate) const EXPORT: [&str; 3] = ["--no-default-features", "--features", "export"];

/// Compiles; gives the module as the compiler leaves it.
pub(super) fn compile(module: Module) -> Result<PathBuf> {
    let target = "wasm32-unknown-unknown";
    let (folder, features) = match module {
        Module::Tap => ("target/web", [].as_slice()),
        Module::SmallTap => ("target/web-small", SMALL_TAP.as_slice()),
        Module::Export => ("target/web-export", EXPORT.as_slice()),
    };
    let folder = root::path(folder);
    let mut cargo = cargo();
    cargo
        // The crate is a plain library elsewhere: built as both kinds at once,
        // it would lose link-time optimisation.
        .args(["rustc", "--quiet", "--lib", "--crate-type", "cdylib", "--package", "pagetap"])
        .args(["--profile", "web", "--target", target])
        .args(features)
        .arg("--target-dir")
        .arg(&folder)
        .env("RUSTFLAGS", FLAGS)
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(&mut cargo)?;
    Ok(folder.join(target).join("web/pagetap.wasm"))
}
