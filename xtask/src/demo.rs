//! `cargo xtask demo`: the tap in a stand-in chat page, fed with recorded
//! turns.

mod about;
mod collector;
mod endpoints;
mod event_stream;
mod feed;
mod frames;
mod fresh_ids;
mod generation;
mod heard;
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
use clap::ValueEnum;
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
/// server, MCP; a list in the page switches between them. A switch sends what the tap
/// sees to a collector that runs beside the page, at the next port if it is free. With --once a headless
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

/// What is built already, served for the tests at a free port.
pub(crate) struct Served {
    runtime: Runtime,
    pub(crate) address: SocketAddr,
    chromium: PathBuf,
    prompts: Vec<(Pipe, String)>,
}

/// Serves as long as the value is kept.
pub(crate) fn serve_as_built() -> Result<Served> {
    let arguments = Arguments { port: 0, once: true, pipe: Pipe::ClaudeAi, speed: None };
    let Ready { runtime, listener, turns, chromium } = prepare(&arguments)?;
    let pipes = Pipe::value_variants().iter();
    let prompts = pipes.map(|pipe| Ok((*pipe, pipe.prompt(&turns)?))).collect::<Result<_>>()?;
    let server = runtime.block_on(server::start(turns, ONCE_SPEED, listener))?;
    let chromium = chromium.context("there is no Chromium")?;
    Ok(Served { runtime, address: server.address, chromium, prompts })
}

impl Served {
    /// `--once` by every pipe.
    pub(crate) fn drive_every_pipe(&self) -> Result<()> {
        let Served { runtime, address, chromium, prompts } = self;
        runtime.block_on(once::drive(chromium, *address, prompts, |_| {}))
    }
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
    let prompt = arguments.pipe.prompt(&turns)?;
    runtime.block_on(async {
        let server = server::start(turns, speed, listener).await?;
        if let Some(chromium) = chromium {
            let prompts = [(arguments.pipe, prompt)];
            let pass = |line: &str| println!("{line}");
            once::drive(&chromium, server.address, &prompts, pass).await?;
            return Ok(ExitCode::SUCCESS);
        }
        explain(&server, arguments.pipe, &names);
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

fn explain(server: &server::Server, pipe: Pipe, names: &[String]) {
    let server::Server { address, collector } = server;
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
    println!("A switch below the events sends them to a collector, at http://{collector}.");
    println!("The bookmarklet is at http://{address}/bookmarklet.html. Ctrl-C ends.");
}

#[cfg(test)]
mod refusals {
    use super::*;

    #[test]
    fn a_port_in_use_is_refused_before_anything_is_built() {
        let taken = std::net::TcpListener::bind(local(0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let arguments = Arguments { port, once: false, pipe: Pipe::ClaudeAi, speed: None };
        let refused = prepare(&arguments);
        let message = format!("{:#}", refused.err().unwrap());
        assert!(
            message.contains(&format!("cannot serve at 127.0.0.1:{port}; --port")),
            "{message}"
        );
    }
}
