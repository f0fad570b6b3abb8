//! What is open: turns, and in each its agents, model calls, tool calls and questions
//! to the person. What is over is gone; a turn is over when all in it is.

use super::otlp::span::{Place, Span};
use super::payload::Payload;
use alloc::string::String;
use alloc::vec::Vec;

/// One turn, or a tool call or subagent that belongs to none.
#[derive(Debug, Default)]
pub struct Turn {
    /// The event that opened it.
    pub opened: u64,
    /// What events call it; empty if it is none.
    pub key: String,
    /// The conversation it is in.
    pub conversation: String,
    /// The agent that has the turn, until the turn has ended.
    pub root: Option<Agent>,
    /// Its subagents.
    pub agents: Vec<Agent>,
    /// Calls of a model.
    pub chats: Vec<Chat>,
    /// Calls of tools.
    pub tools: Vec<Tool>,
    /// Questions to the person.
    pub waits: Vec<Wait>,
    /// The events that made it what it is, by number.
    pub numbers: Vec<u64>,
}

/// An agent at work.
#[derive(Debug)]
pub struct Agent {
    /// Its id; empty for the one that has the turn.
    pub id: String,
    /// Its span.
    pub span: Span,
    /// When the model was last given something to answer, until it does.
    pub asked: Option<f64>,
    /// The model that was asked for.
    pub model: String,
    /// How often the model was called.
    pub chats: u64,
    /// How many tools it called.
    pub tools: u64,
}

/// A call of a model.
#[derive(Debug)]
pub struct Chat {
    /// The message's id, or its stream.
    pub key: String,
    /// The agent that made it.
    pub agent: String,
    /// Its span.
    pub span: Span,
    /// Whether the span began when the model was asked, not only when it answered.
    pub from_request: bool,
    /// Whether a piece of the answer has come.
    pub has_piece: bool,
    /// The model that answers.
    pub model: String,
}

/// A call of a tool.
#[derive(Debug)]
pub struct Tool {
    /// The call's id.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// Whether an MCP client that we watch made it: those number their calls anew.
    pub is_mcp: bool,
    /// Its span.
    pub span: Span,
}

/// A question to the person.
#[derive(Debug)]
pub struct Wait {
    /// The wire's key of the question.
    pub key: String,
    /// The tool call it is about.
    pub tool: String,
    /// Its span.
    pub span: Span,
}

impl Turn {
    /// Whether nothing in it is open any more.
    pub fn is_over(&self) -> bool {
        self.root.is_none()
            && self.agents.is_empty()
            && self.chats.is_empty()
            && self.tools.is_empty()
            && self.waits.is_empty()
    }

    /// An agent of it that is at work.
    pub fn agent(&mut self, id: &str) -> Option<&mut Agent> {
        match id {
            "" => self.root.as_mut(),
            _ => self.agents.iter_mut().find(|agent| agent.id == id),
        }
    }

    /// The agent of it that the event is about: the subagent it names, else the one that
    /// has the turn.
    pub fn agent_of(&mut self, payload: &Payload) -> Option<&mut Agent> {
        let id = payload.id("agentId");
        match self.agents.iter().position(|agent| agent.id == id) {
            Some(at) => self.agents.get_mut(at),
            None => self.root.as_mut(),
        }
    }

    /// All that is open in it, the innermost first.
    pub fn take_all(&mut self) -> Vec<Span> {
        let waits = self.waits.drain(..).map(|wait| wait.span);
        let tools = self.tools.drain(..).rev().map(|tool| tool.span);
        let chats = self.chats.drain(..).map(|chat| chat.span);
        let agents = self.agents.drain(..).rev().map(|agent| agent.span);
        let root = self.root.take().map(|agent| agent.span);
        waits.chain(tools).chain(chats).chain(agents).chain(root).collect()
    }
}

/// Takes the first for which `found` holds out of a list.
pub fn pull<T>(list: &mut Vec<T>, found: impl FnMut(&T) -> bool) -> Option<T> {
    let at = list.iter().position(found)?;
    Some(list.remove(at))
}

/// Where a span that begins is to be put.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    /// Which turn, by its place in the list.
    pub turn: usize,
    /// The agent's span.
    pub place: Place,
}
