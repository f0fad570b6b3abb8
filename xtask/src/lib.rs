//! Recorded streams through the native core: reading them, cutting them into
//! chunks, running them, printing what came out.
//!
//! `cargo xtask replay` is a thin command over this library, and the tests
//! bless their expectations with the same printing.

pub mod chunks;
pub mod export;
pub mod json_text;
pub mod random;
pub mod record_json;
pub mod replay;
pub mod time;
