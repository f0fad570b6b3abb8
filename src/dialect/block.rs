//! One content block while it grows.

use super::Content;
use super::keep::Fields;
use crate::json::{
    Kind, kind, scan,
    text::{self, copy},
};
use alloc::vec::Vec;

/// A content block. What grows is kept as it stood on the wire, still escaped,
/// so that a growing block is only ever appended to; it is decoded once, when
/// it ends.
#[derive(Debug)]
pub(super) struct Block {
    /// Its index, counted over the whole stream.
    pub index: u32,
    /// What it is.
    pub is: Content,
    /// Tool call: its id. Result: the id of the call.
    pub id: Vec<u8>,
    /// Tool call: the tool.
    pub name: Vec<u8>,
    /// Text, tool input or result content that came in pieces, escaped.
    pub pieces: Vec<u8>,
    /// Tool input or result content that came whole: raw JSON.
    pub whole: Vec<u8>,
    /// What its start and updates since say, for what its end must repeat: raw
    /// JSON.
    pub fields: Fields,
    /// When it started, by the wire's own clock (ms).
    pub started: Option<f64>,
    /// The text's length so far, in UTF-16 code units.
    pub units: u32,
    /// Citations opened and not closed: uuid, citation, start.
    pub citations: Vec<(Vec<u8>, Vec<u8>, u32)>,
    /// The result is an error.
    pub is_error: bool,
    /// The wire's key for a permission.
    pub approval_key: Vec<u8>,
    /// What the person may answer, until they are asked: raw JSON.
    pub options: Vec<u8>,
    /// The person was asked already.
    pub asked: bool,
    /// It has ended.
    pub closed: bool,
    /// Not all of its text is kept.
    pub cut: bool,
    /// Its share of the bytes kept with the message.
    pub charged: usize,
}

impl Block {
    pub(super) fn new(index: u32, is: Content) -> Block {
        Block {
            index,
            is,
            id: Vec::new(),
            name: Vec::new(),
            pieces: Vec::new(),
            whole: Vec::new(),
            fields: Vec::new(),
            started: None,
            units: 0,
            citations: Vec::new(),
            is_error: false,
            approval_key: Vec::new(),
            options: Vec::new(),
            asked: false,
            closed: false,
            cut: false,
            charged: 0,
        }
    }

    /// Whether it is a call of a tool.
    pub(super) fn is_call(&self) -> bool {
        matches!(self.is, Content::ToolUse | Content::ServerToolUse)
    }

    /// Whether it is what a tool returned.
    pub(super) fn is_result(&self) -> bool {
        matches!(self.is, Content::ToolResult | Content::StreamedResult)
    }

    /// Appends an escaped piece, within `limit`. False when it is the first
    /// that does not fit.
    pub(super) fn grow(&mut self, piece: &[u8], limit: usize) -> bool {
        let fits = !self.cut && self.pieces.len() + piece.len() <= limit;
        if fits {
            self.pieces.extend_from_slice(piece);
        }
        let first = !fits && !self.cut;
        self.cut |= first;
        !first
    }

    /// The JSON that the pieces spell.
    pub(super) fn decoded(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.pieces.len());
        text::decode_json(&self.pieces, &mut out);
        out
    }

    /// A tool call's input, if it is JSON: the pieces if any came, else what came
    /// whole. No arguments are an empty object.
    pub(super) fn input(&self) -> Option<Vec<u8>> {
        let input = match (self.pieces.is_empty(), self.whole.is_empty()) {
            (false, _) => self.decoded(),
            (true, false) => copy(&self.whole),
            (true, true) => copy(b"{}"),
        };
        (!self.cut && scan::is_json(&input)).then_some(input)
    }

    /// A result's content as raw JSON. Pieces replace what came whole; they are
    /// an array of typed items, or else plain text. Nothing when it is not all
    /// there.
    pub(super) fn result(&self) -> Vec<u8> {
        if self.cut || self.pieces.is_empty() {
            return if self.cut { Vec::new() } else { copy(&self.whole) };
        }
        let decoded = self.decoded();
        if is_item_list(&decoded) {
            return decoded;
        }
        let mut item = copy(br#"[{"type":"text","text":""#);
        item.extend_from_slice(&self.pieces);
        item.extend_from_slice(br#""}]"#);
        item
    }
}

/// Whether `raw` is a non-empty JSON array of objects that all have a `type`.
fn is_item_list(raw: &[u8]) -> bool {
    let raw = raw.trim_ascii();
    if !scan::is_json(raw) || kind(raw) != Kind::Array {
        return false;
    }
    let mut tape = crate::json::tape::Tape::default();
    let mut items = crate::json::tape::elements(raw).peekable();
    items.peek().is_some()
        && items.all(|item| tape.read(item) && !tape.at(item, "/type").is_empty())
}

/// Milliseconds since 1970 of an RFC 3339 time in UTC, such as
/// `2026-05-12T13:10:41.178968Z`.
pub(super) fn unix_ms(time: &[u8]) -> Option<f64> {
    let mut numbers = [0_u32; 6];
    let mut which = 0;
    let (mut ms, mut unit) = (0.0, 100.0);
    let (b'Z', digits) = time.split_last()? else { return None };
    for byte in digits {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        match numbers.get_mut(which) {
            Some(number) if digit < 10 && *number < 1000 => *number = *number * 10 + digit,
            Some(_) if b"--T::.".get(which) == Some(byte) => which += 1,
            None if digit < 10 => {
                ms += f64::from(digit) * unit;
                unit /= 10.0;
            }
            _ => return None,
        }
    }
    let [year, month, day, hour, minute, second] = numbers;
    if which < 5 || year < 1970 {
        return None;
    }
    // Days from civil: March is the first month of the counted year.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    let seconds = hour * 3_600 + minute * 60 + second;
    Some(f64::from(days) * 86_400_000.0 + f64::from(seconds) * 1_000.0 + ms)
}
