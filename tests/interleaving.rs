//! One turn on two pipes, in any interleaving: each event is told once.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "support/records.rs"]
mod records;

use pagetap::Tap;
use pagetap::event::StreamId;
use pagetap::exchange::{Arrival, Direction, Opening, Transport};
use pagetap::hook::{Field, HookName};
use pagetap::limits::Limits;
use proptest::prelude::*;
use records::{Event, Held, Told};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SOCKET: &str = "wss://claude.ai/v1/sessions/ws/session_01Garden/subscribe";
const STREAM: &str = "https://claude.ai/v1/code/sessions/cse_01Garden/events/stream";

/// The rows of a turn: a prompt, a message in pieces and blocks that calls a tool,
/// a question with its answer, the tool's result, another message, the end.
fn turn() -> Vec<Value> {
    let piece = |uuid: &str, event: Value| json!({"type": "stream_event", "uuid": uuid, "parent_tool_use_id": null, "event": event});
    let blocks = |uuid: &str, id: &str, block: Value| {
        json!({"type": "assistant", "uuid": uuid, "parent_tool_use_id": null, "message": {
            "id": id, "role": "assistant", "model": "m", "content": [block], "stop_reason": null,
            "usage": {"output_tokens": 1},
        }})
    };
    let delta = |index: u32, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
    let call =
        json!({"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}});
    vec![
        json!({"type": "user", "uuid": "p-1", "parent_tool_use_id": null, "message": {"role": "user", "content": "Look"}}),
        json!({"type": "system", "subtype": "init", "uuid": "i-1", "model": "m", "cwd": "/w", "permissionMode": "default"}),
        piece(
            "e-1",
            json!({"type": "message_start", "message": {"id": "msg_1", "model": "m", "content": [], "usage": {"output_tokens": 1}}}),
        ),
        piece(
            "e-2",
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        ),
        // The same id for different pieces: pieces are told apart otherwise.
        piece("e-live", delta(0, json!({"type": "text_delta", "text": "Look"}))),
        piece("e-live", delta(0, json!({"type": "text_delta", "text": "Look"}))),
        blocks("a-1", "msg_1", json!({"type": "text", "text": "LookLook"})),
        piece("e-3", json!({"type": "content_block_stop", "index": 0})),
        piece(
            "e-4",
            json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}}),
        ),
        piece(
            "e-5",
            delta(1, json!({"type": "input_json_delta", "partial_json": "{\"command\":"})),
        ),
        piece("e-6", delta(1, json!({"type": "input_json_delta", "partial_json": "\"ls\"}"}))),
        blocks("a-2", "msg_1", call),
        piece("e-7", json!({"type": "content_block_stop", "index": 1})),
        piece(
            "e-8",
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 20}}),
        ),
        piece("e-9", json!({"type": "message_stop"})),
        json!({"type": "control_request", "request_id": "q-1", "request": {"subtype": "can_use_tool", "tool_name": "Bash", "tool_use_id": "toolu_1", "input": {"command": "ls"}}}),
        json!({"type": "control_response", "response": {"subtype": "success", "request_id": "q-1", "response": {"behavior": "allow", "updatedInput": {}}}}),
        json!({"type": "user", "uuid": "u-1", "parent_tool_use_id": null, "message": {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "rose"}]}}),
        json!({"type": "system", "subtype": "notification", "uuid": "n-1", "text": "Hello", "key": "k"}),
        blocks("a-3", "msg_2", json!({"type": "text", "text": "A rose."})),
        json!({"type": "result", "subtype": "success", "uuid": "r-1", "is_error": false, "result": "A rose.", "stop_reason": "end_turn", "num_turns": 2}),
        json!({"type": "prompt_suggestion", "uuid": "s-1", "suggestion": "Water it"}),
    ]
}

/// Both pipes of the session.
struct Pipes {
    tap: Tap,
    ts: f64,
}

const ON_SOCKET: StreamId = 1;
const ON_STREAM: StreamId = 2;

impl Pipes {
    fn open() -> Pipes {
        let mut tap = Tap::new(Limits::default());
        tap.listen(false, true);
        let socket =
            Opening { transport: Transport::Socket, method: "WS", ..Opening::fetch(SOCKET, "") };
        let headers = "accept: text/event-stream\n";
        let stream = Opening { method: "GET", headers, ..Opening::fetch(STREAM, "") };
        assert!(tap.open_with(ON_SOCKET, &socket, 1.0) && tap.open_with(ON_STREAM, &stream, 1.0));
        tap.response(ON_STREAM, 200, "text/event-stream", "", 1.0);
        Pipes { tap, ts: 1.0 }
    }

    fn row(&mut self, pipe: StreamId, row: &Value) {
        self.ts += 1.0;
        let ts = self.ts;
        if pipe == ON_SOCKET {
            let line = format!("{row}\n");
            self.tap.message(
                pipe,
                line.as_bytes(),
                &Arrival { ts, ..Arrival::text(Direction::In) },
            );
        } else {
            let lasting = row["type"] != "stream_event";
            let name = if lasting { "client_event" } else { "ephemeral_event" };
            let record = json!({"event_type": row["type"], "source": "worker", "payload": row});
            self.tap.feed(pipe, format!("event: {name}\ndata: {record}\n\n").as_bytes(), ts);
        }
    }

    fn told(mut self) -> Told {
        self.tap.leave(self.ts + 1.0);
        Told::read(self.tap.batch())
    }
}

/// What was told, without what depends on which pipe told it or in how many
/// pieces it came: events in any order, texts joined.
fn essence(told: &Told) -> (BTreeMap<String, usize>, BTreeMap<String, String>) {
    let mut events = BTreeMap::new();
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for event in &told.events {
        let Event { name, turn, message, fields, .. } = event;
        let place = format!("{name:?} {message} {:?}", event.get(Field::BlockIndex));
        if let Some(Held::Text(piece)) = event.get(Field::Text)
            && *name == HookName::MessageDelta
        {
            texts.entry(place).or_default().push_str(piece);
            continue;
        }
        // A block that is finished first is not told in pieces; how long a call
        // took, and why its message ended, is seen earlier or later.
        if *name == HookName::ToolInputDelta {
            continue;
        }
        let timed = [Field::DurationMs, Field::LatencyMs, Field::Usage, Field::Caller];
        let fields: Vec<_> = fields.iter().filter(|(field, _)| !timed.contains(field)).collect();
        *events.entry(format!("{name:?} {turn} {message} {fields:?}")).or_insert(0) += 1;
    }
    assert!(told.notices.is_empty(), "{:?}", told.notices);
    (events, texts)
}

fn alone(pipe: StreamId) -> Told {
    let mut pipes = Pipes::open();
    for row in turn() {
        pipes.row(pipe, &row);
    }
    pipes.told()
}

#[test]
fn either_pipe_alone_tells_the_same() {
    assert_eq!(essence(&alone(ON_SOCKET)), essence(&alone(ON_STREAM)));
    let told = alone(ON_SOCKET);
    for (name, count) in [
        (HookName::UserPromptSubmit, 1),
        (HookName::SessionStart, 1),
        (HookName::MessageStart, 2),
        (HookName::MessageEnd, 2),
        (HookName::PreToolUse, 1),
        (HookName::PermissionRequest, 1),
        (HookName::PermissionGranted, 1),
        (HookName::PostToolUse, 1),
        (HookName::Stop, 1),
        (HookName::StopFailure, 0),
    ] {
        assert_eq!(told.count(name), count, "{name:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 250, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_of_two_pipes_tells_each_event_once(
        order in prop::collection::vec(any::<bool>(), 44),
    ) {
        let rows = turn();
        let mut pipes = Pipes::open();
        let mut next = [0, 0];
        for which in order.into_iter().map(usize::from).chain([0; 22]).chain([1; 22]) {
            if let Some(row) = rows.get(next[which]) {
                pipes.row([ON_SOCKET, ON_STREAM][which], row);
                next[which] += 1;
            }
        }
        prop_assert_eq!(next, [rows.len(); 2]);
        let (events, texts) = essence(&pipes.told());
        let (expected, words) = essence(&alone(ON_SOCKET));
        let differs = |event: &&String| events.get(*event) != expected.get(*event);
        let wrong: Vec<_> = events.keys().chain(expected.keys()).filter(differs).collect();
        prop_assert!(wrong.is_empty(), "{:#?}", wrong);
        prop_assert_eq!(texts, words);
    }

    /// A pipe breaks somewhere; another begins at the start, or somewhere before.
    #[test]
    fn a_turn_that_is_taken_up_on_another_pipe_is_told_once(
        broke in 0usize..22,
        back in 0usize..22,
    ) {
        let rows = turn();
        let mut pipes = Pipes::open();
        for row in &rows[..broke] {
            pipes.row(ON_SOCKET, row);
        }
        for row in &rows[broke.saturating_sub(back)..] {
            pipes.row(ON_STREAM, row);
        }
        let told = pipes.told();
        let whole = alone(ON_SOCKET);
        for name in [
            HookName::UserPromptSubmit,
            HookName::MessageStart,
            HookName::MessageEnd,
            HookName::ToolUseStart,
            HookName::PreToolUse,
            HookName::PostToolUse,
            HookName::PermissionRequest,
            HookName::Stop,
        ] {
            prop_assert_eq!(told.count(name), whole.count(name), "{:?}", name);
        }
        prop_assert_eq!(essence(&told).1, essence(&whole).1);
    }
}
