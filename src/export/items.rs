//! What an exporter hands out: pieces that are stored and sent one by one.

use alloc::vec::Vec;

/// What a piece is part of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signal {
    /// A span that is over.
    Traces = 1,
    /// A log record.
    Logs = 2,
    /// A data point.
    Metrics = 3,
    /// An event of its own: one JSON object, or a line with its end.
    Event = 4,
    /// An event on which something open hangs, as it is to be fed again after a
    /// crash.
    Open = 5,
    /// Numbers of such events on which nothing hangs any more.
    Close = 6,
}

impl Signal {
    /// All of them.
    pub const ALL: [Signal; 6] =
        [Signal::Traces, Signal::Logs, Signal::Metrics, Signal::Event, Signal::Open, Signal::Close];

    /// The one of that number.
    pub fn of(number: u32) -> Option<Signal> {
        Signal::ALL.into_iter().find(|signal| *signal as u32 == number)
    }
}

/// Appends an item: signal, id, length, bytes.
pub fn push(out: &mut Vec<u8>, signal: Signal, id: [u8; 16], bytes: &[u8]) {
    out.push(signal as u8);
    out.extend_from_slice(&id);
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// The bodies of items as the caller of `body` gives them: length and bytes, one
/// after the other.
pub fn bodies(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = input;
    core::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (body, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = after;
        Some(body)
    })
}
