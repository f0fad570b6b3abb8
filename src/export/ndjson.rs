//! One line of JSON an event: what the simplest collector wants.

use super::ids::hyphenated;
use super::json::string;
use super::payload::{About, Payload};
use crate::hook::HookName;
use alloc::vec::Vec;

/// Whether an event is told when nobody said which: all but the pieces of which
/// others are the sum.
pub fn by_default(about: About) -> bool {
    use HookName::{MessageDelta, ThinkingDelta, ToolInputDelta};
    !matches!(about, About::Hook(MessageDelta | ThinkingDelta | ToolInputDelta))
}

/// The event's line, its end included.
pub fn line(payload: &Payload, id: [u8; 16]) -> Vec<u8> {
    let mut line = b"{\"eventId\":".to_vec();
    string(&hyphenated(id), &mut line);
    line.push(b',');
    let start = line.len();
    payload.write(&mut line);
    // Its own brace: the id's stands before.
    line.remove(start);
    line.push(b'\n');
    line
}
