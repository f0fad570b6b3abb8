//! The server: recorded turns at the addresses of each service, and the page.

use super::turns::Turn;
use super::{endpoints, limit, pipes};
use crate::root;
use anyhow::{Context, Result};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tower_http::services::{ServeDir, ServeFile};

/// A server that runs as long as its runtime does.
pub(super) struct Server {
    pub(super) address: SocketAddr,
}

/// Takes the port. Who comes before the server has started waits.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot serve at {address}; --port chooses another port"))
}

/// Starts serving in the background.
pub(super) async fn start(turns: Vec<Turn>, speed: f64, listener: TcpListener) -> Result<Server> {
    let address = listener.local_addr()?;
    let pages = ServeDir::new(root::path("dist/www"));
    // The React chat's own addresses, so that a reload stays where it is.
    let react = ServeFile::new(root::path("dist/www/react.html"));
    let chat = endpoints::routes(turns, limit::read()?, speed);
    let routes = chat
        .merge(pipes::routes(speed)?)
        .route_service("/new", react.clone())
        .route_service("/chat/{conversation}", react)
        .fallback_service(pages);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(Server { address })
}
