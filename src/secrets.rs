//! Secrets are covered before anything is told: in the bytes themselves, with
//! as many asterisks as they had characters, so that both layers, every range
//! and every length stay true.
//!
//! What is covered is what is known to grant access on the wires this crate
//! reads: values of certain JSON members and URL parameters, and keys that tell
//! themselves by their prefix, wherever they stand. One pass, linear.

use alloc::vec::Vec;

/// JSON members whose text is a secret. Compared in lower case.
const MEMBERS: &[&[u8]] = &[
    b"access_token",
    b"accesstoken",
    b"api_key",
    b"apikey",
    b"authorization",
    b"authorization_token",
    b"authtoken",
    b"client_secret",
    b"cookie",
    b"fallback_credit_token",
    b"id_token",
    b"mcp-session-id",
    b"password",
    b"proxy-authorization",
    b"refresh_token",
    b"refreshtoken",
    b"sessionkey",
    b"sessiontoken",
    b"set-cookie",
    b"token",
    b"worker_jwt",
    b"x-api-key",
    b"x-claude-code-ide-authorization",
];

/// URL parameters whose value is a secret. Compared in lower case.
const PARAMETERS: &[&[u8]] = &[
    b"access_token",
    b"api_key",
    b"apikey",
    b"code",
    b"code_verifier",
    b"id_token",
    b"refresh_token",
    b"token",
    b"x-api-key",
];

/// Keys that tell themselves: how they start, and how many characters must
/// follow for it to be one.
const PREFIXES: &[(&[u8], usize)] =
    &[(b"AIza", 30), (b"sk-ant-", 12), (b"Bearer ", 8), (b"sessionKey=", 8)];

/// Covers the secrets in `bytes`; how many there were.
pub fn cover(bytes: &mut [u8]) -> u32 {
    cover_from(bytes, 0, false).0
}

/// What the end of a text lies in.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Place {
    /// No secret.
    #[default]
    Outside,
    /// A secret that ends where no more of its characters follow.
    Word,
    /// A secret that is a JSON text, and ends with its quote.
    Text(Quote),
}

/// How a JSON text ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Quote {
    /// Backslashes before its quotes: 1 in JSON inside JSON, 3 one deeper.
    depth: usize,
    /// Backslashes right before the place at hand.
    slashes: usize,
}

/// Where a secret stands, and what it is.
type Secret = (usize, usize, Place);

/// What a text that goes on in the next message ended with.
#[derive(Debug, Default)]
pub struct Cut {
    /// Its last bytes, in which a name may begin.
    tail: Vec<u8>,
    /// Where it ended.
    place: Place,
}

/// As many bytes as a name and what stands around it can have.
const TAIL: usize = 48;

impl Cut {
    /// Covers the secrets of the next message of the same text; how many there
    /// were. A secret that was cut is covered on both sides, from the first byte
    /// that shows it.
    pub fn cover(&mut self, bytes: &mut [u8]) -> u32 {
        let end = match &mut self.place {
            Place::Outside => 0,
            Place::Word => run(bytes, 0, is_value),
            Place::Text(quote) => quote.find(bytes, 0),
        };
        bytes.get_mut(..end).unwrap_or_default().fill(b'*');
        if end < bytes.len() {
            self.place = Place::Outside;
        }
        let before = self.tail.len();
        let mut joined = core::mem::take(&mut self.tail);
        joined.extend_from_slice(bytes);
        let (count, place) = cover_from(&mut joined, before, true);
        // What is covered already has lost its backslashes, so it is not read again.
        if self.place == Place::Outside {
            self.place = place;
        }
        if let Some(covered) = joined.get(before..) {
            bytes.copy_from_slice(covered);
        }
        // Most messages are whole.
        if !matches!(bytes.trim_ascii_end().last(), Some(b'}' | b']')) {
            self.tail = joined.split_off(joined.len().saturating_sub(TAIL));
        }
        count
    }
}

/// Covers what lies at or after `from`, in a text that may go on; how many there
/// were, and whether the end lies in the last one.
fn cover_from(bytes: &mut [u8], from: usize, goes_on: bool) -> (u32, Place) {
    let mut count = 0;
    let mut place = Place::Outside;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let secret = match byte {
            b'"' => member(bytes, at + 1),
            b'?' | b'&' => parameter(bytes, at + 1, b"="),
            // An ampersand, as some servers write it in JSON.
            b'6' if bytes.get(..at).is_some_and(|before| before.ends_with(b"\\u002")) => {
                parameter(bytes, at + 1, b"=")
            }
            b'%' => escaped(bytes, at + 1),
            b'/' => user(bytes, at + 1),
            b'A' | b's' | b'B' => prefixed(bytes, at, goes_on),
            _ => None,
        };
        // A form begins with its first field.
        let secret = if at == 0 { secret.or_else(|| parameter(bytes, 0, b"=")) } else { secret };
        let Some((start, end, kind)) = secret else {
            at += 1;
            continue;
        };
        if end == bytes.len() {
            place = kind;
        }
        if let Some(value) = bytes.get_mut(start.max(from)..end) {
            // Covered before, or nothing to cover.
            if value.iter().any(|byte| *byte != b'*') {
                value.fill(b'*');
                count += 1;
            }
        }
        at = end.max(at + 1);
    }
    (count, place)
}

/// The text of the member whose name starts at `at`, if that is a secret. JSON
/// inside a JSON string has its quotes escaped, perhaps more than once.
fn member(bytes: &[u8], at: usize) -> Option<Secret> {
    let name = run(bytes, at, is_name);
    known(MEMBERS, bytes.get(at..name)?).then_some(())?;
    let colon = skip(bytes, quote(bytes, name)?);
    (bytes.get(colon) == Some(&b':')).then_some(())?;
    let opens = skip(bytes, colon + 1);
    let start = quote(bytes, opens)?;
    let mut quote = Quote { depth: start - opens - 1, slashes: 0 };
    let end = quote.find(bytes, start);
    Some((start, end, Place::Text(quote)))
}

impl Quote {
    /// Where the text ends whose next byte is at `at`. An escaped character inside has more
    /// backslashes than its quotes, an escaped backslash twice as many and two.
    fn find(&mut self, bytes: &[u8], at: usize) -> usize {
        let Self { depth, slashes } = self;
        for (length, byte) in bytes.get(at..).unwrap_or_default().iter().enumerate() {
            match byte {
                b'\\' => *slashes += 1,
                b'"' if *slashes < *depth || (*slashes - *depth) % (2 * (*depth + 1)) == 0 => {
                    return at + length.saturating_sub(*slashes.min(depth));
                }
                _ => *slashes = 0,
            }
        }
        bytes.len()
    }
}

/// The value of the URL parameter whose name starts at `at`, if that is a secret.
fn parameter(bytes: &[u8], at: usize, equals: &[u8]) -> Option<Secret> {
    let name = run(bytes, at, is_name);
    known(PARAMETERS, bytes.get(at..name)?).then_some(())?;
    bytes.get(name..)?.starts_with(equals).then_some(())?;
    let start = name + equals.len();
    Some((start, run(bytes, start, is_value), Place::Word))
}

/// The same in an address that stands escaped in another: `%3Ftoken%3D`.
fn escaped(bytes: &[u8], at: usize) -> Option<Secret> {
    let code = bytes.get(at..at + 2)?;
    let begins = [&b"3F"[..], b"3f", b"26"].contains(&code);
    begins.then(|| parameter(bytes, at + 2, b"%3D").or_else(|| parameter(bytes, at + 2, b"%3d")))?
}

/// The name and password of the address whose second slash is at `at`.
fn user(bytes: &[u8], at: usize) -> Option<Secret> {
    (bytes.get(at) == Some(&b'/')).then_some(())?;
    let start = at + 1;
    let end = run(bytes, start, |byte| is_value(byte) && !matches!(byte, b'/' | b'?' | b'@'));
    (end > start && bytes.get(end) == Some(&b'@')).then_some((start, end, Place::Word))
}

/// What a value in an address may hold.
fn is_value(byte: u8) -> bool {
    byte > b' ' && !matches!(byte, b'&' | b'#' | b'"' | b'\'' | b'\\' | b'<' | b'>' | b')')
}

/// The key that starts at `at`, if its prefix says it is one.
fn prefixed(bytes: &[u8], at: usize, goes_on: bool) -> Option<Secret> {
    let rest = bytes.get(at..)?;
    let (prefix, least) = PREFIXES.iter().find(|(prefix, _)| rest.starts_with(prefix))?;
    let start = at + prefix.len();
    let end =
        run(bytes, start, |byte| is_name(byte) || matches!(byte, b'.' | b'~' | b'+' | b'/' | b'='));
    // One that is cut shows less of itself.
    let cut = goes_on && end == bytes.len() && end > start;
    (cut || end - start >= *least).then_some((start, end, Place::Word))
}

fn known(names: &[&[u8]], name: &[u8]) -> bool {
    // The longest name there is; most texts after a quote are told by length.
    name.len() <= 31 && names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// After a quote at `at`, however escaped.
fn quote(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = run(bytes, at, |byte| byte == b'\\');
    (bytes.get(quote) == Some(&b'"')).then_some(quote + 1)
}

fn skip(bytes: &[u8], at: usize) -> usize {
    run(bytes, at, |byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Where the bytes from `at` on stop being `like` this.
fn run(bytes: &[u8], at: usize, like: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest.iter().position(|byte| !like(*byte)).unwrap_or(rest.len());
    at + length
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn covered(text: &str) -> String {
        let mut bytes: Vec<u8> = text.bytes().collect();
        cover(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn members_in_json_and_in_json_inside_json() {
        assert_eq!(
            covered(r#"{"worker_jwt" : "ey.x","a":"b"}"#),
            r#"{"worker_jwt" : "****","a":"b"}"#
        );
        assert_eq!(covered(r#"{"t":"{\"token\":\"abc\"}"}"#), r#"{"t":"{\"token\":\"***\"}"}"#);
        assert_eq!(
            covered(r#"{"t":"\\\"Token\\\":\\\"abc\\\""}"#),
            r#"{"t":"\\\"Token\\\":\\\"***\\\""}"#
        );
    }

    #[test]
    fn an_escaped_character_does_not_end_a_secret() {
        for (text, cover) in [
            (r#"{"token":"AB\/CD\u002bEF\"GH\\","b":"c"}"#, r#"{"token":"~","b":"c"}"#),
            (
                r#"{"t":"{\"token\":\"AB\\/C\\\"D\\\\\",\"b\":1}"}"#,
                r#"{"t":"{\"token\":\"~\",\"b\":1}"}"#,
            ),
            // The outer text ends first.
            (r#"{"t":"{\"token\":\"AB","b":"c"}"#, r#"{"t":"{\"token\":\"~","b":"c"}"#),
        ] {
            let (before, after) = cover.split_once('~').unwrap();
            let stars = "*".repeat(text.len() - before.len() - after.len());
            assert_eq!(covered(text), [before, &stars, after].concat());
        }
    }

    #[test]
    fn what_only_looks_like_one_stays() {
        for text in [
            r#"{"output_tokens":5,"tokens":"five","token":7,"progressToken":"p1"}"#,
            r#"the "token" is short, code=1"#,
            "AIzaShort sk-ant-x Bearer no.",
            "https://a.example/@me //x 50%26 of?",
        ] {
            assert_eq!(covered(text), text);
        }
    }

    #[test]
    fn keys_that_tell_themselves_and_parameters_of_addresses() {
        assert_eq!(
            covered("key AIzaSyA1234567890abcdefghijklmnopqrstu!"),
            ["key AIza", &"*".repeat(34), "!"].concat()
        );
        assert_eq!(
            covered("x sk-ant-api03-abcdef_-12 y"),
            ["x sk-ant-", &"*".repeat(16), " y"].concat()
        );
        assert_eq!(
            covered("authorization: Bearer abcdefgh.ij"),
            "authorization: Bearer ***********"
        );
        assert_eq!(
            covered("https://a.example/cb?code=abc&state=d&token=e#x"),
            "https://a.example/cb?code=***&state=d&token=*#x"
        );
        assert_eq!(
            covered(r#"{"url":"https://a.example/cb?state=d\u0026code=abc","n":6}"#),
            r#"{"url":"https://a.example/cb?state=d\u0026code=***","n":6}"#
        );
    }

    #[test]
    fn addresses_in_forms_in_addresses_and_with_a_password() {
        assert_eq!(covered("access_token=abc&x=1"), "access_token=***&x=1");
        assert_eq!(
            covered("u=https%3A%2F%2Fh%3Ftoken%3Dabc&v"),
            "u=https%3A%2F%2Fh%3Ftoken%3D***&v"
        );
        assert_eq!(covered("wss://ann:pw@h.example/x"), "wss://******@h.example/x");
    }

    #[test]
    fn a_secret_that_is_cut_is_covered_on_both_sides() {
        let text = br#"{"a":"b","token":"Zq8-first\/-\"second","key":"sk-ant-api03-abcdefghij"}"#;
        for at in 1..text.len() {
            for step in [at, 1, 3] {
                let mut cut = Cut::default();
                let mut told = Vec::new();
                let (head, tail) = text.split_at(at);
                for piece in head.chunks(step).chain(tail.chunks(step)) {
                    let mut piece = piece.to_vec();
                    cut.cover(&mut piece);
                    told.extend_from_slice(&piece);
                }
                assert_eq!(told.len(), text.len());
                let told = String::from_utf8(told).unwrap();
                for piece in ["Zq8", "first", "second", "api03-a", "cdefgh"] {
                    assert!(!told.contains(piece), "{at} {step} {told}");
                }
                assert!(told.starts_with(r#"{"a":"b","token":""#), "{told}");
            }
        }
    }

    #[test]
    fn covering_twice_counts_once_and_keeps_the_length() {
        let mut bytes: Vec<u8> = br#"{"api_key":"abc"}"#.to_vec();
        let length = bytes.len();
        assert_eq!((cover(&mut bytes), cover(&mut bytes)), (1, 0));
        assert_eq!(bytes.len(), length);
    }
}
