//! How a session's pipes end, and what that says of the session.
//!
//! A client reconnects by itself, so a pipe that breaks is a gap; the turn goes
//! on, and its end may come on the next pipe. A pipe that the page closes, or
//! that the service closes for good, is the last that is seen of it.

use super::ending::Ending;
use super::failure;
use super::roster::Sessions;
use super::scope::Scope;
use super::thread::Pipe;
use crate::hook::{Field, HookName};
use alloc::vec::Vec;

/// A socket's close codes, as the service uses them.
const NORMAL: [u32; 3] = [1000, 1001, 1005];
/// Not allowed: nothing more comes.
const UNAUTHORISED: u32 = 4003;
/// The session was not found: while the worker starts anew that may pass.
const NOT_FOUND: u32 = 4001;

/// A pipe is closed.
pub(crate) fn closed(
    pipe: &mut Pipe,
    sessions: &mut Sessions,
    scope: &mut Scope<'_>,
    how: Ending,
    code: u32,
) {
    if !core::mem::take(&mut pipe.counted) {
        return;
    }
    let mut session = sessions.take(pipe.session(&scope.context.conversation));
    session.pipes = session.pipes.saturating_sub(1);
    session.enter(scope, b"");
    let by_page = matches!(how, Ending::Cancelled | Ending::Aborted);
    let for_good = match code {
        0 => by_page,
        UNAUTHORISED => true,
        code => NORMAL.contains(&code),
    };
    let last = session.pipes == 0;
    let ends = scope.dialect.ends_with_pipe;
    if for_good && last && !session.waits || code == UNAUTHORISED || ends {
        session.give_up(scope.out);
    } else if session.busy && !session.waits || code > 0 && !for_good {
        let reason: &[u8] = if code == NOT_FOUND { b"session_not_found" } else { b"closed" };
        if let Some(batch) = scope.hook(HookName::Gap) {
            batch.text_field(Field::Reason, reason);
            if code > 0 {
                batch.int(Field::CloseCode, code);
            }
        }
    }
    let over = code == UNAUTHORISED || ends && last;
    if over
        && let Some(batch) = session.end(scope, b"other")
        && code > 0
    {
        batch.int(Field::CloseCode, code);
    }
    sessions.back(session, scope.out);
}

/// What the page sent was refused: a prompt in it will not be answered.
pub(crate) fn refused(
    pipe: &mut Pipe,
    sessions: &mut Sessions,
    scope: &mut Scope<'_>,
    status: u32,
) {
    if !core::mem::take(&mut pipe.prompted) {
        return;
    }
    let mut session = sessions.take(&scope.context.conversation);
    session.enter(scope, b"");
    if session.settle(scope) {
        let message = scope.decoded("/error/message");
        let error = failure::name(scope.text("/error/type"), &message, status);
        let mut details = message;
        if details.is_empty() {
            details = b"HTTP ".to_vec();
            crate::turn::append_number(status, &mut details);
        }
        if let Some(batch) = scope.hook(HookName::StopFailure) {
            batch.text_field(Field::Error, error.as_bytes());
            batch.text_field(Field::ErrorDetails, &details);
            batch.text_field(Field::LastAssistantMessage, b"");
        }
    }
    sessions.back(session, scope.out);
}

/// The page puts the session away.
pub(crate) fn archived(sessions: &mut Sessions, scope: &mut Scope<'_>) {
    let mut session = sessions.take(&scope.context.conversation);
    session.enter(scope, b"");
    session.give_up(scope.out);
    let message: Vec<u8> = b"archived".to_vec();
    if let Some(batch) = session.end(scope, b"other") {
        batch.text_field(Field::Message, &message);
    }
    sessions.back(session, scope.out);
}
