//! The tool calls of one client that are being answered.

use super::super::playback::{self, Answer, Order, Speed, Way};
use super::super::recording::Step;
use super::server::Playing;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Calls in flight.
#[derive(Default)]
pub(super) struct Calls(Mutex<Vec<Call>>);

struct Call {
    /// The request's id: 1 and "1" are two.
    id: Value,
    /// The question a person must answer, if there is one.
    question: Option<String>,
    orders: UnboundedSender<Order>,
}

/// A call that was taken.
pub(super) struct InFlight {
    calls: Arc<Calls>,
    playing: Playing,
    orders: UnboundedReceiver<Order>,
}

impl InFlight {
    /// Plays its answer; `send` gets each message.
    pub(super) async fn play(mut self, speed: Speed, mut send: impl FnMut(Value)) {
        let Playing { id, steps } = self.playing;
        let publish = |batch: Vec<Step>| {
            // A question that is asked elsewhere, on a screen, is no message.
            let said = batch.into_iter().map(|step| step.data).filter(|data| !data.is_null());
            said.for_each(|data| send(Playing::message(&id, data)));
        };
        playback::play(steps, speed, &mut self.orders, publish).await;
        self.calls.lock().retain(|call| call.id != id);
    }
}

impl Calls {
    /// Takes a call: from here on it can be answered and cancelled.
    pub(super) fn begin(self: &Arc<Self>, playing: Playing) -> InFlight {
        let (sender, orders) = unbounded_channel();
        let question = playing.steps.iter().find_map(|step| step.asks.clone());
        self.lock().push(Call { id: playing.id.clone(), question, orders: sender });
        InFlight { calls: self.clone(), playing, orders }
    }

    /// A request is cancelled: it gets no answer.
    pub(super) fn cancel(&self, id: &Value) {
        self.order(|call| call.id == *id, &Order::Interrupt);
    }

    /// The client answers a question of the server's.
    pub(super) fn answer(&self, id: &Value, message: &Value) {
        let question = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let is_accepted = message.pointer("/result/action") == Some(&json!("accept"));
        let content = message.pointer("/result/content").and_then(Value::as_object);
        let words = content.into_iter().flat_map(|content| content.values()).map(words_of);
        let way = if is_accepted { Way::Allow } else { Way::Deny };
        self.decide(&question, Answer { way, text: words.collect::<Vec<_>>().join(", ") });
    }

    /// A person answers a question; whether anybody had asked it.
    pub(super) fn decide(&self, question: &str, answer: Answer) -> bool {
        let is_asked = |call: &Call| call.question.as_deref() == Some(question);
        self.order(is_asked, &Order::Answer(question.to_owned(), answer)) > 0
    }

    /// Two of an IDE's tools close diffs that wait for a person, which counts as
    /// a refusal; how many this call closed.
    pub(super) fn close_diffs(&self, tool: &str, tab: &str) -> usize {
        let open: Vec<String> = match tool {
            "closeAllDiffTabs" => {
                self.lock().iter().filter_map(|call| call.question.clone()).collect()
            }
            "close_tab" => vec![tab.to_owned()],
            _ => Vec::new(),
        };
        let refusal = || Answer { way: Way::Deny, text: String::new() };
        open.iter().filter(|tab| self.decide(tab, refusal())).count()
    }

    fn order(&self, which: impl Fn(&Call) -> bool, order: &Order) -> usize {
        let calls = self.lock();
        calls.iter().filter(|call| which(call) && call.orders.send(order.clone()).is_ok()).count()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A field's value as a person reads it.
fn words_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
