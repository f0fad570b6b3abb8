//! Secrets are covered before anything is told: in the bytes themselves, with
//! as many asterisks as they had characters, so that both layers, every range
//! and every length stay true.
//!
//! What is covered is what is known to grant access on the wires this crate
//! reads: values of certain JSON members and URL parameters, and keys that tell
//! themselves by their prefix, wherever they stand. One pass, linear.

/// JSON members whose text is a secret. Compared in lower case.
const MEMBERS: &[&[u8]] = &[
    b"access_token",
    b"api_key",
    b"apikey",
    b"authorization",
    b"authtoken",
    b"cookie",
    b"fallback_credit_token",
    b"mcp-session-id",
    b"refresh_token",
    b"sessionkey",
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
    let mut count = 0;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let secret = match byte {
            b'"' => member(bytes, at + 1),
            b'?' | b'&' => parameter(bytes, at + 1),
            b'A' | b's' | b'B' => prefixed(bytes, at),
            _ => None,
        };
        let Some((start, end)) = secret else {
            at += 1;
            continue;
        };
        if let Some(value) = bytes.get_mut(start..end) {
            // Covered before, or nothing to cover.
            if value.iter().any(|byte| *byte != b'*') {
                value.fill(b'*');
                count += 1;
            }
        }
        at = end.max(at + 1);
    }
    count
}

/// The text of the member whose name starts at `at`, if that is a secret. JSON
/// inside a JSON string has its quotes escaped, perhaps more than once.
fn member(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let name = run(bytes, at, is_name);
    known(MEMBERS, bytes.get(at..name)?).then_some(())?;
    let colon = skip(bytes, quote(bytes, name)?);
    (bytes.get(colon) == Some(&b':')).then_some(())?;
    let start = quote(bytes, skip(bytes, colon + 1))?;
    Some((start, run(bytes, start, |byte| !matches!(byte, b'"' | b'\\'))))
}

/// The value of the URL parameter whose name starts at `at`, if that is a secret.
fn parameter(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let name = run(bytes, at, is_name);
    known(PARAMETERS, bytes.get(at..name)?).then_some(())?;
    (bytes.get(name) == Some(&b'=')).then_some(())?;
    let ends = |byte| {
        byte <= b' ' || matches!(byte, b'&' | b'#' | b'"' | b'\'' | b'\\' | b'<' | b'>' | b')')
    };
    Some((name + 1, run(bytes, name + 1, |byte| !ends(byte))))
}

/// The key that starts at `at`, if its prefix says it is one.
fn prefixed(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = bytes.get(at..)?;
    let (prefix, least) = PREFIXES.iter().find(|(prefix, _)| rest.starts_with(prefix))?;
    let start = at + prefix.len();
    let end =
        run(bytes, start, |byte| is_name(byte) || matches!(byte, b'.' | b'~' | b'+' | b'/' | b'='));
    (end - start >= *least).then_some((start, end))
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
    fn what_only_looks_like_one_stays() {
        for text in [
            r#"{"output_tokens":5,"tokens":"five","token":7,"progressToken":"p1"}"#,
            r#"the "token" is short, code=1"#,
            "AIzaShort sk-ant-x Bearer no",
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
    }

    #[test]
    fn covering_twice_counts_once_and_keeps_the_length() {
        let mut bytes: Vec<u8> = br#"{"api_key":"abc"}"#.to_vec();
        let length = bytes.len();
        assert_eq!((cover(&mut bytes), cover(&mut bytes)), (1, 0));
        assert_eq!(bytes.len(), length);
    }
}
