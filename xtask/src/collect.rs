//! `cargo xtask collect`: a small collector for what a tap exports.

mod answer;
mod connection;
mod control;
mod cors;
mod decode;
mod event_lines;
mod fault;
mod ledger;
mod otlp;
mod otlp_values;
mod print;
mod receive;
mod record;
mod relay;
mod server;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result};
use fault::Fault;
use ledger::{Copies, Ledger};
use print::Show;
use server::Collector;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::broadcast::Sender;

/// Receive what a tap exports, print it, keep it
///
/// Takes OTLP over HTTP (protobuf and JSON, gzip too) at /v1/traces, /v1/logs and
/// /v1/metrics, Claude Code's hook input at /hooks, and lines of JSON at /events;
/// from pages of any origin, unless --origin names some. One line is printed per
/// event, Ctrl-C ends with a summary. What came before, by its id, is counted and
/// not kept again. /relay is the page that carries events where a page's own policy
/// lets nothing out.
///
/// A fault is a kind and when it happens, with commas between: status=CODE, reset,
/// lost (kept, and the connection dropped instead of an answer), delay=MS,
/// partial=N (so many said to be rejected), larger=BYTES (413 above); and
/// retry-after=SECONDS with a status. every=N is each Nth request, chance=PERCENT
/// some of them, first=N the first N, path=/v1/logs those of one path; without any
/// of these, all. The first fault that applies happens. While it runs, PUT the same
/// words to /control/faults, one fault a line, with the header x-pagetap-control;
/// GET /control/counts tells what was counted.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Port to listen at, of this machine alone; 0 takes a free one
    #[arg(long, default_value_t = 4318)]
    port: u16,
    /// Append what is received to this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Store what came before once more, marked "again", instead of counting it only
    #[arg(long, requires = "store")]
    copies: bool,
    /// Go wrong, as collectors do: see above; may be given more than once
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Fault>,
    /// Take only what pages of this origin send; may be given more than once
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Print the summary only
    #[arg(long)]
    quiet: bool,
}

const EXAMPLES: &str = "Examples:
  cargo xtask collect
  cargo xtask collect --port 4319 --store target/events.jsonl
  cargo xtask collect --fault status=503,retry-after=2,every=10 --fault lost,chance=5
  cargo xtask collect --origin https://claude.ai";

/// Collects until Ctrl-C.
pub(crate) fn command(arguments: &Arguments) -> Result<ExitCode> {
    let copies = if arguments.copies { Copies::Stored } else { Copies::Counted };
    let ledger = Ledger::open(arguments.store.as_deref(), copies)?;
    let known = ledger.known();
    let show = if arguments.quiet { Show::Nothing } else { Show::Printed };
    let faults = arguments.faults.clone();
    let collector = Collector::new(ledger, faults, arguments.origins.clone(), show);
    let runtime = Runtime::new().context("cannot start the collector's threads")?;
    runtime.block_on(async {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
        let listener = TcpListener::bind(address).await;
        let listener = listener
            .with_context(|| format!("cannot listen at {address}; --port chooses another port"))?;
        explain(listener.local_addr()?, arguments, known);
        let serving = server::serve(listener, collector.clone());
        tokio::select! {
            ended = serving => ended?,
            signal = tokio::signal::ctrl_c() => signal.context("cannot listen for Ctrl-C")?,
        }
        print!("{}", collector.summary());
        Ok(ExitCode::SUCCESS)
    })
}

/// Collects for another command, until the task ends; the lines go to `told`.
pub(crate) async fn serve(listener: TcpListener, told: Sender<String>) -> std::io::Result<()> {
    let collector = Collector::new(Ledger::default(), Vec::new(), Vec::new(), Show::Told(told));
    server::serve(listener, collector).await
}

/// On standard error: standard output belongs to the events.
fn explain(address: SocketAddr, arguments: &Arguments, known: usize) {
    eprintln!("Collecting at http://{address}: OTLP at /v1/traces, /v1/logs, /v1/metrics,");
    eprintln!("Claude Code's hooks at /hooks, lines of JSON at /events. Ctrl-C ends.");
    if let Some(store) = &arguments.store {
        eprintln!("Kept in {}, where {known} are known by id.", store.display());
    }
    for fault in &arguments.faults {
        eprintln!("Going wrong on purpose: {fault}");
    }
}
