//! Event streams that go on as long as something happens.

use super::feed::{Batch, Kind};
use super::frames;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;
use xtask::random::Random;

/// A comment is sent after so long a silence.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One record.
pub(super) fn record(event: Option<&str>, id: Option<&str>, data: &Value) -> String {
    let event = event.map(|event| format!("event: {event}\n")).unwrap_or_default();
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{event}{id}data: {data}\n\n")
}

/// Where the records come from, and how a batch of events is written.
pub(super) struct Source<F> {
    pub(super) news: UnboundedReceiver<Batch>,
    pub(super) records: F,
}

/// A response that begins with some records and goes on until the page or the
/// session ends it.
pub(super) fn response<F>(first: Vec<String>, source: Source<F>) -> Response
where
    F: Fn(&Batch) -> Vec<String> + Send + 'static,
{
    let mut random = Random::new(2);
    let ready = frames::frames(&first, &mut random).into();
    let writer = Writer { ready, source, random, is_over: false };
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Body::from_stream(stream::unfold(writer, Writer::next))).into_response()
}

struct Writer<F> {
    ready: VecDeque<String>,
    source: Source<F>,
    random: Random,
    is_over: bool,
}

impl<F: Fn(&Batch) -> Vec<String>> Writer<F> {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Writer<F>)> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Some((Ok(Bytes::from(chunk)), self));
            }
            if self.is_over {
                return None;
            }
            match timeout(KEEP_ALIVE, self.source.news.recv()).await {
                Ok(Some(batch)) => {
                    let records = (self.source.records)(&batch);
                    self.ready = frames::frames(&records, &mut self.random).into();
                    self.is_over = batch.iter().any(|event| event.kind == Kind::Disconnect);
                }
                Ok(None) => return None,
                Err(_) => self.ready.push_back(": keepalive\n\n".to_owned()),
            }
        }
    }
}
