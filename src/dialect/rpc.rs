//! JSON-RPC 2.0: which message is a question, an answer or neither, and which
//! answer belongs to which question. What they mean is in `calls`.

use super::link::Link;
use super::roster::Sessions;
use super::rows::rule_for;
use super::scope::Scope;
use super::thread::Pipe;
use super::{Act, Rpc, calls};
use crate::exchange::Direction;
use crate::json::tape::{Tape, elements};
use crate::json::{Kind, kind};
use crate::notice::NoticeCode;

/// The record by which a server names the address to post to.
const ENDPOINT: &[u8] = b"endpoint";

/// Reads one message, or several in an array.
pub(crate) fn record(
    pipe: &mut Pipe,
    sessions: &mut Sessions,
    scope: &mut Scope<'_>,
    direction: Direction,
    name: &[u8],
) {
    if !name.is_empty() && name != b"message" && name != ENDPOINT {
        return;
    }
    let mut link = sessions.links.take(&mut pipe.wire, scope.dialect);
    enter(scope, &link);
    if name == ENDPOINT {
        let address = scope.data.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        link.announce(&pipe.wire, address.trim());
    } else if kind(scope.data) == Kind::Array {
        for message in elements(scope.data) {
            let mut tape = Tape::default();
            tape.read(message);
            let scope = &mut scope.over(scope.dialect, &tape, message);
            one(pipe.wire.number, &mut link, scope, direction);
        }
    } else {
        one(pipe.wire.number, &mut link, scope, direction);
    }
    back(sessions, scope, link);
}

/// Whoever listens hears it as said in this link.
fn enter(scope: &mut Scope<'_>, link: &Link) {
    scope.context.set(|context| &mut context.conversation, &link.name);
    scope.context.set(|context| &mut context.turn, &link.turn);
}

fn back(sessions: &mut Sessions, scope: &mut Scope<'_>, link: Link) {
    let lost = sessions.links.back(link);
    if lost > 0 {
        scope.out.notice(NoticeCode::ToolForgotten, b"", lost as u32);
    }
}

fn one(pipe: u32, link: &mut Link, scope: &mut Scope<'_>, direction: Direction) {
    let id = scope.present("/id");
    let method = scope.decoded("/method");
    let by_page = direction == Direction::Out;
    if method.is_empty() {
        // An answer goes the other way than its question.
        if let Some(asked) = link.answered(!by_page, id, pipe) {
            calls::answered(link, scope, &asked);
        }
        return;
    }
    let Some(rule) = rule_for(scope.dialect, &method) else {
        return scope.out.notice(NoticeCode::UnknownEvent, &method, 1);
    };
    match rule.act {
        Act::Rpc(Rpc::Cancelled) => calls::cancelled(link, scope, (by_page, pipe)),
        Act::Rpc(Rpc::Progress) => calls::progress(link, scope, rule, by_page),
        Act::Rpc(Rpc::Log) => calls::log(link, scope, rule),
        // A question without an id is none.
        Act::Rpc(_) if !id.is_empty() => calls::asked(link, scope, rule, (by_page, pipe, id)),
        act => {
            if let Some(name) = scope.emitted(act) {
                scope.emit(name, rule.fields);
            }
        }
    }
}

/// A pipe is closed. A socket and an older event stream are their link; over
/// HTTP the page says when it is done.
pub(crate) fn closed(pipe: &mut Pipe, sessions: &mut Sessions, scope: &mut Scope<'_>, code: u32) {
    let wire = &mut pipe.wire;
    if wire.link.is_empty() && !wire.ends_link() {
        return; // it never said anything
    }
    let mut link = sessions.links.take(wire, scope.dialect);
    enter(scope, &link);
    let own = wire.link.contains(&b'#') && wire.listens();
    if wire.ends_link() || own {
        wire.over = true;
        calls::over(&mut link, scope, code);
    } else {
        back(sessions, scope, link);
    }
}

/// What was posted was refused: its questions will have no answer.
pub(crate) fn refused(
    pipe: &mut Pipe,
    sessions: &mut Sessions,
    scope: &mut Scope<'_>,
    status: u32,
) {
    if pipe.wire.link.is_empty() {
        return;
    }
    let mut link = sessions.links.take(&mut pipe.wire, scope.dialect);
    enter(scope, &link);
    let number = pipe.wire.number;
    calls::refused(&mut link, scope, number, status);
    back(sessions, scope, link);
}
