//! What the page's side saw of one conversation, read from its JSON.

use crate::dialect::named;
use crate::json::tape::{Tape, elements};
use crate::json::{integer, text};
use alloc::vec::Vec;

/// Cards, answers and questions read of one snapshot; no screen has more.
const MOST: usize = 512;

/// The end of one conversation.
#[derive(Debug)]
pub(super) struct Snapshot<'s> {
    /// Number of the region.
    pub(super) root: u32,
    pub(super) dialect: &'static str,
    /// The conversation's id; empty when it has none yet.
    pub(super) conversation: Vec<u8>,
    pub(super) busy: bool,
    pub(super) by: By,
    pub(super) prompt: Option<Prompt>,
    pub(super) answers: Vec<Answer<'s>>,
    pub(super) cards: Vec<Card>,
    pub(super) questions: Vec<Question>,
    /// The region left the page.
    pub(super) gone: bool,
    /// Secrets in it were covered.
    pub(super) covered: bool,
}

/// How it is known whether a turn runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum By {
    Control,
    Growing,
    /// The same, and the page was not watched just before.
    Hidden,
}

/// The last message of the person.
#[derive(Clone, Debug)]
pub(super) struct Prompt {
    pub(super) node: u32,
    pub(super) text: Vec<u8>,
    /// The end of the message before; none when none is on screen.
    pub(super) before: Option<Vec<u8>>,
}

impl Prompt {
    /// Whether it is the message that was seen before, in whatever node.
    pub(super) fn is(&self, seen: &Prompt) -> bool {
        // A list that shows only what is in sight may not show any more what is above.
        let here = self.before.is_none() || self.before == seen.before;
        self.text == seen.text && here
    }
}

/// A message of the assistant.
#[derive(Debug)]
pub(super) struct Answer<'s> {
    pub(super) node: u32,
    /// Escaped; none when it was not asked for.
    pub(super) text: Option<&'s [u8]>,
    pub(super) growing: bool,
}

/// A tool card.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) node: u32,
    pub(super) name: Vec<u8>,
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    Running,
    Done,
    Failed,
}

/// A dialog that asks for permission.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) node: u32,
    pub(super) text: Vec<u8>,
}

impl<'s> Snapshot<'s> {
    /// Nothing if it is none.
    pub(super) fn read(json: &'s [u8], covered: bool) -> Option<Snapshot<'s>> {
        let mut tape = Tape::default();
        if json.is_empty() || !tape.read(json) {
            return None;
        }
        let at = |pointer| tape.at(json, pointer);
        let decoded = |pointer| decoded(text::inner(tape.at(json, pointer)));
        let dialect = core::str::from_utf8(text::inner(at("/dialect"))).ok().and_then(named)?;
        let prompt = (at("/prompt").first() == Some(&b'{')).then(|| Prompt {
            node: integer(at("/prompt/node")).unwrap_or(0),
            text: decoded("/prompt/text"),
            before: at("/prompt/before").starts_with(b"\"").then(|| decoded("/prompt/before")),
        });
        Some(Snapshot {
            root: integer(at("/root"))?,
            dialect: dialect.name,
            conversation: decoded("/conversation"),
            busy: at("/busy") == b"true",
            by: match text::inner(at("/by")) {
                b"growing" => By::Growing,
                b"hidden" => By::Hidden,
                _ => By::Control,
            },
            prompt,
            answers: items(at("/answers"), |tape, raw| Answer {
                node: node(tape, raw),
                text: Some(tape.at(raw, "/text"))
                    .filter(|raw| raw.starts_with(b"\""))
                    .map(text::inner),
                growing: tape.at(raw, "/growing") == b"true",
            }),
            cards: items(at("/tools"), |tape, raw| Card {
                node: node(tape, raw),
                name: self::decoded(text::inner(tape.at(raw, "/name"))),
                state: match text::inner(tape.at(raw, "/state")) {
                    b"done" => State::Done,
                    b"failed" => State::Failed,
                    _ => State::Running,
                },
            }),
            questions: items(at("/asks"), |tape, raw| Question {
                node: node(tape, raw),
                text: self::decoded(text::inner(tape.at(raw, "/text"))),
            }),
            gone: at("/gone") == b"true",
            covered,
        })
    }
}

fn items<'s, T>(raw: &'s [u8], read: impl Fn(&Tape, &'s [u8]) -> T) -> Vec<T> {
    let mut tape = Tape::default();
    let one = |raw| {
        tape.read(raw);
        read(&tape, raw)
    };
    elements(raw).take(MOST).map(one).collect()
}

fn node(tape: &Tape, raw: &[u8]) -> u32 {
    integer(tape.at(raw, "/node")).unwrap_or(0)
}

pub(super) fn decoded(inner: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    text::decode(inner, &mut out);
    out
}
