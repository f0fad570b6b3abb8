//! The refusal a prompt can ask for: what a service answers to somebody whose
//! usage is at its limit.

use crate::root;
use anyhow::{Context, Result};
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Seconds to wait, as the header says.
const RETRY_AFTER: &str = "10800";

/// Whether a prompt asks to be refused.
pub(super) fn is_wanted(prompt: &str) -> bool {
    let mut words = prompt.split(|letter: char| !letter.is_alphanumeric());
    words.any(|word| word.eq_ignore_ascii_case("limit"))
}

/// The recorded body of a refusal.
pub(super) fn read() -> Result<Bytes> {
    let file = root::existing("www/turns/limit.json", "the recorded body of a refused prompt")?;
    Ok(std::fs::read(file).context("cannot read www/turns/limit.json")?.into())
}

/// The refusal.
pub(super) fn refusal(body: Bytes) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::RETRY_AFTER, RETRY_AFTER)];
    (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_itself_is_refused() {
        assert!(is_wanted("Hit the LIMIT."));
        assert!(!is_wanted("unlimited"));
    }
}
