//! The core, compiled for the browser.

use crate::process::{cargo, run};
use crate::root;
use anyhow::Result;
use std::path::PathBuf;

/// What every browser that has modules understands, and no more: the JavaScript
/// encoding is made from the same instructions.
const FLAGS: &str = "-C target-cpu=mvp \
    -C target-feature=+bulk-memory,+sign-ext,+nontrapping-fptoint,+mutable-globals";

/// Compiles; gives the module as the compiler leaves it.
pub(super) fn compile() -> Result<PathBuf> {
    let target = "wasm32-unknown-unknown";
    let folder = root::path("target/web");
    let mut cargo = cargo();
    cargo
        // The crate is a plain library elsewhere: built as both kinds at once,
        // it would lose link-time optimisation.
        .args(["rustc", "--quiet", "--lib", "--crate-type", "cdylib", "--package", "pagetap"])
        .args(["--profile", "web", "--target", target])
        .arg("--target-dir")
        .arg(&folder)
        .env("RUSTFLAGS", FLAGS)
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(&mut cargo)?;
    Ok(folder.join(target).join("web/pagetap.wasm"))
}
