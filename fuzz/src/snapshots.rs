//! What is on screen, whatever a page's side says of it, and a wire beside it.

use crate::corpus::{self, Step};
use crate::records::Told;
use crate::script::{self, Cut, number, written};
use pagetap::Tap;
use pagetap::limits::Limits;
use serde_json::json;

/// How long a sight waits for the wire (ms).
const WINDOW: f64 = 2_000.0;

/// A script (see `script.rs`) with looks in it.
pub fn check(data: &[u8]) {
    let whole = told(data, Cut::Whole);
    assert_eq!(told(data, Cut::Pieces(number(data))), whole, "how bodies are cut changes nothing");
    let numbers = whole.events.iter().map(|event| event.seq);
    assert!(numbers.eq(0..whole.events.len() as u32), "numbers rise by one");
}

/// A conversation that grows on screen, without a wire and with each of some.
pub fn seeds() -> Vec<Vec<u8>> {
    let look = |busy: bool, answer: &str, tools: &[(&str, &str)], asks: &[&str]| {
        let tools: Vec<_> = (100..)
            .zip(tools)
            .map(|(node, (name, state))| json!({"node": node, "name": name, "state": state}))
            .collect();
        let asks: Vec<_> =
            (200..).zip(asks).map(|(node, text)| json!({"node": node, "text": text})).collect();
        let snapshot = json!({
            "dialect": "claudeai", "root": 1, "conversation": "c", "busy": busy, "by": "control",
            "prompt": {"node": 9, "text": "What grows here?", "before": null},
            "answers": [{"node": 10, "growing": busy, "text": answer}],
            "tools": tools, "asks": asks,
        });
        Step::Look(snapshot.to_string().into_bytes())
    };
    let screen = [
        look(false, "", &[], &[]),
        look(true, "Be", &[], &[]),
        look(true, "Beans", &[("web_search", "running")], &["May it search?"]),
        look(true, "Beans and", &[("web_search", "done")], &[]),
        look(false, "Beans and peas", &[("web_search", "done")], &[]),
        Step::Look(Vec::new()),
        Step::Look(b" ".repeat(2)),
    ];
    let mut seeds = vec![written(&screen)];
    for wire in corpus::cases().iter().step_by(8) {
        let (before, after) = screen.split_at(3);
        seeds.push(written(&[before, wire, after].concat()));
    }
    seeds
}

fn told(data: &[u8], cut: Cut) -> Told {
    let mut tap = Tap::new(Limits::default());
    tap.listen(false, true);
    tap.watch(Some(WINDOW));
    script::told(data, &mut tap, cut).0
}
