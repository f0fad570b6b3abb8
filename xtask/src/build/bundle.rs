//! esbuild, the way every shell is bundled.

use super::generated::{self, MODULES};
use crate::process::{npm_tool, run};
use crate::root;
use anyhow::Result;
use std::path::Path;

/// What a bundle is for.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// An ES module for other people's bundlers: readable.
    Module,
    /// An ES module that nobody reads: small.
    MinifiedModule,
    /// A script that runs where it is put: small.
    Script,
    /// The same for a minifier that has yet to see it.
    PlainScript,
    /// A page of the demonstration that is made with React: small.
    React,
}

/// dist/pagetap.js: one script that installs the tap, both encodings inside.
pub(super) fn classic() -> Result<()> {
    let entry =
        root::existing("npm/classic.js", "the entry of the classic script dist/pagetap.js")?;
    bundle(&entry, &root::path("dist/pagetap.js"), Form::Script)
}

/// Bundles one entry into one file.
pub(super) fn bundle(entry: &Path, out: &Path, form: Form) -> Result<()> {
    let mut esbuild = npm_tool("esbuild");
    esbuild.arg(entry).args([
        "--bundle",
        "--charset=ascii",
        "--legal-comments=none",
        "--log-level=warning",
        "--platform=browser",
        "--target=es2022",
    ]);
    esbuild.args(match form {
        Form::Module => {
            ["--format=esm", "--external:./pagetap-core.js", "--external:./pagetap-export.js"]
                .as_slice()
        }
        Form::MinifiedModule => &["--format=esm", "--minify"],
        Form::PlainScript => &["--format=iife", "--minify-syntax"],
        Form::Script => &["--format=iife", "--minify"],
        Form::React => &[
            "--format=esm",
            "--minify",
            "--jsx=automatic",
            "--define:process.env.NODE_ENV=\"production\"",
            // What is served beside it: the tap is no part of the page.
            "--external:/pagetap/*",
        ],
    });
    for (name, file) in MODULES {
        esbuild.arg(format!("--alias:{name}={}", generated::file(file).display()));
    }
    run(esbuild.arg(format!("--outfile={}", out.display())))
}
