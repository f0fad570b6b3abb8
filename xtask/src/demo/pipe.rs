//! The pipes by name: what the page lists, and what `--pipe` takes.

use super::turns::{self, Turn};
use crate::root;
use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Deserialize;

/// One way a page talks to a service.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(super) enum Pipe {
    /// The chat of claude.ai: a response per answer
    ClaudeAi,
    /// Claude Code remote v1: a WebSocket, and posts
    CcrV1,
    /// Claude Code remote v2: an event stream, and posts
    CcrV2,
    /// A Managed Agents session
    ManagedAgents,
    /// The SDK's WebSocket server
    SdkServer,
    /// MCP over the IDE's WebSocket
    Ide,
    /// MCP over Streamable HTTP
    McpHttp,
    /// MCP over HTTP with server-sent events, as in 2024
    McpSse,
}

/// As www/pipes/pipes.json has it.
#[derive(Deserialize)]
struct Described {
    id: String,
    suggestions: Vec<Suggestion>,
}

#[derive(Deserialize)]
struct Suggestion {
    prompt: String,
}

impl Pipe {
    /// Its name in the page's list, in addresses and on the command line.
    pub(super) fn id(self) -> String {
        let value = self.to_possible_value();
        value.map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// What `--once` asks.
    pub(super) fn prompt(self, turns: &[Turn]) -> Result<String> {
        match self {
            Pipe::ClaudeAi => turns::prompt_for_tools(turns),
            pipe => pipe.prompts()?.into_iter().next().context("nothing to ask"),
        }
    }

    /// The prompts the page suggests for it.
    pub(super) fn prompts(self) -> Result<Vec<String>> {
        let pipes = described()?;
        let id = self.id();
        let found = pipes.into_iter().find(|pipe| pipe.id == id);
        let found = found.with_context(|| format!("www/pipes/pipes.json has no pipe {id}"))?;
        Ok(found.suggestions.into_iter().map(|suggestion| suggestion.prompt).collect())
    }
}

fn described() -> Result<Vec<Described>> {
    let file = root::existing("www/pipes/pipes.json", "the list of the page's pipes")?;
    serde_json::from_str(&std::fs::read_to_string(file)?).context("www/pipes/pipes.json")
}

#[cfg(test)]
mod tests {
    use super::super::recording;
    use super::*;

    #[test]
    fn the_page_and_the_command_know_the_same_pipes() {
        let listed: Vec<String> = described().unwrap().into_iter().map(|pipe| pipe.id).collect();
        let taken: Vec<String> = Pipe::value_variants().iter().map(|pipe| pipe.id()).collect();
        assert_eq!(listed, taken);
    }

    #[test]
    fn every_prompt_the_page_suggests_gets_a_recording_of_its_own() {
        let folders =
            [(Pipe::CcrV1, "remote"), (Pipe::CcrV2, "remote"), (Pipe::ManagedAgents, "managed")];
        for (pipe, folder) in folders {
            let recordings = recording::read_all(folder).unwrap();
            let name = |prompt: &String| {
                recording::asked_for(prompt, &recordings).map(|found| found.name.clone())
            };
            let names: Vec<Option<String>> = pipe.prompts().unwrap().iter().map(name).collect();
            assert_eq!(names.len(), recordings.len(), "{pipe:?}");
            for (at, name) in names.iter().enumerate() {
                assert!(name.is_some() && !names[..at].contains(name), "{pipe:?}: {names:?}");
            }
        }
    }
}
