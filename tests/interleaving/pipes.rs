//! A page with two pipes of one session, each as far as it is, and the requests that
//! it sends beside them.

use crate::records::Told;
use crate::turns::Happening;
use pagetap::Tap;
use pagetap::event::StreamId;
use pagetap::exchange::{Arrival, Direction, Opening, Transport};
use pagetap::limits::Limits;
use pagetap::stream::Ending;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a pipe speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Speech {
    /// Claude Code, the first interface: a socket.
    First,
    /// The second: an event stream.
    Second,
    /// A Managed Agents session's event stream.
    Managed,
}

impl Speech {
    /// Where requests and lists go.
    fn events(self) -> &'static str {
        match self {
            Speech::First => "https://claude.ai/v1/sessions/session_01Garden/events",
            Speech::Second => "https://claude.ai/v1/code/sessions/cse_01Garden/events",
            Speech::Managed => "https://api.example/v1/sessions/sesn_01/events",
        }
    }

    fn headers(self) -> &'static str {
        match self {
            Speech::First => "anthropic-beta: ccr-byoc-2025-07-29\n",
            Speech::Second => "",
            Speech::Managed => "anthropic-beta: managed-agents-2026-04-01\n",
        }
    }
}

/// What happens to the pipes.
#[derive(Clone, Copy, Debug)]
pub enum Move {
    /// The pipe brings what comes next.
    Next(usize),
    /// The pipe breaks. While it is away so much happens; its successor says again what
    /// lasts of that, and of so much before.
    Breaks { pipe: usize, back: usize, away: usize },
    /// The page asks for what was: all of it, or from so much before a pipe on.
    Lists { pipe: usize, back: Option<usize> },
}

struct Pipe {
    stream: StreamId,
    speech: Speech,
    /// What it brings next.
    at: usize,
}

/// What became of it.
pub struct Played {
    pub told: Told,
    /// The exchanges that brought lists of what was.
    pub lists: Vec<StreamId>,
    /// How often a socket broke on which something had come.
    pub broken: usize,
}

pub struct Page<'h> {
    happens: &'h [Happening],
    /// So many were sent or said.
    happened: usize,
    pipes: Vec<Pipe>,
    tap: Tap,
    last: StreamId,
    ts: f64,
    lists: Vec<StreamId>,
    spoke: BTreeSet<StreamId>,
    broken: usize,
}

impl<'h> Page<'h> {
    pub fn new(happens: &'h [Happening], speeches: &[Speech]) -> Page<'h> {
        let mut tap = Tap::new(Limits::default());
        tap.listen(false, true);
        let mut page = Page {
            happens,
            happened: 0,
            pipes: Vec::new(),
            tap,
            last: 0,
            ts: 1.0,
            lists: Vec::new(),
            broken: 0,
            spoke: BTreeSet::new(),
        };
        for speech in speeches {
            let stream = page.connect(*speech, 0);
            page.pipes.push(Pipe { stream, speech: *speech, at: 0 });
        }
        page
    }

    /// What it told in the end, with all pipes at the end.
    pub fn plays(mut self, moves: &[Move]) -> Played {
        for step in moves {
            match *step {
                Move::Next(pipe) => self.next(pipe),
                Move::Breaks { pipe, back, away } => self.breaks(pipe, back, away),
                Move::Lists { pipe, back } => self.lists(pipe, back),
            }
        }
        for pipe in 0..self.pipes.len() {
            while self.pipes[pipe].at < self.happens.len() {
                self.next(pipe);
            }
        }
        self.ts += 1.0;
        self.tap.leave(self.ts);
        let told = Told::read(self.tap.batch());
        Played { told, lists: self.lists, broken: self.broken }
    }

    fn open(&mut self, opening: &Opening<'_>) -> StreamId {
        self.last += 1;
        self.ts += 1.0;
        assert!(self.tap.open_with(self.last, opening, self.ts));
        self.tap.read();
        self.last
    }

    fn connect(&mut self, speech: Speech, from: usize) -> StreamId {
        if speech == Speech::First {
            let url = "wss://claude.ai/v1/sessions/ws/session_01Garden/subscribe?replay=true";
            return self.open(&Opening {
                transport: Transport::Socket,
                method: "WS",
                ..Opening::fetch(url, "")
            });
        }
        let url = format!("{}/stream?from_sequence_num={from}", speech.events());
        let headers = format!("accept: text/event-stream\n{}", speech.headers());
        let opening = Opening { method: "GET", headers: &headers, ..Opening::fetch(&url, "") };
        let stream = self.open(&opening);
        self.tap.response(stream, 200, "text/event-stream", "", self.ts);
        stream
    }

    fn next(&mut self, pipe: usize) {
        let Pipe { stream, speech, at } = self.pipes[pipe];
        match self.happens.get(at) {
            Some(Happening::Said { row, lasting }) => self.says(stream, speech, row, *lasting, at),
            Some(Happening::Sent(row)) if at == self.happened => self.sends(speech, row, at),
            _ => {}
        }
        self.pipes[pipe].at = self.happens.len().min(at + 1);
        self.happened = self.happened.max(self.pipes[pipe].at);
    }

    fn says(&mut self, stream: StreamId, speech: Speech, row: &Value, lasting: bool, at: usize) {
        self.spoke.insert(stream);
        self.ts += 1.0;
        let text = match speech {
            Speech::First => format!("{row}\n"),
            Speech::Second => {
                let name = if lasting { "client_event" } else { "ephemeral_event" };
                format!("event: {name}\nid: {at}\ndata: {}\n\n", envelope(row, at))
            }
            Speech::Managed => {
                let row = if lasting { dated(row, at) } else { row.clone() };
                format!("event: {}\ndata: {row}\n\n", row["type"].as_str().unwrap())
            }
        };
        let arrival = Arrival { ts: self.ts, ..Arrival::text(Direction::In) };
        self.tap.message(stream, text.as_bytes(), &arrival);
    }

    fn sends(&mut self, speech: Speech, row: &Value, at: usize) {
        let headers = speech.headers();
        let stream =
            self.open(&Opening { method: "POST", headers, ..Opening::fetch(speech.events(), "") });
        let event = if speech == Speech::Second { json!({"payload": row}) } else { row.clone() };
        let body = json!({"events": [event]}).to_string();
        self.tap.request(stream, Some(body.as_bytes()), self.ts);
        // The service of Managed Agents answers with the event, which has an id now.
        let answer = match self.happens.get(at + 1) {
            Some(Happening::Said { row, .. }) if speech == Speech::Managed => {
                json!({"data": [row]})
            }
            _ => json!({"ok": true}),
        };
        self.answers(stream, &answer);
    }

    fn answers(&mut self, stream: StreamId, body: &Value) {
        self.tap.response(stream, 200, "application/json", "", self.ts);
        self.tap.feed(stream, body.to_string().as_bytes(), self.ts);
        self.tap.end(stream, Ending::Done, "", self.ts);
    }

    /// How far the session can be without the page: it waits for what that sends.
    fn reaches(&self, to: usize) -> usize {
        let sent = |happening: &Happening| matches!(happening, Happening::Sent(_));
        let waits = self.happens.iter().skip(self.happened).position(sent);
        let end = waits.map_or(self.happens.len(), |at| self.happened + at);
        to.clamp(self.happened, end)
    }

    /// What lasts of that.
    fn lasting(&self, from: usize, to: usize) -> Vec<(usize, Value)> {
        let lasting = |(at, happening): (usize, &Happening)| match happening {
            Happening::Said { row, lasting: true } => Some((at, row.clone())),
            _ => None,
        };
        let all = self.happens.iter().enumerate().take(to).skip(from);
        all.filter_map(lasting).collect()
    }

    fn breaks(&mut self, pipe: usize, back: usize, away: usize) {
        let Pipe { stream, speech, at } = self.pipes[pipe];
        self.ts += 1.0;
        if speech == Speech::First {
            self.broken += usize::from(self.spoke.contains(&stream));
            self.tap.close(stream, Ending::Done, 1006, "", self.ts);
        } else {
            self.tap.end(stream, Ending::Failed, "network", self.ts);
        }
        let from = at.saturating_sub(back);
        let stream = self.connect(speech, from);
        let to = self.reaches(at + away).max(at);
        if speech == Speech::Managed {
            // Its streams begin where they are: the page asks for the rest.
            self.list(speech, from, to);
        }
        if speech != Speech::Managed {
            for (at, row) in self.lasting(from, to) {
                self.says(stream, speech, &row, true, at);
            }
        }
        if speech == Speech::First {
            self.greets(stream, to);
        }
        self.pipes[pipe] = Pipe { stream, speech, at: to };
        self.happened = self.happened.max(to);
    }

    /// The handshake repeats the questions that are open.
    fn greets(&mut self, stream: StreamId, to: usize) {
        let asks = |row: &Value| row["request"]["subtype"] == "can_use_tool";
        let rows: Vec<Value> = self.lasting(0, to).into_iter().map(|(_, row)| row).collect();
        let sent =
            self.happens.iter().take(to.max(self.happened)).filter_map(
                |happening| match happening {
                    Happening::Sent(row) => Some(row),
                    Happening::Said { .. } => None,
                },
            );
        let answered: Vec<&Value> = sent.map(|row| &row["response"]["request_id"]).collect();
        let open = |row: &&Value| asks(row) && !answered.contains(&&row["request_id"]);
        let mut pending: Vec<&Value> = rows.iter().filter(open).collect();
        pending.dedup();
        let hello = json!({"type": "control_response", "response": {"subtype": "success",
            "request_id": format!("hello-{stream}"), "response": {"pid": 7},
            "pending_permission_requests": pending}});
        self.says(stream, Speech::First, &hello, true, 0);
    }

    fn lists(&mut self, pipe: usize, back: Option<usize>) {
        let Pipe { speech, at, .. } = self.pipes[pipe];
        let from = back.map_or(0, |back| at.saturating_sub(back));
        self.list(speech, from, self.happened);
    }

    fn list(&mut self, speech: Speech, from: usize, to: usize) {
        let before = self.lasting(0, from);
        let row = before.iter().rev().map(|(_, row)| &row["uuid"]).find(|uuid| uuid.is_string());
        let after = row.and_then(Value::as_str).unwrap_or_default();
        let url = format!("{}?limit=100&after_id={after}", speech.events());
        let headers = speech.headers();
        let stream = self.open(&Opening { method: "GET", headers, ..Opening::fetch(&url, "") });
        self.lists.push(stream);
        let rows = self.lasting(from, to).into_iter().map(|(at, row)| match speech {
            Speech::First => row,
            Speech::Second => envelope(&row, at),
            Speech::Managed => dated(&row, at),
        });
        let body = json!({"data": rows.collect::<Vec<_>>()});
        self.answers(stream, &body);
    }
}

/// When the service made what happened there.
fn date(at: usize) -> String {
    format!("1970-01-01T00:00:00.{at:03}Z")
}

fn dated(row: &Value, at: usize) -> Value {
    let mut row = row.clone();
    row["processed_at"] = json!(date(at));
    row
}

fn envelope(row: &Value, at: usize) -> Value {
    let client = row["type"] == "user" && row["message"]["content"].is_string();
    json!({"event_id": format!("ev-{at}"), "sequence_num": at.to_string(), "payload": row,
        "created_at": date(at), "event_type": row["type"], "source": if client { "client" } else { "worker" }})
}
