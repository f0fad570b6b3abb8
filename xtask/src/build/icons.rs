//! icon.svg in the sizes that the extension's manifest names.

use crate::process::{command, run};
use crate::root;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

/// Draws what `icons` of the manifest names, below `out`.
pub(super) fn draw(manifest: &Value, out: &Path) -> Result<()> {
    let svg = root::existing("extension/icons/icon.svg", "the extension's icon")?;
    let mut node = command("node");
    node.arg(root::path("xtask/js/icons.mjs")).arg(svg);
    for (size, file) in named(manifest)? {
        node.arg(size).arg(out.join(file));
    }
    run(&mut node)
}

/// Sizes and files.
fn named(manifest: &Value) -> Result<Vec<(&str, &str)>> {
    let icons = manifest.get("icons").and_then(Value::as_object);
    let icons = icons.context("the extension's manifest names no icons")?;
    let named = icons.iter().map(|(size, file)| {
        let file = file.as_str().with_context(|| format!("the icon of size {size} is no file"))?;
        Ok((size.as_str(), file))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_icon_of_the_manifest_is_drawn_and_one_that_is_no_file_is_refused() {
        let manifest = json!({"icons": {"16": "a.png", "128": "b.png"}});
        assert_eq!(named(&manifest).unwrap(), [("16", "a.png"), ("128", "b.png")]);
        assert!(named(&json!({"icons": {"16": 1}})).is_err());
        assert!(named(&json!({})).is_err());
    }
}
