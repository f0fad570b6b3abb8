//! `--once`: the page driven by a headless Chromium, and whether the turn gave
//! all it must.

use crate::{process, root};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use tokio::io::{AsyncBufReadExt, BufReader};

/// Sends one prompt, passes every hook event on, and judges what arrived.
pub(super) async fn drive(chromium: &Path, server: SocketAddr, prompt: &str) -> Result<ExitCode> {
    eprintln!("sending {prompt:?} to http://{server}/ in {}", chromium.display());
    let mut node = process::command("node");
    node.arg(root::path("xtask/js/once.mjs"));
    node.arg(chromium).arg(format!("http://{server}/")).arg(prompt);
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
    let missing = seen.missing();
    // The cause first: what is missing follows from it.
    ensure!(status.success(), "the page could not be driven to its end ({status})");
    ensure!(missing.is_empty(), "the turn is not complete: {} never arrived", missing.join(", "));
    eprintln!("the turn is complete: {} hook events", seen.events);
    Ok(ExitCode::SUCCESS)
}

/// What a turn with a tool call must give.
#[derive(Default)]
struct Seen {
    events: usize,
    message_start: bool,
    tool_use_start: bool,
    tool_use_end: bool,
    message_end: bool,
}

impl Seen {
    fn event(&mut self, event: &Value) {
        self.events += 1;
        match event.get("type").and_then(Value::as_str) {
            Some("MessageStart") => self.message_start = true,
            Some("ToolUseStart") => self.tool_use_start = true,
            Some("ToolUseEnd") => {
                self.tool_use_end |= event.get("toolInput").is_some_and(Value::is_object);
            }
            Some("MessageEnd") => self.message_end = true,
            _ => {}
        }
    }

    fn missing(&self) -> Vec<&'static str> {
        let wanted = [
            (self.message_start, "MessageStart"),
            (self.tool_use_start, "ToolUseStart"),
            (self.tool_use_end, "ToolUseEnd with its toolInput parsed"),
            (self.message_end, "MessageEnd"),
        ];
        let missing = wanted.into_iter().filter(|(seen, _)| !seen);
        missing.map(|(_, name)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_turn_is_complete_only_with_a_parsed_tool_input() {
        let mut seen = Seen::default();
        for name in ["MessageStart", "ToolUseStart", "MessageEnd"] {
            seen.event(&json!({ "type": name }));
        }
        seen.event(&json!({ "type": "ToolUseEnd", "toolInput": "{}" }));
        assert_eq!(seen.missing(), ["ToolUseEnd with its toolInput parsed"]);
        seen.event(&json!({ "type": "ToolUseEnd", "toolInput": {} }));
        assert!(seen.missing().is_empty());
    }
}
