//! The events of one session: what is kept, and who follows.

use super::marks;
use serde_json::Value;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// One event, on its way to whoever follows the session.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// What carries it, where the pipe has several kinds of event.
    pub(super) kind: Kind,
    /// Its place among the kept ones, from 1.
    pub(super) number: u64,
    /// Its own id, which the number does not give away.
    pub(super) id: String,
    pub(super) source: Source,
    pub(super) created_at: String,
    pub(super) data: Value,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// Kept: whoever comes later gets it too.
    Kept,
    /// For those who follow now.
    Passing,
    /// News about a kept event.
    Delivery,
    /// Not an event: all who follow are cut off.
    Disconnect,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    Worker,
    Client,
}

impl Event {
    pub(super) fn new(kind: Kind, source: Source, data: Value) -> Event {
        Event { kind, number: 0, id: marks::uuid(), source, created_at: marks::now(), data }
    }

    /// What the worker says and the session keeps.
    pub(super) fn kept(data: Value) -> Event {
        Event::new(Kind::Kept, Source::Worker, data)
    }

    /// What a page said.
    pub(super) fn from_client(data: Value) -> Event {
        Event::new(Kind::Kept, Source::Client, data)
    }
}

/// Events that came at the same time.
pub(super) type Batch = Vec<Event>;

/// The log of a session, and those who follow it.
#[derive(Default)]
pub(super) struct Feed(Mutex<State>);

#[derive(Default)]
struct State {
    log: Vec<Event>,
    followers: Vec<UnboundedSender<Batch>>,
}

impl Feed {
    /// Numbers what is kept, and sends all of it.
    pub(super) fn publish(&self, mut batch: Batch) -> Batch {
        let mut state = self.lock();
        for event in batch.iter_mut().filter(|event| event.kind == Kind::Kept) {
            event.number = state.log.len() as u64 + 1;
            state.log.push(event.clone());
        }
        state.followers.retain(|follower| follower.send(batch.clone()).is_ok());
        batch
    }

    /// What was kept so far, and all that comes from now on: nothing is missed
    /// in between, and nothing comes twice.
    pub(super) fn follow(&self) -> (Batch, UnboundedReceiver<Batch>) {
        let (sender, receiver) = unbounded_channel();
        let mut state = self.lock();
        state.followers.push(sender);
        (state.log.clone(), receiver)
    }

    /// What was kept so far.
    pub(super) fn log(&self) -> Batch {
        self.lock().log.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn who_follows_late_gets_what_was_kept_and_then_everything() {
        let feed = Feed::default();
        let passing = Event::new(Kind::Passing, Source::Worker, json!("delta"));
        feed.publish(vec![Event::kept(json!("a")), passing.clone(), Event::kept(json!("b"))]);
        let (log, mut news) = feed.follow();
        let kept: Vec<_> = log.iter().map(|event| (event.number, event.data.clone())).collect();
        assert_eq!(kept, [(1, json!("a")), (2, json!("b"))]);
        feed.publish(vec![passing, Event::kept(json!("c"))]);
        let batch = news.recv().await.unwrap();
        assert_eq!(batch.iter().map(|event| event.number).collect::<Vec<_>>(), [0, 3]);
    }
}
