//! What a dialect's tables are made of.

use super::{Agent, Page, Query, Rpc, words::words};
use crate::exchange::SESSIONS;
use crate::hook::{Field, HookName};

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
    /// The same for its control channel.
    pub control: &'static [EventRule],
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
    /// Who reads the tables.
    pub grammar: Grammar,
    /// Where a record's type stands; several are joined by `/`. Empty for
    /// `type`, or else the record's event name.
    pub kind: &'static [&'static str],
    /// Where records stand in lists; the first that is one counts.
    pub lists: &'static [&'static str],
    /// Where a row's id stands.
    pub row_id: &'static str,
    /// Every message is any number of records, a line each.
    pub lines: bool,
    /// A session is what one socket or event stream carries, and ends with it.
    pub ends_with_pipe: bool,
    /// The address only suggests the dialect: the first record that comes in
    /// must prove it, or the stream is let go.
    pub unsure: bool,
    /// How a page shows its conversations; only the page's side looks.
    pub page: Option<&'static Page>,
}

impl Dialect {
    /// Whether that grammar is its.
    pub fn speaks(&self, grammar: Grammar) -> bool {
        // Without sessions there is one grammar, and the compiler knows it.
        if SESSIONS { self.grammar == grammar } else { grammar == Grammar::Blocks }
    }
}

/// What most dialects have in common.
pub(super) const PLAIN: Dialect = Dialect {
    name: "",
    endpoints: &[],
    signs: &[],
    events: &[],
    control: &[],
    blocks: &[],
    deltas: &[],
    message_id: "",
    second_start: SecondStart::Replaces,
    continues: &[],
    asks: &[],
    server_mark: "",
    default_stop: "",
    grammar: Grammar::Blocks,
    kind: &[],
    lists: &[],
    row_id: "/uuid",
    lines: false,
    ends_with_pipe: false,
    unsure: false,
    page: None,
};

/// One address of a dialect.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// HTTP method; `WS` for a socket.
    pub method: &'static str,
    /// A pattern for the path, see [`endpoint`](super::endpoint).
    pub path: &'static str,
    /// What the request's headers must hold: name and a part of the value.
    pub needs: &'static [(&'static str, &'static str)],
    /// What a request to it says.
    pub says: Says,
}

/// The grammar of a dialect's records: which reader its tables are for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Grammar {
    /// Messages made of content blocks: `assembler`.
    Blocks,
    /// Rows of a session that several pipes carry: `rows`.
    Rows,
    /// JSON-RPC 2.0: `rpc`.
    Rpc,
}

words! {
/// What a request says.
Says {
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
    /// Rows of a session, in request and response.
    Rows,
    /// A session that is made, with its first rows.
    Create,
    /// The session is put away.
    Archive,
    /// JSON-RPC messages, in request and response.
    Rpc,
}
}

impl Says {
    /// Whether the response is the assistant's turn.
    pub fn is_turn(self) -> bool {
        matches!(self, Says::Messages | Says::CompletionPrompt | Says::Prompt | Says::Retry)
    }

    /// The grammar of the dialects in which requests say it.
    pub fn grammar(self) -> Grammar {
        match self {
            Says::Rows | Says::Create | Says::Archive => Grammar::Rows,
            Says::Rpc => Grammar::Rpc,
            _ => Grammar::Blocks,
        }
    }
}

/// A record that proves a dialect.
#[derive(Clone, Copy, Debug)]
pub struct Sign {
    /// Its event type; with `*` at its end, how it starts; empty for no type.
    pub event: &'static str,
    /// A field it has.
    pub at: &'static str,
    /// What that field's text starts with.
    pub prefix: &'static str,
}

/// What one event type means.
#[derive(Clone, Copy, Debug)]
pub struct EventRule {
    /// `type` of the data, else the record's event name.
    pub wire: &'static str,
    /// What it does to the message.
    pub act: Act,
    /// Where its fields stand.
    pub fields: &'static [FieldRule],
}

impl EventRule {
    /// A rule for what is known, and on purpose without a hook event.
    pub(super) const fn ignored(wire: &'static str) -> EventRule {
        EventRule { wire, act: Act::Ignore, fields: &[] }
    }

    /// The same for an event of a Managed Agents session.
    pub(super) const fn agent(wire: &'static str, what: Agent) -> EventRule {
        EventRule { wire, act: Act::Agent(what), fields: &[] }
    }

    /// The same for a message of the enhanced server.
    pub(super) const fn query(wire: &'static str, what: Query) -> EventRule {
        EventRule { wire, act: Act::Query(what), fields: &[] }
    }

    /// The same for a JSON-RPC method.
    pub(super) const fn rpc(wire: &'static str, what: Rpc) -> EventRule {
        EventRule { wire, act: Act::Rpc(what), fields: &[] }
    }

    /// A rule for a row whose fields its reader knows.
    pub(super) const fn row(wire: &'static str, row: Row) -> EventRule {
        EventRule { wire, act: Act::Row(row), fields: &[] }
    }
}

words! {
/// What an event does.
Act {
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
    /// The same, unless the text at this place is that.
    Unless(HookName, &'static str, &'static str),
    /// The same, only if the text at this place is that.
    When(HookName, &'static str, &'static str),
    /// What a row says of its session.
    Row(Row),
    /// What an event of a Managed Agents session says.
    Agent(Agent),
    /// What a message of the SDK's enhanced server says.
    Query(Query),
    /// What a JSON-RPC message says.
    Rpc(Rpc),
}
}

words! {
/// What a row says of its session.
Row {
    /// A turn begins, the first of them with the session.
    Init,
    /// A hook of the worker's own runs; one of them says why the session begins.
    HookStarted,
    /// What the worker is at; its permission mode; a summary under way.
    Status,
    /// A summary is there.
    Compacted,
    /// The worker is idle, runs, or waits.
    State,
    /// A subagent or background task begins.
    TaskStarted,
    /// It is done.
    TaskEnded,
    /// Finished blocks of a message.
    Assistant,
    /// A prompt, or results of tools.
    User,
    /// A piece of a message.
    Piece,
    /// The turn is over.
    Result,
    /// A prompt is queued, taken up, done.
    Lifecycle,
    /// Another conversation begins in the same session.
    Reset,
    /// A tool call was refused without a question.
    Denied,
    /// The person is asked to allow a tool call.
    Ask,
    /// The person is asked for words.
    Elicit,
    /// An answer, or the end of a request.
    Answer,
    /// A question is withdrawn.
    Cancel,
    /// The person interrupts.
    Interrupt,
    /// Another model is chosen.
    Model,
    /// Another permission mode is chosen.
    Mode,
    /// A hook of Claude Code's, verbatim.
    Callback,
    /// Messages are void.
    Void,
    /// The session is over.
    Over,
    /// Rows are missing.
    Gap,
}
}

/// What one content block type is.
#[derive(Clone, Copy, Debug)]
pub struct BlockRule {
    /// `type` of the block.
    pub wire: &'static str,
    /// What it is.
    pub is: Content,
    /// Where its fields stand, from the record's top.
    pub fields: &'static [FieldRule],
}

words! {
/// What a content block is.
Content {
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
}

/// What one delta type does.
#[derive(Clone, Copy, Debug)]
pub struct DeltaRule {
    /// `type` of the delta.
    pub wire: &'static str,
    /// What it does to its block.
    pub does: Effect,
    /// Where its fields stand, from the record's top; the first is what grows.
    pub fields: &'static [FieldRule],
}

words! {
/// What a delta does.
Effect {
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
#[derive(Clone, Copy, Debug)]
pub struct FieldRule(
    /// The hook event's field.
    pub Field,
    /// A JSON Pointer from the record's top; or, after `=`, the text itself.
    pub &'static str,
);
