//! What each artefact weighs.

use crate::root;
use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

const ARTEFACTS: [&str; 10] = [
    "dist/npm/index.js",
    "dist/npm/pagetap-core.js",
    "dist/npm/pagetap.wasm",
    "dist/npm/pagetap-export.js",
    "dist/npm/pagetap-export.wasm",
    "dist/pagetap.js",
    "dist/bookmarklet.txt",
    "dist/bookmarklet-full.txt",
    "dist/extension-chrome.zip",
    "dist/extension-firefox.zip",
];

/// One line per artefact: bytes, and bytes as a server sends them.
pub(super) fn table() -> Result<String> {
    let mut rows = Vec::new();
    for name in ARTEFACTS {
        let bytes =
            std::fs::read(root::path(name)).with_context(|| format!("cannot read {name}"))?;
        rows.push((name, bytes.len(), gzipped(&bytes)?));
    }
    Ok(print(&rows))
}

fn gzipped(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

fn print(rows: &[(&str, usize, usize)]) -> String {
    let mut table = format!("{:<28}{:>10}{:>10}\n", "artefact", "bytes", "gzip");
    for (name, bytes, gzip) in rows {
        table.push_str(&format!(
            "{name:<28}{:>10}{:>10}\n",
            grouped(*bytes as u64),
            grouped(*gzip as u64)
        ));
    }
    table
}

/// 65536 as 65,536.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1000, 65_536, 1_234_567].map(grouped),
            ["0", "999", "1,000", "65,536", "1,234,567"]
        );
    }

    #[test]
    fn columns_line_up() {
        let table = print(&[("a", 1, 1), ("dist/npm/pagetap-core.js", 12_345, 6_789)]);
        let widths: Vec<usize> = table.lines().map(str::len).collect();
        assert!(widths.iter().all(|width| *width == 48), "{table}");
    }
}
