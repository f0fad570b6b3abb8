//! `frames.jsonl` of the corpus: a line for each thing that happened, on several
//! pipes that take turns (CONTRIBUTING.md, "Add a case").

use super::Response;
use anyhow::{Context, Result, bail, ensure};
use pagetap::event::StreamId;
use pagetap::exchange::{Direction, Transport};
use pagetap::stream::Ending;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// Milliseconds from one line to the next, where none are given.
const STEP_MS: f64 = 10.0;

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Step {
    pub(super) stream: StreamId,
    pub(super) ts: f64,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Open {
        transport: Transport,
        url: String,
        method: String,
        headers: String,
    },
    /// None: it has a body that cannot be read.
    Request(Option<Vec<u8>>),
    Response(Response),
    Message {
        direction: Direction,
        event: String,
        id: String,
        text: Vec<u8>,
    },
    Body(Vec<u8>),
    End {
        how: Ending,
        code: u32,
        reason: String,
    },
    /// The page goes away.
    Leave,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Line {
    about: String,
    pipe: String,
    ts: Option<f64>,
    open: Option<Open>,
    request: Option<Box<RawValue>>,
    unreadable: bool,
    status: u32,
    content_type: String,
    retry_after: String,
    dir: String,
    data: Option<Box<RawValue>>,
    event: String,
    id: String,
    body: Option<Box<RawValue>>,
    close: Option<u32>,
    reason: String,
    end: Option<String>,
    leave: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Open {
    transport: String,
    url: String,
    method: String,
    headers: String,
}

/// Whether lines are a case: it says what it is about, or opens a pipe.
pub(super) fn is_case(bytes: &[u8]) -> bool {
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first: serde_json::Value = serde_json::from_slice(first).unwrap_or_default();
    first.get("about").is_some() || first.get("open").is_some()
}

/// What happened, in order.
pub(super) fn steps(bytes: &[u8]) -> Result<Vec<Step>> {
    let text = std::str::from_utf8(bytes).context("the file is not UTF-8")?;
    let mut reader = Reader {
        streams: BTreeMap::new(),
        answered: BTreeSet::new(),
        last: 0,
        ts: 1_000.0,
        steps: Vec::new(),
    };
    for (at, line) in text.lines().enumerate() {
        if !line.trim().is_empty() {
            let place = || format!("line {}", at + 1);
            reader.line(serde_json::from_str(line).with_context(place)?).with_context(place)?;
        }
    }
    Ok(reader.steps)
}

struct Reader {
    /// By name; whether it carries messages.
    streams: BTreeMap<String, (StreamId, bool)>,
    /// Those whose status, or body, has come.
    answered: BTreeSet<StreamId>,
    last: StreamId,
    ts: f64,
    steps: Vec<Step>,
}

impl Reader {
    fn line(&mut self, line: Line) -> Result<()> {
        if !line.about.is_empty() {
            return Ok(());
        }
        self.ts = line.ts.unwrap_or(self.ts + STEP_MS);
        if line.leave {
            self.add(0, What::Leave);
            return Ok(());
        }
        if let Some(open) = line.open {
            self.last += 1;
            let open = open.read()?;
            let has_messages =
                matches!(&open, What::Open { transport, .. } if transport.has_messages());
            self.streams.insert(line.pipe.clone(), (self.last, has_messages));
            self.add(self.last, open);
        }
        let Some((stream, has_messages)) = self.streams.get(&line.pipe).copied() else {
            bail!("the pipe {:?} is not open", line.pipe);
        };
        if line.unreadable || line.request.is_some() {
            self.add(stream, What::Request(line.request.as_deref().map(bytes_of)));
        }
        if line.status > 0 {
            let first = self.answered.insert(stream);
            ensure!(first, "the pipe {:?} was answered before", line.pipe);
            let (status, content_type) = (line.status, line.content_type);
            let retry_after = line.retry_after;
            self.add(stream, What::Response(Response { status, content_type, retry_after }));
        }
        if let Some(data) = line.data {
            let direction = match &*line.dir {
                "in" | "" => Direction::In,
                "out" => Direction::Out,
                other => bail!("\"dir\" is {other:?}, not in or out"),
            };
            let (event, id, text) = (line.event, line.id, bytes_of(&data));
            self.add(stream, What::Message { direction, event, id, text });
        }
        if let Some(body) = line.body {
            ensure!(!has_messages, "the pipe {:?} carries messages, no body", line.pipe);
            self.answered.insert(stream);
            self.add(stream, What::Body(bytes_of(&body)));
        }
        if line.end.is_some() || line.close.is_some() {
            let how = ending(line.end.as_deref().unwrap_or_default())?;
            let (code, reason) = (line.close.unwrap_or(0), line.reason);
            self.add(stream, What::End { how, code, reason });
        }
        Ok(())
    }

    fn add(&mut self, stream: StreamId, what: What) {
        self.steps.push(Step { stream, ts: self.ts, what });
    }
}

impl Open {
    fn read(self) -> Result<What> {
        let Open { transport, url, method, headers } = self;
        let named = |known: &&Transport| known.name() == transport;
        let transport = match Transport::ALL.iter().find(named) {
            Some(transport) => *transport,
            None if transport.is_empty() => Transport::Fetch,
            None => bail!("no transport is called {transport:?}"),
        };
        let usual = if transport == Transport::Socket { "WS" } else { "GET" };
        let method = if method.is_empty() { usual.to_owned() } else { method };
        Ok(What::Open { transport, url, method, headers })
    }
}

/// Text, or JSON as it was written.
fn bytes_of(raw: &RawValue) -> Vec<u8> {
    match serde_json::from_str::<String>(raw.get()) {
        Ok(text) => text.into_bytes(),
        Err(_) => raw.get().as_bytes().to_vec(),
    }
}

fn ending(name: &str) -> Result<Ending> {
    Ok(match name {
        "" | "done" => Ending::Done,
        "cancelled" => Ending::Cancelled,
        "aborted" => Ending::Aborted,
        "failed" => Ending::Failed,
        "unobserved" => Ending::Unobserved,
        other => bail!("\"end\" is {other:?}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_line_is_said_with_its_number() {
        let error = |lines: &str| format!("{:#}", steps(lines.as_bytes()).unwrap_err());
        let closed = error("{\"about\":\"x\"}\n{\"pipe\":\"b\",\"data\":1}");
        assert_eq!(closed, "line 2: the pipe \"b\" is not open");
        assert!(error("{\"pipe\":\"a\",\"opens\":{}}").contains("unknown field `opens`"));
        assert!(error("{\"pipe\":\"a\",\"open\":{\"transport\":\"pigeon\"}}").contains("pigeon"));
        assert!(error("{\"pipe\":\"a\",\"open\":{},\"end\":\"sadly\"}").contains("sadly"));
        let socket = error("{\"pipe\":\"a\",\"open\":{\"transport\":\"ws\"},\"body\":\"x\"}");
        let twice =
            error("{\"pipe\":\"a\",\"open\":{},\"status\":200}\n{\"pipe\":\"a\",\"status\":500}");
        assert_eq!(twice, "line 2: the pipe \"a\" was answered before");
        assert_eq!(socket, "line 1: the pipe \"a\" carries messages, no body");
    }

    #[test]
    fn frames_alone_are_no_case() {
        assert!(!is_case(b"{\"dir\":\"in\",\"data\":\"{\\\"about\\\":1}\"}\n"));
        assert!(!is_case(b""));
        assert!(is_case(b"{\"about\":\"x\"}\n{\"pipe\":\"a\",\"open\":{}}\n"));
    }
}
