//! Rows of Claude Code's sessions, as the agent SDK types them, and what the
//! servers add. Data only.

use super::{Act, EventRule, FieldRule, Row};
use crate::hook::{Field, HookName};

/// What a task's rows say of it.
const TASK: &[FieldRule] = &[
    FieldRule(Field::TaskId, "/task_id"),
    FieldRule(Field::ToolId, "/tool_use_id"),
    FieldRule(Field::TaskSubject, "/description"),
    FieldRule(Field::Status, "/status"),
    FieldRule(Field::Status, "/patch/status"),
    FieldRule(Field::Summary, "/summary"),
    FieldRule(Field::Usage, "/usage"),
];

/// By type and subtype.
pub(super) const EVENTS: &[EventRule] = &[
    EventRule {
        wire: "system/init",
        act: Act::Row(Row::Init),
        fields: &[
            FieldRule(Field::Model, "/model"),
            FieldRule(Field::Cwd, "/cwd"),
            FieldRule(Field::PermissionMode, "/permissionMode"),
        ],
    },
    EventRule::row("assistant", Row::Assistant),
    EventRule::row("user", Row::User),
    EventRule::row("stream_event", Row::Piece),
    EventRule {
        wire: "result/*",
        act: Act::Row(Row::Result),
        fields: &[
            FieldRule(Field::Usage, "/usage"),
            FieldRule(Field::TotalCostUsd, "/total_cost_usd"),
            FieldRule(Field::NumTurns, "/num_turns"),
            FieldRule(Field::DurationMs, "/duration_ms"),
            FieldRule(Field::PermissionDenials, "/permission_denials"),
        ],
    },
    EventRule::row("system/hook_started", Row::HookStarted),
    EventRule {
        wire: "system/hook_progress",
        act: Act::Emit(HookName::Progress),
        fields: &[
            FieldRule(Field::ProgressType, "/subtype"),
            FieldRule(Field::Title, "/hook_name"),
            FieldRule(Field::Data, ""),
        ],
    },
    EventRule {
        wire: "system/hook_response",
        act: Act::Emit(HookName::Progress),
        fields: &[
            FieldRule(Field::ProgressType, "/subtype"),
            FieldRule(Field::Title, "/hook_name"),
            FieldRule(Field::Status, "/outcome"),
            FieldRule(Field::Data, ""),
        ],
    },
    EventRule::row("system/status", Row::Status),
    EventRule {
        wire: "system/compact_boundary",
        act: Act::Row(Row::Compacted),
        fields: &[
            FieldRule(Field::Trigger, "/compact_metadata/trigger"),
            FieldRule(Field::PreTokens, "/compact_metadata/pre_tokens"),
            FieldRule(Field::PostTokens, "/compact_metadata/post_tokens"),
            FieldRule(Field::DurationMs, "/compact_metadata/duration_ms"),
        ],
    },
    EventRule::row("system/session_state_changed", Row::State),
    EventRule {
        wire: "system/api_retry",
        act: Act::Emit(HookName::Notification),
        fields: &[
            FieldRule(Field::NotificationType, "=api_retry"),
            FieldRule(Field::Error, "/error"),
            FieldRule(Field::Data, ""),
        ],
    },
    EventRule { wire: "system/task_started", act: Act::Row(Row::TaskStarted), fields: TASK },
    EventRule {
        wire: "system/task_progress",
        act: Act::Emit(HookName::Progress),
        fields: &[
            FieldRule(Field::ProgressType, "/subtype"),
            FieldRule(Field::TaskId, "/task_id"),
            FieldRule(Field::ToolId, "/tool_use_id"),
            FieldRule(Field::Description, "/description"),
            FieldRule(Field::Data, ""),
        ],
    },
    EventRule {
        wire: "system/task_updated",
        act: Act::Emit(HookName::Progress),
        fields: &[
            FieldRule(Field::ProgressType, "/subtype"),
            FieldRule(Field::TaskId, "/task_id"),
            FieldRule(Field::Status, "/patch/status"),
            FieldRule(Field::Data, ""),
        ],
    },
    EventRule { wire: "system/task_notification", act: Act::Row(Row::TaskEnded), fields: TASK },
    EventRule {
        wire: "system/notification",
        act: Act::Emit(HookName::Notification),
        fields: &[
            FieldRule(Field::NotificationType, "=notification"),
            FieldRule(Field::Message, "/text"),
            FieldRule(Field::Data, ""),
        ],
    },
    EventRule {
        wire: "system/informational",
        act: Act::When(HookName::Notification, "/level", "warning"),
        fields: &[
            FieldRule(Field::NotificationType, "=informational"),
            FieldRule(Field::Message, "/content"),
            FieldRule(Field::ToolId, "/tool_use_id"),
        ],
    },
    EventRule {
        wire: "system/permission_denied",
        act: Act::Row(Row::Denied),
        fields: &[
            FieldRule(Field::ToolName, "/tool_name"),
            FieldRule(Field::Reason, "/decision_reason_type"),
            FieldRule(Field::Message, "/message"),
        ],
    },
    EventRule {
        wire: "system/model_refusal_fallback",
        act: Act::Row(Row::Model),
        fields: &[
            FieldRule(Field::FromModel, "/original_model"),
            FieldRule(Field::ToModel, "/fallback_model"),
            FieldRule(Field::Trigger, "/direction"),
            FieldRule(Field::Reason, "/api_refusal_category"),
            FieldRule(Field::Message, "/content"),
            FieldRule(Field::Source, "=auto"),
        ],
    },
    EventRule {
        wire: "system/model_refusal_no_fallback",
        act: Act::Emit(HookName::Notification),
        fields: &[
            FieldRule(Field::NotificationType, "/subtype"),
            FieldRule(Field::Message, "/content"),
            FieldRule(Field::Model, "/original_model"),
        ],
    },
    EventRule {
        wire: "system/post_turn_summary",
        act: Act::Emit(HookName::Progress),
        fields: &[
            FieldRule(Field::ProgressType, "/subtype"),
            FieldRule(Field::Status, "/status_category"),
            FieldRule(Field::Summary, "/status_detail"),
            FieldRule(Field::Data, ""),
        ],
    },
    EventRule {
        wire: "system/task_summary",
        act: Act::Emit(HookName::Progress),
        fields: &[FieldRule(Field::ProgressType, "/subtype"), FieldRule(Field::Summary, "/detail")],
    },
    EventRule::ignored("system/background_tasks_changed"),
    EventRule::ignored("system/thinking_tokens"),
    EventRule::ignored("system/commands_changed"),
    EventRule::ignored("system/files_persisted"),
    EventRule::ignored("system/memory_recall"),
    EventRule::ignored("system/local_command_output"),
    EventRule::ignored("system/elicitation_complete"),
    EventRule::ignored("system/plugin_install"),
    EventRule::ignored("system/control_request_progress"),
    EventRule {
        wire: "system/worker_shutting_down",
        act: Act::Row(Row::Over),
        fields: &[FieldRule(Field::Message, "/reason")],
    },
    EventRule {
        wire: "system/session_writes_lost",
        act: Act::Emit(HookName::Gap),
        fields: &[
            FieldRule(Field::Reason, "/subtype"),
            FieldRule(Field::Error, "/error_code"),
            FieldRule(Field::Count, "/lost"),
        ],
    },
    EventRule::ignored("system/mirror_error"),
    EventRule::ignored("system/turn_handoff_available"),
    EventRule {
        wire: "tool_progress",
        act: Act::Emit(HookName::Progress),
        fields: &[
            FieldRule(Field::ProgressType, "/type"),
            FieldRule(Field::ToolId, "/tool_use_id"),
            FieldRule(Field::ToolName, "/tool_name"),
            FieldRule(Field::TaskId, "/task_id"),
            FieldRule(Field::Progress, "/elapsed_time_seconds"),
            FieldRule(Field::Data, ""),
        ],
    },
    EventRule {
        wire: "tool_use_summary",
        act: Act::Emit(HookName::Progress),
        fields: &[
            FieldRule(Field::ProgressType, "/type"),
            FieldRule(Field::Summary, "/summary"),
            FieldRule(Field::ToolIds, "/preceding_tool_use_ids"),
        ],
    },
    EventRule {
        wire: "prompt_suggestion",
        act: Act::Emit(HookName::Progress),
        fields: &[
            FieldRule(Field::ProgressType, "/type"),
            FieldRule(Field::Summary, "/suggestion"),
        ],
    },
    EventRule {
        wire: "env_manager_log",
        act: Act::Emit(HookName::Progress),
        fields: &[
            FieldRule(Field::ProgressType, "/type"),
            FieldRule(Field::Message, "/data/content"),
            FieldRule(Field::Title, "/data/category"),
            FieldRule(Field::Data, "/data"),
        ],
    },
    EventRule {
        wire: "rate_limit_event",
        act: Act::Unless(HookName::Notification, "/rate_limit_info/status", "allowed"),
        fields: &[
            FieldRule(Field::NotificationType, "=rate_limit_event"),
            FieldRule(Field::Message, "/rate_limit_info/status"),
            FieldRule(Field::Limit, "/rate_limit_info"),
        ],
    },
    EventRule {
        wire: "auth_status",
        act: Act::Emit(HookName::Notification),
        fields: &[
            FieldRule(Field::NotificationType, "=auth_status"),
            FieldRule(Field::Error, "/error"),
        ],
    },
    EventRule {
        wire: "conversation_reset",
        act: Act::Row(Row::Reset),
        fields: &[FieldRule(Field::Trigger, "/trigger")],
    },
    EventRule::row("command_lifecycle", Row::Lifecycle),
    EventRule::ignored("active_goal"),
    EventRule::ignored("autocompact_state"),
    EventRule::ignored("session_metadata"),
    EventRule::ignored("transcript_mirror"),
    EventRule::ignored("sources_changed"),
    EventRule::ignored("keep_alive"),
    EventRule::ignored("auth"),
    // The records of the second interface that are no rows.
    EventRule::ignored("session_update"),
    EventRule::ignored("delivery_update"),
    EventRule {
        wire: "catch_up_truncated",
        act: Act::Emit(HookName::Gap),
        fields: &[FieldRule(Field::Reason, "=catch_up_truncated")],
    },
];
