//! The tap's exports.

use crate::event::RawKind;
use crate::exchange::{Arrival, Direction, Opening, SESSIONS, Transport};
use crate::hook::{Field, HookName};
use crate::limits::Limits;
use crate::notice::NoticeCode;
use crate::stream::{Ending, Step};
use crate::tap::Tap;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The tap, and the buffer through which text comes in.
#[derive(Debug)]
pub struct Core {
    tap: Tap,
    input: Vec<u8>,
}

/// The input, cut after `length` bytes, as two texts. JavaScript encodes them,
/// so they are UTF-8.
fn two_texts(input: &[u8], length: usize) -> (&str, &str) {
    let (first, second) = input.split_at_checked(length).unwrap_or_default();
    (text_of(first), text_of(second))
}

fn text_of(bytes: &[u8]) -> &str {
    bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
}

// The exports. `unsafe(no_mangle)` only says that no other symbol has the name;
// references stand for addresses that JavaScript got from `create` and has not
// given back.

/// A tap within the default limits; 0 keeps a default.
#[unsafe(no_mangle)]
extern "C" fn create(bytes_per_stream: usize, open_streams: usize, text: usize) -> Box<Core> {
    let default = Limits::default();
    let or = |value: usize, default: usize| if value == 0 { default } else { value };
    let tap = Tap::new(Limits {
        bytes_per_stream: or(bytes_per_stream, default.bytes_per_stream),
        open_streams: or(open_streams, default.open_streams),
        text_per_block: or(text, default.text_per_block),
        ..default
    });
    Box::new(Core { tap, input: Vec::new() })
}

/// Room for `length` bytes of text for the call that comes next.
#[unsafe(no_mangle)]
extern "C" fn input(core: &mut Core, length: usize) -> *mut u8 {
    core.input.clear();
    core.input.resize(length, 0);
    core.input.as_mut_ptr()
}

/// The names that the numbers of the table stand for: raw kinds, hooks, notices,
/// fields; `,` after each name, `;` after each list. Its length; it lies where
/// `input` does.
#[unsafe(no_mangle)]
extern "C" fn vocabulary(core: &mut Core) -> usize {
    core.input.clear();
    for names in [RawKind::NAMES, HookName::NAMES, NoticeCode::NAMES, Field::NAMES] {
        core.input.extend_from_slice(names.as_bytes());
        core.input.push(b';');
    }
    core.input.len()
}

/// Where the text that came out last lies.
#[unsafe(no_mangle)]
extern "C" fn output(core: &Core) -> *const u8 {
    core.input.as_ptr()
}

/// Which layers have subscribers.
#[unsafe(no_mangle)]
extern "C" fn listen(core: &mut Core, raw: bool, hooks: bool) {
    core.tap.listen(raw, hooks);
}

/// Whether some dialect is spoken at the address in the input, by the method that
/// follows it. For a shell that asks the core; others ask before it is there.
#[cfg(not(feature = "tables"))]
#[unsafe(no_mangle)]
extern "C" fn wants(core: &mut Core, url_length: usize) -> bool {
    let (url, method) = two_texts(&core.input, url_length);
    crate::dialect::endpoint::find(url, method).is_some()
}

/// Covers the secrets of an address or other text, which is in the input and stays
/// as long.
#[unsafe(no_mangle)]
extern "C" fn cover(core: &mut Core) {
    crate::secrets::cover(&mut core.input);
}

/// An exchange is opened, by the transport of that number; URL, method and
/// headers are in the input. The caller numbers the streams, upwards. Whether it
/// is taken.
#[unsafe(no_mangle)]
extern "C" fn open(
    core: &mut Core,
    stream: u32,
    transport: usize,
    url_length: usize,
    method_length: usize,
    ts: f64,
) -> bool {
    let (url, rest) = two_texts(&core.input, url_length);
    let (method, headers) = rest.split_at_checked(method_length).unwrap_or_default();
    let known = Transport::ALL.get(transport).copied().filter(|_| SESSIONS);
    let transport = known.unwrap_or(Transport::Fetch);
    core.tap.open_with(stream, &Opening { transport, url, method, headers }, ts)
}

/// The request's body is in the input, or cannot be read.
#[unsafe(no_mangle)]
extern "C" fn request(core: &mut Core, stream: u32, readable: bool, ts: f64) {
    let body = readable.then(|| core::mem::take(&mut core.input));
    core.tap.later(stream, Step::Request { body, ts });
}

/// The response's headers are there; content type and `retry-after` are in the
/// input.
#[unsafe(no_mangle)]
extern "C" fn response(core: &mut Core, stream: u32, status: u32, type_length: usize, ts: f64) {
    let (content_type, retry_after) = two_texts(&core.input, type_length);
    core.tap.later(stream, Step::response(status, content_type, retry_after, ts));
}

fn direction(out: bool) -> Direction {
    if SESSIONS && out { Direction::Out } else { Direction::In }
}

/// Room for `length` bytes of a body or a message, null when there is none to
/// fill or the stream is not open.
#[unsafe(no_mangle)]
extern "C" fn reserve(core: &mut Core, stream: u32, out: bool, length: usize) -> *mut u8 {
    match core.tap.reserve(stream, direction(out), length) {
        [] => core::ptr::null_mut(),
        room => room.as_mut_ptr(),
    }
}

/// The room is filled with a chunk of a body.
#[unsafe(no_mangle)]
extern "C" fn commit(core: &mut Core, stream: u32, length: usize, ts: f64) {
    let arrival = Arrival { ts, ..Arrival::text(Direction::In) };
    core.tap.commit(stream, length, &arrival);
}

/// The room is filled with a message. Its event's name and last event ID are in
/// the input.
#[cfg(feature = "sessions")]
#[unsafe(no_mangle)]
extern "C" fn message(
    core: &mut Core,
    stream: u32,
    out: bool,
    text: bool,
    length: usize,
    event_length: usize,
    ts: f64,
) {
    let (event, last_event_id) = two_texts(&core.input, event_length);
    let (event, last_event_id) = (event.as_bytes(), last_event_id.as_bytes());
    let arrival = Arrival { direction: direction(out), text, event, last_event_id, ts };
    core.tap.commit(stream, length, &arrival);
}

/// A message of that many bytes was there, and is not read.
#[cfg(feature = "sessions")]
#[unsafe(no_mangle)]
extern "C" fn unread(core: &mut Core, stream: u32, out: bool, size: u32, ts: f64) {
    core.tap.later(stream, Step::Unread { direction: direction(out), size, ts });
}

/// A socket or an `EventSource` did what the input says.
#[cfg(feature = "sessions")]
#[unsafe(no_mangle)]
extern "C" fn state(core: &mut Core, stream: u32, ts: f64) {
    core.tap.later(stream, Step::State { what: core::mem::take(&mut core.input), ts });
}

/// Adds the rules of the table that is in the input. The length of the reason if
/// it is refused, which then lies where `vocabulary` leaves its text; else 0.
#[cfg(feature = "tables")]
#[unsafe(no_mangle)]
extern "C" fn translate(core: &mut Core) -> usize {
    let result = core.tap.translate(&core.input);
    core.input = result.err().map_or(Vec::new(), |reason| reason.into_bytes());
    core.input.len()
}

/// Somebody looks at the screen from now on, and waits `window` ms for the wire;
/// negative for nobody any more.
#[cfg(feature = "dom")]
#[unsafe(no_mangle)]
extern "C" fn watch(core: &mut Core, window: f64) {
    core.tap.watch((window >= 0.0).then_some(window));
}

/// What is on screen of one conversation is in the input; an empty one says only
/// what time it is.
#[cfg(feature = "dom")]
#[unsafe(no_mangle)]
extern "C" fn look(core: &mut Core, ts: f64) {
    core.tap.look(&core.input, ts);
}

/// When to say what time it is, as of the last `read`; 0 for not.
#[cfg(feature = "dom")]
#[unsafe(no_mangle)]
extern "C" fn due(core: &Core) -> f64 {
    core.tap.due()
}

/// Whether snapshots of that region should have the answers' text.
#[cfg(feature = "dom")]
#[unsafe(no_mangle)]
extern "C" fn reads_text(core: &Core, root: u32) -> bool {
    core.tap.reads_text(root)
}

/// The page goes away.
#[cfg(feature = "sessions")]
#[unsafe(no_mangle)]
extern "C" fn leave(core: &mut Core, ts: f64) {
    core.tap.leave(ts);
}

/// Reads what was committed.
#[unsafe(no_mangle)]
extern "C" fn read(core: &mut Core) {
    core.tap.read();
}

/// The exchange is over: 0 done, 1 cancelled, 2 aborted, 3 failed, 4 unobserved.
/// The detail is the input; `code` is a socket's close code.
#[unsafe(no_mangle)]
extern "C" fn end(core: &mut Core, stream: u32, how: u32, code: u32, ts: f64) {
    let how = match how {
        0 => Ending::Done,
        1 => Ending::Cancelled,
        2 => Ending::Aborted,
        3 => Ending::Failed,
        _ => Ending::Unobserved,
    };
    let detail = text_of(&core.input).as_bytes().to_vec();
    core.tap.later(stream, Step::Ended { how, code, detail, ts });
}

/// Prepares the batch for reading: text is then counted in UTF-16 units of the
/// decoded arena. The number of words in its table.
#[unsafe(no_mangle)]
extern "C" fn table_length(core: &mut Core) -> usize {
    let batch = core.tap.batch_mut();
    batch.count_in_utf16();
    batch.table().len()
}

/// The table's address.
#[unsafe(no_mangle)]
extern "C" fn table(core: &Core) -> *const u32 {
    core.tap.batch().table().as_ptr()
}

/// The arena's length in bytes.
#[unsafe(no_mangle)]
extern "C" fn text_length(core: &Core) -> usize {
    core.tap.batch().text().len()
}

/// The arena's address.
#[unsafe(no_mangle)]
extern "C" fn text(core: &Core) -> *const u8 {
    core.tap.batch().text().as_ptr()
}

/// The batch has been read.
#[unsafe(no_mangle)]
extern "C" fn clear(core: &mut Core) {
    core.tap.clear();
}
