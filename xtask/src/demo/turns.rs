//! Recorded turns, and which one answers a prompt.

use super::about;
use super::pacing::{self, Record};
use crate::root;
use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// One recorded response.
pub(super) struct Turn {
    /// Its file's name without the ending.
    pub(super) name: String,
    /// Its records, each with the time it is due.
    pub(super) records: Vec<Record>,
    /// All that it says, in text and in tool calls.
    text: String,
}

impl Turn {
    fn new(name: String, body: &str) -> Turn {
        let records = pacing::schedule(body);
        let text = records.iter().map(|record| said(&record.text)).collect();
        Turn { name, records, text }
    }
}

/// All of www/turns, by name.
pub(super) fn read_all() -> Result<Vec<Turn>> {
    let mut turns = Vec::new();
    for file in root::files_below(&root::path("www/turns"), ".sse") {
        let text = std::fs::read_to_string(&file);
        let text = text.with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        turns.push(Turn::new(name, &text));
    }
    ensure!(!turns.is_empty(), "www/turns holds no *.sse file: the demo has nothing to stream");
    Ok(turns)
}

/// The turn a prompt names or is about; none when it is about something else.
pub(super) fn asked_for<'t>(prompt: &str, turns: &'t [Turn]) -> Option<&'t Turn> {
    about::best(prompt, turns, |turn| (&turn.name, &turn.text))
}

/// A prompt that gets a turn in which a tool is called with input.
pub(super) fn prompt_for_tools(turns: &[Turn]) -> Result<String> {
    let calls_tool = |turn: &&Turn| {
        let has = |what: &str| turn.records.iter().any(|record| record.text.contains(what));
        has("\"tool_use\"") && has("\"input_json_delta\"")
    };
    let asks_nobody = |turn: &&Turn| !turn.records.iter().any(|record| record.awaits_person);
    let turn = turns.iter().filter(calls_tool).find(asks_nobody);
    let turn = turn.context("no file in www/turns holds a tool call with input")?;
    Ok(format!("Show me {}", turn.name.replace(['-', '_'], " ")))
}

/// What a record's delta adds.
fn said(record: &str) -> String {
    let data = record.lines().find_map(|line| line.strip_prefix("data:"));
    let value: Value = data.and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
    let places = ["/delta/text", "/delta/thinking", "/delta/partial_json"];
    let added = places.iter().filter_map(|place| value.pointer(place)?.as_str());
    added.collect()
}

#[cfg(test)]
mod tests {
    use super::super::pipe::Pipe;
    use super::*;

    const CALL: &str = "data: {\"content_block\":{\"type\":\"tool_use\"}}\n\n\
        data: {\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"[\\\"picnic\"}}\n\n\
        data: {\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\" Saturday\\\"]\"}}\n\n";

    fn turns() -> Vec<Turn> {
        let turn = |name: &str, body| Turn::new(name.to_owned(), body);
        vec![turn("plain", ""), turn("web-search", CALL), turn("search-denied", "")]
    }

    #[test]
    fn a_prompt_gets_the_turn_it_names_or_is_about() {
        let turns = turns();
        let asked = |prompt| asked_for(prompt, &turns).map(|turn| turn.name.as_str());
        assert_eq!(asked("was the search DENIED?"), Some("search-denied"));
        assert_eq!(asked("Search, please"), Some("web-search"));
        assert_eq!(asked("A picnic on Saturday."), Some("web-search"));
        assert_eq!(asked("See you Saturday"), None);
        assert_eq!(asked("plain picnic on Saturday"), Some("plain"));
    }

    #[test]
    fn every_prompt_the_page_suggests_gets_a_turn_of_its_own() {
        let turns = read_all().unwrap();
        let prompts = Pipe::ClaudeAi.prompts().unwrap();
        let prompts: Vec<&str> = prompts.iter().map(String::as_str).collect();
        let asked = |prompt: &&str| asked_for(prompt, &turns).map(|turn| turn.name.as_str());
        let names: Vec<Option<&str>> = prompts.iter().map(asked).collect();
        assert!(names.len() > 1);
        for (at, (prompt, name)) in prompts.iter().zip(&names).enumerate() {
            let refused = super::super::limit::is_wanted(prompt);
            assert!(refused || name.is_some() && !names[..at].contains(name), "{prompt}: {name:?}");
        }
    }

    #[test]
    fn the_prompt_for_tools_gets_a_turn_with_a_tool_call() {
        let turns = turns();
        let prompt = prompt_for_tools(&turns).unwrap();
        assert_eq!(asked_for(&prompt, &turns).unwrap().name, "web-search");
        assert!(prompt_for_tools(&turns[..1]).is_err());
    }
}
