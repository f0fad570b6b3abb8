//! Contenders read the same chunks by turns. Prints a JSON array: of each contender
//! its name, and per round the nanoseconds of this thread that a pass took.

use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt};
use pagetap::event::{Layer, RawKind, Value as Field};
use pagetap::hook::Field as Name;
use pagetap::limits::Limits;
use pagetap::{Tap, stream::Ending};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;
use std::convert::Infallible;
use std::error::Error;
use std::ops::Deref;

/// What a subscriber has read: for all contenders of a kind the same.
#[derive(Debug, Default, PartialEq)]
struct Digest {
    events: usize,
    bytes: usize,
}

impl Digest {
    fn add(&mut self, name: &str, text: &str) {
        self.events += 1;
        self.bytes += name.len() + text.len();
    }
}

type Contender = (&'static str, fn(&[Bytes]) -> Digest);

const TYPED: &[Contender] = &[
    ("typed: pagetap", typed_pagetap),
    ("typed: sseer", |chunks| typed(sseer(chunks))),
    ("typed: eventsource-stream", |chunks| typed(eventsource_stream(chunks))),
];

const FRAMING: &[Contender] = &[
    ("framing: pagetap", framing_pagetap),
    ("framing: pagetap, no subscriber", unheard_pagetap),
    ("framing: sseer", |chunks| framing(sseer(chunks))),
    ("framing: eventsource-stream", |chunks| framing(eventsource_stream(chunks))),
];

/// Runs all contenders.
pub fn run(file: &str, cuts: &str, rounds: &str) -> Result<(), Box<dyn Error>> {
    let body = Bytes::from(std::fs::read(file)?);
    let rounds: usize = rounds.parse()?;
    let mut chunks = Vec::new();
    let mut at = 0;
    for length in std::fs::read_to_string(cuts)?.split_whitespace() {
        let end = at + length.parse::<usize>()?;
        chunks.push(body.slice(at..end));
        at = end;
    }
    if at != body.len() {
        return Err(format!("the lengths in {cuts} are not those of {file}").into());
    }
    let mut rows = Vec::new();
    for contenders in [TYPED, FRAMING] {
        let digests: Vec<Digest> = contenders.iter().map(|(_, run)| run(&chunks)).collect();
        let read: Vec<&Digest> = digests.iter().filter(|digest| digest.events > 0).collect();
        if read.windows(2).any(|two| two.first() != two.last()) {
            return Err(format!("what is read differs: {digests:?}").into());
        }
        let mut times: Vec<Vec<u64>> = contenders.iter().map(|_| Vec::new()).collect();
        for _ in 0..rounds {
            for ((_, run), times) in contenders.iter().zip(&mut times) {
                let begun = thread_time();
                std::hint::black_box(run(std::hint::black_box(&chunks)));
                times.push(thread_time() - begun);
            }
        }
        rows.extend(
            contenders
                .iter()
                .zip(times)
                .map(|((name, _), times)| serde_json::json!({ "name": name, "times": times })),
        );
    }
    println!("{}", Value::from(rows));
    Ok(())
}

/// Nanoseconds that this thread ran.
fn thread_time() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Feeds a tap, and has `read` read each batch.
fn feed(raw: bool, hooks: bool, chunks: &[Bytes], mut read: impl FnMut(&Tap)) {
    let mut tap = Tap::new(Limits::default());
    tap.listen(raw, hooks);
    let url = "https://api.anthropic.com/v1/messages";
    let Some(id) = tap.open(url, "POST", 0.0) else { return };
    tap.response(id, 200, "text/event-stream; charset=utf-8", "", 0.0);
    for chunk in chunks {
        tap.feed(id, chunk, 1.0);
        read(&tap);
        tap.clear();
    }
    tap.end(id, Ending::Done, "", 2.0);
    read(&tap);
    tap.clear();
}

fn typed_pagetap(chunks: &[Bytes]) -> Digest {
    let mut digest = Digest::default();
    feed(false, true, chunks, |tap| {
        for record in tap.batch().records() {
            let Layer::Hook(name) = record.layer() else { continue };
            let mut text = "";
            for (field, value) in record.fields() {
                if let (Name::Text | Name::Partial, Field::Text(utf8)) = (field, value) {
                    text = std::str::from_utf8(utf8).unwrap_or_default();
                }
            }
            digest.add(name.name(), text);
        }
    });
    digest
}

fn framing_pagetap(chunks: &[Bytes]) -> Digest {
    let mut digest = Digest::default();
    feed(true, false, chunks, |tap| {
        for record in tap.batch().records() {
            if record.layer() != Layer::Raw(RawKind::Frame) {
                continue;
            }
            let (mut event, mut data) = ("", "");
            for (field, value) in record.fields() {
                let Field::Text(utf8) = value else { continue };
                match field {
                    Name::Event => event = std::str::from_utf8(utf8).unwrap_or_default(),
                    Name::Data => data = std::str::from_utf8(utf8).unwrap_or_default(),
                    _ => {}
                }
            }
            digest.add(event, data);
        }
    });
    digest
}

fn unheard_pagetap(chunks: &[Bytes]) -> Digest {
    feed(false, false, chunks, |tap| {
        std::hint::black_box(tap.batch().is_empty());
    });
    Digest::default()
}

/// The chunks as the stream of a body, every part of which is there.
fn body(chunks: &[Bytes]) -> impl Stream<Item = Result<Bytes, Infallible>> {
    futures_util::stream::iter(chunks.iter().cloned().map(Ok))
}

fn sseer(
    chunks: &[Bytes],
) -> impl Iterator<Item = (impl Deref<Target = str>, impl Deref<Target = str>)> {
    let mut events = Box::pin(sseer::EventStream::new(body(chunks)));
    std::iter::from_fn(move || {
        let event = events.next().now_or_never()??.ok()?;
        Some((event.event, event.data))
    })
}

fn eventsource_stream(
    chunks: &[Bytes],
) -> impl Iterator<Item = (impl Deref<Target = str>, impl Deref<Target = str>)> {
    let mut events = Box::pin(eventsource_stream::EventStream::new(body(chunks)));
    std::iter::from_fn(move || {
        let event = events.next().now_or_never()??.ok()?;
        Some((event.event, event.data))
    })
}

fn framing(
    events: impl Iterator<Item = (impl Deref<Target = str>, impl Deref<Target = str>)>,
) -> Digest {
    let mut digest = Digest::default();
    events.for_each(|(event, data)| digest.add(&event, &data));
    digest
}

/// The tap's events from parsed records, as few as give the same.
#[allow(clippy::indexing_slicing)] // of a Value, where what is missing is null
fn typed(
    events: impl Iterator<Item = (impl Deref<Target = str>, impl Deref<Target = str>)>,
) -> Digest {
    let mut digest = Digest::default();
    let mut tools = Vec::new();
    for (_, data) in events {
        let Ok(record) = serde_json::from_str::<Value>(&data) else { continue };
        let delta = &record["delta"];
        let text = |name: &str| delta[name].as_str().unwrap_or_default();
        match record["type"].as_str().unwrap_or_default() {
            "message_start" => digest.add("MessageStart", ""),
            "content_block_start" => match record["content_block"]["type"].as_str() {
                Some("thinking") => digest.add("ThinkingStart", ""),
                Some("tool_use" | "mcp_tool_use") => {
                    tools.push(record["index"].clone());
                    digest.add("ToolUseStart", "");
                }
                Some("mcp_tool_result") => digest.add("PostToolUse", ""),
                _ => {}
            },
            "content_block_delta" => match delta["type"].as_str() {
                Some("text_delta") => digest.add("MessageDelta", text("text")),
                Some("thinking_delta") => digest.add("ThinkingDelta", text("thinking")),
                Some("input_json_delta") => digest.add("ToolInputDelta", text("partial_json")),
                _ => {}
            },
            "content_block_stop" if tools.contains(&record["index"]) => {
                digest.add("ToolUseEnd", "");
                digest.add("PreToolUse", "");
            }
            "message_stop" => {
                digest.add("MessageEnd", "");
                digest.add("Stop", "");
            }
            _ => {}
        }
    }
    digest
}
