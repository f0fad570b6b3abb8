//! The architecture's absences, read from the source text: what is not there is
//! the hardest thing to see in code, and the easiest to lose.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// The crate's modules, lowest first. A module may name those of lower layers;
/// those of the lowest, being one vocabulary, also one another.
const LAYERS: &[&[&str]] = &[
    &["event", "exchange", "hook", "json", "limits", "notice", "secrets", "seen"],
    &["framing", "output", "turn"],
    &["dialect"],
    &["export", "observe"],
    &["stream"],
    &["tap"],
    &["web"],
];

/// The dialects' tables.
const TABLES: [&str; 11] = [
    "ccr",
    "ccr_control",
    "ccr_rows",
    "claudeai",
    "claudeai_page",
    "complete",
    "enhanced",
    "ide",
    "managed",
    "mcp",
    "messages",
];

/// What only the browser has.
const BROWSER: [&str; 9] = [
    "wasm_bindgen",
    "js_sys",
    "web_sys",
    "gloo",
    "serde_wasm_bindgen",
    "console_error_panic_hook",
    "rlsf",
    "wasm32",
    "target_arch",
];

/// A source file: where it is and what it says, without comments and tests.
struct Source {
    path: PathBuf,
    name: String,
    code: String,
}

impl Source {
    /// The module at the crate's root that the file belongs to; `lib` for the
    /// root itself.
    fn module(&self) -> &str {
        let module = self.name.trim_start_matches("src/");
        module.split(['/', '.']).next().unwrap()
    }

    fn is_browser(&self) -> bool {
        self.module() == "web"
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

fn all_files(folder: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    files(&root().join(folder), &mut out);
    assert!(!out.is_empty(), "{folder} holds files");
    out
}

fn rust() -> Vec<Source> {
    let paths = all_files("src").into_iter().filter(|path| path.extension() == Some("rs".as_ref()));
    paths
        .map(|path| {
            let text = fs::read_to_string(&path).expect("source is text");
            let text = text.split("#[cfg(test)]").next().unwrap();
            let code = text.lines().map(without_comment).collect::<Vec<_>>().join("\n");
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            Source { path, name, code }
        })
        .collect()
}

/// A line up to its comment. A `//` inside a string is behind a `:`.
fn without_comment(line: &str) -> &str {
    let comment = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':'));
    comment.map_or(line, |(at, _)| &line[..at])
}

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|layer| layer.contains(&module));
    found.unwrap_or_else(|| panic!("module {module} has no place in LAYERS: which layer is it?"))
}

/// What a file names of the crate's root, by module.
fn named(source: &Source) -> Vec<&str> {
    let code = &source.code;
    let paths = code.match_indices("crate::").map(|(at, found)| &code[at + found.len()..]);
    let word = |path: &'_ str| path.find(|c: char| !c.is_alphanumeric() && c != '_');
    paths.map(|path| &path[..word(path).unwrap_or(path.len())]).collect()
}

#[test]
fn imports_go_one_way() {
    let mut edges = 0;
    for source in rust().iter().filter(|source| source.module() != "lib") {
        let own = layer(source.module());
        for module in named(source) {
            let name = &source.name;
            assert!(
                !module.is_empty(),
                "{name}: one module per `use crate::`, to be readable here"
            );
            if module == source.module() {
                continue;
            }
            let other = layer(module);
            assert!(other < own || own == 0 && other == 0, "{name} must not name crate::{module}");
            edges += 1;
        }
    }
    assert!(edges > 20, "only {edges} imports found: does this test still read them?");
}

#[test]
fn no_file_reaches_into_another_module_by_super() {
    for source in rust() {
        let depth = source.name.matches('/').count();
        let above = "super::".repeat(depth);
        assert!(!source.code.contains(&above), "{}: {above} is the crate's root", source.name);
    }
}

#[test]
fn the_framing_knows_bytes_only() {
    for source in rust().iter().filter(|source| source.module() == "framing") {
        for module in named(source) {
            let allowed = ["framing", "json", "secrets"].contains(&module);
            assert!(allowed, "{} must not name crate::{module}", source.name);
        }
    }
}

#[test]
fn dialect_tables_are_data() {
    for source in rust().iter().filter(|source| source.module() == "dialect") {
        let stem = source.path.file_stem().unwrap().to_str().unwrap();
        let is_table = TABLES.contains(&stem);
        let begins = |line: &str| {
            line.contains("static") && line.contains(": Dialect = Dialect {")
                || line.contains(": &[EventRule] = &[")
                || line.contains(": Page = Page {")
        };
        let holds_table = source.code.lines().any(begins);
        assert_eq!(holds_table, is_table, "{}: tables stand in files of their own", source.name);
        if is_table {
            for word in ["fn ", "impl ", "macro_rules", "match ", "let ", "unsafe"] {
                assert!(!source.code.contains(word), "{} holds `{word}`", source.name);
            }
        }
    }
}

#[test]
fn the_browser_is_named_in_web_only() {
    for source in rust().iter().filter(|source| !source.is_browser()) {
        for line in source.code.lines() {
            // The crate's root says when `web` is part of it, nothing more.
            if source.module() == "lib" && line.starts_with("#") {
                continue;
            }
            for name in BROWSER {
                assert!(!line.contains(name), "{} names {name}: {line}", source.name);
            }
        }
    }
}

#[test]
fn browser_crates_are_dependencies_of_the_browser_build_only() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let mut section = "";
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let name = line.split(['=', '.', ' ']).next().unwrap().replace('-', "_");
        if BROWSER.contains(&&*name) {
            let gated = section.starts_with("[target.'cfg(target_arch = \"wasm32\")'");
            assert!(gated, "{line} stands in {section}");
        }
    }
}

#[test]
fn the_core_does_not_link_std() {
    let sources = rust();
    let lib = sources.iter().find(|source| source.module() == "lib").expect("src/lib.rs");
    assert!(lib.code.lines().any(|line| line == "#![no_std]"), "src/lib.rs is no_std");
    for source in &sources {
        assert!(!source.code.contains("std::"), "{} names std", source.name);
        assert!(!source.code.contains("extern crate std"), "{} links std", source.name);
    }
}

#[test]
fn nothing_panics_on_purpose_and_nothing_is_unsafe() {
    let words = [
        "unwrap(",
        "expect(",
        "panic!",
        "todo!",
        "unimplemented!",
        "unreachable!",
        "assert!(",
        "assert_eq!(",
        "unsafe {",
        "unsafe fn",
        "unsafe impl",
    ];
    for source in rust() {
        for line in source.code.lines() {
            for word in words {
                assert!(!line.contains(word), "{} has `{word}`: {line}", source.name);
            }
        }
    }
}

#[test]
fn no_source_file_is_longer_than_400_lines() {
    let mut long = Vec::new();
    for path in all_files("src") {
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("rs" | "js" | "mjs")) {
            let lines = fs::read_to_string(&path).expect("source is text").lines().count();
            if lines > 400 {
                long.push(format!("{} has {lines}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(long.is_empty(), "longer than 400 lines: {}", long.join(", "));
}

#[test]
fn no_file_is_named_for_nothing_in_particular() {
    let names = ["common", "helper", "helpers", "manager", "misc", "util", "utils"];
    for path in ["src", "tests", "xtask/src"].into_iter().flat_map(all_files) {
        let parts = path.strip_prefix(root()).unwrap().iter();
        for part in parts.map(|part| part.to_str().unwrap_or_default()) {
            let stem = part.split('.').next().unwrap();
            assert!(!names.contains(&stem), "{} says nothing", path.display());
        }
    }
}
