//! Recorded turns of the pipes that carry JSON messages: a file of JSON lines
//! below www/turns, one line a message.
//!
//! A line is `{"at": 1200, "data": {...}}`: the message, and the milliseconds
//! after the prompt at which it came. Beside them can stand
//! - `event`: what kind of event carried it, where the pipe has several;
//! - `asks`: it is a question, and this is the id its answer names;
//! - `when`: it came only because that question was answered so;
//! - `first`: it comes in a session's first turn only.
//!
//! Recorded ids hold `{{n}}`, so that a turn that is played again is not the
//! same turn again; other placeholders stand for what the page says.

use super::about;
use crate::root;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

/// One recorded turn.
pub(super) struct Recording {
    /// Its file's name without the ending.
    pub(super) name: String,
    /// Its messages, in order.
    pub(super) steps: Vec<Step>,
    text: String,
}

/// One message of it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// Milliseconds after the prompt.
    pub(super) at: f64,
    pub(super) event: Option<String>,
    pub(super) asks: Option<String>,
    pub(super) when: Option<String>,
    #[serde(default)]
    pub(super) first: bool,
    pub(super) data: Value,
}

impl Step {
    /// The same step with placeholders filled: `("prompt", "hi")` fills
    /// `{{prompt}}`.
    pub(super) fn filled(mut self, values: &[(&str, &str)]) -> Step {
        fill(&mut self.data, values);
        self.asks = self.asks.map(|asks| replaced(&asks, values));
        self
    }
}

fn fill(value: &mut Value, values: &[(&str, &str)]) {
    match value {
        Value::String(text) if text.contains("{{") => *text = replaced(text, values),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, values)),
        Value::Object(fields) => fields.values_mut().for_each(|field| fill(field, values)),
        _ => {}
    }
}

fn replaced(text: &str, values: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{{{name}}}}}"), value);
    }
    text
}

impl Recording {
    fn read(name: String, text: &str) -> Result<Recording> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let steps = lines.map(|(at, line)| {
            serde_json::from_str(line).with_context(|| format!("line {} of {name}", at + 1))
        });
        let steps: Vec<Step> = steps.collect::<Result<_>>()?;
        ensure!(steps.is_sorted_by_key(|step| step.at), "{name}: its times run backwards");
        Ok(Recording { name, steps, text: text.to_owned() })
    }
}

/// All recordings of one folder below www/turns, by name.
pub(super) fn read_all(folder: &str) -> Result<Vec<Recording>> {
    let mut recordings = Vec::new();
    for file in root::files_below(&root::path("www/turns").join(folder), ".jsonl") {
        let text = std::fs::read_to_string(&file);
        let text = text.with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        recordings.push(Recording::read(name, &text)?);
    }
    ensure!(!recordings.is_empty(), "www/turns/{folder} holds no *.jsonl file to play");
    Ok(recordings)
}

/// The recording a prompt names or is about; none when it is about something
/// else.
pub(super) fn asked_for<'r>(prompt: &str, recordings: &'r [Recording]) -> Option<&'r Recording> {
    about::best(prompt, recordings, |recording| (&recording.name, &recording.text))
}

/// The same, or else the next in line.
pub(super) fn chosen<'r>(
    prompt: &str,
    recordings: &'r [Recording],
    nth: u32,
) -> Option<&'r Recording> {
    let next = || recordings.get(nth as usize % recordings.len().max(1));
    asked_for(prompt, recordings).or_else(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_wherever_text_stands() {
        let line =
            r#"{"at":0,"asks":"req_{{n}}","data":{"a":["{{prompt}} {{prompt}}",{"b":"{{x}}"}]}}"#;
        let recording = Recording::read("one".to_owned(), line).unwrap();
        let step = recording.steps[0].clone().filled(&[("n", "07"), ("prompt", "say \"hi\"")]);
        assert_eq!(step.asks.as_deref(), Some("req_07"));
        let expected = serde_json::json!({"a": ["say \"hi\" say \"hi\"", {"b": "{{x}}"}]});
        assert_eq!(step.data, expected);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = |text| format!("{:#}", Recording::read("one".to_owned(), text).err().unwrap());
        assert!(error("{\"at\":0,\"data\":1}\n{\"at\":0}").contains("line 2 of one"));
        assert!(error("{\"at\":0,\"data\":1,\"wenn\":\"deny\"}").contains("wenn"));
        assert!(error("{\"at\":2,\"data\":1}\n{\"at\":1,\"data\":1}").contains("backwards"));
    }
}
