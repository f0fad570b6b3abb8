//! Nothing of a conversation leaves unless it was asked for.

use crate::otlp::{Stored, exporter, finish, take};
use pagetap::export::content::{Classes, Rule, rule};
use pagetap::hook::{Field, HookName};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Fields that are in without being asked for, whatever the event, by what they may
/// hold. A field that is added here can hold no content: think twice.
const ALLOWED: [(Rule, &str); 6] = [
    (
        Rule::Count,
        "address attachmentCount blockIndex blocking complete continuation count durationMs \
         endIndex estimatedTokens fileCount frame fromIndex inputInvalid isInterrupt \
         isNewConversation latencyMs length numTurns offset postTokens preTokens progress \
         renderedAt replay seq size startIndex stopHookActive streamId total totalCostUsd ts",
    ),
    (
        Rule::Word,
        "action caller code confidence contentType dialect direction level method mode \
         notificationType permissionMode progressType protocol protocolVersion reason retryAfter \
         source state status stopReason transport trigger",
    ),
    (
        Rule::Id,
        "agentId approvalKey conversationId elicitationId humanMessageUuid lastEventId messageId \
         parentMessageUuid parentToolUseId parentUuid progressToken requestId serverId taskId \
         toolId toolIds turnId uuid",
    ),
    (Rule::Agent, "agentType"),
    (Rule::Name, "fromModel integrationName model server toModel toolName"),
    (Rule::Numbers, "usage"),
];

#[test]
fn what_may_leave_is_this_list_and_all_else_is_content() {
    for (wanted, names) in ALLOWED {
        let allowed = |field: &&Field| rule(None, field.name()) == wanted;
        let found: BTreeSet<&str> =
            Field::ALL.iter().filter(allowed).map(|field| field.name()).collect();
        assert_eq!(found, names.split_whitespace().collect(), "{wanted:?}");
    }
    for field in Field::ALL {
        let of_any = rule(None, field.name());
        for hook in HookName::ALL {
            let of_one = rule(Some(*hook), field.name());
            let is_content = |rule| matches!(rule, Rule::Content(_));
            let known = is_content(of_one) == is_content(of_any)
                || (*hook, *field) == (HookName::StopFailure, Field::Error);
            assert!(known, "{} of {}: {of_one:?}", field.name(), hook.name());
        }
    }
    assert_eq!(rule(None, "whatever"), Rule::Content(Classes::EVERY));
    assert_eq!(rule(None, "raw"), Rule::Never);
}

/// No word of any vocabulary, no id: it has blanks.
const MARKER: &str = "the pl4nted word";
const PLANTED: &str = "pl4nted";

/// Names of tools and the like may be of several words, so a marker in one may leave.
fn is_name(field: &Field) -> bool {
    rule(None, field.name()) == Rule::Name
}

/// Any JSON with the marker in all its texts and keys.
fn marked() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => Just(json!(MARKER)),
        1 => Just(json!("{\"in\":\"the pl4nted word\"}")),
        1 => any::<u32>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec(inner, 0..3).prop_map(|values| {
                let keys = ["a", MARKER, "input_tokens"];
                keys.into_iter().map(String::from).zip(values).collect()
            }),
        ]
    })
}

fn names() -> Vec<&'static str> {
    HookName::ALL.iter().map(|hook| hook.name()).chain(["Notice", "Other"]).collect()
}

/// An event with marked values in fields of all kinds, known and unknown.
fn event() -> impl Strategy<Value = String> {
    let plantable: Vec<&'static str> = Field::ALL
        .iter()
        .filter(|field| !is_name(field))
        .map(|field| field.name())
        .chain(["unknown", MARKER, "raw", "type ", "prompt_length", "toolInputSize"])
        .collect();
    let ids = [("turnId", "t1"), ("messageId", "m1"), ("toolId", "c1"), ("agentId", "")];
    (select(names()), vec((select(plantable), marked()), 0..24), any::<[bool; 4]>()).prop_map(
        move |(name, fields, with_id)| {
            let mut event = Map::new();
            for (field, value) in fields {
                event.insert(field.into(), value);
            }
            event.insert("type".into(), name.into());
            event.insert("ts".into(), 1_787_220_001_400.5.into());
            for ((field, id), with) in ids.iter().zip(with_id) {
                if with {
                    event.insert((*field).into(), (*id).into());
                }
            }
            Value::from(event).to_string()
        },
    )
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

proptest! {
    #[test]
    fn no_word_of_a_conversation_is_in_what_is_made(events in vec(event(), 1..12)) {
        for format in ["otlp", "otlp-json", "hooks", "ndjson"] {
            let mut exporter = exporter(format, json!({ "events": names() }));
            let mut items = take(&mut exporter, 1, &events);
            items.extend(finish(&mut exporter, 2e12));
            prop_assert!(format.starts_with("otlp") || items.len() == events.len());
            for item in items {
                let said = String::from_utf8_lossy(&item.bytes);
                prop_assert!(!contains(&item.bytes, PLANTED), "{format}: {said}");
            }
        }
    }
}

#[test]
fn a_tools_name_on_screen_is_in_if_it_can_be_no_title_made_of_its_input() {
    let said = |format: &str, include: &[&str], source: &str, name: &str| {
        let event = json!({"type": "PostToolUse", "turnId": "t", "toolId": "dom-1-1", "ts": 1e12,
            "source": source, "toolName": name});
        let mut exporter = exporter(format, json!({ "include": include }));
        let mut items = take(&mut exporter, 1, &[event.to_string()]);
        items.extend(finish(&mut exporter, 2e12));
        assert!(!items.is_empty());
        items.iter().any(|item| contains(&item.bytes, PLANTED))
    };
    for format in ["otlp", "otlp-json", "hooks", "ndjson"] {
        assert!(!said(format, &[], "dom", "Looked for pl4nted"), "{format}");
        assert!(said(format, &["toolInputs"], "dom", "Looked for pl4nted"), "{format}");
        assert!(said(format, &[], "dom", "pl4nted_tool"), "{format}");
        assert!(said(format, &[], "wire", "The pl4nted tool"), "{format}");
    }
}

#[test]
fn an_agent_of_the_persons_own_is_named_only_with_what_tools_were_asked_for() {
    let said = |format: &str, include: &[&str], name: &str| {
        let event = json!({"type": "SubagentStart", "turnId": "t", "agentId": "a", "ts": 1e12,
            "agentType": name});
        let mut exporter = exporter(format, json!({ "include": include }));
        let mut items = take(&mut exporter, 1, &[event.to_string()]);
        items.extend(finish(&mut exporter, 2e12));
        assert!(!items.is_empty());
        items.iter().any(|item| contains(&item.bytes, name))
    };
    for format in ["otlp", "otlp-json", "hooks", "ndjson"] {
        assert!(!said(format, &[], "pl4nted-agent"), "{format}");
        assert!(said(format, &["toolInputs"], "pl4nted-agent"), "{format}");
        assert!(said(format, &[], "general-purpose"), "{format}");
    }
}

/// One event of every kind of content, each with a text of its own.
fn a_conversation() -> Vec<(&'static str, String)> {
    let shared = |mut event: Value| {
        for (key, value) in [("turnId", "t"), ("messageId", "m"), ("toolId", "c")] {
            event[key] = value.into();
        }
        event["ts"] = 1_787_220_001_400u64.into();
        event.to_string()
    };
    let one = |event| shared(event);
    vec![
        ("prompts", one(json!({"type": "UserPromptSubmit", "prompt": "pl4nted prompts"}))),
        ("prompts", one(json!({"type": "ElicitationResult", "content": {"a": "pl4nted prompts"}}))),
        ("answers", one(json!({"type": "MessageDelta", "text": "pl4nted answers"}))),
        ("answers", one(json!({"type": "Stop", "lastAssistantMessage": "pl4nted answers"}))),
        ("thinking", one(json!({"type": "ThinkingDelta", "text": "pl4nted thinking"}))),
        ("thinking", one(json!({"type": "ThinkingSummary", "text": "pl4nted thinking"}))),
        (
            "toolInputs",
            one(json!({"type": "PreToolUse", "toolInput": {"q": "pl4nted toolInputs"}})),
        ),
        ("toolInputs", one(json!({"type": "ToolInputDelta", "partial": "pl4nted toolInputs"}))),
        ("toolInputs", one(json!({"type": "PermissionRequest", "title": "pl4nted toolInputs"}))),
        ("toolResults", one(json!({"type": "PostToolUse", "toolResponse": "pl4nted toolResults"}))),
        ("toolResults", one(json!({"type": "PostToolUseFailure", "error": "pl4nted toolResults"}))),
        ("", one(json!({"type": "Notification", "message": "pl4nted every"}))),
        ("", one(json!({"type": "Progress", "nobody knows": "pl4nted every"}))),
    ]
}

#[test]
fn a_class_that_is_included_is_there_and_no_other() {
    let classes: Vec<&str> = Classes::NAMES.iter().map(|(name, _)| *name).collect();
    let every: Vec<&str> = HookName::ALL.iter().map(|hook| hook.name()).collect();
    let included = classes.iter().map(|class| vec![*class]).chain([classes.clone(), vec![]]);
    for include in included {
        for (class, event) in a_conversation() {
            let options = json!({ "include": include, "events": every });
            let items = take(&mut exporter("ndjson", options), 1, &[&event]);
            let wanted = include.contains(&class) || include.len() == classes.len();
            assert_eq!(items.iter().any(|item| contains(&item.bytes, PLANTED)), wanted, "{event}");
        }
    }
}

#[test]
fn included_content_is_where_the_conventions_have_it() {
    let options = json!({ "include": ["prompts", "answers", "toolInputs", "toolResults"] });
    let mut exporter = exporter("otlp", options);
    let of_chat = |(_, event): &(&str, String)| !event.contains("\"Stop\"");
    let mut events: Vec<String> =
        a_conversation().into_iter().filter(of_chat).map(|(_, event)| event).collect();
    events.push(a_conversation()[3].1.clone());
    let mut items = take(&mut exporter, 1, &events);
    items.extend(finish(&mut exporter, 2e12));
    let stored = Stored::read(false, &exporter, &items);
    let values = |key: &str| -> Vec<Value> {
        let all = stored.spans().map(|span| crate::otlp::attribute(&span.attributes, key));
        all.filter(|value| !value.is_null()).collect()
    };
    assert_eq!(values("gen_ai.tool.call.arguments"), [json!("{\"q\":\"pl4nted toolInputs\"}")]);
    assert_eq!(values("gen_ai.tool.call.result"), [json!("pl4nted toolResults")]);
    let parts = |role: &str, text: &str| {
        format!("[{{\"role\":\"{role}\",\"parts\":[{{\"type\":\"text\",\"content\":\"{text}\"}}]")
    };
    let input = format!("{}}}]", parts("user", "pl4nted prompts"));
    assert_eq!(values("gen_ai.input.messages"), [json!(input)]);
    let output = format!("{},\"finish_reason\":\"\"}}]", parts("assistant", "pl4nted answers"));
    assert_eq!(values("gen_ai.output.messages"), [json!(output)]);
}

#[test]
fn how_much_there_was_is_told_in_every_format() {
    let prompt = json!({"type": "UserPromptSubmit", "turnId": "t", "prompt": "né🌊"}).to_string();
    let call = json!({"type": "PreToolUse", "toolInput": {"é": 1}}).to_string();
    for (format, length, size) in [
        ("ndjson", "\"promptLength\":4", "\"toolInputSizeBytes\":8"),
        ("hooks", "\"prompt_length\":4", "\"tool_input_size_bytes\":8"),
        (
            "otlp-json",
            "{\"key\":\"prompt_length\",\"value\":{\"intValue\":4}}",
            "{\"key\":\"tool_input_size_bytes\",\"value\":{\"intValue\":8}}",
        ),
    ] {
        for (event, wanted) in [(&prompt, length), (&call, size)] {
            let mut exporter = exporter(format, json!({}));
            let items = take(&mut exporter, 1, &[event]);
            let said = items.iter().any(|item| contains(&item.bytes, wanted));
            assert!(said, "{format}: {wanted} in {items:?}");
        }
    }
}

#[test]
fn usage_keeps_its_numbers_and_loses_its_words() {
    let usage = json!({"input_tokens": 3, "service_tier": MARKER, "more": {"x": 1, "y": MARKER},
        "iterations": [{"input_tokens": 3}], MARKER: 4});
    let event = json!({"type": "MessageEnd", "usage": usage}).to_string();
    let items = take(&mut exporter("ndjson", json!({})), 1, &[event]);
    let said: Value = serde_json::from_slice(&items[0].bytes).unwrap();
    assert_eq!(said["usage"], json!({"input_tokens": 3, "more": {"x": 1}}));
}
