//! The one reader of all tables: it follows a message block by block and says
//! what happened.
//!
//! Every message that starts also ends, exactly once, with `MessageEnd`; every
//! turn ends exactly once, with `Stop` or `StopFailure`.

use super::block::Block;
use super::keep::Fields;
use super::scope::{Scope, rule, write_fields};
use super::{Act, Content, EventRule, FieldRule, SecondStart};
use crate::hook::{Field, HookName};
use crate::json::tape::{Tape, elements};
use crate::json::{
    integer,
    text::{self, copy},
};
use crate::limits::ID_KEPT;
use crate::notice::NoticeCode;
use crate::turn::digest;
use alloc::vec::Vec;

/// Follows the messages of one stream.
#[derive(Debug, Default)]
pub struct Assembler {
    pub(super) blocks: Vec<Block>,
    /// A message has started and not ended.
    pub(super) open: bool,
    /// Some message has started.
    pub(super) started: bool,
    /// The turn has its `Stop` or `StopFailure`.
    pub(super) stopped: bool,
    /// The last message said that the turn goes on in another request.
    pub(super) continues: bool,
    pub(super) stop_reason: Vec<u8>,
    /// What else its records say of the message's end.
    pub(super) fields: Fields,
    pub(super) usage: Vec<(Vec<u8>, Vec<u8>)>,
    /// The model the request asked for; some messages do not name theirs.
    pub request_model: Vec<u8>,
    /// A digest of the last limit reported.
    limit: Vec<u8>,
    /// The response's `retry-after`.
    pub retry_after: Vec<u8>,
    /// Added to the wire's block indexes.
    pub(super) base: u32,
    /// The index after the highest one so far.
    pub(super) next: u32,
    /// A digest of what the request asked, if it repeats the whole conversation.
    pub(super) asked: Vec<u8>,
    /// A conversation is being summarised.
    pub(super) compacting: bool,
    /// Bytes kept in the blocks of this message.
    pub(super) kept: usize,
    /// A block was left unfinished, or records of the message were lost.
    pub(super) incomplete: bool,
    /// Its messages belong to a session, which knows when a turn is over.
    pub(super) nested: bool,
}

impl Assembler {
    /// One whose messages belong to a session.
    pub(super) fn nested() -> Assembler {
        Assembler { nested: true, ..Assembler::default() }
    }

    /// Takes one record. `event` is its type.
    pub fn record(&mut self, scope: &mut Scope<'_>, event: &[u8]) {
        let Some(rule) = rule(scope.dialect, event) else {
            return scope.out.notice(NoticeCode::UnknownEvent, event, 1);
        };
        if !matches!(rule.act, Act::Ignore | Act::Compaction) {
            self.end_compaction(scope);
        }
        match rule.act {
            // Rows are read by their own readers.
            Act::Ignore | Act::Row(_) | Act::Agent(_) | Act::Query(_) | Act::Rpc(_) => {}
            Act::Start => self.start(scope, rule),
            Act::BlockStart | Act::BlockDelta | Act::BlockStop => {
                let Some(index) = integer(scope.tape.at(scope.data, "/index")) else {
                    self.lose();
                    return scope.out.notice(NoticeCode::UnknownBlock, b"index", 1);
                };
                let index = self.base.saturating_add(index);
                match rule.act {
                    Act::BlockStart => self.block_start(scope, index),
                    Act::BlockDelta => self.block_delta(scope, index),
                    _ => self.block_stop(scope, index),
                }
            }
            Act::MessageDelta => {
                self.stop_fields(scope, "/delta/stop_reason", &[DELTA_DETAILS, EDITS]);
                self.usage(scope, "/usage");
            }
            Act::Stop => self.stop(scope),
            Act::Whole => self.whole(scope, rule),
            Act::Completion => self.completion(scope, rule),
            Act::Error => self.error(scope, 0),
            Act::Ready => meet_conversation(scope, true, &self.request_model),
            Act::Retract => self.retract(scope),
            Act::Compaction => self.compaction_status(scope, rule),
            Act::Limit => limit(scope, "/message_limit"),
            Act::Approval => self.approval(scope, rule),
            Act::Emit(_) | Act::Unless(..) | Act::When(..) => {
                let Some(name) = scope.emitted(rule.act) else { return };
                if let Some(batch) = scope.emit(name, rule.fields)
                    && name == HookName::PostModelSwitch
                {
                    batch.text_field(Field::Source, b"auto");
                }
            }
        }
    }

    /// Takes a record that is not JSON. `name` is all that tells its type.
    pub fn unreadable(&mut self, scope: &mut Scope<'_>, name: &[u8]) {
        scope.out.notice(NoticeCode::InvalidJson, name, 1);
        // Without a name it may be anything; what matters is an object.
        let unnamed = name.is_empty() && scope.data.starts_with(b"{");
        if rule(scope.dialect, name).map_or(unnamed, |rule| rule.act != Act::Ignore) {
            self.lose();
        }
    }

    /// A record is lost: the message at hand is not whole any more.
    pub fn lose(&mut self) {
        self.incomplete |= self.open;
    }

    fn start(&mut self, scope: &mut Scope<'_>, rule: &EventRule) {
        let id = scope.id(scope.dialect.message_id);
        if self.open {
            if scope.context.message == id {
                return; // the same start twice
            }
            match scope.dialect.second_start {
                SecondStart::Adds => {
                    self.leave_blocks_open(scope);
                    let reason = core::mem::take(&mut self.stop_reason);
                    let complete = !self.incomplete;
                    self.message_end(scope, &reason, complete);
                    // Its blocks stay, for the turn's `Stop`; nothing reaches
                    // them any more.
                    self.forget_message();
                    self.open = true;
                    self.blocks.iter_mut().for_each(|block| block.closed = true);
                    self.base = self.next;
                }
                SecondStart::Replaces => {
                    self.leave_blocks_open(scope);
                    self.message_end(scope, b"incomplete", false);
                }
            }
        }
        self.begin(scope, id, rule);
        self.usage(scope, "/message/usage");
        // A continuation can carry everything in its start.
        self.stop_fields(scope, "/message/stop_reason", &[START_DETAILS, START_EDITS]);
        self.content(scope, "/message/content");
    }

    /// A message begins.
    pub(super) fn begin(&mut self, scope: &mut Scope<'_>, id: Vec<u8>, rule: &EventRule) {
        if !self.open {
            self.blocks.clear();
            self.kept = 0;
            if scope.dialect.second_start == SecondStart::Replaces {
                self.next = 0;
            }
            self.base = self.next;
            self.forget_message();
        }
        self.open = true;
        self.started = true;
        if !self.nested {
            meet_conversation(scope, false, &self.request_model);
        }
        let parent = scope.id("/message/parent_uuid");
        if scope.context.turn.is_empty() {
            scope.context.turn = if parent.is_empty() { scope.turns.name_turn() } else { parent };
        } else if !parent.is_empty() {
            scope.turns.name_prompt(&scope.context.turn, &parent);
        }
        let continuation = !id.is_empty() && !scope.turns.meet_message(&id);
        scope.context.message = id;
        scope.context.changed = true;
        let (tape, data) = (scope.tape, scope.data);
        let Some(batch) = scope.hook(HookName::MessageStart) else { return };
        let model = |rule: &FieldRule| {
            rule.0 == Field::Model && !text::inner(tape.at(data, rule.1)).is_empty()
        };
        let fields = rule.fields.iter().filter(|rule| rule.0 != Field::Text);
        if rule.fields.iter().any(model) || self.request_model.is_empty() {
            write_fields(batch, fields, tape, data);
        } else {
            batch.text_field(Field::Model, &self.request_model);
            write_fields(batch, fields.filter(|rule| rule.0 != Field::Model), tape, data);
        }
        if continuation {
            batch.bool(Field::Continuation, true);
        }
    }

    /// What one message said about itself does not hold for the next.
    fn forget_message(&mut self) {
        self.stop_reason.clear();
        self.fields.clear();
        self.usage.clear();
        self.incomplete = false;
        self.continues = false;
    }

    /// A response that was not streamed: as if all had come at once.
    fn whole(&mut self, scope: &mut Scope<'_>, rule: &EventRule) {
        let id = scope.id("/id");
        if self.open {
            self.leave_blocks_open(scope);
            self.message_end(scope, b"incomplete", false);
        }
        self.begin(scope, id, &EventRule { fields: &[FieldRule(Field::Model, "/model")], ..*rule });
        self.content(scope, "/content");
        self.usage(scope, "/usage");
        self.stop_fields(scope, "/stop_reason", &[DETAILS, EDITS]);
        self.stop(scope);
    }

    /// Blocks that came whole, in an array.
    fn content(&mut self, scope: &mut Scope<'_>, pointer: &str) {
        let data = scope.data;
        for (index, element) in (0u32..).zip(elements(scope.tape.at(data, pointer))) {
            // Read as the start of a block, which the tables describe.
            let mut record = copy(br#"{"content_block":"#);
            record.extend_from_slice(element);
            record.push(b'}');
            let mut tape = Tape::default();
            tape.read(&record);
            let mut scope = scope.over(scope.dialect, &tape, &record);
            let index = self.base.saturating_add(index);
            self.block_start(&mut scope, index);
            for delta in elements(scope.present("/content_block/citations")) {
                if let Some(batch) = scope.out.hook(scope.context, HookName::Citation) {
                    batch.json(Field::Citation, delta);
                    batch.int(Field::BlockIndex, index);
                }
            }
            self.block_stop(&mut scope, index);
        }
    }

    fn stop(&mut self, scope: &mut Scope<'_>) {
        if !self.open && self.started {
            return; // the same end twice
        }
        self.leave_blocks_open(scope);
        let mut reason = core::mem::take(&mut self.stop_reason);
        if reason.is_empty() {
            reason = copy(scope.dialect.default_stop.as_bytes());
        }
        let cut_call = reason == b"max_tokens" && self.unfinished_tool();
        self.continues = scope.dialect.continues.iter().any(|word| word.as_bytes() == reason);
        if reason == b"compaction"
            && !self.blocks.iter().any(|block| block.is == Content::Compaction)
        {
            compact(scope, HookName::PreCompact, &[]);
            compact(scope, HookName::PostCompact, &[]);
        }
        let complete = !self.incomplete;
        self.message_end(scope, &reason, complete);
        if self.continues && !self.nested && !self.asked.is_empty() {
            scope.turns.pause(&self.asked, &scope.context.turn);
        }
        if cut_call {
            self.stop_failure(scope, "max_output_tokens", b"");
        } else if !self.continues {
            self.turn_stop(scope, &reason);
        }
    }

    fn completion(&mut self, scope: &mut Scope<'_>, rule: &EventRule) {
        if !self.open && !self.stopped {
            let mut id = scope.id(scope.dialect.message_id);
            if id.is_empty() {
                id = scope.id("/log_id");
            }
            self.begin(scope, id, rule);
            self.blocks.push(Block::new(0, Content::Text));
        }
        let piece = text::inner(scope.tape.at(scope.data, "/completion"));
        if !piece.is_empty() {
            self.append_text(scope, 0, piece);
            if let Some(batch) = scope.hook(HookName::MessageDelta) {
                batch.escaped(Field::Text, core::iter::once(piece));
                batch.int(Field::BlockIndex, 0);
            }
        }
        // Every record repeats it.
        let limit_now = digest(&[scope.present("/messageLimit")]);
        if self.limit != limit_now {
            self.limit = limit_now;
            limit(scope, "/messageLimit");
        }
        self.stop_fields(scope, "/stop_reason", &[]);
        if !self.stop_reason.is_empty() && self.open {
            if let Some(block) = self.blocks.first_mut() {
                block.closed = true;
            }
            self.stop(scope);
        }
    }

    /// The values are not documented: the first status announces a summary; one
    /// that sounds like an end, or whatever comes next, ends it.
    fn compaction_status(&mut self, scope: &mut Scope<'_>, rule: &EventRule) {
        const ENDS: [&[u8]; 6] =
            [b"completed", b"complete", b"finished", b"done", b"failed", b"error"];
        let over = ENDS.contains(&scope.text("/status"));
        let name = match (self.compacting, over) {
            (false, false) => HookName::PreCompact,
            (true, true) => HookName::PostCompact,
            _ => return,
        };
        self.compacting = !over;
        if let Some(batch) = scope.emit(name, rule.fields) {
            batch.text_field(Field::Trigger, b"auto");
        }
    }
}

/// Where records say what was dropped from the conversation, and why they end.
const EDITS: FieldRule = FieldRule(Field::ContextEdits, "/context_management/applied_edits");
const START_EDITS: FieldRule =
    FieldRule(Field::ContextEdits, "/message/context_management/applied_edits");
const DETAILS: FieldRule = FieldRule(Field::StopDetails, "/stop_details");
const DELTA_DETAILS: FieldRule = FieldRule(Field::StopDetails, "/delta/stop_details");
pub(super) const START_DETAILS: FieldRule = FieldRule(Field::StopDetails, "/message/stop_details");

/// Reports a summary that begins or is there.
pub(super) fn compact(scope: &mut Scope<'_>, name: HookName, summary: &[u8]) {
    if let Some(batch) = scope.hook(name) {
        batch.text_field(Field::Trigger, b"auto");
        if !summary.is_empty() {
            batch.escaped(Field::CompactSummary, core::iter::once(summary));
        }
    }
}

/// Reports a conversation the first time it is seen.
pub(super) fn meet_conversation(scope: &mut Scope<'_>, created: bool, model: &[u8]) {
    // One too long to keep has no memory, hence no beginning.
    let named = (1..=ID_KEPT).contains(&scope.context.conversation.len());
    if named && !scope.turns.meet_conversation(&scope.context.conversation) || !named && !created {
        return;
    }
    if let Some(batch) = scope.hook(HookName::SessionStart) {
        let source: &[u8] = if created { b"startup" } else { b"resume" };
        batch.text_field(Field::Source, source);
        if !model.is_empty() {
            batch.text_field(Field::Model, model);
        }
    }
}

/// Reports a usage limit that is near or reached.
pub(super) fn limit(scope: &mut Scope<'_>, pointer: &str) {
    let raw = scope.present(pointer);
    let mut tape = Tape::default();
    if raw.is_empty() || !tape.read(raw) {
        return;
    }
    let state = tape.at(raw, "/type");
    if text::inner(state) == b"within_limit" {
        return;
    }
    if let Some(batch) = scope.hook(HookName::Notification) {
        batch.text_field(Field::NotificationType, b"usage_limit");
        batch.value(Field::Message, state);
        batch.json(Field::Limit, raw);
    }
}
