//! The Model Context Protocol over its three transports. Data only.
//!
//! A method that ignores says: known, and on purpose without a hook event.

use super::ide::IDE;
use super::table::PLAIN;
use super::{Act, Dialect, Endpoint, EventRule, FieldRule, Grammar, Rpc, Says, Sign};
use crate::hook::Field;

/// Over a socket: how an editor is spoken to.
pub(super) static SOCKET: Dialect = Dialect {
    name: "mcp-ws",
    endpoints: &[Endpoint {
        method: "WS",
        path: "**",
        needs: &[("sec-websocket-protocol", "mcp")],
        says: Says::Rpc,
    }],
    control: IDE,
    ..RPC
};

/// Streamable HTTP: every message is posted, and answers come where they like.
pub(super) static HTTP: Dialect = Dialect {
    name: "mcp-http",
    endpoints: &[
        Endpoint {
            method: "POST",
            path: "**",
            needs: &[("accept", "application/json"), ("accept", "text/event-stream")],
            says: Says::Rpc,
        },
        Endpoint {
            method: "GET",
            path: "**",
            needs: &[("accept", "text/event-stream")],
            says: Says::Rpc,
        },
        Endpoint {
            method: "DELETE",
            path: "**",
            needs: &[("mcp-protocol-version", "20")],
            says: Says::Rpc,
        },
    ],
    ..RPC
};

/// The older transport: an event stream that names the address to post to.
pub(super) static STREAM: Dialect = Dialect {
    name: "mcp-sse",
    endpoints: &[Endpoint {
        method: "GET",
        path: "**",
        needs: &[("accept", "text/event-stream")],
        says: Says::Rpc,
    }],
    signs: &[
        Sign { event: "endpoint", at: "", prefix: "" },
        Sign { event: "", at: "/jsonrpc", prefix: "2.0" },
        Sign { event: "message", at: "/jsonrpc", prefix: "2.0" },
    ],
    control: IDE,
    ends_with_pipe: true,
    ..RPC
};

const RPC: Dialect = Dialect {
    signs: &[
        Sign { event: "", at: "/jsonrpc", prefix: "2.0" },
        Sign { event: "message", at: "/jsonrpc", prefix: "2.0" },
    ],
    events: METHODS,
    grammar: Grammar::Rpc,
    unsure: true,
    ..PLAIN
};

/// By method.
const METHODS: &[EventRule] = &[
    EventRule {
        wire: "initialize",
        act: Act::Rpc(Rpc::Initialize),
        fields: &[
            FieldRule(Field::ServerInfo, "/result/serverInfo"),
            FieldRule(Field::ProtocolVersion, "/result/protocolVersion"),
        ],
    },
    EventRule::rpc("tools/call", Rpc::Call),
    EventRule {
        wire: "elicitation/create",
        act: Act::Rpc(Rpc::Elicit),
        fields: &[
            FieldRule(Field::Message, "/params/message"),
            FieldRule(Field::Mode, "/params/mode"),
            FieldRule(Field::Url, "/params/url"),
            FieldRule(Field::ElicitationId, "/params/elicitationId"),
            FieldRule(Field::RequestedSchema, "/params/requestedSchema"),
        ],
    },
    EventRule {
        wire: "sampling/createMessage",
        act: Act::Rpc(Rpc::Sample),
        fields: &[FieldRule(Field::Data, "/params")],
    },
    EventRule::ignored("ping"),
    EventRule::ignored("tools/list"),
    EventRule::ignored("prompts/list"),
    EventRule::ignored("prompts/get"),
    EventRule::ignored("resources/list"),
    EventRule::ignored("resources/read"),
    EventRule::ignored("resources/templates/list"),
    EventRule::ignored("resources/subscribe"),
    EventRule::ignored("resources/unsubscribe"),
    EventRule::ignored("completion/complete"),
    EventRule::ignored("logging/setLevel"),
    EventRule::ignored("roots/list"),
    EventRule::ignored("tasks/get"),
    EventRule::ignored("tasks/result"),
    EventRule::ignored("tasks/list"),
    EventRule::ignored("tasks/cancel"),
    EventRule::rpc("notifications/cancelled", Rpc::Cancelled),
    EventRule {
        wire: "notifications/progress",
        act: Act::Rpc(Rpc::Progress),
        fields: &[
            FieldRule(Field::ProgressType, "/method"),
            FieldRule(Field::ProgressToken, "/params/progressToken"),
            FieldRule(Field::Progress, "/params/progress"),
            FieldRule(Field::Total, "/params/total"),
            FieldRule(Field::Message, "/params/message"),
        ],
    },
    EventRule {
        wire: "notifications/message",
        act: Act::Rpc(Rpc::Log),
        fields: &[
            FieldRule(Field::NotificationType, "/method"),
            FieldRule(Field::Level, "/params/level"),
            FieldRule(Field::Title, "/params/logger"),
        ],
    },
    EventRule::ignored("notifications/initialized"),
    EventRule::ignored("notifications/tools/list_changed"),
    EventRule::ignored("notifications/prompts/list_changed"),
    EventRule::ignored("notifications/resources/list_changed"),
    EventRule::ignored("notifications/resources/updated"),
    EventRule::ignored("notifications/roots/list_changed"),
    EventRule::ignored("notifications/elicitation/complete"),
    EventRule::ignored("notifications/tasks/status"),
];
