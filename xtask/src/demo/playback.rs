//! A recorded turn while it is played: each message when it is due, a pause
//! where the person is asked, and the way the person chose from there.

use super::recording::Step;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, sleep_until};

/// How long the person may think, in milliseconds at the recorded speed.
const PATIENCE: f64 = 600_000.0;

/// How many times faster than recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speed(pub(super) f64);

impl Speed {
    /// A recorded time as it is waited here.
    pub(super) fn wait(self, ms: f64) -> Duration {
        Duration::try_from_secs_f64(ms / 1000.0 / self.0).unwrap_or(Duration::MAX)
    }
}

/// What the person says while a turn is played.
#[derive(Clone, Debug)]
pub(super) enum Order {
    /// An answer to the question with that id.
    Answer(String, Answer),
    /// Stop.
    Interrupt,
}

/// An answer: which way the recording goes on, and what was said.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) way: Way,
    /// Fills `{{answer}}`.
    pub(super) text: String,
}

/// The ways a recording can go on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    Allow,
    Deny,
    /// Nobody answered: the question is withdrawn, and the turn goes on as if
    /// it had been allowed, which is how it was recorded.
    Unanswered,
}

impl Way {
    fn leads_to(self, when: &str) -> bool {
        match self {
            Way::Allow => when == "allow",
            Way::Deny => when == "deny",
            Way::Unanswered => when == "allow" || when == "unanswered",
        }
    }
}

/// How a turn ended.
#[derive(Debug, PartialEq)]
pub(super) enum Ended {
    Complete,
    Interrupted,
}

/// Plays a turn; `publish` gets what is due at one time at once.
pub(super) async fn play(
    steps: Vec<Step>,
    speed: Speed,
    orders: &mut UnboundedReceiver<Order>,
    mut publish: impl FnMut(Vec<Step>),
) -> Ended {
    let mut answer: Option<Answer> = None;
    // Somebody may know the question before it is asked.
    let mut early: Vec<(String, Answer)> = Vec::new();
    let mut start = Instant::now();
    let mut steps = steps.into_iter().peekable();
    while let Some(at) = steps.peek().map(|step| step.at) {
        let is_due = start + speed.wait(at);
        loop {
            tokio::select! {
                biased;
                Some(order) = orders.recv() => match order {
                    Order::Interrupt => return Ended::Interrupted,
                    Order::Answer(question, answer) => early.push((question, answer)),
                },
                () = sleep_until(is_due) => break,
            }
        }
        let mut batch = Vec::new();
        while let Some(step) = steps.next_if(|step| step.at <= at) {
            let way = answer.as_ref().map(|answer| answer.way);
            let is_played =
                step.when.as_ref().is_none_or(|when| way.is_some_and(|way| way.leads_to(when)));
            let said = answer.as_ref().map_or("", |answer| answer.text.as_str());
            if is_played {
                batch.push(step.filled(&[("answer", said)]));
            }
        }
        let question = batch.iter().find_map(|step| step.asks.clone());
        if !batch.is_empty() {
            publish(batch);
        }
        if let Some(question) = question {
            let known = early.iter().find(|(id, _)| *id == question);
            let given = match known {
                Some((_, answer)) => Some(answer.clone()),
                None => answered(&question, speed, orders).await,
            };
            match given {
                Some(given) => answer = Some(given),
                None => return Ended::Interrupted,
            }
            // The person's time is not the recording's.
            start = Instant::now().checked_sub(speed.wait(at)).unwrap_or(start);
        }
    }
    Ended::Complete
}

/// Waits for the answer to one question; none when the turn is interrupted.
async fn answered(
    question: &str,
    speed: Speed,
    orders: &mut UnboundedReceiver<Order>,
) -> Option<Answer> {
    let patience = sleep(speed.wait(PATIENCE));
    tokio::pin!(patience);
    loop {
        tokio::select! {
            Some(order) = orders.recv() => match order {
                Order::Interrupt => return None,
                Order::Answer(id, answer) if id == question => return Some(answer),
                Order::Answer(..) => {}
            },
            () = &mut patience => {
                return Some(Answer { way: Way::Unanswered, text: String::new() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

    fn steps() -> Vec<Step> {
        let lines = [
            json!({"at": 0, "data": "one"}),
            json!({"at": 100, "data": "two"}),
            json!({"at": 100, "asks": "q", "data": "ask"}),
            json!({"at": 150, "when": "unanswered", "data": "withdrawn"}),
            json!({"at": 200, "when": "allow", "data": "yes"}),
            json!({"at": 200, "when": "deny", "data": "no: {{answer}}"}),
            json!({"at": 300, "data": "end"}),
        ];
        lines.into_iter().map(|line| serde_json::from_value(line).unwrap()).collect()
    }

    /// Plays it; `say` hears each message and may order something.
    async fn played(say: impl Fn(&str, &UnboundedSender<Order>)) -> (Ended, Vec<String>, u128) {
        let (sender, mut orders) = unbounded_channel();
        let mut texts = Vec::new();
        let start = Instant::now();
        let ended = play(steps(), Speed(1.0), &mut orders, |batch| {
            let data: Vec<&str> = batch.iter().filter_map(|step| step.data.as_str()).collect();
            texts.push(data.join("+"));
            data.iter().for_each(|text| say(text, &sender));
        });
        let ended = ended.await;
        (ended, texts, start.elapsed().as_millis())
    }

    fn answer(question: &str, way: Way) -> Order {
        Order::Answer(question.to_owned(), Answer { way, text: "thanks".to_owned() })
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_chooses_the_way_and_its_wait_is_not_counted() {
        let allow = |text: &str, orders: &UnboundedSender<Order>| {
            if text == "ask" {
                orders.send(answer("other", Way::Deny)).unwrap();
                orders.send(answer("q", Way::Allow)).unwrap();
            }
        };
        let (ended, texts, ms) = played(allow).await;
        assert_eq!((ended, ms), (Ended::Complete, 300));
        assert_eq!(texts, ["one", "two+ask", "yes", "end"]);

        let deny = |text: &str, orders: &UnboundedSender<Order>| {
            if text == "ask" {
                orders.send(answer("q", Way::Deny)).unwrap();
            }
        };
        assert_eq!(played(deny).await.1, ["one", "two+ask", "no: thanks", "end"]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_may_be_early() {
        let allow = |text: &str, orders: &UnboundedSender<Order>| {
            if text == "one" {
                orders.send(answer("q", Way::Deny)).unwrap();
            }
        };
        assert_eq!(played(allow).await.1, ["one", "two+ask", "no: thanks", "end"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_nobody_answers_is_withdrawn() {
        let (ended, texts, _) = played(|_, _| {}).await;
        assert_eq!(ended, Ended::Complete);
        assert_eq!(texts, ["one", "two+ask", "withdrawn", "yes", "end"]);
    }

    #[tokio::test(start_paused = true)]
    async fn it_can_be_interrupted_between_messages_and_at_a_question() {
        for moment in ["one", "ask"] {
            let interrupt = |text: &str, orders: &UnboundedSender<Order>| {
                if text == moment {
                    orders.send(Order::Interrupt).unwrap();
                }
            };
            let (ended, texts, _) = played(interrupt).await;
            assert_eq!(ended, Ended::Interrupted);
            assert!(texts.last().unwrap().ends_with(moment), "{texts:?}");
        }
    }

    #[test]
    fn a_message_may_be_any_json() {
        let step: Step = serde_json::from_value(json!({"at": 0, "data": null})).unwrap();
        assert_eq!(step.data, Value::Null);
    }
}
