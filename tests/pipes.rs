//! How the pipes of a session end, what a page that goes away leaves behind, and how much
//! of its sessions a tap remembers.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "support/records.rs"]
mod records;

use pagetap::Tap;
use pagetap::event::StreamId;
use pagetap::exchange::{Arrival, Direction, Opening, Transport};
use pagetap::hook::{Field, HookName};
use pagetap::limits::Limits;
use pagetap::stream::Ending;
use records::{Event, Held, Told};
use serde_json::{Value, json};

struct Page {
    tap: Tap,
    last: StreamId,
    ts: f64,
}

impl Page {
    fn within(limits: Limits) -> Page {
        let mut tap = Tap::new(limits);
        tap.listen(false, true);
        Page { tap, last: 0, ts: 1.0 }
    }

    fn new() -> Page {
        Page::within(Limits::default())
    }

    fn socket(&mut self, session: &str) -> StreamId {
        self.last += 1;
        let url = format!("wss://claude.ai/v1/sessions/ws/session_{session}/subscribe");
        let socket =
            Opening { transport: Transport::Socket, method: "WS", ..Opening::fetch(&url, "") };
        assert!(self.tap.open_with(self.last, &socket, self.ts));
        self.tap.read();
        self.last
    }

    fn row(&mut self, pipe: StreamId, row: &Value) {
        self.ts += 1.0;
        let arrival = Arrival { ts: self.ts, ..Arrival::text(Direction::In) };
        self.tap.message(pipe, format!("{row}\n").as_bytes(), &arrival);
    }

    fn close(&mut self, pipe: StreamId, code: u32) {
        self.ts += 1.0;
        self.tap.close(pipe, Ending::Done, code, "", self.ts);
    }

    fn told(&mut self) -> Told {
        let told = Told::read(self.tap.batch());
        self.tap.clear();
        told
    }
}

fn prompt(id: &str) -> Value {
    json!({"type": "user", "uuid": id, "parent_tool_use_id": null,
        "message": {"role": "user", "content": format!("Look at {id}")}})
}

fn note(id: &str) -> Value {
    json!({"type": "system", "subtype": "notification", "uuid": id, "text": id})
}

fn result(id: &str) -> Value {
    json!({"type": "result", "subtype": "success", "uuid": id, "is_error": false, "result": "Done."})
}

/// What was told, with what is said about it.
fn said(told: &Told) -> Vec<String> {
    let fields = [Field::Reason, Field::Error, Field::ErrorDetails];
    let say = |event: &Event| {
        let mut out = event.name.name().to_owned();
        for text in fields.iter().map(|field| event.text(*field)).filter(|text| !text.is_empty()) {
            out = format!("{out} {text}");
        }
        match event.get(Field::CloseCode) {
            Some(Held::Int(code)) => format!("{out} {code}"),
            _ => out,
        }
    };
    told.events.iter().map(say).collect()
}

const GIVEN_UP: &str = "StopFailure unknown unobserved";

#[test]
fn a_close_code_says_whether_more_can_come() {
    let gap = |code: u32| format!("Gap closed {code}");
    // The code; what is told of it while a turn is under way, and what else.
    let cases: [(u32, Vec<String>, Vec<String>); 9] = [
        (1000, vec![GIVEN_UP.into()], vec![]),
        (1001, vec![GIVEN_UP.into()], vec![]),
        (1005, vec![GIVEN_UP.into()], vec![]),
        (1006, vec![gap(1006)], vec![gap(1006)]),
        (1011, vec![gap(1011)], vec![gap(1011)]),
        (1012, vec![gap(1012)], vec![gap(1012)]),
        (
            4001,
            vec!["Gap session_not_found 4001".into()],
            vec!["Gap session_not_found 4001".into()],
        ),
        (
            4003,
            vec![GIVEN_UP.into(), "SessionEnd other 4003".into()],
            vec!["SessionEnd other 4003".into()],
        ),
        (4090, vec![gap(4090)], vec![gap(4090)]),
    ];
    for (code, busy, idle) in cases {
        for (turn_is_over, expected) in [(false, busy), (true, idle)] {
            let mut page = Page::new();
            let socket = page.socket("1");
            page.row(socket, &prompt("p-1"));
            if turn_is_over {
                page.row(socket, &result("r-1"));
            }
            page.told();
            page.close(socket, code);
            assert_eq!(said(&page.told()), expected, "{code}, its turn over: {turn_is_over}");
        }
    }
}

#[test]
fn a_turn_goes_on_while_another_pipe_of_its_session_is_open() {
    let mut page = Page::new();
    let (one, other) = (page.socket("1"), page.socket("1"));
    page.row(one, &prompt("p-1"));
    page.row(other, &prompt("p-1"));
    page.told();
    page.close(one, 1000);
    assert_eq!(said(&page.told()), ["Gap closed 1000"], "it is not the last that is seen of it");
    page.row(other, &result("r-1"));
    let told = page.told();
    assert_eq!((told.count(HookName::Stop), told.count(HookName::StopFailure)), (1, 0));
    page.close(other, 1000);
    assert!(said(&page.told()).is_empty());
}

#[test]
fn who_is_not_allowed_ends_the_session_once_however_many_pipes_say_so() {
    let mut page = Page::new();
    let pipes = [page.socket("1"), page.socket("1")];
    for pipe in pipes {
        page.row(pipe, &prompt("p-1"));
    }
    page.told();
    pipes.into_iter().for_each(|pipe| page.close(pipe, 4003));
    assert_eq!(said(&page.told()), [GIVEN_UP, "SessionEnd other 4003"]);
}

/// A page that is hidden may come back, and is hidden again.
#[test]
fn a_page_that_leaves_gives_each_turn_up_once_and_its_late_end_is_no_news() {
    let mut page = Page::new();
    let socket = page.socket("1");
    page.row(socket, &prompt("p-1"));
    page.told();
    page.tap.leave(10.0);
    page.tap.leave(11.0);
    assert_eq!(said(&page.told()), [GIVEN_UP]);
    page.row(socket, &result("r-1"));
    assert!(!said(&page.told()).iter().any(|event| event.starts_with("Stop")));
    page.row(socket, &prompt("p-2"));
    page.row(socket, &result("r-2"));
    let told = page.told();
    let stop = told.events.iter().find(|event| event.name == HookName::Stop).expect("a Stop");
    assert_eq!(stop.turn, "p-2", "the next turn is a turn like any");
    page.tap.leave(20.0);
    assert!(said(&page.told()).is_empty(), "nothing was under way");
}

#[test]
fn a_row_that_comes_again_is_known_as_long_as_its_id_is_remembered() {
    let mut page = Page::within(Limits { ids_remembered: 8, ..Limits::default() });
    let socket = page.socket("1");
    let mut tells = |row: &Value| {
        page.row(socket, row);
        page.told().count(HookName::Notification)
    };
    assert_eq!(tells(&note("first")), 1);
    for others in 0..7 {
        assert_eq!(tells(&note(&format!("other-{others}"))), 1);
    }
    assert_eq!(tells(&note("first")), 0, "the oldest of eight");
    assert_eq!(tells(&note("other-7")), 1);
    assert_eq!(tells(&note("first")), 1, "forgotten: a repeat cannot be told from news");
}

#[test]
fn an_id_is_forgotten_after_a_day() {
    let mut page = Page::new();
    let socket = page.socket("1");
    let mut tells = |ts: f64| {
        page.ts = ts;
        page.row(socket, &note("first"));
        page.told().count(HookName::Notification)
    };
    let day = 86_400_000.0;
    assert_eq!([tells(0.0), tells(day - 1.0), tells(day + 1.0)], [1, 0, 1]);
}

#[test]
fn of_sessions_the_one_used_longest_ago_is_given_up_for_another() {
    let mut page = Page::within(Limits { remembered: 2, ..Limits::default() });
    let pipes = ["1", "2", "3"].map(|name| page.socket(name));
    page.row(pipes[0], &prompt("p-1"));
    page.row(pipes[1], &prompt("p-2"));
    page.row(pipes[0], &note("still here"));
    page.told();
    page.row(pipes[2], &prompt("p-3"));
    let told = page.told();
    let failures: Vec<&Event> =
        told.events.iter().filter(|event| event.name == HookName::StopFailure).collect();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!((&*failures[0].turn, &*failures[0].conversation), ("p-2", "session_2"));
}

/// Questions, subagents and threads that nothing ends are bounded as well; the newest is
/// the one that is remembered.
#[test]
fn of_questions_without_an_answer_the_oldest_are_forgotten() {
    let mut page = Page::within(Limits { remembered: 4, ..Limits::default() });
    let socket = page.socket("1");
    page.row(socket, &prompt("p-1"));
    for at in 0..10 {
        let request = json!({"subtype": "can_use_tool", "tool_name": "Bash",
            "tool_use_id": format!("toolu_{at}"), "input": {}});
        let id = format!("r-{at}");
        page.row(socket, &json!({"type": "control_request", "request_id": id, "request": request}));
    }
    assert_eq!(page.told().count(HookName::PermissionRequest), 10);
    let mut answers = |at: u32| {
        let response = json!({"subtype": "success", "request_id": format!("r-{at}"),
            "response": {"behavior": "allow", "updatedInput": {}}});
        page.row(socket, &json!({"type": "control_response", "response": response}));
        let told = page.told();
        assert_eq!(said(&told), ["PermissionGranted user"], "its answer is told all the same");
        told.events[0].text(Field::ToolName).to_owned()
    };
    assert_eq!([answers(0), answers(5), answers(6), answers(9)], ["", "", "Bash", "Bash"]);
}
