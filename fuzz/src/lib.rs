//! What holds for any bytes. Each module has a `check`, which panics where it does not,
//! and `seeds`, inputs made of the project's corpus to begin with.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

pub mod captures;
pub mod dialects;
pub mod exporter;
pub mod framing;
pub mod mutation;
pub mod snapshots;
pub mod tables;
pub mod turns;
pub mod words;

mod corpus;
mod script;

#[path = "../../tests/support/chunks.rs"]
mod chunks;
#[path = "../../tests/support/frames.rs"]
#[allow(missing_docs)]
mod frames;
#[path = "../../tests/support/records.rs"]
#[allow(dead_code, missing_docs)]
mod records;
#[path = "../../tests/support/standard.rs"]
#[allow(missing_docs)]
mod standard;

/// One property, and where looking for what breaks it begins.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its module, and libFuzzer's binary.
    pub name: &'static str,
    /// Panics where it does not hold.
    pub check: fn(&[u8]),
    /// Inputs that mean something.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "captures", check: captures::check, seeds: captures::seeds },
    Target { name: "dialects", check: dialects::check, seeds: dialects::seeds },
    Target { name: "exporter", check: exporter::check, seeds: exporter::seeds },
    Target { name: "framing", check: framing::check, seeds: framing::seeds },
    Target { name: "snapshots", check: snapshots::check, seeds: snapshots::seeds },
    Target { name: "tables", check: tables::check, seeds: tables::seeds },
    Target { name: "turns", check: turns::check, seeds: turns::seeds },
];
