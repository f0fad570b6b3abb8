//! One response while it is being written: paced, waiting for the person where
//! the recorded one did, and over as soon as the page stops it or goes away.

use super::writes::Write;
use axum::body::{Body, Bytes};
use futures_util::stream;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

/// How long the person may think, in seconds at the recorded speed; then the
/// recorded turn goes on as it did.
const PATIENCE: f64 = 60.0;

/// What later requests say to a response that is being written.
#[derive(Default)]
pub(super) struct Signals {
    /// The person pressed stop.
    pub(super) stop: Notify,
    /// The person answered a question for permission.
    pub(super) answer: Notify,
}

/// A body that writes when it is due, `speed` times as fast as recorded. When
/// the page disconnects the body is dropped, and nothing more happens.
pub(super) fn body(writes: Vec<Write>, speed: f64, signals: Arc<Signals>) -> Body {
    let generation =
        Generation { writes: writes.into_iter(), speed, signals, start: Instant::now() };
    Body::from_stream(stream::unfold(generation, Generation::next))
}

struct Generation {
    writes: std::vec::IntoIter<Write>,
    speed: f64,
    signals: Arc<Signals>,
    /// When the first write was due; waiting for the person moves it.
    start: Instant,
}

impl Generation {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Generation)> {
        let write = self.writes.next()?;
        let after_start = self.scaled(write.due / 1000.0);
        let signals = self.signals.clone();
        tokio::select! {
            () = signals.stop.notified() => return None,
            () = signals.answer.notified(), if write.awaits_person => {}
            () = sleep(self.scaled(PATIENCE)), if write.awaits_person => {}
            () = sleep_until(self.start + after_start), if !write.awaits_person => {}
        }
        if write.awaits_person {
            self.start = Instant::now().checked_sub(after_start).unwrap_or(self.start);
        }
        Some((Ok(Bytes::from(write.bytes)), self))
    }

    fn scaled(&self, seconds: f64) -> Duration {
        Duration::try_from_secs_f64(seconds / self.speed).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;
    use futures_util::StreamExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    fn write(text: &'static str, due: f64, awaits_person: bool) -> Write {
        Write { bytes: text.into(), due, awaits_person }
    }

    async fn read(body: Body) -> String {
        let chunks: Vec<_> = body.into_data_stream().collect().await;
        chunks.into_iter().map(|chunk| String::from_utf8(chunk.unwrap().into()).unwrap()).collect()
    }

    #[tokio::test]
    async fn all_is_written_in_time() {
        let start = Instant::now();
        let writes = vec![write("a", 0.0, false), write("b", 300.0, false)];
        assert_eq!(read(body(writes, 10.0, Arc::default())).await, "ab");
        assert!(start.elapsed() >= Duration::from_millis(30));
    }

    #[tokio::test]
    async fn a_page_that_goes_away_ends_it() {
        let signals = Arc::new(Signals::default());
        let held = signals.clone();
        let writes = vec![write("a", 0.0, false), write("b", 60_000.0, false)];
        let answer = move || {
            let body = body(writes.clone(), 1.0, held.clone());
            async move { body }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/", get(answer));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let idle = Arc::strong_count(&signals);

        let mut page = TcpStream::connect(address).await.unwrap();
        page.write_all(b"GET / HTTP/1.1\r\nHost: demo\r\n\r\n").await.unwrap();
        page.read_u8().await.unwrap();
        assert!(Arc::strong_count(&signals) > idle);
        drop(page);
        let mut tries = 0..100;
        while Arc::strong_count(&signals) > idle && tries.next().is_some() {
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(Arc::strong_count(&signals), idle);
    }

    #[tokio::test]
    async fn stop_ends_it_and_an_answer_lets_it_go_on() {
        let signals = Arc::new(Signals::default());
        let writes =
            vec![write("a", 0.0, false), write("b", 1.0, true), write("c", 60_000.0, false)];
        let body = tokio::spawn(read(body(writes, 1.0, signals.clone())));
        sleep(Duration::from_millis(20)).await;
        assert!(!body.is_finished());
        signals.answer.notify_one();
        sleep(Duration::from_millis(20)).await;
        signals.stop.notify_one();
        assert_eq!(body.await.unwrap(), "ab");
    }
}
