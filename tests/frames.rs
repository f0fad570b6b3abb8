//! Cases that are more than one exchange: sockets, event streams and requests of
//! one session, in the order they happened. A case is a file `frames.jsonl` in a
//! folder of the corpus (see CONTRIBUTING.md, "Add a case"). Bodies are cut
//! everywhere; messages are what they are, unless their dialect reads lines.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod expectation;

use expectation::{
    captures, compare, first_difference, folders, is_exchange, recordings, root,
    without_repeated_context,
};
use pagetap::Tap;
use pagetap::dialect::endpoint;
use pagetap::event::{Layer, RawKind, StreamId, Value};
use pagetap::exchange::{Arrival, Direction, Opening, Transport};
use pagetap::hook::Field;
use pagetap::limits::Limits;
use pagetap::secrets;
use pagetap::stream::Ending;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// One line of a case.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Line {
    /// What the case protects; a line of its own, the first.
    about: String,
    /// The exchange this is about.
    pipe: String,
    /// When (ms); by default 10 ms after the line before.
    ts: Option<f64>,
    open: Option<Open>,
    /// The request's body: text, or JSON as it stands here.
    request: Option<Box<RawValue>>,
    /// The request has a body that cannot be read.
    unreadable: bool,
    status: u32,
    content_type: String,
    retry_after: String,
    /// A message's way: `in` or `out`.
    dir: String,
    /// A message: text, or JSON as it stands here.
    data: Option<Box<RawValue>>,
    /// An event's name and last id (`EventSource`).
    event: String,
    id: String,
    /// A piece of a response's body: text, or JSON as it stands here.
    body: Option<Box<RawValue>>,
    /// The end of a socket: its code, with `reason`; `end` may say who closed it.
    close: Option<u32>,
    reason: String,
    /// The end of an exchange: `done`, `cancelled`, `aborted`, ...
    end: String,
    /// The page goes away.
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

impl Open {
    fn opening(&self) -> Opening<'_> {
        let named = |transport: &&Transport| transport.name() == self.transport;
        let transport = Transport::ALL.iter().find(named).copied().unwrap_or(Transport::Fetch);
        let method = match (transport, &*self.method) {
            (Transport::Socket, "") => "WS",
            (_, "") => "GET",
            (_, method) => method,
        };
        Opening { transport, url: &self.url, method, headers: &self.headers }
    }
}

/// What a line gives: the text itself, or JSON as it was written.
fn bytes(raw: &RawValue) -> Vec<u8> {
    match serde_json::from_str::<String>(raw.get()) {
        Ok(text) => text.into_bytes(),
        Err(_) => raw.get().as_bytes().to_vec(),
    }
}

fn lines(text: &str) -> Vec<Line> {
    let line = |(at, line)| match serde_json::from_str(line) {
        Ok(line) => line,
        Err(error) => panic!("line {}: {error}", at + 1),
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(line).collect()
}

/// How bodies and lines are cut: where, for the piece that stands in that line.
type Cuts = BTreeMap<usize, Vec<usize>>;

/// What the raw layer gives back of one way of one pipe, and what went in.
#[derive(Default)]
struct Ways {
    given: BTreeMap<(StreamId, bool), Vec<u8>>,
    rebuilt: BTreeMap<(StreamId, bool), Vec<u8>>,
}

struct Player {
    tap: Tap,
    last_id: StreamId,
    pipes: BTreeMap<String, StreamId>,
    said: String,
    /// The last line of the case that something was said about.
    line: String,
    ways: Ways,
}

impl Player {
    fn new() -> Player {
        let mut tap = Tap::new(Limits::default());
        tap.listen(true, true);
        tap.keep_chunks();
        Player {
            tap,
            last_id: 0,
            pipes: BTreeMap::new(),
            said: String::new(),
            line: String::new(),
            ways: Ways::default(),
        }
    }

    /// Notes what was said, under the line that made it.
    fn hear(&mut self, line: &str) {
        let mut said = String::new();
        expectation::describe(self.tap.batch(), &mut said);
        if !said.is_empty() && self.line != line {
            self.said.push_str(line);
            self.line = line.to_owned();
        }
        self.said.push_str(&said);
        // What the cases call this is in no field of any layer.
        let text = String::from_utf8_lossy(self.tap.batch().text());
        assert!(!text.contains("sEcReT"), "a secret: {text}");
        self.ways.rebuild(&self.tap);
        self.tap.clear();
    }

    fn arrive(&mut self, pipe: StreamId, piece: &[u8], arrival: &Arrival<'_>) {
        let way = (pipe, arrival.direction == Direction::Out);
        if !piece.is_empty() {
            self.ways.given.entry(way).or_default().extend_from_slice(piece);
        }
        self.tap.message(pipe, piece, arrival);
    }
}

impl Ways {
    fn rebuild(&mut self, tap: &Tap) {
        let mut stream = 0;
        let mut chunk: &[u8] = &[];
        let mut start = 0;
        for record in tap.batch().records() {
            let number = |field| match record.get(field) {
                Some(Value::Int(value)) => value as usize,
                Some(Value::Number(value)) => value as usize,
                _ => 0,
            };
            match record.layer() {
                Layer::At => stream = number(Field::StreamId) as StreamId,
                Layer::Chunk => {
                    (chunk, start) = (tap.batch().chunk(&record), number(Field::Offset))
                }
                Layer::Raw(RawKind::Frame | RawKind::Fragment) => {
                    let out = record.text(Field::Direction) == Some("out");
                    let rebuilt = self.rebuilt.entry((stream, out)).or_default();
                    let offset = number(Field::Offset);
                    assert_eq!(offset, rebuilt.len(), "frames follow one another");
                    rebuilt.extend_from_slice(&chunk[offset - start..][..number(Field::Length)]);
                }
                _ => {}
            }
        }
    }
}

fn ending(name: &str) -> Ending {
    match name {
        "" | "done" => Ending::Done,
        "cancelled" => Ending::Cancelled,
        "aborted" => Ending::Aborted,
        "failed" => Ending::Failed,
        "unobserved" => Ending::Unobserved,
        other => panic!("unknown ending {other}"),
    }
}

fn play(case: &[Line], cuts: &Cuts) -> String {
    let mut player = Player::new();
    let mut ts = 1_000.0;
    for (at, line) in case.iter().enumerate() {
        if !line.about.is_empty() {
            continue;
        }
        ts = line.ts.unwrap_or(ts + 10.0);
        step(&mut player, line, ts, cuts.get(&at).map_or(&[], |cuts| cuts), at + 1);
    }
    // All but its secrets, however they are cut.
    player.ways.given.values_mut().for_each(|given| _ = secrets::cover(given));
    assert_eq!(player.ways.given, player.ways.rebuilt, "the raw layer rebuilds every way");
    without_repeated_context(&player.said)
}

fn step(player: &mut Player, line: &Line, ts: f64, cuts: &[usize], number: usize) {
    let head = format!("-- {number} {}\n", line.pipe);
    if line.leave {
        player.tap.leave(ts);
        return player.hear(&head);
    }
    if let Some(open) = &line.open {
        player.last_id += 1;
        let id = player.last_id;
        assert!(player.tap.open_with(id, &open.opening(), ts), "room for a pipe");
        player.tap.read();
        player.pipes.insert(line.pipe.clone(), id);
    }
    let pipe = player.pipes[&line.pipe];
    if line.unreadable || line.request.is_some() {
        let body = line.request.as_deref().map(bytes);
        player.tap.request(pipe, body.as_deref(), ts);
    }
    if line.status > 0 {
        player.tap.response(pipe, line.status, &line.content_type, &line.retry_after, ts);
    }
    player.hear(&head);
    let direction = if line.dir == "out" { Direction::Out } else { Direction::In };
    let (event, last_event_id) = (line.event.as_bytes(), line.id.as_bytes());
    let arrival = Arrival { event, last_event_id, ts, ..Arrival::text(direction) };
    if let Some(whole) = line.data.as_ref().or(line.body.as_ref()) {
        let whole = bytes(whole);
        let mut from = 0;
        // A message is text: no server can cut it inside a character.
        let text = std::str::from_utf8(&whole).unwrap_or_default();
        let may_cut = |cut: &usize| line.data.is_none() || text.is_char_boundary(*cut);
        for cut in cuts.iter().copied().filter(may_cut).chain([whole.len()]) {
            player.arrive(pipe, &whole[from..cut], &arrival);
            from = cut;
            player.hear(&head);
        }
    }
    if let Some(code) = line.close {
        player.tap.close(pipe, ending(&line.end), code, &line.reason, ts);
    } else if !line.end.is_empty() {
        player.tap.end(pipe, ending(&line.end), &line.reason, ts);
    }
    player.hear(&head);
}

/// The lines that can be cut, and how long each is.
fn pieces(case: &[Line]) -> Vec<(usize, usize)> {
    let mut has_lines = BTreeMap::new();
    let mut out = Vec::new();
    for (at, line) in case.iter().enumerate() {
        if let Some(open) = &line.open {
            let found = endpoint::of(&open.opening());
            has_lines.insert(&line.pipe, found.is_some_and(|(dialect, ..)| dialect.lines));
        }
        let data = line.data.as_ref().filter(|_| has_lines[&line.pipe]);
        if let Some(raw) = line.body.as_ref().or(data) {
            out.push((at, bytes(raw).len()));
        }
    }
    out
}

/// Every chunking must say the same.
fn check_chunkings(case: &[Line], whole: &str, name: &str) {
    let pieces = pieces(case);
    let mut plans: Vec<Cuts> = Vec::new();
    plans.push(pieces.iter().map(|(at, length)| (*at, (1..*length).collect())).collect());
    // Every two-way cut of the small ones, a spread of them for the others.
    let total: usize = pieces.iter().map(|(_, length)| length).sum();
    let step = (total / 600).max(1);
    for (at, length) in &pieces {
        plans.extend((1..*length).step_by(step).map(|cut| BTreeMap::from([(*at, vec![cut])])));
    }
    for seed in 1..=20u32 {
        let mut state = seed;
        let mut random = |(at, length): &(usize, usize)| {
            let mut cuts = Vec::new();
            let mut cut = 0;
            loop {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                cut += 1 + (state >> 20) as usize % 200;
                if cut >= *length {
                    return (*at, cuts);
                }
                cuts.push(cut);
            }
        };
        plans.push(pieces.iter().map(&mut random).collect());
    }
    for plan in plans {
        let said = play(case, &plan);
        assert!(
            said == whole,
            "{name} says something else when cut at {plan:?}\n{}",
            first_difference(whole, &said)
        );
    }
}

/// The cases of the corpus, by name.
fn cases() -> Vec<(String, PathBuf, Vec<Line>)> {
    let mut out = Vec::new();
    for dialect in folders(&root().join("tests/corpus")) {
        for folder in folders(&dialect) {
            let Ok(text) = fs::read_to_string(folder.join("frames.jsonl")) else { continue };
            let name = folder.strip_prefix(root()).unwrap().display().to_string();
            out.push((name, folder, lines(&text)));
        }
    }
    assert!(!out.is_empty(), "the corpus is there");
    out
}

/// The lines of a case in another order, some of them twice, some not at all; a
/// pipe is opened before it is used.
fn disordered(case: &[Line], seed: u32) -> Vec<&Line> {
    let mut state = seed;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize % below
    };
    let mut left: Vec<&Line> = case.iter().filter(|line| line.about.is_empty()).collect();
    let mut opened = Vec::new();
    let mut out = Vec::new();
    while !left.is_empty() {
        // Mostly near to where it was.
        let line = left.remove(random(left.len().min(4)));
        if line.open.is_some() {
            opened.push(&line.pipe);
        } else if !line.leave && !opened.contains(&&line.pipe) {
            continue;
        }
        match random(6) {
            0 => {}
            1 if line.open.is_none() => out.extend([line, line]),
            _ => out.push(line),
        }
        if out.last().is_none_or(|last| !std::ptr::eq(*last, line)) && line.open.is_some() {
            opened.pop();
        }
    }
    out
}

#[test]
fn what_comes_in_disorder_breaks_nothing() {
    for (name, _, case) in cases() {
        for seed in 1..=60 {
            let lines = disordered(&case, seed);
            let mut player = Player::new();
            let mut ts = 1_000.0;
            for (at, line) in lines.iter().enumerate() {
                ts = line.ts.unwrap_or(ts + 10.0);
                step(&mut player, line, ts, &[], at + 1);
            }
            // All pipes end, and the page goes.
            for id in 1..=player.last_id {
                player.tap.end(id, Ending::Done, "", ts);
                player.hear("-- end\n");
            }
            player.tap.leave(ts);
            player.hear("-- leave\n");
            let said = &player.said;
            assert!(!said.contains("(unreadable"), "{name} {seed}: a field is no JSON\n{said}");
            let count = |hook: &str| {
                let named = |line: &&str| line.split(' ').next() == Some(hook);
                said.lines().filter(named).count()
            };
            let (starts, ends) = (count("MessageStart"), count("MessageEnd"));
            assert_eq!(starts, ends, "{name} {seed}: every message that starts ends\n{said}");
            let mut ended = BTreeMap::new();
            let mut turn = "";
            for line in said.lines() {
                if let Some((_, rest)) = line.split_once("turnId=\"") {
                    turn = rest.split('"').next().unwrap();
                } else if line.starts_with("Stop ") || line.starts_with("StopFailure ") {
                    *ended.entry(turn).or_insert(0) += 1;
                }
            }
            let twice: Vec<_> = ended.iter().filter(|(_, count)| **count > 1).collect();
            assert!(twice.is_empty(), "{name} {seed}: {twice:?} end twice\n{said}");
            let (asked, answered) =
                (count("PreToolUse"), count("PostToolUse") + count("PostToolUseFailure"));
            if name.contains("/mcp-ws/") {
                assert!(answered <= asked, "{name} {seed}: an answer without a question\n{said}");
            }
        }
    }
}

#[test]
fn every_case_of_several_pipes_says_what_was_blessed_however_it_is_cut() {
    let mut failures = Vec::new();
    for (name, folder, case) in cases() {
        assert!(!case[0].about.is_empty(), "{name}: say what the case protects");
        let whole = play(&case, &Cuts::new());
        check_chunkings(&case, &whole, &name);
        compare(&folder.join("expected.txt"), &whole, &name, &mut failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Recorded sessions of Claude Code: as what they were, or, where only the rows
/// were written, as those of a socket.
fn recorded_claude_code(text: &str, name: &str) -> Vec<Line> {
    let socket = "wss://claude.ai/v1/sessions/ws/session_01EXAMPLE/subscribe";
    let stream = "https://claude.ai/v1/code/sessions/cse_01StreamFixture/events/stream";
    let quoted = |text: &str| {
        let json = serde_json::to_string(text).expect("text");
        Some(RawValue::from_string(json).expect("JSON"))
    };
    let opened = |transport: &str, url: &str, method: &str| Line {
        pipe: "a".to_owned(),
        open: Some(Open {
            transport: transport.to_owned(),
            url: url.to_owned(),
            method: method.to_owned(),
            headers: String::new(),
        }),
        ..Line::default()
    };
    if name.ends_with(".sse") {
        return vec![Line {
            status: 200,
            content_type: "text/event-stream".to_owned(),
            body: quoted(text),
            end: "done".to_owned(),
            ..opened("", stream, "GET")
        }];
    }
    let message = |dir: &str, text: &str| Line {
        pipe: "a".to_owned(),
        dir: dir.to_owned(),
        data: quoted(text),
        ..Line::default()
    };
    let line = |(at, value): (usize, serde_json::Value)| {
        let text = |key: &str| value[key].as_str().unwrap_or_default();
        if value["ch"] == "http" {
            return Line {
                pipe: format!("request {at}"),
                request: quoted(text("data")),
                status: 200,
                end: "done".to_owned(),
                ..opened("", text("url"), text("method"))
            };
        }
        if let Some(code) = value["close"].as_u64() {
            let reason = text("reason").to_owned();
            return Line { data: None, close: Some(code as u32), reason, ..message("", "") };
        }
        match (value.get("dir"), value.get("_dir")) {
            (Some(_), _) => message(text("dir"), text("data")),
            (_, Some(_)) => message("out", &format!("{}\n", value["frame"])),
            _ => message("in", &format!("{value}\n")),
        }
    };
    let rows: Vec<serde_json::Value> = match name.ends_with(".json") {
        true => serde_json::from_str(text).expect("rows"),
        false => text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect(),
    };
    let closes = rows.iter().any(|row| row.get("close").is_some());
    let last = Line { pipe: "a".to_owned(), close: Some(1000), ..Line::default() };
    let lines = rows.into_iter().enumerate().map(line);
    [opened("ws", socket, "WS")].into_iter().chain(lines).chain((!closes).then_some(last)).collect()
}

/// Recorded sockets and streams: their lines as a case.
fn recorded(text: &str, name: &str) -> Vec<Line> {
    if name.starts_with("ccr") && !name.contains("managed") {
        return recorded_claude_code(text, name);
    }
    let open = |transport: &str, url: &str, method: &str, headers: &str| Open {
        transport: transport.to_owned(),
        url: url.to_owned(),
        method: method.to_owned(),
        headers: headers.to_owned(),
    };
    let pipe = || "a".to_owned();
    if name.ends_with(".jsonl") {
        let (url, headers) = match name.starts_with("mcp") {
            true => ("ws://127.0.0.1:1234/", "sec-websocket-protocol: mcp"),
            false => ("ws://127.0.0.1:8000/ws", ""),
        };
        let first =
            Line { pipe: pipe(), open: Some(open("ws", url, "WS", headers)), ..Line::default() };
        let frames = lines(text).into_iter().map(|frame| Line {
            pipe: pipe(),
            // The page is the client.
            dir: if ["out", "cli>ide"].contains(&&*frame.dir) { "out" } else { "in" }.to_owned(),
            ..frame
        });
        let last = Line { pipe: pipe(), close: Some(1000), ..Line::default() };
        return [first].into_iter().chain(frames).chain([last]).collect();
    }
    let raw = |text: &str| RawValue::from_string(text.to_owned()).expect("JSON");
    let body = |text: &str| Some(raw(&serde_json::to_string(text).expect("text")));
    let post = |pipe: &str, url: &str, headers: &str, request: &str| Line {
        pipe: pipe.to_owned(),
        open: Some(open("", url, "POST", headers)),
        request: Some(raw(request)),
        status: 202,
        ..Line::default()
    };
    let stream = |opened: Option<Open>, text: &str| Line {
        pipe: pipe(),
        open: opened,
        status: 200,
        content_type: "text/event-stream".to_owned(),
        body: body(text),
        end: "done".to_owned(),
        ..Line::default()
    };
    let call = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"ask"}}"#;
    if name.starts_with("ccr") {
        let url = "https://api.example/v1/sessions/sesn_1/events/stream";
        return vec![stream(Some(open("", url, "GET", "")), text)];
    }
    if !name.contains("legacy") {
        let accept = "accept: application/json, text/event-stream";
        let asks = post("a", "https://mcp.example/mcp", accept, call);
        return vec![Line { open: asks.open, request: asks.request, ..stream(None, text) }];
    }
    // What is answered was asked once the address was known.
    let (address, rest) = text.split_once("\n\n").expect("records");
    let accept = "accept: text/event-stream";
    let first = stream(Some(open("", "https://mcp.example/sse", "GET", accept)), "");
    let (_, path) = address.split_once("data: ").expect("an address");
    let to = format!("https://mcp.example{path}");
    let initialize = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#;
    let called = call.replace("7", "1");
    vec![
        Line { body: body(&format!("{address}\n\n")), end: String::new(), ..first },
        post("b", &to, "", initialize),
        post("c", &to, "", &called),
        Line { status: 0, ..stream(None, rest) },
    ]
}

#[test]
fn recorded_sessions_beside_the_project_say_what_was_blessed() {
    let mut failures = Vec::new();
    for name in recordings().into_iter().filter(|name| !is_exchange(name)) {
        let name = &*name;
        let text = fs::read_to_string(captures().join(name)).expect("a recorded session");
        let case = recorded(&text, name);
        let whole = play(&case, &Cuts::new());
        check_chunkings(&case, &whole, name);
        let expected = root().join("tests/corpus/recorded").join(format!("{name}.txt"));
        compare(&expected, &expectation::without_texts(&whole), name, &mut failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
