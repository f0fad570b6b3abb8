//! Which reader a pipe's records are for, by the grammar of its dialect.

use super::ending::Ending;
use super::roster::Sessions;
use super::scope::Scope;
use super::thread::Pipe;
use super::{Dialect, Grammar, pipe_end, rows, rpc};
use crate::exchange::Direction;

/// One record of a pipe, which goes this way; `name` is its own name.
pub(crate) fn record(
    pipe: &mut Pipe,
    sessions: &mut Sessions,
    scope: &mut Scope<'_>,
    direction: Direction,
    name: &[u8],
) {
    let rpc = scope.dialect.grammar == Grammar::Rpc;
    let read = if rpc { rpc::record } else { rows::record };
    read(pipe, sessions, scope, direction, name);
}

/// A pipe is closed.
pub(crate) fn closed(
    pipe: &mut Pipe,
    sessions: &mut Sessions,
    scope: &mut Scope<'_>,
    how: Ending,
    code: u32,
) {
    match scope.dialect.grammar {
        Grammar::Rpc => rpc::closed(pipe, sessions, scope, code),
        _ => pipe_end::closed(pipe, sessions, scope, how, code),
    }
}

/// What the page sent was refused.
pub(crate) fn refused(
    pipe: &mut Pipe,
    sessions: &mut Sessions,
    scope: &mut Scope<'_>,
    status: u32,
) {
    let rpc = scope.dialect.grammar == Grammar::Rpc;
    let read = if rpc { rpc::refused } else { pipe_end::refused };
    read(pipe, sessions, scope, status);
}

/// The dialect of a request whose address means something only because of
/// what was said before.
pub(crate) fn recognise(pipe: &Pipe, sessions: &Sessions) -> Option<&'static Dialect> {
    sessions.links.recognise(&pipe.wire)
}

/// Whether the page says by this request that it is done with the session: its
/// answer's headers settle that, and pages seldom read more.
pub(crate) fn takes_leave(pipe: &Pipe) -> bool {
    pipe.wire.ends_link()
}
