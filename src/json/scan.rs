//! One JSON value, checked strictly (RFC 8259) and skipped: no tree, no
//! recursion, no allocation.

pub use crate::limits::MAX_DEPTH;

/// The first position at or after `at` that is not JSON whitespace.
pub fn skip_space(src: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = src.get(at) {
        at += 1;
    }
    at
}

/// Whether `src` is exactly one JSON value with optional whitespace around it.
pub fn is_json(src: &[u8]) -> bool {
    value_end(src, skip_space(src, 0)).is_some_and(|end| skip_space(src, end) == src.len())
}

/// The end of the JSON value that starts at `at`, if a valid one does.
pub fn value_end(src: &[u8], mut at: usize) -> Option<usize> {
    // One bit per open container: set for an object.
    let mut objects = [0u32; MAX_DEPTH / 32];
    let mut depth = 0usize;
    loop {
        // Here a value must start.
        let opened = match *src.get(at)? {
            b'{' => Some(true),
            b'[' => Some(false),
            b'"' => {
                at = string_end(src, at)?;
                None
            }
            b't' => {
                at = literal_end(src, at, b"true")?;
                None
            }
            b'f' => {
                at = literal_end(src, at, b"false")?;
                None
            }
            b'n' => {
                at = literal_end(src, at, b"null")?;
                None
            }
            _ => {
                at = number_end(src, at)?;
                None
            }
        };
        if let Some(is_object) = opened {
            if depth >= MAX_DEPTH {
                return None;
            }
            let word = objects.get_mut(depth / 32)?;
            let bit = 1 << (depth % 32);
            *word = if is_object { *word | bit } else { *word & !bit };
            depth += 1;
            at = skip_space(src, at + 1);
            let close = if is_object { b'}' } else { b']' };
            if *src.get(at)? != close {
                if is_object {
                    at = key_end(src, at)?;
                }
                continue;
            }
            at += 1;
            depth -= 1;
        }
        // A value has ended: close containers until another value must follow.
        loop {
            let Some(inner) = depth.checked_sub(1) else {
                return Some(at);
            };
            let is_object = objects.get(inner / 32)? & (1 << (inner % 32)) != 0;
            at = skip_space(src, at);
            match (*src.get(at)?, is_object) {
                (b',', _) => {
                    at = skip_space(src, at + 1);
                    if is_object {
                        at = key_end(src, at)?;
                    }
                    break;
                }
                (b'}', true) | (b']', false) => {
                    at += 1;
                    depth = inner;
                }
                _ => return None,
            }
        }
    }
}

/// The end of the string whose opening quote is at `at`.
pub fn string_end(src: &[u8], at: usize) -> Option<usize> {
    if *src.get(at)? != b'"' {
        return None;
    }
    let mut at = at + 1;
    loop {
        match *src.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => match *src.get(at + 1)? {
                b'u' => {
                    let digits = src.get(at + 2..at + 6)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    at += 6;
                }
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                _ => return None,
            },
            0..=0x1f => return None,
            _ => at += 1,
        }
    }
}

/// The position of the value that belongs to the object key at `at`.
pub fn key_end(src: &[u8], at: usize) -> Option<usize> {
    let at = skip_space(src, string_end(src, at)?);
    if *src.get(at)? != b':' {
        return None;
    }
    Some(skip_space(src, at + 1))
}

fn literal_end(src: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    let end = at + word.len();
    (src.get(at..end)? == word).then_some(end)
}

fn number_end(src: &[u8], mut at: usize) -> Option<usize> {
    if src.get(at) == Some(&b'-') {
        at += 1;
    }
    at = match *src.get(at)? {
        b'0' => at + 1,
        b'1'..=b'9' => digits_end(src, at)?,
        _ => return None,
    };
    if src.get(at) == Some(&b'.') {
        at = digits_end(src, at + 1)?;
    }
    if let Some(b'e' | b'E') = src.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = src.get(at) {
            at += 1;
        }
        at = digits_end(src, at)?;
    }
    Some(at)
}

fn digits_end(src: &[u8], mut at: usize) -> Option<usize> {
    let start = at;
    while let Some(b'0'..=b'9') = src.get(at) {
        at += 1;
    }
    (at > start).then_some(at)
}
