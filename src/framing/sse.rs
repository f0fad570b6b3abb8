//! Event-stream interpretation exactly as the HTML standard has it
//! (9.2.6 "Interpreting an event stream"). What real streams need beyond it is
//! in `tolerance`.

use super::utf8;
use alloc::vec::Vec;

/// The buffers of the standard's algorithm.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The event type buffer.
    pub event: Vec<u8>,
    /// The data buffer; after a dispatch, the message's data.
    pub data: Vec<u8>,
    /// The last event ID.
    pub last_event_id: Vec<u8>,
    /// Whether the block at hand set the ID itself.
    pub own_id: bool,
    /// The reconnection time, in milliseconds, once the stream set one.
    pub retry: Option<u32>,
    /// Whether the block at hand has a `data` field.
    pub has_data: bool,
    /// How much data there was before the block's last `data` line.
    pub last: usize,
    id_buffer: Vec<u8>,
    dispatched: bool,
}

impl Decoder {
    /// Takes one non-empty line.
    pub fn line(&mut self, line: &[u8]) {
        self.begin_block();
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(0) => return, // a comment
            Some(colon) => {
                let (field, value) = line.split_at_checked(colon).unwrap_or_default();
                match value {
                    [_, b' ', value @ ..] | [_, value @ ..] => (field, value),
                    [] => (field, value),
                }
            }
            None => (line, &[][..]),
        };
        match field {
            b"data" => {
                self.last = self.data.len();
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                utf8::decode(value, &mut self.data);
            }
            b"event" => {
                self.event.clear();
                utf8::decode(value, &mut self.event);
            }
            b"id" if !value.contains(&0) => {
                self.own_id = true;
                self.id_buffer.clear();
                utf8::decode(value, &mut self.id_buffer);
            }
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let append = |time: u32, digit: &u8| {
                    time.saturating_mul(10).saturating_add(u32::from(digit - b'0'))
                };
                self.retry = Some(value.iter().fold(0, append));
            }
            _ => {}
        }
    }

    /// Takes an empty line: the block is over. Whether it dispatches a message,
    /// which is then in `event` and `data` until the next line.
    ///
    /// A block without any `data` field dispatches nothing. One empty `data`
    /// line does dispatch: the standard looks at the buffer before it strips the
    /// last LF.
    pub fn dispatch(&mut self) -> bool {
        self.begin_block();
        self.last_event_id.clear();
        self.last_event_id.extend_from_slice(&self.id_buffer);
        self.dispatched = true;
        self.has_data
    }

    /// Takes a body that is one message, whole; a byte order mark is none of it.
    pub fn body(&mut self, bytes: &[u8]) {
        self.data.clear();
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        utf8::decode(bytes, &mut self.data);
    }

    /// Drops the block at hand.
    pub fn forget(&mut self) {
        self.dispatched = true;
        self.begin_block();
    }

    /// Whether a block is at hand that was not dispatched.
    pub fn is_pending(&self) -> bool {
        !self.dispatched
    }

    fn begin_block(&mut self) {
        if core::mem::take(&mut self.dispatched) {
            self.event.clear();
            self.data.clear();
            if self.data.capacity() > super::RETAIN {
                self.data = Vec::new();
            }
            self.has_data = false;
            self.own_id = false;
        }
    }
}
