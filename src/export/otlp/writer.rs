//! Both encodings of OTLP at once: a message is described once, by the numbers and the
//! names of its fields, so that they cannot differ.
//!
//! JSON is as most receivers read it: ids in hex, enums as numbers, times as strings,
//! other whole numbers as numbers where JSON can hold them (some drop a count that is
//! a string, without a word).

use crate::export::ids::hex;
use crate::export::json::{self, MAX_SAFE};
use crate::export::payload::number;
use alloc::format;
use alloc::vec::Vec;

/// How messages are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Encoding {
    /// `application/json`
    Json,
    /// `application/x-protobuf`
    Protobuf,
}

/// The fields of one message.
#[derive(Debug)]
pub struct Writer<'o> {
    encoding: Encoding,
    out: &'o mut Vec<u8>,
    first: bool,
}

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const BYTES: u32 = 2;

/// Writes a message.
pub fn message(encoding: Encoding, out: &mut Vec<u8>, fields: impl FnOnce(&mut Writer<'_>)) {
    match encoding {
        Encoding::Json => {
            out.push(b'{');
            fields(&mut Writer { encoding, out, first: true });
            out.push(b'}');
        }
        Encoding::Protobuf => fields(&mut Writer { encoding, out, first: true }),
    }
}

impl Writer<'_> {
    /// A text.
    pub fn text(&mut self, field: u32, name: &str, value: &str) {
        match self.encoding {
            Encoding::Json => json::string(value, self.key(name)),
            Encoding::Protobuf => self.bytes(field, value.as_bytes()),
        }
    }

    /// The id of a trace or a span.
    pub fn id(&mut self, field: u32, name: &str, value: &[u8]) {
        match self.encoding {
            Encoding::Json => json::string(&hex(value), self.key(name)),
            Encoding::Protobuf => self.bytes(field, value),
        }
    }

    /// An enum's value, which JSON has as a number, too.
    pub fn choice(&mut self, field: u32, name: &str, value: u32) {
        match self.encoding {
            Encoding::Json => number(value.into(), self.key(name)),
            Encoding::Protobuf => self.varint_field(field, value.into()),
        }
    }

    /// A whole number (`int64`).
    pub fn int(&mut self, field: u32, name: &str, value: i64) {
        match self.encoding {
            Encoding::Json => whole(value, self.key(name)),
            Encoding::Protobuf => self.varint_field(field, value.cast_unsigned()),
        }
    }

    /// True or false.
    pub fn bool(&mut self, field: u32, name: &str, value: bool) {
        match self.encoding {
            Encoding::Json => {
                self.key(name).extend_from_slice(if value { b"true" } else { b"false" })
            }
            Encoding::Protobuf => self.varint_field(field, value.into()),
        }
    }

    /// A number.
    pub fn double(&mut self, field: u32, name: &str, value: f64) {
        match self.encoding {
            Encoding::Json => self.key(name).extend_from_slice(format!("{value}").as_bytes()),
            Encoding::Protobuf => self.fixed(field, value.to_bits()),
        }
    }

    /// A time: Unix milliseconds, written as nanoseconds (`fixed64`).
    pub fn time(&mut self, field: u32, name: &str, ms: f64) {
        let nanoseconds = nanoseconds(ms);
        match self.encoding {
            Encoding::Json => {
                let out = self.key(name);
                out.push(b'"');
                number(nanoseconds, out);
                out.push(b'"');
            }
            Encoding::Protobuf => self.fixed(field, nanoseconds),
        }
    }

    /// A count (`fixed64`, `sfixed64`).
    pub fn count(&mut self, field: u32, name: &str, value: u64) {
        match self.encoding {
            Encoding::Json => whole(value.cast_signed(), self.key(name)),
            Encoding::Protobuf => self.fixed(field, value),
        }
    }

    /// Counts.
    pub fn counts(&mut self, field: u32, name: &str, values: &[u64]) {
        match self.encoding {
            Encoding::Json => {
                let out = self.key(name);
                array(values, out, |value, out| whole(value.cast_signed(), out));
            }
            Encoding::Protobuf => {
                let packed: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                self.bytes(field, &packed);
            }
        }
    }

    /// Numbers.
    pub fn doubles(&mut self, field: u32, name: &str, values: &[f64]) {
        match self.encoding {
            Encoding::Json => {
                let out = self.key(name);
                array(values, out, |value, out| {
                    out.extend_from_slice(format!("{value}").as_bytes())
                });
            }
            Encoding::Protobuf => {
                let packed: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                self.bytes(field, &packed);
            }
        }
    }

    /// A message.
    pub fn message(&mut self, field: u32, name: &str, fields: impl FnOnce(&mut Writer<'_>)) {
        let encoding = self.encoding;
        match encoding {
            Encoding::Json => message(encoding, self.key(name), fields),
            Encoding::Protobuf => {
                let mut inner = Vec::new();
                message(encoding, &mut inner, fields);
                self.bytes(field, &inner);
            }
        }
    }

    /// Messages; nothing if there are none.
    pub fn messages<T>(
        &mut self,
        field: u32,
        name: &str,
        items: &[T],
        mut fields: impl FnMut(&mut Writer<'_>, &T),
    ) {
        let encoding = self.encoding;
        let written = items.iter().map(|item| {
            let mut out = Vec::new();
            message(encoding, &mut out, |writer| fields(writer, item));
            out
        });
        self.written(field, name, written);
    }

    /// Messages that are written already; nothing if there are none.
    pub fn written<B: AsRef<[u8]>>(
        &mut self,
        field: u32,
        name: &str,
        messages: impl Iterator<Item = B>,
    ) {
        let mut messages = messages.peekable();
        if messages.peek().is_none() {
            return;
        }
        match self.encoding {
            Encoding::Json => {
                let out = self.key(name);
                let mut before = b'[';
                for message in messages {
                    out.push(before);
                    out.extend_from_slice(message.as_ref());
                    before = b',';
                }
                out.push(b']');
            }
            Encoding::Protobuf => messages.for_each(|message| self.bytes(field, message.as_ref())),
        }
    }

    fn key(&mut self, name: &str) -> &mut Vec<u8> {
        if !core::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        json::string(name, self.out);
        self.out.push(b':');
        self.out
    }

    fn bytes(&mut self, field: u32, value: &[u8]) {
        self.tag(field, BYTES);
        varint(value.len() as u64, self.out);
        self.out.extend_from_slice(value);
    }

    fn varint_field(&mut self, field: u32, value: u64) {
        self.tag(field, VARINT);
        varint(value, self.out);
    }

    fn fixed(&mut self, field: u32, value: u64) {
        self.tag(field, FIXED64);
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    fn tag(&mut self, field: u32, wire_type: u32) {
        varint((field << 3 | wire_type).into(), self.out);
    }
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn array<T: Copy>(values: &[T], out: &mut Vec<u8>, mut one: impl FnMut(T, &mut Vec<u8>)) {
    out.push(b'[');
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        one(*value, out);
    }
    out.push(b']');
}

fn whole(value: i64, out: &mut Vec<u8>) {
    let quote = value.unsigned_abs() > MAX_SAFE;
    let quote = || quote.then_some(b'"');
    out.extend(quote());
    if value < 0 {
        out.push(b'-');
    }
    number(value.unsigned_abs(), out);
    out.extend(quote());
}

/// Whole milliseconds exactly, of what is below to the microsecond: a browser says no
/// more, and the sum of both has no room in an `f64`.
fn nanoseconds(ms: f64) -> u64 {
    let whole = ms as u64;
    let micros = ((ms - whole as f64) * 1000.0 + 0.5) as u64;
    whole.saturating_mul(1_000_000).saturating_add(micros.saturating_mul(1000))
}
