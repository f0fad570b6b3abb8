//! The server: recorded turns at the addresses of each service, and the page.

use super::turns::Turn;
use super::{collector, endpoints, limit, pipes};
use crate::root;
use anyhow::{Context, Result};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tower_http::services::{ServeDir, ServeFile};

/// A server that runs as long as its runtime does.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// Where the page can send what its tap sees.
    pub(super) collector: SocketAddr,
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
    let beside = collector::start(address.port().saturating_add(1)).await?;
    let collector = beside.address;
    let pages = ServeDir::new(root::path("dist/www"));
    // The React chat's own addresses, so that a reload stays where it is.
    let react = ServeFile::new(root::path("dist/www/react.html"));
    let chat = endpoints::routes(turns, limit::read()?, speed);
    let routes = chat
        .merge(pipes::routes(speed)?)
        .merge(collector::routes(beside))
        .route_service("/new", react.clone())
        .route_service("/chat/{conversation}", react)
        .fallback_service(pages)
        .layer(from_fn(under_policy));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(Server { address, collector })
}

/// With `?policy=self` a page may talk to its own server only, as some may.
async fn under_policy(request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let is_strict = query.split('&').any(|part| part == "policy=self");
    let mut response = next.run(request).await;
    if is_strict {
        let policy = HeaderValue::from_static("connect-src 'self'");
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}
