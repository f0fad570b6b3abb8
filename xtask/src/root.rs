//! Where things are in the repository.

use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};

/// A path inside the repository.
pub(crate) fn path(relative: &str) -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).join(relative)
}

/// A file that must be there; `what` says what it is.
pub(crate) fn existing(relative: &str, what: &str) -> Result<PathBuf> {
    let path = path(relative);
    ensure!(path.is_file(), "{relative} does not exist: it is {what}");
    Ok(path)
}

/// All files below a folder whose name ends with `ending`, in order; none when
/// there is no such folder.
pub(crate) fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
