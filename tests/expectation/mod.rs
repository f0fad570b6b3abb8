//! What a batch of records looks like on paper: one line per event, long texts
//! shortened, so that a person can read and bless it.

use pagetap::event::{Batch, Layer, Value};
use pagetap::hook::Field;
use std::fmt::Write;

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
