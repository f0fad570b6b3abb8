//! dist/bookmarklet.txt and dist/bookmarklet-full.txt: the tap as one address.

use super::bundle::{Form, bundle};
use super::{generated, read_text};
use crate::process::{npm_tool, run};
use crate::root;
use anyhow::{Result, ensure};

/// Browsers differ; this much all of them keep in a bookmark.
const LIMIT: usize = 65_536;

/// This much those that are made of Chromium.
const CHROMIUM_LIMIT: usize = 2 << 20;

/// Properties that get a shorter name here. Only those that stay between our own modules: nothing
/// that a page, a consumer, the core or another copy of pagetap may name belongs in this list, and
/// nothing that our modules use of the platform.
const OWN: &str = "\
    afterwards arming begin bodyPending branches changed contentType conversation convert \
    converter copied core covered deliver drop dropped emit errors exchange exporting fail \
    failed field fields flush forget found guard handler headersOf height holder hookNames \
    input jumps keeps lastError later leave left listener lists live lost matcher meet names \
    noticeCodes onAbort onFailure original output over params patch protocol proxy rawKinds readBody reader realm \
    release report result retryAfter setter settings shown stopped stream subscribers take \
    tell ticket tickets touched unsigned view waiting";

/// Bundles both bookmarklets and writes them as addresses.
pub(super) fn write() -> Result<()> {
    small()?;
    full()
}

/// The one with everything.
fn full() -> Result<()> {
    let entry = root::existing("bookmarklet/full.js", "the full bookmarklet's entry")?;
    let script = generated::file("bookmarklet_full.js");
    bundle(&entry, &script, Form::Script)?;
    let address = address(&read_text(&script)?, CHROMIUM_LIMIT)?;
    super::write(&root::path("dist/bookmarklet-full.txt"), address)
}

/// The one that every browser can keep.
fn small() -> Result<()> {
    let entry = root::existing("bookmarklet/main.js", "the bookmarklet's entry")?;
    let script = generated::file("bookmarklet.js");
    let bundled = generated::file("bookmarklet_plain.js");
    bundle(&entry, &bundled, Form::PlainScript)?;
    // Here every character counts, and terser leaves fewer than esbuild does.
    let mut terser = npm_tool("terser");
    terser.arg(&bundled).args([
        "--ecma",
        "2022",
        "--compress",
        // Whatever a getter does is done for what it gives.
        "passes=4,hoist_funs=true,pure_getters=true,unsafe_arrows=true,unsafe_undefined=true",
    ]);
    // A parameter that nobody gives: one character in place of each `void 0`.
    terser.args(["--enclose", "undefined"]);
    // src/web/quick.js
    terser.args(["--define", "WITHOUT_ROOM=true"]);
    terser.arg("--mangle").arg("--mangle-props");
    terser.arg(format!("builtins,regex=/^({})$/", OWN.replace(' ', "|")));
    run(terser.args(["--format", "ascii_only=true", "--output"]).arg(&script))?;
    let address = address(&read_text(&script)?, LIMIT)?;
    super::write(&root::path("dist/bookmarklet.txt"), address)
}

/// The address that runs `script`. `%` starts an escape, `#` and `?` end the path
/// (behind them browsers would rewrite quotes and angle brackets), line ends and
/// tabs get dropped: those are escaped. All else stands as it is, also a blank: the
/// URL Standard keeps it in such an address (4.4, opaque path state) if it is not
/// the last character. Of several in a row one never knows who makes them one.
fn address(script: &str, limit: usize) -> Result<String> {
    let mut address = String::from("javascript:");
    for character in script.trim().chars() {
        ensure!(character.is_ascii(), "the bookmarklet's script is not ASCII: {character:?}");
        match character {
            ' ' if !address.ends_with(' ') => address.push(' '),
            '%' | '#' | '?' | '\0'..=' ' | '\x7f' => {
                address.push_str(&format!("%{:02X}", u32::from(character)));
            }
            _ => address.push(character),
        }
    }
    // Should some browser write `%20` all the same, it still keeps it.
    let length = address.len() + 2 * address.matches(' ').count();
    ensure!(
        length <= limit,
        "the bookmarklet has {length} characters; browsers keep {limit}: make it {} smaller",
        length.saturating_sub(limit)
    );
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_would_rewrite_is_escaped() {
        let escaped = address("(()=>{var a = b?'#%':'  ';\n\treturn})();\n", LIMIT).unwrap();
        assert_eq!(escaped, "javascript:(()=>{var a = b%3F'%23%25':' %20';%0A%09return})();");
    }

    #[test]
    fn an_address_that_is_too_long_or_not_ascii_is_refused() {
        let fits = "x".repeat(LIMIT - "javascript:".len());
        assert_eq!(address(&fits, LIMIT).unwrap().len(), LIMIT);
        let error = address(&format!("{fits}xx"), LIMIT).unwrap_err();
        assert!(error.to_string().contains("2 smaller"), "{error}");
        assert!(address("'é'", LIMIT).is_err());
    }
}
