//! What the page says: prompts, tool results, permissions.

use super::Says;
use super::assembler::{Assembler, meet_conversation};
use super::scope::Scope;
use super::tool::Outcome;
use crate::event::Batch;
use crate::hook::{Field, HookName};
use crate::json::tape::{Tape, elements};
use crate::json::{Kind, kind, text};
use crate::notice::NoticeCode;
use crate::turn::{Outgoing, Sent, digest};
use alloc::vec::Vec;

impl Assembler {
    /// A request's body, whole. `scope` is over the body.
    pub fn request(&mut self, scope: &mut Scope<'_>, says: Says) {
        self.request_model = scope.decoded("/model");
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
        for message in elements(body) {
            tape.read(message);
            match text::inner(tape.at(message, "/role")) {
                b"assistant" => {
                    before = new.last().copied().unwrap_or(before);
                    new.clear();
                    assistant = tape.at(message, "/content");
                }
                b"user" => new.push(tape.at(message, "/content")),
                _ => {}
            }
        }
        let mut results = 0;
        for content in &new {
            for block in elements(content) {
                tape.read(block);
                if text::inner(tape.at(block, "/type")) == b"tool_result" {
                    results += 1;
                    message_result(scope, assistant, block, &tape);
                }
            }
        }
        if results > 0 {
            return;
        }
        // Without a new user message the page continues a paused turn, or puts
        // words into the assistant's mouth: then the prompt stands before it.
        let content = match new.last() {
            Some(content) => *content,
            None if self.resumes(scope, assistant) => return,
            None => before,
        };
        let prompt = plain_text(content);
        // The page's own retry repeats them all; another chat that says the same
        // words has said others before.
        let key = digest(&[b"messages", body]);
        self.prompt(scope, &said(&key, &prompt), |_| {});
    }

    /// Whether the request goes on where the last assistant message paused.
    fn resumes(&self, scope: &mut Scope<'_>, assistant: &[u8]) -> bool {
        let mut tape = Tape::default();
        for block in elements(assistant) {
            tape.read(block);
            let mut id = Vec::new();
            text::decode(text::inner(tape.at(block, "/id")), &mut id);
            if let Some(call) = scope.turns.waiting(&id) {
                scope.context.turn.clone_from(&call.turn);
                scope.context.changed = true;
                return true;
            }
        }
        // Its tools may be done, or it was only summarised.
        let paused = scope.turns.resume();
        let resumed = !paused.is_empty();
        if resumed {
            scope.context.turn = paused;
            scope.context.changed = true;
        }
        resumed
    }

    /// A prompt to a conversation that the service keeps.
    fn chat_prompt(&mut self, scope: &mut Scope<'_>) {
        let created = !scope.present("/create_conversation_params").is_empty();
        let named = scope.decoded("/conversation_uuid"); // 2023
        if scope.context.conversation.is_empty() && !named.is_empty() {
            scope.context.conversation = named;
            scope.context.changed = true;
        }
        meet_conversation(scope, created, &self.request_model.clone());
        let human = scope.decoded("/turn_message_uuids/human_message_uuid");
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
        meet_conversation(scope, false, &self.request_model.clone());
        let human = scope.decoded("/parent_message_uuid");
        let answer = scope.decoded("/turn_message_uuids/assistant_message_uuid");
        let prompt = scope.turns.prompt_text(&human).unwrap_or_default().to_vec();
        let named = !answer.is_empty();
        let key = if named { answer } else { digest(&[b"retry", &human]) };
        let sent = Outgoing { key: &key, digest: b"", certain: named, text: &prompt, turn: &human };
        let (tape, data) = (scope.tape, scope.data);
        self.prompt(scope, &sent, |batch| {
            batch.text_field(Field::Source, b"retry");
            batch.value(Field::HumanMessageUuid, tape.at(data, "/parent_message_uuid"));
            batch.value(Field::Model, tape.at(data, "/model"));
        });
    }

    /// A prompt, reported unless it is another attempt at the same.
    fn prompt(&self, scope: &mut Scope<'_>, sent: &Outgoing<'_>, fields: impl Fn(&mut Batch)) {
        scope.context.changed = true;
        match scope.turns.prompt(sent, scope.ts) {
            Sent::Again(turn) => scope.context.turn = turn,
            Sent::New(turn) => {
                scope.context.turn = turn;
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

/// A client tool's result inside a request.
fn message_result(scope: &mut Scope<'_>, assistant: &[u8], block: &[u8], tape: &Tape) {
    let mut id = Vec::new();
    text::decode(text::inner(tape.at(block, "/tool_use_id")), &mut id);
    let mut name = Vec::new();
    let mut input: &[u8] = &[];
    if let Some(call) = scope.turns.waiting(&id) {
        scope.context.turn.clone_from(&call.turn);
        scope.context.changed = true;
    } else {
        // We did not see the call; the request repeats it.
        let mut tape = Tape::default();
        for call in elements(assistant) {
            tape.read(call);
            let mut other = Vec::new();
            text::decode(text::inner(tape.at(call, "/id")), &mut other);
            if other == id {
                text::decode(text::inner(tape.at(call, "/name")), &mut name);
                input = tape.at(call, "/input");
            }
        }
    }
    if scope.context.turn.is_empty() {
        scope.context.turn = scope.turns.name_turn();
        scope.context.changed = true;
    }
    let content = tape.at(block, "/content");
    let failed = tape.at(block, "/is_error") == b"true";
    Outcome { name: &name, input, ..sent(&id, content, failed) }.report(scope);
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
    let id = scope.decoded("/tool_use_id");
    if id.is_empty() {
        return scope.out.notice(NoticeCode::RequestUnreadable, b"tool_result", 1);
    }
    let content = ["/content", "/result", "/output"].map(|at| scope.present(at));
    let content = content.into_iter().find(|raw| !raw.is_empty()).unwrap_or_default();
    if let Some(call) = scope.turns.waiting(&id) {
        scope.context.turn.clone_from(&call.turn);
        scope.context.changed = true;
    }
    let failed = scope.tape.at(scope.data, "/is_error") == b"true";
    sent(&id, content, failed).report(scope);
}

/// The person's decision on a tool call.
fn approval(scope: &mut Scope<'_>) {
    let id = scope.decoded("/tool_use_id");
    let granted = scope.tape.at(scope.data, "/is_approved") == b"true";
    let mut call = (Vec::new(), Vec::new());
    if let Some(waiting) = scope.turns.waiting(&id) {
        call = (waiting.name.clone(), waiting.input.clone());
        scope.context.turn.clone_from(&waiting.turn);
        scope.context.changed = true;
    }
    let (tape, data) = (scope.tape, scope.data);
    let hook = if granted { HookName::PermissionGranted } else { HookName::PermissionDenied };
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

/// The text of a message's content: a string, or its text blocks.
pub(super) fn plain_text(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if kind(content) == Kind::String {
        text::decode(text::inner(content), &mut out);
        return out;
    }
    let mut tape = Tape::default();
    for block in elements(content) {
        tape.read(block);
        let piece = text::inner(tape.at(block, "/text"));
        if !piece.is_empty() {
            if !out.is_empty() {
                out.push(b'\n');
            }
            text::decode(piece, &mut out);
        }
    }
    out
}
