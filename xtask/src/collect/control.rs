//! What tests and chaos turn while it runs. No page can: a header that needs a
//! preflight is asked for, and no preflight allows it here.

use super::answer;
use super::fault::Fault;
use super::server::Collector;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde_json::Value;

const HEADER: &str = "x-pagetap-control";

pub(super) fn routes() -> Router<Collector> {
    Router::new()
        .route("/control/faults", put(faults))
        .route("/control/counts", get(counts))
        .layer(from_fn(only_with_header))
}

async fn only_with_header(request: Request, next: Next) -> Response {
    if has_header(request.headers()) {
        return next.run(request).await;
    }
    answer::because(StatusCode::FORBIDDEN, &format!("{HEADER} is missing"))
}

fn has_header(headers: &HeaderMap) -> bool {
    headers.contains_key(HEADER)
}

/// One fault a line, instead of all there were.
async fn faults(State(collector): State<Collector>, body: String) -> Response {
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    match lines.map(str::parse::<Fault>).collect() {
        Ok(faults) => {
            collector.set_faults(faults);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(why) => answer::because(StatusCode::BAD_REQUEST, &why),
    }
}

async fn counts(State(collector): State<Collector>) -> Json<Value> {
    Json(collector.counts())
}
