//! Addresses: which requests are worth a look, and what their paths name.
//!
//! A pattern is a path of segments: plain text matches itself, `*` matches one
//! segment, `{name}` matches one segment and captures it, `{name*}` the same if
//! it starts with `name`, and a leading `**` matches any prefix (gateways put
//! the same API under paths of their own). Host and query do not count.
//!
//! Several endpoints can match. One that also needs a header knows best, one
//! that any path fits knows least.

use super::{DIALECTS, Dialect, Endpoint};
use crate::exchange::{Opening, SESSIONS};

/// The dialect and endpoint a request belongs to, and the conversation its path
/// names. An empty method is one that is not known, and fits any.
pub fn find<'u>(
    url: &'u str,
    method: &'u str,
) -> Option<(&'static Dialect, &'static Endpoint, &'u str)> {
    of(&Opening { method, ..Opening::fetch(url, "") })
}

/// The same, with all that is known of the request.
pub fn of<'u>(opening: &Opening<'u>) -> Option<(&'static Dialect, &'static Endpoint, &'u str)> {
    let each = |dialect: &&'static Dialect| {
        let dialect = *dialect;
        dialect.endpoints.iter().map(move |endpoint| (dialect, endpoint))
    };
    best(opening, DIALECTS.iter().flat_map(each))
}

/// The same among these; of two that know as much, the first.
pub(super) fn best<'u>(
    opening: &Opening<'u>,
    among: impl Iterator<Item = (&'static Dialect, &'static Endpoint)>,
) -> Option<(&'static Dialect, &'static Endpoint, &'u str)> {
    let path = path(opening.url);
    let mut best = None;
    let mut best_rank = 0;
    for (dialect, endpoint) in among {
        let method = opening.method;
        let has = |(name, part): &(&str, &str)| opening.header_holds(name, part);
        let fits = (method.is_empty() || endpoint.method == method)
            && (!SESSIONS || endpoint.needs.iter().all(has));
        let rank = match (endpoint.path, endpoint.needs) {
            (ANYWHERE, _) => 1,
            (_, []) => 2,
            _ => 3,
        };
        if fits
            && rank > best_rank
            && let Some(conversation) = matches(endpoint.path, path)
        {
            best_rank = rank;
            best = Some((dialect, endpoint, conversation));
        }
    }
    best
}

/// The pattern that any path fits.
const ANYWHERE: &str = "**";

/// Every endpoint there is, for whoever must decide before the core is there.
pub fn all() -> impl Iterator<Item = &'static Endpoint> {
    DIALECTS.iter().flat_map(|dialect| dialect.endpoints)
}

/// What is wrong with a pattern, if it is none.
#[cfg(feature = "tables")]
pub(super) fn fault(pattern: &str) -> Option<&'static str> {
    if !pattern.starts_with('/') && pattern != ANYWHERE && !pattern.starts_with("**/") {
        return Some("a pattern starts with \"/\" or \"**\"");
    }
    let mut captures = 0;
    for (at, segment) in pattern.split('/').enumerate() {
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        captures += u32::from(name.is_some());
        let plain = name.map_or(segment, |name| name.strip_suffix('*').unwrap_or(name));
        let known = at == 0 && segment == ANYWHERE || segment == "*";
        let graphic = |byte: u8| byte.is_ascii_graphic() && !b"*{}?#".contains(&byte);
        if !known && !plain.bytes().all(graphic) {
            return Some("a segment is plain text of an address, \"*\", \"{name}\" or \"{name*}\"");
        }
    }
    (captures > 1).then_some("a pattern captures one segment")
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
        if let Some(name) = wanted.strip_prefix('{') {
            let prefix = name.strip_suffix("*}").unwrap_or_default();
            if segment.is_empty() || !segment.starts_with(prefix) {
                return None;
            }
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
