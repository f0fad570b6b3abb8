//! A checkout of web-platform-tests.

use crate::process::output;
use crate::tools;
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What has tests, and what serves them.
const NEEDED: [&str; 3] = ["wpt", "resources/testharness.js", "tools/serve/serve.py"];
const HERE: &str = "127.0.0.1";

pub(super) struct Checkout {
    folder: PathBuf,
    python: PathBuf,
}

impl Checkout {
    pub(super) fn open(folder: &Path) -> Result<Checkout> {
        let shown = folder.display();
        let folder =
            folder.canonicalize().with_context(|| format!("there is no folder {shown}"))?;
        for file in NEEDED {
            ensure!(
                folder.join(file).is_file(),
                "{shown} is no checkout of web-platform-tests: it has no {file}"
            );
        }
        Ok(Checkout { folder, python: tools::python()? })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Python, in the checkout.
    pub(super) fn python(&self) -> Command {
        let mut python = Command::new(&self.python);
        python.current_dir(&self.folder);
        python
    }

    /// The names that its server answers to.
    pub(super) fn hosts(&self) -> Result<Vec<String>> {
        let file = output(self.python().args(["wpt", "make-hosts-file", HERE]));
        let hosts = named(&file.context("`./wpt make-hosts-file` fails in the checkout")?);
        if hosts.is_empty() {
            bail!("`./wpt make-hosts-file` names no host");
        }
        Ok(hosts)
    }
}

/// The hosts of a file like /etc/hosts that are at this machine.
fn named(file: &str) -> Vec<String> {
    let lines = file.lines().filter_map(|line| line.split_once(char::is_whitespace));
    lines.filter(|(at, _)| *at == HERE).map(|(_, host)| host.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_must_not_exist_are_left_out() {
        let file = "# Start\n127.0.0.1\tweb-platform.test\n127.0.0.1\twww.web-platform.test\n\
                    0.0.0.0\tnonexistent.web-platform.test\n# End\n";
        assert_eq!(named(file), ["web-platform.test", "www.web-platform.test"]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let why = |path: &str| format!("{:#}", Checkout::open(Path::new(path)).err().unwrap());
        assert!(why("/no/such/folder").starts_with("there is no folder /no/such/folder"));
        let here = env!("CARGO_MANIFEST_DIR");
        assert!(why(here).ends_with("is no checkout of web-platform-tests: it has no wpt"));
    }
}
