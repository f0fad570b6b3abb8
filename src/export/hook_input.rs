//! The input of Claude Code's hooks, as its HTTP hooks post it: `src/web/hook_values.js`
//! over what may leave.
//!
//! Claude Code's schema requires some fields that are content. Where that is not
//! included they are there all the same, and say so: an empty object, or the text that
//! Claude Code's own telemetry has in such a place.

use super::events::snake;
use super::ids::hyphenated;
use super::json::{object, string, text_of};
use super::payload::{About, Payload};
use crate::hook::HookName;
use crate::json::tape::{self, Tape};
use crate::json::{self, Kind};
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

/// Stands for a text that is not included.
const REDACTED: &[u8] = b"\"<REDACTED>\"";
const OBJECT: &[u8] = b"{}";
const EMPTY: &[u8] = b"\"\"";

/// Whether Claude Code has the event, too.
pub fn by_default(about: About) -> bool {
    use HookName as Hook;
    let About::Hook(hook) = about else { return false };
    !matches!(
        hook,
        Hook::Citation
            // Claude Code's own is of files with settings; this one, of the permission mode.
            | Hook::ConfigChange
            | Hook::Gap
            | Hook::Interrupt
            | Hook::MessageDelta
            | Hook::MessageEnd
            | Hook::MessageRetract
            | Hook::MessageStart
            | Hook::PermissionCancelled
            | Hook::PermissionGranted
            | Hook::Progress
            | Hook::SamplingRequest
            | Hook::ThinkingDelta
            | Hook::ThinkingStart
            | Hook::ThinkingSummary
            | Hook::ToolInputDelta
            | Hook::ToolUseEnd
            | Hook::ToolUseStart
            | Hook::ToolUseUpdate
            | Hook::TurnStart
    )
}

/// Fields that Claude Code's schema requires of an event, and what stands there if the
/// event has none.
fn required(hook: HookName) -> &'static [(&'static str, &'static [u8])] {
    const NAME: (&str, &[u8]) = ("tool_name", EMPTY);
    const INPUT: (&str, &[u8]) = ("tool_input", OBJECT);
    const CALL: (&str, &[u8]) = ("tool_use_id", EMPTY);
    match hook {
        HookName::PreToolUse => &[NAME, INPUT, CALL],
        HookName::PostToolUse => &[NAME, INPUT, CALL, ("tool_response", OBJECT)],
        HookName::PostToolUseFailure => &[NAME, INPUT, CALL, ("error", REDACTED)],
        HookName::PermissionRequest => &[NAME, INPUT],
        HookName::PermissionDenied => &[NAME, INPUT, CALL, ("reason", EMPTY)],
        HookName::UserPromptSubmit => &[("prompt", REDACTED)],
        HookName::SessionStart => &[("source", b"\"startup\"")],
        HookName::SessionEnd => &[("reason", b"\"other\"")],
        HookName::Stop => &[("stop_hook_active", b"false")],
        HookName::StopFailure => &[("error", b"\"unknown\"")],
        HookName::SubagentStart => &[("agent_id", EMPTY), ("agent_type", EMPTY)],
        HookName::SubagentStop => &[
            ("agent_id", EMPTY),
            ("agent_type", EMPTY),
            ("stop_hook_active", b"false"),
            ("agent_transcript_path", EMPTY),
        ],
        HookName::Notification => &[("message", REDACTED), ("notification_type", EMPTY)],
        HookName::PreCompact => &[("trigger", b"\"auto\""), ("custom_instructions", EMPTY)],
        HookName::PostCompact => &[("trigger", b"\"auto\""), ("compact_summary", REDACTED)],
        HookName::Elicitation => &[("mcp_server_name", EMPTY), ("message", REDACTED)],
        HookName::ElicitationResult => &[("mcp_server_name", EMPTY), ("action", b"\"cancel\"")],
        HookName::TaskCreated | HookName::TaskCompleted => {
            &[("task_id", EMPTY), ("task_subject", REDACTED)]
        }
        _ => &[],
    }
}

/// Fields that Claude Code has, too, with these values and no others. What a tap says
/// there in words of its own has a name of its own.
fn values(hook: HookName, field: &str) -> Option<&'static [&'static str]> {
    match (hook, field) {
        (HookName::SessionStart, "source") => {
            Some(&["startup", "resume", "clear", "compact", "fork"])
        }
        (HookName::UserPromptSubmit, "source") => {
            Some(&["user", "sdk", "system", "loop_wakeup", "schedule_wakeup", "poll_event"])
        }
        (HookName::DirectoryAdded, "source") => Some(&["slash_command", "register_repo_root"]),
        (HookName::PreModelSwitch, "source") => Some(&["command", "picker", "sdk"]),
        (HookName::PostModelSwitch, "source") => {
            Some(&["command", "picker", "sdk", "auto", "resume"])
        }
        (HookName::Elicitation, "mode") => Some(&["form", "url"]),
        _ => None,
    }
}

/// The event's input.
pub fn input(payload: &Payload, id: [u8; 16]) -> Vec<u8> {
    let mut fields = Fields::default();
    for base in ["session_id", "transcript_path", "cwd", "hook_event_name"] {
        fields.set(base.into(), EMPTY);
    }
    let hook = match payload.about {
        About::Hook(hook) => Some(hook),
        _ => None,
    };
    for member in payload.members() {
        let name = renamed(&member.name);
        let value = match &*name {
            "hook_input" => continue,
            "session_id" if member.value == b"null" => EMPTY,
            _ => &member.value,
        };
        let text = text_of(value).unwrap_or_default();
        let known = hook.and_then(|hook| values(hook, &name));
        match known {
            Some(known) if !known.contains(&&*text) => {
                fields.set(format!("tap_{name}").into(), value);
            }
            _ if name == "error" && json::kind(value) == Kind::Array => {
                fields.set(name, &words(value));
            }
            _ => fields.set(name, value),
        }
    }
    // What Claude Code gave its hooks in the first place, when that is what was seen.
    let own = payload.get("hookInput");
    let mut tape = Tape::default();
    tape.read(own);
    for (key, value) in tape.members(own) {
        let key = text_of(&[b"\"", key, b"\""].concat()).unwrap_or_default();
        if key != "session_id" {
            fields.set(key.into(), value);
        }
    }
    if let Some(hook) = hook {
        let server = payload.get("server");
        if matches!(hook, HookName::Elicitation | HookName::ElicitationResult) && !server.is_empty()
        {
            fields.set("mcp_server_name".into(), server);
        }
        for (name, value) in required(hook) {
            if !fields.has(name) {
                fields.set((*name).into(), value);
            }
        }
    }
    let mut out = Vec::new();
    object(&mut out, |object| {
        for (name, value) in &fields.0 {
            object.raw(name, value);
        }
        string(&hyphenated(id), object.key("event_id"));
    });
    out
}

/// An error as Claude Code's schema has it: the text of what may be blocks.
fn words(blocks: &[u8]) -> Vec<u8> {
    let mut texts = Vec::new();
    for block in tape::elements(blocks) {
        let mut tape = Tape::default();
        tape.read(block);
        texts.extend(text_of(tape.at(block, "/text")));
    }
    let mut out = Vec::new();
    string(&texts.join("\n"), &mut out);
    out
}

/// Names and raw values, in order.
#[derive(Default)]
struct Fields(Vec<(Cow<'static, str>, Vec<u8>)>);

impl Fields {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    fn set(&mut self, name: Cow<'static, str>, value: &[u8]) {
        match self.0.iter_mut().find(|(field, _)| *field == name) {
            Some((_, old)) => *old = value.to_vec(),
            None => self.0.push((name, value.to_vec())),
        }
    }
}

fn renamed(name: &str) -> Cow<'static, str> {
    match name {
        "type" => "hook_event_name".into(),
        "conversationId" => "session_id".into(),
        "turnId" => "prompt_id".into(),
        "toolId" => "tool_use_id".into(),
        _ => snake(name).into(),
    }
}
