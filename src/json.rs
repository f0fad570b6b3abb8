//! Reading JSON without building it.
//!
//! A hook needs a handful of fields out of each record, so nothing here makes a
//! tree: [`scan`] checks one value against RFC 8259 and finds its end, [`tape`]
//! remembers where the members of the outer objects lie, [`text`] decodes
//! strings. Everything works on byte slices of valid UTF-8 and fails by value.

pub mod scan;
pub mod tape;
pub mod text;

/// A half-open range of bytes. Out-of-range spans read as empty.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes of this span in `src`; empty when it does not fit.
    pub fn of(self, src: &[u8]) -> &[u8] {
        src.get(self.start..self.end).unwrap_or_default()
    }
}

/// What kind of value a raw slice of valid JSON holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// `[…]`
    Array,
    /// `true` or `false`
    Bool,
    /// `null`, or no value at all
    Null,
    /// a number
    Number,
    /// `{…}`
    Object,
    /// `"…"`
    String,
}

/// The kind of the value that starts `raw` (which must be valid JSON).
pub fn kind(raw: &[u8]) -> Kind {
    match raw.first() {
        Some(b'"') => Kind::String,
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::Array,
        Some(b't' | b'f') => Kind::Bool,
        Some(b'-' | b'0'..=b'9') => Kind::Number,
        _ => Kind::Null,
    }
}

/// `raw` as a non-negative integer below 2³², if it is one: `1`, and what some
/// serialisers make of it, `1.0` and `1e0`.
pub fn integer(raw: &[u8]) -> Option<u32> {
    let (mut value, mut whole) = (0u64, true);
    for (at, byte) in raw.iter().enumerate() {
        match byte {
            b'0'..=b'9' if whole => value = (value * 10 + u64::from(byte - b'0')).min(1 << 32),
            b'0' | b'.' | b'e' | b'E' | b'+' | b'-' if at > 0 => whole = false,
            _ => return None,
        }
    }
    u32::try_from(value).ok().filter(|_| !raw.is_empty())
}
