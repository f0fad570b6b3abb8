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

/// Appends a raw value with every lone surrogate replaced: strict readers refuse the
/// whole document for one.
pub fn well_formed(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(slash) = rest.iter().position(|byte| *byte == b'\\') {
        let (plain, escaped) = rest.split_at_checked(slash).unwrap_or_default();
        out.extend_from_slice(plain);
        let length = match code(escaped) {
            None => 2,
            Some(high @ 0xd800..0xe000) => {
                let low = escaped.get(6..).and_then(code);
                if high < 0xdc00 && low.is_some_and(|low| low & 0xfc00 == 0xdc00) {
                    12
                } else {
                    out.extend_from_slice(b"\\ufffd");
                    rest = escaped.get(6..).unwrap_or_default();
                    continue;
                }
            }
            Some(_) => 6,
        };
        out.extend_from_slice(escaped.get(..length).unwrap_or(escaped));
        rest = escaped.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// The code unit of the `\uXXXX` that starts `escaped`, if one does.
fn code(escaped: &[u8]) -> Option<u32> {
    let digits = escaped.strip_prefix(b"\\u")?.get(..4)?;
    u32::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
}
