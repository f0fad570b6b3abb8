//! What a stream's records are read with: its dialect, and what it remembers.

use super::World;
use crate::dialect::assembler::Assembler;
use crate::dialect::ending::Ending;
use crate::dialect::overlay::Tables;
use crate::dialect::scope::{Scope, rule};
use crate::dialect::sessions::{self, Pipe, Sessions};
use crate::dialect::{self, Dialect, Grammar, Says};
use crate::exchange::{Direction, Opening, SESSIONS};
use crate::hook::{Field, HookName};
use crate::json::{tape::Tape, text};
use crate::notice::NoticeCode;
use crate::output::Context;
use crate::turn::digest;
use alloc::vec::Vec;

/// How one stream's records are read.
#[derive(Debug)]
pub(super) struct Reader {
    /// What its address says the request is.
    says: Option<Says>,
    pub(super) dialect: Option<&'static Dialect>,
    /// A record has shown which dialect it is.
    proved: bool,
    /// Its messages are lines, as its address says.
    lines: bool,
    pub(super) context: Context,
    assembler: Assembler,
    pipe: Pipe,
    pub(super) status: u32,
    /// Nothing but its address says that the body is an event stream.
    pub(super) guessed: bool,
    /// The first rows of a session that is made, until its answer names it.
    created: Vec<u8>,
}

impl World<'_> {
    /// What reading `data` may touch, and the sessions.
    fn scope<'s>(
        &'s mut self,
        dialect: &'static Dialect,
        context: &'s mut Context,
        data: &'s [u8],
        ts: f64,
    ) -> (Scope<'s>, &'s mut Sessions) {
        let World { tables, out, turns, sessions, limits, tape } = self;
        (Scope { dialect, tables, context, out, turns, limits, tape, data, ts }, sessions)
    }
}

impl Reader {
    pub(super) fn new(opening: &Opening<'_>, tables: &Tables, ts: f64) -> Reader {
        let found = tables.endpoint(opening);
        let mut context = Context::default();
        if let Some((dialect, _, conversation)) = found {
            context.dialect = dialect.name;
            context.conversation = conversation.as_bytes().to_vec();
        }
        Reader {
            says: found.map(|(_, endpoint, _)| endpoint.says),
            dialect: found.map(|(dialect, _, _)| dialect),
            proved: false,
            lines: found.is_some_and(|(dialect, ..)| dialect.lines),
            context,
            assembler: Assembler::default(),
            pipe: Pipe::new(opening, ts),
            status: 0,
            guessed: false,
            created: Vec::new(),
        }
    }

    /// Rules were added: what comes is read by them.
    pub(super) fn renew(&mut self, tables: &Tables) {
        self.dialect = self.dialect.map(|dialect| tables.now(dialect));
    }

    /// Says which dialect it is, where the address does not.
    pub(super) fn name_dialect(&mut self, dialect: &'static Dialect) {
        self.dialect = Some(dialect);
        self.proved = true;
        self.lines = dialect.lines;
        self.context.dialect = dialect.name;
        self.context.changed = true;
    }

    pub(super) fn retry_after(&mut self, seconds: &[u8]) {
        self.assembler.retry_after = seconds.to_vec();
    }

    /// Whether the messages of this stream are lines.
    pub(super) fn has_lines(&self) -> bool {
        self.lines
    }

    /// The request's body, decoded; nothing when it cannot be read.
    pub(super) fn request(&mut self, world: &mut World<'_>, body: Option<&[u8]>, ts: f64) {
        let data = body.unwrap_or_default();
        self.recognise(world);
        let readable = world.tape.read(data);
        let expected = self.says.is_some_and(Says::is_turn);
        if body.is_none() || expected && !readable {
            world.out.notice(NoticeCode::RequestUnreadable, b"", 1);
        }
        if readable {
            self.prove(world, b"", data);
        }
        if SESSIONS && self.is_unsure() && !data.trim_ascii().is_empty() {
            // Somebody else's, who takes the same kinds of answer.
            self.forget_promise();
        }
        if !readable {
            return self.archive(world, ts);
        }
        let Some(dialect) = self.dialect else { return };
        let Some(says) = self.says else { return };
        let (mut scope, all) = world.scope(dialect, &mut self.context, data, ts);
        if !SESSIONS {
            return self.assembler.request(&mut scope, says);
        }
        match (dialect.grammar, says) {
            (Grammar::Blocks, _) => self.assembler.request(&mut scope, says),
            (_, Says::Create) => self.created = data.to_vec(),
            (Grammar::Rows, Says::Archive) => self.archive(world, ts),
            _ => sessions::record(&mut self.pipe, all, &mut scope, Direction::Out, b""),
        }
    }

    /// Whether its address only suggests its dialect, and nothing has shown it.
    fn is_unsure(&self) -> bool {
        !self.proved && self.dialect.is_some_and(|dialect| dialect.unsure)
    }

    /// Whether its dialect is known, before anything of it has come.
    pub(super) fn is_known(&self) -> bool {
        self.dialect.is_some() && !self.is_unsure()
    }

    fn forget_promise(&mut self) {
        self.dialect = None;
        self.says = None;
        self.context.dialect = "";
    }

    /// An address may mean something only because of what was said before.
    fn recognise(&mut self, world: &World<'_>) {
        if SESSIONS
            && !self.is_known()
            && let Some(dialect) = sessions::recognise(&self.pipe, world.sessions)
        {
            self.dialect = Some(dialect);
            self.says = Some(Says::Rpc);
            self.context.dialect = dialect.name;
        }
    }

    /// The response's headers are there.
    pub(super) fn responded(&mut self, world: &mut World<'_>, ts: f64) {
        // A server that keeps its sessions says so by 405.
        let agreed = self.status < 400 || self.status == 405;
        if !SESSIONS || !agreed || !sessions::takes_leave(&self.pipe) {
            return;
        }
        self.recognise(world);
        if let Some(dialect) = self.dialect.filter(|dialect| dialect.grammar == Grammar::Rpc) {
            let (mut scope, all) = world.scope(dialect, &mut self.context, b"", ts);
            sessions::closed(&mut self.pipe, all, &mut scope, Ending::Done, 0);
            // What follows says nothing more.
            self.dialect = None;
        }
    }

    /// The page puts its session away.
    fn archive(&mut self, world: &mut World<'_>, ts: f64) {
        if self.says == Some(Says::Archive)
            && let Some(dialect) = self.dialect
        {
            let (mut scope, all) = world.scope(dialect, &mut self.context, b"", ts);
            sessions::archived(all, &mut scope);
        }
    }

    /// Whether the response is the assistant's turn: by its address, or by what
    /// it says (a tool's result may be answered with the rest of the turn).
    pub(super) fn is_turn(&self) -> bool {
        let blocks = self.dialect.is_some_and(|dialect| dialect.grammar == Grammar::Blocks);
        blocks && (self.proved || self.says.is_some_and(Says::is_turn))
    }

    /// A record was lost.
    pub(super) fn lose(&mut self) {
        self.assembler.lose();
    }

    /// The first record shows which dialect it is, if it is of one. The tape must
    /// have read `data`.
    fn prove(&mut self, world: &mut World<'_>, name: &[u8], data: &[u8]) {
        if self.proved {
            return;
        }
        let mut spare = Vec::new();
        let typed = text::word(text::inner(world.tape.at(data, "/type")), &mut spare);
        let event = if typed.is_empty() { name } else { typed };
        let dialects = world.tables.dialects();
        let proved = dialect::prove(dialects, self.dialect, event, name, world.tape, data);
        let Some(dialect) = proved else { return };
        self.proved = true;
        let promised = self.dialect.replace(dialect);
        if promised.is_some_and(|promised| promised.name == dialect.name) {
            return;
        }
        self.context.dialect = dialect.name;
        self.context.changed = true;
        match promised {
            Some(promised) if promised.unsure => self.says = None,
            Some(promised) => {
                world.out.notice(NoticeCode::DialectChanged, promised.name.as_bytes(), 1);
            }
            None => {}
        }
    }

    /// One record: the data of an event, a message or a line of one, a body.
    pub(super) fn record(
        &mut self,
        world: &mut World<'_>,
        name: &[u8],
        data: &[u8],
        direction: Direction,
        ts: f64,
    ) {
        let readable = world.tape.read(data);
        let rpc = self.dialect.is_some_and(|dialect| dialect.grammar == Grammar::Rpc);
        if SESSIONS && rpc && data.trim_ascii().is_empty() {
            return; // it only keeps the stream alive
        }
        if readable || SESSIONS && self.is_unsure() {
            self.prove(world, name, data);
        }
        if SESSIONS && self.is_unsure() {
            // The address promised too much: this is somebody else's.
            if direction == Direction::In {
                self.forget_promise();
                // Another dialect may still show itself where any address fits.
                self.proved = !rpc;
            }
            return;
        }
        let Some(dialect) = self.dialect else { return };
        if SESSIONS && dialect.grammar != Grammar::Blocks {
            return self.session_record(world, dialect, (name, data, readable), direction, ts);
        }
        if self.says.is_some() && !self.is_turn() {
            if self.says == Some(Says::TaskStatus) && readable {
                self.task_status(world, data, ts);
            }
            return;
        }
        let mut spare = Vec::new();
        let typed = text::word(text::inner(world.tape.at(data, "/type")), &mut spare);
        // The data's own type first: names get lost on the way, types do not.
        let event = if typed.is_empty() { name } else { typed };
        if self.guessed {
            if !readable || rule(dialect, event).is_none() {
                return;
            }
            self.guessed = false;
        }
        let (mut scope, _) = world.scope(dialect, &mut self.context, data, ts);
        if self.status >= 400 {
            self.assembler.refused(&mut scope, self.status);
        } else if readable {
            self.assembler.record(&mut scope, event);
        } else {
            self.assembler.unreadable(&mut scope, event);
        }
    }

    /// A record of a session.
    fn session_record(
        &mut self,
        world: &mut World<'_>,
        dialect: &'static Dialect,
        (name, data, readable): (&[u8], &[u8], bool),
        direction: Direction,
        ts: f64,
    ) {
        let rpc = dialect.grammar == Grammar::Rpc;
        if self.status >= 400 && !rpc {
            let (mut scope, all) = world.scope(dialect, &mut self.context, data, ts);
            return sessions::refused(&mut self.pipe, all, &mut scope, self.status);
        }
        // What is known by its name alone need not be JSON.
        let named = |sign: &dialect::Sign| sign.at.is_empty() && sign.event.as_bytes() == name;
        let understood = readable || rpc && dialect.signs.iter().any(named);
        if !understood {
            let expected = self.status < 400 && (!rpc || matches!(name, b"" | b"message"));
            if expected && !data.trim_ascii().is_empty() {
                world.out.notice(NoticeCode::InvalidJson, name, 1);
            }
            return;
        }
        let created = core::mem::take(&mut self.created);
        let (mut scope, all) = world.scope(dialect, &mut self.context, data, ts);
        if self.says == Some(Says::Create) {
            for pointer in ["/session/id", "/id"] {
                if scope.context.conversation.is_empty() {
                    scope.context.conversation = scope.decoded(pointer);
                    scope.context.changed = true;
                }
            }
            let mut tape = Tape::default();
            tape.read(&created);
            let mut scope = scope.over(dialect, &tape, &created);
            return sessions::record(&mut self.pipe, all, &mut scope, Direction::Out, b"");
        }
        if self.says.is_none_or(|says| matches!(says, Says::Rows | Says::Rpc)) {
            sessions::record(&mut self.pipe, all, &mut scope, direction, name);
        }
    }

    /// A background task's state, once per change.
    fn task_status(&mut self, world: &mut World<'_>, data: &[u8], ts: f64) {
        let Some(dialect) = self.dialect else { return };
        if !world.turns.meet_message(&digest(&[b"task", data])) {
            return;
        }
        let (mut scope, _) = world.scope(dialect, &mut self.context, data, ts);
        let status = scope.tape.at(data, "/status");
        if let Some(batch) = scope.hook(HookName::Notification) {
            batch.text_field(Field::NotificationType, b"task_status");
            batch.value(Field::Message, status);
            batch.json(Field::Data, data);
        }
    }

    /// The exchange is over; `code` is a socket's close code.
    pub(super) fn end(&mut self, world: &mut World<'_>, how: Ending, code: u32, ts: f64) {
        let is_turn = self.is_turn();
        self.recognise(world);
        let Some(dialect) = self.dialect else { return };
        world.tape.read(b"");
        let (mut scope, all) = world.scope(dialect, &mut self.context, b"", ts);
        if SESSIONS && dialect.grammar == Grammar::Rpc {
            if self.status >= 400 || self.status == 0 && how == Ending::Failed {
                sessions::refused(&mut self.pipe, all, &mut scope, self.status);
            }
            // A server that keeps its sessions says so by 405.
            if self.status >= 400 && self.status != 405 {
                return;
            }
        }
        if SESSIONS && dialect.grammar != Grammar::Blocks {
            return sessions::closed(&mut self.pipe, all, &mut scope, how, code);
        }
        if !is_turn {
            return;
        }
        if self.status >= 400 {
            self.assembler.refused(&mut scope, self.status);
        } else if self.guessed && how == Ending::Done {
            // It was no event stream: whether the turn failed is not known.
            self.assembler.end(&mut scope, Ending::Unobserved);
        } else {
            self.assembler.end(&mut scope, how);
        }
    }
}
