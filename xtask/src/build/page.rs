//! dist/www/: the demonstration page, the bookmarklet's install page, and the
//! tap itself beside them.

use super::bundle::{Form, bundle};
use super::read_text;
use crate::root;
use anyhow::{Context, Result, ensure};

/// What stands in a page for each address.
const SMALL: (&str, &str) = ("__BOOKMARKLET__", "dist/bookmarklet.txt");
const FULL: (&str, &str) = ("__BOOKMARKLET_FULL__", "dist/bookmarklet-full.txt");

/// Pages that one drags bookmarklets from, and which.
type WithBookmarklets = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
const WITH_BOOKMARKLETS: [WithBookmarklets; 2] = [
    ("www/index.html", "index.html", &[SMALL]),
    ("bookmarklet/install.html", "bookmarklet.html", &[SMALL, FULL]),
];

/// Writes the folder anew.
pub(super) fn write() -> Result<()> {
    let out = root::path("dist/www");
    if out.exists() {
        std::fs::remove_dir_all(&out).context("cannot empty dist/www")?;
    }
    copy_page()?;
    let main = root::path("www/main.js");
    if main.is_file() {
        bundle(&main, &out.join("main.js"), Form::Script)?;
    }
    for (from, to, bookmarklets) in WITH_BOOKMARKLETS {
        let page = root::existing(from, "a page that one drags a bookmarklet from")?;
        let mut page = read_text(&page)?;
        for (placeholder, built) in bookmarklets {
            let address = read_text(&root::path(built))?;
            page = with_bookmarklet(&page, placeholder, &address).context(from)?;
        }
        super::write(&out.join(to), page)?;
    }
    let tap =
        std::fs::read(root::path("dist/pagetap.js")).context("cannot read dist/pagetap.js")?;
    super::write(&out.join("pagetap.js"), tap)
}

/// Copies www/ except recorded turns, which the demo server reads itself, and
/// the modules and data in its folders, which are bundled into main.js.
fn copy_page() -> Result<()> {
    let www = root::path("www");
    for file in root::files_below(&www, "") {
        let name = file.strip_prefix(&www)?;
        let is_bundled = name.extension().is_some_and(|ending| ending == "js" || ending == "json");
        if name.starts_with("turns") || is_bundled && name.components().count() > 1 {
            continue;
        }
        let bytes =
            std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        super::write(&root::path("dist/www").join(name), bytes)?;
    }
    Ok(())
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
