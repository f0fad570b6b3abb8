//! The same module twice: as wasm, and as JavaScript for pages whose policy
//! refuses wasm.

use super::generated::file;
use crate::process::{npm_tool, run};
use anyhow::Result;
use std::path::Path;

/// What the compiler may use; see the flags it gets.
const FEATURES: [&str; 5] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
];

/// target/gen/NAME.wasm: the wasm encoding.
pub(super) fn optimise(compiled: &Path, name: &str) -> Result<()> {
    let mut tool = npm_tool("wasm-opt");
    tool.arg(compiled).args(FEATURES);
    tool.args(["--strip-debug", "--strip-producers", "--strip-target-features"]);
    // True of this module: the stack ends at address 0 and never gets there, and
    // memory starts as zeros.
    tool.args(["--low-memory-unused", "--zero-filled-memory"]);
    tool.args(["--flatten", "--rereloop", "-Oz", "-Oz", "--converge"]);
    // What belongs together is alike, and compresses better side by side.
    tool.args(["--reorder-functions-by-name", "-o"]);
    run(tool.arg(file(&format!("{name}.wasm"))))
}

/// target/gen/NAME.js: the JavaScript encoding. What wasm2js does not know is
/// lowered first.
pub(super) fn translate(compiled: &Path, name: &str) -> Result<()> {
    let lowered = file("lowered.wasm");
    let mut tool = npm_tool("wasm-opt");
    tool.arg(compiled).args(FEATURES);
    tool.args(["--signext-lowering", "--llvm-nontrapping-fptoint-lowering", "-Oz", "-o"]);
    run(tool.arg(&lowered))?;
    let mut tool = npm_tool("wasm2js");
    tool.arg(&lowered).args(["--enable-bulk-memory", "-Oz", "-o"]);
    run(tool.arg(file(&format!("{name}.js"))))
}
