//! The page that carries batches where a page's own policy lets nothing out.

use super::answer;
use super::server::Collector;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;

const PAGE: &str = include_str!("relay.html");

/// It talks to who opened it and to this server, and loads nothing.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                      connect-src 'self'; frame-ancestors 'none'";

pub(super) async fn page(
    State(collector): State<Collector>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let Some(origin) = query.get("origin") else {
        return answer::because(StatusCode::BAD_REQUEST, "whose events? /relay?origin=ORIGIN");
    };
    if !collector.origins().allow_origin(origin) {
        let why = format!("{origin} may not send here: see --origin");
        return answer::because(StatusCode::FORBIDDEN, &why);
    }
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, PAGE).into_response()
}
