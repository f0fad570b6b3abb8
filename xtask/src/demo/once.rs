//! `--once`: pipes driven by a headless Chromium, and whether each session gave
//! all it must.

use super::heard::Heard;
use super::pipe::Pipe;
use crate::{process, root};
use anyhow::{Context, Result, ensure};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};

/// Sends a prompt by each of these pipes, one after the other in one browser;
/// passes every hook event on, as a line, and judges what arrived.
pub(super) async fn drive(
    chromium: &Path,
    server: SocketAddr,
    prompts: &[(Pipe, String)],
    pass: impl Fn(&str),
) -> Result<()> {
    let mut node = process::command("node");
    node.arg(root::path("xtask/js/once.mjs")).arg(chromium);
    for (pipe, prompt) in prompts {
        let address = format!("http://{server}/?pipe={}", pipe.id());
        eprintln!("sending {prompt:?} to {address} in {}", chromium.display());
        node.arg(address).arg(prompt);
    }
    let mut node = tokio::process::Command::from(node);
    let mut child =
        node.stdout(Stdio::piped()).kill_on_drop(true).spawn().context("cannot start node")?;
    let output = child.stdout.take().context("node has no output")?;
    let mut lines = BufReader::new(output).lines();
    let mut sessions = vec![Heard::default()];
    while let Some(line) = lines.next_line().await? {
        if line.is_empty() {
            sessions.push(Heard::default()); // the next pipe's
        } else if let Some(heard) = sessions.last_mut() {
            pass(&line);
            heard.add(serde_json::from_str(&line).unwrap_or_default());
        }
    }
    let status = child.wait().await?;
    let mut faulty = Vec::new();
    for ((pipe, prompt), heard) in prompts.iter().zip(&sessions) {
        let (id, count, faults) = (pipe.id(), heard.count(), heard.faults(*pipe, prompt));
        if faults.is_empty() {
            eprintln!("{id} is complete: {count} hook events");
        } else {
            eprintln!("{id} is not complete: {}\n  of {}", faults.join("; "), heard.names());
            faulty.push(id);
        }
    }
    // The cause first: what is missing follows from it.
    ensure!(status.success(), "the page could not be driven to its end ({status})");
    ensure!(sessions.len() == prompts.len(), "not every pipe was driven");
    ensure!(faulty.is_empty(), "not complete: {}", faulty.join(", "));
    Ok(())
}
