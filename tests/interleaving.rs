//! One session on two pipes, in any interleaving, with breaks, lists of what was and
//! requests beside them: each event is told once, and in an order that makes sense.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "interleaving/order.rs"]
mod order;
#[path = "interleaving/pipes.rs"]
mod pipes;
#[allow(dead_code)]
#[path = "support/records.rs"]
mod records;
#[path = "interleaving/turns.rs"]
mod turns;

use pagetap::hook::{Field, HookName};
use pagetap::notice::NoticeCode;
use pipes::{Move, Page, Played, Speech};
use proptest::prelude::*;
use records::{Event, Held, Notice, Told};
use std::collections::BTreeMap;
use turns::{Happening, KINDS, Kind};

/// Two pipes of one session.
const PAIRS: [[Speech; 2]; 4] = [
    [Speech::First, Speech::First],
    [Speech::Second, Speech::Second],
    [Speech::First, Speech::Second],
    [Speech::Managed, Speech::Managed],
];

fn session(speech: Speech, kinds: &[Kind]) -> Vec<Happening> {
    match speech {
        Speech::Managed => turns::managed(kinds),
        _ => turns::claude_code(kinds),
    }
}

fn alone(speech: Speech, kinds: &[Kind]) -> Told {
    let happens = session(speech, kinds);
    Page::new(&happens, &[speech]).plays(&[]).told
}

/// How long a call took, and what a message used, is seen earlier or later.
const TIMED: [Field; 4] = [Field::DurationMs, Field::LatencyMs, Field::Usage, Field::Caller];
/// Nor does anybody know how a message ended whose last pieces were lost.
const LOST: [Field; 6] = [
    Field::DurationMs,
    Field::LatencyMs,
    Field::Usage,
    Field::Caller,
    Field::Complete,
    Field::StopReason,
];

/// What was told, without what depends on which pipe told it or in how many
/// pieces it came: events in any order, texts joined.
fn essence(told: &Told, but: &[Field]) -> (BTreeMap<String, usize>, BTreeMap<String, String>) {
    let mut events = BTreeMap::new();
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for event in &told.events {
        let Event { name, turn, parent, fields, .. } = event;
        // What is no part of a message can come when its message is not known yet.
        let message = if order::is_in_message(*name) { &*event.message } else { "" };
        let place = format!("{name:?} {message} {:?}", event.get(Field::BlockIndex));
        if let Some(Held::Text(piece)) = event.get(Field::Text)
            && *name == HookName::MessageDelta
        {
            texts.entry(place).or_default().push_str(piece);
            continue;
        }
        // A block that is finished first is not told in pieces; a pipe that breaks is
        // told, and is no part of the turn.
        if matches!(name, HookName::ToolInputDelta | HookName::Gap) {
            continue;
        }
        let but = if *name == HookName::MessageEnd { but } else { &TIMED };
        let fields: Vec<_> = fields.iter().filter(|(field, _)| !but.contains(field)).collect();
        *events.entry(format!("{name:?} {turn} {message} {parent} {fields:?}")).or_insert(0) += 1;
    }
    (events, texts)
}

/// Every event once, and in order.
fn check(played: &Played, expected: &Told, but: &[Field]) -> Result<(), TestCaseError> {
    let Played { told, lists, broken } = played;
    order::check(told).map_err(TestCaseError::fail)?;
    let lost = |notice: &&Notice| notice.code != NoticeCode::BlockIncomplete || but == TIMED;
    let notices: Vec<_> = told.notices.iter().filter(lost).collect();
    prop_assert!(notices.is_empty(), "{:?}", notices);
    let ((events, texts), (others, words)) = (essence(told, but), essence(expected, but));
    let differs = |event: &&String| events.get(*event) != others.get(*event);
    let wrong: Vec<_> = events.keys().chain(others.keys()).filter(differs).collect();
    prop_assert!(wrong.is_empty(), "{:#?}", wrong);
    prop_assert_eq!(texts, words);
    for event in &told.events {
        prop_assert_eq!(event.replay, lists.contains(&event.stream), "{:?}", event);
    }
    // A socket that breaks is always told; a stream, while a turn is under way.
    let gaps = told.events.iter().filter(|event| event.name == HookName::Gap);
    let sockets = gaps.filter(|event| event.get(Field::CloseCode) == Some(&Held::Int(1006)));
    prop_assert_eq!(sockets.count(), *broken);
    Ok(())
}

fn kinds() -> impl Strategy<Value = Vec<Kind>> {
    prop::collection::vec(prop::sample::select(&KINDS[..]), 1..4)
}

fn pair() -> impl Strategy<Value = [Speech; 2]> {
    prop::sample::select(&PAIRS[..])
}

fn next() -> impl Strategy<Value = Move> {
    (0usize..2).prop_map(Move::Next)
}

fn breaks() -> impl Strategy<Value = Move> {
    (0usize..2, 0usize..12, 0usize..12).prop_map(|(pipe, back, away)| Move::Breaks {
        pipe,
        back,
        away,
    })
}

fn lists() -> impl Strategy<Value = Move> {
    (0usize..2, prop::option::of(0usize..12)).prop_map(|(pipe, back)| Move::Lists { pipe, back })
}

#[test]
fn any_pipe_alone_tells_each_turn_as_it_went() {
    use HookName::*;
    let common = [(UserPromptSubmit, 1), (SessionStart, 1)];
    for kind in KINDS {
        let expected: &[(HookName, usize)] = match kind {
            Kind::Allowed => &[
                (MessageStart, 2),
                (PreToolUse, 1),
                (PermissionRequest, 1),
                (PermissionGranted, 1),
                (PermissionDenied, 0),
                (PostToolUse, 1),
                (Stop, 1),
                (StopFailure, 0),
            ],
            Kind::Denied => &[
                (MessageStart, 2),
                (PreToolUse, 1),
                (PermissionRequest, 1),
                (PermissionDenied, 1),
                (PermissionGranted, 0),
                (PostToolUse, 0),
                (PostToolUseFailure, 0),
                (Stop, 1),
                (StopFailure, 0),
            ],
            Kind::Failed => &[(Stop, 0), (StopFailure, 1)],
            Kind::Interrupted => &[(MessageStart, 1), (Interrupt, 1), (Stop, 1), (StopFailure, 0)],
            Kind::Delegated => &[(SubagentStart, 1), (SubagentStop, 1), (Stop, 1)],
        };
        for speech in [Speech::First, Speech::Second, Speech::Managed] {
            let told = alone(speech, &[kind]);
            for (name, count) in common.iter().chain(expected) {
                assert_eq!(told.count(*name), *count, "{speech:?} {kind:?} {name:?}");
            }
            order::check(&told).unwrap_or_else(|why| panic!("{speech:?} {kind:?}: {why}"));
        }
        let [first, second] = [Speech::First, Speech::Second].map(|one| alone(one, &[kind]));
        assert_eq!(essence(&first, &TIMED), essence(&second, &TIMED));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 250, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_of_two_pipes_tells_each_event_once_and_in_order(
        kinds in kinds(),
        pair in pair(),
        moves in prop::collection::vec(next(), 0..160),
    ) {
        let happens = session(pair[0], &kinds);
        check(&Page::new(&happens, &pair).plays(&moves), &alone(pair[0], &kinds), &TIMED)?;
    }

    #[test]
    fn pipes_that_break_anywhere_and_are_taken_up_tell_each_event_once_and_in_order(
        kinds in kinds(),
        pair in pair(),
        moves in prop::collection::vec(prop_oneof![12 => next(), 1 => breaks()], 0..160),
    ) {
        let happens = session(pair[0], &kinds);
        check(&Page::new(&happens, &pair).plays(&moves), &alone(pair[0], &kinds), &LOST)?;
    }

    #[test]
    fn one_pipe_that_breaks_and_is_taken_up_tells_each_event_once_and_in_order(
        kinds in kinds(),
        speech in prop::sample::select(&[Speech::First, Speech::Second, Speech::Managed][..]),
        moves in prop::collection::vec(
            prop_oneof![6 => Just(Move::Next(0)), 1 => breaks()].prop_map(|step| match step {
                Move::Breaks { back, away, .. } => Move::Breaks { pipe: 0, back, away },
                other => other,
            }),
            0..120,
        ),
    ) {
        let happens = session(speech, &kinds);
        check(&Page::new(&happens, &[speech]).plays(&moves), &alone(speech, &kinds), &LOST)?;
    }

    #[test]
    fn lists_of_what_was_beside_the_pipes_tell_nothing_again(
        kinds in kinds(),
        pair in pair(),
        moves in prop::collection::vec(prop_oneof![12 => next(), 1 => lists(), 1 => breaks()], 0..160),
    ) {
        let happens = session(pair[0], &kinds);
        check(&Page::new(&happens, &pair).plays(&moves), &alone(pair[0], &kinds), &LOST)?;
    }
}
