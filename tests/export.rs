//! The exporter, over events of every kind and of none.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "export/content.rs"]
mod content;
#[path = "export/formats.rs"]
mod formats;
#[path = "export/names.rs"]
mod names;
#[path = "support/otlp.rs"]
mod otlp;
#[path = "export/resumed.rs"]
mod resumed;
#[path = "export/turns.rs"]
mod turns;
#[path = "support/whole.rs"]
mod whole;
