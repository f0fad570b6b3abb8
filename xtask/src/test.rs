//! `cargo xtask test`: every check there is, in one order.

use crate::build::wasm::{EXPORT, SMALL_TAP};
use crate::process::{cargo, command as program, npm_tool, show};
use crate::tools::collectors::{self, LARGE, SMALL};
use crate::{build, demo, root, tools};
use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// Run every test: format, lints, native, docs, build, demo, wasm, browser,
/// firefox, collectors, types
///
/// Stops at the first failure and shows the command that repeats it. The last
/// line counts the steps.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Run these steps only
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Step>,
    /// Accept what the native tests see as what they expect from now on
    #[arg(long)]
    bless: bool,
    /// Run in Firefox, too, all of the browser tests that can run there: some ten minutes
    #[arg(long)]
    firefox: bool,
    /// Test against large collectors, too: MLflow, Phoenix, Kafka's and ClickHouse's
    /// engines, a cluster of NATS; some 3 GB are installed into target/collectors
    #[arg(long)]
    collectors: bool,
}

const EXAMPLES: &str = "Examples:
  cargo xtask test
  cargo xtask test --only native --bless
  cargo xtask test --only build,browser
  cargo xtask test --only firefox --firefox
  cargo xtask test --only collectors --collectors";

/// Each has a browser or a process of its own. Where there are two cores, Node's own choice is one.
const FILES_AT_ONCE: u32 = 2;

/// A browser that hangs must not hang everything.
const LONGEST_FILE_MS: u32 = 300_000;

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Step {
    /// cargo fmt --check
    Fmt,
    /// clippy on everything natively, and on the library for wasm32: tap, small, exporter
    Clippy,
    /// cargo test --workspace
    Native,
    /// cargo doc with warnings denied
    Doc,
    /// cargo xtask build, and the extension's zips a second time
    Build,
    /// Every pipe of the demo driven once, and tests/demo: its pages, in Chromium and
    /// Firefox
    Demo,
    /// tests/wasm: the built core in Node
    Wasm,
    /// tests/browser: what ships, in Chromium; the extension in Firefox as well
    Browser,
    /// The acceptance tests in Firefox as well; with --firefox all of tests/browser/faults,
    /// product and transparency that can run there
    Firefox,
    /// tests/collectors: cargo xtask collect and chaos, and what others made to receive events
    Collectors,
    /// tests/types: the public TypeScript
    Types,
}

/// Runs the steps that were asked for.
pub(crate) fn command(arguments: &Arguments) -> Result<ExitCode> {
    let wanted = |step: &&Step| arguments.only.is_empty() || arguments.only.contains(step);
    // Now, while it has its name: the native step builds this program anew, and Linux then
    // calls the one that runs "deleted".
    let xtask = std::env::current_exe().context("this program has no file")?;
    let steps: Vec<Step> = Step::value_variants().iter().filter(wanted).copied().collect();
    let started = Instant::now();
    for (passed, step) in steps.iter().enumerate() {
        let name = step.name();
        println!("== {name} ==");
        let begun = Instant::now();
        if let Err(error) = step.run(arguments, &xtask) {
            println!("{name} failed after {:.1} s: {error:#}", begun.elapsed().as_secs_f64());
            let bless = if arguments.bless { " --bless" } else { "" };
            let large = if arguments.collectors { " --collectors" } else { "" };
            let firefox = if arguments.firefox { " --firefox" } else { "" };
            println!("once more: cargo xtask test --only {name}{bless}{large}{firefox}");
            println!("{passed} passed, 1 failed");
            return Ok(ExitCode::FAILURE);
        }
        println!("{name} took {:.1} s", begun.elapsed().as_secs_f64());
    }
    println!("all steps took {:.1} s", started.elapsed().as_secs_f64());
    println!("{} passed, 0 failed", steps.len());
    Ok(ExitCode::SUCCESS)
}

impl Step {
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn run(self, arguments: &Arguments, xtask: &Path) -> Result<()> {
        match self {
            Step::Fmt => run(cargo().args(["fmt", "--all", "--check"])),
            Step::Clippy => clippy(),
            Step::Native => native(arguments.bless),
            Step::Doc => run(cargo()
                .args(["doc", "--quiet", "--workspace", "--no-deps"])
                .env("RUSTDOCFLAGS", "-D warnings")),
            Step::Build => {
                build::command(&build::Arguments {})?;
                build::again()
            }
            Step::Demo => demo_tests(),
            Step::Wasm => run(&mut node_tests(&["tests/wasm"])?),
            Step::Browser => {
                let suites = [
                    "tests/browser/export",
                    "tests/browser/extension",
                    "tests/browser/faults",
                    "tests/browser/product",
                    "tests/browser/transparency",
                ];
                run(node_tests(&suites)?.env("FIREFOX", tools::firefox()?).env("XTASK", xtask))
            }
            Step::Firefox => in_firefox(arguments.firefox, xtask),
            Step::Collectors => collectors(arguments.collectors, xtask),
            Step::Types => types(),
        }
    }
}

fn clippy() -> Result<()> {
    tools::wasm_target()?;
    let denied = ["--", "-D", "warnings"];
    let native = ["clippy", "--quiet", "--workspace", "--all-targets"];
    run(cargo().args(native).args(denied))?;
    let library = ["clippy", "--quiet", "--package", "pagetap", "--lib"];
    let wasm = ["--target", "wasm32-unknown-unknown"];
    run(cargo().args(library).args(wasm).args(denied))?;
    for features in [SMALL_TAP, EXPORT] {
        run(cargo().args(library).args(wasm).args(features).args(denied))?;
        run(cargo().args(library).args(features).args(denied))?;
    }
    // What other crates get that ask for nothing.
    run(cargo().args(library).arg("--no-default-features").args(denied))
}

/// Recordings, whose words are not the project's to repeat, lie beside it, if anywhere.
const RECORDINGS: &str = "../shared";

fn native(bless: bool) -> Result<()> {
    let played = match root::path(RECORDINGS).is_dir() {
        true => "played too",
        false => "not there: only the project's own fixtures are played",
    };
    println!("recordings beside the project ({RECORDINGS}): {played}");
    let mut tests = cargo();
    tests.args(["test", "--quiet", "--workspace"]);
    if bless {
        tests.env("PAGETAP_BLESS", "1");
    }
    run(&mut tests)
}

fn demo_tests() -> Result<()> {
    let mut tests = node_tests(&["tests/demo"])?;
    tests.env("FIREFOX", tools::firefox()?);
    let served = demo::serve_as_built()?;
    served.drive_every_pipe()?;
    run(tests.env("DEMO", format!("http://{}/", served.address)))
}

/// What always runs in Firefox, too: the acceptance tests, see CONTRIBUTING.md.
const ACCEPTANCE: [(&str, &[&str]); 3] = [
    ("tests/browser/faults", &["panic"]),
    ("tests/browser/product", &["failure"]),
    (
        "tests/browser/transparency",
        &[
            "cancellation",
            "consumption",
            "errors",
            "eventsource",
            "guard",
            "install",
            "properties",
            "serviceworker",
            "statuses",
            "websocket.life",
            "websocket.properties",
            "websocket",
            "wrappers",
        ],
    ),
];

/// What cannot run there: driven by Chromium's own protocol, made for what only it does, or
/// (`commands`, `wpt`) not about the browser. CONTRIBUTING.md says which is which.
const CHROMIUM_ONLY: [(&str, &[&str]); 3] = [
    ("tests/browser/faults", &["reset"]),
    ("tests/browser/product", &["bookmarklet", "commands", "secret_shells", "secrets", "workers"]),
    ("tests/browser/transparency", &["wpt"]),
];

fn in_firefox(all: bool, xtask: &Path) -> Result<()> {
    let mut files = Vec::new();
    if all {
        for (folder, names) in CHROMIUM_ONLY {
            let left_out = named(names, test_files(&[folder])?)?;
            files.extend(test_files(&[folder])?);
            files.retain(|file| !left_out.contains(file));
        }
    } else {
        for (folder, names) in ACCEPTANCE {
            files.extend(named(names, test_files(&[folder])?)?);
        }
        println!("left out without --firefox: all that is no acceptance test");
    }
    let mut tests = node(&files)?;
    tests.env("FIREFOX", tools::firefox()?).env("XTASK", xtask);
    run(tests.env("PAGETAP_BROWSER", "firefox"))
}

/// Of `files` those with these names, which are all there.
fn named(names: &[&str], mut files: Vec<PathBuf>) -> Result<Vec<PathBuf>> {
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.strip_suffix(TEST).is_some_and(|name| names.contains(&name))
    });
    ensure!(files.len() == names.len(), "of {names:?} are there only {files:?}");
    Ok(files)
}

/// Those that are not there say so, and their tests are left out, unless they were
/// asked for.
fn collectors(large: bool, xtask: &Path) -> Result<()> {
    let mut tests = node_tests(&["tests/collectors"])?;
    let mut there = Vec::new();
    for installed in &SMALL {
        match installed.ensure() {
            Ok(()) => there.push(installed.name()),
            Err(error) if large => return Err(error),
            Err(error) => println!("{error:#}: its tests are left out"),
        }
    }
    if large {
        for installed in &LARGE {
            installed.ensure()?;
            there.push(installed.name());
        }
        tests.env("NATS_SERVER", collectors::nats_server()?);
    } else {
        let left_out: Vec<&str> = LARGE.iter().map(|installed| installed.name()).collect();
        println!("left out without --collectors: {}", left_out.join(", "));
    }
    tests.env("COLLECTORS", collectors::folder()).env("COLLECTORS_THERE", there.join(" "));
    run(tests.env("XTASK", xtask))
}

/// How the name of a file of tests for Node ends.
const TEST: &str = ".test.mjs";

/// Those below `folders`.
fn test_files(folders: &[&str]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in folders {
        let there = root::files_below(&root::path(folder), TEST);
        ensure!(!there.is_empty(), "there is no *{TEST} below {folder}");
        files.extend(there);
    }
    Ok(files)
}

/// Node on the tests below `folders`, with what was built.
fn node_tests(folders: &[&str]) -> Result<Command> {
    node(&test_files(folders)?)
}

fn node(files: &[PathBuf]) -> Result<Command> {
    tools::npm_packages()?;
    ensure!(
        root::path("dist/pagetap.js").is_file(),
        "dist/pagetap.js does not exist: run cargo xtask build first"
    );
    let mut node = program("node");
    node.args(["--test", "--test-reporter=spec"]);
    node.arg(format!("--test-timeout={LONGEST_FILE_MS}"));
    node.arg(format!("--test-concurrency={FILES_AT_ONCE}")).args(files);
    node.env("CHROMIUM", tools::chromium()?);
    Ok(node)
}

fn types() -> Result<()> {
    tools::npm_packages()?;
    let project = root::path("tests/types");
    ensure!(project.is_dir(), "tests/types does not exist: it checks the public TypeScript");
    run(npm_tool("tsc").args(["--strict", "-p"]).arg(project))
}

/// Runs one program and shows how to run it by hand when it fails.
fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command.status().with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown} ({status})");
    }
    Ok(())
}
