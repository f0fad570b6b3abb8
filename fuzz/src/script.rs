//! What happens on a page, as bytes that a mutation leaves readable: steps with 0x1E
//! between them, the first byte of each its kind.

use crate::corpus::Step;
use crate::records::{Notice, Told};
use pagetap::Tap;
use pagetap::event::StreamId;
use pagetap::exchange::{Arrival, Direction, Opening, Transport};
use pagetap::notice::NoticeCode;
use pagetap::stream::Ending;
use std::collections::BTreeSet;

const BETWEEN: u8 = 0x1e;
/// More would only be slow.
const MOST_STREAMS: usize = 64;
const TRANSPORTS: &[u8] = b"fxbwe";

/// How bodies are cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cut {
    Whole,
    Bytes,
    /// In pieces whose lengths follow from this.
    Pieces(u64),
}

/// The bytes of these steps.
pub(crate) fn written(steps: &[Step]) -> Vec<u8> {
    let mut script = Vec::new();
    for step in steps {
        if !script.is_empty() {
            script.push(BETWEEN);
        }
        match step {
            Step::Open { transport, method, url, headers } => {
                let at = Transport::ALL.iter().position(|known| known == transport);
                script.push(b'O');
                script.push(TRANSPORTS[at.unwrap_or_default()]);
                script.extend(format!("{method} {url}\n{headers}").bytes());
            }
            Step::Turn(stream) => script.extend([b'S', b'0' + stream % 10]),
            Step::Request(body) => tagged(&mut script, b'Q', body),
            Step::Response { status, content_type } => {
                tagged(&mut script, b'H', format!("{status} {content_type}").as_bytes());
            }
            Step::Body(body) => tagged(&mut script, b'B', body),
            Step::Message { direction: Direction::In, text } => tagged(&mut script, b'<', text),
            Step::Message { direction: Direction::Out, text } => tagged(&mut script, b'>', text),
            Step::Look(snapshot) => tagged(&mut script, b'K', snapshot),
            Step::End => script.push(b'E'),
            Step::Leave => script.push(b'L'),
        }
    }
    script
}

fn tagged(script: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    script.push(tag);
    // What separates steps stands in no corpus; if it did, the script would be another.
    script.extend_from_slice(bytes);
}

/// What a tap tells of a script, and in what it covered secrets. They are counted for each
/// piece of one that is cut; and what begins like a key and is cut is covered, though it
/// may be none.
pub(crate) fn told(script: &[u8], tap: &mut Tap, cut: Cut) -> (Told, BTreeSet<(u32, String)>) {
    let mut all = Told::default();
    play(script, tap, cut, |tap| {
        let Told { events, notices } = Told::read(tap.batch());
        tap.clear();
        all.events.extend(events);
        all.notices.extend(notices);
    });
    let is_secret = |notice: &Notice| notice.code == NoticeCode::SecretCovered;
    let secrets = all.notices.iter().filter(|notice| is_secret(notice));
    let secrets = secrets.map(|notice| (notice.stream, notice.detail.clone())).collect();
    all.notices.retain(|notice| !is_secret(notice));
    (all, secrets)
}

/// Plays a script. `each` is called after each step, and after each piece of a body.
pub(crate) fn play(script: &[u8], tap: &mut Tap, cut: Cut, mut each: impl FnMut(&mut Tap)) {
    // Of each stream: whether it carries messages, or a body.
    let mut opened: Vec<bool> = Vec::new();
    // A page is answered once, and before the body.
    let mut answered: BTreeSet<StreamId> = BTreeSet::new();
    let (mut current, mut ts) = (0, 0.0);
    for step in script.split(|byte| *byte == BETWEEN) {
        let Some((kind, rest)) = step.split_first() else { continue };
        ts += 10.0;
        match kind {
            b'O' if opened.len() < MOST_STREAMS => {
                let Some((transport, rest)) = rest.split_first() else { continue };
                let text = String::from_utf8_lossy(rest);
                let (line, headers) = text.split_once('\n').unwrap_or((&text, ""));
                let (method, url) = line.split_once(' ').unwrap_or(("GET", line));
                let at = TRANSPORTS.iter().position(|known| known == transport);
                let transport = Transport::ALL[at.unwrap_or_default()];
                opened.push(transport.has_messages());
                current = opened.len() as StreamId;
                tap.open_with(current, &Opening { transport, url, method, headers }, ts);
                tap.read();
            }
            b'S' => {
                let at = rest.first().map_or(0, |digit| usize::from(digit.wrapping_sub(b'0')));
                current = (at % opened.len().max(1)) as StreamId + 1;
            }
            b'Q' => tap.request(current, Some(rest), ts),
            b'H' if answered.insert(current) => {
                let text = String::from_utf8_lossy(rest);
                let (status, content_type) = text.split_once(' ').unwrap_or((&text, ""));
                tap.response(current, status.parse().unwrap_or(200), content_type, "", ts);
            }
            b'B' if !messages(&opened, current) => {
                answered.insert(current);
                for piece in pieces(rest, cut) {
                    tap.feed(current, piece, ts);
                    each(tap);
                }
            }
            b'<' if messages(&opened, current) => {
                tap.message(current, rest, &Arrival { ts, ..Arrival::text(Direction::In) })
            }
            b'>' if messages(&opened, current) => {
                tap.message(current, rest, &Arrival { ts, ..Arrival::text(Direction::Out) })
            }
            b'K' => {
                // A look lasts from a frame to some seconds.
                ts += [16.0, 300.0, 2_500.0][rest.len() % 3];
                tap.look(rest, ts);
                tap.read();
            }
            b'E' => tap.end(current, Ending::Done, "", ts),
            b'L' => tap.leave(ts),
            _ => {}
        }
        each(tap);
    }
    for stream in 1..=opened.len() as StreamId {
        tap.end(stream, Ending::Aborted, "", ts + 10.0);
        each(tap);
    }
}

fn messages(opened: &[bool], stream: StreamId) -> bool {
    opened.get((stream as usize).wrapping_sub(1)) == Some(&true)
}

fn pieces(body: &[u8], cut: Cut) -> Vec<&[u8]> {
    match cut {
        Cut::Whole => vec![body],
        Cut::Bytes => body.chunks(1).collect(),
        Cut::Pieces(seed) => xtask::chunks::Chunks::Random(seed).cut(body),
    }
}

/// A number that follows from the bytes: cuts need one, and an input must say all.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
