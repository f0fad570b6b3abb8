//! A client and a server of the Model Context Protocol over HTTP: in any order of
//! its posts, their answers and the stream it listens to, each question is told
//! once, and each answer with its own question.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "support/records.rs"]
mod records;

use pagetap::Tap;
use pagetap::event::StreamId;
use pagetap::exchange::Opening;
use pagetap::hook::{Field, HookName};
use pagetap::limits::Limits;
use pagetap::notice::NoticeCode;
use pagetap::stream::Ending;
use proptest::prelude::*;
use proptest::sample::select;
use records::{Held, Told};
use serde_json::{Value, json};

const URL: &str = "https://mcp.example/mcp";

/// One thing that happens to the question of an actor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    /// It is posted, to be answered by a stream, by JSON, or with a status.
    Ask(Answers),
    /// It is answered on its own exchange, or on the stream that listens.
    Own,
    Elsewhere,
    /// The client gives it up.
    Cancel,
    /// Its exchange is over, by its end or by a failure.
    End(Ending),
    /// The server asks, on the stream that listens; the client answers by a post.
    AskedBack,
    AnswerBack,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Answers {
    Stream,
    Json,
    Refused,
}

/// Every way a question can go, in the order of its own steps.
fn ways() -> Vec<Vec<Step>> {
    use Answers::*;
    use Step::*;
    let done = End(Ending::Done);
    vec![
        vec![Ask(Stream), Own, done],
        vec![Ask(Json), Own, done],
        vec![Ask(Stream), done, Elsewhere],
        vec![Ask(Stream), End(Ending::Failed), Elsewhere, Elsewhere],
        vec![Ask(Stream), Own, Elsewhere, done],
        vec![Ask(Stream), Elsewhere, Own, done],
        vec![Ask(Refused), done],
        vec![Ask(Stream), Cancel, Own, done],
        vec![AskedBack, AnswerBack],
    ]
}

/// The session, as the page sees it.
struct Session {
    tap: Tap,
    ts: f64,
    last: StreamId,
    /// The exchange of each actor's question.
    posts: Vec<StreamId>,
}

const LISTENS: StreamId = 1;

/// Numbers and texts that look the same.
fn id(actor: usize) -> Value {
    if actor.is_multiple_of(2) { json!(actor / 2) } else { json!((actor / 2).to_string()) }
}

/// The server numbers its own: it has the number of somebody else's question.
fn server_id(actor: usize) -> Value {
    id(actor + 1)
}

impl Session {
    fn begin(actors: usize) -> Session {
        let mut tap = Tap::new(Limits::default());
        tap.listen(false, true);
        let headers = "accept: text/event-stream\n";
        let opening = Opening { method: "GET", headers, ..Opening::fetch(URL, "") };
        assert!(tap.open_with(LISTENS, &opening, 0.0));
        tap.response(LISTENS, 200, "text/event-stream", "", 0.0);
        Session { tap, ts: 0.0, last: LISTENS, posts: vec![0; actors] }
    }

    fn post(&mut self, message: &Value) -> StreamId {
        self.last += 1;
        let headers = "accept: application/json, text/event-stream\n";
        let opening = Opening { method: "POST", headers, ..Opening::fetch(URL, "") };
        assert!(self.tap.open_with(self.last, &opening, self.ts));
        self.tap.request(self.last, Some(message.to_string().as_bytes()), self.ts);
        self.last
    }

    fn step(&mut self, actor: usize, step: Step) {
        self.ts += 1.0;
        let ts = self.ts;
        let post = self.posts[actor];
        let name = format!("tool-{actor}");
        let result = json!({"content": [{"type": "text", "text": name}]});
        let answer = json!({"jsonrpc": "2.0", "id": id(actor), "result": result});
        let record = |message: &Value| format!("event: message\ndata: {message}\n\n");
        match step {
            Step::Ask(answers) => {
                let call = json!({"jsonrpc": "2.0", "id": id(actor), "method": "tools/call",
                    "params": {"name": name, "arguments": {"of": actor}}});
                let post = self.post(&call);
                self.posts[actor] = post;
                let (status, kind) = match answers {
                    Answers::Stream => (200, "text/event-stream"),
                    Answers::Json => (200, "application/json"),
                    Answers::Refused => (500, "text/plain"),
                };
                self.tap.response(post, status, kind, "", ts);
            }
            // A body of JSON is read as it stands, one of records record by record.
            Step::Own => {
                self.tap.feed(post, record(&answer).as_bytes(), ts);
            }
            Step::Elsewhere => self.tap.feed(LISTENS, record(&answer).as_bytes(), ts),
            Step::Cancel => {
                let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
                    "params": {"requestId": id(actor)}});
                let post = self.post(&cancel);
                self.tap.end(post, Ending::Done, "", ts);
            }
            Step::End(how) => self.tap.end(post, how, "", ts),
            Step::AskedBack => {
                let asks = json!({"jsonrpc": "2.0", "id": server_id(actor), "method": "elicitation/create",
                    "params": {"message": name}});
                self.tap.feed(LISTENS, record(&asks).as_bytes(), ts);
            }
            Step::AnswerBack => {
                let result = json!({"action": "accept", "content": {"of": actor}});
                let answer = json!({"jsonrpc": "2.0", "id": server_id(actor), "result": result});
                let post = self.post(&answer);
                self.tap.end(post, Ending::Done, "", ts);
            }
        }
    }

    /// The same for a body that is one JSON value.
    fn whole(&mut self, actor: usize) {
        self.ts += 1.0;
        let result = json!({"content": [{"type": "text", "text": format!("tool-{actor}")}]});
        let answer = json!({"jsonrpc": "2.0", "id": id(actor), "result": result});
        self.tap.feed(self.posts[actor], answer.to_string().as_bytes(), self.ts);
    }
}

fn play(actors: &[Vec<Step>], order: &[usize]) -> Told {
    let mut session = Session::begin(actors.len());
    let mut next = vec![0; actors.len()];
    let left =
        |next: &[usize]| (0..actors.len()).filter(|at| next[*at] < actors[*at].len()).count();
    let mut turns = order.iter().cycle();
    while left(&next) > 0 {
        let ready: Vec<usize> =
            (0..actors.len()).filter(|at| next[*at] < actors[*at].len()).collect();
        let actor = ready[turns.next().unwrap() % ready.len()];
        let step = actors[actor][next[actor]];
        if step == Step::Own && actors[actor][0] == Step::Ask(Answers::Json) {
            session.whole(actor);
        } else {
            session.step(actor, step);
        }
        next[actor] += 1;
    }
    session.tap.end(LISTENS, Ending::Done, "", session.ts);
    Told::read(session.tap.batch())
}

fn check(actors: &[Vec<Step>], told: &Told) {
    assert!(told.notices.is_empty(), "{:?}", told.notices);
    assert_eq!(told.counted(NoticeCode::ToolForgotten), 0, "no call is forgotten");
    let mut expected = 0;
    for (actor, way) in actors.iter().enumerate() {
        let name = format!("tool-{actor}");
        let of = |hook: HookName, field: Field| {
            let told = told.events.iter().enumerate();
            told.filter(|(_, event)| event.name == hook && event.text(field) == name)
                .map(|(at, event)| (at, event.clone()))
                .collect::<Vec<_>>()
        };
        if way[0] == Step::AskedBack {
            expected += 2;
            assert_eq!(of(HookName::Elicitation, Field::Message).len(), 1, "{name}");
            let content = Some(Held::Json(json!({"of": actor}).to_string()));
            let answers = told.events.iter().filter(|event| {
                event.name == HookName::ElicitationResult
                    && event.get(Field::Content) == content.as_ref()
            });
            assert_eq!(answers.count(), 1, "{name}");
            continue;
        }
        expected += 3;
        let fails = way.contains(&Step::Cancel) || way[0] == Step::Ask(Answers::Refused);
        let (ends, never) = match fails {
            true => (HookName::PostToolUseFailure, HookName::PostToolUse),
            false => (HookName::PostToolUse, HookName::PostToolUseFailure),
        };
        let starts = of(HookName::ToolUseStart, Field::ToolName);
        let calls = of(HookName::PreToolUse, Field::ToolName);
        let results = of(ends, Field::ToolName);
        assert_eq!((starts.len(), calls.len(), results.len()), (1, 1, 1), "{name}");
        assert!(of(never, Field::ToolName).is_empty(), "{name}");
        assert!(starts[0].0 < calls[0].0 && calls[0].0 < results[0].0, "{name}");
        let input = Some(Held::Json(json!({"of": actor}).to_string()));
        assert_eq!(calls[0].1.get(Field::ToolInput), input.as_ref(), "{name}");
        assert_eq!(results[0].1.get(Field::ToolInput), input.as_ref(), "{name}");
        if !fails {
            let Some(Held::Json(response)) = results[0].1.get(Field::ToolResponse) else {
                panic!("{name} returned nothing");
            };
            assert!(response.contains(&format!("\"{name}\"")), "{name} got {response}");
        }
    }
    assert_eq!(told.events.len(), expected, "nothing else is told");
    assert_eq!(told.count(HookName::SessionEnd), 0, "a stream that ends is not the session");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_interleaving_pairs_each_question_with_its_answer_once(
        actors in proptest::collection::vec(select(ways()), 1..7),
        order in proptest::collection::vec(0..60usize, 1..40),
    ) {
        check(&actors, &play(&actors, &order));
    }
}
