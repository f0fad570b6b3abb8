//! One thread of a session: its messages come in pieces (`stream_event`), as
//! finished blocks (`assistant` rows), or both, on one pipe or on several.
//!
//! Whatever comes first is told; the rest completes it. A finished block closes
//! the one that grew; what grows after that is no news.

use super::assembler::{Assembler, START_DETAILS};
use super::link::Wire;
use super::messages::MESSAGES;
use super::scope::Scope;
use super::{Act, Content, EventRule, FieldRule};
use crate::exchange::{Direction, Opening};
use crate::hook::{Field, HookName};
use crate::json::tape::{Tape, elements};
use crate::json::{integer, text};
use crate::output::{Context, Output};
use crate::seen::Seen;
use alloc::vec::Vec;

/// One thread.
#[derive(Debug)]
pub(super) struct Thread {
    /// The tool call it works for; empty for the conversation itself.
    pub parent: Vec<u8>,
    /// The message at hand, or the last.
    pub message: Vec<u8>,
    assembler: Assembler,
    /// Pieces of the message that were told.
    told: u32,
    /// The message comes in pieces.
    streamed: bool,
    /// The last thinking that came whole.
    thought: Vec<u8>,
    /// Text of the last message, escaped: what the turn came to.
    pub said: Vec<u8>,
}

/// How far one pipe is in a thread's message.
#[derive(Debug, Default)]
pub(super) struct Position {
    parent: Vec<u8>,
    message: Vec<u8>,
    at: u32,
    /// The message was told by another pipe, and is over.
    old: bool,
}

/// Where a message begins, when a finished block does.
static WHOLE: EventRule = EventRule {
    wire: "assistant",
    act: Act::Ignore,
    fields: &[
        FieldRule(Field::Model, "/message/model"),
        FieldRule(Field::RequestId, "/request_id"),
    ],
};

impl Thread {
    pub fn new(parent: &[u8]) -> Thread {
        Thread {
            parent: parent.to_vec(),
            message: Vec::new(),
            assembler: Assembler::nested(),
            told: 0,
            streamed: false,
            thought: Vec::new(),
            said: Vec::new(),
        }
    }

    /// A piece of a message; `scope` is over the piece. Pipes that bring the same
    /// message are told apart by how far each one is.
    pub fn piece(&mut self, scope: &mut Scope<'_>, positions: &mut Vec<Position>, seen: &mut Seen) {
        let kind = scope.text("/type");
        let known = scope.dialect.events.iter().find(|rule| rule.wire.as_bytes() == kind);
        let act = known.map_or(Act::BlockStop, |rule| rule.act);
        if act == Act::Ignore {
            return;
        }
        if !positions.iter().any(|position| position.parent == self.parent) {
            if positions.len() >= scope.limits.remembered {
                positions.remove(0);
            }
            positions.push(Position { parent: self.parent.clone(), ..Position::default() });
        }
        let Some(position) = positions.iter_mut().find(|position| position.parent == self.parent)
        else {
            return;
        };
        if act == Act::Start {
            let id = scope.decoded("/message/id");
            let known = !id.is_empty() && id == self.message;
            position.message.clone_from(&id);
            position.at = 1;
            position.old = !known && !seen.first(&[b"message", &id], scope.ts);
            if known && self.streamed || position.old {
                return;
            }
            if known {
                // It came as finished blocks before: its pieces are no news.
                position.old = true;
                return;
            }
            self.close(scope, b"incomplete", false);
            self.message = id;
            self.told = 1;
            self.streamed = true;
        } else if position.message.is_empty() {
            // Joined in the middle: its finished blocks will tell it whole.
            return;
        } else {
            position.at = position.at.saturating_add(1);
            if position.old || position.message != self.message || position.at <= self.told {
                return;
            }
            self.told = position.at;
        }
        let tool = scope.decoded("/content_block/id");
        if act == Act::BlockStart && !tool.is_empty() {
            seen.first(&[b"tool", &tool], scope.ts);
        }
        let index = integer(scope.tape.at(scope.data, "/index"));
        let of_block = matches!(act, Act::BlockStart | Act::BlockDelta);
        let mut blocks = self.assembler.blocks.iter();
        if of_block && blocks.any(|block| Some(block.index) == index && block.closed) {
            return; // its finished block came first
        }
        self.assembler.record(scope, kind);
        if !self.assembler.open {
            self.keep_said();
        }
    }

    /// A row of finished blocks; `scope` is over the row. Whether the message is
    /// one that may still be told.
    pub fn whole(&mut self, scope: &mut Scope<'_>, seen: &mut Seen) {
        let mut id = scope.decoded("/message/id");
        if id.is_empty() {
            id = scope.decoded("/uuid");
        }
        if id != self.message || id.is_empty() {
            let reason = core::mem::take(&mut self.assembler.stop_reason);
            self.close(scope, &reason, !self.streamed);
            if !seen.first(&[b"message", &id], scope.ts) {
                return;
            }
            self.streamed = false;
            self.thought.clear();
            self.message.clone_from(&id);
            self.assembler.begin(scope, id, &WHOLE);
        } else if !self.assembler.open {
            return; // its end was told
        }
        if !self.streamed {
            self.assembler.usage(scope, "/message/usage");
            self.assembler.stop_fields(scope, "/message/stop_reason", &[START_DETAILS]);
        }
        let (tape, data) = (scope.tape, scope.data);
        let messages = scope.tables.now(&MESSAGES);
        for element in elements(tape.at(data, "/message/content")) {
            let mut record = br#"{"content_block":"#.to_vec();
            record.extend_from_slice(element);
            record.push(b'}');
            let mut tape = Tape::default();
            tape.read(&record);
            let block = &mut scope.over(messages, &tape, &record);
            self.block(block, seen);
        }
        if !self.streamed && !self.assembler.stop_reason.is_empty() {
            let reason = core::mem::take(&mut self.assembler.stop_reason);
            self.close(scope, &reason, true);
        }
    }

    /// A finished block: it completes the one that grew, or is a new one.
    fn block(&mut self, scope: &mut Scope<'_>, seen: &mut Seen) {
        let kind = scope
            .dialect
            .blocks
            .iter()
            .find(|rule| rule.wire.as_bytes() == scope.text("/content_block/type"));
        match kind.map(|rule| rule.is) {
            Some(Content::Text) => self.text(scope),
            Some(Content::Thinking) => self.thinking(scope),
            Some(Content::ToolUse | Content::ServerToolUse) => self.tool(scope, seen),
            _ => self.add(scope),
        }
    }

    fn text(&mut self, scope: &mut Scope<'_>) {
        let words = scope.decoded("/content_block/text");
        let streamed = self.streamed;
        let last = self.assembler.blocks.iter().rposition(|block| block.is == Content::Text);
        let grown = self.assembler.blocks.iter_mut().enumerate().find(|(at, block)| {
            let may_grow = if streamed { !block.closed } else { Some(*at) == last };
            let known = block.decoded();
            block.is == Content::Text && (known == words || may_grow && words.starts_with(&known))
        });
        let Some((_, block)) = grown else { return self.add(scope) };
        let known = block.decoded().len();
        block.closed = true;
        let index = block.index;
        let Some(rest) = words.get(known..).filter(|rest| !rest.is_empty()) else { return };
        let mut escaped = Vec::new();
        text::encode(rest, &mut escaped);
        self.assembler.append_text(scope, index, &escaped);
        if let Some(batch) = scope.hook(HookName::MessageDelta) {
            batch.text_field(Field::Text, rest);
            batch.int(Field::BlockIndex, index);
        }
    }

    fn thinking(&mut self, scope: &mut Scope<'_>) {
        let thought = scope.text("/content_block/thinking");
        if self.streamed {
            let open =
                |block: &&mut super::block::Block| block.is == Content::Thinking && !block.closed;
            if let Some(block) = self.assembler.blocks.iter_mut().find(open) {
                block.closed = true;
            }
            return;
        }
        let again = self.assembler.blocks.iter().any(|block| block.is == Content::Thinking)
            && thought == self.thought;
        self.thought = thought.to_vec();
        if !again {
            self.add(scope);
        }
    }

    fn tool(&mut self, scope: &mut Scope<'_>, seen: &mut Seen) {
        let id = scope.decoded("/content_block/id");
        let blocks = &mut self.assembler.blocks;
        let Some(block) = blocks.iter_mut().find(|block| block.id == id && !id.is_empty()) else {
            if seen.first(&[b"tool", &id], scope.ts) {
                self.add(scope);
            }
            return;
        };
        if !block.closed {
            block.pieces.clear();
            block.whole = scope.present("/content_block/input").to_vec();
            let index = block.index;
            self.assembler.block_stop(scope, index);
        }
    }

    /// A block that nothing was known of.
    fn add(&mut self, scope: &mut Scope<'_>) {
        let highest = self.assembler.blocks.iter().map(|block| block.index).max();
        let index = highest.map_or(0, |index| index.saturating_add(1));
        self.assembler.block_start(scope, index);
        self.assembler.block_stop(scope, index);
    }

    /// The message is over, if it is not yet.
    pub fn close(&mut self, scope: &mut Scope<'_>, reason: &[u8], complete: bool) {
        if !self.assembler.open {
            return;
        }
        if self.streamed {
            self.assembler.leave_blocks_open(scope);
        }
        let complete = complete && !self.assembler.incomplete;
        self.assembler.message_end(scope, reason, complete);
        self.keep_said();
    }

    /// Whether the message at hand has that block.
    pub fn has_block(&self, index: u32) -> bool {
        self.assembler.blocks.iter().any(|block| block.index == index)
    }

    /// Whether a message is open.
    pub fn is_open(&self) -> bool {
        self.assembler.open
    }

    /// Nobody will see this message's end.
    pub fn give_up(&mut self, out: &mut Output, context: &mut Context) {
        self.assembler.give_up(out, context);
    }

    fn keep_said(&mut self) {
        self.said.clear();
        for block in self.assembler.blocks.iter().filter(|block| block.is == Content::Text) {
            self.said.extend_from_slice(&block.pieces);
        }
    }
}

/// What a pipe is, besides its messages.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    /// Where it is in each thread's message.
    pub(super) positions: Vec<Position>,
    /// It is counted among its session's pipes.
    pub(super) counted: bool,
    /// What it brings happened before it was asked for.
    pub(super) history: bool,
    /// It has come to the turn at hand.
    pub(super) caught_up: bool,
    /// It brings what comes after the row of that id.
    pub(super) after: Vec<u8>,
    /// It is a list that begins with what happened last.
    pub(super) backwards: bool,
    /// When it was opened (ms).
    pub(super) opened: f64,
    /// It stays open and brings what happens: a socket, an event stream.
    pub(super) live: bool,
    /// The session that this pipe alone carries, if it is one of its own.
    pub(super) own: Vec<u8>,
    /// It took a prompt along.
    pub(super) prompted: bool,
    /// What it is to a client and a server of JSON-RPC.
    pub(super) wire: Wire,
}

/// What asks for the rows after one.
const AFTER: &str = "after_id=";

impl Pipe {
    /// A pipe that opens.
    pub(crate) fn new(opening: &Opening<'_>, ts: f64) -> Pipe {
        let live = opening.transport.has_messages() || opening.url.contains("/stream");
        let after = opening.url.split(['?', '&', '#']).find_map(|one| one.strip_prefix(AFTER));
        Pipe {
            // Events asked for by a plain request happened before it.
            history: opening.method == "GET" && !live,
            after: after.unwrap_or_default().as_bytes().to_vec(),
            backwards: opening.url.contains("order=desc"),
            opened: ts,
            live,
            wire: Wire::new(opening),
            ..Pipe::default()
        }
    }

    /// What the session it speaks of is called here.
    pub(super) fn session<'n>(&'n self, conversation: &'n [u8]) -> &'n [u8] {
        if self.own.is_empty() { conversation } else { &self.own }
    }
}

/// One row, and how it came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Origin {
    /// Which way.
    pub direction: Direction,
    /// Not said by the worker itself.
    pub foreign: bool,
    /// It happened before the pipe was opened.
    pub replay: bool,
    /// When it was made, by the service's clock (ms).
    pub created: Option<f64>,
}
