//! dist/extension-chrome/ and dist/extension-firefox/, and a zip of each.

use super::bundle::{Form, bundle};
use super::{generated, icons, read_text, zip};
use crate::root;
use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The browsers, as the manifest's template names them.
const BROWSERS: [&str; 2] = ["chrome", "firefox"];

/// What is bundled, and what it becomes.
const SCRIPTS: [(&str, &str); 6] = [
    ("content/main.js", "content/main.js"),
    ("content/core.js", "content/core.js"),
    ("content/bridge.js", "content/bridge.js"),
    ("content/again.js", "content/again.js"),
    ("background/main.js", "background.js"),
    ("pages/options/trial.js", "pages/options/trial.js"),
];

/// What is copied as it is, but for scripts and styles in `pages`: those are bundled.
const FOLDERS: [&str; 3] = ["pages", "_locales", "icons"];

/// The exporter, for the background alone: no page of a site carries it.
const EXPORTER: &str = "pagetap-export.wasm";

/// Packages whose code is in the bundles: their licences go with it.
const OTHERS: [&str; 3] = ["@noble/ciphers", "ret", "safe-regex2"];

/// Writes both anew.
pub(super) fn write() -> Result<()> {
    let (first, others) = BROWSERS.split_first().context("no browser")?;
    let out = folder(first);
    clear(&out)?;
    let template = read_text(&root::path("extension/manifest.json"))?;
    for (from, to) in SCRIPTS {
        let entry = root::existing(&format!("extension/{from}"), "a script of the extension")?;
        bundle(&entry, &out.join(to), Form::Script)?;
    }
    for name in FOLDERS {
        copy_folder(name, &out)?;
    }
    super::write(&out.join(EXPORTER), std::fs::read(generated::file("export.wasm"))?)?;
    icons::draw(&manifest(&template, first)?, &out)?;
    super::write(&out.join("third-party.txt"), licences()?)?;
    for browser in others {
        clear(&folder(browser))?;
        for file in root::files_below(&out, "") {
            let to = folder(browser).join(file.strip_prefix(&out)?);
            super::write(&to, std::fs::read(&file)?)?;
        }
    }
    for browser in BROWSERS {
        let manifest = manifest(&template, browser)?;
        super::write(&folder(browser).join("manifest.json"), format!("{manifest:#}\n"))?;
        pack(browser)?;
    }
    Ok(())
}

fn licences() -> Result<String> {
    let mut all = String::new();
    for package in OTHERS {
        let text = read_text(&root::path(&format!("node_modules/{package}/LICENSE")))?;
        all += &format!("{package}\n\n{}\n\n", text.trim());
    }
    Ok(all)
}

fn folder(browser: &str) -> PathBuf {
    root::path("dist").join(format!("extension-{browser}"))
}

fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    Ok(())
}

/// A page's script has the page's name; what it, or a style sheet, imports is part of it.
fn copy_folder(name: &str, out: &Path) -> Result<()> {
    let extension = root::path("extension");
    for file in root::files_below(&extension.join(name), "") {
        let to = out.join(file.strip_prefix(&extension)?);
        let page = file.with_extension("html").is_file();
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("js") if page => bundle(&file, &to, Form::Script)?,
            Some("js") => {}
            Some("css") => bundle(&file, &to, Form::Script)?,
            _ => super::write(&to, std::fs::read(&file)?)?,
        }
    }
    Ok(())
}

/// The template's part for all browsers and that for this one, with the
/// workspace's version.
fn manifest(template: &str, browser: &str) -> Result<Value> {
    let template: Map<String, Value> =
        serde_json::from_str(template).context("extension/manifest.json")?;
    let mut manifest = Map::new();
    for part in ["both", browser] {
        let of_browser = template.get(part).and_then(Value::as_object);
        let of_browser =
            of_browser.with_context(|| format!("extension/manifest.json has no part {part}"))?;
        manifest.extend(of_browser.clone());
    }
    manifest.insert("version".to_owned(), generated::VERSION.into());
    Ok(Value::Object(manifest))
}

/// The bytes of the zips.
pub(super) fn zips() -> Result<Vec<Vec<u8>>> {
    let read = |browser| std::fs::read(zip_of(browser)).context("a zip of the extension");
    BROWSERS.into_iter().map(read).collect()
}

fn zip_of(browser: &str) -> PathBuf {
    root::path("dist").join(format!("extension-{browser}.zip"))
}

/// dist/extension-BROWSER.zip.
fn pack(browser: &str) -> Result<()> {
    let folder = folder(browser);
    let mut files = Vec::new();
    for file in root::files_below(&folder, "") {
        let name = file.strip_prefix(&folder)?.to_string_lossy().replace('\\', "/");
        files.push((name, std::fs::read(&file)?));
    }
    let zip = zip::archive(files)?;
    super::write(&zip_of(browser), zip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_has_what_is_for_its_browser_and_the_version() {
        let template = r#"{"both":{"a":1},"chrome":{"c":2},"firefox":{"f":3}}"#;
        let manifest = manifest(template, "chrome").unwrap();
        assert_eq!(manifest, serde_json::json!({"a": 1, "c": 2, "version": generated::VERSION}));
    }

    #[test]
    fn a_template_without_a_browser_is_refused() {
        assert!(manifest(r#"{"both":{}}"#, "chrome").is_err());
    }
}
