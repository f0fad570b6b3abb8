//! All pipes but the chat's, and what they share.

use super::managed::Managed;
use super::mcp::{self, Mcp};
use super::playback::Speed;
use super::recording::{self, Recording};
use super::remote::{self, Remote};
use super::sdk_server;
use super::stage::Stage;
use anyhow::Result;
use axum::Router;
use std::sync::Arc;

/// What their requests share.
pub(super) struct Pipes {
    pub(super) speed: Speed,
    pub(super) remote: Arc<Stage<Remote>>,
    pub(super) managed: Arc<Stage<Managed>>,
    pub(super) sdk: sdk_server::Numbers,
    pub(super) sdk_recordings: Vec<Recording>,
    pub(super) mcp: Mcp,
}

/// The same, for every request.
pub(super) type Shared = Arc<Pipes>;

/// The routes, over the recordings in www/turns.
pub(super) fn routes(speed: f64) -> Result<Router> {
    let speed = Speed(speed);
    let pipes = Pipes {
        speed,
        remote: Stage::new(Remote, recording::read_all("remote")?, speed),
        managed: Stage::new(Managed, recording::read_all("managed")?, speed),
        sdk: sdk_server::Numbers::default(),
        sdk_recordings: recording::read_all("sdk-server")?,
        mcp: Mcp::read()?,
    };
    let routes = remote::routes().merge(sdk_server::routes()).merge(mcp::routes());
    Ok(routes.with_state(Arc::new(pipes)))
}
