//! The input of Claude Code's hooks, as its HTTP hooks post it: `src/web/hook_input.js`
//! over what may leave.
//!
//! Claude Code's schema requires some fields that are content. Where that is not
//! included they are there all the same, and say so: an empty object, or the text that
//! Claude Code's own telemetry has in such a place.

use super::events::snake;
use super::ids::hyphenated;
use super::json::{object, string};
use super::payload::{About, Payload};
use crate::hook::HookName;
use alloc::borrow::Cow;
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

/// The event's input.
pub fn input(payload: &Payload, id: [u8; 16]) -> Vec<u8> {
    let mut fields: Vec<(Cow<'static, str>, &[u8])> = Vec::new();
    for base in ["session_id", "transcript_path", "cwd", "hook_event_name"] {
        fields.push((base.into(), EMPTY));
    }
    for member in payload.members() {
        let value = match &*member.name {
            "conversationId" if member.value == b"null" => EMPTY,
            _ => &member.value,
        };
        set(&mut fields, renamed(&member.name), value);
    }
    if let About::Hook(hook) = payload.about {
        let server = payload.get("server");
        if matches!(hook, HookName::Elicitation | HookName::ElicitationResult) && !server.is_empty()
        {
            set(&mut fields, "mcp_server_name".into(), server);
        }
        for (name, value) in required(hook) {
            if fields.iter().all(|(field, _)| field != name) {
                fields.push(((*name).into(), value));
            }
        }
    }
    let mut out = Vec::new();
    object(&mut out, |object| {
        for (name, value) in &fields {
            object.raw(name, value);
        }
        string(&hyphenated(id), object.key("event_id"));
    });
    out
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

fn set<'v>(
    fields: &mut Vec<(Cow<'static, str>, &'v [u8])>,
    name: Cow<'static, str>,
    value: &'v [u8],
) {
    match fields.iter_mut().find(|(field, _)| *field == name) {
        Some((_, old)) => *old = value,
        None => fields.push((name, value)),
    }
}
