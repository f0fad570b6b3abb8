//! `cargo xtask wpt`: the web platform's own tests, without a tap and with one.

mod checkout;
mod lane;
mod outcome;
mod pages;
mod report;
mod server;

use crate::{root, tools};
use anyhow::{Context, Result, ensure};
use checkout::Checkout;
use clap::ValueEnum;
use report::Report;
use server::Server;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;

/// Run web-platform-tests without a tap and with one: the page must not notice
///
/// Serves a checkout of github.com/web-platform-tests/wpt with its own server, and opens each
/// page of fetch/api, xhr, eventsource, websockets, streams, encoding/streams, and of
/// service-workers what says "fetch", twice: as it is, and with dist/pagetap.js before the first
/// script of every document, everything tapped. Where a test ends otherwise, both are run again:
/// what differs every time is a difference, the rest is unsteady. It fails if there is a difference,
/// or a page without an outcome.
///
/// A checkout needs these folders, and common, resources, interfaces, images, media, fonts, html,
/// docs and tools. Needs Python 3, and what cargo xtask build makes.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The checkout
    #[arg(long, value_name = "PATH")]
    dir: PathBuf,
    /// These browsers only
    #[arg(long = "browser", value_enum, value_delimiter = ',')]
    browsers: Vec<Browser>,
    /// Pages whose path begins like this only, also of other folders
    #[arg(long, value_name = "PATH", value_delimiter = ',')]
    only: Vec<String>,
    /// Leave out what runs in workers, where a tap is only if it is asked to be
    #[arg(long)]
    without_workers: bool,
    /// Browsers at the same time
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
    lanes: u8,
    /// How often a page that differs is run, at most
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// Where all that was seen is written: a line of JSON for each page
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  git clone --depth 1 https://github.com/web-platform-tests/wpt ../wpt
  cargo xtask wpt --dir ../wpt
  cargo xtask wpt --dir ../wpt --browser firefox --out target/wpt/firefox.jsonl
  cargo xtask wpt --dir ../wpt --browser chromium --only fetch/api/abort,xhr/send \\
    --without-workers --lanes 4";

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Browser {
    Chromium,
    Firefox,
}

impl Browser {
    fn name(self) -> &'static str {
        match self {
            Browser::Chromium => "chromium",
            Browser::Firefox => "firefox",
        }
    }

    /// Its program, and the variable that names it to the driver.
    fn program(self) -> Result<(&'static str, PathBuf)> {
        Ok(match self {
            Browser::Chromium => ("CHROMIUM", tools::chromium()?),
            Browser::Firefox => ("FIREFOX", tools::firefox()?),
        })
    }
}

/// Runs, compares, prints.
pub(crate) fn command(arguments: &Arguments) -> Result<ExitCode> {
    let checkout = Checkout::open(&arguments.dir)?;
    tools::npm_packages()?;
    root::existing("dist/pagetap.js", "what cargo xtask build makes")?;
    let mut found = pages::find(checkout.folder(), &arguments.only)?;
    if arguments.without_workers {
        found.leave_out("in workers", pages::Page::is_in_worker);
    }
    ensure!(!found.pages.is_empty(), "no page of the checkout has tests and was asked for");
    let out = arguments.out.as_deref().map(report::file).transpose()?;
    let server = Server::start(&checkout)?;
    let browsers = match arguments.browsers.as_slice() {
        [] => Browser::value_variants(),
        some => some,
    };
    let mut proven = true;
    for browser in browsers {
        let report = Mutex::new(Report::new(browser.name(), found.pages.len(), out.as_ref()));
        lane::play(*browser, arguments, &server, &found.pages, &report)?;
        let mut report = report.into_inner().ok().context("a lane broke")?;
        print!("{}", report.summary(&found));
        proven &= report.proves();
    }
    Ok(if proven { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
