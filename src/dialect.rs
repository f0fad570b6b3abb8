//! Frames to hook events: which dialect a stream speaks, and the tables that
//! say what its records mean.
//!
//! A dialect is data: when the vendor renames an event or a field, one row of
//! its table changes. `assembler` is the one reader of all tables, because
//! all dialects share one grammar: a message is a list of content blocks that
//! start, grow and stop.

pub(crate) mod assembler;
mod block;
mod claudeai;
mod complete;
mod content;
pub(crate) mod ending;
pub mod endpoint;
mod failure;
mod keep;
mod messages;
mod request;
pub(crate) mod scope;
mod tool;

use crate::hook::{Field, HookName};
use crate::json::{tape::Tape, text};

/// Every dialect, in the order content is tried against them.
pub const DIALECTS: &[&Dialect] =
    &[&claudeai::CLAUDEAI, &messages::MESSAGES, &complete::COMPLETE, &claudeai::LEGACY];

/// One vendor vocabulary.
#[derive(Debug)]
pub struct Dialect {
    /// Its name in payloads.
    pub name: &'static str,
    /// The addresses it is spoken at.
    pub endpoints: &'static [Endpoint],
    /// Records that only this dialect sends: any one of them proves it.
    pub signs: &'static [Sign],
    /// What its records mean, by event type.
    pub events: &'static [EventRule],
    /// What its content blocks are, by block type.
    pub blocks: &'static [BlockRule],
    /// What its deltas do, by delta type.
    pub deltas: &'static [DeltaRule],
    /// Where the message's id stands in `message_start`.
    pub message_id: &'static str,
    /// What a second `message_start` in one stream means.
    pub second_start: SecondStart,
    /// Stop reasons after which another request of the same turn follows.
    pub continues: &'static [&'static str],
    /// Tools through which the assistant asks the person (prefixes).
    pub asks: &'static [&'static str],
    /// What separates a connector's name from its tool's; empty for nothing.
    pub server_mark: &'static str,
    /// The stop reason of an end that names none; empty for null.
    pub default_stop: &'static str,
}

/// One address of a dialect.
#[derive(Debug)]
pub struct Endpoint {
    /// HTTP method.
    pub method: &'static str,
    /// A pattern for the path, see [`endpoint`].
    pub path: &'static str,
    /// What a request to it says.
    pub says: Says,
}

/// What a request says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Says {
    /// A chat message, as `messages[]` of the Messages API.
    Messages,
    /// A text completion prompt.
    CompletionPrompt,
    /// A prompt to a conversation.
    Prompt,
    /// Answer the same prompt again.
    Retry,
    /// The person's decision on a tool call.
    ToolApproval,
    /// What a tool that ran in the client returned.
    ToolResult,
    /// The person pressed stop.
    StopResponse,
    /// How a background task is doing; the answer tells.
    TaskStatus,
}

impl Says {
    /// Whether the response is the assistant's turn.
    pub fn is_turn(self) -> bool {
        matches!(self, Says::Messages | Says::CompletionPrompt | Says::Prompt | Says::Retry)
    }
}

/// A record that proves a dialect.
#[derive(Debug)]
pub struct Sign {
    /// Its event type, or empty for any.
    pub event: &'static str,
    /// A field it has.
    pub at: &'static str,
    /// What that field's text starts with.
    pub prefix: &'static str,
}

/// What one event type means.
#[derive(Debug)]
pub struct EventRule {
    /// `type` of the data, else the record's event name.
    pub wire: &'static str,
    /// What it does to the message.
    pub act: Act,
    /// Where its fields stand.
    pub fields: &'static [FieldRule],
}

/// What an event does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Act {
    /// Nothing to translate.
    Ignore,
    /// A message begins.
    Start,
    /// A content block begins.
    BlockStart,
    /// A content block grows.
    BlockDelta,
    /// A content block ends.
    BlockStop,
    /// Stop reason and usage.
    MessageDelta,
    /// The message ends.
    Stop,
    /// The whole message at once (a response that was not streamed).
    Whole,
    /// A piece of a text completion.
    Completion,
    /// The stream failed.
    Error,
    /// The conversation exists now.
    Ready,
    /// Blocks are withdrawn.
    Retract,
    /// The conversation is being summarised.
    Compaction,
    /// A usage limit.
    Limit,
    /// The person is asked to allow a tool call.
    Approval,
    /// A hook event that needs no state.
    Emit(HookName),
}

/// What one content block type is.
#[derive(Debug)]
pub struct BlockRule {
    /// `type` of the block.
    pub wire: &'static str,
    /// What it is.
    pub is: Content,
    /// Where its fields stand, from the record's top.
    pub fields: &'static [FieldRule],
}

/// What a content block is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Content {
    /// Answer text.
    Text,
    /// Thinking.
    Thinking,
    /// A call of a tool that the client runs.
    ToolUse,
    /// A call of a tool that the service runs.
    ServerToolUse,
    /// A tool's result, whole at the start.
    ToolResult,
    /// A tool's result whose content comes in deltas.
    StreamedResult,
    /// A summary that replaces the conversation.
    Compaction,
    /// Another model took over.
    Fallback,
    /// Known, and nothing to translate.
    Other,
}

/// What one delta type does.
#[derive(Debug)]
pub struct DeltaRule {
    /// `type` of the delta.
    pub wire: &'static str,
    /// What it does to its block.
    pub does: Effect,
    /// Where its fields stand, from the record's top; the first is what grows.
    pub fields: &'static [FieldRule],
}

/// What a delta does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Nothing to translate.
    Ignore,
    /// Appends answer text.
    Text,
    /// Appends thinking.
    Thinking,
    /// Appends to a tool's input or, on a result block, replaces its content.
    Json,
    /// Sets a summary.
    Compaction,
    /// Opens a citation here.
    CitationStart,
    /// Closes a citation here.
    CitationEnd,
    /// Changes how a tool call is shown; may ask for permission.
    ToolUpdate,
    /// A hook event that needs no state.
    Emit(HookName),
}

/// What a second `message_start` in one stream means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecondStart {
    /// The message before it was abandoned.
    Replaces,
    /// More of the same turn; its blocks count on.
    Adds,
}

/// Where a field of a hook event stands in the record.
#[derive(Debug)]
pub struct FieldRule(
    /// The hook event's field.
    pub Field,
    /// A JSON Pointer from the record's top.
    pub &'static str,
);

/// The dialect that a record proves, if it proves one. `event` is its type.
pub fn prove(event: &[u8], name: &[u8], tape: &Tape, data: &[u8]) -> Option<&'static Dialect> {
    let shows = |sign: &Sign| {
        let typed = sign.event.is_empty() && name.is_empty() && event.is_empty()
            || !sign.event.is_empty() && event == sign.event.as_bytes();
        let value = tape.at(data, sign.at);
        typed
            && (sign.at.is_empty() || !value.is_empty())
            && text::inner(value).starts_with(sign.prefix.as_bytes())
    };
    DIALECTS.iter().find(|dialect| dialect.signs.iter().any(shows)).copied()
}

/// The dialect of that name.
pub fn named(name: &str) -> Option<&'static Dialect> {
    DIALECTS.iter().find(|dialect| dialect.name == name).copied()
}
