//! JSON values copied as text, so that numbers, key order, duplicate keys and
//! escapes that no string type can hold stay what they were on the wire.

use serde::de::IgnoredAny;

/// How strings are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Strings {
    /// As they are.
    Whole,
    /// Beyond 60 characters: the first 40, the length, and a hash of all.
    Brief,
}

const BRIEF_BEYOND: usize = 60;
const BRIEF_KEEPS: usize = 40;

/// Appends `text` as a JSON string.
pub fn push_string(out: &mut String, text: &str, strings: Strings) {
    let length = text.chars().count();
    if strings == Strings::Whole || length <= BRIEF_BEYOND {
        return push_quoted(out, text);
    }
    let start: String = text.chars().take(BRIEF_KEEPS).collect();
    let hash = fnv(text.as_bytes());
    push_quoted(out, &format!("{start}…({length} chars, fnv {hash:016x})"));
}

/// Appends the JSON value `raw` on one line; text that is no JSON becomes a
/// string.
pub fn push_value(out: &mut String, raw: &[u8], strings: Strings) {
    let text = String::from_utf8_lossy(raw);
    if serde_json::from_str::<IgnoredAny>(&text).is_err() {
        return push_string(out, &text, strings);
    }
    let mut rest = text.as_ref();
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '"' => string_length(rest),
            _ => next.len_utf8(),
        };
        let (token, after) = rest.split_at(length.min(rest.len()));
        match next {
            '"' => push_token(out, token, strings),
            ' ' | '\t' | '\r' | '\n' => {}
            _ => out.push_str(token),
        }
        rest = after;
    }
}

/// Appends a whole number without a fraction, as JavaScript prints it.
pub fn push_number(out: &mut String, number: f64) {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        out.push_str(&format!("{}", number as i64));
    } else {
        out.push_str(&serde_json::Value::from(number).to_string());
    }
}

/// FNV-1a, 64 bits.
pub fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn push_quoted(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// A string token: copied verbatim unless it must be shortened. A lone
/// surrogate cannot be decoded; then the escapes themselves are the text.
fn push_token(out: &mut String, token: &str, strings: Strings) {
    if strings == Strings::Whole {
        return out.push_str(token);
    }
    let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
    let decoded = serde_json::from_str::<String>(token).unwrap_or_else(|_| inner.to_owned());
    if decoded.chars().count() <= BRIEF_BEYOND {
        out.push_str(token);
    } else {
        push_string(out, &decoded, strings);
    }
}

/// Length of the string token that `text` starts with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(raw: &str, strings: Strings) -> String {
        let mut out = String::new();
        push_value(&mut out, raw.as_bytes(), strings);
        out
    }

    #[test]
    fn values_keep_their_spelling_and_lose_their_blanks() {
        let raw = "{ \"b\" : [1.50, 1e3,\n\t-0 ],\r\n \"a b\":\"\\u00e9 \\\" x\", \"b\":null }";
        let expected = r#"{"b":[1.50,1e3,-0],"a b":"\u00e9 \" x","b":null}"#;
        assert_eq!(copied(raw, Strings::Whole), expected);
        assert_eq!(copied(raw, Strings::Brief), expected);
    }

    #[test]
    fn a_lone_surrogate_stays_an_escape() {
        assert_eq!(copied(r#""\ud83d x""#, Strings::Brief), r#""\ud83d x""#);
    }

    #[test]
    fn what_is_no_json_becomes_a_string() {
        assert_eq!(copied("{oops", Strings::Whole), r#""{oops""#);
        assert_eq!(copied("", Strings::Whole), r#""""#);
    }

    #[test]
    fn long_strings_are_shortened_with_length_and_hash() {
        let long = "é".repeat(61);
        let expected =
            format!("\"{}…(61 chars, fnv {:016x})\"", "é".repeat(40), fnv(long.as_bytes()));
        assert_eq!(copied(&format!("\"{long}\""), Strings::Brief), expected);
        let kept = format!("\"{}\"", "é".repeat(60));
        assert_eq!(copied(&kept, Strings::Brief), kept);
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(fnv(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn numbers_read_like_javascript() {
        let mut out = String::new();
        push_number(&mut out, 1_787_220_001_400.0);
        out.push(' ');
        push_number(&mut out, 0.5);
        assert_eq!(out, "1787220001400 0.5");
    }
}
