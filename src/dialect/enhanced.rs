//! The SDK's enhanced WebSocket server and its clients. Data only.
//!
//! A row that ignores says: known, and on purpose without a hook event.

use super::table::PLAIN;
use super::{Act, Dialect, Endpoint, EventRule, FieldRule, Grammar, Query, Says, Sign};
use crate::hook::{Field, HookName};

pub(super) static ENHANCED: Dialect = Dialect {
    name: "enhanced-ws",
    endpoints: &[Endpoint { method: "WS", path: "**/ws", needs: &[], says: Says::Rows }],
    signs: &[Sign { event: "connection_established", at: "/data/capabilities", prefix: "" }],
    events: EVENTS,
    grammar: Grammar::Rows,
    kind: &["/type"],
    // A batch, of which the server takes no notice: what it holds is a prompt
    // only once the server says that it begins.
    lists: &["/messages"],
    ends_with_pipe: true,
    unsure: true,
    ..PLAIN
};

const AUTH: &[FieldRule] = &[
    FieldRule(Field::NotificationType, "=auth"),
    FieldRule(Field::Message, "/data/message"),
    FieldRule(Field::Message, "/type"),
];

/// By type.
const EVENTS: &[EventRule] = &[
    // What the page says.
    EventRule::query("query", Query::Asked),
    EventRule::ignored("input"),
    EventRule::ignored("interrupt"),
    EventRule::ignored("define_tool"),
    EventRule::ignored("get_tools"),
    EventRule::ignored("ping"),
    EventRule::ignored("batch"),
    EventRule::ignored("oauth_login"),
    EventRule::ignored("oauth_logout"),
    EventRule::ignored("oauth_refresh"),
    // What the server says; the status is asked for and told by the same name.
    EventRule::ignored("oauth_status"),
    EventRule::query("connection_established", Query::Hello),
    EventRule::query("query_start", Query::Begins),
    EventRule {
        wire: "system_message",
        act: Act::Emit(HookName::Notification),
        fields: &[
            FieldRule(Field::NotificationType, "=system_message"),
            FieldRule(Field::Message, "/data/subtype"),
            FieldRule(Field::Data, "/data"),
        ],
    },
    EventRule::query("assistant_message", Query::Blocks),
    EventRule {
        wire: "result_message",
        act: Act::Query(Query::Result),
        fields: &[
            FieldRule(Field::Usage, "/data/usage"),
            FieldRule(Field::TotalCostUsd, "/data/total_cost_usd"),
            FieldRule(Field::NumTurns, "/data/num_turns"),
            FieldRule(Field::DurationMs, "/data/duration_ms"),
        ],
    },
    EventRule::query("query_end", Query::End),
    EventRule::query("query_interrupted", Query::Cancelled),
    EventRule::query("query_cancelled", Query::Cancelled),
    EventRule::query("interrupt_acknowledged", Query::Interrupted),
    EventRule {
        wire: "input_acknowledged",
        act: Act::Emit(HookName::UserPromptSubmit),
        fields: &[FieldRule(Field::Prompt, "/data/text"), FieldRule(Field::Source, "=input")],
    },
    EventRule::ignored("tool_defined"),
    EventRule::ignored("tools_list"),
    EventRule::ignored("pong"),
    EventRule {
        wire: "error",
        act: Act::Query(Query::Failed),
        fields: &[
            FieldRule(Field::NotificationType, "=error"),
            FieldRule(Field::Message, "/data/error"),
        ],
    },
    EventRule { wire: "auth_required", act: Act::Emit(HookName::Notification), fields: AUTH },
    EventRule { wire: "auth_expired", act: Act::Emit(HookName::Notification), fields: AUTH },
    EventRule::ignored("oauth_login_initiated"),
    EventRule::ignored("oauth_login_url"),
    EventRule::ignored("oauth_success"),
    EventRule::ignored("oauth_error"),
    EventRule::ignored("oauth_logout_success"),
    EventRule::ignored("oauth_refresh_success"),
    EventRule::ignored("oauth_refresh_error"),
];
