//! dist/www/: the demonstration page, the bookmarklet's install page, and the
//! tap itself beside them.

use super::bundle::{Form, bundle};
use super::read_text;
use crate::root;
use anyhow::{Context, Result, ensure};

/// Where a page has the address of a bookmarklet, and where that was written.
const ADDRESSES: [(&str, &str); 2] = [
    ("__BOOKMARKLET__", "dist/bookmarklet.txt"),
    ("__FULL_BOOKMARKLET__", "dist/bookmarklet-full.txt"),
];
const WITH_BOOKMARKLET: [(&str, &str); 2] =
    [("www/index.html", "index.html"), ("bookmarklet/install.html", "bookmarklet.html")];

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
    let addresses: Vec<(&str, String)> = ADDRESSES
        .into_iter()
        .map(|(place, file)| Ok((place, read_text(&root::path(file))?)))
        .collect::<Result<_>>()?;
    for (from, to) in WITH_BOOKMARKLET {
        let page = root::existing(from, "a page that one drags the bookmarklet from")?;
        let page = with_bookmarklets(&read_text(&page)?, &addresses).context(from)?;
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

/// The page with the addresses in its links.
fn with_bookmarklets(page: &str, addresses: &[(&str, String)]) -> Result<String> {
    let mut with = page.to_owned();
    for (place, address) in addresses {
        let escaped = address
            .replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        with = with.replace(place, &escaped);
    }
    ensure!(with != page, "it has no place for the address of a bookmarklet");
    Ok(with)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_stand_escaped_in_the_attributes() {
        let addresses = [
            ("__ONE__", "javascript:a&&b<\"c\"".to_owned()),
            ("__TWO__", "javascript:2".to_owned()),
        ];
        let page =
            with_bookmarklets("<a href=\"__ONE__\"><a href=\"__TWO__\">", &addresses).unwrap();
        let one = "<a href=\"javascript:a&amp;&amp;b&lt;&quot;c&quot;\">";
        assert_eq!(page, format!("{one}<a href=\"javascript:2\">"));
        assert!(with_bookmarklets("<a>", &addresses).is_err());
    }
}
