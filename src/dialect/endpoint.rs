//! Addresses: which requests are worth a look, and what their paths name.
//!
//! A pattern is a path of segments: plain text matches itself, `*` matches one
//! segment, `{name}` matches one segment and captures it, and a leading `**`
//! matches any prefix (gateways put the same API under paths of their own).
//! Host and query do not count.

use super::{DIALECTS, Dialect, Endpoint};

/// The dialect and endpoint a request belongs to, and the conversation its path
/// names. An empty method is one that is not known, and fits any.
pub fn find<'u>(
    url: &'u str,
    method: &str,
) -> Option<(&'static Dialect, &'static Endpoint, &'u str)> {
    let path = path(url);
    for dialect in DIALECTS {
        for endpoint in dialect.endpoints {
            if !method.is_empty() && endpoint.method != method {
                continue;
            }
            if let Some(conversation) = matches(endpoint.path, path) {
                return Some((dialect, endpoint, conversation));
            }
        }
    }
    None
}

/// Every method and path pattern there is, for whoever must decide before the
/// core is there.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let endpoints = DIALECTS.iter().flat_map(|dialect| dialect.endpoints);
    endpoints.map(|endpoint| (endpoint.method, endpoint.path))
}

/// The path of an absolute or relative URL.
fn path(url: &str) -> &str {
    let end = url.bytes().position(|byte| byte == b'?' || byte == b'#');
    let url = end.and_then(|end| url.get(..end)).unwrap_or(url);
    if url.starts_with('/') {
        return url;
    }
    // After "scheme://host", that is: from the third slash on.
    let slash = url.bytes().enumerate().filter(|(_, byte)| *byte == b'/').nth(2);
    slash.and_then(|(at, _)| url.get(at..)).unwrap_or_default()
}

/// The captured segment (empty when the pattern captures none), if `path` fits.
/// Compared from the end, because a prefix may be left open.
fn matches<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    let mut captured = "";
    let (mut pattern, mut path) = (Some(pattern), Some(path));
    loop {
        let (wanted, more_pattern) = match pattern {
            Some(pattern) => last_segment(pattern),
            None => return path.is_none().then_some(captured),
        };
        if wanted == "**" {
            return Some(captured);
        }
        let (segment, more_path) = last_segment(path?);
        if wanted.starts_with('{') && !segment.is_empty() {
            captured = segment;
        } else if wanted != segment && (wanted != "*" || segment.is_empty()) {
            return None;
        }
        (pattern, path) = (more_pattern, more_path);
    }
}

/// The last segment, and what stands before it.
fn last_segment(path: &str) -> (&str, Option<&str>) {
    match path.bytes().rposition(|byte| byte == b'/') {
        Some(at) => (path.get(at + 1..).unwrap_or_default(), path.get(..at)),
        None => (path, None),
    }
}
