//! `cargo xtask bounds`: what the tap takes of a page's memory and time, as the browser
//! measures it.

use crate::process::command as program;
use crate::{root, tools};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::process::{ExitCode, Stdio};

/// Measure what the tap holds: of one very long stream, of many at once, over a week
///
/// Opens pages in Chromium, plain and with the tap, both of its layers heard, and has them
/// read answers that a server makes as it sends them. Memory is what
/// performance.measureUserAgentSpecificMemory() says, WebAssembly's included, measured all
/// the time; processor time is that of the page's process. It fails if a tapped page has
/// more than its limit above the plain one. Needs what cargo xtask build makes.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// How long the one stream is
    #[arg(long, value_name = "MB", default_value_t = 1024)]
    megabytes: u32,
    /// How many are open at once
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1024))]
    streams: u32,
    /// How long the page is open, by its own clock: a turn every two minutes
    #[arg(long, value_name = "N", default_value_t = 7)]
    days: u32,
}

const EXAMPLES: &str = "Examples:
  cargo xtask bounds
  cargo xtask bounds --megabytes 64 --streams 100 --days 1";

const MB: f64 = 1e6;
/// What a tapped page may have above a plain one (bytes): the text of one message (16 MiB), what
/// waits for the core (8 MiB), the batch that is read, and as much again for what was let go of.
const LIMIT: f64 = 64.0 * MB;
/// What a day may add to a week's second half (bytes), on average.
const DAY_LIMIT: f64 = 0.25 * MB;

/// Measures, prints, judges.
pub(crate) fn command(arguments: &Arguments) -> Result<ExitCode> {
    let chromium = tools::chromium()?;
    tools::npm_packages()?;
    root::existing("dist/pagetap.js", "what cargo xtask build makes")?;
    let mut node = program("node");
    node.arg(root::path("xtask/js/bounds/measure.mjs")).arg(chromium);
    for number in [arguments.megabytes, arguments.streams, arguments.days] {
        node.arg(number.to_string());
    }
    let output = node.stderr(Stdio::inherit()).output().context("cannot start node")?;
    ensure!(output.status.success(), "the pages could not be driven");
    let found: Found = serde_json::from_slice(&output.stdout)?;
    print!("{}", found.report(arguments));
    let faults = found.faults();
    for fault in &faults {
        eprintln!("{fault}");
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The same of a plain page and a tapped one.
#[derive(Deserialize)]
struct Both<T> {
    plain: T,
    tapped: T,
}

#[derive(Deserialize)]
struct Found {
    one: Both<One>,
    many: Both<Many>,
    week: Both<Week>,
}

/// One long stream; memory in bytes.
#[derive(Deserialize)]
struct One {
    seconds: f64,
    cpu: f64,
    most: f64,
    after: f64,
    told: Told,
}

/// Many at once.
#[derive(Deserialize)]
struct Many {
    held: f64,
    most: f64,
    after: f64,
    told: Told,
}

/// At the beginning, and after each day.
#[derive(Deserialize)]
struct Week {
    days: Vec<f64>,
    told: Told,
}

/// What the tap told.
#[derive(Deserialize)]
struct Told {
    raw: u64,
    hooks: u64,
    /// None in a plain page.
    stats: Option<Stats>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    failure: Option<String>,
    dropped_bytes: u64,
}

impl Found {
    fn report(&self, asked: &Arguments) -> String {
        let Found { one, many, week } = self;
        let mb = |bytes: f64| format!("{:.1} MB", bytes / MB);
        let rate = |one: &One| f64::from(asked.megabytes) / one.seconds;
        let last = |week: &Week| mb(week.days.last().copied().unwrap_or_default());
        let first = |week: &Week| mb(week.days.get(1).copied().unwrap_or_default());
        let rows = [
            [format!("one stream of {} MB", asked.megabytes), "plain".into(), "tapped".into()],
            ["  most memory".into(), mb(one.plain.most), mb(one.tapped.most)],
            ["  memory after it".into(), mb(one.plain.after), mb(one.tapped.after)],
            [
                "  processor time".into(),
                format!("{:.1} s", one.plain.cpu),
                format!("{:.1} s", one.tapped.cpu),
            ],
            [
                "  MB a second".into(),
                format!("{:.1}", rate(&one.plain)),
                format!("{:.1}", rate(&one.tapped)),
            ],
            [
                "  events: raw, hooks".into(),
                String::new(),
                format!("{}, {}", one.tapped.told.raw, one.tapped.told.hooks),
            ],
            [format!("{} streams at once", asked.streams), "plain".into(), "tapped".into()],
            ["  memory, all open".into(), mb(many.plain.held), mb(many.tapped.held)],
            ["  most memory".into(), mb(many.plain.most), mb(many.tapped.most)],
            ["  memory after them".into(), mb(many.plain.after), mb(many.tapped.after)],
            [format!("{} days", asked.days), "plain".into(), "tapped".into()],
            ["  memory after the first".into(), first(&week.plain), first(&week.tapped)],
            ["  memory after the last".into(), last(&week.plain), last(&week.tapped)],
        ];
        let lines = rows.map(|[what, plain, tapped]| format!("{what:<28}{plain:>12}{tapped:>20}"));
        lines.join("\n") + "\n"
    }

    /// What is beyond its limit, or was lost.
    fn faults(&self) -> Vec<String> {
        let Found { one, many, week } = self;
        let mut faults = Vec::new();
        let above = [
            ("one stream", one.tapped.most - one.plain.most),
            ("streams at once", many.tapped.most - many.plain.most),
        ];
        for (what, more) in above.into_iter().filter(|(_, more)| *more > LIMIT) {
            faults.push(format!("{what}: {:.0} MB more than plain", more / MB));
        }
        let growth = week.tapped.growth() - week.plain.growth();
        if growth > DAY_LIMIT {
            faults.push(format!("a day adds {:.2} MB", growth / MB));
        }
        for told in [&one.tapped.told, &many.tapped.told, &week.tapped.told] {
            match &told.stats {
                None => faults.push("there was no tap".into()),
                Some(_) if told.raw == 0 || told.hooks == 0 => {
                    faults.push("nothing was told".into())
                }
                Some(Stats { failure: Some(why), .. }) => faults.push(format!("it broke: {why}")),
                Some(Stats { dropped_bytes, .. }) if *dropped_bytes > 0 => {
                    faults.push(format!("{dropped_bytes} bytes were dropped"));
                }
                Some(_) => {}
            }
        }
        faults
    }
}

impl Week {
    /// What a day of its second half adds (bytes).
    fn growth(&self) -> f64 {
        let half = self.days.len() / 2;
        match (self.days.get(half), self.days.last()) {
            (Some(middle), Some(last)) if half + 1 < self.days.len() => {
                (last - middle) / (self.days.len() - 1 - half) as f64
            }
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(most: u64, failure: &str, days: &[u64]) -> Found {
        let told = |failure: &str| {
            format!(r#"{{"raw":1,"hooks":1,"stats":{{"failure":{failure},"droppedBytes":0}}}}"#)
        };
        let one = |most: u64| {
            let told = told(failure);
            format!(r#"{{"seconds":1,"cpu":1,"most":{most},"after":1,"held":1,"told":{told}}}"#)
        };
        let week = |days: &[u64]| format!(r#"{{"days":{days:?},"told":{}}}"#, told("null"));
        let both =
            |plain: String, tapped: String| format!(r#"{{"plain":{plain},"tapped":{tapped}}}"#);
        let text = format!(
            r#"{{"one":{},"many":{},"week":{}}}"#,
            both(one(0), one(most)),
            both(one(0), one(0)),
            both(week(&[1, 1, 1, 1]), week(days)),
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_is_beyond_its_limit_is_said() {
        assert!(found(1, "null", &[1, 1, 1, 1]).faults().is_empty());
        assert_eq!(found(70_000_000, "null", &[]).faults(), ["one stream: 70 MB more than plain"]);
        let leaking = found(1, "null", &[0, 9_000_000, 9_000_000, 11_000_000]);
        assert_eq!(leaking.faults(), ["a day adds 2.00 MB"]);
        let mut deaf = found(1, "null", &[1, 1, 1, 1]);
        deaf.week.tapped.told.hooks = 0;
        assert_eq!(deaf.faults(), ["nothing was told"]);
        assert!(found(1, "\"trap\"", &[]).faults().contains(&"it broke: trap".to_owned()));
    }
}
