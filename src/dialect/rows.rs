//! Rows: what the pipes of a session carry, one object each. Read by the tables
//! of the dialects whose grammar is `Rows`.

use super::roster::Sessions;
use super::scope::Scope;
use super::session::Session;
use super::thread::{Origin, Pipe};
use super::{Act, Agent, Dialect, EventRule, Row, name_of, task, turn_end};
use crate::exchange::Direction;
use crate::hook::{Field, HookName};
use crate::json::tape::{Tape, elements};
use crate::json::{Kind, kind, text};
use crate::notice::NoticeCode;
use crate::seen::Seen;
use alloc::vec::Vec;

/// Reads one record: a row, an envelope around one, or a list of either. `name`
/// is the record's own name, if it has one.
pub(crate) fn record(
    pipe: &mut Pipe,
    sessions: &mut Sessions,
    scope: &mut Scope<'_>,
    direction: Direction,
    name: &[u8],
) {
    let (tape, data) = (scope.tape, scope.data);
    for list in scope.dialect.lists {
        let list = tape.at(data, list);
        if kind(list) == Kind::Array {
            let mut items: Vec<&[u8]> = elements(list).collect();
            if pipe.backwards {
                items.reverse();
            }
            for item in items {
                let mut tape = Tape::default();
                tape.read(item);
                let scope = &mut scope.over(scope.dialect, &tape, item);
                envelope(pipe, sessions, scope, direction, name);
            }
            return;
        }
    }
    envelope(pipe, sessions, scope, direction, name);
}

/// Opens what the interfaces put around a row.
fn envelope(
    pipe: &mut Pipe,
    sessions: &mut Sessions,
    scope: &mut Scope<'_>,
    direction: Direction,
    name: &[u8],
) {
    let (tape, data) = (scope.tape, scope.data);
    let source = scope.text("/source");
    let typed = scope.text("/type");
    let inside = match tape.at(data, "/payload") {
        payload if kind(payload) == Kind::Object => payload,
        // The first rows of a session that is made.
        _ if typed == b"event" => tape.at(data, "/data"),
        _ => data,
    };
    // Only the worker speaks for the worker.
    let wrapped = inside.len() != data.len();
    let foreign = wrapped && !source.is_empty() && source != b"worker";
    let created = ["/created_at", "/timestamp", "/processed_at"].map(|at| scope.text(at));
    let created = created.into_iter().find_map(super::block::unix_ms);
    let replay = pipe.history || created.is_some_and(|ms| ms + CLOCKS_DIFFER < pipe.opened);
    let origin = Origin { direction, foreign, replay, created };
    if !wrapped {
        return row(pipe, sessions, scope, origin, name);
    }
    let mut tape = Tape::default();
    tape.read(inside);
    row(pipe, sessions, &mut scope.over(scope.dialect, &tape, inside), origin, name);
}

/// Two clocks may differ by this much (ms) before one is taken to speak of the
/// past.
const CLOCKS_DIFFER: f64 = 60_000.0;

/// The rule for a row of that name, or for all rows of its type.
pub(super) fn rule_for(dialect: &'static Dialect, name: &[u8]) -> Option<&'static EventRule> {
    let rules = || dialect.events.iter().chain(dialect.control);
    let exact = rules().find(|rule| rule.wire.as_bytes() == name);
    exact.or_else(|| {
        let slash = name.iter().position(|byte| *byte == b'/')?;
        let family = name.get(..=slash)?;
        rules()
            .find(|rule| rule.wire.strip_suffix('*').is_some_and(|wire| wire.as_bytes() == family))
    })
}

fn row(
    pipe: &mut Pipe,
    sessions: &mut Sessions,
    scope: &mut Scope<'_>,
    origin: Origin,
    record_name: &[u8],
) {
    let name = name_of(scope.dialect, scope.tape, scope.data, record_name);
    if name.is_empty() && !pipe.live {
        return; // the answer to what the page sent
    }
    let Some(rule) = rule_for(scope.dialect, &name) else {
        return scope.out.notice(NoticeCode::UnknownEvent, &name, 1);
    };
    if rule.act == Act::Ignore {
        return;
    }
    if scope.context.conversation.is_empty() {
        // Without an address the rows themselves name the session.
        scope.context.conversation = scope.decoded("/session_id");
        scope.context.changed = true;
        sessions.name(&scope.context.conversation);
    }
    if scope.dialect.ends_with_pipe && pipe.own.is_empty() {
        pipe.own = sessions.name_pipe();
    }
    let is_prompt = matches!(rule.act, Act::Row(Row::User) | Act::Agent(Agent::Prompt));
    let name_here = pipe.session(&scope.context.conversation).to_vec();
    if pipe.history && !pipe.caught_up {
        // From the turn at hand on, what was is what is.
        let uuid = scope.decoded(scope.dialect.row_id);
        pipe.caught_up = sessions.reaches(&name_here, &uuid, &pipe.after, origin.created);
    }
    let past = pipe.history && !pipe.caught_up;
    let mut session = if past { sessions.take_past(&name_here) } else { sessions.take(&name_here) };
    if pipe.live && !core::mem::replace(&mut pipe.counted, true) {
        session.pipes = session.pipes.saturating_add(1);
    }
    let parent = scope.decoded("/parent_tool_use_id");
    session.enter(scope, &parent);
    scope.context.changed |= scope.context.replay != origin.replay;
    scope.context.replay = origin.replay;
    // Pieces share their row's id, requests have one of their own.
    let numbered = !matches!(
        rule.act,
        Act::Row(Row::Piece | Row::Ask | Row::Elicit | Row::Answer | Row::Cancel | Row::Callback)
            | Act::Query(_)
    );
    let request = scope.decoded("/request_id");
    let uuid =
        if name.starts_with(b"control_") { request } else { scope.decoded(scope.dialect.row_id) };
    sessions.seen.enter(&session.whole());
    if !numbered || is_prompt || sessions.seen.first(&[b"row", &uuid], scope.ts) {
        let turn = session.turn.clone();
        let mut about =
            About { session: &mut session, seen: &mut sessions.seen, rule, origin, parent };
        act(pipe, scope, &mut about);
        if session.turn != turn {
            session.since = None;
        }
        if numbered {
            session.since = session.since.or(origin.created);
        }
    }
    pipe.prompted |= is_prompt && origin.direction == Direction::Out;
    sessions.back(session, scope.out);
}

/// What a row is about, for whoever reads it.
pub(super) struct About<'a> {
    pub session: &'a mut Session,
    pub seen: &'a mut Seen,
    pub rule: &'static EventRule,
    pub origin: Origin,
    /// The tool call that the row's subagent works for.
    pub parent: Vec<u8>,
}

fn act(pipe: &mut Pipe, scope: &mut Scope<'_>, about: &mut About<'_>) {
    let rule = about.rule;
    match rule.act {
        Act::Agent(what) => super::agent::act(pipe, scope, about, what),
        Act::Query(what) => super::query::act(scope, about, what),
        Act::Row(row) => match row {
            Row::Init => init(scope, about),
            Row::HookStarted => hook_started(scope, about),
            Row::Status => status(scope, about),
            Row::Compacted => {
                if about.session.compacting {
                    about.session.compacting = false;
                } else {
                    scope.emit(HookName::PreCompact, rule.fields);
                }
                scope.emit(HookName::PostCompact, rule.fields);
            }
            Row::State => turn_end::state(scope, about),
            Row::TaskStarted => task::started(scope, about),
            Row::TaskEnded => task::ended(scope, about),
            Row::Assistant => assistant(scope, about),
            Row::User => super::user_row::user(scope, about),
            Row::Piece => piece(pipe, scope, about),
            Row::Result => turn_end::result(scope, about),
            Row::Lifecycle => turn_end::lifecycle(scope, about),
            Row::Reset => reset(scope, about),
            Row::Over => {
                about.session.give_up(scope.out);
                let message = scope.tape.at(scope.data, "/reason");
                if let Some(batch) = about.session.end(scope, b"other") {
                    batch.value(Field::Message, message);
                }
            }
            Row::Gap => {
                scope.emit(HookName::Gap, rule.fields);
            }
            Row::Void => {
                scope.emit(HookName::MessageRetract, rule.fields);
            }
            _ => super::control::act(scope, about, row),
        },
        act => {
            if let Some(name) = scope.emitted(act) {
                scope.emit(name, rule.fields);
            }
        }
    }
}

/// The first of a session begins it, each later one a turn.
fn init(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let session = &mut *about.session;
    session.model = scope.decoded("/model");
    session.mode = scope.decoded("/permissionMode");
    let source = core::mem::take(&mut session.begins);
    let source: &[u8] = if source.is_empty() { b"startup" } else { &source };
    if session.meet(scope) {
        if let Some(batch) = scope.emit(HookName::SessionStart, about.rule.fields) {
            batch.text_field(Field::Source, source);
        }
    } else {
        scope.emit(HookName::TurnStart, about.rule.fields);
    }
}

/// `SessionStart:resume` says why the session begins.
fn hook_started(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let name = scope.decoded("/hook_name");
    if let Some(source) = name.strip_prefix(b"SessionStart:") {
        about.session.begins = source.to_vec();
    }
}

/// Whoever joins a session that is under way.
pub(super) fn join(scope: &mut Scope<'_>, session: &mut Session) {
    if session.meet(scope)
        && let Some(batch) = scope.hook(HookName::SessionStart)
    {
        batch.text_field(Field::Source, b"resume");
    }
}

fn status(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let mode = scope.decoded("/permissionMode");
    if !mode.is_empty() {
        super::control::set_mode(scope, about.session, &mode);
    }
    let compacting = scope.text("/status") == b"compacting";
    let result = scope.text("/compact_result");
    // Why is told when it is done.
    if compacting && !core::mem::replace(&mut about.session.compacting, true) {
        scope.hook(HookName::PreCompact);
    }
    if !result.is_empty() && core::mem::take(&mut about.session.compacting) {
        let (tape, data) = (scope.tape, scope.data);
        if let Some(batch) = scope.hook(HookName::PostCompact) {
            batch.value(Field::Status, tape.at(data, "/compact_result"));
            batch.value(Field::Error, tape.at(data, "/compact_error"));
        }
    }
}

fn assistant(scope: &mut Scope<'_>, about: &mut About<'_>) {
    join(scope, about.session);
    let superseded = scope.present("/supersedes");
    if !superseded.is_empty()
        && let Some(batch) = scope.hook(HookName::MessageRetract)
    {
        batch.json(Field::Uuid, superseded);
    }
    let error = scope.decoded("/error");
    if !error.is_empty() {
        about.session.error = error;
    }
    if about.parent.is_empty() {
        about.session.wake(scope);
    } else {
        task::met(scope, about);
    }
    let limit = scope.limits.remembered;
    if let Some(thread) = about.session.thread(&about.parent, limit) {
        thread.whole(scope, about.seen);
    }
}

fn piece(pipe: &mut Pipe, scope: &mut Scope<'_>, about: &mut About<'_>) {
    join(scope, about.session);
    let event = scope.tape.at(scope.data, "/event");
    let mut tape = Tape::default();
    tape.read(event);
    let messages = scope.tables.now(&super::messages::MESSAGES);
    let kind = text::inner(tape.at(event, "/type"));
    let rule = messages.events.iter().find(|rule| rule.wire.as_bytes() == kind);
    let starts = rule.is_some_and(|rule| rule.act == Act::Start);
    if !about.parent.is_empty() {
        task::met(scope, about);
    } else if starts {
        // A slower pipe brings messages of a turn that is over.
        let id = scope.over(scope.dialect, &tape, event).decoded("/message/id");
        if id.is_empty() || !about.seen.knows(&[b"message", &id]) {
            about.session.wake(scope);
        }
    }
    let limit = scope.limits.remembered;
    if let Some(thread) = about.session.thread(&about.parent, limit) {
        let piece = &mut scope.over(messages, &tape, event);
        thread.piece(piece, &mut pipe.positions, about.seen);
    }
}

/// Another conversation begins in the same session.
fn reset(scope: &mut Scope<'_>, about: &mut About<'_>) {
    if let Some(batch) = scope.hook(HookName::SessionEnd) {
        batch.text_field(Field::Reason, b"clear");
    }
    if let Some(batch) = scope.emit(HookName::SessionStart, about.rule.fields) {
        batch.text_field(Field::Source, b"clear");
    }
}
