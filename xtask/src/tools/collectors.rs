//! Collectors that others made, for the tests: each in a folder of its own below
//! target/collectors, installed once.

use super::debian;
use crate::process::{command, find_on_path, output, run};
use crate::{root, steps};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder and what is in it, in the words of the installer.
pub(crate) struct Installed {
    name: &'static str,
    from: From,
    packages: &'static [&'static str],
    /// A program of it that the system may lack a library for, and Debian's package of that.
    needs: Option<(&'static str, &'static str)>,
}

#[derive(Clone, Copy)]
enum From {
    /// A virtual environment of Python.
    Pypi,
    /// A folder with node_modules.
    Npm,
}

/// Python's version that all of these have wheels for.
const PYTHON: &str = "3.11";

/// Few megabytes, in seconds: for every run.
pub(crate) const SMALL: [Installed; 2] = [
    Installed {
        name: "rotel",
        from: From::Pypi,
        packages: &["rotel==0.0.1a15"],
        needs: Some(("lib/python3.11/site-packages/rotel/rotel-agent", "libpython3.11")),
    },
    // Its types are wanted, not the program that its optional packages hold.
    Installed {
        name: "agent-sdk",
        from: From::Npm,
        packages: &[
            "--omit=optional",
            "--legacy-peer-deps",
            "--ignore-scripts",
            "@anthropic-ai/claude-agent-sdk@0.3.332",
        ],
        needs: None,
    },
];

/// Almost 3 GB, in minutes.
pub(crate) const LARGE: [Installed; 7] = [
    Installed {
        name: "kafka",
        from: From::Pypi,
        packages: &["confluent-kafka==2.16.1"],
        needs: None,
    },
    Installed { name: "chdb", from: From::Pypi, packages: &["chdb==4.4.0"], needs: None },
    Installed { name: "mlflow", from: From::Pypi, packages: &["mlflow==3.17.2"], needs: None },
    Installed {
        name: "phoenix",
        from: From::Pypi,
        packages: &["arize-phoenix==20.26.1"],
        needs: None,
    },
    Installed {
        name: "agent-recorder",
        from: From::Npm,
        packages: &["agent-recorder@2.0.14"],
        needs: None,
    },
    Installed { name: "agentdeck", from: From::Npm, packages: &["agentdeck@0.4.2"], needs: None },
    Installed {
        name: "nats",
        from: From::Npm,
        packages: &["@nats-io/nats-core@3.4.0", "@nats-io/jetstream@3.4.0"],
        needs: None,
    },
];

/// Where all of them are.
pub(crate) fn folder() -> PathBuf {
    root::path("target/collectors")
}

impl Installed {
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Installs it, unless it is there, in these versions.
    pub(crate) fn ensure(&self) -> Result<()> {
        let folder = folder().join(self.name);
        let mark = folder.join("installed.txt");
        let wanted = self.packages.join("\n");
        if std::fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
            return Ok(());
        }
        steps::note(&format!("installing {} into target/collectors", self.packages.join(" ")));
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let what = || format!("{} could not be installed", self.name);
        match self.from {
            From::Pypi => pip(&folder, self.packages).with_context(what)?,
            From::Npm => npm(&folder, self.packages).with_context(what)?,
        }
        if let Some((program, package)) = self.needs {
            let runs = || output(Command::new(folder.join(program)).arg("--version")).is_some();
            ensure!(
                runs() || debian::install(package, &[package]) && runs(),
                "{} does not run here; Debian 12: apt-get install {package}",
                self.name
            );
        }
        std::fs::write(mark, wanted)?;
        Ok(())
    }
}

fn pip(folder: &Path, packages: &[&str]) -> Result<()> {
    run(Command::new(python()?).args(["-m", "venv"]).arg(folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(folder.join("bin/python")).args(pip).args(packages))
}

fn npm(folder: &Path, packages: &[&str]) -> Result<()> {
    // Without it npm would look for one in the folders above, and find ours.
    std::fs::write(folder.join("package.json"), "{\"private\":true}\n")?;
    let install = ["install", "--no-audit", "--no-fund", "--loglevel=error"];
    run(Command::new("npm").current_dir(folder).args(install).args(packages))
}

/// A Python of that version that can make virtual environments.
fn python() -> Result<PathBuf> {
    let names = ["python3.11", "python3", "python"];
    let find = || {
        let found = names.iter().filter_map(|name| find_on_path(&[name]));
        found.into_iter().find(|program| is_wanted(program))
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    let packages = ["python3.11", "python3.11-venv", "libpython3.11"];
    let found = debian::install("Python 3.11 with venv", &packages).then(find).flatten();
    found.with_context(|| {
        format!("no Python {PYTHON} with venv is here; Debian 12: apt-get install python3.11-venv")
    })
}

fn is_wanted(python: &Path) -> bool {
    let print = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
    output(command(python).args(["-c", print])).is_some_and(|version| version == PYTHON)
}

/// Debian's nats-server.
pub(crate) fn nats_server() -> Result<PathBuf> {
    let find = || {
        let in_sbin = PathBuf::from("/usr/sbin/nats-server");
        find_on_path(&["nats-server"]).or_else(|| in_sbin.is_file().then_some(in_sbin))
    };
    if find().is_none() {
        debian::install("nats-server", &["nats-server"]);
    }
    let found = find();
    ensure!(found.is_some(), "no nats-server is here; Debian: apt-get install nats-server");
    found.context("it was found")
}
