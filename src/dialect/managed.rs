//! Managed Agents sessions of the public API. Data only.
//!
//! Its events are whole, except where the page asked for previews. A row that
//! ignores says: known, and on purpose without a hook event.

use super::table::PLAIN;
use super::{Act, Agent, Dialect, Endpoint, EventRule, FieldRule, Grammar, Row, Says, Sign};
use crate::hook::{Field, HookName};

/// Which header tells these sessions from Claude Code's.
const BETA: &[(&str, &str)] = &[("anthropic-beta", "managed-agents-")];

pub(super) static MANAGED: Dialect = Dialect {
    name: "managed-agents",
    endpoints: &[
        Endpoint {
            method: "GET",
            path: "**/v1/sessions/{sesn_*}/events/stream",
            needs: &[],
            says: Says::Rows,
        },
        Endpoint {
            method: "GET",
            path: "**/v1/sessions/{sesn_*}/events",
            needs: &[],
            says: Says::Rows,
        },
        Endpoint {
            method: "POST",
            path: "**/v1/sessions/{sesn_*}/events",
            needs: &[],
            says: Says::Rows,
        },
        Endpoint {
            method: "GET",
            path: "**/v1/sessions/{session}/events/stream",
            needs: BETA,
            says: Says::Rows,
        },
        Endpoint {
            method: "GET",
            path: "**/v1/sessions/{session}/events",
            needs: BETA,
            says: Says::Rows,
        },
        Endpoint {
            method: "POST",
            path: "**/v1/sessions/{session}/events",
            needs: BETA,
            says: Says::Rows,
        },
    ],
    signs: &[
        Sign { event: "agent.*", at: "/processed_at", prefix: "" },
        Sign { event: "session.*", at: "/processed_at", prefix: "" },
        Sign { event: "span.*", at: "/processed_at", prefix: "" },
        Sign { event: "workflow_run.*", at: "/processed_at", prefix: "" },
        Sign { event: "user.message", at: "/content", prefix: "" },
        Sign { event: "user.interrupt", at: "", prefix: "" },
        Sign { event: "user.tool_confirmation", at: "/tool_use_id", prefix: "" },
        Sign { event: "user.tool_result", at: "/tool_use_id", prefix: "" },
        Sign { event: "user.custom_tool_result", at: "/custom_tool_use_id", prefix: "" },
        Sign { event: "event_start", at: "/event/id", prefix: "" },
    ],
    events: EVENTS,
    grammar: Grammar::Rows,
    kind: &["/type"],
    lists: &["/events", "/data"],
    row_id: "/id",
    ..PLAIN
};

/// What names a tool call.
const CALL: &[FieldRule] = &[
    FieldRule(Field::ToolId, "/id"),
    FieldRule(Field::ToolName, "/name"),
    FieldRule(Field::ToolInput, "/input"),
    FieldRule(Field::Server, "/mcp_server_name"),
];

/// What names a subagent's thread.
const THREAD: &[FieldRule] = &[
    FieldRule(Field::AgentId, "/session_thread_id"),
    FieldRule(Field::AgentType, "/agent_name"),
    FieldRule(Field::StopReason, "/stop_reason/type"),
];

/// By type.
const EVENTS: &[EventRule] = &[
    EventRule::agent("user.message", Agent::Prompt),
    EventRule::agent("user.interrupt", Agent::Interrupt),
    EventRule {
        wire: "user.tool_confirmation",
        act: Act::Agent(Agent::Confirm),
        fields: &[FieldRule(Field::Message, "/deny_message")],
    },
    EventRule {
        wire: "user.custom_tool_result",
        act: Act::Agent(Agent::Result),
        fields: &[FieldRule(Field::ToolId, "/custom_tool_use_id")],
    },
    EventRule {
        wire: "user.tool_result",
        act: Act::Agent(Agent::Result),
        fields: &[FieldRule(Field::ToolId, "/tool_use_id")],
    },
    EventRule::ignored("user.define_outcome"),
    EventRule::ignored("system.message"),
    EventRule::agent("agent.message", Agent::Message),
    EventRule::agent("event_start", Agent::Preview),
    EventRule::agent("event_delta", Agent::Piece),
    EventRule::ignored("agent.thinking"),
    EventRule { wire: "agent.tool_use", act: Act::Agent(Agent::Call), fields: CALL },
    EventRule { wire: "agent.mcp_tool_use", act: Act::Agent(Agent::Call), fields: CALL },
    EventRule { wire: "agent.custom_tool_use", act: Act::Agent(Agent::OwnCall), fields: CALL },
    EventRule {
        wire: "agent.tool_result",
        act: Act::Agent(Agent::Result),
        fields: &[FieldRule(Field::ToolId, "/tool_use_id")],
    },
    EventRule {
        wire: "agent.mcp_tool_result",
        act: Act::Agent(Agent::Result),
        fields: &[FieldRule(Field::ToolId, "/mcp_tool_use_id")],
    },
    EventRule {
        wire: "agent.thread_context_compacted",
        act: Act::Emit(HookName::PostCompact),
        fields: &[FieldRule(Field::Trigger, "=auto")],
    },
    EventRule::ignored("agent.thread_message_sent"),
    EventRule::ignored("agent.thread_message_received"),
    EventRule::agent("session.status_running", Agent::Runs),
    EventRule::agent("session.status_idle", Agent::Idle),
    EventRule::ignored("session.status_rescheduled"),
    EventRule::row("session.status_terminated", Row::Over),
    EventRule::row("session.deleted", Row::Over),
    EventRule {
        wire: "session.error",
        act: Act::Agent(Agent::Failed),
        fields: &[
            FieldRule(Field::NotificationType, "=session.error"),
            FieldRule(Field::Message, "/error/message"),
            FieldRule(Field::Error, "/error/type"),
        ],
    },
    EventRule::ignored("session.updated"),
    EventRule::ignored("session.usage"),
    EventRule { wire: "session.thread_created", act: Act::Agent(Agent::Thread), fields: THREAD },
    EventRule {
        wire: "session.thread_status_running",
        act: Act::Agent(Agent::Thread),
        fields: THREAD,
    },
    EventRule {
        wire: "session.thread_status_idle",
        act: Act::Agent(Agent::ThreadIdle),
        fields: THREAD,
    },
    EventRule {
        wire: "session.thread_status_terminated",
        act: Act::Agent(Agent::ThreadOver),
        fields: THREAD,
    },
    EventRule::ignored("session.thread_status_rescheduled"),
    EventRule::ignored("span.model_request_start"),
    EventRule::agent("span.model_request_end", Agent::Used),
    EventRule::ignored("span.outcome_evaluation_start"),
    EventRule::ignored("span.outcome_evaluation_ongoing"),
    EventRule::ignored("span.outcome_evaluation_end"),
    EventRule::ignored("workflow_run.created"),
    EventRule::ignored("workflow_run.status_running"),
    EventRule::ignored("workflow_run.status_idle"),
    EventRule::ignored("workflow_run.status_ended"),
    EventRule::ignored("workflow_run.error"),
    EventRule::ignored("workflow_run.phase_started"),
    EventRule::ignored("workflow_run.phase_ended"),
];
