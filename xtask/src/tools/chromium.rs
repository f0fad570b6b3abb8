//! A Chromium to test in: the one that is named, the one that is there, or the
//! system's package.

use crate::process::{command, find_on_path, output, run};
use crate::steps;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

const VARIABLES: [&str; 2] = ["CHROMIUM", "CHROME_PATH"];
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC_APPS: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// The browser's program.
pub(crate) fn chromium() -> Result<PathBuf> {
    for variable in VARIABLES {
        let Some(named) = std::env::var_os(variable).filter(|value| !value.is_empty()) else {
            continue;
        };
        let named = PathBuf::from(named);
        if named.is_file() {
            return Ok(named);
        }
        bail!("{variable} names {}, which is no file", named.display());
    }
    if let Some(found) = installed() {
        return Ok(found);
    }
    if install()?
        && let Some(found) = installed()
    {
        return Ok(found);
    }
    bail!(
        "no Chromium or Chrome was found: install one (Debian: apt-get install chromium; macOS: \
         brew install --cask chromium), or set {} to its program",
        VARIABLES[0]
    )
}

fn installed() -> Option<PathBuf> {
    let mac_app = || MAC_APPS.iter().map(Path::new).find(|app| app.is_file());
    find_on_path(&NAMES).or_else(|| mac_app().map(Path::to_path_buf))
}

/// Installs the system's package where that needs no question to anybody;
/// whether it did.
fn install() -> Result<bool> {
    if find_on_path(&["apt-get"]).is_none() {
        return Ok(false);
    }
    let root = output(command("id").arg("-u")).is_some_and(|id| id == "0");
    let prefix: &[&str] = if root {
        &[]
    } else if output(command("sudo").args(["-n", "true"])).is_some() {
        &["sudo", "-n"]
    } else {
        return Ok(false);
    };
    steps::note("no Chromium here: installing the system's package with apt-get");
    let apt = |words: &[&str]| {
        let all: Vec<&str> = prefix.iter().chain(&["apt-get"]).chain(words).copied().collect();
        let (program, words) = all.split_first().unwrap_or((&"apt-get", &[]));
        let mut command = command(program);
        command.args(words).env("DEBIAN_FRONTEND", "noninteractive");
        run(&mut command)
    };
    apt(&["update", "-q"])?;
    apt(&["install", "-y", "-q", "chromium"])?;
    Ok(true)
}
