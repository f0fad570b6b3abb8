//! What a batch of records looks like on paper: one line per event, long texts
//! shortened, so that a person can read and bless it.

use pagetap::event::{Batch, Layer, Value};
use pagetap::hook::Field;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Texts longer than this are shortened.
const LONGEST: usize = 60;
const KEPT: usize = 40;

/// The hook events and notices of a batch. Numbers that every event has (time,
/// sequence) are left out; what they share stands once, on a `context` line.
pub fn describe(batch: &Batch, out: &mut String) {
    for record in batch.records() {
        let name = match record.layer() {
            Layer::Context => "context".to_owned(),
            Layer::Hook(name) => name.name().to_owned(),
            Layer::Notice(code) => format!("! {}", code.name()),
            _ => continue,
        };
        write!(out, "{name}").unwrap();
        for (field, value) in record.fields().filter(|(field, _)| *field != Field::Seq) {
            let value = match value {
                Value::Null => "null".to_owned(),
                Value::Bool(value) => value.to_string(),
                Value::Int(value) => value.to_string(),
                Value::Number(value) => value.to_string(),
                Value::Text(utf8) => {
                    let text = std::str::from_utf8(utf8).expect("text is UTF-8");
                    json(&serde_json::Value::from(text))
                }
                Value::Json(raw) => match serde_json::from_slice(raw) {
                    Ok(value) => json(&value),
                    Err(_) => format!("(unreadable {})", String::from_utf8_lossy(raw)),
                },
            };
            write!(out, " {}={value}", field.name()).unwrap();
        }
        out.push('\n');
    }
}

/// The same with every quoted text of more than a word reduced to its length and
/// digest: for recordings whose words are not ours to repeat.
pub fn without_texts(described: &str) -> String {
    let mut out = String::new();
    let mut rest = described;
    while let Some(start) = rest.find('"') {
        let (before, quoted) = rest.split_at(start);
        let mut escaped = false;
        let mut end = quoted.len();
        for (at, letter) in quoted.char_indices().skip(1) {
            if letter == '"' && !escaped {
                end = at + 1;
                break;
            }
            escaped = letter == '\\' && !escaped;
        }
        let (text, after) = quoted.split_at(end);
        out.push_str(before);
        let is_word = text.len() <= 34
            && text
                .trim_matches('"')
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-:.".contains(&byte));
        if is_word {
            out.push_str(text);
        } else {
            write!(out, "({} bytes, {:08x})", text.len(), fnv(text)).unwrap();
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// How a stream was cut decides where its context is repeated, so only changes
/// count.
pub fn without_repeated_context(said: &str) -> String {
    let mut last = "";
    let mut out = String::new();
    for line in said.lines() {
        if line.starts_with("context") {
            if line == last {
                continue;
            }
            last = line;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// The first line that differs, for whoever must find out why.
pub fn first_difference(expected: &str, actual: &str) -> String {
    let mut actual_lines = actual.lines();
    for (number, line) in expected.lines().enumerate() {
        let other = actual_lines.next().unwrap_or("(nothing)");
        if line != other {
            return format!("line {}:\n  expected {line}\n  actual   {other}", number + 1);
        }
    }
    format!("more than expected: {}", actual_lines.next().unwrap_or("nothing"))
}

/// Compares with what was blessed, or blesses.
pub fn compare(expected: &Path, actual: &str, name: &str, failures: &mut Vec<String>) {
    if std::env::var_os("PAGETAP_BLESS").is_some() {
        fs::create_dir_all(expected.parent().expect("a folder")).expect("a folder");
        fs::write(expected, actual).expect("the expectation can be written");
        return;
    }
    match fs::read_to_string(expected) {
        Ok(text) if text == actual => {}
        Ok(text) => failures.push(format!("{name}: {}", first_difference(&text, actual))),
        Err(_) => failures.push(format!("{name}: no expectation yet, see --bless")),
    }
}

/// The folders in a folder, by name.
pub fn folders(parent: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(parent)
        .expect("the folder exists")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

/// Of the recordings beside the project, the folders that hold one exchange a file.
pub const EXCHANGES: [&str; 4] = ["api-jsonl", "api-sse", "claude-ai", "requests"];

/// What lies beside the recordings and is not played, and why.
pub const NOT_PLAYED: [(&str, &str); 1] = [("INDEX.md", "says what the others are")];

/// The recordings beside the project.
pub fn captures() -> PathBuf {
    root().join("../shared/captures")
}

/// Every file of that folder, `FOLDER/NAME`; none where there are no recordings.
pub fn files_below(parent: &Path) -> Vec<String> {
    fn walk(folder: &Path, before: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_str().expect("a name in UTF-8");
            let name = format!("{before}{name}");
            match path.is_dir() {
                true => walk(&path, &format!("{name}/"), found),
                false => found.push(name),
            }
        }
    }
    let mut found = Vec::new();
    walk(parent, "", &mut found);
    found.sort();
    found
}

/// The recordings to play.
pub fn recordings() -> Vec<String> {
    let played = |name: &String| NOT_PLAYED.iter().all(|(other, _)| name != other);
    files_below(&captures()).into_iter().filter(played).collect()
}

/// Whether that recording is of one exchange; else it is of a session.
pub fn is_exchange(name: &str) -> bool {
    let folder = name.split('/').next().unwrap_or_default();
    EXCHANGES.contains(&folder)
}

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn json(value: &serde_json::Value) -> String {
    use serde_json::Value as Json;
    match value {
        Json::String(text) if text.chars().count() > LONGEST => {
            let head: String = text.chars().take(KEPT).collect();
            serde_json::to_string(&format!(
                "{head}… ({} characters, {:08x})",
                text.chars().count(),
                fnv(text)
            ))
            .unwrap()
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(json).collect();
            format!("[{}]", items.join(","))
        }
        Json::Object(members) => {
            let mut members: Vec<String> =
                members.iter().map(|(key, value)| format!("{key}:{}", json(value))).collect();
            // Whatever order the library keeps.
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
