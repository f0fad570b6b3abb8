//! Claude Code on the web and remote control, both interfaces. Data only.
//!
//! A row that ignores says: known, and on purpose without a hook event.

use super::ccr_control::CONTROL;
use super::ccr_rows::EVENTS;
use super::table::PLAIN;
use super::{Dialect, Endpoint, Grammar, Says, Sign};

/// Which header tells these sessions from those of the public API.
const BETA: &[(&str, &str)] = &[("anthropic-beta", "ccr-")];

pub(super) static V1: Dialect = Dialect {
    name: "ccr-v1",
    endpoints: &[
        Endpoint {
            method: "WS",
            path: "**/v1/sessions/ws/{session}/subscribe",
            needs: &[],
            says: Says::Rows,
        },
        Endpoint {
            method: "POST",
            path: "**/v1/sessions/{session}/events",
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
            path: "**/v1/sessions/{session_*}/events",
            needs: &[],
            says: Says::Rows,
        },
        Endpoint {
            method: "GET",
            path: "**/v1/sessions/{session_*}/events",
            needs: &[],
            says: Says::Rows,
        },
        Endpoint { method: "POST", path: "**/v1/sessions", needs: BETA, says: Says::Create },
        Endpoint {
            method: "POST",
            path: "**/v1/sessions/{session_*}/archive",
            needs: &[],
            says: Says::Archive,
        },
    ],
    signs: &[
        Sign { event: "system/init", at: "/session_id", prefix: "" },
        Sign { event: "keep_alive", at: "", prefix: "" },
        Sign { event: "control_response", at: "/response/request_id", prefix: "" },
        Sign { event: "assistant", at: "/message/content", prefix: "" },
        Sign { event: "stream_event", at: "/event/type", prefix: "" },
    ],
    lines: true,
    ..ROWS
};

pub(super) static V2: Dialect = Dialect {
    name: "ccr-v2",
    endpoints: &[
        Endpoint {
            method: "GET",
            path: "**/v1/code/sessions/{session}/events/stream",
            needs: &[],
            says: Says::Rows,
        },
        Endpoint {
            method: "POST",
            path: "**/v1/code/sessions/{session}/events",
            needs: &[],
            says: Says::Rows,
        },
        Endpoint {
            method: "GET",
            path: "**/v1/code/sessions/{session}/events",
            needs: &[],
            says: Says::Rows,
        },
        Endpoint { method: "POST", path: "**/v1/code/sessions", needs: &[], says: Says::Create },
        Endpoint {
            method: "POST",
            path: "**/v1/code/sessions/{session}/archive",
            needs: &[],
            says: Says::Archive,
        },
    ],
    signs: &[
        Sign { event: "client_event", at: "/payload/type", prefix: "" },
        Sign { event: "ephemeral_event", at: "/payload/type", prefix: "" },
        Sign { event: "session_update", at: "/connection_status", prefix: "" },
        Sign { event: "delivery_update", at: "/status", prefix: "DELIVERY_STATUS_" },
        Sign { event: "catch_up_truncated", at: "", prefix: "" },
    ],
    ..ROWS
};

const ROWS: Dialect = Dialect {
    grammar: Grammar::Rows,
    kind: &["/type", "/subtype", "/request/subtype"],
    lists: &["/events", "/data"],
    asks: &["AskUserQuestion"],
    events: EVENTS,
    control: CONTROL,
    ..PLAIN
};
