//! The Anthropic Messages API, streamed or whole. Data only.
//!
//! Rows stand in the order of the API's own documentation. A row that ignores
//! says: known, and on purpose without a hook event.

use super::table::PLAIN;
use super::{
    Act, BlockRule, Content, DeltaRule, Dialect, Effect, Endpoint, EventRule, FieldRule, Says,
    SecondStart, Sign,
};
use crate::hook::{Field, HookName};

pub(super) static MESSAGES: Dialect = Dialect {
    name: "messages",
    endpoints: &[Endpoint {
        method: "POST",
        path: "**/v1/messages",
        needs: &[],
        says: Says::Messages,
    }],
    signs: &[
        Sign { event: "message_start", at: "/message/id", prefix: "msg_" },
        Sign { event: "message", at: "/id", prefix: "msg_" },
    ],
    events: &[
        EventRule {
            wire: "message_start",
            act: Act::Start,
            fields: &[FieldRule(Field::Model, "/message/model")],
        },
        EventRule { wire: "content_block_start", act: Act::BlockStart, fields: &[] },
        EventRule { wire: "content_block_delta", act: Act::BlockDelta, fields: &[] },
        EventRule { wire: "content_block_stop", act: Act::BlockStop, fields: &[] },
        EventRule { wire: "message_delta", act: Act::MessageDelta, fields: &[] },
        EventRule { wire: "message_stop", act: Act::Stop, fields: &[] },
        EventRule { wire: "ping", act: Act::Ignore, fields: &[] },
        EventRule { wire: "error", act: Act::Error, fields: &[] },
        EventRule { wire: "message", act: Act::Whole, fields: &[] },
    ],
    blocks: &[
        BlockRule { wire: "text", is: Content::Text, fields: &[] },
        BlockRule { wire: "thinking", is: Content::Thinking, fields: &[] },
        BlockRule { wire: "redacted_thinking", is: Content::Thinking, fields: &[] },
        BlockRule {
            wire: "tool_use",
            is: Content::ToolUse,
            fields: &[FieldRule(Field::Caller, "/content_block/caller/type")],
        },
        BlockRule {
            wire: "server_tool_use",
            is: Content::ServerToolUse,
            fields: &[FieldRule(Field::Caller, "/content_block/caller/type")],
        },
        BlockRule {
            wire: "mcp_tool_use",
            is: Content::ServerToolUse,
            fields: &[FieldRule(Field::Server, "/content_block/server_name")],
        },
        BlockRule { wire: "web_search_tool_result", is: Content::ToolResult, fields: &[] },
        BlockRule { wire: "web_fetch_tool_result", is: Content::ToolResult, fields: &[] },
        BlockRule { wire: "code_execution_tool_result", is: Content::ToolResult, fields: &[] },
        BlockRule { wire: "bash_code_execution_tool_result", is: Content::ToolResult, fields: &[] },
        BlockRule {
            wire: "text_editor_code_execution_tool_result",
            is: Content::ToolResult,
            fields: &[],
        },
        BlockRule { wire: "tool_search_tool_result", is: Content::ToolResult, fields: &[] },
        BlockRule { wire: "advisor_tool_result", is: Content::ToolResult, fields: &[] },
        BlockRule { wire: "mcp_tool_result", is: Content::ToolResult, fields: &[] },
        BlockRule { wire: "container_upload", is: Content::Other, fields: &[] },
        BlockRule { wire: "mcp_tool_listing", is: Content::Other, fields: &[] },
        BlockRule { wire: "compaction", is: Content::Compaction, fields: &[] },
        BlockRule {
            wire: "fallback",
            is: Content::Fallback,
            fields: &[
                FieldRule(Field::FromModel, "/content_block/from/model"),
                FieldRule(Field::ToModel, "/content_block/to/model"),
                FieldRule(Field::Trigger, "/content_block/trigger/type"),
                FieldRule(Field::Reason, "/content_block/trigger/category"),
            ],
        },
    ],
    deltas: &[
        DeltaRule {
            wire: "text_delta",
            does: Effect::Text,
            fields: &[FieldRule(Field::Text, "/delta/text")],
        },
        DeltaRule {
            wire: "input_json_delta",
            does: Effect::Json,
            fields: &[FieldRule(Field::Partial, "/delta/partial_json")],
        },
        DeltaRule {
            wire: "thinking_delta",
            does: Effect::Thinking,
            fields: &[
                FieldRule(Field::Text, "/delta/thinking"),
                FieldRule(Field::EstimatedTokens, "/delta/estimated_tokens"),
            ],
        },
        DeltaRule { wire: "signature_delta", does: Effect::Ignore, fields: &[] },
        DeltaRule {
            wire: "citations_delta",
            does: Effect::Emit(HookName::Citation),
            fields: &[FieldRule(Field::Citation, "/delta/citation")],
        },
        DeltaRule {
            wire: "compaction_delta",
            does: Effect::Compaction,
            fields: &[FieldRule(Field::CompactSummary, "/delta/content")],
        },
    ],
    message_id: "/message/id",
    second_start: SecondStart::Replaces,
    continues: &["tool_use", "pause_turn", "compaction"],
    asks: &[],
    server_mark: "",
    default_stop: "",
    ..PLAIN
};
