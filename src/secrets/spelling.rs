//! How a character stands in a text: as itself, or escaped, for JSON (`\/`,
//! `\u0026`) or for an address (`%26`), perhaps more than once.

/// The character at `at` as it is meant, and where it ends; what is not ASCII is
/// any such character. `None` where the bytes end, also in the middle of one.
pub(super) fn meant(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    match bytes.get(at)? {
        b'%' => Some(percent(bytes, at + 1).unwrap_or((b'%', at + 1))),
        _ => unescaped(bytes, at),
    }
}

/// The same of JSON's escapes alone.
pub(super) fn unescaped(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let byte = *bytes.get(at)?;
    if byte != b'\\' {
        return Some((byte, at + 1));
    }
    let at = run(bytes, at, |byte| byte == b'\\');
    Some(match bytes.get(at)? {
        b'u' => match hex(bytes.get(at + 1..at + 5)?) {
            Some(code) => (u8::try_from(code).unwrap_or(u8::MAX), at + 5),
            None => (b'\\', at),
        },
        byte @ (b'/' | b'"') => (*byte, at + 1),
        b'n' | b'r' | b't' => (b' ', at + 1),
        _ => (b'\\', at),
    })
}

fn percent(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    // Its percent sign is itself escaped.
    while bytes.get(at..)?.starts_with(b"25") && hex(bytes.get(at + 2..at + 4)?).is_some() {
        at += 2;
    }
    Some((u8::try_from(hex(bytes.get(at..at + 2)?)?).ok()?, at + 2))
}

fn hex(digits: &[u8]) -> Option<u32> {
    let digit = |digit: &u8| char::from(*digit).to_digit(16);
    digits.iter().try_fold(0, |number, next| Some(number * 16 + digit(next)?))
}

/// The first character from `at` on that is no blank, where it stands and where it ends.
pub(super) fn next(bytes: &[u8], mut at: usize) -> Option<(u8, usize, usize)> {
    loop {
        let (byte, end) = meant(bytes, at)?;
        if !byte.is_ascii_whitespace() {
            return Some((byte, at, end));
        }
        at = end;
    }
}

/// Where the characters from `at` on stop being `like` this, JSON's escapes
/// undone; and whether that is only because the bytes end.
pub(super) fn word(bytes: &[u8], mut at: usize, like: impl Fn(u8) -> bool) -> (usize, bool) {
    loop {
        match unescaped(bytes, at) {
            Some((byte, end)) if like(byte) => at = end,
            character => return (at, character.is_none()),
        }
    }
}

/// Where the bytes from `at` on stop being `like` this.
pub(super) fn run(bytes: &[u8], at: usize, like: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest.iter().position(|byte| !like(*byte)).unwrap_or(rest.len());
    at + length
}
