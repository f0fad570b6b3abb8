//! What the tap told of one pipe's session, and what is wrong with it.

use super::pipe::Pipe;
use serde_json::Value;

/// How often an event must come.
#[derive(Clone, Copy)]
enum Times {
    Once,
    Often,
    /// Often, and each has a `toolInput` that was read.
    WithInput,
    /// As the recording has it.
    Perhaps,
}
use Times::{Often, Once, Perhaps, WithInput};

/// What the session of a pipe must give; nothing else may come.
#[rustfmt::skip]
const EXPECTED: [(Pipe, &[(&str, Times)]); 8] = [
    (Pipe::ClaudeAi, &[
        ("SessionStart", Once), ("UserPromptSubmit", Once), ("ThinkingStart", Perhaps),
        ("ThinkingDelta", Perhaps), ("ThinkingSummary", Perhaps), ("MessageStart", Often),
        ("MessageDelta", Often), ("Citation", Perhaps), ("ToolUseStart", Often),
        ("ToolInputDelta", Often), ("ToolUseUpdate", Perhaps), ("ToolUseEnd", WithInput),
        ("PreToolUse", WithInput), ("PostToolUse", Often), ("PostToolUseFailure", Perhaps),
        ("Notification", Perhaps), ("MessageEnd", Often), ("Stop", Once),
    ]),
    (Pipe::CcrV1, &REMOTE),
    (Pipe::CcrV2, &REMOTE),
    (Pipe::ManagedAgents, &[
        ("SessionStart", Once), ("UserPromptSubmit", Once), ("MessageStart", Often),
        ("MessageDelta", Often), ("MessageEnd", Often), ("PreToolUse", WithInput),
        ("PermissionRequest", Once), ("PermissionGranted", Once), ("PostToolUse", Once),
        ("Notification", Once), ("Stop", Once),
    ]),
    (Pipe::SdkServer, &[
        ("SessionStart", Once), ("UserPromptSubmit", Once), ("Notification", Once),
        ("MessageStart", Often), ("MessageDelta", Often), ("MessageEnd", Often),
        ("ToolUseStart", Once), ("ToolUseEnd", WithInput), ("PreToolUse", WithInput),
        ("PostToolUse", Once), ("Stop", Once), ("SessionEnd", Once),
    ]),
    (Pipe::Ide, &[
        ("SessionStart", Once), ("Notification", Often), ("TurnStart", Once),
        ("ToolUseStart", Often), ("PreToolUse", WithInput), ("PermissionRequest", Once),
        ("PermissionGranted", Once), ("FileChanged", Once), ("PostToolUse", Often),
        ("SessionEnd", Once),
    ]),
    (Pipe::McpHttp, &PLACES),
    (Pipe::McpSse, &PLACES),
];

/// Both pipes of Claude Code tell the same of a session.
#[rustfmt::skip]
const REMOTE: [(&str, Times); 16] = [
    ("UserPromptSubmit", Once), ("SessionStart", Once), ("Progress", Often),
    ("MessageStart", Often), ("ThinkingStart", Once), ("ThinkingDelta", Often),
    ("MessageDelta", Often), ("ToolUseStart", Once), ("ToolInputDelta", Often),
    ("ToolUseEnd", WithInput), ("PreToolUse", WithInput), ("PermissionRequest", Once),
    ("PermissionGranted", Once), ("PostToolUse", Once), ("MessageEnd", Often), ("Stop", Once),
];

/// So do both transports of the places' server.
const PLACES: [(&str, Times); 7] = [
    ("SessionStart", Once),
    ("ToolUseStart", Often),
    ("PreToolUse", WithInput),
    ("Progress", Often),
    ("Notification", Once),
    ("PostToolUse", Often),
    ("SessionEnd", Once),
];

/// What begins, what ends it, and the field that both have alike.
const PAIRS: [(&str, &[&str], &str); 5] = [
    ("MessageStart", &["MessageEnd"], "messageId"),
    ("ToolUseStart", &["PreToolUse"], "toolId"),
    ("PreToolUse", &["PostToolUse", "PostToolUseFailure"], "toolId"),
    ("PermissionRequest", &["PermissionGranted"], "toolId"),
    ("PermissionGranted", &["PostToolUse"], "toolId"),
];

/// What a turn that is over says no more.
const OF_A_TURN: [&str; 7] = [
    "UserPromptSubmit",
    "MessageStart",
    "MessageDelta",
    "MessageEnd",
    "PreToolUse",
    "PostToolUse",
    "PermissionGranted",
];

/// The hook events of one session, in order.
#[derive(Default)]
pub(super) struct Heard {
    events: Vec<Value>,
}

impl Heard {
    pub(super) fn add(&mut self, event: Value) {
        self.events.push(event);
    }

    pub(super) fn count(&self) -> usize {
        self.events.len()
    }

    /// Their names; of neighbours that are alike one, and how many.
    pub(super) fn names(&self) -> String {
        let runs = self.events.chunk_by(|one, next| name(one) == name(next));
        let runs = runs.filter_map(|run| match run {
            [] => None,
            [one] => Some(name(one).to_owned()),
            [one, ..] => Some(format!("{}×{}", name(one), run.len())),
        });
        runs.collect::<Vec<_>>().join(" ")
    }

    /// What is wrong with the session of this pipe, in which that was asked.
    pub(super) fn faults(&self, pipe: Pipe, prompt: &str) -> Vec<String> {
        let expected = EXPECTED.iter().find(|(known, _)| *known == pipe);
        let expected = expected.map(|(_, events)| *events).unwrap_or_default();
        let mut faults: Vec<String> =
            expected.iter().filter_map(|(name, times)| self.miscounted(name, *times)).collect();
        let known = |event: &&Value| expected.iter().any(|(known, _)| *known == name(event));
        let others = self.events.iter().filter(|event| !known(event));
        faults.extend(others.map(|event| format!("{} is none of this session", name(event))));
        for (begin, ends, field) in PAIRS {
            faults.extend(self.unpaired(begin, ends, field));
        }
        faults.extend(self.events.iter().filter_map(|event| unsaid(event, prompt)));
        faults.extend(self.disordered());
        faults
    }

    fn named(&self, wanted: &str) -> impl Iterator<Item = (usize, &Value)> {
        self.events.iter().enumerate().filter(move |(_, event)| name(event) == wanted)
    }

    fn miscounted(&self, name: &str, times: Times) -> Option<String> {
        let count = self.named(name).count();
        match times {
            Perhaps => None,
            _ if count == 0 => Some(format!("{name} never arrived")),
            Once if count > 1 => Some(format!("{name} arrived {count} times")),
            WithInput if !self.named(name).all(|(_, event)| event["toolInput"].is_object()) => {
                Some(format!("{name} arrived with a toolInput that was not read"))
            }
            _ => None,
        }
    }

    /// Those that begin and do not end once, later.
    fn unpaired(&self, begin: &str, ends: &[&str], field: &str) -> Vec<String> {
        let alike = |one: &Value, other: &Value| {
            one.get(field).is_some() && one.get(field) == other.get(field)
        };
        let ends_of = |event: &Value| -> Vec<usize> {
            let of_it = ends.iter().flat_map(|end| self.named(end));
            of_it.filter(|(_, end)| alike(event, end)).map(|(at, _)| at).collect()
        };
        let is_whole = |(at, event): &(usize, &Value)| {
            let twins = self.named(begin).filter(|(_, other)| alike(event, other)).count();
            twins == 1 && matches!(*ends_of(event), [end] if end > *at)
        };
        let unpaired = self.named(begin).filter(|begun| !is_whole(begun));
        unpaired
            .map(|(_, event)| {
                let (id, ends) = (&event[field], ends.join(" or "));
                format!("{begin} of {id} is not followed by one {ends}")
            })
            .collect()
    }

    /// A turn says nothing after its end, a session nothing at all.
    fn disordered(&self) -> Option<String> {
        let after = |name| self.events.get(self.named(name).next()?.0 + 1..);
        let late = |event: &&Value| OF_A_TURN.contains(&name(event));
        let after_turn = after("Stop").and_then(|rest| rest.iter().find(late));
        let after_all = after("SessionEnd").and_then(<[Value]>::first);
        after_turn.or(after_all).map(|event| format!("{} came after the end", name(event)))
    }
}

/// What an event must say and does not.
fn unsaid(event: &Value, prompt: &str) -> Option<String> {
    let has = match name(event) {
        "UserPromptSubmit" => event["prompt"] == prompt,
        "PermissionGranted" => event["latencyMs"].is_number(),
        "Stop" => event["lastAssistantMessage"].as_str().is_some_and(|text| !text.is_empty()),
        // Whoever leaves does so in good order.
        "SessionEnd" => event.get("code").is_none_or(|code| *code == 1000),
        _ => true,
    };
    (!has).then(|| format!("{} says something else: {event}", name(event)))
}

fn name(event: &Value) -> &str {
    event.get("type").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;
    use serde_json::json;

    fn heard(lines: &[Value]) -> Heard {
        Heard { events: lines.to_vec() }
    }

    /// A session as short as it can be.
    fn session() -> Vec<Value> {
        let call = |name| json!({"type": name, "toolId": "t", "toolInput": {}});
        vec![
            json!({"type": "SessionStart"}),
            json!({"type": "UserPromptSubmit", "prompt": "Hi"}),
            json!({"type": "MessageStart", "messageId": "m"}),
            json!({"type": "MessageDelta", "messageId": "m", "text": "Hello"}),
            json!({"type": "MessageEnd", "messageId": "m"}),
            call("PreToolUse"),
            call("PermissionRequest"),
            json!({"type": "Notification"}),
            json!({"type": "PermissionGranted", "toolId": "t", "latencyMs": 5}),
            call("PostToolUse"),
            json!({"type": "Stop", "lastAssistantMessage": "Hello"}),
        ]
    }

    /// The faults of that session after a change.
    fn changed(change: impl FnOnce(&mut Vec<Value>)) -> String {
        let mut events = session();
        change(&mut events);
        heard(&events).faults(Pipe::ManagedAgents, "Hi").join("; ")
    }

    #[test]
    fn a_whole_session_has_no_fault() {
        assert_eq!(changed(|_| {}), "");
    }

    #[test]
    fn what_is_missing_too_often_or_of_something_else_is_named() {
        let missing = changed(|events| drop(events.remove(3)));
        assert_eq!(missing, "MessageDelta never arrived");
        let twice = changed(|events| events.insert(1, json!({"type": "SessionStart"})));
        assert_eq!(twice, "SessionStart arrived 2 times");
        let other = changed(|events| events.insert(10, json!({"type": "Gap"})));
        assert_eq!(other, "Gap is none of this session");
        let unread = changed(|events| events[5]["toolInput"] = json!("{}"));
        assert_eq!(unread, "PreToolUse arrived with a toolInput that was not read");
    }

    #[test]
    fn every_start_has_one_end_and_it_comes_later() {
        let again = changed(|events| events.insert(5, events[4].clone()));
        assert_eq!(again, "MessageStart of \"m\" is not followed by one MessageEnd");
        let other = changed(|events| events[9]["toolId"] = json!("u"));
        assert!(
            other.contains("PreToolUse of \"t\" is not followed by one PostToolUse"),
            "{other}"
        );
        let before = changed(|events| events.swap(6, 8));
        assert!(before.contains("PermissionRequest of \"t\" is not followed"), "{before}");
    }

    #[test]
    fn what_an_event_must_say_is_looked_at() {
        let prompt = changed(|events| events[1]["prompt"] = json!("Ho"));
        assert!(prompt.starts_with("UserPromptSubmit says something else"), "{prompt}");
        let latency = changed(|events| events[8]["latencyMs"] = Value::Null);
        assert!(latency.starts_with("PermissionGranted says something else"), "{latency}");
    }

    #[test]
    fn a_turn_says_nothing_after_its_end() {
        let late = changed(|events| events.push(events[3].clone()));
        assert_eq!(late, "MessageDelta came after the end");
    }

    #[test]
    fn every_pipe_says_what_it_must_give() {
        for pipe in Pipe::value_variants() {
            assert!(!Heard::default().faults(*pipe, "").is_empty(), "{pipe:?}");
        }
    }

    #[test]
    fn names_are_few_words() {
        let delta = json!({"type": "MessageDelta"});
        let heard = heard(&[json!({"type": "MessageStart"}), delta.clone(), delta]);
        assert_eq!(heard.names(), "MessageStart MessageDelta×2");
    }
}
