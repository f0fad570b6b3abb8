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

/// How much of the core is compiled.
#[derive(Clone, Copy)]
pub(super) enum Size {
    /// All of it.
    Full,
    /// What fits into a bookmarklet that every browser can keep.
    Small,
}

/// Compiles; gives the module as the compiler leaves it.
pub(super) fn compile(size: Size) -> Result<PathBuf> {
    let target = "wasm32-unknown-unknown";
    let (folder, features) = match size {
        Size::Full => ("target/web", [].as_slice()),
        Size::Small => ("target/web-small", ["--no-default-features"].as_slice()),
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
