//! Writes what libFuzzer begins with: `fuzz-seeds FOLDER` makes a folder of inputs for
//! each target, and `words.dict`. Each target's name is printed.

#![allow(missing_docs)]

use pagetap_fuzz::{TARGETS, words};
use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("give a folder"))?;
    for target in TARGETS {
        let own = folder.join(target.name);
        fs::create_dir_all(&own)?;
        for (at, seed) in (target.seeds)().iter().enumerate() {
            fs::write(own.join(format!("seed-{at:04}")), seed)?;
        }
        println!("{}", target.name);
    }
    let escaped = |word: &String| {
        let bytes: String = word.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
        format!("\"{bytes}\"\n")
    };
    let lines: String = words::words().iter().map(escaped).collect();
    fs::write(folder.join("words.dict"), lines)
}
