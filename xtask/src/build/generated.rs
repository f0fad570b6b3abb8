//! target/gen/: what the build writes for the bundler to find. The JavaScript
//! sources name these modules `pagetap-core-wasm` and so on.

use super::bundle::{Form, bundle};
use super::mixing;
use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pagetap::dialect::{DIALECTS, Dialect, Endpoint, Part};
use serde_json::json;
use std::path::PathBuf;

/// Module names of the sources, and the files behind them.
pub(super) const MODULES: [(&str, &str); 9] = [
    ("pagetap-core-wasm", "core_wasm.js"),
    ("pagetap-core-small", "core_small.js"),
    ("pagetap-core-js", "core_js.js"),
    ("pagetap-endpoints", "endpoints.js"),
    ("pagetap-export-js", "export_js.js"),
    ("pagetap-export-wasm", "export_wasm.js"),
    ("pagetap-pages", "pages.js"),
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

/// Writes the modules that hold data: the wasm encodings as base64, the small core
/// for an address, the addresses worth a look, what pages look like, the version.
pub(super) fn write_tables() -> Result<()> {
    let all = DIALECTS.iter().flat_map(|dialect| dialect.endpoints);
    let tables = [
        ("core_wasm.js", STANDARD.encode(read("pagetap.wasm")?).into()),
        ("export_wasm.js", STANDARD.encode(read("export.wasm")?).into()),
        ("core_small.js", mixing::in_an_address(&read("small.wasm")?)),
        ("endpoints.js", endpoints(all)),
        ("pages.js", pages(DIALECTS)),
        ("version.js", VERSION.into()),
    ];
    for (name, value) in tables {
        super::write(&file(name), default_export(&value))?;
    }
    Ok(())
}

fn read(name: &str) -> Result<Vec<u8>> {
    std::fs::read(file(name)).with_context(|| format!("cannot read target/gen/{name}"))
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

fn default_export(value: &serde_json::Value) -> String {
    format!("export default {value};\n")
}

/// `[[method, pattern, "name: part", ...], ...]`, each once. What a pattern
/// captures only the core needs to know: `{name}` becomes `*`, `{name*}` `name*`.
fn endpoints<'e>(all: impl Iterator<Item = &'e Endpoint>) -> serde_json::Value {
    let mut rows = Vec::new();
    for Endpoint { method, path, needs, .. } in all {
        let segments = path.split('/').map(|segment| match segment.strip_prefix('{') {
            Some(name) if name.ends_with("*}") => name.trim_end_matches('}'),
            Some(_) => "*",
            None => segment,
        });
        let path = segments.collect::<Vec<_>>().join("/");
        let needs = needs.iter().map(|(name, part)| format!("{name}: {part}"));
        let row: Vec<String> = [(*method).to_owned(), path].into_iter().chain(needs).collect();
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    json!(rows)
}

/// `[{ dialect, paths, parts: { user: selector, ... }, conversationId }, ...]`, every
/// part named.
fn pages(dialects: &[&Dialect]) -> serde_json::Value {
    let one = |dialect: &&Dialect| {
        let page = dialect.page?;
        let selector = |part: &(&str, Option<Part>)| {
            let known = page.parts.iter().find(|(known, _)| Some(*known) == part.1);
            let name = part.0[..1].to_ascii_lowercase() + &part.0[1..];
            (name, known.map_or("", |(_, selector)| selector).into())
        };
        let parts: serde_json::Map<_, _> = Part::WORDS.iter().map(selector).collect();
        Some(json!({
            "dialect": dialect.name,
            "paths": page.paths,
            "parts": parts,
            "conversationId": page.conversation_id,
        }))
    };
    dialects.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pagetap::dialect::Says;

    #[test]
    fn endpoints_lose_their_captures_and_their_repeats() {
        let row = |method, path, needs| Endpoint { method, path, needs, says: Says::Rows };
        let all = [
            row("POST", "/api/organizations/*/chat/{conversation}/completion", &[]),
            row("POST", "/api/organizations/*/chat/*/completion", &[]),
            row("GET", "**/v1/sessions/{sesn_*}/events", &[]),
            row("POST", "**", &[("accept", "json"), ("accept", "event-stream")]),
        ];
        assert_eq!(
            endpoints(all.iter()),
            json!([
                ["POST", "/api/organizations/*/chat/*/completion"],
                ["GET", "**/v1/sessions/sesn_*/events"],
                ["POST", "**", "accept: json", "accept: event-stream"],
            ])
        );
    }

    #[test]
    fn pages_name_every_part_and_only_dialects_that_have_one() {
        let pages = pages(DIALECTS);
        let pages = pages.as_array().unwrap();
        let with = DIALECTS.iter().filter(|dialect| dialect.page.is_some()).count();
        assert_eq!(pages.len(), with);
        assert_eq!(pages[0]["dialect"], "claudeai");
        assert_eq!(pages[0]["paths"][0], "/chat/{conversation}");
        let parts = pages[0]["parts"].as_object().unwrap();
        assert_eq!(parts.len(), Part::WORDS.len());
        assert_eq!(parts["growing"], "[data-is-streaming=\"true\"]");
    }

    #[test]
    fn tables_are_modules_with_a_default_export() {
        assert_eq!(default_export(&"0.1.0".into()), "export default \"0.1.0\";\n");
    }
}
