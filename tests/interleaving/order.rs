//! What must come before what, however pipes are mixed.

use crate::records::{Event, Told};
use pagetap::hook::{Field, HookName};
use std::collections::BTreeMap;

/// Where the only event of that kind is. Of several, or of none, what there are.
fn only(told: &Told, what: &str, is: impl Fn(&Event) -> bool) -> Result<usize, String> {
    let found: Vec<usize> =
        told.events.iter().enumerate().filter(|(_, event)| is(event)).map(|(at, _)| at).collect();
    match found[..] {
        [at] => Ok(at),
        _ => Err(format!("{what}: {} times", found.len())),
    }
}

fn in_order(what: &str, places: &[usize]) -> Result<(), String> {
    match places.is_sorted() {
        true => Ok(()),
        false => Err(format!("{what}: in the order {places:?}")),
    }
}

/// Every partial order there is, or which is broken.
pub fn check(told: &Told) -> Result<(), String> {
    messages(told)?;
    tools(told)?;
    permissions(told)?;
    subagents(told)?;
    turns(told)
}

const IN_A_MESSAGE: [HookName; 6] = [
    HookName::MessageDelta,
    HookName::ThinkingDelta,
    HookName::ToolUseStart,
    HookName::ToolInputDelta,
    HookName::ToolUseEnd,
    HookName::PreToolUse,
];

/// Whether events of that name are parts of a message.
pub fn is_in_message(name: HookName) -> bool {
    IN_A_MESSAGE.contains(&name) || matches!(name, HookName::MessageStart | HookName::MessageEnd)
}

/// Its start, all that is in it, its end; each message once.
fn messages(told: &Told) -> Result<(), String> {
    for (at, event) in told.events.iter().enumerate() {
        let of = |name| move |other: &Event| other.name == name && other.message == event.message;
        // Managed Agents tells calls outside of messages.
        let own = event.dialect == "managed-agents" && event.name == HookName::PreToolUse;
        if is_in_message(event.name) && !own {
            let start =
                only(told, &format!("start of {}", event.message), of(HookName::MessageStart))?;
            let end = only(told, &format!("end of {}", event.message), of(HookName::MessageEnd))?;
            in_order(&format!("{:?} in {}", event.name, event.message), &[start, at, end])?;
        }
    }
    Ok(())
}

const RESULTS: [HookName; 2] = [HookName::PostToolUse, HookName::PostToolUseFailure];

/// A call begins, is complete, comes back.
fn tools(told: &Told) -> Result<(), String> {
    for event in &told.events {
        let id = event.text(Field::ToolId);
        if id.is_empty() || event.name == HookName::SubagentStart {
            continue;
        }
        let of = |name| move |other: &Event| other.name == name && other.text(Field::ToolId) == id;
        let called = only(told, &format!("PreToolUse of {id}"), of(HookName::PreToolUse))?;
        if event.dialect != "managed-agents" {
            let start = only(told, &format!("start of {id}"), of(HookName::ToolUseStart))?;
            let end = only(told, &format!("end of {id}"), of(HookName::ToolUseEnd))?;
            in_order(&format!("the call {id}"), &[start, end, called])?;
        }
        let back = |other: &Event| {
            let refused = other.name == HookName::PermissionDenied;
            (RESULTS.contains(&other.name) || refused) && other.text(Field::ToolId) == id
        };
        let back = only(told, &format!("what {id} came to"), back)?;
        in_order(&format!("the result of {id}"), &[called, back])?;
    }
    Ok(())
}

const DECISIONS: [HookName; 2] = [HookName::PermissionGranted, HookName::PermissionDenied];

/// A question, its decision, the call's result.
fn permissions(told: &Told) -> Result<(), String> {
    let asked = |event: &&Event| {
        event.name == HookName::PermissionRequest || DECISIONS.contains(&event.name)
    };
    for event in told.events.iter().filter(asked) {
        let id = event.text(Field::ToolId);
        let of = |other: &Event| other.text(Field::ToolId) == id;
        let call = only(told, id, |other| of(other) && other.name == HookName::PreToolUse)?;
        let ask = only(told, &format!("question about {id}"), |other| {
            of(other) && other.name == HookName::PermissionRequest
        })?;
        let says = only(told, &format!("decision about {id}"), |other| {
            of(other) && DECISIONS.contains(&other.name)
        })?;
        let back = told.events.iter().position(|other| of(other) && RESULTS.contains(&other.name));
        in_order(&format!("the permission of {id}"), &[call, ask, says, back.unwrap_or(says)])?;
    }
    Ok(())
}

/// A subagent begins, does what it does, is done.
fn subagents(told: &Told) -> Result<(), String> {
    for (at, event) in told.events.iter().enumerate().filter(|(_, event)| !event.parent.is_empty())
    {
        let parent = &event.parent;
        let of =
            |name| move |other: &Event| other.name == name && other.text(Field::ToolId) == parent;
        let start =
            only(told, &format!("start of the agent of {parent}"), of(HookName::SubagentStart))?;
        let stop =
            only(told, &format!("stop of the agent of {parent}"), of(HookName::SubagentStop))?;
        in_order(&format!("{:?} of the agent of {parent}", event.name), &[start, at, stop])?;
    }
    Ok(())
}

/// A turn begins with its prompt and ends once; only what follows an end by its nature
/// comes after.
fn turns(told: &Told) -> Result<(), String> {
    let mut turns: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in &told.events {
        let hint = event.text(Field::ProgressType) == "prompt_suggestion";
        let between = matches!(event.name, HookName::Gap | HookName::SessionStart);
        if !event.turn.is_empty() && !hint && !between {
            turns.entry(&event.turn).or_default().push(event);
        }
    }
    for (turn, events) in turns {
        let ends = |event: &&&Event| matches!(event.name, HookName::Stop | HookName::StopFailure);
        let count = events.iter().filter(ends).count();
        let (first, last) = (events[0], events[events.len() - 1]);
        if count != 1 || !ends(&&last) {
            let names: Vec<_> = events.iter().map(|event| event.name).collect();
            return Err(format!("{turn} ends {count} times, not last: {names:?}"));
        }
        // What the first list of all brings begins a session that the page joins.
        if first.name != HookName::UserPromptSubmit {
            return Err(format!("{turn} begins with {:?}", first.name));
        }
    }
    Ok(())
}
