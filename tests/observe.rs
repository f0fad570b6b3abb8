//! What is on screen: told once, by the wire if it says anything, else by what was
//! seen.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "support/screen.rs"]
mod screen;

use pagetap::hook::HookName;
use pagetap::stream::Ending;
use proptest::prelude::*;
use screen::{FLICKER, Message, Page, SHOWN, WINDOW, text, wire_turn};

#[test]
fn without_a_wire_a_turn_is_told_as_it_is_seen() {
    let mut page = Page::open("c", &[], 0.0);
    page.turn("Find it");
    let expected = [
        "SessionStart",
        "UserPromptSubmit Find it",
        "MessageStart",
        "MessageDelta I look.",
        "ToolUseStart search",
        "PostToolUse search",
        "MessageEnd",
        "Stop I look.",
    ];
    assert_eq!(page.seen.dom, expected);
    assert!(page.seen.confidence.iter().all(|confidence| confidence == "high"));
    let one = ("c".to_owned(), "turn-1".to_owned());
    assert!(page.seen.places.iter().all(|place| *place == one), "{:?}", page.seen.places);
    page.turn("Again");
    assert_eq!(page.seen.dom[8..10], ["UserPromptSubmit Again", "MessageStart"]);
    assert_eq!(page.seen.places[8].1, "turn-2");
}

#[test]
fn what_the_wire_told_before_it_was_seen_is_rendered_not_told_again() {
    let mut page = Page::open("c", &[], WINDOW);
    page.wire_opens("Find it");
    page.send("Find it");
    for record in wire_turn() {
        page.wire_says(&record);
    }
    page.answer("I look.");
    page.card("search", "running");
    let carded = page.now;
    page.card("search", "done");
    page.wire_ends(Ending::Done);
    page.rest();
    let rested = page.now;
    page.wait(10.0 * WINDOW);
    for name in SHOWN {
        assert_eq!(page.counts(name), [1, 0, 1], "{name:?}");
    }
    assert_eq!(page.seen.dom, [""; 0]);
    let at = |name| page.seen.rendered.iter().find(|told| told.0 == name).unwrap().1;
    assert_eq!(at(HookName::ToolUseStart), carded, "when the card was seen");
    assert_eq!(at(HookName::Stop), rested, "when the control went, not when that was sure");
}

#[test]
fn what_is_seen_before_the_wire_tells_it_waits_for_that() {
    let mut page = Page::open("c", &[], WINDOW);
    page.send("Find it");
    let sent = page.now;
    page.wait(WINDOW - 100.0);
    page.wire_opens("Find it");
    page.answer("I look.");
    page.card("search", "running");
    page.card("search", "done");
    let records = wire_turn();
    let (last, first) = records.split_last().unwrap();
    for record in first {
        page.wire_says(record);
    }
    page.rest();
    page.wait(3.0 * WINDOW);
    assert_eq!(page.counts(HookName::Stop), [0, 0, 0], "the wire is still open: it is waited for");
    page.wire_says(last);
    page.look();
    for name in SHOWN {
        assert_eq!(page.counts(name), [1, 0, 1], "{name:?}");
    }
    assert_eq!(page.seen.rendered[0], (HookName::SessionStart, sent));
    assert_eq!(page.seen.dom, [""; 0]);
}

#[test]
fn a_wire_that_says_nothing_is_waited_for_and_no_longer() {
    let mut page = Page::open("c", &[], WINDOW);
    page.send("Find it");
    page.answer("I look.");
    page.wait(WINDOW - 40.0);
    assert_eq!(page.seen.dom, [""; 0]);
    page.wait(50.0);
    assert_eq!(page.seen.dom, ["SessionStart", "UserPromptSubmit Find it", "MessageStart"]);
    page.look();
    assert_eq!(page.seen.dom[3..], ["MessageDelta I look."], "now its text is read");
    page.rest();
    page.wait(FLICKER);
    assert_eq!(page.seen.dom[4..], ["MessageEnd", "Stop I look."], "nothing waits any more");
}

#[test]
fn a_short_answer_of_a_silent_wire_is_read_in_time() {
    let mut page = Page::open("c", &[], WINDOW);
    page.send("Find it");
    page.answer("Found.");
    assert!(!page.tap.reads_text(1), "the wire may tell it");
    page.wait(500.0);
    assert!(page.tap.reads_text(1), "it has not for a while");
    page.look();
    page.rest();
    page.wait(2.0 * WINDOW);
    assert_eq!(page.seen.dom[3..], ["MessageDelta Found.", "MessageEnd", "Stop Found."]);

    page.send("And now?");
    page.wait(500.0);
    page.answer("Found, too.");
    page.wire_opens("And now?");
    for record in wire_turn() {
        page.wire_says(&record);
    }
    page.rest();
    page.wait(2.0 * WINDOW);
    assert_eq!(page.counts(HookName::MessageDelta), [1, 1, 0], "the wire tells its own");
}

#[test]
fn a_wire_that_breaks_off_leaves_the_rest_to_the_screen() {
    let mut page = Page::open("c", &[], WINDOW);
    page.wire_opens("Find it");
    page.send("Find it");
    page.wire_says(&wire_turn()[0]);
    page.answer("I look.");
    page.card("search", "running");
    page.wait(WINDOW);
    assert_eq!(page.seen.dom, ["ToolUseStart search"], "the wire did not tell it in time");
    assert_eq!(page.counts(HookName::MessageStart), [1, 0, 1]);
    page.wire_ends(Ending::Failed);
    page.rest();
    page.wait(10.0 * WINDOW);
    assert_eq!(page.counts(HookName::StopFailure), [1, 0, 1], "however the wire calls the end");
    assert_eq!(page.counts(HookName::Stop), [0, 0, 0]);
}

#[test]
fn a_card_that_fails_without_a_word_of_the_wire_was_refused_or_interrupted() {
    let mut page = Page::open("c", &[], WINDOW);
    page.wire_opens("Delete it");
    page.send("Delete it");
    page.answer("I ask.");
    for record in &wire_turn()[..6] {
        page.wire_says(record);
    }
    page.card("search", "running");
    page.card("search", "failed");
    page.wait(2.0 * WINDOW);
    assert_eq!(page.counts(HookName::ToolUseStart), [1, 0, 1]);
    assert_eq!(page.seen.dom, [""; 0]);
}

#[test]
fn what_was_there_before_is_history() {
    let history = [Message::User("Hi"), text("Hello."), Message::User("Find it"), text("Found.")];
    let mut page = Page::open("c", &history, 0.0);
    page.look();
    // Drawn anew, scrolled up, scrolled back.
    page.drawn += 1;
    page.look();
    page.messages.truncate(2);
    page.look();
    page.messages = history.to_vec();
    page.drawn += 1;
    page.look();
    page.wait(10_000.0);
    assert_eq!(page.seen.dom, [""; 0]);
    page.turn("And now?");
    assert_eq!(page.seen.dom[..3], ["SessionStart", "UserPromptSubmit And now?", "MessageStart"]);
}

#[test]
fn drawing_a_turn_anew_tells_nothing_twice() {
    let mut page = Page::open("c", &[Message::User("Hi"), text("Hello.")], 0.0);
    page.send("Find it");
    page.answer("I look.");
    for state in ["running", "done"] {
        page.card("search", state);
        page.drawn += 1;
        page.look();
    }
    // The control is away for a frame, as pages do between two steps.
    page.busy = false;
    page.look();
    page.busy = true;
    page.look();
    page.card("fetch", "error");
    page.card("fetch", "failed");
    page.rest();
    page.wait(FLICKER);
    let expected = [
        "SessionStart",
        "UserPromptSubmit Find it",
        "MessageStart",
        "MessageDelta I look.",
        "ToolUseStart search",
        "PostToolUse search",
        "ToolUseStart fetch",
        "PostToolUseFailure fetch",
        "MessageEnd",
        "Stop I look.",
    ];
    assert_eq!(page.seen.dom, expected);
}

#[test]
fn a_list_that_shows_only_what_is_in_sight_is_no_other_conversation() {
    let history = [Message::User("Hi"), text("Hello.")];
    let mut page = Page::open("c", &history, 0.0);
    page.send("Find it");
    page.answer("I look.");
    // The answer is long: its prompt is out of sight. Then the person scrolls up.
    let all = page.messages.clone();
    page.messages = vec![text("I look.")];
    page.look();
    page.card("search", "done");
    page.messages = history.to_vec();
    page.messages[1] = Message::Assistant { text: "Hello.".into(), cards: vec![("old", "done")] };
    page.look();
    page.messages = all;
    page.rest();
    page.wait(FLICKER);
    assert_eq!(page.counts(HookName::UserPromptSubmit), [0, 1, 0]);
    assert_eq!(page.counts(HookName::MessageStart), [0, 1, 0]);
    assert_eq!(page.counts(HookName::ToolUseStart), [0, 1, 0], "{:?}", page.seen.dom);
    assert_eq!(page.counts(HookName::Stop), [0, 1, 0]);
}

#[test]
fn the_same_prompt_again_is_a_prompt_again() {
    let mut page = Page::open("c", &[], 0.0);
    for answer in ["One.", "Two.", "Three."] {
        page.send("Go on");
        page.answer(answer);
        page.rest();
        page.wait(FLICKER);
    }
    assert_eq!(page.counts(HookName::UserPromptSubmit), [0, 3, 0]);
    assert_eq!(page.counts(HookName::Stop), [0, 3, 0]);
}

/// What a list that shows only what is in sight has in the document.
impl Page {
    fn look_at(&mut self, messages: &[Message]) {
        let all = core::mem::replace(&mut self.messages, messages.to_vec());
        self.look();
        self.messages = all;
    }
}

#[test]
fn a_list_may_show_a_new_chats_prompt_a_frame_after_its_control() {
    let mut page = Page::open("", &[], 0.0);
    page.conversation = "c";
    page.busy = true;
    page.look_at(&[]);
    page.send("Find it");
    page.answer("Found.");
    page.rest();
    page.wait(FLICKER);
    let expected = ["SessionStart", "UserPromptSubmit Find it", "MessageStart"];
    assert_eq!(page.seen.dom[..3], expected);
    assert_eq!(page.counts(HookName::Stop), [0, 1, 0]);
}

#[test]
fn a_list_may_show_what_is_above_a_prompt_a_frame_after_it() {
    let mut page = Page::open("c", &[Message::User("Hi"), text("Hello.")], 0.0);
    page.busy = true;
    page.look_at(&[Message::User("Find it")]);
    page.send("Find it");
    page.answer("Found.");
    page.rest();
    page.wait(FLICKER);
    assert_eq!(page.counts(HookName::UserPromptSubmit), [0, 1, 0]);
    assert_eq!(page.counts(HookName::MessageStart), [0, 1, 0]);
    assert_eq!(page.counts(HookName::Stop), [0, 1, 0]);
}

#[test]
fn the_same_prompt_at_once_is_a_prompt_again() {
    let mut page = Page::open("c", &[], 0.0);
    page.send("Go on");
    page.answer("One.");
    page.rest();
    page.busy = true;
    page.look_at(&[Message::User("Go on")]);
    page.send("Go on");
    page.answer("Two.");
    page.rest();
    page.wait(FLICKER);
    assert_eq!(page.counts(HookName::UserPromptSubmit), [0, 2, 0]);
    assert_eq!(page.counts(HookName::Stop), [0, 2, 0]);
}

#[test]
fn the_next_prompt_may_come_into_sight_after_its_control() {
    let mut page = Page::open("c", &[], 0.0);
    page.send("Find it");
    page.answer("Found.");
    page.rest();
    page.busy = true;
    page.look();
    page.send("Thanks");
    page.answer("Gladly.");
    page.rest();
    page.wait(FLICKER);
    assert_eq!(page.counts(HookName::UserPromptSubmit), [0, 2, 0]);
    assert_eq!(page.counts(HookName::MessageEnd), [0, 2, 0]);
    assert_eq!(page.counts(HookName::Stop), [0, 2, 0]);
}

#[test]
fn another_answer_to_the_same_prompt_is_no_prompt() {
    let mut page = Page::open("c", &[], 0.0);
    page.turn("Find it");
    page.busy = true;
    page.look();
    // What was there is still there, until the new answer takes its place.
    assert_eq!(page.counts(HookName::MessageStart), [0, 2, 0], "it grows");
    page.messages.pop();
    page.look();
    page.answer("Another.");
    page.rest();
    page.wait(FLICKER);
    assert_eq!(page.counts(HookName::UserPromptSubmit), [0, 1, 0]);
    assert_eq!(page.counts(HookName::MessageStart), [0, 2, 0]);
    assert_eq!(page.counts(HookName::Stop), [0, 2, 0]);
}

#[test]
fn a_new_chat_gets_its_name_while_it_is_answered() {
    let mut page = Page::open("", &[], 0.0);
    page.send("Find it");
    page.conversation = "c";
    page.look();
    page.answer("Found.");
    page.rest();
    page.wait(FLICKER);
    assert_eq!(page.counts(HookName::SessionStart), [0, 1, 0]);
    assert_eq!(page.counts(HookName::UserPromptSubmit), [0, 1, 0]);
    assert_eq!(page.counts(HookName::Stop), [0, 1, 0]);
    assert_eq!(page.seen.places.last().unwrap().0, "c");
}

#[test]
fn a_new_chat_may_show_its_prompt_before_anything_moves() {
    let mut page = Page::open("", &[], 0.0);
    page.messages.push(Message::User("Find it"));
    page.look();
    page.conversation = "c";
    page.look();
    page.busy = true;
    page.look();
    assert_eq!(page.seen.dom, ["SessionStart", "UserPromptSubmit Find it"]);
}

#[test]
fn a_region_that_comes_with_the_first_prompt_shows_a_turn() {
    let mut page = Page::open("", &[], 0.0);
    page.root = 2;
    page.conversation = "c";
    page.messages.push(Message::User("Find it"));
    page.busy = true;
    page.look();
    page.answer("Found.");
    page.rest();
    page.wait(FLICKER);
    assert_eq!(page.counts(HookName::UserPromptSubmit), [0, 1, 0]);
    assert_eq!(page.counts(HookName::Stop), [0, 1, 0]);
    assert_eq!(page.seen.confidence[0], "low", "it may have been there before us");
}

#[test]
fn another_conversation_takes_the_place() {
    let mut page = Page::open("c", &[], 0.0);
    page.send("Find it");
    page.answer("I look.");
    // The address changes first; then what is shown.
    page.conversation = "d";
    page.look();
    let ends = ["MessageEnd", "Stop I look."];
    assert_eq!(page.seen.dom[4..], ends, "its end will not be seen");
    assert_eq!(page.seen.confidence[4..], ["low", "low"]);
    assert_eq!(page.seen.places[5].0, "c");
    page.messages = vec![Message::User("Old"), text("Old answer."), Message::User("Older")];
    page.messages.push(text("Older answer."));
    page.look();
    page.rest();
    page.wait(10_000.0);
    assert_eq!(page.seen.dom.len(), 6, "{:?}", page.seen.dom);
    page.turn("New");
    assert_eq!(page.seen.dom[6..8], ["SessionStart", "UserPromptSubmit New"]);
    assert_eq!(page.seen.places[7].0, "d");
}

#[test]
fn a_region_that_leaves_ends_what_it_showed() {
    let mut page = Page::open("c", &[], 0.0);
    page.send("Find it");
    page.answer("I look.");
    page.tap.look(br#"{"dialect":"claudeai","root":1,"gone":true}"#, page.now);
    page.read();
    page.wait(FLICKER);
    assert_eq!(page.seen.dom[4..], ["MessageEnd", "Stop I look."]);
}

#[test]
fn what_went_on_unwatched_is_concluded_afterwards() {
    let mut page = Page::open("c", &[Message::User("Hi"), text("Hello.")], 0.0);
    page.messages.push(Message::User("Find it"));
    page.messages
        .push(Message::Assistant { text: "Found.".into(), cards: vec![("search", "done")] });
    page.by = "hidden";
    page.look();
    page.by = "control";
    page.look();
    let expected = [
        "SessionStart",
        "UserPromptSubmit Find it",
        "MessageStart",
        "ToolUseStart search",
        "PostToolUse search",
        "MessageEnd",
        "Stop",
    ];
    assert_eq!(page.seen.dom, expected);
    assert!(page.seen.confidence.iter().all(|confidence| confidence == "low"));
    // Nothing changed meanwhile: nothing is concluded.
    page.by = "hidden";
    page.look();
    assert_eq!(page.seen.dom.len(), expected.len());
}

#[test]
fn two_conversations_on_screen_are_told_apart() {
    let mut page = Page::open("c", &[], 0.0);
    let mine = (page.conversation, page.messages.clone());
    page.root = 2;
    page.conversation = "d";
    page.look();
    page.send("There");
    let theirs = page.messages.clone();
    (page.root, page.conversation, page.messages) = (1, mine.0, mine.1);
    page.send("Here");
    page.answer("Yes.");
    page.rest();
    (page.root, page.conversation, page.messages, page.busy) = (2, "d", theirs, true);
    page.answer("Certainly.");
    page.rest();
    page.wait(FLICKER);
    let of = |conversation| {
        let lines = page.seen.dom.iter().zip(&page.seen.places);
        lines
            .filter(|(_, place)| place.0 == conversation)
            .map(|(line, _)| &**line)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("c")[1..3], ["UserPromptSubmit Here", "MessageStart"]);
    assert_eq!(of("c").last(), Some(&"Stop Yes."));
    assert_eq!(of("d")[1..3], ["UserPromptSubmit There", "MessageStart"]);
    assert_eq!(of("d").last(), Some(&"Stop Certainly."));
}

#[test]
fn a_question_to_the_person_is_part_of_its_turn() {
    let mut page = Page::open("c", &[], 0.0);
    page.send("Delete it");
    page.answer("I ask.");
    page.card("delete", "running");
    page.busy = false;
    page.asks = vec!["May I delete it?"];
    page.look();
    page.wait(10_000.0);
    page.look();
    page.asks.clear();
    page.busy = true;
    page.card("delete", "done");
    page.rest();
    page.wait(FLICKER);
    let asked = page.seen.dom.iter().position(|line| line == "PermissionRequest May I delete it?");
    assert_eq!(asked, Some(5), "{:?}", page.seen.dom);
    assert_eq!(page.counts(HookName::PermissionRequest), [0, 1, 0]);
    assert_eq!(page.counts(HookName::Stop), [0, 1, 0]);
}

#[test]
fn a_wire_turn_nobody_saw_is_not_taken_for_the_next() {
    let mut page = Page::open("c", &[], WINDOW);
    page.wire_opens("Unseen");
    for record in wire_turn() {
        page.wire_says(&record);
    }
    page.wire_ends(Ending::Done);
    page.wait(5_000.0);
    page.turn("Seen");
    page.wait(WINDOW);
    assert_eq!(page.seen.rendered, []);
    assert_eq!(page.counts(HookName::Stop), [1, 1, 0]);
}

#[test]
fn secrets_on_screen_are_covered() {
    let mut page = Page::open("c", &[], 0.0);
    page.send("My key is sk-ant-api03-abcdefghijklmnopqrstuvwxyz012345");
    assert!(page.seen.dom[1].starts_with("UserPromptSubmit My key is "), "{:?}", page.seen.dom);
    assert!(!page.seen.dom[1].contains("abcdefghij"), "{:?}", page.seen.dom);
}

#[test]
fn what_is_no_look_is_nothing() {
    let mut page = Page::open("c", &[], 0.0);
    let broken = [
        "{",
        "[]",
        "null",
        "7",
        "{}",
        r#"{"dialect":"none","root":1}"#,
        r#"{"dialect":"claudeai","root":-1}"#,
        r#"{"dialect":"claudeai"}"#,
        r#"{"dialect":"claudeai","root":1,"answers":7,"tools":[7,null],"asks":{"a":1},"prompt":[]}"#,
    ];
    for json in broken {
        page.tap.look(json.as_bytes(), page.now);
        page.read();
    }
    assert_eq!(page.seen.dom, [""; 0]);
    page.turn("Still here");
    assert_eq!(page.counts(HookName::Stop), [0, 1, 0]);
}

#[test]
fn bytes_of_a_look_that_are_no_text_are_told_as_such() {
    let mut page = Page::open("c", &[], 0.0);
    page.messages.push(Message::User("What gr?ws here"));
    page.busy = true;
    let mut look = page.snapshot().to_string().into_bytes();
    for byte in look.iter_mut().filter(|byte| **byte == b'?') {
        *byte = 0xff;
    }
    page.tap.look(&look, page.now);
    page.read();
    assert_eq!(page.seen.dom[1], "UserPromptSubmit What gr\u{fffd}ws here");
}

#[test]
fn any_number_of_regions_and_turns_is_bounded_and_goes_on() {
    let mut page = Page::open("c", &[], WINDOW);
    for root in 1..2_000 {
        page.root = root;
        page.conversation = Box::leak(format!("c{root}").into_boxed_str());
        page.messages.clear();
        page.busy = false;
        page.look();
        page.send("Here");
    }
    page.wait(2.0 * WINDOW);
    assert_eq!(page.counts(HookName::UserPromptSubmit), [0, 1_999, 0]);
    page.answer("Still.");
    page.rest();
    page.wait(FLICKER);
    assert_eq!(page.counts(HookName::MessageEnd), [0, 1, 0]);
    page.tap.leave(page.now);
    page.read();
    assert_eq!(page.counts(HookName::Stop), [0, 1_999, 0], "the oldest gave way, not in silence");
}

/// What happens in a turn, on the screen and on the wire.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Screen,
    Wire,
}

proptest! {
    /// Whatever tells first, and however far the other is behind within the window:
    /// each event comes once, from the wire, and is rendered.
    #[test]
    fn each_event_once_however_screen_and_wire_interleave(
        order in prop::collection::vec(any::<bool>(), 60),
        gap in 1u32..150,
        turns in 1usize..4,
    ) {
        let mut page = Page::open("c", &[], WINDOW);
        for turn in 0..turns {
            let prompt = ["One", "Two", "Three"][turn];
            let (mut screen, mut wire) = (0, 0);
            let mut order = order.iter().cycle();
            let records = wire_turn();
            while screen < 5 || wire < records.len() + 2 {
                let which = match order.next() {
                    Some(true) if screen < 5 => Happens::Screen,
                    _ if wire < records.len() + 2 => Happens::Wire,
                    _ => Happens::Screen,
                };
                match which {
                    Happens::Screen => {
                        match screen {
                            0 => page.send(prompt),
                            1 => page.answer("I look."),
                            2 => page.card("search", "running"),
                            3 => page.card("search", "done"),
                            _ => page.rest(),
                        }
                        screen += 1;
                    }
                    Happens::Wire => {
                        match wire {
                            0 => page.wire_opens(prompt),
                            at if at <= records.len() => page.wire_says(&records[at - 1]),
                            _ => page.wire_ends(Ending::Done),
                        }
                        wire += 1;
                    }
                }
                page.wait(f64::from(gap));
            }
            page.wait(12.0 * WINDOW);
        }
        prop_assert_eq!(&page.seen.dom, &[""; 0]);
        for name in SHOWN {
            prop_assert_eq!(page.counts(name), [turns, 0, turns], "{:?}", name);
        }
    }

    /// Looks in any order at any state never tell an end without its beginning.
    #[test]
    fn every_start_has_an_end_whatever_is_seen(
        steps in prop::collection::vec((0u8..9, 0u32..400), 1..60),
    ) {
        let mut page = Page::open("c", &[], 0.0);
        for (step, wait) in steps {
            match step {
                0 => page.messages.push(Message::User("Q")),
                1 => page.messages.push(text("A")),
                2 => page.busy = !page.busy,
                3 => page.drawn += 1,
                4 => page.messages.truncate(1),
                5 => page.conversation = if page.conversation == "c" { "d" } else { "c" },
                6 => page.by = if page.by == "hidden" { "control" } else { "hidden" },
                7 => page.asks = if page.asks.is_empty() { vec!["?"] } else { Vec::new() },
                _ => page.messages.push(Message::Assistant { text: "B".into(), cards: vec![("t", "done")] }),
            }
            page.look();
            page.wait(f64::from(wait));
        }
        page.tap.leave(page.now);
        page.read();
        let [_, starts, _] = page.counts(HookName::MessageStart);
        let [_, ends, _] = page.counts(HookName::MessageEnd);
        prop_assert_eq!(starts, ends);
        let prompts = page.counts(HookName::UserPromptSubmit)[1];
        prop_assert!(page.counts(HookName::Stop)[1] >= prompts.max(starts));
    }
}
