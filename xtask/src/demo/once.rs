//! `--once`: one pipe driven by a headless Chromium, and whether the turn gave
//! all it must.

use super::pipe::Pipe;
use crate::{process, root};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use tokio::io::{AsyncBufReadExt, BufReader};

/// How often an event must come.
#[derive(Clone, Copy)]
enum Times {
    Once,
    Some,
    /// Some, and at least one has a `toolInput` that was read.
    WithInput,
}
use Times::{Once, Some as Often, WithInput};

/// What the turn of a pipe must give.
#[rustfmt::skip]
const EXPECTED: [(Pipe, &[(&str, Times)]); 8] = [
    (Pipe::ClaudeAi, &[
        ("SessionStart", Once), ("UserPromptSubmit", Once), ("MessageStart", Often),
        ("MessageDelta", Often), ("ToolUseStart", Often), ("ToolUseEnd", WithInput),
        ("PreToolUse", WithInput), ("PostToolUse", Often), ("MessageEnd", Often), ("Stop", Once),
    ]),
    (Pipe::CcrV1, &[
        ("SessionStart", Once), ("UserPromptSubmit", Once), ("ThinkingStart", Often),
        ("MessageStart", Often), ("MessageDelta", Often), ("ToolUseStart", Once),
        ("PreToolUse", WithInput), ("PermissionRequest", Once), ("PermissionGranted", Once),
        ("Progress", Often), ("PostToolUse", Once), ("MessageEnd", Often), ("Stop", Once),
    ]),
    (Pipe::CcrV2, &[
        ("SessionStart", Once), ("UserPromptSubmit", Once), ("ThinkingStart", Often),
        ("MessageStart", Often), ("MessageDelta", Often), ("ToolUseStart", Once),
        ("PreToolUse", WithInput), ("PermissionRequest", Once), ("PermissionGranted", Once),
        ("Progress", Often), ("PostToolUse", Once), ("MessageEnd", Often), ("Stop", Once),
    ]),
    (Pipe::ManagedAgents, &[
        ("SessionStart", Once), ("UserPromptSubmit", Once), ("MessageStart", Often),
        ("MessageDelta", Often), ("MessageEnd", Often), ("PreToolUse", WithInput),
        ("PermissionRequest", Once), ("PostToolUse", Once), ("Notification", Often), ("Stop", Once),
    ]),
    (Pipe::SdkServer, &[
        ("SessionStart", Once), ("UserPromptSubmit", Once), ("Notification", Often),
        ("MessageStart", Often), ("MessageDelta", Often), ("MessageEnd", Often),
        ("ToolUseStart", Once), ("PreToolUse", WithInput), ("PostToolUse", Once),
        ("Stop", Once), ("SessionEnd", Once),
    ]),
    (Pipe::Ide, &[
        ("SessionStart", Once), ("Notification", Often), ("TurnStart", Once),
        ("ToolUseStart", Often), ("PreToolUse", WithInput), ("PermissionRequest", Once),
        ("PermissionGranted", Once), ("FileChanged", Once), ("PostToolUse", Often),
        ("SessionEnd", Once),
    ]),
    (Pipe::McpHttp, &[
        ("SessionStart", Once), ("ToolUseStart", Often), ("PreToolUse", WithInput),
        ("Progress", Often), ("Notification", Once), ("PostToolUse", Often), ("SessionEnd", Once),
    ]),
    (Pipe::McpSse, &[
        ("SessionStart", Once), ("ToolUseStart", Often), ("PreToolUse", WithInput),
        ("Progress", Often), ("Notification", Once), ("PostToolUse", Often),
    ]),
];

/// Sends one prompt, passes every hook event on, and judges what arrived.
pub(super) async fn drive(
    chromium: &Path,
    server: SocketAddr,
    pipe: Pipe,
    prompt: &str,
) -> Result<ExitCode> {
    let address = format!("http://{server}/?pipe={}", pipe.id());
    eprintln!("sending {prompt:?} to {address} in {}", chromium.display());
    let mut node = process::command("node");
    node.arg(root::path("xtask/js/once.mjs"));
    node.arg(chromium).arg(address).arg(prompt);
    let mut node = tokio::process::Command::from(node);
    let mut child =
        node.stdout(Stdio::piped()).kill_on_drop(true).spawn().context("cannot start node")?;
    let output = child.stdout.take().context("node has no output")?;
    let mut lines = BufReader::new(output).lines();
    let mut seen = Seen::default();
    while let Some(line) = lines.next_line().await? {
        println!("{line}");
        seen.event(&serde_json::from_str(&line).unwrap_or_default());
    }
    let status = child.wait().await?;
    // The cause first: what is missing follows from it.
    ensure!(status.success(), "the page could not be driven to its end ({status})");
    let faults = seen.faults(pipe);
    ensure!(faults.is_empty(), "the turn is not complete: {}", faults.join(", "));
    eprintln!("the turn is complete: {} hook events", seen.events);
    Ok(ExitCode::SUCCESS)
}

/// What arrived.
#[derive(Default)]
struct Seen {
    events: usize,
    counts: HashMap<String, usize>,
    /// The names of those whose `toolInput` was read.
    with_input: Vec<String>,
}

impl Seen {
    fn event(&mut self, event: &Value) {
        self.events += 1;
        let name = event.get("type").and_then(Value::as_str).unwrap_or_default();
        *self.counts.entry(name.to_owned()).or_default() += 1;
        if event.get("toolInput").is_some_and(Value::is_object) {
            self.with_input.push(name.to_owned());
        }
    }

    fn faults(&self, pipe: Pipe) -> Vec<String> {
        let expected = EXPECTED.iter().find(|(known, _)| *known == pipe);
        let expected = expected.map(|(_, events)| *events).unwrap_or_default();
        expected.iter().filter_map(|(name, times)| self.fault(name, *times)).collect()
    }

    fn fault(&self, name: &str, times: Times) -> Option<String> {
        let count = self.counts.get(name).copied().unwrap_or(0);
        match times {
            _ if count == 0 => Some(format!("{name} never arrived")),
            Once if count > 1 => Some(format!("{name} arrived {count} times")),
            WithInput if !self.with_input.iter().any(|known| known == name) => {
                Some(format!("{name} never arrived with its toolInput parsed"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;
    use serde_json::json;

    #[test]
    fn a_turn_is_complete_only_with_a_parsed_tool_input_and_one_end() {
        let mut seen = Seen::default();
        let all = EXPECTED.iter().find(|(pipe, _)| *pipe == Pipe::ClaudeAi).unwrap().1;
        for (name, _) in all {
            seen.event(&json!({ "type": name, "toolInput": "{}" }));
        }
        let unread = "never arrived with its toolInput parsed";
        let expected = [format!("ToolUseEnd {unread}"), format!("PreToolUse {unread}")];
        assert_eq!(seen.faults(Pipe::ClaudeAi), expected);
        seen.event(&json!({ "type": "ToolUseEnd", "toolInput": {} }));
        seen.event(&json!({ "type": "PreToolUse", "toolInput": {} }));
        assert!(seen.faults(Pipe::ClaudeAi).is_empty());
        seen.event(&json!({ "type": "Stop" }));
        assert_eq!(seen.faults(Pipe::ClaudeAi), ["Stop arrived 2 times"]);
    }

    #[test]
    fn every_pipe_says_what_it_must_give() {
        for pipe in Pipe::value_variants() {
            assert!(!Seen::default().faults(*pipe).is_empty(), "{pipe:?}");
        }
    }
}
