//! `cargo xtask bench`: what the tap costs, as ratios within one run.

use crate::process::{command as program, show};
use crate::{build, root, tools};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::process::{ExitCode, Stdio};

/// Measure what the tap costs, as ratios to peers or to the same without it
///
/// Builds first. Prints a table per benchmark and writes all of them to
/// target/bench.json. Figures of different machines or runs do not compare; ratios
/// do, roughly.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Run these benchmarks only, by the names of their files in benches/
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Only see that they run: few and short rounds, and no target is judged
    #[arg(long)]
    quick: bool,
}

const EXAMPLES: &str = "Examples:
  cargo xtask bench
  cargo xtask bench --only dom
  cargo xtask bench --quick";

const ENDING: &str = ".bench.mjs";

/// Runs the benchmarks that were asked for.
pub(crate) fn command(arguments: &Arguments) -> Result<ExitCode> {
    let mut files = root::files_below(&root::path("benches"), ENDING);
    let names: Vec<String> = files.iter().map(|file| name_of(file)).collect();
    for wanted in &arguments.only {
        ensure!(names.contains(wanted), "there is no benchmark {wanted}: {}", names.join(", "));
    }
    files.retain(|file| arguments.only.is_empty() || arguments.only.contains(&name_of(file)));
    let chromium = tools::chromium()?;
    if files.iter().any(|file| name_of(file) == "linear") {
        tools::valgrind()?;
    }
    build::build()?;
    let mut results = Vec::new();
    let mut failed = Vec::new();
    for file in files {
        let mut node = program("node");
        node.arg(&file).env("CHROMIUM", &chromium).stderr(Stdio::inherit());
        if arguments.quick {
            node.env("QUICK", "1");
        }
        let shown = show(&node);
        let output = node.output().with_context(|| format!("cannot start {shown}"))?;
        let result: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{shown} printed no result ({})", output.status))?;
        print(&result);
        results.push(result);
        if !output.status.success() {
            failed.push(shown);
        }
    }
    let path = root::path("target/bench.json");
    std::fs::write(&path, serde_json::to_string_pretty(&results)? + "\n")
        .with_context(|| format!("cannot write {}", path.display()))?;
    println!("all figures: target/bench.json");
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(ExitCode::SUCCESS)
}

fn name_of(file: &std::path::Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(ENDING).to_owned()
}

/// A result as a table: its rows are objects of the same members.
fn print(result: &Value) {
    println!("{}: {}", plain(&result["name"]), plain(&result["about"]));
    let rows = result["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let columns: Vec<&String> =
        rows.first().and_then(Value::as_object).into_iter().flat_map(|row| row.keys()).collect();
    let width = |column: &str| {
        let cells = rows.iter().map(|row| plain(&row[column]).chars().count());
        cells.chain([column.chars().count()]).max().unwrap_or(0)
    };
    let line = |cells: &dyn Fn(&str) -> String| {
        let cells = columns.iter().map(|column| format!("{:<1$}", cells(column), width(column)));
        println!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    };
    line(&|column| column.to_owned());
    for row in rows {
        line(&|column| plain(&row[column]));
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
