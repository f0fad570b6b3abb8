//! Browsers that run pages side by side, each driven by a Node of its own.

use super::outcome::{Answer, Outcome, Rounds};
use super::pages::Page;
use super::report::Report;
use super::server::Server;
use super::{Arguments, Browser};
use crate::process::command as program;
use crate::root;
use anyhow::{Context, Result};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// testharness.js gives up after these, and the page has to be loaded as well.
const MS: u32 = 25_000;
const LONG_MS: u32 = 90_000;

/// Runs every page in a browser, and tells of each.
pub(super) fn play(
    browser: Browser,
    arguments: &Arguments,
    server: &Server,
    pages: &[Page],
    report: &Mutex<Report>,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    let lane = || -> Result<()> {
        let mut lane = Lane::start(browser, &server.hosts)?;
        while let Some(page) = pages.get(next.fetch_add(1, Ordering::Relaxed)) {
            let rounds = lane.rounds(page, &server.url(page), arguments.rounds)?;
            report.lock().ok().context("another lane broke")?.add(page, rounds)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..arguments.lanes).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().try_for_each(|lane| lane.join().ok().context("a lane broke")?)
    })
}

struct Lane {
    child: Child,
    pages: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Lane {
    fn start(browser: Browser, hosts: &[String]) -> Result<Lane> {
        let (variable, path) = browser.program()?;
        let mut node = program("node");
        node.arg(root::path("xtask/js/wpt/drive.mjs")).arg(browser.name()).args(hosts);
        node.env(variable, path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = node.spawn().context("cannot start node")?;
        let answers = child.stdout.take().context("node has no output")?;
        Ok(Lane { pages: child.stdin.take(), answers: BufReader::new(answers), child })
    }

    /// Without and with a tap, as often as it takes to be sure.
    fn rounds(&mut self, page: &Page, url: &str, most: u8) -> Result<Rounds> {
        let mut rounds = Rounds::default();
        let ms = if page.long { LONG_MS } else { MS };
        for _ in 0..most {
            rounds.plain.push(self.run(url, false, ms)?);
            rounds.tapped.push(self.run(url, true, ms)?);
            if !rounds.may_differ() {
                break;
            }
        }
        Ok(rounds)
    }

    fn run(&mut self, url: &str, tapped: bool, ms: u32) -> Result<Outcome> {
        let pages = self.pages.as_mut().context("node takes no pages")?;
        writeln!(pages, "{}", json!({ "url": url, "tapped": tapped, "ms": ms }))?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let answer: Answer = serde_json::from_str(&line).context("the browser is not driven")?;
        Ok(answer.into())
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // It ends with its input.
        self.pages = None;
        let _ = self.child.wait();
    }
}
