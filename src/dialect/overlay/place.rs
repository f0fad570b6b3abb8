//! A place in a table, and why what stands there is refused: in one text.

use crate::json::text;
use crate::turn::append_number;
use alloc::string::String;
use alloc::vec::Vec;

/// A place in a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'p> {
    above: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Top,
    Item(usize),
    Key(&'p str),
}

/// Keys and words are quoted up to this many bytes.
const QUOTED: usize = 60;

impl<'p> Place<'p> {
    /// The table itself.
    pub(super) const TOP: Place<'static> = Place { above: None, step: Step::Top };

    pub(super) fn item(&'p self, index: usize) -> Place<'p> {
        Place { above: Some(self), step: Step::Item(index) }
    }

    pub(super) fn key(&'p self, key: &'p str) -> Place<'p> {
        Place { above: Some(self), step: Step::Key(key) }
    }

    pub(super) fn write(&self, out: &mut String) {
        if let Some(above) = self.above {
            above.write(out);
        }
        match self.step {
            Step::Top => {}
            Step::Item(index) => {
                out.push('[');
                number(index, out);
                out.push(']');
            }
            Step::Key(key) => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/*:".contains(&byte);
                if !key.is_empty() && key.len() <= QUOTED && key.bytes().all(plain) {
                    if !out.is_empty() {
                        out.push('.');
                    }
                    out.push_str(key);
                } else {
                    out.push('[');
                    quote(key, out);
                    out.push(']');
                }
            }
        }
    }
}

/// Writes `given` as JSON, shortened.
pub(super) fn quote(given: &str, out: &mut String) {
    let mut inside = Vec::new();
    let short = given.as_bytes().get(..QUOTED);
    text::encode(short.unwrap_or(given.as_bytes()), &mut inside);
    out.push('"');
    // A character that was cut is left out.
    out.push_str(str_of(&inside));
    out.push_str(if short.is_some() { "…\"" } else { "\"" });
}

pub(super) fn number(number: usize, out: &mut String) {
    let mut digits = Vec::new();
    append_number(u32::try_from(number).unwrap_or(u32::MAX), &mut digits);
    out.push_str(str_of(&digits));
}

/// Text as far as it is UTF-8.
pub(super) fn str_of(bytes: &[u8]) -> &str {
    bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
}
