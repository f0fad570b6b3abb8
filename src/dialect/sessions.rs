//! The door to everything about sessions: dialects that several pipes speak.
//!
//! A build without the feature `sessions` has none of them: the bookmarklet that
//! every browser can keep has no room. Then these are the same names, and nothing
//! happens behind them.

#[cfg(feature = "sessions")]
pub(crate) use super::door::*;
#[cfg(feature = "sessions")]
pub(crate) use super::{pipe_end::archived, roster::Sessions, thread::Pipe};

#[cfg(not(feature = "sessions"))]
pub(crate) use super::no_sessions::*;
