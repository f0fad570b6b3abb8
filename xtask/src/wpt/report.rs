//! What is said of a run, and where all of it is kept.

use super::outcome::{End, Rounds, Verdict};
use super::pages::{Found, Page};
use crate::steps;
use anyhow::{Context, Result};
use serde_json::json;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(15);
/// What is shown of a message.
const LONGEST: usize = 300;

/// One browser's.
pub(super) struct Report<'a> {
    browser: &'static str,
    of: usize,
    /// Where every page is written to.
    out: Option<&'a File>,
    said: Instant,
    pages: usize,
    tests: usize,
    passing: usize,
    lost: usize,
    differences: Vec<Line>,
    unsteady: Vec<Line>,
}

/// A test of a page, and how it ended in each round.
struct Line {
    page: String,
    test: String,
    plain: Vec<End>,
    tapped: Vec<End>,
}

impl<'a> Report<'a> {
    pub(super) fn new(browser: &'static str, of: usize, out: Option<&'a File>) -> Report<'a> {
        Report {
            browser,
            of,
            out,
            said: Instant::now(),
            pages: 0,
            tests: 0,
            passing: 0,
            lost: 0,
            differences: Vec::new(),
            unsteady: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, page: &Page, rounds: Rounds) -> Result<()> {
        self.pages += 1;
        if let Some(plain) = rounds.plain.first() {
            let (tests, passing) = plain.counts();
            self.tests += tests;
            self.passing += passing;
            self.lost += usize::from(plain.is_lost());
        }
        for (test, verdict) in rounds.verdicts() {
            let (plain, tapped) = rounds.ends(test);
            let line = Line { page: page.path.clone(), test: test.to_owned(), plain, tapped };
            match verdict {
                Verdict::Differs => {
                    steps::note(&format!("{} differs: {test}", page.path));
                    self.differences.push(line);
                }
                Verdict::Unsteady => self.unsteady.push(line),
            }
        }
        if let Some(mut out) = self.out {
            let line = json!({ "browser": self.browser, "page": page.path, "rounds": rounds });
            writeln!(out, "{line}").context("what was seen cannot be written")?;
        }
        if self.said.elapsed() > EVERY {
            self.said = Instant::now();
            let (differ, unsteady) = (self.differences.len(), self.unsteady.len());
            let (browser, pages, of) = (self.browser, self.pages, self.of);
            steps::note(&format!(
                "{browser}: {pages} of {of} pages, {differ} tests differ, {unsteady} unsteady"
            ));
        }
        Ok(())
    }

    /// Whether every page was seen, and none noticed. What has no outcome says nothing.
    pub(super) fn proves(&self) -> bool {
        self.differences.is_empty() && self.lost == 0
    }

    /// All of it, for people.
    pub(super) fn summary(&mut self, found: &Found) -> String {
        let Report { browser, pages, tests, passing, lost, .. } = self;
        let mut text = format!(
            "{browser}: {pages} pages, {tests} tests, of which {passing} pass without a tap; {} differ \
             with one, {} are unsteady\n",
            self.differences.len(),
            self.unsteady.len()
        );
        for (reason, count) in &found.left_out {
            let _ = writeln!(text, "left out: {count} pages: {reason}");
        }
        if *lost > 0 {
            let _ = writeln!(text, "without an outcome, also without a tap: {lost} pages");
        }
        for (title, lines) in [("differ", &mut self.differences), ("unsteady", &mut self.unsteady)]
        {
            if lines.is_empty() {
                continue;
            }
            lines.sort_by(|a, b| (&a.page, &a.test).cmp(&(&b.page, &b.test)));
            let _ = writeln!(text, "{title}:");
            let mut page = "";
            for line in lines.iter() {
                if line.page != page {
                    page = &line.page;
                    let _ = writeln!(text, "  {page}");
                }
                let _ = writeln!(text, "    {}", shortened(&line.test));
                let _ = writeln!(text, "      plain   {}", shown(&line.plain));
                let _ = writeln!(text, "      tapped  {}", shown(&line.tapped));
            }
        }
        text
    }
}

/// `PASS, 2 TIMEOUT Test timed out`
fn shown(ends: &[End]) -> String {
    let mut different: Vec<(usize, &End)> = Vec::new();
    for end in ends {
        match different.iter_mut().find(|(_, seen)| seen.status == end.status) {
            Some((times, _)) => *times += 1,
            None => different.push((1, end)),
        }
    }
    let said = different.iter().map(|(times, end)| {
        let words = format!("{} {}", end.status, end.message);
        let words = words.trim_end();
        if *times > 1 { format!("{times} {words}") } else { words.to_owned() }
    });
    shortened(&said.collect::<Vec<_>>().join(", "))
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST).map(|char| if char == '\n' { ' ' } else { char }).collect()
}

/// The file of `--out`.
pub(super) fn file(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    File::create(path).with_context(|| format!("{} cannot be written", path.display()))
}
