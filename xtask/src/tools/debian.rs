//! Packages of a Debian-like system.

use crate::process::{command, find_on_path, output, run};
use crate::steps;

/// Installs packages where that needs no question to anybody; whether it did.
pub(super) fn install(what: &str, packages: &[&str]) -> bool {
    if find_on_path(&["apt-get"]).is_none() {
        return false;
    }
    let root = output(command("id").arg("-u")).is_some_and(|id| id == "0");
    let prefix: &[&str] = if root {
        &[]
    } else if output(command("sudo").args(["-n", "true"])).is_some() {
        &["sudo", "-n"]
    } else {
        return false;
    };
    steps::note(&format!("no {what} here: installing the system's package with apt-get"));
    let apt = |words: &[&str]| {
        let all: Vec<&str> = prefix.iter().chain(&["apt-get"]).chain(words).copied().collect();
        let (program, words) = all.split_first().unwrap_or((&"apt-get", &[]));
        let mut command = command(program);
        command.args(words).env("DEBIAN_FRONTEND", "noninteractive");
        run(&mut command)
    };
    let install: Vec<&str> = ["install", "-y", "-q"].iter().chain(packages).copied().collect();
    // Where there is no such package, the message of who asked says what else helps.
    let done = apt(&["update", "-q"]).and_then(|()| apt(&install));
    if let Err(error) = &done {
        steps::note(&format!("{error:#}"));
    }
    done.is_ok()
}
