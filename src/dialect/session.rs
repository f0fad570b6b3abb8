//! Sessions: what several pipes say of one conversation, told once.
//!
//! A session of a remote assistant is spoken on a socket, by requests and by
//! event streams at once, and again after each reconnect. So its state belongs to
//! no stream. Every turn that begins ends, once, with `Stop` or `StopFailure`.

use super::query::Run;
use super::scope::Scope;
use super::thread::Thread;
use crate::event::Batch;
use crate::hook::{Field, HookName};
use crate::json::integer;
use crate::json::tape::Tape;
use crate::output::{Context, Output};
use crate::seen::Seen;
use crate::turn::{append_number, digest};
use alloc::vec::Vec;

/// One session.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// What all its pipes call it.
    pub id: Vec<u8>,
    /// Its name and dialect, as the last pipe called it.
    conversation: Vec<u8>,
    dialect: &'static str,
    /// The conversation itself first, then its subagents.
    pub threads: Vec<Thread>,
    /// The turn at hand, or the last.
    pub turn: Vec<u8>,
    /// When the service made the first row of that turn, by its clock (ms).
    pub since: Option<f64>,
    /// The turn is not over.
    pub busy: bool,
    /// The turn was given up before its own end came, which then is no news.
    given_up: bool,
    /// The end of a turn that waits until what is queued behind it is done.
    pub held: Vec<u8>,
    /// Prompts queued or under way, by their ids.
    pub queue: Vec<Vec<u8>>,
    /// What the assistant's last message said went wrong.
    pub error: Vec<u8>,
    /// The model that answers.
    pub model: Vec<u8>,
    /// The permission mode.
    pub mode: Vec<u8>,
    /// Its conversation is being summarised.
    pub compacting: bool,
    /// Subagents at work.
    pub subagents: Vec<Subagent>,
    /// Questions that wait for the person.
    pub questions: Vec<Question>,
    prompts: Vec<Prompt>,
    /// Why it begins, as a hook of the worker's said.
    pub begins: Vec<u8>,
    /// Pipes that are open.
    pub pipes: u32,
    /// It was said to be over.
    ended: bool,
    /// This is what it was before the page came.
    pub history: bool,
    /// The turn at hand is also told by a pipe that goes on.
    pub shared: bool,
    /// It waits for the person, with its turn under way.
    pub waits: bool,
    /// Interrupts that went out and were not echoed.
    pub interrupts: u32,
    /// Tokens used in the turn at hand, by counter.
    usage: Vec<(Vec<u8>, u32)>,
    /// The query at hand (enhanced server).
    pub query: Run,
}

/// A prompt that was told, by its id and by its words.
#[derive(Debug)]
struct Prompt {
    uuid: Vec<u8>,
    digest: Vec<u8>,
}

/// A subagent at work.
#[derive(Debug, Default)]
pub(super) struct Subagent {
    /// Its task.
    pub task: Vec<u8>,
    /// The tool call it works for.
    pub tool: Vec<u8>,
    /// Its kind.
    pub kind: Vec<u8>,
    /// The call comes back at once, the subagent works on.
    pub background: bool,
}

/// A question that waits for the person.
#[derive(Debug, Default)]
pub(super) struct Question {
    /// The request that asks.
    pub request: Vec<u8>,
    /// The tool call it is about; empty when it is about none.
    pub tool: Vec<u8>,
    /// The tool, or the server that asks.
    pub name: Vec<u8>,
    /// The tool's input, raw JSON.
    pub input: Vec<u8>,
    /// When it was asked (ms).
    pub asked: f64,
    /// It asks for words, not for permission.
    pub elicits: bool,
}

impl Session {
    /// One that nothing is known of; or what it was before the page came.
    pub fn new(id: &[u8], history: bool) -> Session {
        Session { id: id.to_vec(), history, ..Session::default() }
    }

    /// What it was goes on, on so many pipes.
    pub fn go_on(self, pipes: u32) -> Session {
        Session { history: false, shared: false, pipes, ..self }
    }

    /// What comes now is said by this pipe, about the thread of this parent.
    pub fn enter(&mut self, scope: &mut Scope<'_>, parent: &[u8]) {
        let conversation = &scope.context.conversation;
        if self.conversation != *conversation && !conversation.is_empty() {
            self.conversation.clone_from(conversation);
        }
        self.dialect = scope.context.dialect;
        let thread = self.threads.iter().find(|thread| thread.parent == parent);
        let message = thread.map_or(&[][..], |thread| &thread.message);
        let agent = self.subagents.iter().find(|agent| !parent.is_empty() && agent.tool == parent);
        scope.context.set(|context| &mut context.turn, &self.turn);
        scope.context.set(|context| &mut context.message, message);
        scope.context.set(|context| &mut context.parent, parent);
        scope.context.set(|context| &mut context.agent, agent.map_or(&[][..], |agent| &agent.task));
    }

    /// The thread of a tool call that a subagent works for; the conversation
    /// itself without one.
    pub fn thread(&mut self, parent: &[u8], limit: usize) -> Option<&mut Thread> {
        if self.threads.is_empty() {
            self.threads.push(Thread::new(b""));
        }
        if !self.threads.iter().any(|thread| thread.parent == parent) {
            if self.threads.len() > limit {
                self.threads.remove(1);
            }
            self.threads.push(Thread::new(parent));
        }
        self.threads.iter_mut().find(|thread| thread.parent == parent)
    }

    /// A prompt goes out, or is echoed. Whether it is told here for the first
    /// time: its id tells, or its words where one of two has no id.
    pub fn prompt(
        &mut self,
        scope: &mut Scope<'_>,
        uuid: &[u8],
        words: &[u8],
        seen: &mut Seen,
    ) -> bool {
        let digest = digest(&[words]);
        let known = self.prompts.iter_mut().find(|prompt| {
            let nameless = prompt.uuid.is_empty() || uuid.is_empty();
            !uuid.is_empty() && prompt.uuid == uuid || nameless && prompt.digest == digest
        });
        if let Some(prompt) = known {
            // Its name is known now.
            if prompt.uuid.is_empty() {
                prompt.uuid = uuid.to_vec();
                seen.first(&[b"prompt", uuid], scope.ts);
            }
            return false;
        }
        if !seen.first(&[b"prompt", uuid], scope.ts) {
            if self.history {
                // Told by another pipe; what follows here answers it.
                self.busy = true;
                self.shared = true;
                self.turn = uuid.to_vec();
                scope.context.set(|context| &mut context.turn, &self.turn);
            }
            return false;
        }
        self.prompts.push(Prompt { uuid: uuid.to_vec(), digest });
        if self.prompts.len() > scope.limits.remembered {
            self.prompts.remove(0);
        }
        self.given_up = false;
        self.shared = false;
        if !self.busy {
            self.busy = true;
            self.turn = if uuid.is_empty() { scope.turns.name_turn() } else { uuid.to_vec() };
        }
        scope.context.set(|context| &mut context.turn, &self.turn);
        scope.context.set(|context| &mut context.message, b"");
        true
    }

    /// Whether that prompt's turn is the turn at hand, or the last.
    pub fn is_answering(&self, uuid: &[u8]) -> bool {
        let last = self.prompts.last().filter(|_| !uuid.is_empty());
        last.is_some_and(|prompt| prompt.uuid == uuid)
    }

    /// What the rows of its turn belong to; those of the past to another.
    pub fn whole(&self) -> [&[u8]; 3] {
        let when: &[u8] = if self.history { b"past" } else { b"turn" };
        [when, &self.id, &self.turn]
    }

    /// The assistant is at work: a turn is under way, even if its prompt was not
    /// seen.
    pub fn wake(&mut self, scope: &mut Scope<'_>) {
        if !core::mem::replace(&mut self.busy, true) {
            self.given_up = false;
            self.shared = false;
            self.turn = scope.turns.name_turn();
        }
        scope.context.set(|context| &mut context.turn, &self.turn);
    }

    /// The turn is over. Whether that is news; then its `Stop` or `StopFailure`
    /// is to be told.
    pub fn settle(&mut self, scope: &mut Scope<'_>) -> bool {
        if core::mem::take(&mut self.given_up) {
            self.busy = false;
            return false;
        }
        if !self.busy {
            self.turn = scope.turns.name_turn();
        }
        self.busy = false;
        self.held.clear();
        // Words alone tell a prompt from its echo only while it is answered.
        self.prompts.iter_mut().for_each(|prompt| prompt.digest.clear());
        scope.context.set(|context| &mut context.turn, &self.turn);
        true
    }

    /// Nobody will see this turn's end.
    pub fn give_up(&mut self, out: &mut Output) {
        let mut context = Context {
            dialect: self.dialect,
            conversation: self.conversation.clone(),
            turn: self.turn.clone(),
            replay: self.history,
            changed: true,
            ..Context::default()
        };
        for thread in &mut self.threads {
            context.message.clone_from(&thread.message);
            context.parent.clone_from(&thread.parent);
            context.changed = true;
            thread.give_up(out, &mut context);
        }
        if core::mem::take(&mut self.busy) && !self.shared {
            self.given_up = true;
            // The turn's own message, not that of a subagent.
            let own = self.threads.iter().find(|thread| thread.parent.is_empty());
            context.message = own.map_or(Vec::new(), |thread| thread.message.clone());
            context.parent.clear();
            context.changed = true;
            if let Some(batch) = out.hook(&mut context, HookName::StopFailure) {
                batch.text_field(Field::Error, b"unknown");
                batch.text_field(Field::ErrorDetails, b"unobserved");
                batch.text_field(Field::LastAssistantMessage, b"");
            }
        }
        out.forget_context();
    }

    /// Whether it was not told before that there is such a session.
    pub fn meet(&mut self, scope: &mut Scope<'_>) -> bool {
        let known: &[u8] = if self.id.is_empty() { b"(unnamed)" } else { &self.id };
        scope.turns.meet_conversation(known)
    }

    /// The session is over, once.
    pub fn end<'b>(&mut self, scope: &'b mut Scope<'_>, reason: &[u8]) -> Option<&'b mut Batch> {
        if core::mem::replace(&mut self.ended, true) {
            return None;
        }
        let batch = scope.hook(HookName::SessionEnd)?;
        batch.text_field(Field::Reason, reason);
        Some(batch)
    }

    /// A request of the turn at hand used so many tokens.
    pub fn use_tokens(&mut self, usage: &[u8], limit: usize) {
        let mut tape = Tape::default();
        tape.read(usage);
        for (key, value) in tape.members(usage) {
            let Some(count) = integer(value) else { continue };
            let room = self.usage.len() < limit;
            match self.usage.iter_mut().find(|(known, _)| known == key) {
                Some((_, sum)) => *sum = sum.saturating_add(count),
                None if room => self.usage.push((key.to_vec(), count)),
                None => {}
            }
        }
    }

    /// What the turn used, as a JSON object; once.
    pub fn take_usage(&mut self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        for (key, sum) in core::mem::take(&mut self.usage) {
            out.extend_from_slice(if out.is_empty() { b"{\"" } else { b",\"" });
            out.extend_from_slice(&key);
            out.extend_from_slice(b"\":");
            append_number(sum, &mut out);
        }
        out.push(b'}');
        (out.len() > 1).then_some(out)
    }

    /// Takes the question of that request, or about that tool call, away.
    pub fn answered(&mut self, request: &[u8], tool: &[u8]) -> Option<Question> {
        let at = self.questions.iter().position(|question| {
            !request.is_empty() && question.request == request
                || !tool.is_empty() && question.tool == tool
        })?;
        Some(self.questions.remove(at))
    }
}
