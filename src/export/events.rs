//! From hook events to log records: what each is called, how much it matters, and its
//! fields in the words of Claude Code's telemetry.

use super::ids::hyphenated;
use super::otlp::attribute::{Attributes, Value};
use super::otlp::log::{LogRecord, Severity};
use super::otlp::names::Profile;
use super::payload::{About, Member, Payload};
use super::tracer::{Tokens, Told, decider, failure};
use crate::hook::HookName;
use alloc::format;
use alloc::string::String;

/// The record of an event; none of those that are told in another way: pieces by what
/// sums them up, starts of spans by the spans.
pub fn record(
    id: [u8; 16],
    payload: &Payload,
    told: &Told,
    mut attributes: Attributes,
    profile: &Profile,
) -> Option<LogRecord> {
    let (severity, name) = match payload.about {
        About::Hook(hook) => of_hook(hook, payload)?,
        About::Notice if payload.text("code") == DROPPED => (Severity::Warn, "dropped".into()),
        About::Notice => (Severity::Warn, "notice".into()),
        About::Unknown => (Severity::Info, snake(&payload.name())),
    };
    let name = match name.contains('.') {
        true => name,
        false => format!("claude_tap.{name}"),
    };
    let short = name.strip_prefix("claude_tap.").unwrap_or(&name);
    attributes.set("event.name", short);
    attributes.set("event.id", hyphenated(id));
    attributes.set_some("event.sequence", payload.number("seq"));
    if payload.is("replay") {
        attributes.set("claude_tap.replay", true);
    }
    for member in payload.members() {
        add(member, &mut attributes);
    }
    if let About::Hook(hook) = payload.about {
        add_own(hook, payload, told, profile, &mut attributes);
    }
    Some(LogRecord { ts: payload.ts(), severity, name, attributes, place: told.place })
}

/// The notice by which whoever delivers says that something was lost.
pub const DROPPED: &str = "export_dropped";

fn of_hook(hook: HookName, payload: &Payload) -> Option<(Severity, String)> {
    use HookName as Hook;
    let (severity, name) = match hook {
        Hook::MessageDelta
        | Hook::MessageStart
        | Hook::ThinkingDelta
        | Hook::ToolInputDelta
        | Hook::ToolUseEnd
        | Hook::ToolUseStart => return None,
        Hook::UserPromptSubmit => (Severity::Info, "user_prompt"),
        Hook::PreToolUse => (Severity::Info, "tool_use"),
        Hook::PostToolUse => (Severity::Info, "tool_result"),
        Hook::PostToolUseFailure => (Severity::Warn, "tool_result"),
        Hook::PermissionGranted | Hook::PermissionDenied => (Severity::Info, "tool_decision"),
        Hook::MessageEnd if payload.get("complete") == b"false" => {
            (Severity::Warn, "gen_ai.client.operation.exception")
        }
        Hook::MessageEnd => (Severity::Info, "api_request"),
        Hook::StopFailure => (Severity::Error, "api_error"),
        Hook::Gap => (Severity::Warn, "gap"),
        Hook::Citation
        | Hook::Progress
        | Hook::ThinkingStart
        | Hook::ThinkingSummary
        | Hook::ToolUseUpdate => (Severity::Debug, ""),
        _ => (Severity::Info, ""),
    };
    let name = if name.is_empty() { snake(hook.name()) } else { name.into() };
    Some((severity, name))
}

/// Adds a member by the names it is known by.
fn add(Member { name, value }: &Member, attributes: &mut Attributes) {
    let Some(value) = Value::of(value) else { return };
    let names: &[&'static str] = match &**name {
        // Said of all events, or by the record itself.
        "type" | "ts" | "seq" | "conversationId" | "turnId" | "dialect" | "observed" | "replay"
        | "confidence" | "streamId" | "usage" => return,
        "source" if matches!(&value, Value::Text(text) if text == "wire" || text == "dom") => {
            return;
        }
        "messageId" => &["gen_ai.response.id"],
        "agentId" => &["gen_ai.agent.id"],
        "agentType" => &["gen_ai.agent.name"],
        "toolName" => &["tool_name", "gen_ai.tool.name"],
        "toolId" => &["tool_use_id", "gen_ai.tool.call.id"],
        "model" => &["model", "gen_ai.request.model"],
        _ => return attributes.set(snake(name), value),
    };
    for name in names {
        attributes.set(*name, value.clone());
    }
}

/// Adds what an event says by being what it is.
fn add_own(
    hook: HookName,
    payload: &Payload,
    told: &Told,
    profile: &Profile,
    attributes: &mut Attributes,
) {
    match hook {
        HookName::PostToolUse => attributes.set("success", true),
        HookName::PostToolUseFailure => {
            attributes.set("success", false);
            attributes.set("error.type", "tool_error");
        }
        HookName::PermissionGranted | HookName::PermissionDenied => {
            let granted = hook == HookName::PermissionGranted;
            let decision = if granted { "accept" } else { "reject" };
            attributes.set("decision", decision);
            attributes.set_known("source", &decider(payload, decision));
        }
        HookName::StopFailure => attributes.set_known("error.type", &payload.text("error")),
        HookName::MessageEnd => {
            attributes.set_known("model", &told.model);
            attributes.set_known("gen_ai.response.model", &told.model);
            attributes.set_some("duration_ms", told.lasted);
            // In Claude Code's words what the service says, in the conventions' their sum.
            for (name, counter) in [
                ("input_tokens", "/input_tokens"),
                ("output_tokens", "/output_tokens"),
                ("cache_read_tokens", "/cache_read_input_tokens"),
                ("cache_creation_tokens", "/cache_creation_input_tokens"),
            ] {
                attributes.set_some(name, payload.usage(counter));
            }
            Tokens::of(payload).add(profile.cache_write_tokens, attributes);
            attributes.set_some("error.type", failure(payload));
        }
        _ => {}
    }
}

/// `toolName` as `tool_name`.
pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
