//! Why a table is refused: a place in it, and a reason, in one text.

use crate::json::text;
use crate::turn::append_number;
use alloc::string::String;
use alloc::vec::Vec;

/// A place in a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'p> {
    above: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Top,
    Item(usize),
    Key(&'p str),
}

/// Keys and words are quoted up to this many characters.
const QUOTED: usize = 60;

impl<'p> Path<'p> {
    /// The table itself.
    pub(super) const TOP: Path<'static> = Path { above: None, step: Step::Top };

    pub(super) fn item(&'p self, index: usize) -> Path<'p> {
        Path { above: Some(self), step: Step::Item(index) }
    }

    pub(super) fn key(&'p self, key: &'p str) -> Path<'p> {
        Path { above: Some(self), step: Step::Key(key) }
    }

    /// The refusal of what stands here.
    pub(super) fn refuse(&self, reason: &[&str]) -> String {
        let mut out = String::new();
        self.write(&mut out);
        if out.is_empty() {
            out.push_str("table");
        }
        out.push_str(": ");
        reason.iter().for_each(|part| out.push_str(part));
        out
    }

    fn write(&self, out: &mut String) {
        if let Some(above) = self.above {
            above.write(out);
        }
        match self.step {
            Step::Top => {}
            Step::Item(index) => {
                out.push('[');
                out.push_str(&number(index));
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
                    out.push_str(&quoted(key));
                    out.push(']');
                }
            }
        }
    }
}

/// A bound that the tables together would pass.
pub(super) fn too_much(what: &str, count: usize, limit: usize) -> String {
    Path::TOP.refuse(&[
        "with it there are ",
        &number(count),
        " ",
        what,
        "; the limit is ",
        &number(limit),
    ])
}

/// `given` as JSON, shortened.
pub(super) fn quoted(given: &str) -> String {
    let end = given.char_indices().nth(QUOTED).map(|(at, _)| at);
    let shown = end.and_then(|end| given.get(..end)).unwrap_or(given);
    let mut inside = Vec::new();
    text::encode(shown.as_bytes(), &mut inside);
    let mut out = String::from("\"");
    out.push_str(core::str::from_utf8(&inside).unwrap_or_default());
    out.push_str(if end.is_some() { "…\"" } else { "\"" });
    out
}

pub(super) fn number(number: usize) -> String {
    let mut digits = Vec::new();
    append_number(u32::try_from(number).unwrap_or(u32::MAX), &mut digits);
    String::from_utf8(digits).unwrap_or_default()
}
