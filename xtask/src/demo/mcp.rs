//! MCP over its three transports: the IDE's WebSocket, Streamable HTTP, and the
//! older HTTP with server-sent events.

mod calls;
mod ide;
mod legacy;
mod server;
mod streamable;

use super::pipes::Shared;
use anyhow::Result;
use axum::Router;
use axum::routing::{get, post};

/// The servers and who is connected to them.
pub(super) struct Mcp {
    ide: ide::Ide,
    places: server::Server,
    streamable: streamable::Sessions,
    legacy: legacy::Sessions,
}

impl Mcp {
    /// Reads what the servers say.
    pub(super) fn read() -> Result<Mcp> {
        Ok(Mcp {
            ide: ide::Ide::new(server::Server::read("ide")?),
            places: server::Server::read("places")?,
            streamable: streamable::Sessions::default(),
            legacy: legacy::Sessions::default(),
        })
    }
}

/// The routes.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/ide", get(ide::connect))
        .route("/ide/diffs", post(ide::decide))
        .route("/mcp", get(streamable::listen).post(streamable::send).delete(streamable::end))
        .route("/sse", get(legacy::connect))
        .route("/messages", post(legacy::send))
}
