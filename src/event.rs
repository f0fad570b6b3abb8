//! What leaves the core: a flat table of records and one arena of text.
//!
//! Every raw event, hook event and notice is a [`Record`] of named fields. The
//! same table is read natively through [`Batch::records`] and by JavaScript
//! through the words themselves, so nothing is converted twice and nothing is
//! allocated per event.
//!
//! Table layout, in 32-bit words: `header, field*` where the header is
//! `layer | name << 8 | fields << 16` and each field is three words,
//! `field | type << 16, a, b`.

use crate::hook::{Field, HookName};
use crate::json::{self, Kind, text};
use crate::notice::NoticeCode;
use alloc::vec::Vec;

/// Names one tapped exchange (a request and its response). Never 0, never
/// reused.
pub type StreamId = u32;

/// What a record is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Layer {
    /// Stream and time (milliseconds, the caller's clock) of the records that
    /// follow.
    At,
    /// Dialect, conversation, turn and message of the hook records that follow.
    Context,
    /// The bytes of the frames that follow: an address in the core's memory,
    /// valid until the stream is next written to; or, when chunks are kept, see
    /// [`Batch::chunk`].
    Chunk,
    /// Layer A: what went over the wire.
    Raw(RawKind),
    /// Layer B: what it means.
    Hook(HookName),
    /// What went wrong or was lost.
    Notice(NoticeCode),
    /// A hook event that was told is on screen: its number, and since when.
    Rendered,
}

/// An enum whose members have names. Those behind `sessions` exist only with that
/// feature; so their numbers hold within one build.
macro_rules! named {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$item:meta])* $variant:ident = $text:literal,)* }
        $(sessions { $($(#[$session_item:meta])* $session:ident = $session_text:literal,)* })?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$item])* $variant,)*
            $($($(#[$session_item])* #[cfg(feature = "sessions")] $session,)*)?
        }
        impl $name {
            /// Every one of them, in wire order.
            pub const ALL: &'static [$name] = &[
                $($name::$variant,)*
                $($(#[cfg(feature = "sessions")] $name::$session,)*)?
            ];
            /// Their names in that order, `,` after each.
            #[cfg(feature = "sessions")]
            pub const NAMES: &'static str =
                concat!($($text, ",",)* $($($session_text, ",",)*)?);
            /// Their names in that order, `,` after each.
            #[cfg(not(feature = "sessions"))]
            pub const NAMES: &'static str = concat!($($text, ",",)*);
            /// The name JavaScript sees.
            pub const fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)*
                    $($(#[cfg(feature = "sessions")] $name::$session => $session_text,)*)?
                }
            }
        }
    };
}
pub(crate) use named;

named! {
    /// The kinds of raw event.
    RawKind {
        /// A request was sent: `url`, `method`.
        Open = "open",
        /// Its body, whole: `data`.
        Request = "request",
        /// Response headers arrived: `status`, `contentType`.
        Response = "response",
        /// One event-stream block, or one chunk of a body that has no frames.
        Frame = "frame",
        /// Bytes of a block too large to hold, or of an unfinished one at the
        /// end of the stream: raw only.
        Fragment = "fragment",
        /// The exchange is over: `reason`.
        End = "end",
        /// A socket or `EventSource` is connected, or reconnects: `state`.
        State = "state",
    }
}

/// One field's value. Strings are ranges of the batch's arena.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'b> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// Counts, indexes, lengths.
    Int(u32),
    /// Times (ms) and byte offsets.
    Number(f64),
    /// Text, UTF-8.
    Text(&'b [u8]),
    /// One JSON value as it stood on the wire; whoever reads it parses it.
    Json(&'b [u8]),
}

const NULL: u32 = 0;
const BOOL: u32 = 1;
const INT: u32 = 2;
const NUMBER: u32 = 3;
const TEXT: u32 = 4;
const JSON: u32 = 5;

/// The records of one or more calls, in order.
#[derive(Debug, Default)]
pub struct Batch {
    table: Vec<u32>,
    text: Vec<u8>,
    header: usize,
    /// Copies of the chunks, when they are kept.
    chunks: Vec<u8>,
}

impl Batch {
    /// Forgets all records; keeps the memory.
    pub fn clear(&mut self) {
        self.table.clear();
        self.text.clear();
        self.chunks.clear();
    }

    /// The bytes that a [`Layer::Chunk`] record announces, if chunks are kept
    /// (see [`Tap::keep_chunks`](crate::Tap::keep_chunks)).
    pub fn chunk(&self, record: &Record<'_>) -> &[u8] {
        let field = |wanted| match record.get(wanted) {
            Some(Value::Int(number)) => number as usize,
            _ => 0,
        };
        let start = field(Field::Address);
        self.chunks.get(start..start + field(Field::Length)).unwrap_or_default()
    }

    /// Keeps a copy of a chunk; where it lies.
    pub(crate) fn keep(&mut self, chunk: &[u8]) -> usize {
        let start = self.chunks.len();
        self.chunks.extend_from_slice(chunk);
        start
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The words of the table.
    pub fn table(&self) -> &[u32] {
        &self.table
    }

    /// The arena.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Starts a record; the fields that follow belong to it.
    pub fn begin(&mut self, layer: Layer) {
        let (tag, name) = match layer {
            Layer::At => (0, 0),
            Layer::Context => (1, 0),
            Layer::Chunk => (2, 0),
            Layer::Raw(kind) => (3, kind as u32),
            Layer::Hook(name) => (4, name as u32),
            Layer::Notice(code) => (5, code as u32),
            Layer::Rendered => (6, 0),
        };
        self.header = self.table.len();
        self.table.push(tag | name << 8);
    }

    /// Adds a field that is null.
    pub fn null(&mut self, field: Field) {
        self.field(field, NULL, 0, 0);
    }

    /// Adds a truth value.
    pub fn bool(&mut self, field: Field, value: bool) {
        self.field(field, BOOL, u32::from(value), 0);
    }

    /// Adds a count.
    pub fn int(&mut self, field: Field, value: u32) {
        self.field(field, INT, value, 0);
    }

    /// Adds a time or an offset.
    pub fn number(&mut self, field: Field, value: f64) {
        let bits = value.to_bits();
        self.field(field, NUMBER, bits as u32, (bits >> 32) as u32);
    }

    /// Adds text, which must be UTF-8.
    pub fn text_field(&mut self, field: Field, utf8: &[u8]) {
        let start = self.text.len();
        self.text.extend_from_slice(utf8);
        self.arena(field, TEXT, start);
    }

    /// Adds a JSON value unparsed.
    pub fn json(&mut self, field: Field, raw: &[u8]) {
        let start = self.text.len();
        self.text.extend_from_slice(raw);
        self.arena(field, JSON, start);
    }

    /// Adds text given in escaped pieces (the insides of JSON strings), decoded
    /// once, here. Text that UTF-8 cannot hold (a lone surrogate) goes out as a
    /// JSON string instead, which JavaScript decodes exactly.
    pub fn escaped<'p>(&mut self, field: Field, pieces: impl Iterator<Item = &'p [u8]> + Clone) {
        let start = self.text.len();
        let mut exact = true;
        for piece in pieces.clone() {
            exact &= text::decode(piece, &mut self.text);
        }
        if exact {
            return self.arena(field, TEXT, start);
        }
        self.text.truncate(start);
        self.text.push(b'"');
        for piece in pieces {
            self.text.extend_from_slice(piece);
        }
        self.text.push(b'"');
        self.arena(field, JSON, start);
    }

    /// Adds whatever JSON value `raw` is, in its plainest form; nothing at all
    /// when it is missing.
    pub fn value(&mut self, field: Field, raw: &[u8]) {
        match json::kind(raw) {
            Kind::String => self.escaped(field, core::iter::once(text::inner(raw))),
            Kind::Bool => self.bool(field, raw == b"true"),
            Kind::Null if raw.is_empty() => {}
            Kind::Null => self.null(field),
            Kind::Number => match json::integer(raw) {
                Some(value) => self.int(field, value),
                None => self.json(field, raw),
            },
            Kind::Array | Kind::Object => self.json(field, raw),
        }
    }

    /// Reads the records back.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut at = 0;
        core::iter::from_fn(move || {
            let header = *self.table.get(at)?;
            let fields = (header >> 16) as usize;
            let words = self.table.get(at + 1..at + 1 + fields * 3)?;
            at += 1 + fields * 3;
            Some(Record { batch: self, header, words })
        })
    }

    fn arena(&mut self, field: Field, kind: u32, start: usize) {
        let length = self.text.len() - start;
        self.field(field, kind, start as u32, length as u32);
    }

    fn field(&mut self, field: Field, kind: u32, a: u32, b: u32) {
        self.table.extend_from_slice(&[field as u32 | kind << 16, a, b]);
        if let Some(header) = self.table.get_mut(self.header) {
            *header += 1 << 16;
        }
    }

    /// Rewrites the table's text ranges from bytes to UTF-16 code units, the
    /// way JavaScript counts in the decoded arena. Returns whether it had to.
    pub fn count_in_utf16(&mut self) -> bool {
        if self.text.is_ascii() {
            return false;
        }
        let (mut at, mut bytes, mut units) = (0, 0, 0);
        while let Some(header) = self.table.get(at).copied() {
            let fields = (header >> 16) as usize;
            let words = self.table.get_mut(at + 1..at + 1 + fields * 3);
            for word in words.unwrap_or_default().chunks_exact_mut(3) {
                let [tag, start, length] = word else { continue };
                if *tag >> 16 < TEXT {
                    continue;
                }
                // Ranges lie in the arena in the order of the table.
                let from = *start as usize;
                let to = from + *length as usize;
                units += text::utf16_len(self.text.get(bytes..from).unwrap_or_default());
                let inside = text::utf16_len(self.text.get(from..to).unwrap_or_default());
                (*start, *length) = (units, inside);
                units += inside;
                bytes = to;
            }
            at += 1 + fields * 3;
        }
        true
    }
}

/// One record of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Record<'b> {
    batch: &'b Batch,
    header: u32,
    words: &'b [u32],
}

impl<'b> Record<'b> {
    /// What it is.
    pub fn layer(&self) -> Layer {
        let name = (self.header >> 8 & 0xff) as usize;
        let layer = match self.header & 0xff {
            0 => Some(Layer::At),
            1 => Some(Layer::Context),
            2 => Some(Layer::Chunk),
            3 => RawKind::ALL.get(name).copied().map(Layer::Raw),
            4 => HookName::ALL.get(name).copied().map(Layer::Hook),
            6 => Some(Layer::Rendered),
            _ => NoticeCode::ALL.get(name).copied().map(Layer::Notice),
        };
        layer.unwrap_or(Layer::At)
    }

    /// Its fields, in the order they were written.
    pub fn fields(&self) -> impl Iterator<Item = (Field, Value<'b>)> {
        let text = &self.batch.text;
        self.words.chunks_exact(3).filter_map(move |word| {
            let [tag, a, b] = *word else { return None };
            let range = a as usize..a as usize + b as usize;
            let value = match tag >> 16 {
                NULL => Value::Null,
                BOOL => Value::Bool(a != 0),
                INT => Value::Int(a),
                NUMBER => Value::Number(f64::from_bits(u64::from(b) << 32 | u64::from(a))),
                TEXT => Value::Text(text.get(range)?),
                _ => Value::Json(text.get(range)?),
            };
            Some((*Field::ALL.get((tag & 0xffff) as usize)?, value))
        })
    }

    /// The value of one field.
    pub fn get(&self, wanted: Field) -> Option<Value<'b>> {
        self.fields().find_map(|(field, value)| (field == wanted).then_some(value))
    }

    /// The text of one field, if it is text.
    pub fn text(&self, wanted: Field) -> Option<&'b str> {
        match self.get(wanted)? {
            Value::Text(utf8) => core::str::from_utf8(utf8).ok(),
            _ => None,
        }
    }
}
