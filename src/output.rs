//! Where records go: only into the layers somebody listens to.

use crate::event::{Batch, Layer, RawKind, StreamId};
use crate::exchange::{Direction, SESSIONS};
use crate::hook::{Field, HookName};
#[cfg(feature = "dom")]
use crate::json::text::copy;
use crate::notice::NoticeCode;
use alloc::vec::Vec;

/// What every hook event of a stream shares. Empty text means not known.
#[derive(Debug, Default)]
pub struct Context {
    /// The dialect's name.
    pub dialect: &'static str,
    /// The conversation's id.
    pub conversation: Vec<u8>,
    /// The turn's id.
    pub turn: Vec<u8>,
    /// The assistant message's id.
    pub message: Vec<u8>,
    /// The subagent's id.
    pub agent: Vec<u8>,
    /// The tool call the subagent works for.
    pub parent: Vec<u8>,
    /// What happened before the pipe was opened.
    pub replay: bool,
    /// Set with every change: subscribers have the old values.
    pub changed: bool,
}

impl Context {
    /// Takes over an id that may be the one it has.
    pub fn set(&mut self, which: impl Fn(&mut Context) -> &mut Vec<u8>, id: &[u8]) {
        let known = which(self);
        if known != id {
            known.clear();
            known.extend_from_slice(id);
            self.changed = true;
        }
    }
}

/// A hook event that can be seen on screen, for whoever looks there.
#[cfg(feature = "dom")]
#[derive(Debug)]
pub struct Told {
    /// What was told.
    pub name: HookName,
    /// Its number.
    pub seq: u32,
    /// When (ms).
    pub ts: f64,
    /// The conversation's id; empty when there is none.
    pub conversation: Vec<u8>,
    /// The turn's id.
    pub turn: Vec<u8>,
}

/// Hook events that a page shows.
#[cfg(feature = "dom")]
const SHOWN: &[HookName] = &[
    HookName::MessageEnd,
    HookName::MessageStart,
    HookName::PermissionRequest,
    HookName::PostToolUse,
    HookName::PostToolUseFailure,
    HookName::SessionStart,
    HookName::Stop,
    HookName::StopFailure,
    HookName::ToolUseStart,
    HookName::UserPromptSubmit,
];

/// A frame that hook events may point back to.
#[derive(Clone, Copy, Debug)]
struct FrameMark {
    seq: u32,
    offset: u64,
    length: usize,
    direction: Direction,
}

/// The batch, and who wants what in it.
#[derive(Debug, Default)]
pub struct Output {
    /// The records since the last clear.
    pub batch: Batch,
    /// Somebody listens to layer A.
    pub raw: bool,
    /// Somebody listens to layer B.
    pub hooks: bool,
    /// The batch keeps copies of the chunks: for whoever cannot follow addresses.
    pub keeps: bool,
    /// Somebody looks at the screen.
    #[cfg(feature = "dom")]
    pub watched: bool,
    /// What was told since that somebody looked.
    #[cfg(feature = "dom")]
    pub told: Vec<Told>,
    /// Hook events so far; the next one's number.
    seq: u32,
    stream: StreamId,
    ts: f64,
    /// The stream whose context stands in the batch.
    context_of: Option<StreamId>,
    at_written: bool,
    frame: Option<FrameMark>,
    frame_written: bool,
}

impl Output {
    /// Forgets the records; readers start anew.
    pub fn clear(&mut self) {
        self.batch.clear();
        self.context_of = None;
        self.at_written = false;
    }

    /// What was told last was told in another context than that of its stream.
    pub fn forget_context(&mut self) {
        self.context_of = None;
    }

    /// Everything that follows belongs to this stream and this time.
    pub fn at(&mut self, stream: StreamId, ts: f64) {
        // Readers let go there of the frame that was written.
        if stream != self.stream || ts != self.ts || self.frame_written {
            self.at_written = false;
            self.frame_written = false;
        }
        self.stream = stream;
        self.ts = ts;
        self.frame = None;
    }

    /// The time of what was written last (ms).
    #[cfg(feature = "dom")]
    pub fn ts(&self) -> f64 {
        self.ts
    }

    /// The bytes that the next frames lie in.
    pub fn chunk(&mut self, bytes: &[u8], offset: u64) {
        if self.raw || self.hooks {
            self.write_at();
            let address = match self.keeps {
                true => self.batch.keep(bytes),
                false => bytes.as_ptr() as usize,
            };
            self.batch.begin(Layer::Chunk);
            // Addresses are 32 bits wide where anybody can use them.
            self.batch.int(Field::Address, address as u32);
            self.batch.int(Field::Length, bytes.len() as u32);
            self.batch.number(Field::Offset, offset as f64);
        }
    }

    /// Remembers the frame at hand, so that a hook event can point to it.
    pub fn frame(&mut self, seq: u32, offset: u64, length: usize, direction: Direction) {
        self.frame = Some(FrameMark { seq, offset, length, direction });
    }

    /// Starts a raw event, if somebody listens.
    pub fn raw(&mut self, kind: RawKind) -> Option<&mut Batch> {
        if !self.raw {
            return None;
        }
        self.write_at();
        if matches!(kind, RawKind::Frame | RawKind::Fragment) {
            self.write_frame(kind);
        } else {
            self.batch.begin(Layer::Raw(kind));
        }
        Some(&mut self.batch)
    }

    /// Starts a hook event, if somebody listens.
    pub fn hook(&mut self, context: &mut Context, name: HookName) -> Option<&mut Batch> {
        let seq = self.seq;
        self.seq = seq.wrapping_add(1);
        if !self.hooks {
            return None;
        }
        #[cfg(feature = "dom")]
        self.note(context, name, seq);
        self.write_at();
        if context.changed || self.context_of != Some(self.stream) {
            context.changed = false;
            self.context_of = Some(self.stream);
            self.batch.begin(Layer::Context);
            self.batch.text_field(Field::Dialect, context.dialect.as_bytes());
            self.batch.text_field(Field::ConversationId, &context.conversation);
            self.batch.text_field(Field::TurnId, &context.turn);
            self.batch.text_field(Field::MessageId, &context.message);
            if SESSIONS {
                self.session_context(context);
            }
        }
        if self.frame.is_some() && !self.raw {
            self.write_frame(RawKind::Frame);
        }
        self.batch.begin(Layer::Hook(name));
        self.batch.int(Field::Seq, seq);
        Some(&mut self.batch)
    }

    /// Remembers what a page shows, for whoever looks there. A subagent's work and
    /// what happened before are not shown as it happens.
    #[cfg(feature = "dom")]
    fn note(&mut self, context: &Context, name: HookName, seq: u32) {
        let now = self.watched && context.agent.is_empty() && !context.replay && self.stream != 0;
        if now && SHOWN.contains(&name) {
            self.told.push(Told {
                name,
                seq,
                ts: self.ts,
                conversation: copy(&context.conversation),
                turn: copy(&context.turn),
            });
        }
    }

    /// Says since when the hook event of that number is on screen.
    #[cfg(feature = "dom")]
    pub fn rendered(&mut self, seq: u32, ts: f64) {
        self.batch.begin(Layer::Rendered);
        self.batch.int(Field::Seq, seq);
        self.batch.number(Field::RenderedAt, ts);
    }

    /// Reports an irregularity, whoever listens: a loss is always counted.
    pub fn notice(&mut self, code: NoticeCode, detail: &[u8], count: u32) {
        self.write_at();
        self.batch.begin(Layer::Notice(code));
        let utf8 = detail.utf8_chunks().next().map(|chunk| chunk.valid().as_bytes());
        self.batch.text_field(Field::Detail, utf8.unwrap_or_default());
        self.batch.int(Field::Count, count);
    }

    fn write_at(&mut self) {
        if !self.at_written {
            self.at_written = true;
            self.batch.begin(Layer::At);
            self.batch.int(Field::StreamId, self.stream);
            self.batch.number(Field::Ts, self.ts);
        }
    }

    /// What only streams of sessions have.
    fn session_context(&mut self, context: &Context) {
        let ids = [(Field::AgentId, &context.agent), (Field::ParentToolUseId, &context.parent)];
        for (field, id) in ids {
            if !id.is_empty() {
                self.batch.text_field(field, id);
            }
        }
        if context.replay {
            self.batch.bool(Field::Replay, true);
        }
    }

    fn write_frame(&mut self, kind: RawKind) {
        self.batch.begin(Layer::Raw(kind));
        self.frame_written = true;
        if let Some(frame) = self.frame.take() {
            self.batch.int(Field::Seq, frame.seq);
            self.batch.number(Field::Offset, frame.offset as f64);
            self.batch.int(Field::Length, frame.length as u32);
            if SESSIONS && frame.direction == Direction::Out {
                self.batch.text_field(Field::Direction, b"out");
            }
        }
    }
}
