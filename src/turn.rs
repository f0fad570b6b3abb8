//! What outlives a stream: tool calls that wait for their result, prompts that
//! may be sent again, conversations and messages seen before.
//!
//! A result can come in the same stream, in a later one, or in the next
//! request; a page may send the same prompt twice. Everything here is bounded
//! by [`Limits`](crate::limits::Limits).

use crate::json::text::{self, copy};
use crate::limits::{Limits, PROMPT_KEPT};
use alloc::vec::Vec;

/// A tool call whose result has not been seen.
#[derive(Debug, Default)]
pub struct Call {
    /// The call's id.
    pub id: Vec<u8>,
    /// The tool.
    pub name: Vec<u8>,
    /// Its input: valid JSON, or empty when it was not.
    pub input: Vec<u8>,
    /// The turn it belongs to.
    pub turn: Vec<u8>,
    /// When its input was complete, by our clock (ms).
    pub ended: f64,
    /// The same by the wire's own timestamp (ms), if it has one.
    pub ended_on_wire: Option<f64>,
}

/// A prompt that was sent.
#[derive(Debug)]
struct Prompt {
    /// The wire's id of the prompt, or a digest of what identifies it.
    key: Vec<u8>,
    /// The digest that a page's own retry has in place of the id.
    digest: Vec<u8>,
    text: Vec<u8>,
    turn: Vec<u8>,
    ts: f64,
    /// No attempt to answer it has succeeded yet.
    open: bool,
}

/// A prompt as it goes out.
pub struct Outgoing<'p> {
    /// The wire's id of the prompt, or a digest of what identifies it.
    pub key: &'p [u8],
    /// The digest, where `key` is an id; else empty.
    pub digest: &'p [u8],
    /// `key` names this very prompt: the same key is the same prompt, even if it
    /// was answered. Else it may have been said again.
    pub certain: bool,
    /// What it says.
    pub text: &'p [u8],
    /// The wire's name for the turn, if it has one.
    pub turn: &'p [u8],
}

/// What [`Turns::prompt`] made of a prompt.
#[derive(Debug, Eq, PartialEq)]
pub enum Sent {
    /// It is new; its turn.
    New(Vec<u8>),
    /// The page sends it again after a failure, or beside a request still
    /// running; the same turn goes on.
    Again(Vec<u8>),
}

/// The memory across streams.
#[derive(Debug)]
pub struct Turns {
    remembered: usize,
    pending: usize,
    pending_bytes: usize,
    calls: Vec<Call>,
    /// Ids of calls whose result was reported, and their turns.
    done: Vec<(Vec<u8>, Vec<u8>)>,
    prompts: Vec<Prompt>,
    /// What was asked before a message that said its turn goes on, and the turn.
    paused: Vec<(Vec<u8>, Vec<u8>)>,
    conversations: Vec<Vec<u8>>,
    messages: Vec<Vec<u8>>,
    next: u32,
    queries: u32,
}

/// A repeated prompt counts as another attempt for this long (ms).
const RETRY_WINDOW: f64 = 300_000.0;

impl Turns {
    /// A memory within these bounds.
    pub fn new(limits: &Limits) -> Turns {
        Turns {
            remembered: limits.remembered,
            pending: limits.pending_tools,
            pending_bytes: limits.pending_bytes,
            calls: Vec::new(),
            done: Vec::new(),
            prompts: Vec::new(),
            paused: Vec::new(),
            conversations: Vec::new(),
            messages: Vec::new(),
            next: 0,
            queries: 0,
        }
    }

    /// A name for a turn the wire does not name.
    pub fn name_turn(&mut self) -> Vec<u8> {
        self.next = self.next.wrapping_add(1);
        let mut name = copy(b"turn-");
        append_number(self.next, &mut name);
        name
    }

    /// A name for a query, which the wire never names.
    pub fn name_query(&mut self) -> Vec<u8> {
        self.queries = self.queries.wrapping_add(1);
        let mut name = b"query-".to_vec();
        append_number(self.queries, &mut name);
        name
    }

    /// A prompt goes out.
    pub fn prompt(&mut self, sent: &Outgoing<'_>, ts: f64) -> Sent {
        let earlier = self.prompts.iter_mut().rev().find(|prompt| {
            (prompt.key == sent.key || prompt.digest == sent.key)
                && (prompt.open || sent.certain)
                && ts - prompt.ts <= RETRY_WINDOW
        });
        if let Some(prompt) = earlier {
            prompt.ts = ts;
            prompt.open = true;
            return Sent::Again(copy(&prompt.turn));
        }
        let turn = if sent.turn.is_empty() { self.name_turn() } else { copy(sent.turn) };
        let prompt = Prompt {
            key: copy(sent.key),
            digest: copy(sent.digest),
            text: copy(text::head(sent.text, PROMPT_KEPT)),
            turn: copy(&turn),
            ts,
            open: true,
        };
        push_bounded(&mut self.prompts, prompt, self.remembered);
        Sent::New(turn)
    }

    /// The text of a prompt and its turn, by its wire's id.
    pub fn prompt_of(&self, id: &[u8]) -> Option<(&[u8], &[u8])> {
        let named = |prompt: &&Prompt| prompt.turn == id || prompt.key == id;
        let found = self.prompts.iter().rev().find(named);
        found.map(|prompt| (&*prompt.text, &*prompt.turn))
    }

    /// The wire's id of the prompt behind a turn: some requests leave it out.
    pub fn name_prompt(&mut self, turn: &[u8], id: &[u8]) {
        let unnamed = |prompt: &&mut Prompt| prompt.turn == turn && prompt.key == prompt.digest;
        if let Some(prompt) = self.prompts.iter_mut().rev().find(unnamed) {
            prompt.key = copy(id);
        }
    }

    /// The turn has its answer: the same prompt again is a new prompt.
    pub fn answered(&mut self, turn: &[u8]) {
        for prompt in self.prompts.iter_mut().filter(|prompt| prompt.turn == turn) {
            prompt.open = false;
        }
        for paused in self.paused.iter_mut().filter(|paused| paused.1 == turn) {
            paused.0.clear();
        }
    }

    /// A message that answers what `asked` digests said that another request of
    /// its turn follows.
    pub fn pause(&mut self, asked: &[u8], turn: &[u8]) {
        push_bounded(&mut self.paused, (copy(asked), copy(turn)), self.remembered);
    }

    /// The turn that waits to go on after what was asked then. It may be asked
    /// for more than once: the request that goes on may fail.
    pub fn paused(&self, asked: &[u8]) -> Option<&[u8]> {
        self.paused.iter().rev().find(|paused| paused.0 == asked).map(|paused| &*paused.1)
    }

    /// The turn of a call, whether or not its result was seen.
    pub fn turn_of(&self, id: &[u8]) -> Option<&[u8]> {
        let done = |done: &&(Vec<u8>, Vec<u8>)| done.0 == id && !id.is_empty();
        let done = self.done.iter().rev().find(done).map(|done| &*done.1);
        self.waiting(id).map(|call| &*call.turn).or(done)
    }

    /// Whether this conversation is seen for the first time.
    pub fn meet_conversation(&mut self, id: &[u8]) -> bool {
        meet(&mut self.conversations, id, self.remembered)
    }

    /// Whether this message is seen for the first time.
    pub fn meet_message(&mut self, id: &[u8]) -> bool {
        meet(&mut self.messages, id, self.remembered)
    }

    /// A tool call is complete and waits for its result. Whether the oldest had
    /// to be forgotten.
    pub fn call(&mut self, call: Call) -> bool {
        // Some gateways number calls anew in each message.
        for done in self.done.iter_mut().filter(|done| done.0 == call.id) {
            done.0.clear();
        }
        self.withdraw(&call.id);
        let kept: usize = self.calls.iter().map(|call| call.input.len()).sum();
        let full = kept + call.input.len() > self.pending_bytes && !self.calls.is_empty();
        if full {
            take_at(&mut self.calls, 0);
        }
        push_bounded(&mut self.calls, call, self.pending) | full
    }

    /// The waiting call of that id.
    pub fn waiting(&self, id: &[u8]) -> Option<&Call> {
        self.calls.iter().rev().find(|call| call.id == id)
    }

    /// The call was withdrawn: no result will come.
    pub fn withdraw(&mut self, id: &[u8]) {
        self.take(id);
    }

    /// The result of a call is there, in `turn`: the call, if it waited. `None`
    /// for the whole when this result was reported before.
    pub fn result(&mut self, id: &[u8], turn: &[u8]) -> Option<Call> {
        // Results without an id cannot be told apart, so none is a repeat.
        if !id.is_empty() {
            if self.done.iter().any(|done| done.0 == id) {
                return None;
            }
            push_bounded(&mut self.done, (copy(id), copy(turn)), self.pending);
        }
        Some(self.take(id).unwrap_or_default())
    }

    fn take(&mut self, id: &[u8]) -> Option<Call> {
        let at = self.calls.iter().position(|call| call.id == id)?;
        take_at(&mut self.calls, at)
    }
}

fn meet(known: &mut Vec<Vec<u8>>, id: &[u8], limit: usize) -> bool {
    let new = !known.iter().any(|other| other == id);
    if new {
        push_bounded(known, copy(id), limit);
    }
    new
}

/// Appends, and drops the oldest beyond `limit`. Whether one was dropped.
fn push_bounded<T>(list: &mut Vec<T>, item: T, limit: usize) -> bool {
    list.push(item);
    let full = list.len() > limit;
    if full {
        take_at(list, 0);
    }
    full
}

/// Removes what is at `at`, if something is. (Each `remove` brings the module a
/// panic with the path of its source, unseen by anybody; here is the only one.)
pub fn take_at<T>(list: &mut Vec<T>, at: usize) -> Option<T> {
    (at < list.len()).then(|| list.remove(at))
}

/// Appends a number in decimal.
pub fn append_number(number: u32, out: &mut Vec<u8>) {
    if number >= 10 {
        append_number(number / 10, out);
    }
    out.push(b'0' + (number % 10) as u8);
}

/// A short digest to tell prompts apart without keeping them: two FNV-1a hashes
/// that start differently, and the length.
pub fn digest(parts: &[&[u8]]) -> Vec<u8> {
    let mut hashes = [0x811c_9dc5u32, 0x9747_b28c, 0];
    for part in parts {
        for byte in part.iter().chain(&[0]) {
            let [first, second, length] = &mut hashes;
            *first = (*first ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
            *second = (*second ^ u32::from(*byte)).wrapping_mul(0x0100_0193).rotate_left(5);
            *length = length.wrapping_add(1);
        }
    }
    let mut out = Vec::new();
    for hash in hashes {
        append_number(hash, &mut out);
        out.push(b'-');
    }
    out
}
