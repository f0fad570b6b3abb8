//! dist/www/: the demonstration's pages, the bookmarklet's install page, and the
//! tap itself beside them.

use super::bundle::{Form, bundle};
use super::read_text;
use crate::root;
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// What stands in a page for each address.
const SMALL: (&str, &str) = ("__BOOKMARKLET__", "dist/bookmarklet.txt");
const FULL: (&str, &str) = ("__BOOKMARKLET_FULL__", "dist/bookmarklet-full.txt");

/// What stands in a page for the live list.
const LIVE: (&str, &str) = ("__LIVE__", "www/live/live.html");

/// Pages that one drags bookmarklets from, and which.
type WithBookmarklets = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
const WITH_BOOKMARKLETS: [WithBookmarklets; 3] = [
    ("www/index.html", "index.html", &[SMALL]),
    ("www/react/react.html", "react.html", &[SMALL]),
    ("bookmarklet/install.html", "bookmarklet.html", &[SMALL, FULL]),
];

/// The page's own script, and what each is for.
const BUNDLES: [(&str, &str, Form); 2] =
    [("www/main.js", "main.js", Form::Script), ("www/react/main.jsx", "react.js", Form::React)];

/// The ES module as it is published, for the page that installs it itself.
const MODULE: [&str; 3] = ["index.js", "pagetap-core.js", "pagetap.wasm"];

/// Writes the folder anew.
pub(super) fn write() -> Result<()> {
    let out = root::path("dist/www");
    if out.exists() {
        std::fs::remove_dir_all(&out).context("cannot empty dist/www")?;
    }
    copy_page()?;
    for (from, to, form) in BUNDLES {
        let entry = root::existing(from, "the script of a page of the demonstration")?;
        bundle(&entry, &out.join(to), form)?;
    }
    for (from, to, bookmarklets) in WITH_BOOKMARKLETS {
        let page = root::existing(from, "a page that one drags a bookmarklet from")?;
        let (live, list) = (LIVE.0, read_text(&root::path(LIVE.1))?);
        let mut page = read_text(&page)?.replace(live, list.trim_end());
        for (placeholder, built) in bookmarklets {
            let address = read_text(&root::path(built))?;
            page = with_bookmarklet(&page, placeholder, &address).context(from)?;
        }
        super::write(&out.join(to), page)?;
    }
    for file in MODULE {
        copy(&root::path("dist/npm").join(file), &out.join("pagetap").join(file))?;
    }
    copy(&root::path("dist/pagetap.js"), &out.join("pagetap.js"))
}

/// Copies what stands in www/ itself. What is in its folders is bundled, part of
/// a page, or a recorded turn, which the demo server reads itself.
fn copy_page() -> Result<()> {
    let www = root::path("www");
    for file in root::files_below(&www, "").iter().filter(|file| file.parent() == Some(&www)) {
        copy(file, &root::path("dist/www").join(file.strip_prefix(&www)?))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let bytes = std::fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    super::write(to, bytes)
}

/// The page with the address in its link.
fn with_bookmarklet(page: &str, placeholder: &str, address: &str) -> Result<String> {
    ensure!(page.contains(placeholder), "it has no {placeholder} for the address");
    let escaped = address
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    Ok(page.replace(placeholder, &escaped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_stands_escaped_in_the_attribute() {
        let page = with_bookmarklet("<a href=\"HERE\">", "HERE", "javascript:a&&b<\"c\"").unwrap();
        assert_eq!(page, "<a href=\"javascript:a&amp;&amp;b&lt;&quot;c&quot;\">");
        assert!(with_bookmarklet("<a>", "HERE", "").is_err());
    }
}
