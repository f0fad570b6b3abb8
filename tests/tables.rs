//! Rules added at run time: what a table can say, how a wrong one is refused, and
//! that nothing changes then.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "support/records.rs"]
#[allow(dead_code)]
mod records;

use pagetap::Tap;
use pagetap::dialect::{DIALECTS, Grammar, Says};
use pagetap::exchange::{Arrival, Direction, Opening, Transport};
use pagetap::hook::{Field, HookName};
use pagetap::limits::Limits;
use pagetap::notice::NoticeCode;
use pagetap::stream::Ending;
use proptest::prelude::*;
use records::Told;
use serde_json::{Value, json};

const CHAT: &str = "https://claude.ai/api/organizations/o/chat_conversations/c/completion";
const MESSAGES: &str = "https://api.example/v1/messages";

fn tap() -> Tap {
    let mut tap = Tap::new(Limits::default());
    tap.listen(false, true);
    tap
}

fn translate(tap: &mut Tap, table: &Value) {
    let result = tap.translate(table.to_string().as_bytes());
    assert_eq!(result, Ok(()), "{table}");
}

fn feed(tap: &mut Tap, stream: u32, record: &Value) {
    tap.feed(stream, format!("data: {record}\n\n").as_bytes(), 1.0);
}

fn told(tap: &mut Tap) -> Told {
    let told = Told::read(tap.batch());
    tap.clear();
    told
}

/// What an exchange of that address and these records tells.
fn exchange(tap: &mut Tap, url: &str, records: &[Value]) -> Told {
    let stream = tap.open(url, "POST", 0.0).unwrap();
    records.iter().for_each(|record| feed(tap, stream, record));
    tap.end(stream, Ending::Done, "", 2.0);
    told(tap)
}

fn names(told: &Told) -> Vec<&'static str> {
    told.events.iter().map(|event| event.name.name()).collect()
}

fn one(told: &Told, name: HookName) -> &records::Event {
    let mut events = told.events.iter().filter(|event| event.name == name);
    let event = events.next().unwrap_or_else(|| panic!("{name:?} in {:?}", names(told)));
    assert!(events.next().is_none(), "one {name:?}");
    event
}

/// A turn of claude.ai in which the site has renamed everything.
fn renamed_turn() -> Vec<Value> {
    vec![
        json!({"type": "message_begin", "msg": {"model": "m-1"}, "message": {"uuid": "u1"}}),
        json!({"type": "piece_begin", "index": 0, "content_block": {"type": "words"}}),
        json!({"type": "piece_more", "index": 0, "delta": {"type": "text_piece", "t": "Hello"}}),
        json!({"type": "piece_end", "index": 0}),
        json!({"type": "message_over"}),
    ]
}

fn renaming_table() -> Value {
    json!({
        "dialect": "claudeai",
        "events": {
            "message_begin": {"act": "start", "fields": {"model": "/msg/model"}},
            "piece_begin": {"like": "content_block_start"},
            "piece_more": {"act": "blockDelta"},
            "piece_end": {"act": "blockStop"},
            "message_over": {"like": "message_stop"},
        },
        "blocks": {"words": {"is": "text"}},
        "deltas": {"text_piece": {"does": "text", "fields": {"text": "/delta/t"}}},
    })
}

#[test]
fn what_the_site_renamed_is_translated_again() {
    let mut tap = tap();
    let before = exchange(&mut tap, CHAT, &renamed_turn());
    assert_eq!(before.counted(NoticeCode::UnknownEvent), 5);
    translate(&mut tap, &renaming_table());
    let after = exchange(&mut tap, CHAT, &renamed_turn());
    assert_eq!(after.notices, []);
    assert_eq!(
        names(&after),
        ["SessionStart", "MessageStart", "MessageDelta", "MessageEnd", "Stop"]
    );
    assert_eq!(one(&after, HookName::MessageStart).text(Field::Model), "m-1");
    assert_eq!(one(&after, HookName::MessageDelta).text(Field::Text), "Hello");
    assert_eq!(one(&after, HookName::Stop).text(Field::LastAssistantMessage), "Hello");
}

#[test]
fn an_open_stream_is_read_by_it_from_the_next_record_on() {
    let mut tap = tap();
    let turn = renamed_turn();
    let stream = tap.open(CHAT, "POST", 0.0).unwrap();
    feed(&mut tap, stream, &turn[0]);
    assert_eq!(told(&mut tap).counted(NoticeCode::UnknownEvent), 1);
    translate(&mut tap, &renaming_table());
    turn.iter().for_each(|record| feed(&mut tap, stream, record));
    let told = told(&mut tap);
    assert_eq!(told.notices, []);
    assert_eq!(names(&told)[..2], ["SessionStart", "MessageStart"]);
}

#[test]
fn an_added_rule_comes_before_that_of_the_table_and_reset_takes_it_away() {
    let mut tap = tap();
    let turn = [
        json!({"type": "message_start", "message": {"id": "msg_1", "model": "m"}}),
        json!({"type": "ping", "note": "hi"}),
        json!({"type": "message_stop"}),
    ];
    let plain = names(&exchange(&mut tap, MESSAGES, &turn)).len();
    let ping = |message: &str| {
        json!({"dialect": "messages", "events": {"ping": {"act": "emit", "hook": "Notification",
            "fields": {"notificationType": "=ping", "message": message}}}})
    };
    translate(&mut tap, &ping("/note"));
    let told = exchange(&mut tap, MESSAGES, &turn);
    assert_eq!(names(&told).len(), plain + 1);
    let event = one(&told, HookName::Notification);
    assert_eq!(event.text(Field::NotificationType), "ping");
    assert_eq!(event.text(Field::Message), "hi");

    // Again: the later one counts.
    translate(&mut tap, &ping("=later"));
    let told = exchange(&mut tap, MESSAGES, &turn);
    assert_eq!(one(&told, HookName::Notification).text(Field::Message), "later");

    translate(&mut tap, &json!({"dialect": "messages", "reset": true}));
    assert_eq!(names(&exchange(&mut tap, MESSAGES, &turn)).len(), plain);
    // Another dialect's stay; what follows `reset` in one table counts.
    translate(&mut tap, &renaming_table());
    let mut both = ping("=again");
    both["reset"] = true.into();
    translate(&mut tap, &both);
    let told = exchange(&mut tap, MESSAGES, &turn);
    assert_eq!(one(&told, HookName::Notification).text(Field::Message), "again");
    assert_eq!(exchange(&mut tap, CHAT, &renamed_turn()).notices, []);
}

#[test]
fn tables_in_one_array_count_in_order() {
    let mut tap = tap();
    let stop =
        |hook: &str| json!({"dialect": "complete", "events": {"x": {"act": "emit", "hook": hook}}});
    translate(&mut tap, &json!([stop("Gap"), stop("Setup"), stop("Progress")]));
    let told = exchange(&mut tap, "https://api.example/v1/complete", &[json!({"type": "x"})]);
    assert_eq!(names(&told)[0], "Progress");
    translate(&mut tap, &json!([stop("Gap"), {"dialect": "complete", "reset": true}]));
    let told = exchange(&mut tap, "https://api.example/v1/complete", &[json!({"type": "x"})]);
    assert_eq!(told.counted(NoticeCode::UnknownEvent), 1);
}

#[test]
fn conditions_literals_and_alternatives_hold() {
    let mut tap = tap();
    let event = |condition: &str, is: &str| {
        json!({"act": "emit", "hook": "Progress", condition: {"at": "/kind", "is": is},
            "fields": {"message": ["/a", "/b/c", "=neither"], "data": ""}})
    };
    translate(
        &mut tap,
        &json!({"dialect": "messages", "events": {
            "only": event("when", "täglich"), "not": event("unless", "x"),
        }}),
    );
    let record = r#"{"type":"only","kind":"t\u00e4glich","b":{"c":"C"}}"#;
    let told = exchange(
        &mut tap,
        MESSAGES,
        &[
            serde_json::from_str(record).unwrap(),
            json!({"type": "only", "kind": "x"}),
            json!({"type": "not", "kind": "x", "a": "A"}),
            json!({"type": "not", "kind": "y", "a": "A", "b": {"c": "C"}}),
            json!({"type": "not"}),
        ],
    );
    let progress: Vec<&str> = told
        .events
        .iter()
        .filter(|event| event.name == HookName::Progress)
        .map(|event| event.text(Field::Message))
        .collect();
    assert_eq!(progress, ["C", "A", "neither"]);
    let last = told.events.iter().rfind(|event| event.name == HookName::Progress).unwrap();
    assert_eq!(last.get(Field::Data), Some(&records::Held::Json(r#"{"type":"not"}"#.into())));
    // A rule sets a field once, whatever it names.
    assert!(last.fields.iter().filter(|(field, _)| *field == Field::Message).count() == 1);
}

#[test]
fn fields_over_those_of_a_like_rule_keep_their_place() {
    let mut tap = tap();
    translate(
        &mut tap,
        &json!({"dialect": "claudeai", "deltas": {
            "json_piece": {"like": "input_json_delta", "fields": {"partial": "/delta/p", "message": "=m"}},
        }, "events": {
            "switched": {"like": "model_update", "fields": {"toModel": "/now"}},
        }, "blocks": {
            "call": {"like": "tool_use", "fields": {"statusMessage": "/content_block/note"}},
        }}),
    );
    let told = exchange(
        &mut tap,
        CHAT,
        &[
            json!({"type": "message_start", "message": {"uuid": "u"}}),
            json!({"type": "switched", "from_model": "a", "now": "b"}),
            json!({"type": "content_block_start", "index": 0, "content_block":
            {"type": "call", "id": "t1", "name": "look", "note": "looking", "integration_name": "I"}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "json_piece", "p": "{\"q\":1}"}}),
            json!({"type": "content_block_stop", "index": 0}),
        ],
    );
    let switch = one(&told, HookName::PostModelSwitch);
    assert_eq!((switch.text(Field::FromModel), switch.text(Field::ToModel)), ("a", "b"));
    let start = one(&told, HookName::ToolUseStart);
    assert_eq!(start.text(Field::StatusMessage), "looking");
    assert_eq!(start.text(Field::IntegrationName), "I");
    assert_eq!(one(&told, HookName::ToolInputDelta).text(Field::Partial), "{\"q\":1}");
    let input = one(&told, HookName::PreToolUse).get(Field::ToolInput).cloned();
    assert_eq!(input, Some(records::Held::Json("{\"q\":1}".into())));
}

#[test]
fn an_added_address_belongs_to_its_dialect() {
    let mut tap = tap();
    let url = "https://claude.ai/api/v2/chats/c7/completion2?x=1";
    assert_eq!(exchange(&mut tap, url, &renamed_turn()).events, []);
    let mut table = renaming_table();
    table["endpoints"] =
        json!([{"method": "POST", "path": "/api/v2/chats/{chat}/completion2", "says": "prompt"}]);
    translate(&mut tap, &table);
    let told = exchange(&mut tap, url, &renamed_turn());
    assert_eq!(told.events[0].conversation, "c7");
    assert_eq!(told.count(HookName::Stop), 1);
    translate(&mut tap, &json!({"dialect": "claudeai", "reset": true}));
    assert_eq!(exchange(&mut tap, url, &renamed_turn()).events, []);
}

#[test]
fn of_two_addresses_that_fit_as_well_the_added_one_counts() {
    let opened = |tap: &mut Tap, headers| {
        let id = tap.open_streams() as u32 + 1;
        let opening =
            Opening { transport: Transport::Fetch, url: MESSAGES, method: "POST", headers };
        assert!(tap.open_with(id, &opening, 0.0));
        tap.read();
        tap.feed(id, b"data: {\"type\":\"completion\",\"completion\":\"a\"}\n\n", 1.0);
        let told = told(tap);
        told.events.first().map(|event| event.dialect.clone()).unwrap_or_default()
    };
    let mut tap = tap();
    translate(
        &mut tap,
        &json!({"dialect": "complete", "endpoints": [
        {"method": "POST", "path": "/v1/messages", "says": "completionPrompt", "needs": {"x-kind": "old"}},
        {"method": "POST", "path": "**", "says": "completionPrompt"},
    ], "events": {"": {"act": "completion", "fields": {"text": "/completion"}}}}),
    );
    assert_eq!(opened(&mut tap, "x-kind: very old\n"), "complete");
    assert_ne!(opened(&mut tap, "x-kind: new\n"), "complete", "any path knows least");
    translate(
        &mut tap,
        &json!({"dialect": "complete", "endpoints": [
            {"method": "POST", "path": "**/v1/messages", "says": "completionPrompt"},
        ]}),
    );
    assert_eq!(opened(&mut tap, "x-kind: new\n"), "complete");
}

#[test]
fn an_added_sign_proves_a_dialect_that_no_address_promised() {
    let mut tap = tap();
    let url = "https://host.example/somewhere";
    let turn = [
        json!({"type": "begin", "message": {"key": "mk-1", "model": "m"}}),
        json!({"type": "message_stop"}),
    ];
    translate(
        &mut tap,
        &json!({"dialect": "messages",
        "signs": [{"event": "begin", "at": "/message/key", "prefix": "mk-"}],
        "events": {"begin": {"like": "message_start"}}}),
    );
    assert_eq!(names(&exchange(&mut tap, url, &turn)), ["MessageStart", "MessageEnd", "Stop"]);
}

#[test]
fn rows_of_a_session_can_be_renamed_too() {
    let mut tap = tap();
    let rows = |tap: &mut Tap, rows: &[Value]| {
        let opening = Opening {
            transport: Transport::Socket,
            url: "wss://claude.ai/v1/sessions/ws/session_1/subscribe",
            method: "WS",
            headers: "",
        };
        let id = 1 + tap.open_streams() as u32;
        assert!(tap.open_with(id, &opening, 0.0));
        for row in rows {
            tap.message(
                id,
                format!("{row}\n").as_bytes(),
                &Arrival { ts: 1.0, ..Arrival::text(Direction::In) },
            );
        }
        told(tap)
    };
    translate(
        &mut tap,
        &json!([{"dialect": "ccr-v1", "events": {
        "system/begin": {"like": "system/init"},
        "system/*": {"act": "emit", "hook": "Progress", "fields": {"progressType": "/subtype"}},
        "keep_alive": {"act": "emit", "hook": "Setup"},
    }}, {"dialect": "messages", "events": {"begin": {"like": "message_start"}}}]),
    );
    let told = rows(
        &mut tap,
        &[
            json!({"type": "system", "subtype": "begin", "session_id": "s", "model": "m", "uuid": "1"}),
            json!({"type": "system", "subtype": "unheard_of", "uuid": "2"}),
            json!({"type": "keep_alive"}),
            json!({"type": "stream_event", "uuid": "3", "event":
            {"type": "begin", "message": {"id": "msg_1", "model": "m"}}}),
        ],
    );
    let expected = ["SessionStart", "Progress", "Setup", "MessageStart"];
    assert!(names(&told).starts_with(&expected), "{:?} {:?}", names(&told), told.notices);
    assert_eq!(one(&told, HookName::Progress).text(Field::ProgressType), "unheard_of");
}

#[test]
fn each_kind_of_session_has_the_words_of_its_own_reader() {
    let words = [
        ("managed-agents", "prompt", None),
        ("managed-agents", "over", None),
        ("enhanced-ws", "over", None),
        ("mcp-ws", "call", None),
        ("mcp-ws", "emit", None),
        ("mcp-ws", "ignore", None),
        ("mcp-ws", "over", Some("\"over\" is no act in a dialect of sessions")),
        ("ccr-v2", "prompt", Some("\"prompt\" is no act in a dialect of sessions")),
    ];
    for (dialect, act, refused) in words {
        let mut rule = json!({"act": act});
        if act == "emit" {
            rule["hook"] = "Progress".into();
        }
        let table = json!({"dialect": dialect, "events": {"x/y": rule}});
        let told = tap().translate(table.to_string().as_bytes());
        match refused {
            None => assert_eq!(told, Ok(()), "{table}"),
            Some(reason) => {
                let told = told.expect_err("a refusal");
                assert!(told.starts_with(&format!("events.x/y.act: {reason}")), "{told}");
            }
        }
    }
}

#[test]
fn a_renamed_event_of_a_managed_session_is_told() {
    let mut tap = tap();
    translate(
        &mut tap,
        &json!({"dialect": "managed-agents", "events": {"agent.said": {"like": "agent.message"}}}),
    );
    let url = "https://api.example/v1/sessions/sesn_1/events/stream";
    let stream = tap.open(url, "GET", 0.0).unwrap();
    feed(
        &mut tap,
        stream,
        &json!({"type": "agent.said", "id": "e1", "processed_at": "2026-01-01T00:00:00Z",
        "content": [{"type": "text", "text": "Hi"}]}),
    );
    let told = told(&mut tap);
    assert_eq!(one(&told, HookName::MessageDelta).text(Field::Text), "Hi");
}

#[test]
fn texts_may_be_written_with_escapes() {
    let table = r#"{"di\u0061lect":"messages","events":{"p\u0069ng":{"act":"emit","hook":"Notification",
        "fields":{"message":"\/n\u006fte","title":"=\u00e9\ud83c\udf3b"}}}}"#;
    let mut tap = tap();
    assert_eq!(tap.translate(table.as_bytes()), Ok(()));
    let told = exchange(&mut tap, MESSAGES, &[json!({"type": "ping", "note": "n"})]);
    let event = one(&told, HookName::Notification);
    assert_eq!((event.text(Field::Message), event.text(Field::Title)), ("n", "é🌻"));
}

#[test]
fn what_a_page_looks_like_may_be_said_of_any_dialect_in_any_selector() {
    let mut tap = tap();
    let page = json!({
        "paths": ["/c/{conversation}", "/t/*/new"],
        "user": "[data-testid=\"it's \\\"me\\\"\"], .a\\:b", "stop": "",
        "conversationId": "data-id",
    });
    for dialect in ["claudeai", "ccr-v2"] {
        translate(&mut tap, &json!({"dialect": dialect, "page": page}));
    }
}

/// Each wrong table and why it is refused.
fn refusals() -> Vec<(Value, &'static str)> {
    let table = |key: &str, value: Value| json!({"dialect": "claudeai", key: value});
    let event = |rule: Value| table("events", json!({"message_begin": rule}));
    let fields = |fields: Value| event(json!({"act": "start", "fields": fields}));
    let delta = |rule: Value| table("deltas", json!({"text_piece": rule}));
    let endpoint = |key: &str, value: Value| {
        let mut endpoint = json!({"method": "POST", "path": "/a/{b}", "says": "prompt"});
        endpoint[key] = value;
        table("endpoints", json!([endpoint]))
    };
    let rows = |key: &str, value: Value| json!({"dialect": "ccr-v1", key: value});
    let page = |page: Value| table("page", page);
    vec![
        (json!("claudeai"), "table: must be an object, or an array of objects"),
        (json!([1]), "[0]: must be an object"),
        (json!({}), "table: lacks \"dialect\""),
        (json!({"dialect": 1}), "dialect: must be a text"),
        (json!({"dialect": "claudai"}), "dialect: \"claudai\" is no dialect; near it: claudeai"),
        (table("event", json!({})), "event: \"event\" is no key of a table; near it: events"),
        (table("reset", json!(false)), "reset: must be true"),
        (table("events", json!([])), "events: must be an object"),
        (event(json!(null)), "events.message_begin: must be an object"),
        (event(json!({})), "events.message_begin: must have either \"act\" or \"like\""),
        (
            event(json!({"act": "start", "like": "message_start"})),
            "events.message_begin: must have either \"act\" or \"like\"",
        ),
        (
            event(json!({"act": "Start"})),
            "events.message_begin.act: \"Start\" is no act in a dialect of messages; near it: start",
        ),
        (
            event(json!({"act": "blokStart"})),
            "events.message_begin.act: \"blokStart\" is no act in a dialect of messages; near it: blockStart",
        ),
        (
            event(json!({"act": "taskStarted"})),
            "events.message_begin.act: \"taskStarted\" is no act in a dialect of messages",
        ),
        (
            event(json!({"act": "unless"})),
            "events.message_begin.act: \"unless\" is no act in a dialect of messages",
        ),
        (
            event(json!({"act": "start", "field": {}})),
            "events.message_begin.field: \"field\" is no key of a rule; near it: fields",
        ),
        (
            event(json!({"like": "message_strat"})),
            "events.message_begin.like: \"message_strat\" is no event of this dialect; near it: message_start, message_stop, message_limit",
        ),
        (event(json!({"act": "emit"})), "events.message_begin: lacks \"hook\""),
        (
            event(json!({"act": "emit", "hook": "Notifcation"})),
            "events.message_begin.hook: \"Notifcation\" is no hook event; near it: Notification",
        ),
        (
            event(json!({"act": "start", "hook": "Stop"})),
            "events.message_begin.hook: stands with \"emit\" only",
        ),
        (
            event(json!({"like": "message_start", "hook": "Stop"})),
            "events.message_begin.hook: stands with \"emit\" only",
        ),
        (
            event(json!({"act": "start", "when": {"at": "/a", "is": "b"}})),
            "events.message_begin.when: stands with \"emit\" only",
        ),
        (
            event(
                json!({"act": "emit", "hook": "Stop", "when": {"at": "/a", "is": "b"}, "unless": {}}),
            ),
            "events.message_begin: can have \"unless\" or \"when\", not both",
        ),
        (
            event(json!({"act": "emit", "hook": "Stop", "when": {"at": "a", "is": "b"}})),
            "events.message_begin.when.at: must be a JSON Pointer, \"/\" before each name",
        ),
        (
            event(json!({"act": "emit", "hook": "Stop", "unless": {"at": "/a"}})),
            "events.message_begin.unless: lacks \"is\"",
        ),
        (
            event(json!({"act": "emit", "hook": "Stop", "unless": {"at": "/a", "is": 1}})),
            "events.message_begin.unless.is: must be a text",
        ),
        (
            fields(json!({"modell": "/message/model"})),
            "events.message_begin.fields.modell: \"modell\" is no field a rule can set; near it: model, mode",
        ),
        (
            fields(json!({"seq": "/seq"})),
            "events.message_begin.fields.seq: \"seq\" is no field a rule can set",
        ),
        (
            fields(json!({"quite something else": "/a"})),
            "events.message_begin.fields[\"quite something else\"]: \"quite something else\" is no field a rule can set",
        ),
        (fields(json!({"model": 1})), "events.message_begin.fields.model: must be a text"),
        (
            fields(json!({"model": "model"})),
            "events.message_begin.fields.model: must be a JSON Pointer, \"/\" before each name",
        ),
        (
            fields(json!({"model": "/a~1b"})),
            "events.message_begin.fields.model: \"~\" is not understood: a pointer names plain members",
        ),
        (
            fields(json!({"model": "/a/b/c/d"})),
            "events.message_begin.fields.model: goes 4 deep; records are read 3 deep",
        ),
        (fields(json!({"model": []})), "events.message_begin.fields.model: must name a place"),
        (
            fields(json!({"model": ["/a", 2]})),
            "events.message_begin.fields.model[1]: must be a text",
        ),
        (
            table("events", json!({"a\"b": {"act": "ignore"}})),
            "events: a key holds a quote, a backslash, a control character or half a surrogate pair",
        ),
        (
            table("events", json!({"a".repeat(201): {"act": "ignore"}})),
            "events[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…\"]: a name is at most 200 plain ASCII characters",
        ),
        (
            table("events", json!({"message/*": {"act": "ignore"}})),
            "events.message/*: \"*\" stands for all kinds of a row only, as in \"system/*\"",
        ),
        (
            rows("events", json!({"a/b/*": {"act": "ignore"}})),
            "events.a/b/*: \"*\" stands for all kinds of a row only, as in \"system/*\"",
        ),
        (
            rows("events", json!({"a": {"act": "ignored"}})),
            "events.a.act: \"ignored\" is no act in a dialect of sessions; near it: ignore",
        ),
        (
            rows("events", json!({"a": {"act": "blockStart"}})),
            "events.a.act: \"blockStart\" is no act in a dialect of sessions",
        ),
        (
            rows("blocks", json!({})),
            "blocks: \"ccr-v1\" has none of its own: its messages are read by \"messages\"",
        ),
        (
            rows("deltas", json!({})),
            "deltas: \"ccr-v1\" has none of its own: its messages are read by \"messages\"",
        ),
        (page(json!([])), "page: must be an object"),
        (page(json!({"usr": "p"})), "page.usr: \"usr\" is no part of a page; near it: user"),
        (page(json!({"user": ["p"]})), "page.user: must be a text"),
        (page(json!({"conversationId": 1})), "page.conversationId: must be a text"),
        (page(json!({"conversationId": "[id]"})), "page.conversationId: is no attribute's name"),
        (page(json!({"paths": "/chat"})), "page.paths: must be an array"),
        (page(json!({"paths": ["/a", 2]})), "page.paths[1]: must be a text"),
        (page(json!({"paths": ["chat"]})), "page.paths[0]: a pattern starts with \"/\" or \"**\""),
        (
            rows("endpoints", json!([{"method": "WS", "path": "/a", "says": "prompt"}])),
            "endpoints[0].says: \"prompt\" is no request of this dialect; there are: rows, create, archive",
        ),
        (
            table("blocks", json!({"b": {"is": "txt"}})),
            "blocks.b.is: \"txt\" is no kind of block; near it: text",
        ),
        (
            table("blocks", json!({"b": {"like": "toolUse"}})),
            "blocks.b.like: \"toolUse\" is no block of this dialect; near it: tool_use",
        ),
        (
            delta(json!({"does": "txt"})),
            "deltas.text_piece.does: \"txt\" is no effect of a delta; near it: text",
        ),
        (
            delta(json!({"does": "text"})),
            "deltas.text_piece: lacks a field: the first says where the piece stands",
        ),
        (
            delta(json!({"does": "text", "fields": {"text": "=always"}})),
            "deltas.text_piece: lacks a field: the first says where the piece stands",
        ),
        (
            delta(json!({"like": "no_delta"})),
            "deltas.text_piece.like: \"no_delta\" is no delta of this dialect",
        ),
        (table("endpoints", json!({})), "endpoints: must be an array"),
        (table("endpoints", json!(["/a"])), "endpoints[0]: must be an object"),
        (
            table("endpoints", json!([{"method": "POST", "path": "/"}])),
            "endpoints[0]: lacks \"says\"",
        ),
        (
            endpoint("method", json!("post")),
            "endpoints[0].method: must be an HTTP method in capitals, or WS for a socket",
        ),
        (
            endpoint("path", json!("api/x")),
            "endpoints[0].path: a pattern starts with \"/\" or \"**\"",
        ),
        (
            endpoint("path", json!("https://a/b")),
            "endpoints[0].path: a pattern starts with \"/\" or \"**\"",
        ),
        (
            endpoint("path", json!("/a/**/b")),
            "endpoints[0].path: a segment is plain text of an address, \"*\", \"{name}\" or \"{name*}\"",
        ),
        (
            endpoint("path", json!("/a/x*")),
            "endpoints[0].path: a segment is plain text of an address, \"*\", \"{name}\" or \"{name*}\"",
        ),
        (
            endpoint("path", json!("/a/{b}/{c}")),
            "endpoints[0].path: a pattern captures one segment",
        ),
        (
            endpoint("path", json!("/a?b")),
            "endpoints[0].path: a segment is plain text of an address, \"*\", \"{name}\" or \"{name*}\"",
        ),
        (
            endpoint("says", json!("promt")),
            "endpoints[0].says: \"promt\" is no request of this dialect; near it: prompt",
        ),
        (endpoint("needs", json!([])), "endpoints[0].needs: must be an object"),
        (
            endpoint("needs", json!({"Accept": "x"})),
            "endpoints[0].needs.Accept: is no header's name in small letters",
        ),
        (endpoint("needs", json!({"accept": true})), "endpoints[0].needs.accept: must be a text"),
        (table("signs", json!([{}])), "signs[0]: lacks \"at\": what shows the dialect"),
        (
            table("signs", json!([{"at": "x"}])),
            "signs[0].at: must be a JSON Pointer, \"/\" before each name",
        ),
        (
            json!([{"dialect": "messages"}, {"dialect": "messages", "events": {"x": {"act": "sop"}}}]),
            "[1].events.x.act: \"sop\" is no act in a dialect of messages; near it: stop",
        ),
    ]
}

#[test]
fn a_wrong_table_is_refused_by_place_and_reason() {
    let mut wrong = String::new();
    for (table, reason) in refusals() {
        let refused = tap().translate(table.to_string().as_bytes());
        if refused.as_ref().map_err(String::as_str) != Err(reason) {
            wrong += &format!("{table}\n  expected {reason}\n  but {refused:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_no_json_library_writes_is_refused_too() {
    let refused = [
        (&b""[..], "table: is not JSON"),
        (b"{\"dialect\":", "table: is not JSON"),
        (b"\"\xff\"", "table: is not JSON"),
        (b"{\"dialect\":\"messages\",\"dialect\":\"claudeai\"}", "dialect: stands here twice"),
        (
            br#"{"dialect":"messages","events":{"a":{"act":"ignore"},"\u0061":{"act":"stop"}}}"#,
            "events.a: stands here twice",
        ),
        (
            br#"{"dialect":"\ud800"}"#,
            "dialect: holds a quote, a backslash, a control character or half a surrogate pair",
        ),
        (
            br#"{"\ud800":1}"#,
            "table: a key holds a quote, a backslash, a control character or half a surrogate pair",
        ),
    ];
    for (table, reason) in refused {
        let told = tap().translate(table);
        assert_eq!(told.as_ref().map_err(String::as_str), Err(reason));
    }
}

#[test]
fn nothing_changes_by_a_wrong_table() {
    let turn = renamed_turn();
    let mut table = renaming_table();
    let mut expected = tap();
    let mut tap = tap();
    for tap in [&mut expected, &mut tap] {
        translate(
            tap,
            &json!({"dialect": "claudeai", "events": {"message_begin": {"act": "stop"}}}),
        );
    }
    // Right but for its last word, alone and after a table that is right.
    table["deltas"]["text_piece"]["fields"]["text"] = "delta/t".into();
    let wrong = [
        table.to_string(),
        json!([renaming_table(), table]).to_string(),
        json!([{"dialect": "claudeai", "reset": true}, table]).to_string(),
    ];
    for wrong in wrong {
        assert!(tap.translate(wrong.as_bytes()).is_err());
        assert_eq!(exchange(&mut tap, CHAT, &turn), exchange(&mut expected, CHAT, &turn));
    }
}

#[test]
fn tables_are_bounded_in_size_in_rules_and_in_bytes_and_may_be_given_again_within() {
    let rules = |count: usize, from: usize| {
        let rules = (from..from + count).map(|at| (format!("r{at}"), json!({"act": "ignore"})));
        json!({"dialect": "messages", "events": Value::Object(rules.collect())}).to_string()
    };
    let limits =
        Limits { added_rules: 10, table_bytes: 1000, added_bytes: 10_000, ..Limits::default() };
    let mut tap = Tap::new(limits);
    let refused = |result: Result<(), String>| result.expect_err("a refusal");
    assert_eq!(refused(tap.translate(&[b' '; 1001])), "table: has more than 1000 bytes");
    assert_eq!(tap.translate(rules(7, 0).as_bytes()), Ok(()));
    assert_eq!(
        refused(tap.translate(rules(7, 5).as_bytes())),
        "table: with it there are 12 rules; the limit is 10"
    );
    let mut given = 0;
    let reason = loop {
        // The same names again are no more rules, but memory.
        match tap.translate(rules(7, 0).as_bytes()) {
            Ok(()) => given += 1,
            Err(reason) => break reason,
        }
    };
    assert!((1..100).contains(&given), "{given} times");
    assert!(reason.starts_with("table: with it there are 1"), "{reason}");
    assert!(reason.ends_with(" bytes; the limit is 10000"), "{reason}");
    // A reset needs no memory.
    assert_eq!(tap.translate(br#"{"dialect":"messages","reset":true}"#), Ok(()));
}

#[test]
fn a_whole_table_of_each_dialect_can_be_given_a_hundred_times() {
    let mut tap = tap();
    let largest = DIALECTS.iter().max_by_key(|dialect| dialect.events.len()).unwrap();
    let table = json!({"dialect": largest.name, "events": {"x": {"act": "ignore"}}});
    (0..100).for_each(|_| translate(&mut tap, &table));
}

/// JSON in which the keys and words of tables are likely.
fn tableish() -> impl Strategy<Value = Value> {
    let words = vec![
        "dialect",
        "claudeai",
        "messages",
        "ccr-v1",
        "events",
        "blocks",
        "deltas",
        "endpoints",
        "signs",
        "reset",
        "act",
        "like",
        "hook",
        "is",
        "does",
        "start",
        "emit",
        "text",
        "Stop",
        "fields",
        "model",
        "/message/model",
        "=x",
        "",
        "message_start",
        "method",
        "POST",
        "path",
        "/a/{b}",
        "says",
        "prompt",
        "needs",
        "at",
        "unless",
        "when",
        "system/*",
        "é\u{0}\"",
    ];
    let word = proptest::sample::select(words).prop_map(str::to_owned);
    let leaf = prop_oneof![
        word.clone().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
    ];
    let anything = leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    // Often a table that is right, with one thing in it replaced.
    (anything, 0..12usize, any::<bool>()).prop_map(|(any, at, whole)| {
        if whole {
            return any;
        }
        let mut table = renaming_table();
        table["endpoints"] = json!([{"method": "POST", "path": "/a/{b}", "says": "prompt"}]);
        let places = [
            "/events",
            "/events/message_begin",
            "/events/message_begin/act",
            "/events/message_begin/fields",
            "/events/message_begin/fields/model",
            "/blocks",
            "/blocks/words/is",
            "/deltas/text_piece",
            "/deltas/text_piece/fields",
            "/endpoints",
            "/endpoints/0",
            "/endpoints/0/path",
        ];
        *table.pointer_mut(places[at]).unwrap() = any;
        table
    })
}

/// A table applies, or its refusal names a place that it has and a reason.
fn applies_or_names_a_place(tap: &mut Tap, table: &[u8]) {
    let Err(refusal) = tap.translate(table) else { return };
    let (path, reason) = refusal.split_once(": ").expect("a place and a reason");
    assert!(!path.is_empty() && !reason.is_empty(), "{refusal}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_json_applies_or_is_refused_by_place(table in tableish(), other in tableish()) {
        let mut tap = tap();
        applies_or_names_a_place(&mut tap, table.to_string().as_bytes());
        applies_or_names_a_place(&mut tap, other.to_string().as_bytes());
        // Whatever it did, streams are read.
        exchange(&mut tap, CHAT, &renamed_turn());
        exchange(&mut tap, "https://x.example/a/b", &renamed_turn());
    }

    #[test]
    fn any_bytes_are_refused_or_apply(
        bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0..400usize,
    ) {
        applies_or_names_a_place(&mut tap(), &bytes);
        let mut table = renaming_table().to_string().into_bytes();
        let at = at.min(table.len());
        table.splice(at..(at + 3).min(table.len()), bytes.iter().copied().take(3));
        applies_or_names_a_place(&mut tap(), &table);
    }

    #[test]
    fn a_refused_table_leaves_no_trace(table in tableish()) {
        let mut tap = tap();
        if tap.translate(table.to_string().as_bytes()).is_err() {
            let told = exchange(&mut tap, CHAT, &renamed_turn());
            let untouched = exchange(&mut self::tap(), CHAT, &renamed_turn());
            prop_assert_eq!(told, untouched);
        }
    }
}

#[test]
fn every_dialect_can_be_given_each_of_its_own_rules_again() {
    for dialect in DIALECTS {
        let mut tap = tap();
        let events: serde_json::Map<String, Value> = dialect
            .events
            .iter()
            .chain(dialect.control)
            .map(|rule| (rule.wire.to_owned(), json!({"like": rule.wire})))
            .collect();
        let mut table = json!({"dialect": dialect.name, "events": events});
        if dialect.grammar == Grammar::Blocks {
            table["blocks"] = dialect
                .blocks
                .iter()
                .map(|rule| (rule.wire.to_owned(), json!({"like": rule.wire})))
                .collect();
            table["deltas"] = dialect
                .deltas
                .iter()
                .map(|rule| (rule.wire.to_owned(), json!({"like": rule.wire})))
                .collect();
        }
        table["endpoints"] = dialect
            .endpoints
            .iter()
            .map(|endpoint| {
                let needs: serde_json::Map<String, Value> =
                    endpoint.needs.iter().map(|(name, part)| ((*name).into(), (*part).into())).collect();
                let says = Says::WORDS.iter().find(|(_, says)| *says == Some(endpoint.says));
                let mut says = says.unwrap().0.to_owned();
                says[..1].make_ascii_lowercase();
                json!({"method": endpoint.method, "path": endpoint.path, "needs": needs, "says": says})
            })
            .collect();
        table["signs"] = dialect
            .signs
            .iter()
            .map(|sign| json!({"event": sign.event, "at": sign.at, "prefix": sign.prefix}))
            .collect();
        translate(&mut tap, &table);
    }
}
