//! Which pages of a checkout have tests, and where its server has them.
//!
//! As the checkout's own `tools/manifest/sourcefile.py` has it, which reads all 90,000 files first.

use crate::root;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a tap has to do with.
const SUITES: [&str; 7] = [
    "encoding/streams/",
    "eventsource/",
    "fetch/api/",
    "service-workers/",
    "streams/",
    "websockets/",
    "xhr/",
];
/// What helps the tests is in folders of these names.
const HELP: [&str; 3] = ["resources", "support", "tools"];
/// Kinds of workers, as names of pages have them.
const WORKERS: [&str; 3] = ["serviceworker", "sharedworker", "worker"];
/// A script that needs somebody who moves the mouse, from outside.
const DRIVER: &str = "testdriver.js";

/// Which of the server's ports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Port {
    Http,
    Https,
    H2,
}

#[derive(Debug, PartialEq)]
pub(super) struct Page {
    /// As an URL has it, with its query, without the first slash.
    pub(super) path: String,
    pub(super) port: Port,
    /// It takes up to a minute, not ten seconds.
    pub(super) long: bool,
}

/// What is to run; how many pages are not, by the reason.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    pub(super) pages: Vec<Page>,
    pub(super) left_out: BTreeMap<&'static str, usize>,
}

/// Those of the suites, or those that begin like one of `only`.
pub(super) fn find(folder: &Path, only: &[String]) -> Result<Found> {
    let wanted: Vec<&str> = match only {
        [] => SUITES.to_vec(),
        some => some.iter().map(|start| start.trim_start_matches('/')).collect(),
    };
    let mut files = BTreeSet::new();
    for start in &wanted {
        // The last part may be the beginning of a name.
        let parent = start.rsplit_once('/').map_or("", |(parent, _)| parent);
        files.extend(root::files_below(&folder.join(parent), ""));
    }
    let mut found = Found::default();
    for file in files {
        let relative = file.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
        let helps = relative.split('/').any(|part| HELP.contains(&part));
        if helps || !["js", "html", "htm", "xhtml", "xht"].contains(&ending(&relative)) {
            continue;
        }
        let text = std::fs::read(&file).with_context(|| format!("{relative} cannot be read"))?;
        let text = String::from_utf8_lossy(&text);
        let elsewhere = relative.starts_with("service-workers/") && !text.contains("fetch");
        if only.is_empty() && elsewhere {
            continue;
        }
        found.add(&relative, &text, &wanted);
    }
    Ok(found)
}

impl Page {
    /// Whether its tests run in one: the page only shows what they came to.
    pub(super) fn is_in_worker(&self) -> bool {
        let name = self.path.split('?').next().unwrap_or_default();
        name.split('.').any(|part| WORKERS.contains(&part.trim_end_matches("-module")))
    }
}

impl Found {
    /// Takes pages out, for a reason.
    pub(super) fn leave_out(&mut self, reason: &'static str, which: impl Fn(&Page) -> bool) {
        let before = self.pages.len();
        self.pages.retain(|page| !which(page));
        self.left_out.insert(reason, before - self.pages.len());
    }

    /// The pages of one file.
    fn add(&mut self, relative: &str, text: &str, wanted: &[&str]) {
        let Some((bodies, about)) = bodies(relative, text) else { return };
        let long = about.iter().any(|(key, value)| key == "timeout" && value == "long");
        let mut variants: Vec<&str> =
            about.iter().filter(|(key, _)| key == "variant").map(|(_, value)| &**value).collect();
        if variants.is_empty() {
            variants.push("");
        }
        for body in bodies {
            for variant in &variants {
                let path = format!("{body}{variant}");
                if !wanted.iter().any(|start| path.starts_with(start)) {
                    continue;
                }
                let port = port(&path);
                match why_not(&path, text) {
                    Some(reason) => *self.left_out.entry(reason).or_default() += 1,
                    None => self.pages.push(Page { path, port, long }),
                }
            }
        }
    }
}

/// What cannot be run here.
fn why_not(path: &str, text: &str) -> Option<&'static str> {
    if path.contains("shadowrealm") {
        return Some("in a ShadowRealm, which no browser has");
    }
    text.contains(DRIVER).then_some("needs somebody who acts (testdriver.js)")
}

/// Keys and values.
type About = Vec<(String, String)>;

/// The paths without their query that a file is served as, and what it says of itself; nothing
/// where it has no tests.
fn bodies(relative: &str, text: &str) -> Option<(Vec<String>, About)> {
    let served = |ending: &str, as_what: &str| {
        relative.strip_suffix(ending).map(|body| format!("{body}{as_what}"))
    };
    if let Some(body) = relative.strip_suffix(".any.js") {
        let about = in_comments(text);
        let globals = about.iter().find(|(key, _)| key == "global").map(|(_, value)| &**value);
        let bodies = suffixes(globals.unwrap_or("window,dedicatedworker"));
        return Some((bodies.iter().map(|suffix| format!("{body}{suffix}")).collect(), about));
    }
    let page =
        served(".window.js", ".window.html").or_else(|| served(".worker.js", ".worker.html"));
    if let Some(page) = page {
        return Some((vec![page], in_comments(text)));
    }
    if ending(relative) == "js" || !text.contains("/resources/testharness.js") {
        return None;
    }
    Some((vec![relative.to_owned()], in_tags(text)))
}

/// What the names of globals stand for.
fn suffixes(globals: &str) -> BTreeSet<String> {
    let mut suffixes = BTreeSet::new();
    for global in globals.split(',').map(str::trim) {
        match global {
            "window" => suffixes.extend([".any.html".to_owned()]),
            "dedicatedworker" => suffixes.extend([".any.worker.html".to_owned()]),
            "dedicatedworker-module" => suffixes.extend([".any.worker-module.html".to_owned()]),
            "worker" => suffixes.extend(WORKERS.map(|kind| format!(".any.{kind}.html"))),
            // A shell without a browser.
            "jsshell" => {}
            other => suffixes.extend([format!(".any.{other}.html")]),
        }
    }
    suffixes
}

fn port(path: &str) -> Port {
    let (name, query) = path.split_once('?').unwrap_or((path, ""));
    let says = |flag: &str| {
        name.contains(&format!(".{flag}.")) || query.contains(&format!("wpt_flags={flag}"))
    };
    match () {
        () if says("h2") => Port::H2,
        // A service worker needs it.
        () if says("https") || name.contains(".serviceworker") => Port::Https,
        () => Port::Http,
    }
}

/// `// META: key=value`, before the code.
fn in_comments(text: &str) -> About {
    let comments = text.lines().take_while(|line| line.starts_with("//") || line.trim().is_empty());
    let about = comments.filter_map(|line| line.strip_prefix("//")?.trim().strip_prefix("META:"));
    about
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

/// `<meta name=key content=value>`.
fn in_tags(text: &str) -> About {
    let tags = text.split("<meta").skip(1).filter_map(|rest| rest.split('>').next());
    tags.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "content")?))).collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split_once(&format!(" {name}="))?.1;
    let quote = value.chars().next().filter(|first| ['"', '\''].contains(first));
    let value = match quote {
        Some(quote) => value.split(quote).nth(1)?,
        None => value.split_whitespace().next()?,
    };
    Some(value.to_owned())
}

fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(relative: &str, text: &str) -> Found {
        let mut found = Found::default();
        found.add(relative, text, &[""]);
        found
    }

    fn page(path: &str, port: Port) -> Page {
        Page { path: path.to_owned(), port, long: false }
    }

    #[test]
    fn a_script_is_a_page_for_each_global() {
        let text = "// META: global=window,worker,shadowrealm\n// META: timeout=long\ntest(f);\n";
        let Found { pages, left_out } = found("fetch/a.any.js", text);
        let said: Vec<(&str, Port, bool)> =
            pages.iter().map(|page| (&*page.path, page.port, page.long)).collect();
        assert_eq!(
            said,
            [
                ("fetch/a.any.html", Port::Http, true),
                ("fetch/a.any.serviceworker.html", Port::Https, true),
                ("fetch/a.any.sharedworker.html", Port::Http, true),
                ("fetch/a.any.worker.html", Port::Http, true),
            ]
        );
        assert_eq!(left_out.into_values().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn what_runs_in_workers_can_be_left_out() {
        let mut found = found("fetch/a.any.js", "// META: global=window,worker\n");
        found.add("xhr/a-worker.htm", "/resources/testharness.js", &[""]);
        found.leave_out("in workers", Page::is_in_worker);
        assert_eq!(
            found.pages,
            ["fetch/a.any.html", "xhr/a-worker.htm"].map(|path| page(path, Port::Http))
        );
        assert_eq!(found.left_out, BTreeMap::from([("in workers", 3)]));
    }

    #[test]
    fn a_script_that_says_nothing_is_for_windows_and_workers() {
        let pages = found("xhr/a.https.any.js", "test(f);\n// META: global=window\n").pages;
        let both = ["xhr/a.https.any.html", "xhr/a.https.any.worker.html"];
        assert_eq!(pages, both.map(|path| page(path, Port::Https)));
    }

    #[test]
    fn each_variant_is_a_page_and_may_have_another_port() {
        let text =
            "// META: global=window\n// META: variant=?default\n// META: variant=?wpt_flags=h2\n";
        let expected = [
            page("websockets/a.any.html?default", Port::Http),
            page("websockets/a.any.html?wpt_flags=h2", Port::H2),
        ];
        assert_eq!(found("websockets/a.any.js", text).pages, expected);
        let text = "<meta charset=utf-8><meta name=\"variant\" content='?a=b c'>\n\
                    <script src=/resources/testharness.js></script>";
        assert_eq!(found("xhr/a.htm", text).pages, [page("xhr/a.htm?a=b c", Port::Http)]);
    }

    #[test]
    fn only_what_has_tests_is_a_page() {
        assert_eq!(found("xhr/a.html", "<p>helps</p>"), Found::default());
        assert_eq!(found("xhr/a.js", "/resources/testharness.js"), Found::default());
        let acts = "<script src=/resources/testharness.js></script>\n\
                    <script src=/resources/testdriver.js></script>";
        assert_eq!(found("xhr/a.html", acts).left_out.len(), 1);
    }
}
