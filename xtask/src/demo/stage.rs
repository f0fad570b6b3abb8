//! Sessions that outlive their connections: a prompt comes by one request, its
//! answer goes to whoever follows, and prompts that come meanwhile wait.

use super::feed::{Event, Feed};
use super::marks;
use super::playback::{self, Ended, Order, Speed};
use super::recording::{self, Recording, Step};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What the events of a session look like.
pub(super) trait Language: Send + Sync + 'static {
    /// A recorded step as an event.
    fn event(&self, step: Step, session: &Session) -> Event;
    /// What ends a turn that was interrupted after all this was said.
    fn interrupted(&self, said: &[Event], session: &Session) -> Vec<Event>;
}

/// All sessions of one kind.
pub(super) struct Stage<L> {
    language: L,
    recordings: Vec<Recording>,
    speed: Speed,
    turns: AtomicU32,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
}

/// One session.
pub(super) struct Session {
    /// The worker's own id for it, which is not the one in addresses.
    pub(super) worker_id: String,
    pub(super) feed: Feed,
    turn: Mutex<Turn>,
}

#[derive(Default)]
struct Turn {
    /// Where orders go while a turn is played.
    orders: Option<UnboundedSender<Order>>,
    waiting: VecDeque<Prompt>,
    is_later: bool,
}

/// What the page asked.
pub(super) struct Prompt {
    pub(super) text: String,
    /// The id of the event that carried it.
    pub(super) id: String,
}

impl Session {
    /// Tells the turn that is played; false when there is none.
    pub(super) fn order(&self, order: Order) -> bool {
        self.turn().orders.as_ref().is_some_and(|orders| orders.send(order).is_ok())
    }

    /// How many prompts wait for their turn.
    pub(super) fn waiting(&self) -> usize {
        self.turn().waiting.len()
    }

    /// Whether a turn is played.
    pub(super) fn is_running(&self) -> bool {
        self.turn().orders.is_some()
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L: Language> Stage<L> {
    pub(super) fn new(language: L, recordings: Vec<Recording>, speed: Speed) -> Arc<Stage<L>> {
        let (turns, sessions) = (AtomicU32::new(0), Mutex::default());
        Arc::new(Stage { language, recordings, speed, turns, sessions })
    }

    /// The session of an address; it begins when it is first named.
    pub(super) fn session(&self, id: &str) -> Arc<Session> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = || {
            let worker_id = marks::uuid();
            Arc::new(Session { worker_id, feed: Feed::default(), turn: Mutex::default() })
        };
        sessions.entry(id.to_owned()).or_insert_with(begun).clone()
    }

    /// Answers a prompt, after those before it.
    pub(super) fn prompt(self: &Arc<Self>, session: &Arc<Session>, prompt: Prompt) {
        let mut turn = session.turn();
        turn.waiting.push_back(prompt);
        if turn.orders.is_none() {
            let (sender, orders) = unbounded_channel();
            turn.orders = Some(sender);
            tokio::spawn(self.clone().perform(session.clone(), orders));
        }
    }

    /// Plays turn after turn until no prompt waits.
    async fn perform(self: Arc<Self>, session: Arc<Session>, mut orders: UnboundedReceiver<Order>) {
        while let Some((prompt, is_first)) = next_prompt(&session) {
            let steps = self.steps(&session, &prompt, is_first);
            let mut said = Vec::new();
            let publish = |batch: Vec<Step>| {
                let events = batch.into_iter().map(|step| self.language.event(step, &session));
                said.extend(session.feed.publish(events.collect()));
            };
            let ended = playback::play(steps, self.speed, &mut orders, publish).await;
            if ended == Ended::Interrupted {
                let ending = self.language.interrupted(&said, &session);
                session.feed.publish(ending);
            }
        }
    }

    fn steps(&self, session: &Session, prompt: &Prompt, is_first: bool) -> Vec<Step> {
        let nth = self.turns.fetch_add(1, Ordering::Relaxed);
        let number = marks::turn_number();
        let values = [
            ("n", number.as_str()),
            ("prompt", &prompt.text),
            ("prompt_id", &prompt.id),
            ("session", &session.worker_id),
        ];
        let recording = recording::chosen(&prompt.text, &self.recordings, nth);
        let steps = recording.map(|recording| recording.steps.clone()).unwrap_or_default();
        let played = steps.into_iter().filter(|step| is_first || !step.first);
        played.map(|step| step.filled(&values)).collect()
    }
}

/// The prompt whose turn it is, and whether it is the session's first; without
/// one the session rests.
fn next_prompt(session: &Session) -> Option<(Prompt, bool)> {
    let mut turn = session.turn();
    let prompt = turn.waiting.pop_front();
    if prompt.is_none() {
        turn.orders = None;
    }
    let is_first = !std::mem::replace(&mut turn.is_later, true);
    prompt.map(|prompt| (prompt, is_first))
}
