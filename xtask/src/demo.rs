//! `cargo xtask demo`: the tap in a stand-in chat page, fed with recorded
//! turns.

mod about;
mod endpoints;
mod event_stream;
mod feed;
mod frames;
mod fresh_ids;
mod generation;
mod limit;
mod managed;
mod marks;
mod mcp;
mod once;
mod pacing;
mod pipe;
mod pipes;
mod playback;
mod recording;
mod remote;
mod sdk_server;
mod server;
mod stage;
#[cfg(test)]
mod tests;
mod turns;
mod writes;

use crate::{build, tools};
use anyhow::{Context, Result};
use pipe::Pipe;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Build, then serve a stand-in chat page with the tap in it
///
/// The page talks to servers that play recorded turns at the speed they were
/// recorded: a chat, Claude Code's remote sessions, Managed Agents, the SDK's
/// server, MCP; a list in the page switches between them. With --once a headless
/// Chromium sends one prompt by one of these pipes and answers what it is asked;
/// every hook event goes to standard output as a JSON line, and the exit code
/// says whether all that the turn must give arrived.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Port to serve at; 0 takes a free one
    #[arg(long, default_value_t = 4873)]
    port: u16,
    /// Drive the page once, headless, and check what arrived
    #[arg(long)]
    once: bool,
    /// The pipe to drive, or to show first
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Pipe::ClaudeAi)]
    pipe: Pipe,
    /// How many times faster than recorded (default 1; with --once 20)
    #[arg(long, value_name = "TIMES", value_parser = speed)]
    speed: Option<f64>,
}

const EXAMPLES: &str = "Examples:
  cargo xtask demo
  cargo xtask demo --port 8080 --speed 3
  cargo xtask demo --once | tail -1
  cargo xtask demo --once --pipe ccr-v1";

/// How much faster `--once` is.
const ONCE_SPEED: f64 = 20.0;

/// Builds and serves until Ctrl-C, or until the one turn is over.
pub(crate) fn command(arguments: &Arguments) -> Result<ExitCode> {
    let ready = prepare(arguments)?;
    build::build()?;
    run(arguments, ready)
}

/// `--once`, with what is built already.
pub(crate) fn once_as_built() -> Result<()> {
    let arguments = arguments(true);
    run(&arguments, prepare(&arguments)?).map(drop)
}

/// Serves what is built already, at a free port, as long as `work` takes.
pub(crate) fn while_it_serves<T>(work: impl FnOnce(SocketAddr) -> Result<T>) -> Result<T> {
    let Ready { runtime, listener, turns, .. } = prepare(&arguments(false))?;
    let server = runtime.block_on(server::start(turns, ONCE_SPEED, listener))?;
    work(server.address)
}

/// Those of the tests: a free port, the first pipe.
fn arguments(once: bool) -> Arguments {
    Arguments { port: 0, once, pipe: Pipe::ClaudeAi, speed: None }
}

struct Ready {
    runtime: Runtime,
    listener: TcpListener,
    turns: Vec<turns::Turn>,
    /// To drive the page with, once.
    chromium: Option<PathBuf>,
}

/// Whatever may be missing: to be known before a build, which takes its time.
fn prepare(arguments: &Arguments) -> Result<Ready> {
    let runtime = Runtime::new().context("cannot start the server's threads")?;
    // With --once the port that was asked for may be in use by a demo that runs.
    let port = if arguments.once { 0 } else { arguments.port };
    let listener = runtime.block_on(server::listen(local(port)))?;
    let chromium = arguments.once.then(tools::chromium).transpose()?;
    Ok(Ready { runtime, listener, turns: turns::read_all()?, chromium })
}

fn run(arguments: &Arguments, ready: Ready) -> Result<ExitCode> {
    let Ready { runtime, listener, turns, chromium } = ready;
    let default_speed = if arguments.once { ONCE_SPEED } else { 1.0 };
    let speed = arguments.speed.unwrap_or(default_speed);
    let names: Vec<String> = turns.iter().map(|turn| turn.name.clone()).collect();
    let prompt = match arguments.pipe {
        Pipe::ClaudeAi => turns::prompt_for_tools(&turns)?,
        pipe => pipe.prompts()?.into_iter().next().context("nothing to ask")?,
    };
    runtime.block_on(async {
        let server = server::start(turns, speed, listener).await?;
        if let Some(chromium) = chromium {
            return once::drive(&chromium, server.address, arguments.pipe, &prompt).await;
        }
        explain(server.address, arguments.pipe, &names);
        tokio::signal::ctrl_c().await.context("cannot listen for Ctrl-C")?;
        Ok(ExitCode::SUCCESS)
    })
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| *speed > 0.0 && speed.is_finite());
    speed.ok_or_else(|| "it must be a number above 0".to_owned())
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn explain(address: SocketAddr, pipe: Pipe, names: &[String]) {
    match pipe {
        Pipe::ClaudeAi => println!("The page is at http://{address}/"),
        pipe => println!("The page is at http://{address}/?pipe={}", pipe.id()),
    }
    println!("Send a prompt: recorded turns come back one after the other, and the view beside");
    println!("the chat shows what the tap sees. A prompt that names a turn, or is about the same,");
    println!("gets that turn: {}.", names.join(", "));
    println!(
        "A prompt with the word limit is refused with status 429; one with slowly is played at"
    );
    println!("the recorded speed at most. A React chat is at http://{address}/new.");
    println!("The list above the chat switches to the other services.");
    println!("The bookmarklet is at http://{address}/bookmarklet.html. Ctrl-C ends.");
}

#[cfg(test)]
mod refusals {
    use super::*;

    #[test]
    fn a_port_in_use_is_refused_before_anything_is_built() {
        let taken = std::net::TcpListener::bind(local(0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let refused = prepare(&Arguments { port, ..arguments(false) });
        let message = format!("{:#}", refused.err().unwrap());
        assert!(
            message.contains(&format!("cannot serve at 127.0.0.1:{port}; --port")),
            "{message}"
        );
    }
}
