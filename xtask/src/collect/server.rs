//! The collector's server.

use super::connection::{Connections, Cut};
use super::cors::{self, Origins};
use super::fault::{Asked, Fault, Faults, Mishap};
use super::ledger::Ledger;
use super::print::{self, Show};
use super::record::Batch;
use super::{answer, control, receive, relay};
use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, OriginalUri, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;

/// More than any client sends at once.
const LARGEST_BODY: usize = 32 << 20;

/// What all requests share.
#[derive(Clone)]
pub(super) struct Collector(Arc<Shared>);

struct Shared {
    ledger: Mutex<Ledger>,
    faults: Mutex<Faults>,
    origins: Origins,
    show: Show,
}

impl Collector {
    pub(super) fn new(
        ledger: Ledger,
        faults: Vec<Fault>,
        origins: Vec<String>,
        show: Show,
    ) -> Collector {
        let (ledger, faults) = (Mutex::new(ledger), Mutex::new(Faults::new(faults)));
        Collector(Arc::new(Shared { ledger, faults, origins: Origins(origins), show }))
    }

    pub(super) fn origins(&self) -> &Origins {
        &self.0.origins
    }

    /// What goes wrong with this request.
    pub(super) fn next_mishap(&self, asked: &Asked) -> Option<Mishap> {
        let mishap = lock(&self.0.faults).next(asked);
        let mut ledger = self.ledger();
        ledger.requests += 1;
        ledger.bytes += asked.bytes as u64;
        if let Some(mishap) = mishap {
            *ledger.faults.entry(mishap.name()).or_default() += 1;
        }
        mishap
    }

    pub(super) fn set_faults(&self, faults: Vec<Fault>) {
        *lock(&self.0.faults) = Faults::new(faults);
    }

    /// Keeps what is new and prints all.
    pub(super) fn keep(&self, batch: &Batch) -> Result<()> {
        let mut ledger = self.ledger();
        let news = ledger.keep(&batch.records)?;
        ledger.unreadable += batch.unreadable.len() as u64;
        for (record, is_new) in batch.records.iter().zip(news) {
            self.tell(|| print::line(record, is_new));
        }
        for line in &batch.unreadable {
            let start: String = line.chars().take(80).collect();
            self.tell(|| format!("unreadable: {start:?}"));
        }
        Ok(())
    }

    pub(super) fn refuse(&self, path: &str, why: &str) {
        self.ledger().refused += 1;
        self.tell(|| format!("refused at {path:?}: {why}"));
    }

    pub(super) fn counts(&self) -> Value {
        self.ledger().counts()
    }

    pub(super) fn summary(&self) -> String {
        self.ledger().summary()
    }

    fn tell(&self, line: impl Fn() -> String) {
        match &self.0.show {
            Show::Printed => println!("{}", line()),
            // It fails when nobody listens.
            Show::Told(listeners) => drop(listeners.send(line())),
            Show::Nothing => (),
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.0.ledger)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves until the task ends.
pub(super) async fn serve(listener: TcpListener, collector: Collector) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/relay", get(relay::page))
        .merge(control::routes())
        .fallback(any)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(collector);
    axum::serve(Connections(listener), routes.into_make_service_with_connect_info::<Cut>()).await
}

/// Collectors of hooks have all kinds of paths.
async fn any(
    State(collector): State<Collector>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let origins = collector.origins();
    match method {
        Method::OPTIONS => return cors::preflight(origins, &headers),
        Method::POST => (),
        _ => return answer::because(StatusCode::NOT_FOUND, "events are POSTed here"),
    }
    if !origins.allow(&headers) {
        return answer::because(StatusCode::FORBIDDEN, "not from this origin: see --origin");
    }
    let mut answer = receive::receive(&collector, &cut, uri.path(), &headers, body).await;
    cors::allow(&headers, answer.headers_mut());
    answer
}
