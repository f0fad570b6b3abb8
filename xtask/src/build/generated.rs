//! target/gen/: what the build writes for the bundler to find. The JavaScript
//! sources name these modules `pagetap-core-wasm` and so on.

use super::base85;
use super::bundle::{Form, bundle};
use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::path::PathBuf;

/// Module names of the sources, and the files behind them.
pub(super) const MODULES: [(&str, &str); 6] = [
    ("pagetap-core-wasm", "core_wasm.js"),
    ("pagetap-core-wasm-deflated", "core_wasm_deflated.js"),
    ("pagetap-core-js", "core_js.js"),
    ("pagetap-endpoints", "endpoints.js"),
    ("pagetap-version", "version.js"),
    ("pagetap-worker-source", "worker_source.js"),
];

/// One version for everything: the workspace's.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The folder.
pub(super) fn folder() -> PathBuf {
    crate::root::path("target/gen")
}

/// A file in it.
pub(super) fn file(name: &str) -> PathBuf {
    folder().join(name)
}

/// Empties it, so that nothing from an earlier build is bundled.
pub(super) fn clear() -> Result<()> {
    if folder().exists() {
        std::fs::remove_dir_all(folder()).context("cannot empty target/gen")?;
    }
    std::fs::create_dir_all(folder()).context("cannot make target/gen")
}

/// Writes the modules that hold data: the wasm encoding as base64, the same
/// deflated as base 85, the addresses worth a look, the version.
pub(super) fn write_tables() -> Result<()> {
    let wasm = file("pagetap.wasm");
    let wasm = std::fs::read(wasm).context("cannot read target/gen/pagetap.wasm")?;
    let deflated = deflated(&wasm)?;
    let endpoints = endpoints(pagetap::dialect::endpoint::all());
    let tables = [
        ("core_wasm.js", STANDARD.encode(&wasm).into()),
        ("core_wasm_deflated.js", json!([base85::encode(&deflated), deflated.len()])),
        ("endpoints.js", endpoints),
        ("version.js", VERSION.into()),
    ];
    for (name, value) in tables {
        super::write(&file(name), default_export(&value))?;
    }
    Ok(())
}

/// Writes the module that holds what runs first in a tapped worker: a script as
/// text. It is bundled itself, with the tables, so this comes after them.
pub(super) fn write_worker() -> Result<()> {
    let entry = crate::root::existing("src/web/workers/inside.js", "the worker's script")?;
    let script = file("worker.js");
    bundle(&entry, &script, Form::Script)?;
    let text = super::read_text(&script)?;
    super::write(&file("worker_source.js"), default_export(&text.trim().into()))
}

/// Raw deflate, as small as it gets: what `DecompressionStream` reads.
fn deflated(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    zopfli::compress(zopfli::Options::default(), zopfli::Format::Deflate, bytes, &mut out)
        .context("cannot deflate the core")?;
    Ok(out)
}

fn default_export(value: &serde_json::Value) -> String {
    format!("export default {value};\n")
}

/// `[[method, pattern], ...]`, each once. What a pattern captures only the core
/// needs to know: `{name}` becomes `*`.
fn endpoints<'e>(all: impl Iterator<Item = (&'e str, &'e str)>) -> serde_json::Value {
    let mut pairs = Vec::new();
    for (method, pattern) in all {
        let segments = pattern.split('/');
        let segments = segments.map(|segment| if segment.starts_with('{') { "*" } else { segment });
        let pair = [method.to_owned(), segments.collect::<Vec<_>>().join("/")];
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    json!(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn endpoints_lose_their_captures_and_their_repeats() {
        let all = [
            ("POST", "/api/organizations/*/chat_conversations/{conversation}/completion"),
            ("POST", "/api/organizations/*/chat_conversations/*/completion"),
            ("POST", "**/v1/messages"),
            ("GET", "**/v1/messages"),
        ];
        assert_eq!(
            endpoints(all.into_iter()),
            json!([
                ["POST", "/api/organizations/*/chat_conversations/*/completion"],
                ["POST", "**/v1/messages"],
                ["GET", "**/v1/messages"],
            ])
        );
    }

    #[test]
    fn deflated_bytes_inflate_to_what_they_were() {
        let bytes = b"tap tap tap tap".repeat(20);
        let deflated = deflated(&bytes).unwrap();
        assert!(deflated.len() < bytes.len() / 4);
        let mut inflated = Vec::new();
        flate2::read::DeflateDecoder::new(deflated.as_slice()).read_to_end(&mut inflated).unwrap();
        assert_eq!(inflated, bytes);
    }

    #[test]
    fn tables_are_modules_with_a_default_export() {
        assert_eq!(default_export(&"0.1.0".into()), "export default \"0.1.0\";\n");
    }
}
