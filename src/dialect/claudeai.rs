//! The claude.ai web application, today's form and that of 2023. Data only.
//!
//! Undocumented by its vendor, so every row is an observation: expect drift.

#[cfg(feature = "tables")]
use super::claudeai_page::PAGE;
use super::complete::COMPLETION;
use super::table::PLAIN;
use super::{
    Act, BlockRule, Content, DeltaRule, Dialect, Effect, Endpoint, EventRule, FieldRule, Says,
    SecondStart, Sign,
};
use crate::hook::{Field, HookName};

pub(super) static CLAUDEAI: Dialect = Dialect {
    name: "claudeai",
    endpoints: &[
        Endpoint {
            method: "POST",
            path: "/api/organizations/*/chat_conversations/{conversation}/completion",
            needs: &[],
            says: Says::Prompt,
        },
        Endpoint {
            method: "POST",
            path: "/api/organizations/*/chat_conversations/{conversation}/retry_completion",
            needs: &[],
            says: Says::Retry,
        },
        Endpoint {
            method: "POST",
            path: "/api/organizations/*/chat_conversations/{conversation}/tool_approval",
            needs: &[],
            says: Says::ToolApproval,
        },
        Endpoint {
            method: "POST",
            path: "/api/organizations/*/chat_conversations/{conversation}/tool_result",
            needs: &[],
            says: Says::ToolResult,
        },
        Endpoint {
            method: "POST",
            path: "/api/organizations/*/chat_conversations/{conversation}/stop_response",
            needs: &[],
            says: Says::StopResponse,
        },
        Endpoint {
            method: "GET",
            path: "/api/organizations/*/chat_conversations/{conversation}/task/*/status",
            needs: &[],
            says: Says::TaskStatus,
        },
    ],
    signs: &[
        Sign { event: "message_start", at: "/message/id", prefix: "chatcompl_" },
        Sign { event: "message_start", at: "/message/uuid", prefix: "" },
        Sign { event: "conversation_ready", at: "", prefix: "" },
    ],
    events: &[
        EventRule { wire: "conversation_ready", act: Act::Ready, fields: &[] },
        EventRule {
            wire: "message_start",
            act: Act::Start,
            fields: &[
                FieldRule(Field::Model, "/message/model"),
                FieldRule(Field::ParentUuid, "/message/parent_uuid"),
                FieldRule(Field::RequestId, "/message/request_id"),
            ],
        },
        EventRule { wire: "content_block_start", act: Act::BlockStart, fields: &[] },
        EventRule { wire: "content_block_delta", act: Act::BlockDelta, fields: &[] },
        EventRule { wire: "content_block_stop", act: Act::BlockStop, fields: &[] },
        EventRule { wire: "message_delta", act: Act::MessageDelta, fields: &[] },
        EventRule { wire: "message_limit", act: Act::Limit, fields: &[] },
        EventRule { wire: "message_stop", act: Act::Stop, fields: &[] },
        EventRule { wire: "ping", act: Act::Ignore, fields: &[] },
        EventRule { wire: "error", act: Act::Error, fields: &[] },
        EventRule { wire: "completion", act: Act::Completion, fields: COMPLETION },
        EventRule {
            wire: "compaction_status",
            act: Act::Compaction,
            fields: &[FieldRule(Field::Status, "/status"), FieldRule(Field::Message, "/message")],
        },
        EventRule {
            wire: "mcp_auth_required",
            act: Act::Emit(HookName::Notification),
            fields: &[
                FieldRule(Field::NotificationType, "/type"),
                FieldRule(Field::ToolId, "/tool_use_id"),
                FieldRule(Field::ServerId, "/server_id"),
                FieldRule(Field::Error, "/error_code"),
            ],
        },
        EventRule {
            wire: "tool_approval",
            act: Act::Approval,
            fields: &[
                FieldRule(Field::ApprovalKey, "/approval_key"),
                FieldRule(Field::ToolName, "/tool_name"),
                FieldRule(Field::ToolInput, "/input"),
            ],
        },
        EventRule { wire: "cache_performance", act: Act::Ignore, fields: &[] },
        EventRule { wire: "content_block_retract", act: Act::Retract, fields: &[] },
        EventRule {
            wire: "model_update",
            act: Act::Emit(HookName::PostModelSwitch),
            fields: &[
                FieldRule(Field::FromModel, "/from_model"),
                FieldRule(Field::ToModel, "/to_model"),
                FieldRule(Field::Reason, "/reason"),
                FieldRule(Field::Trigger, "/category"),
                FieldRule(Field::Message, "/explanation"),
            ],
        },
        // Names that its clients know; what they carry was never seen.
        EventRule { wire: "model_fallback", act: Act::Ignore, fields: &[] },
        EventRule { wire: "composer_notice", act: Act::Ignore, fields: &[] },
        EventRule { wire: "notice_poll_hint", act: Act::Ignore, fields: &[] },
        EventRule { wire: "memory_write_failure", act: Act::Ignore, fields: &[] },
        EventRule { wire: "message_snapshot", act: Act::Ignore, fields: &[] },
        EventRule { wire: "title", act: Act::Ignore, fields: &[] },
    ],
    blocks: &[
        BlockRule { wire: "text", is: Content::Text, fields: &[] },
        BlockRule { wire: "thinking", is: Content::Thinking, fields: &[] },
        BlockRule {
            wire: "tool_use",
            is: Content::ToolUse,
            fields: &[
                FieldRule(Field::IntegrationName, "/content_block/integration_name"),
                FieldRule(Field::McpServerUrl, "/content_block/mcp_server_url"),
                FieldRule(Field::StatusMessage, "/content_block/message"),
                FieldRule(Field::DisplayContent, "/content_block/display_content"),
            ],
        },
        BlockRule { wire: "tool_result", is: Content::StreamedResult, fields: &[] },
        BlockRule { wire: "voice_note", is: Content::Other, fields: &[] },
        BlockRule { wire: "bell", is: Content::Other, fields: &[] },
        BlockRule { wire: "flag", is: Content::Other, fields: &[] },
        BlockRule { wire: "token_budget", is: Content::Other, fields: &[] },
        BlockRule { wire: "process_group_marker", is: Content::Other, fields: &[] },
    ],
    deltas: &[
        DeltaRule {
            wire: "text_delta",
            does: Effect::Text,
            fields: &[FieldRule(Field::Text, "/delta/text")],
        },
        DeltaRule { wire: "citation_start_delta", does: Effect::CitationStart, fields: &[] },
        DeltaRule {
            wire: "citation_end_delta",
            does: Effect::CitationEnd,
            fields: &[FieldRule(Field::Citation, "/delta/citation_uuid")],
        },
        DeltaRule {
            wire: "thinking_delta",
            does: Effect::Thinking,
            fields: &[FieldRule(Field::Text, "/delta/thinking")],
        },
        DeltaRule {
            wire: "thinking_summary_delta",
            does: Effect::Emit(HookName::ThinkingSummary),
            fields: &[
                FieldRule(Field::Text, "/delta/summary/summary"),
                FieldRule(Field::Text, "/delta/summary"),
            ],
        },
        DeltaRule { wire: "thinking_cut_off_delta", does: Effect::Ignore, fields: &[] },
        DeltaRule { wire: "signature_delta", does: Effect::Ignore, fields: &[] },
        DeltaRule {
            wire: "input_json_delta",
            does: Effect::Json,
            fields: &[FieldRule(Field::Partial, "/delta/partial_json")],
        },
        DeltaRule {
            wire: "tool_use_block_update_delta",
            does: Effect::ToolUpdate,
            fields: &[
                FieldRule(Field::StatusMessage, "/delta/message"),
                FieldRule(Field::DisplayContent, "/delta/display_content"),
                FieldRule(Field::IntegrationName, "/delta/integration_name"),
            ],
        },
        DeltaRule { wire: "tool_result_block_update_delta", does: Effect::Ignore, fields: &[] },
        DeltaRule { wire: "flag_delta", does: Effect::Ignore, fields: &[] },
        DeltaRule { wire: "voice_note_delta", does: Effect::Ignore, fields: &[] },
        DeltaRule { wire: "bell_delta", does: Effect::Ignore, fields: &[] },
        DeltaRule { wire: "citation_delta", does: Effect::Ignore, fields: &[] },
    ],
    message_id: "/message/uuid",
    second_start: SecondStart::Adds,
    // Most tools run inside the one response, whose end is then the turn's. One
    // that runs in the page ends the response; its answer brings the next.
    continues: &["tool_use"],
    asks: &["AskUserQuestion", "mcp__elicit__"],
    server_mark: ":",
    default_stop: "message_stop",
    #[cfg(feature = "tables")]
    page: Some(&PAGE),
    ..PLAIN
};

pub(super) static LEGACY: Dialect = Dialect {
    name: "claudeai-legacy",
    endpoints: &[Endpoint {
        method: "POST",
        path: "/api/append_message",
        needs: &[],
        says: Says::Prompt,
    }],
    // Records without an event name, told by the one key they all have.
    signs: &[Sign { event: "", at: "/completion", prefix: "" }],
    events: &[
        EventRule { wire: "", act: Act::Completion, fields: COMPLETION },
        EventRule { wire: "completion", act: Act::Completion, fields: COMPLETION },
        EventRule { wire: "ping", act: Act::Ignore, fields: &[] },
        EventRule { wire: "error", act: Act::Error, fields: &[] },
    ],
    blocks: &[],
    deltas: &[],
    message_id: "/log_id",
    second_start: SecondStart::Replaces,
    continues: &[],
    asks: &[],
    server_mark: "",
    default_stop: "",
    ..PLAIN
};
