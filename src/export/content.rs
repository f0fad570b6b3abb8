//! What of an event may leave: by an allowlist of fields that can hold none of the
//! conversation's words. Every other field belongs to classes of content, and is in
//! only where all of them are asked for.

use super::json::{number_of, object, text_of};
use crate::hook::{Field, HookName};
use crate::json::tape::{self, Tape};
use crate::json::{self, Kind};
use alloc::vec::Vec;

/// A set of classes of content.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Classes(u8);

impl Classes {
    /// What the person wrote.
    pub const PROMPTS: Classes = Classes(1);
    /// What the assistant wrote.
    pub const ANSWERS: Classes = Classes(2);
    /// Its thinking.
    pub const THINKING: Classes = Classes(4);
    /// What it asked tools for.
    pub const TOOL_INPUTS: Classes = Classes(8);
    /// What they gave.
    pub const TOOL_RESULTS: Classes = Classes(16);
    /// All of it: where what a field may hold is not known.
    pub const EVERY: Classes = Classes(31);

    /// Their names, as options have them.
    pub const NAMES: [(&'static str, Classes); 5] = [
        ("prompts", Classes::PROMPTS),
        ("answers", Classes::ANSWERS),
        ("thinking", Classes::THINKING),
        ("toolInputs", Classes::TOOL_INPUTS),
        ("toolResults", Classes::TOOL_RESULTS),
    ];

    /// Both sets.
    pub fn with(self, other: Classes) -> Classes {
        Classes(self.0 | other.0)
    }

    /// Whether all of the other set is in this one.
    pub fn contain(self, other: Classes) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What a field may hold to be in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rule {
    /// A number, true, false or null.
    Count,
    /// One of a vocabulary's words, or a count.
    Word,
    /// An id or a list of them: no blanks, not long.
    Id,
    /// A name of a tool, a server or a model: one line, not long.
    Name,
    /// One of [`AGENTS`]. Another is what a tool was asked for, and goes with that.
    Agent,
    /// Numbers under names that are words.
    Numbers,
    /// Anything, where these classes are included.
    Content(Classes),
    /// Nothing: it means something in the page only.
    Never,
}

use Rule::{Agent, Content, Count, Id, Name, Never, Numbers, Word};

const PROMPTS: Rule = Content(Classes::PROMPTS);
const ANSWERS: Rule = Content(Classes::ANSWERS);
const THINKING: Rule = Content(Classes::THINKING);
const TOOL_INPUTS: Rule = Content(Classes::TOOL_INPUTS);
const TOOL_RESULTS: Rule = Content(Classes::TOOL_RESULTS);
const EVERY: Rule = Content(Classes::EVERY);

/// The rule of a member of an event of that name; a member nobody has classified is
/// content of every class.
pub fn rule(event: Option<HookName>, member: &str) -> Rule {
    if let Some(field) = Field::ALL.iter().find(|field| field.name() == member) {
        return of_field(event, *field);
    }
    match member {
        "type" | "dialect" => Word,
        "observed" => Count,
        "raw" => Never,
        _ if Size::ALL.iter().any(|size| size.name == member) => Count,
        _ => EVERY,
    }
}

/// What fields mean depends on the event for a few of them.
fn of_field(event: Option<HookName>, field: Field) -> Rule {
    use HookName::{
        MessageDelta, PermissionRequest, PostToolUseFailure, StopFailure, ThinkingDelta,
        ThinkingSummary,
    };
    match (event, field) {
        (Some(MessageDelta), Field::Text) => ANSWERS,
        (Some(ThinkingDelta | ThinkingSummary), Field::Text) => THINKING,
        (Some(StopFailure), Field::Error) => Word,
        (Some(PostToolUseFailure), Field::Error | Field::ErrorDetails) => TOOL_RESULTS,
        (Some(PermissionRequest), Field::Message | Field::Title) => TOOL_INPUTS,
        _ => of_any(field),
    }
}

/// Every field of the vocabulary: the compiler asks for those that are added.
fn of_any(field: Field) -> Rule {
    match field {
        Field::Address
        | Field::AttachmentCount
        | Field::BlockIndex
        | Field::Blocking
        | Field::Complete
        | Field::Continuation
        | Field::Count
        | Field::DurationMs
        | Field::EndIndex
        | Field::EstimatedTokens
        | Field::FileCount
        | Field::Frame
        | Field::FromIndex
        | Field::InputInvalid
        | Field::IsInterrupt
        | Field::IsNewConversation
        | Field::LatencyMs
        | Field::Length
        | Field::NumTurns
        | Field::Offset
        | Field::PostTokens
        | Field::PreTokens
        | Field::Progress
        | Field::RenderedAt
        | Field::Replay
        | Field::Seq
        | Field::Size
        | Field::StartIndex
        | Field::StopHookActive
        | Field::StreamId
        | Field::Total
        | Field::TotalCostUsd
        | Field::Ts => Count,
        Field::Action
        | Field::Caller
        | Field::CloseCode
        | Field::Confidence
        | Field::ContentType
        | Field::Dialect
        | Field::Direction
        | Field::Level
        | Field::Method
        | Field::Mode
        | Field::NotificationType
        | Field::PermissionMode
        | Field::ProgressType
        | Field::Protocol
        | Field::ProtocolVersion
        | Field::Reason
        | Field::RetryAfter
        | Field::Source
        | Field::State
        | Field::Status
        | Field::StopReason
        | Field::Transport
        | Field::Trigger => Word,
        Field::AgentId
        | Field::ApprovalKey
        | Field::ConversationId
        | Field::ElicitationId
        | Field::HumanMessageUuid
        | Field::LastEventId
        | Field::MessageId
        | Field::ParentMessageUuid
        | Field::ParentToolUseId
        | Field::ParentUuid
        | Field::ProgressToken
        | Field::RequestId
        | Field::ServerId
        | Field::TaskId
        | Field::ToolId
        | Field::ToolIds
        | Field::TurnId
        | Field::Uuid => Id,
        Field::AgentType => Agent,
        Field::FromModel
        | Field::IntegrationName
        | Field::Model
        | Field::Server
        | Field::ToModel
        | Field::ToolName => Name,
        Field::Usage => Numbers,
        Field::Content | Field::Prompt => PROMPTS,
        Field::Citation
        | Field::CompactSummary
        | Field::LastAssistantMessage
        | Field::StopDetails => ANSWERS,
        Field::ApprovalOptions
        | Field::Cwd
        | Field::Description
        | Field::FilePath
        | Field::McpServerUrl
        | Field::Partial
        | Field::PermissionDenials
        | Field::PermissionSuggestions
        | Field::Questions
        | Field::RequestedSchema
        | Field::StatusMessage
        | Field::TabName
        | Field::TaskSubject
        | Field::ToolInput
        | Field::UpdatedInput
        | Field::UpdatedPermissions => TOOL_INPUTS,
        Field::ToolResponse => TOOL_RESULTS,
        Field::ClientInfo
        | Field::ContextEdits
        | Field::Data
        | Field::Detail
        | Field::DisplayContent
        | Field::Error
        | Field::ErrorDetails
        | Field::Event
        | Field::Headers
        | Field::HookInput
        | Field::Limit
        | Field::Message
        | Field::ServerInfo
        | Field::Summary
        | Field::Text
        | Field::Title
        | Field::Url => EVERY,
    }
}

/// How much content there was, which is told also where the content is not.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// The content's member.
    pub of: &'static str,
    /// The member that says how much.
    pub name: &'static str,
    /// UTF-16 units of a text, as Claude Code counts; else bytes of JSON.
    pub in_units: bool,
}

impl Size {
    /// All of them.
    pub const ALL: [Size; 7] = [
        Size { of: "prompt", name: "promptLength", in_units: true },
        Size { of: "text", name: "textLength", in_units: true },
        Size { of: "partial", name: "partialLength", in_units: true },
        Size { of: "lastAssistantMessage", name: "lastAssistantMessageLength", in_units: true },
        Size { of: "compactSummary", name: "compactSummaryLength", in_units: true },
        Size { of: "toolInput", name: "toolInputSizeBytes", in_units: false },
        Size { of: "toolResponse", name: "toolResultSizeBytes", in_units: false },
    ];
}

/// Subagents that every Claude Code has. Those of a person's own are called as the
/// person likes, and are asked for in a tool's input.
pub const AGENTS: &[&str] = &[
    "claude",
    "claude-code-guide",
    "Explore",
    "general-purpose",
    "output-style-setup",
    "Plan",
    "statusline-setup",
];

const LONGEST_WORD: usize = 64;
const LONGEST_NAME: usize = 128;
const LONGEST_ID: usize = 256;
const MOST_IDS: usize = 64;

impl Rule {
    /// Whether a raw value may be in as it is. Content is the caller's to decide.
    pub fn allows(self, raw: &[u8]) -> bool {
        match self {
            Count => is_count(raw),
            Word => is_count(raw) || is_word(raw),
            Id => is_count(raw) || is_id(raw) || are_ids(raw),
            Name => json::kind(raw) == Kind::Null || is_name(raw),
            Agent => text_of(raw).is_some_and(|text| AGENTS.contains(&text.as_str())),
            Numbers | Content(_) | Never => false,
        }
    }
}

/// Of a raw object, what is a number under a name that is a word, so many objects
/// deep; of anything else null.
pub fn numbers(raw: &[u8], depth: usize, out: &mut Vec<u8>) {
    let mut tape = Tape::default();
    if json::kind(raw) != Kind::Object || !tape.read(raw) {
        return out.extend_from_slice(b"null");
    }
    object(out, |object| {
        for (key, value) in tape.members(raw) {
            let Some(key) = text_of(&[b"\"", key, b"\""].concat()).filter(|key| is_plain(key))
            else {
                continue;
            };
            match json::kind(value) {
                Kind::Number if is_count(value) => object.raw(&key, value),
                Kind::Object if depth > 0 => numbers(value, depth - 1, object.key(&key)),
                _ => {}
            }
        }
    });
}

fn is_count(raw: &[u8]) -> bool {
    match json::kind(raw) {
        Kind::Number => number_of(raw).is_some(),
        kind => matches!(kind, Kind::Bool | Kind::Null),
    }
}

fn is_word(raw: &[u8]) -> bool {
    text_of(raw).is_some_and(|text| is_plain(&text))
}

fn is_plain(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/+".contains(&byte);
    text.len() <= LONGEST_WORD && text.bytes().all(letter)
}

fn is_id(raw: &[u8]) -> bool {
    let fits = |text: &str| text.len() <= LONGEST_ID && !text.contains(is_blank);
    text_of(raw).is_some_and(|text| fits(&text))
}

fn are_ids(raw: &[u8]) -> bool {
    json::kind(raw) == Kind::Array
        && tape::elements(raw).count() <= MOST_IDS
        && tape::elements(raw).all(is_id)
}

fn is_name(raw: &[u8]) -> bool {
    let fits = |text: &str| text.len() <= LONGEST_NAME && !text.contains(char::is_control);
    text_of(raw).is_some_and(|text| fits(&text))
}

fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control()
}
