//! What the page says: prompts, tool results, permissions.

use super::Says;
use super::assembler::{Assembler, meet_conversation};
use super::scope::{Scope, text_at};
use super::tool::Outcome;
use crate::event::Batch;
use crate::hook::{Field, HookName};
use crate::json::tape::{Tape, elements};
use crate::json::{
    Kind, kind,
    text::{self, copy},
};
use crate::limits::PROMPT_KEPT;
use crate::notice::NoticeCode;
use crate::turn::{Outgoing, Sent, digest};
use alloc::vec::Vec;

impl Assembler {
    /// A request's body, whole. `scope` is over the body.
    pub fn request(&mut self, scope: &mut Scope<'_>, says: Says) {
        self.request_model = scope.id("/model");
        match says {
            Says::Messages => self.messages(scope),
            Says::CompletionPrompt => {
                let prompt = scope.decoded("/prompt");
                let key = digest(&[b"complete", &prompt]);
                self.prompt(scope, &said(&key, &prompt), |_| {});
            }
            Says::Prompt => self.chat_prompt(scope),
            Says::Retry => self.retry(scope),
            Says::ToolApproval => approval(scope),
            Says::ToolResult => client_result(scope),
            Says::StopResponse | Says::TaskStatus => {}
            // Read by `rows` and `rpc`.
            Says::Rows | Says::Create | Says::Archive | Says::Rpc => {}
        }
    }

    /// `messages[]`: what stands after the last assistant message is new.
    fn messages(&mut self, scope: &mut Scope<'_>) {
        let body = scope.tape.at(scope.data, "/messages");
        let mut tape = Tape::default();
        let mut assistant: &[u8] = &[];
        let mut new: Vec<&[u8]> = Vec::new();
        let mut before: &[u8] = &[];
        // All that was said, and how much of it before the last assistant message.
        let (mut said_all, mut said_before) = (Vec::new(), 0);
        for message in elements(body) {
            tape.read(message);
            let content = tape.at(message, "/content");
            let role = text::inner(tape.at(message, "/role"));
            match role {
                b"assistant" => {
                    before = new.last().copied().unwrap_or(before);
                    new.clear();
                    assistant = content;
                    said_before = said_all.len();
                }
                b"user" => new.push(content),
                _ => {}
            }
            said_all.extend_from_slice(role);
            append_plain_text(content, &mut said_all);
            said_all.push(0);
        }
        // Words only: marks for caching move from request to request.
        self.asked = digest(&[&said_all]);
        let mut calls = None;
        let mut answers = false;
        for content in &new {
            answers = false;
            for block in elements(content) {
                tape.read(block);
                if text::inner(tape.at(block, "/type")) == b"tool_result" {
                    answers = true;
                    message_result(scope, &mut calls, assistant, block, &tape);
                }
            }
        }
        if answers {
            return;
        }
        // Without a new user message the page continues a paused turn, or puts
        // words into the assistant's mouth: then the prompt stands before it.
        let content = match new.last() {
            Some(content) => *content,
            None if resumes(scope, assistant, said_all.get(..said_before).unwrap_or_default()) => {
                return;
            }
            None => before,
        };
        let mut prompt = Vec::new();
        append_plain_text(content, &mut prompt);
        // The page's own retry repeats them all; another chat that says the same
        // words has said others before.
        let key = digest(&[b"messages", body]);
        self.prompt(scope, &said(&key, &prompt), |_| {});
    }

    /// A prompt to a conversation that the service keeps.
    fn chat_prompt(&mut self, scope: &mut Scope<'_>) {
        let created = !scope.present("/create_conversation_params").is_empty();
        let named = scope.id("/conversation_uuid"); // 2023
        if scope.context.conversation.is_empty() && !named.is_empty() {
            scope.context.conversation = named;
            scope.context.changed = true;
        }
        meet_conversation(scope, created, &self.request_model);
        let human = scope.id("/turn_message_uuids/human_message_uuid");
        let mut prompt = scope.decoded("/prompt");
        if prompt.is_empty() {
            prompt = scope.decoded("/text"); // 2023
        }
        let parent = scope.text("/parent_message_uuid");
        // The page's own retries leave the ids out; the parent still tells them
        // from the same words said later.
        let digest = digest(&[&scope.context.conversation, parent, &prompt]);
        let sent = Outgoing {
            key: if human.is_empty() { &digest } else { &human },
            digest: &digest,
            certain: true,
            text: &prompt,
            turn: &human,
        };
        let (tape, data) = (scope.tape, scope.data);
        self.prompt(scope, &sent, |batch| {
            batch.value(Field::HumanMessageUuid, tape.at(data, HUMAN));
            batch.value(Field::ParentMessageUuid, tape.at(data, "/parent_message_uuid"));
            batch.value(Field::Model, tape.at(data, "/model"));
            let count = |pointer| elements(tape.at(data, pointer)).count() as u32;
            batch.int(Field::AttachmentCount, count("/attachments"));
            batch.int(Field::FileCount, count("/files"));
            batch.bool(Field::IsNewConversation, created);
        });
    }

    /// The same prompt again: its text is only known if we saw it go out.
    fn retry(&mut self, scope: &mut Scope<'_>) {
        meet_conversation(scope, false, &self.request_model);
        let human = scope.id("/parent_message_uuid");
        let answer = scope.id("/turn_message_uuids/assistant_message_uuid");
        let (prompt, turn) = scope.turns.prompt_of(&human).unwrap_or((b"", &human));
        let (prompt, turn) = (copy(prompt), copy(turn));
        let named = !answer.is_empty();
        let key = if named { answer } else { digest(&[b"retry", &human]) };
        let sent = Outgoing { key: &key, digest: b"", certain: named, text: &prompt, turn: &turn };
        let (tape, data) = (scope.tape, scope.data);
        self.prompt(scope, &sent, |batch| {
            batch.text_field(Field::Source, b"retry");
            batch.value(Field::HumanMessageUuid, tape.at(data, "/parent_message_uuid"));
            batch.value(Field::Model, tape.at(data, "/model"));
        });
    }

    /// A prompt, reported unless it is another attempt at the same.
    fn prompt(&self, scope: &mut Scope<'_>, sent: &Outgoing<'_>, fields: impl Fn(&mut Batch)) {
        match scope.turns.prompt(sent, scope.ts) {
            Sent::Again(turn) => scope.go_on(turn),
            Sent::New(turn) => {
                scope.go_on(turn);
                if sent.text.len() > PROMPT_KEPT {
                    scope.out.notice(NoticeCode::TextCut, b"prompt", 1);
                }
                let Some(batch) = scope.hook(HookName::UserPromptSubmit) else { return };
                batch.text_field(Field::Prompt, sent.text);
                fields(batch);
            }
        }
    }
}

/// A prompt without a name: the same words may be said again.
fn said<'p>(key: &'p [u8], text: &'p [u8]) -> Outgoing<'p> {
    Outgoing { key, digest: b"", certain: false, text, turn: b"" }
}

const HUMAN: &str = "/turn_message_uuids/human_message_uuid";

/// Goes on with the turn of a call.
fn resume_call(scope: &mut Scope<'_>, id: &[u8]) {
    if let Some(turn) = scope.turns.turn_of(id) {
        scope.go_on(copy(turn));
    }
}

/// Whether the request goes on where the last assistant message paused; `asked`
/// is what was said before that.
fn resumes(scope: &mut Scope<'_>, assistant: &[u8], asked: &[u8]) -> bool {
    let calls = calls(assistant, scope.limits.pending_tools);
    // Its tools may be done, or it was only summarised.
    let turns = &scope.turns;
    let waiting = calls.iter().find_map(|(id, _)| turns.waiting(id)).map(|call| &*call.turn);
    let turn = waiting.or(turns.paused(&digest(&[asked]))).map(copy);
    let resumed = turn.is_some();
    if let Some(turn) = turn {
        scope.go_on(turn);
    }
    resumed
}

/// The calls in an assistant message that a request repeats, by id; so many of
/// them as could wait.
fn calls(assistant: &[u8], limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut calls = Vec::new();
    let mut tape = Tape::default();
    for block in elements(assistant) {
        tape.read(block);
        let id = text_at(&tape, block, "/id");
        if !id.is_empty() && calls.len() < limit {
            calls.push((id, copy(block)));
        }
    }
    calls
}

/// A client tool's result inside a request. `known` are the calls of the last
/// assistant message, once they are needed.
fn message_result(
    scope: &mut Scope<'_>,
    known: &mut Option<Vec<(Vec<u8>, Vec<u8>)>>,
    assistant: &[u8],
    block: &[u8],
    tape: &Tape,
) {
    let id = scope.short(text_at(tape, block, "/tool_use_id"));
    resume_call(scope, &id);
    if scope.context.turn.is_empty() {
        let turn = scope.turns.name_turn();
        scope.go_on(turn);
    }
    let mut result = sent(&id, tape.at(block, "/content"), tape.at(block, "/is_error") == b"true");
    let mut name = Vec::new();
    let mut tape = Tape::default();
    if scope.turns.waiting(&id).is_none() {
        // We did not see the call.
        let most = scope.limits.pending_tools;
        let known = known.get_or_insert_with(|| calls(assistant, most));
        if let Some((_, call)) = known.iter().rfind(|call| call.0 == id) {
            tape.read(call);
            name = text_at(&tape, call, "/name");
            result.input = tape.at(call, "/input");
        } else if known.len() == most {
            scope.out.notice(NoticeCode::ToolForgotten, &id, 1);
        }
    }
    result.name = &name;
    result.report(scope);
}

/// A result that the page sends.
fn sent<'r>(id: &'r [u8], content: &'r [u8], failed: bool) -> Outcome<'r> {
    let (name, input): (&[u8], &[u8]) = (b"", b"");
    Outcome {
        id,
        name,
        input,
        content,
        error: content,
        failed,
        interrupted: false,
        block: None,
        wire_start: None,
    }
}

/// A tool that ran in the page reports its result. No recording of this body is
/// known; these are the names its siblings use.
fn client_result(scope: &mut Scope<'_>) {
    let id = scope.id("/tool_use_id");
    if id.is_empty() {
        return scope.out.notice(NoticeCode::RequestUnreadable, b"tool_result", 1);
    }
    let content = ["/content", "/result", "/output"].map(|at| scope.present(at));
    let content = content.into_iter().find(|raw| !raw.is_empty()).unwrap_or_default();
    resume_call(scope, &id);
    let failed = scope.tape.at(scope.data, "/is_error") == b"true";
    sent(&id, content, failed).report(scope);
}

/// The person's decision on a tool call.
fn approval(scope: &mut Scope<'_>) {
    let id = scope.id("/tool_use_id");
    let (tape, data) = (scope.tape, scope.data);
    let hook = match tape.at(data, "/is_approved") {
        b"true" => HookName::PermissionGranted,
        b"false" => HookName::PermissionDenied,
        _ => return scope.out.notice(NoticeCode::RequestUnreadable, b"tool_approval", 1),
    };
    resume_call(scope, &id);
    let waiting = scope.turns.waiting(&id);
    let call = waiting.map(|call| (copy(&call.name), copy(&call.input))).unwrap_or_default();
    let Some(batch) = scope.hook(hook) else { return };
    batch.text_field(Field::ToolId, &id);
    if !call.0.is_empty() {
        batch.text_field(Field::ToolName, &call.0);
    }
    if !call.1.is_empty() {
        batch.json(Field::ToolInput, &call.1);
    }
    batch.value(Field::ApprovalKey, tape.at(data, "/approval_key"));
    batch.value(Field::ApprovalOptions, tape.at(data, "/approval_option"));
    batch.text_field(Field::Reason, b"user");
}

/// Appends the text of a message's content: a string, or its text blocks, one a
/// line.
fn append_plain_text(content: &[u8], out: &mut Vec<u8>) {
    if kind(content) == Kind::String {
        text::decode(text::inner(content), out);
        return;
    }
    let start = out.len();
    let mut tape = Tape::default();
    for block in elements(content) {
        tape.read(block);
        let piece = text::inner(tape.at(block, "/text"));
        if !piece.is_empty() {
            if out.len() > start {
                out.push(b'\n');
            }
            text::decode(piece, out);
        }
    }
}

/// The text of a message's content.
pub(super) fn plain_text(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    append_plain_text(content, &mut out);
    out
}
