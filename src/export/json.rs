//! Writing JSON, and reading single values of it.

use crate::json::{self, Kind, text};
use alloc::string::String;
use alloc::vec::Vec;

/// The insides of an object that is being written.
#[derive(Debug)]
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

/// Writes an object.
pub fn object(out: &mut Vec<u8>, members: impl FnOnce(&mut Object<'_>)) {
    out.push(b'{');
    members(&mut Object { out, first: true });
    out.push(b'}');
}

impl Object<'_> {
    /// Writes a key; its value is to follow.
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !core::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        string(key, self.out);
        self.out.push(b':');
        self.out
    }

    /// A member whose value is JSON.
    pub fn raw(&mut self, key: &str, value: &[u8]) {
        self.key(key).extend_from_slice(value);
    }

    /// A member whose value is text.
    pub fn text(&mut self, key: &str, value: &str) {
        string(value, self.key(key));
    }
}

/// Writes a string.
pub fn string(plain: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    text::encode(plain.as_bytes(), out);
    out.push(b'"');
}

/// The text that a raw string spells; none of any other value.
pub fn text_of(raw: &[u8]) -> Option<String> {
    if json::kind(raw) != Kind::String {
        return None;
    }
    let mut decoded = Vec::new();
    text::decode(text::inner(raw), &mut decoded);
    // Of UTF-8 input this is UTF-8.
    String::from_utf8(decoded).ok()
}

/// A number, as JavaScript has it; none of any other value.
pub fn number_of(raw: &[u8]) -> Option<f64> {
    if json::kind(raw) != Kind::Number {
        return None;
    }
    core::str::from_utf8(raw).ok()?.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A whole number that is not negative, and that JavaScript can hold exactly.
pub fn count_of(raw: &[u8]) -> Option<u64> {
    let number = number_of(raw)?;
    let count = number as u64;
    (number >= 0.0 && count <= MAX_SAFE && count as f64 == number).then_some(count)
}

/// The largest whole number that every JSON reader holds exactly.
pub const MAX_SAFE: u64 = (1 << 53) - 1;

/// Appends a raw value without the blanks around its tokens, which may be ends of lines,
/// and with every lone surrogate replaced: strict readers refuse the whole document for
/// one.
pub fn well_formed(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    let mut in_string = false;
    while let Some((byte, after)) = rest.split_first() {
        let length = match byte {
            b' ' | b'\t' | b'\n' | b'\r' if !in_string => {
                rest = after;
                continue;
            }
            b'\\' => escape_length(rest),
            b'"' => {
                in_string = !in_string;
                1
            }
            _ => 1,
        };
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        match code(token) {
            Some(0xd800..0xe000) if length == 6 => out.extend_from_slice(b"\\ufffd"),
            _ => out.extend_from_slice(token),
        }
        rest = after;
    }
}

/// The length of the escape that `escaped` starts with: of a pair of surrogates that of
/// both.
fn escape_length(escaped: &[u8]) -> usize {
    let is_low = |code: u32| code & 0xfc00 == 0xdc00;
    match code(escaped) {
        None => 2,
        Some(0xd800..0xdc00) if escaped.get(6..).and_then(code).is_some_and(is_low) => 12,
        Some(_) => 6,
    }
}

/// The code unit of the `\uXXXX` that starts `escaped`, if one does.
fn code(escaped: &[u8]) -> Option<u32> {
    let digits = escaped.strip_prefix(b"\\u")?.get(..4)?;
    u32::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
}
