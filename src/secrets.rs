//! Secrets are covered before anything is told: in the bytes themselves, with
//! an asterisk for each, so that both layers, every range and every length stay
//! true.
//!
//! What is covered is what is known to grant access on the wires this crate
//! reads: values of certain JSON members, headers and URL parameters, and keys
//! that tell themselves by their prefix, wherever they stand and however they
//! are escaped. One pass, linear.

mod cut;
mod list;
mod quote;
mod spelling;

pub use cut::Cut;
use list::List;
use quote::{End, Quote};
use spelling::{meant, next, run, unescaped, word};

/// Where a name says that its value is a secret. Each also counts where those
/// before it do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Names {
    /// In addresses and forms.
    Parameter,
    /// In JSON.
    Member,
    /// In lists of names and values.
    Header,
}

/// The names of secrets: in lower case, without `-` and `_`.
const NAMES: &[(&[u8], Names)] = &[
    (b"authorization", Names::Header),
    (b"cookie", Names::Header),
    (b"mcpsessionid", Names::Header),
    (b"proxyauthorization", Names::Header),
    (b"setcookie", Names::Header),
    (b"xapikey", Names::Header),
    (b"xclaudecodeideauthorization", Names::Header),
    (b"xgoogapikey", Names::Header),
    (b"accesstoken", Names::Member),
    (b"apikey", Names::Member),
    (b"authorizationtoken", Names::Member),
    (b"authtoken", Names::Member),
    (b"bearertoken", Names::Member),
    (b"clientassertion", Names::Member),
    (b"clientsecret", Names::Member),
    (b"codeverifier", Names::Member),
    (b"cookies", Names::Member),
    (b"fallbackcredittoken", Names::Member),
    (b"idtoken", Names::Member),
    (b"oauthtoken", Names::Member),
    (b"password", Names::Member),
    (b"privatekey", Names::Member),
    (b"refreshtoken", Names::Member),
    (b"sessioningresstoken", Names::Member),
    (b"sessionkey", Names::Member),
    (b"sessiontoken", Names::Member),
    (b"token", Names::Member),
    (b"workerjwt", Names::Member),
    (b"code", Names::Parameter),
];

/// As long as the longest of them.
const LONGEST: usize = 27;

/// Keys that tell themselves: how they start, and how many characters must
/// follow for it to be one. The last three begin what is signed as JSON.
const PREFIXES: &[(&[u8], usize)] = &[
    (b"AIza", 30),
    (b"sk-ant-", 12),
    (b"Bearer ", 8),
    (b"Bearer+", 8),
    (b"Bearer%20", 8),
    (b"sessionKey=", 8),
    (b"eyJhbGciOi", 20),
    (b"eyJ0eXAiOi", 20),
    (b"eyJraWQiOi", 20),
];

/// Second letters of `NAMES`, a bit for each, by the first: most names of members are told by
/// their first two letters.
#[allow(clippy::indexing_slicing)] // the compiler does it
const BEGINNINGS: [u32; 26] = {
    let mut beginnings = [0; 26];
    let mut at = 0;
    while at < NAMES.len() {
        let name = NAMES[at].0;
        beginnings[(name[0] - b'a') as usize] |= 1 << (name[1] - b'a');
        at += 1;
    }
    beginnings
};

/// Whether there is room for what only makes it quicker: not in the bookmarklet that
/// every browser can keep.
const QUICK: bool = cfg!(feature = "sessions");

/// Covers the secrets in `bytes`; how many there were.
pub fn cover(bytes: &mut [u8]) -> u32 {
    cover_from(bytes, 0, false, &mut None).0
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

/// What was found to be secret.
#[derive(Clone, Copy, Debug)]
enum Secret {
    /// What stands there; and the place that the text ends in.
    Value(usize, usize, Place),
    /// The texts of the list or object that opens there.
    List(usize, List),
}

/// Covers what lies at or after `from`, in a text that may go on; how many there
/// were, and whether the end lies in the last one. `list` is the one it begins in,
/// and then the one it ends in.
fn cover_from(
    bytes: &mut [u8],
    from: usize,
    goes_on: bool,
    list: &mut Option<List>,
) -> (u32, Place) {
    let mut count = 0;
    let mut place = Place::Outside;
    let mut at = 0;
    while at < bytes.len() {
        let counted = list.is_some_and(|open| open.counted);
        let (start, end, next) = if let Some(open) = list {
            let step = open.step(bytes, at);
            if !step.open {
                *list = None;
            }
            (step.start, step.end, step.next)
        } else {
            // A form begins with its first field, unannounced.
            if QUICK && at > 0 {
                at = run(bytes, at, |byte| !is_mark(byte));
            }
            let (secret, next) = find(bytes, at, goes_on);
            match secret {
                Some(Secret::Value(start, end, ends_in)) => {
                    place = ends_in;
                    (start, end, end.max(next))
                }
                Some(Secret::List(start, open)) => {
                    *list = Some(open);
                    (start, start, start)
                }
                None => (at, at, next),
            }
        };
        if let Some(value) = bytes.get_mut(start.max(from)..end) {
            // Covered before, or nothing to cover.
            if value.iter().any(|byte| *byte != b'*') {
                value.fill(b'*');
                count += u32::from(!counted);
                if let Some(open) = list {
                    open.counted = true;
                }
            }
        }
        at = next;
    }
    (count, place)
}

/// Whether a secret can be announced by this byte, or begin with it.
fn is_mark(byte: u8) -> bool {
    matches!(byte, b'"' | b'#' | b'%' | b'&' | b'/' | b'?' | b'\\') || rarest(byte).is_some()
}

/// How much of a key's prefix stands before this byte, if it is the one to look for: the
/// rarest of the prefix.
fn rarest(byte: u8) -> Option<usize> {
    match byte {
        b'A' | b'B' => Some(0),
        b'-' | b'J' => Some(2),
        b'K' => Some(7),
        _ => None,
    }
}

/// The secret that the character at `at` announces or begins, and where the next
/// character is.
fn find(bytes: &[u8], at: usize, goes_on: bool) -> (Option<Secret>, usize) {
    let raw = bytes.get(at).copied().unwrap_or_default();
    let (byte, next) = match raw {
        b'\\' | b'%' => meant(bytes, at).unwrap_or((raw, bytes.len())),
        _ => (raw, at + 1),
    };
    let secret = match byte {
        b'"' => member(bytes, next),
        b'?' | b'&' | b'#' => parameter(bytes, next),
        b'/' => user(bytes, next, raw == b'%', goes_on),
        _ => rarest(byte).and_then(|before| prefixed(bytes, at.checked_sub(before)?, goes_on)),
    };
    // A form begins with its first field.
    (if at == 0 { secret.or_else(|| parameter(bytes, 0)) } else { secret }, next)
}

/// The value of the member whose name starts at `at`, if that is a secret.
fn member(bytes: &[u8], at: usize) -> Option<Secret> {
    let (names, quote) = name(bytes, at)?;
    (names != Names::Parameter).then_some(())?;
    // JSON inside a JSON string has its quotes escaped, perhaps more than once.
    let depth = run(bytes, quote, |byte| byte == b'\\') - quote;
    let after = after(bytes, quote, b'"')?;
    if bytes.get(after..)?.starts_with(b"\r\n\r\n") {
        // The field of a form in parts, with its value below.
        let end = run(bytes, after + 4, |byte| byte != b'\r');
        return Some(Secret::Value(after + 4, end, Place::Outside));
    }
    let (mark, _, mut value) = next(bytes, after)?;
    let mut listed = false;
    if mark == b',' {
        // In a list, or as name and value of their own.
        match named_value(bytes, value)? {
            Some(named) => value = named,
            None if names == Names::Header => listed = true,
            None => return None,
        }
    } else if mark != b':' {
        return None;
    }
    let (opens, start, text) = next(bytes, value)?;
    match opens {
        // JSON in an address: what comes after the value is covered, too.
        b'"' | b'[' | b'{' if bytes.get(start) == Some(&b'%') => Some(value_of(bytes, text)),
        b'"' => {
            let mut quote = Quote::new(depth);
            let (end, how) = quote.find(bytes, text);
            let place = if how == End::Open { Place::Text(quote) } else { Place::Outside };
            // What stands in a list has no value; the name of the next member does.
            let End::Closed(after) = how else { return Some(Secret::Value(text, end, place)) };
            let member = listed && next(bytes, after).is_some_and(|(mark, ..)| mark == b':');
            (!member).then_some(Secret::Value(text, end, place))
        }
        b'[' | b'{' => Some(Secret::List(start, List::new(depth))),
        _ => None,
    }
}

/// Where the value is in `{"name":"cookie","value":"…"}`, if what comes at `at` is its
/// member. The outer `None` says that this is not to be seen yet.
fn named_value(bytes: &[u8], at: usize) -> Option<Option<usize>> {
    let (_, _, text) = next(bytes, at)?;
    let (name, rest) = (b"value", bytes.get(text..)?);
    if !rest.starts_with(name) {
        return if name.starts_with(rest) { None } else { Some(None) };
    }
    let (b'"', quote) = meant(bytes, text + name.len())? else { return Some(None) };
    let (mark, _, end) = next(bytes, quote)?;
    (mark == b':').then_some(Some(end))
}

/// The value of the URL parameter whose name starts at `at`, if that is a secret.
fn parameter(bytes: &[u8], at: usize) -> Option<Secret> {
    // As HTML has it.
    let html = bytes.get(at..)?.starts_with(b"amp;");
    let (_, equals) = name(bytes, at + if html { 4 } else { 0 })?;
    Some(value_of(bytes, after(bytes, equals, b'=')?))
}

/// The value that starts there.
fn value_of(bytes: &[u8], start: usize) -> Secret {
    let (end, cut) = word(bytes, start, is_value);
    Secret::Value(start, end, if cut { Place::Word } else { Place::Outside })
}

/// The name and password of the address whose second slash is at `at`. Where its
/// slashes are not escaped, what is escaped belongs to them.
fn user(bytes: &[u8], at: usize, escaped: bool, goes_on: bool) -> Option<Secret> {
    let character = if escaped { meant } else { unescaped };
    let (b'/', start) = character(bytes, at)? else { return None };
    let mut at = start;
    let mut end = None;
    while let Some((byte, next)) = character(bytes, at)
        && is_value(byte)
        && !matches!(byte, b'/' | b'?')
    {
        if byte == b'@' {
            end = Some(at);
        }
        at = next;
    }
    if goes_on
        && end.is_none()
        && character(bytes, at).is_none()
        && is_password(bytes.get(start..at)?)
    {
        end = Some(at);
    }
    end.filter(|end| *end > start).map(|end| Secret::Value(start, end, Place::Outside))
}

/// Whether an address that is cut so shows a password, or did before: what is no port.
fn is_password(cut: &[u8]) -> bool {
    let port = |text: &[u8]| text.len() <= 5 && text.iter().all(u8::is_ascii_digit);
    let colon = cut.iter().position(|byte| *byte == b':');
    cut.contains(&b'*') || colon.is_some_and(|at| !cut.get(at + 1..).is_some_and(port))
}

/// The key that starts at `at`, if its prefix says it is one.
fn prefixed(bytes: &[u8], at: usize, goes_on: bool) -> Option<Secret> {
    let rest = bytes.get(at..)?;
    let (prefix, least) = PREFIXES.iter().find(|(prefix, _)| rest.starts_with(prefix))?;
    let start = at + prefix.len();
    let (end, cut) = word(bytes, start, |byte| {
        is_name(byte) || matches!(byte, b'.' | b'~' | b'+' | b'/' | b'=')
    });
    // One that is cut shows less of itself.
    let shown = goes_on && cut && end > start;
    let place = if cut { Place::Word } else { Place::Outside };
    (shown || end - start >= *least).then_some(Secret::Value(start, end, place))
}

/// The secret's name that starts at `at`, and where it ends.
fn name(bytes: &[u8], mut at: usize) -> Option<(Names, usize)> {
    if QUICK && !may_begin(bytes.get(at..)?) {
        return None;
    }
    let mut name = [0; LONGEST];
    let mut length = 0;
    while let Some((byte, end)) = meant(bytes, at)
        && is_name(byte)
    {
        if !matches!(byte, b'-' | b'_') {
            *name.get_mut(length)? = byte.to_ascii_lowercase();
            length += 1;
        }
        at = end;
    }
    let name = name.get(..length)?;
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, names)| (*names, at))
}

/// Whether a secret's name can begin with these two characters, which may be escaped.
fn may_begin(bytes: &[u8]) -> bool {
    let [first, second, ..] = bytes else { return true };
    let letter = |byte: &u8| usize::from((byte | 0x20).wrapping_sub(b'a'));
    let plain = |byte: &u8| !matches!(byte, b'\\' | b'%' | b'-' | b'_');
    if !plain(first) || !plain(second) {
        return true;
    }
    BEGINNINGS.get(letter(first)).is_some_and(|seconds| seconds >> letter(second).min(31) & 1 == 1)
}

/// After the character at `at`, if it is that one.
fn after(bytes: &[u8], at: usize, wanted: u8) -> Option<usize> {
    let (byte, end) = meant(bytes, at)?;
    (byte == wanted).then_some(end)
}

/// What a value in an address may hold.
fn is_value(byte: u8) -> bool {
    byte > b' ' && !matches!(byte, b'&' | b'#' | b'"' | b'\'' | b'\\' | b'<' | b'>' | b')')
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_has_a_byte_by_which_it_is_found() {
        for (prefix, _) in PREFIXES {
            let mut bytes = prefix.iter().enumerate();
            assert!(bytes.any(|(at, byte)| rarest(*byte) == Some(at)), "{prefix:?}");
        }
    }
}
