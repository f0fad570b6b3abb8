//! What a server marks its messages with: the time, and ids nobody had before.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use xtask::time::rfc3339;

/// The time, as services write it.
pub(super) fn now() -> String {
    rfc3339(unix_ms())
}

/// A number that no turn had before: the `{{n}}` of recorded ids. It starts with
/// the time, since a page may outlive the server and must not meet an id twice.
pub(super) fn turn_number() -> String {
    format!("{:08x}{:04x}", started(), next() & 0xffff)
}

/// An id of the usual form.
pub(super) fn uuid() -> String {
    format!("{:08x}-0000-4000-8000-{:012x}", started(), next())
}

fn next() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

fn started() -> u64 {
    static STARTED: OnceLock<u64> = OnceLock::new();
    *STARTED.get_or_init(|| (unix_ms() / 1000) & 0xffff_ffff)
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}
