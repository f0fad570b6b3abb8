//! dist/npm/: the package as it is published.

use super::bundle::{Form, bundle};
use super::{generated, read_text};
use crate::root;
use anyhow::{Context, Result};
use serde_json::Value;

const LICENSES: [&str; 3] = ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT"];

/// Writes the package.
pub(super) fn write() -> Result<()> {
    let entry = root::existing("npm/index.js", "the entry of the npm package's ES module")?;
    bundle(&entry, &root::path("dist/npm/index.js"), Form::Module)?;
    // Beside it, loaded only where the page refuses WebAssembly.
    for (module, name) in [("core_js.js", "pagetap-core.js"), ("export_js.js", "pagetap-export.js")]
    {
        let out = root::path("dist/npm").join(name);
        bundle(&generated::file(module), &out, Form::MinifiedModule)?;
    }
    let types = root::existing("src/web/types.d.ts", "the public TypeScript, written by hand")?;
    super::write(&root::path("dist/npm/pagetap.d.ts"), read_text(&types)?)?;
    for (module, name) in [("pagetap.wasm", "pagetap.wasm"), ("export.wasm", "pagetap-export.wasm")]
    {
        let wasm = std::fs::read(generated::file(module))?;
        super::write(&root::path("dist/npm").join(name), wasm)?;
    }
    let readme = root::existing("npm/README.md", "what the package's page says")?;
    super::write(&root::path("dist/npm/README.md"), read_text(&readme)?)?;
    for name in LICENSES {
        let license = root::existing(name, "a licence, which goes with the package")?;
        super::write(&root::path("dist/npm").join(name), read_text(&license)?)?;
    }
    let manifest = root::existing("npm/package.json", "the npm package's manifest")?;
    let manifest = with_version(&read_text(&manifest)?).context("npm/package.json")?;
    super::write(&root::path("dist/npm/package.json"), manifest)
}

/// The manifest with the workspace's version, whatever version it has.
fn with_version(manifest: &str) -> Result<String> {
    let mut manifest: Value = serde_json::from_str(manifest)?;
    let object = manifest.as_object_mut().context("it is no object")?;
    object.insert("version".to_owned(), generated::VERSION.into());
    Ok(format!("{:#}\n", manifest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_workspaces_and_the_order_stays() {
        let written =
            with_version(r#"{"name":"pagetap","version":"0.0.0","type":"module"}"#).unwrap();
        let keys = ["name", "version", "type"].map(|key| written.find(key).unwrap());
        assert!(keys.is_sorted(), "{written}");
        assert!(written.contains(&format!("\"version\": \"{}\"", generated::VERSION)));
        assert!(with_version("[]").is_err());
    }
}
