//! pagetap: a trustworthy view of what an AI assistant does on a web page.
//!
//! The core is pure: bytes and times go in, records come out. It knows no
//! browser, no clock and no I/O (it does not even link `std`), so every bug can
//! be replayed natively from a file. Everything that touches the browser lives
//! in `web`.
//!
//! - Layer A ([`event`]): the lossless raw tap.
//! - Layer B ([`hook`]): semantic hook events, made by the tables in
//!   [`dialect`].
//!
//! ```
//! use pagetap::{Tap, event::Layer, hook::{Field, HookName}, limits::Limits};
//!
//! let mut tap = Tap::new(Limits::default());
//! tap.listen(false, true);
//! let stream = tap.open("https://api.example/v1/messages", "POST", 0.0).unwrap();
//! tap.feed(stream, b"data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\"}}\n\n", 1.0);
//! let started = tap.batch().records().any(|r| r.layer() == Layer::Hook(HookName::MessageStart));
//! assert!(started);
//! ```

#![no_std]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]
// What only sessions or added rules need is not worth a condition each.
#![cfg_attr(not(all(feature = "sessions", feature = "tables")), allow(dead_code))]

extern crate alloc;

pub mod dialect;
pub mod event;
pub mod exchange;
#[cfg(feature = "export")]
pub mod export;
pub mod framing;
pub mod hook;
pub mod json;
pub mod limits;
pub mod notice;
#[cfg(feature = "dom")]
mod observe;
mod output;
pub mod secrets;
mod seen;
pub mod stream;
mod tap;
mod turn;
#[cfg(all(target_arch = "wasm32", any(feature = "tap", feature = "export")))]
mod web;

pub use tap::Tap;
