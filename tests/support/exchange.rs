//! Exchanges as a page has them: composed ones, valid and nonsense.

use pagetap::dialect::DIALECTS;
use pagetap::stream::Ending;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// One exchange, from its request to its end.
#[derive(Clone)]
pub struct Exchange {
    pub url: String,
    pub method: &'static str,
    pub request: Option<String>,
    pub status: u32,
    pub content_type: &'static str,
    pub body: Vec<u8>,
    pub ending: Ending,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Exchange { url, request, status, content_type, body, ending, .. } = self;
        let body = String::from_utf8_lossy(body);
        write!(f, "{url} {request:?}, {status} {content_type}, {ending:?}:\n{body}")
    }
}

/// One record of a stream: its event name and its data.
pub type Entry = (String, String);

fn entry(data: Value) -> Entry {
    let name = data["type"].as_str().unwrap_or_default().to_string();
    (name, data.to_string())
}

/// Ids that exchanges of different salt never share.
fn id(kind: &'static str, salt: &'static str) -> impl Strategy<Value = String> {
    (0..3u8).prop_map(move |number| format!("{kind}_{salt}{number}"))
}

fn stop_reason() -> impl Strategy<Value = Value> {
    let known = ["end_turn", "tool_use", "pause_turn", "compaction", "max_tokens", "refusal"];
    prop_oneof![4 => select(known.to_vec()).prop_map(Value::from), 1 => Just(Value::Null)]
}

/// A content block of any type that a table knows, and one that none does, with
/// the fields of all of them.
fn block(salt: &'static str) -> impl Strategy<Value = Value> {
    let mut types: Vec<&str> =
        DIALECTS.iter().flat_map(|dialect| dialect.blocks).map(|block| block.wire).collect();
    types.push("mystery");
    // Those with most state more often than each of the others.
    let types = prop_oneof![select(types), select(vec!["text", "tool_use", "tool_result"])];
    let text = prop_oneof![3 => Just(""), 1 => Just("Höhe")];
    let input = select(vec![json!({}), json!({"a": 1}), Value::Null]);
    let content = select(vec![
        json!([]),
        json!("done"),
        json!([{"type": "text", "text": "done"}]),
        json!({"type": "web_search_tool_result_error", "error_code": "unavailable"}),
    ]);
    let options = select(vec![Value::Null, Value::Null, json!(["once", "always"])]);
    let parts = (types, id("toolu", salt), text, input, content, options, any::<bool>());
    parts.prop_map(|(kind, id, text, input, content, options, failed)| {
        json!({
            "type": kind, "id": id, "name": "srv:look", "input": input, "text": text,
            "thinking": text, "tool_use_id": id, "content": content, "is_error": failed,
            "approval_key": format!("key-{id}"), "approval_options": options,
            "start_timestamp": "2026-05-12T13:10:41.178968Z",
            "from": {"model": "one"}, "to": {"model": "two"},
        })
    })
}

fn delta() -> impl Strategy<Value = Value> {
    let mut types: Vec<&str> =
        DIALECTS.iter().flat_map(|dialect| dialect.deltas).map(|delta| delta.wire).collect();
    types.push("mystery_delta");
    let piece = select(vec!["", "a", "é🌊", "\\", "\"\n"]);
    let partial = select(vec!["", "{", "{}", "{\"a\":", "1}", "[{\"type\":\"text\"}]"]);
    let options = select(vec![Value::Null, Value::Null, json!(["once"])]);
    (select(types), piece, partial, options).prop_map(|(kind, piece, partial, options)| {
        json!({
            "type": kind, "text": piece, "thinking": piece, "partial_json": partial,
            "content": piece, "summary": {"summary": piece}, "message": piece,
            "citation": {"uuid": "c1", "url": "https://host.example/"}, "citation_uuid": "c1",
            "approval_key": "key", "approval_options": options,
        })
    })
}

fn message_start(salt: &'static str) -> impl Strategy<Value = Entry> {
    let content = prop_oneof![4 => Just(vec![]), 1 => vec(block(salt), 1..3)];
    (id("msg", salt), content, any::<bool>()).prop_map(|(id, content, chat)| {
        let mut message = json!({
            "id": id, "model": "one", "content": content, "stop_reason": null,
            "usage": {"input_tokens": 3, "output_tokens": 1},
        });
        if chat {
            // By this a message shows that it is the chat application's.
            message["uuid"] = id.into();
            message["parent_uuid"] = "".into();
        }
        entry(json!({"type": "message_start", "message": message}))
    })
}

fn block_start(
    salt: &'static str,
    index: impl Strategy<Value = u32>,
) -> impl Strategy<Value = Entry> {
    (index, block(salt)).prop_map(|(index, block)| {
        entry(json!({"type": "content_block_start", "index": index, "content_block": block}))
    })
}

fn block_delta(index: impl Strategy<Value = u32>) -> impl Strategy<Value = Entry> {
    (index, delta()).prop_map(|(index, delta)| {
        entry(json!({"type": "content_block_delta", "index": index, "delta": delta}))
    })
}

fn block_stop(index: u32) -> Entry {
    let stop = "2026-05-12T13:10:42.5Z";
    entry(json!({"type": "content_block_stop", "index": index, "stop_timestamp": stop}))
}

fn message_delta() -> impl Strategy<Value = Entry> {
    (stop_reason(), 0..9u32).prop_map(|(reason, tokens)| {
        let usage = json!({"output_tokens": tokens});
        entry(json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}))
    })
}

fn message_stop() -> Entry {
    entry(json!({"type": "message_stop"}))
}

/// A record of any type, of whatever dialect, wherever it comes.
fn any_record(salt: &'static str) -> impl Strategy<Value = Entry> {
    let whole = (id("msg", salt), vec(block(salt), 0..3), stop_reason());
    let whole = whole.prop_map(|(id, content, reason)| {
        entry(json!({"type": "message", "id": id, "model": "one", "content": content,
            "stop_reason": reason, "usage": {"output_tokens": 5}}))
    });
    let completion = (stop_reason(), id("compl", salt)).prop_map(|(reason, id)| {
        let mut data = json!({"completion": " word", "stop_reason": reason, "model": "one"});
        data["type"] = "completion".into();
        data["id"] = id.into();
        entry(data)
    });
    let legacy = stop_reason().prop_map(|reason| {
        (String::new(), json!({"completion": "word", "stop_reason": reason}).to_string())
    });
    let error = select(vec!["overloaded_error", "rate_limit_error", "api_error", ""]);
    let error = error
        .prop_map(|kind| entry(json!({"type": "error", "error": {"type": kind, "message": "no"}})));
    let limit = select(vec!["within_limit", "approaching_limit", "exceeded_limit"]);
    let limit = limit
        .prop_map(|kind| entry(json!({"type": "message_limit", "message_limit": {"type": kind}})));
    let status = select(vec!["started", "running", "completed"]);
    let status =
        status.prop_map(|status| entry(json!({"type": "compaction_status", "status": status})));
    let other = select(vec![
        entry(json!({"type": "ping"})),
        entry(json!({"type": "galaxy", "answer": 42})),
        entry(json!({"type": "conversation_ready"})),
        entry(json!({"type": "mcp_auth_required", "tool_use_id": "t", "server_id": "s"})),
        entry(json!({"type": "tool_approval", "approval_key": "key", "tool_name": "look"})),
        entry(json!({"type": "content_block_retract", "from_index": 1})),
        entry(json!({"type": "model_update", "from_model": "one", "to_model": "two"})),
        entry(json!({"type": 5, "index": -1, "message": [], "delta": null})),
        ("content_block_delta".into(), "{\"type\":\"content_block_delta\",".into()),
        ("".into(), "[DONE]".into()),
        ("".into(), "[]".into()),
        ("".into(), "\"\"".into()),
    ]);
    prop_oneof![
        4 => message_start(salt),
        6 => block_start(salt, 0..3u32),
        6 => block_delta(0..3u32),
        6 => (0..3u32).prop_map(block_stop),
        3 => message_delta(),
        3 => Just(message_stop()),
        1 => whole,
        1 => completion,
        1 => legacy,
        1 => error,
        1 => limit,
        1 => status,
        4 => other,
    ]
}

/// One message in good order, perhaps with a ping in it.
fn message(salt: &'static str) -> impl Strategy<Value = Vec<Entry>> {
    let blocks = vec((block_start(salt, Just(0)), vec(block_delta(Just(0)), 0..4)), 0..4);
    let parts = (message_start(salt), blocks, message_delta(), any::<bool>());
    parts.prop_map(|(start, blocks, delta, pings)| {
        let mut records = vec![start];
        for (index, (start, deltas)) in (0u32..).zip(blocks) {
            let moved = |entry: Entry| {
                let mut data: Value = serde_json::from_str(&entry.1).unwrap_or_default();
                data["index"] = index.into();
                (entry.0, data.to_string())
            };
            records.push(moved(start));
            records.extend(deltas.into_iter().map(moved));
            records.push(block_stop(index));
            if pings {
                records.push(entry(json!({"type": "ping"})));
            }
        }
        records.extend([delta, message_stop()]);
        records
    })
}

/// The records of one stream: messages in good order, messages with records
/// lost, doubled or moved, and plain nonsense.
pub fn records(salt: &'static str) -> impl Strategy<Value = Vec<Entry>> {
    let good = vec(message(salt), 0..3).prop_map(|messages| messages.concat());
    let harmed = (message(salt), vec((any::<prop::sample::Index>(), 0..3u8), 0..4));
    let harmed = harmed.prop_map(|(mut records, harms)| {
        for (at, harm) in harms {
            if records.is_empty() {
                break;
            }
            let at = at.index(records.len());
            match harm {
                0 => drop(records.remove(at)),
                1 => records.insert(at, records[at].clone()),
                _ => {
                    let moved = records.remove(at);
                    records.insert(records.len() / 2, moved);
                }
            }
        }
        records
    });
    prop_oneof![2 => good, 2 => harmed, 3 => vec(any_record(salt), 0..16)]
}

/// How records are written down: with names or without, ends of line, comments
/// between.
fn body(salt: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let line_end = select(vec!["\n", "\n", "\r\n", "\r"]);
    let parts = (records(salt), line_end, any::<bool>(), any::<bool>(), 0..4usize);
    parts.prop_map(|(records, end, names, comments, cut)| {
        let mut body = String::new();
        for (name, data) in records {
            if names && !name.is_empty() {
                body += &format!("event: {name}{end}");
            }
            body += &format!("data: {data}{end}{end}");
            if comments {
                body += &format!(": note{end}{end}");
            }
        }
        // Sometimes the end comes early.
        let cut = if cut == 0 { body.len() / 7 } else { 0 };
        body.into_bytes()[cut..].to_vec()
    })
}

pub fn ending() -> impl Strategy<Value = Ending> {
    let endings = [Ending::Cancelled, Ending::Aborted, Ending::Failed, Ending::Unobserved];
    prop_oneof![Just(Ending::Done), select(endings.to_vec())]
}

/// Where the dialects are spoken, and one address that says nothing.
fn address(salt: &'static str) -> impl Strategy<Value = String> {
    select(vec![
        "https://api.example/v1/messages".to_string(),
        "https://api.example/v1/complete".to_string(),
        format!("https://claude.ai/api/organizations/o/chat_conversations/{salt}/completion"),
        format!("https://claude.ai/api/organizations/o/chat_conversations/{salt}/retry_completion"),
        "https://claude.ai/api/append_message".to_string(),
        "https://other.example/".to_string(),
    ])
}

/// A request that every address can read; no two exchanges of different salt ask
/// the same.
fn request(salt: &'static str) -> impl Strategy<Value = Option<String>> {
    let prompt = format!("Hello {salt}");
    let human = json!({"human_message_uuid": format!("human-{salt}")});
    let call = format!("toolu_{salt}0");
    let asks = json!({"model": "one", "prompt": prompt, "turn_message_uuids": human,
        "text": prompt, "parent_message_uuid": format!("parent-{salt}"),
        "messages": [{"role": "user", "content": prompt}]});
    let mut result = asks.clone();
    result["messages"] = json!([
        {"role": "assistant", "content": [{"type": "tool_use", "id": call, "name": "look"}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call, "content": "ok"}]},
    ]);
    select(vec![
        None,
        Some(asks.to_string()),
        Some(asks.to_string()),
        Some(result.to_string()),
        Some(format!("not json {salt}")),
    ])
}

/// Any exchange whose ids carry `salt`.
pub fn exchange(salt: &'static str) -> impl Strategy<Value = Exchange> {
    let status = prop_oneof![8 => Just(200), 1 => select(vec![400, 401, 404, 429, 500, 529])];
    let content_type = prop_oneof![
        8 => Just("text/event-stream; charset=utf-8"),
        1 => select(vec!["", "application/json", "text/html"]),
    ];
    let parts = (address(salt), request(salt), status, content_type, body(salt), ending());
    parts.prop_map(|(url, request, status, content_type, body, ending)| Exchange {
        url,
        method: "POST",
        request,
        status,
        content_type,
        body,
        ending,
    })
}
