//! JSON strings: comparing them, decoding them.

use alloc::vec::Vec;

/// The inside of a raw JSON string (`"abc"` gives `abc`, still escaped); empty
/// for any other value.
pub fn inner(raw: &[u8]) -> &[u8] {
    match raw {
        [b'"', inner @ .., b'"'] => inner,
        _ => &[],
    }
}

/// Whether the escaped text `inner` spells `plain`.
pub fn equals(inner: &[u8], plain: &[u8]) -> bool {
    if !inner.contains(&b'\\') {
        return inner == plain;
    }
    let mut decoded = Vec::new();
    decode(inner, &mut decoded) && decoded == plain
}

/// The text that `inner` spells, without a copy where nothing is escaped; else
/// decoded into `spare`.
pub fn word<'t>(inner: &'t [u8], spare: &'t mut Vec<u8>) -> &'t [u8] {
    if !inner.contains(&b'\\') {
        return inner;
    }
    decode(inner, spare);
    spare
}

/// A copy. One function for all: inlined at every place that keeps something it
/// would be a good part of the module.
#[inline(never)]
pub fn copy(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

/// As much of UTF-8 text as `limit` bytes hold, in whole characters.
pub fn head(utf8: &[u8], limit: usize) -> &[u8] {
    let starts = |at: &usize| utf8.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
    let end = (0..=limit.min(utf8.len())).rev().find(starts);
    end.and_then(|end| utf8.get(..end)).unwrap_or_default()
}

/// Appends the text that the escaped `inner` spells, as UTF-8. False when it
/// holds a lone surrogate, which UTF-8 cannot: U+FFFD stands in for it, and
/// whoever needs the exact text keeps the escaped form.
pub fn decode(inner: &[u8], out: &mut Vec<u8>) -> bool {
    decode_as(inner, out, false)
}

/// The same of text that is JSON itself: there a lone surrogate can stay, as an
/// escape of that JSON.
pub fn decode_json(inner: &[u8], out: &mut Vec<u8>) {
    decode_as(inner, out, true);
}

fn decode_as(inner: &[u8], out: &mut Vec<u8>, json: bool) -> bool {
    let mut exact = true;
    let mut rest = inner;
    while let Some(slash) = rest.iter().position(|byte| *byte == b'\\') {
        let (plain, escaped) = rest.split_at_checked(slash).unwrap_or_default();
        out.extend_from_slice(plain);
        let short = match escaped.get(1) {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'u') => {
                let mut used = 6;
                let mut code = hex4(escaped, 2);
                if code & 0xfc00 == 0xd800 && escaped.get(6..8) == Some(b"\\u") {
                    let low = hex4(escaped, 8);
                    if low & 0xfc00 == 0xdc00 {
                        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
                        used = 12;
                    }
                }
                let letter = char::from_u32(code);
                exact &= letter.is_some();
                if letter.is_none() && json {
                    out.extend_from_slice(escaped.get(..6).unwrap_or_default());
                } else {
                    let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
                    out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                }
                rest = escaped.get(used..).unwrap_or_default();
                continue;
            }
            Some(other) => *other,
            None => return false,
        };
        out.push(short);
        rest = escaped.get(2..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    exact
}

/// Appends `plain` as the inside of a JSON string.
pub fn encode(plain: &[u8], out: &mut Vec<u8>) {
    for byte in plain {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            0..=0x1f => {
                let digit =
                    |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            }
            _ => out.push(*byte),
        }
    }
}

/// The length of UTF-8 text in UTF-16 code units, which is how JavaScript counts.
pub fn utf16_len(utf8: &[u8]) -> u32 {
    // Looked at a word at a time, which is most of what there is to look at.
    if utf8.is_ascii() {
        return utf8.len() as u32;
    }
    let units = |byte: &u8| u32::from(*byte & 0xc0 != 0x80) + u32::from(*byte >= 0xf0);
    utf8.iter().map(units).sum()
}

fn hex4(src: &[u8], at: usize) -> u32 {
    let digits = src.get(at..at + 4).unwrap_or_default();
    digits.iter().fold(0, |code, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            b'A'..=b'F' => digit - b'A' + 10,
            _ => 0,
        };
        code << 4 | u32::from(value)
    })
}
