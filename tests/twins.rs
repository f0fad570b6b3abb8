//! The wire and the screen tell of the same turn: whatever the page does with its
//! regions, each event comes once, from the wire.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "support/screen.rs"]
mod screen;

use pagetap::hook::HookName;
use pagetap::notice::NoticeCode;
use pagetap::stream::Ending;
use screen::{FLICKER, Message, Page, SHOWN, WINDOW, text, wire_turn};
use serde_json::json;

/// Long enough for whatever waits.
const LONG: f64 = 30_000.0;

fn says_all(page: &mut Page, from: usize) {
    for record in &wire_turn()[from..] {
        page.wire_says(record);
    }
    page.wire_ends(Ending::Done);
}

/// The first turn of a chat, whose region is replaced in the middle of it.
fn mounted_anew(window: f64, wire: bool, first: bool) -> Page {
    let history = [Message::User("Hi"), text("Hello.")];
    let mut page = Page::open("c", if first { &[] } else { &history }, window);
    if wire {
        page.wire_opens("Find it");
        page.wire_says(&wire_turn()[0]);
    }
    page.send("Find it");
    page.answer("I look.");
    page.lose();
    page.root = 2;
    page.drawn += 1;
    page.look();
    page.card("search", "running");
    page.card("search", "done");
    if wire {
        says_all(&mut page, 1);
    }
    page.rest();
    page.wait(LONG);
    page
}

#[test]
fn a_region_that_is_mounted_anew_goes_on_with_its_turn() {
    for first in [true, false] {
        mounted_anew(WINDOW, true, first).assert_told_once(&SHOWN);
        let page = mounted_anew(0.0, false, first);
        for name in SHOWN {
            assert_eq!(page.counts(name), [0, 1, 0], "{name:?}, first {first}");
        }
        assert!(page.seen.confidence.iter().all(|confidence| confidence == "high"));
    }
}

#[test]
fn a_new_region_may_come_before_the_old_one_leaves() {
    for wire in [true, false] {
        let mut page = Page::open("c", &[], if wire { WINDOW } else { 0.0 });
        if wire {
            page.wire_opens("Find it");
            page.wire_says(&wire_turn()[0]);
        }
        page.send("Find it");
        page.answer("I look.");
        page.look_in(2);
        page.lose();
        page.root = 2;
        page.card("search", "running");
        page.card("search", "done");
        if wire {
            says_all(&mut page, 1);
        }
        page.rest();
        page.wait(LONG);
        let once = if wire { [1, 0, 1] } else { [0, 1, 0] };
        for name in SHOWN {
            assert_eq!(page.counts(name), once, "{name:?}, wire {wire}");
        }
    }
}

#[test]
fn one_conversation_in_two_places_is_one() {
    for wire in [true, false] {
        let mut page = Page::open("c", &[], if wire { WINDOW } else { 0.0 });
        page.look_in(2);
        if wire {
            page.wire_opens("Find it");
        }
        page.send("Find it");
        page.look_in(2);
        if wire {
            for record in wire_turn() {
                page.wire_says(&record);
            }
        }
        page.answer("I look.");
        page.look_in(2);
        page.card("search", "done");
        page.look_in(2);
        if wire {
            page.wire_ends(Ending::Done);
        }
        page.rest();
        page.look_in(2);
        page.wait(LONG);
        let once = if wire { [1, 0, 1] } else { [0, 1, 0] };
        for name in SHOWN {
            assert_eq!(page.counts(name), once, "{name:?}, wire {wire}");
        }
    }
}

#[test]
fn a_control_that_is_away_between_two_steps_is_no_end() {
    let mut page = Page::open("c", &[], WINDOW);
    page.wire_opens("Find it");
    page.send("Find it");
    for record in &wire_turn()[..6] {
        page.wire_says(record);
    }
    page.answer("I look.");
    page.card("search", "running");
    page.rest();
    page.wait(400.0);
    page.busy = true;
    page.card("search", "done");
    page.wait(1_000.0);
    says_all(&mut page, 6);
    page.rest();
    let rested = page.now;
    page.wait(LONG);
    page.assert_told_once(&SHOWN);
    let stop = page.seen.rendered.iter().find(|told| told.0 == HookName::Stop).unwrap();
    assert_eq!(stop.1, rested, "the second time it went");
}

#[test]
fn an_attempt_that_fails_and_is_made_again_is_one_turn_on_screen() {
    let mut page = Page::open("c", &[], WINDOW);
    page.wire_opens("Find it");
    page.send("Find it");
    page.tap.response(page.stream, 529, "application/json", "", page.now);
    let overloaded = br#"{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}"#;
    page.tap.feed(page.stream, overloaded, page.now);
    page.wire_ends(Ending::Done);
    page.wait(1_000.0);
    page.wire_opens("Find it");
    says_all(&mut page, 0);
    page.answer("I look.");
    page.card("search", "running");
    page.card("search", "done");
    page.rest();
    page.wait(LONG);
    page.assert_told_once(&SHOWN[1..]);
    assert_eq!(page.counts(HookName::StopFailure), [1, 0, 0]);
}

#[test]
fn whoever_looks_elsewhere_does_not_end_a_turn() {
    for away in [5_000.0, LONG] {
        for gone in [false, true] {
            let mut page = Page::open("c", &[], WINDOW);
            page.wire_opens("Find it");
            page.send("Find it");
            page.wire_says(&wire_turn()[0]);
            page.answer("I look.");
            if gone {
                page.lose();
            } else {
                page.conversation = "d";
                page.messages.clear();
                page.rest();
            }
            page.wait(away);
            says_all(&mut page, 1);
            page.wait(LONG);
            assert_eq!(page.seen.dom, [""; 0], "gone {gone}");
            assert_eq!(page.counts(HookName::Stop), [1, 0, 0], "nobody saw it, gone {gone}");
            assert_eq!(page.counts(HookName::MessageEnd), [1, 0, 0], "gone {gone}");
        }
    }
}

#[test]
fn a_turn_that_is_over_is_over_for_whoever_goes_on_at_once() {
    for gone in [false, true] {
        let mut page = Page::open("c", &[], WINDOW);
        page.wire_opens("Find it");
        page.send("Find it");
        page.answer("I look.");
        page.card("search", "done");
        says_all(&mut page, 0);
        page.rest();
        let rested = page.now;
        if gone {
            page.lose();
        } else {
            page.conversation = "d";
            page.messages.clear();
            page.look();
        }
        page.wait(LONG);
        page.assert_told_once(&SHOWN);
        assert_eq!(page.seen.rendered.last().unwrap(), &(HookName::Stop, rested), "gone {gone}");
    }
}

#[test]
fn another_request_beside_it_is_not_taken_for_the_turn() {
    for before in [true, false] {
        let mut page = Page::open("c", &[], WINDOW);
        page.wire_opens("Find it");
        let (main, now) = (page.stream, page.now);
        let side = |page: &mut Page| {
            let side = page.tap.open("https://h/v1/messages", "POST", now).unwrap();
            let request = br#"{"messages":[{"role":"user","content":"A title?"}]}"#;
            page.tap.request(side, Some(request), now);
            page.read();
        };
        if before {
            side(&mut page);
        }
        page.send("Find it");
        if !before {
            side(&mut page);
        }
        page.stream = main;
        page.answer("I look.");
        page.card("search", "running");
        page.card("search", "done");
        says_all(&mut page, 0);
        page.rest();
        page.wait(LONG);
        assert_eq!(page.seen.dom, [""; 0]);
        for name in &SHOWN[1..] {
            assert_eq!(page.counts(*name), [1, 0, 1], "{name:?}, before {before}");
        }
    }
}

#[test]
fn more_cards_than_are_remembered_are_told_once_all_the_same() {
    let mut page = Page::open("c", &[Message::User("Hi"), text("Hello.")], WINDOW);
    page.wire_opens("Find it");
    let turn = wire_turn();
    page.wire_says(&turn[0]);
    let mut cards = vec![];
    for at in 0..300 {
        let id = format!("toolu_{at}");
        let block = |index: u32, block| json!({"type":"content_block_start","index":index,"content_block":block});
        page.wire_says(&block(
            2 * at,
            json!({"type":"tool_use","id":id,"name":"search","input":{}}),
        ));
        page.wire_says(&json!({"type":"content_block_stop","index":2*at}));
        page.wire_says(&block(2 * at + 1, json!({"type":"tool_result","tool_use_id":id,"name":"search","content":[],"is_error":false})));
        page.wire_says(&json!({"type":"content_block_stop","index":2*at+1}));
        cards.push(("search", "done"));
    }
    page.wire_says(&turn[8]);
    page.wire_says(&turn[9]);
    page.wire_ends(Ending::Done);
    page.wait(60_000.0);
    page.messages.push(Message::User("Find it"));
    page.messages.push(Message::Assistant { text: "Found.".into(), cards });
    page.by = "hidden";
    page.look();
    page.wait(LONG);
    assert_eq!(page.seen.dom, [""; 0]);
    assert_eq!(page.counts(HookName::Stop), [1, 0, 1]);
}

#[test]
fn history_that_loads_unwatched_is_history() {
    for window in [0.0, WINDOW] {
        for scrolled in [false, true] {
            let mut page = Page::open("c", &[], window);
            page.messages = vec![
                Message::User("Hi"),
                text("Hello."),
                Message::User("Old"),
                text("Old answer."),
            ];
            if scrolled {
                page.look();
                page.messages.remove(0);
                page.messages.remove(0);
                page.look();
                page.messages.insert(0, text("Hello."));
            }
            page.by = "hidden";
            page.look();
            page.by = "control";
            page.look();
            page.wait(LONG);
            assert_eq!(page.seen.dom, [""; 0], "window {window}, scrolled {scrolled}");
        }
    }
}

#[test]
fn the_same_words_with_the_same_answer_are_a_turn_each() {
    let mut page = Page::open("c", &[], 0.0);
    for _ in 0..4 {
        page.send("continue");
        page.answer("Done.");
        page.rest();
        page.wait(1_000.0);
    }
    assert_eq!(page.counts(HookName::UserPromptSubmit), [0, 4, 0]);
    assert_eq!(page.counts(HookName::Stop), [0, 4, 0]);
}

#[test]
fn of_a_long_turn_only_the_end_may_be_in_sight() {
    let mut page = Page::open("c", &[Message::User("Hi"), text("Hello.")], 0.0);
    page.send("Find it");
    for (says, tool) in [("a", "one"), ("b", "two")] {
        page.answer(says);
        page.card(tool, "running");
        page.card(tool, "done");
    }
    // The prompt and the first answer scroll out.
    page.messages = vec![page.messages[4].clone()];
    page.look();
    page.answer("c");
    page.card("three", "running");
    page.card("three", "done");
    page.rest();
    page.wait(FLICKER);
    let starts = page.seen.dom.iter().filter(|line| line.starts_with("ToolUseStart"));
    assert_eq!(
        starts.collect::<Vec<_>>(),
        ["ToolUseStart one", "ToolUseStart two", "ToolUseStart three"]
    );
    assert_eq!(page.counts(HookName::PostToolUse), [0, 3, 0]);
    assert_eq!(page.seen.dom.last().unwrap(), "Stop abc");
}

#[test]
fn a_card_waits_for_its_name() {
    let mut page = Page::open("c", &[], 0.0);
    page.send("Find it");
    page.answer("I look.");
    page.card("", "running");
    assert_eq!(page.counts(HookName::ToolUseStart), [0, 0, 0]);
    let Some(Message::Assistant { cards, .. }) = page.messages.last_mut() else { panic!() };
    cards[0].0 = "search";
    page.look();
    page.card("search", "done");
    page.answer("More.");
    page.card("", "running");
    page.rest();
    page.wait(FLICKER);
    let tools = page.seen.dom.iter().filter(|line| line.contains("Tool"));
    let expected = ["ToolUseStart search", "PostToolUse search", "ToolUseStart"];
    assert_eq!(tools.collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_cut_or_covered_is_counted() {
    let mut page = Page::open("c", &[], 0.0);
    page.send(Box::leak("x".repeat(100_000).into_boxed_str()));
    assert_eq!(page.seen.dom[1].len(), "UserPromptSubmit ".len() + (64 << 10));
    assert_eq!(page.seen.notices, [NoticeCode::TextCut]);
    page.answer("short");
    page.rewrite(&format!("short{}", "y".repeat(5 << 20)));
    page.rest();
    page.wait(FLICKER);
    assert_eq!(page.seen.notices, [NoticeCode::TextCut, NoticeCode::TextCut]);

    let mut page = Page::open("c", &[], 0.0);
    page.send("My key is sk-ant-api03-abcdefghijklmnopqrstuvwxyz012345");
    page.answer("Keep it to yourself.");
    assert_eq!(page.seen.notices, [NoticeCode::SecretCovered]);
}

#[test]
fn markdown_that_settles_goes_on_where_it_was_written_anew() {
    let mut page = Page::open("c", &[], 0.0);
    page.send("q");
    page.answer("see **bo");
    page.rewrite("see bold words");
    page.rewrite("see bold words, and more");
    let deltas: Vec<&str> =
        page.seen.dom.iter().filter_map(|line| line.strip_prefix("MessageDelta ")).collect();
    assert_eq!(deltas, ["see **bo", "bold words", ", and more"]);
    page.rest();
    page.wait(FLICKER);
    assert_eq!(page.seen.dom.last().unwrap(), "Stop see bold words, and more");
}

#[test]
fn what_runs_when_nobody_looks_any_more_ends() {
    for destroyed in [true, false] {
        let mut page = Page::open("c", &[], 0.0);
        page.send("Find it");
        page.answer("I look.");
        if destroyed {
            page.tap.watch(None);
        } else {
            page.tap.leave(page.now);
        }
        page.read();
        assert_eq!(page.seen.dom[4..], ["MessageEnd", "Stop I look."], "destroyed {destroyed}");
        assert_eq!(page.seen.confidence[4..], ["low", "low"]);

        let mut page = Page::open("c", &[], WINDOW);
        page.send("Find it");
        page.answer("I look.");
        page.tap.leave(page.now);
        page.read();
        let told =
            ["SessionStart", "UserPromptSubmit Find it", "MessageStart", "MessageEnd", "Stop"];
        assert_eq!(page.seen.dom, told, "what waited for the wire is not lost");
    }
}
