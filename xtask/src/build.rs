//! `cargo xtask build`: from Rust and JavaScript to dist/.

mod base89;
mod bookmarklet;
mod bundle;
mod encodings;
mod extension;
mod generated;
mod icons;
mod mixing;
mod npm;
mod page;
pub(crate) mod sizes;
pub(crate) mod wasm;
mod zip;

use crate::steps::Steps;
use crate::tools;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::ExitCode;
use wasm::Module;

/// Build everything that ships, into dist/
///
/// Installs what is missing (Rust's wasm32 target, npm packages), compiles the
/// core to wasm, derives its other encodings, bundles the shells and prints what
/// each artefact weighs.
#[derive(clap::Args)]
#[command(after_long_help = "Examples:\n  cargo xtask build")]
pub(crate) struct Arguments {}

/// Builds and prints the size table.
pub(crate) fn command(_: &Arguments) -> Result<ExitCode> {
    build()?;
    print!("{}", sizes::table()?);
    Ok(ExitCode::SUCCESS)
}

/// Builds dist/.
pub(crate) fn build() -> Result<()> {
    let mut steps = Steps::new(8);
    steps.next("looking for Rust's wasm32 target");
    tools::wasm_target()?;
    steps.next("installing npm packages, if they are missing or changed");
    tools::npm_packages()?;
    steps.next("compiling the core and the exporter to wasm");
    let core = wasm::compile(Module::Tap)?;
    let small = wasm::compile(Module::SmallTap)?;
    let export = wasm::compile(Module::Export)?;
    generated::clear()?;
    steps.next("optimising them with wasm-opt");
    encodings::optimise(&core, "pagetap")?;
    encodings::optimise(&small, "small")?;
    encodings::optimise(&export, "export")?;
    steps.next("translating them to JavaScript with wasm2js");
    encodings::translate(&core, "core_js")?;
    encodings::translate(&export, "export_js")?;
    generated::write_tables()?;
    generated::write_worker()?;
    steps.next("bundling the shells with esbuild");
    npm::write()?;
    bundle::classic()?;
    bookmarklet::write()?;
    steps.next("putting the page together");
    page::write()?;
    steps.next("putting the extension together, for each browser");
    extension::write()
}

/// Puts the extension together once more, which must give the same bytes.
pub(crate) fn again() -> Result<()> {
    let before = extension::zips()?;
    extension::write()?;
    ensure!(before == extension::zips()?, "the extension's zips differ from build to build");
    Ok(())
}

/// Writes a file and the folders above it.
fn write(path: &Path, contents: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    std::fs::write(path, contents).with_context(|| format!("cannot write {}", path.display()))
}

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
