//! Browsers to test in: the one that is named, the one that is there, or the
//! system's package.

use super::debian;
use crate::process::find_on_path;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// Where one may be, and where it comes from.
struct Browser {
    /// As a message calls it.
    what: &'static str,
    /// Environment variables that name its program.
    variables: &'static [&'static str],
    /// Its programs on the PATH.
    names: &'static [&'static str],
    /// Its programs on macOS.
    mac_apps: &'static [&'static str],
    /// Debian's package.
    package: &'static str,
    /// Homebrew's.
    cask: &'static str,
}

const CHROMIUM: Browser = Browser {
    what: "Chromium or Chrome",
    variables: &["CHROMIUM", "CHROME_PATH"],
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    mac_apps: &[
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
    package: "chromium",
    cask: "chromium",
};

const FIREFOX: Browser = Browser {
    what: "Firefox",
    variables: &["FIREFOX"],
    names: &["firefox", "firefox-esr"],
    mac_apps: &["/Applications/Firefox.app/Contents/MacOS/firefox"],
    package: "firefox-esr",
    cask: "firefox",
};

/// A Chromium's program.
pub(crate) fn chromium() -> Result<PathBuf> {
    CHROMIUM.find()
}

/// A Firefox's program.
pub(crate) fn firefox() -> Result<PathBuf> {
    FIREFOX.find()
}

impl Browser {
    fn find(&self) -> Result<PathBuf> {
        for variable in self.variables {
            let Some(named) = std::env::var_os(variable).filter(|value| !value.is_empty()) else {
                continue;
            };
            let named = PathBuf::from(named);
            if named.is_file() {
                return Ok(named);
            }
            bail!("{variable} names {}, which is no file", named.display());
        }
        if let Some(found) = self.installed() {
            return Ok(found);
        }
        if debian::install(self.what, &[self.package])
            && let Some(found) = self.installed()
        {
            return Ok(found);
        }
        bail!(
            "no {} was found: install one (Debian: apt-get install {}; macOS: brew install --cask \
             {}), or set {} to its program",
            self.what,
            self.package,
            self.cask,
            self.variables.first().unwrap_or(&"PATH")
        )
    }

    fn installed(&self) -> Option<PathBuf> {
        let mac_app = || self.mac_apps.iter().map(Path::new).find(|app| app.is_file());
        find_on_path(self.names).or_else(|| mac_app().map(Path::to_path_buf))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_package_brings_is_a_name_that_is_looked_for() {
        for browser in [CHROMIUM, FIREFOX] {
            assert!(browser.names.contains(&browser.package), "{}", browser.what);
        }
    }
}
