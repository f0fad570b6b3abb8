//! All sessions: found by their names, whichever pipe says them, and forgotten
//! when too many others came after.

use super::link::Links;
use super::session::Session;
use crate::limits::Limits;
use crate::output::Output;
use crate::seen::Seen;
use crate::turn::append_number;
use alloc::vec::Vec;

/// All sessions, and the ids met in any of them.
#[derive(Debug)]
pub struct Sessions {
    list: Vec<Session>,
    /// Rows, messages, tool calls, questions.
    pub(super) seen: Seen,
    /// Clients and servers of JSON-RPC.
    pub(super) links: Links,
    remembered: usize,
    /// Pipes that had a session of their own.
    pipes: u32,
}

impl Sessions {
    /// A memory within these bounds.
    pub fn new(limits: &Limits) -> Sessions {
        Sessions {
            list: Vec::new(),
            seen: Seen::new(limits.ids_remembered),
            links: Links::new(limits),
            remembered: limits.remembered,
            pipes: 0,
        }
    }

    /// Takes the session of that name out, to be put back by [`Sessions::back`].
    /// The same session has other prefixes on other pipes.
    pub(super) fn take(&mut self, name: &[u8]) -> Session {
        let mut session = self.find(name, false);
        // Whoever joins goes on from what was before.
        let past = |past: &Session| past.history && past.id == session.id;
        if session.turn.is_empty()
            && session.threads.is_empty()
            && let Some(at) = self.list.iter().position(past)
        {
            let past = self.list.remove(at);
            session = past.go_on(session.pipes);
        }
        session
    }

    /// The same for what the session was before the page came: its turns are not
    /// the turn at hand.
    pub(super) fn take_past(&mut self, name: &[u8]) -> Session {
        self.find(name, true)
    }

    /// Whether a list of what was has come to the turn at hand, or the last: by that
    /// row's id, by the id of the row that the list was asked to begin after, or by
    /// when the row was made. What follows in the list is told of that turn.
    pub(super) fn reaches(
        &self,
        name: &[u8],
        uuid: &[u8],
        after: &[u8],
        created: Option<f64>,
    ) -> bool {
        let id = bare(name);
        let Some(live) = self.list.iter().find(|session| session.id == id && !session.history)
        else {
            return false;
        };
        let told = |uuid: &[u8]| {
            live.is_answering(uuid) || self.seen.met_in(&[b"row", uuid], &live.whole())
        };
        let later = created.zip(live.since).is_some_and(|(created, since)| created >= since);
        !live.turn.is_empty() && (later || told(uuid) || told(after))
    }

    fn find(&mut self, name: &[u8], history: bool) -> Session {
        let id = bare(name);
        let same = |session: &Session| session.id == id && session.history == history;
        match self.list.iter().position(same) {
            Some(at) => self.list.remove(at),
            None => Session::new(id, history),
        }
    }

    /// A name for a session that one pipe alone carries.
    pub(super) fn name_pipe(&mut self) -> Vec<u8> {
        self.pipes = self.pipes.wrapping_add(1);
        let mut name = b"pipe ".to_vec();
        append_number(self.pipes, &mut name);
        name
    }

    /// What was said before the session had a name was said in this one.
    pub(super) fn name(&mut self, name: &[u8]) {
        let id = bare(name);
        if self.list.iter().any(|session| session.id == id) {
            return;
        }
        if let Some(session) = self.list.iter_mut().find(|session| session.id.is_empty()) {
            session.id = id.to_vec();
        }
    }

    /// Puts a session back; the one that was used longest ago may have to go.
    pub(super) fn back(&mut self, session: Session, out: &mut Output) {
        self.list.push(session);
        if self.list.len() > self.remembered {
            self.list.remove(0).give_up(out);
        }
    }

    /// The page goes away: turns that are under way will not be seen to their end.
    pub fn leave(&mut self, out: &mut Output) {
        for at in 0..self.list.len() {
            let other = |session: &Session, past: &Session| {
                session.id == past.id && !session.history && !session.turn.is_empty()
            };
            // Whoever goes on with what was tells its end.
            let goes_on = self.list.get(at).is_some_and(|past| {
                past.history && self.list.iter().any(|session| other(session, past))
            });
            if let Some(session) = self.list.get_mut(at) {
                session.shared |= goes_on;
                session.give_up(out);
            }
        }
    }
}

/// A session's name without the prefix that says which interface it came by.
fn bare(name: &[u8]) -> &[u8] {
    let prefixes: [&[u8]; 2] = [b"session_", b"cse_"];
    prefixes.iter().find_map(|prefix| name.strip_prefix(*prefix)).unwrap_or(name)
}
