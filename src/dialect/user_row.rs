//! `user` rows: a prompt, its echo, or what tools returned.

use super::request::plain_text;
use super::rows::About;
use super::scope::Scope;
use super::task;
use super::tool::Outcome;
use crate::exchange::Direction;
use crate::hook::{Field, HookName};
use crate::json::tape::{Tape, elements};
use crate::json::{Kind, kind, text};
use alloc::vec::Vec;

/// What Claude Code writes in the person's name when they interrupt.
const INTERRUPTED: [&[u8]; 2] =
    [b"[Request interrupted by user]", b"[Request interrupted by user for tool use]"];

pub(super) fn user(scope: &mut Scope<'_>, about: &mut About<'_>) {
    let content = scope.tape.at(scope.data, "/message/content");
    let mut results = 0;
    let mut tape = Tape::default();
    for block in elements(content) {
        tape.read(block);
        if text::inner(tape.at(block, "/type")) == b"tool_result" {
            results += 1;
        }
    }
    if results > 0 {
        let uuid = scope.decoded("/uuid");
        // Whoever is not the worker cannot know what its tools returned.
        if !about.origin.foreign && about.seen.first(&[b"row", &uuid], scope.ts) {
            returned(scope, about, content);
        }
        return;
    }
    prompt(scope, about, content);
}

fn prompt(scope: &mut Scope<'_>, about: &mut About<'_>, content: &[u8]) {
    let words = plain_text(content);
    let kind = scope.decoded("/origin/kind");
    let synthetic = scope.tape.at(scope.data, "/isSynthetic") == b"true"
        || !scope.present("/tool_use_result").is_empty();
    let written = kind.is_empty() || kind == b"human";
    if synthetic || !written || !about.parent.is_empty() || INTERRUPTED.contains(&&*words) {
        return;
    }
    let uuid = scope.decoded("/uuid");
    if !about.session.prompt(scope, &uuid, &words, about.seen) {
        return;
    }
    let files = elements(scope.tape.at(scope.data, "/file_attachments")).count() as u32;
    let Some(batch) = scope.hook(HookName::UserPromptSubmit) else { return };
    batch.text_field(Field::Prompt, &words);
    let source: &[u8] = if kind.is_empty() { b"wire" } else { &kind };
    batch.text_field(Field::Source, source);
    if !uuid.is_empty() {
        batch.text_field(Field::HumanMessageUuid, &uuid);
    }
    if files > 0 {
        batch.int(Field::FileCount, files);
    }
}

/// Results of tools; the message that called them is over.
fn returned(scope: &mut Scope<'_>, about: &mut About<'_>, content: &[u8]) {
    if about.origin.direction == Direction::In {
        super::rows::join(scope, about.session);
    }
    let limit = scope.limits.remembered;
    if let Some(thread) = about.session.thread(&about.parent, limit) {
        thread.close(scope, b"tool_use", true);
    }
    let (tape, data) = (scope.tape, scope.data);
    let told = tape.at(data, "/tool_use_result");
    for block in elements(content) {
        let mut block_tape = Tape::default();
        block_tape.read(block);
        if text::inner(block_tape.at(block, "/type")) != b"tool_result" {
            continue;
        }
        let mut id = Vec::new();
        text::decode(text::inner(block_tape.at(block, "/tool_use_id")), &mut id);
        let content = block_tape.at(block, "/content");
        let failed = block_tape.at(block, "/is_error") == b"true";
        if let Some(why) = not_executed(tape.at(data, "/tool_result_meta"), &id) {
            super::control::refused(scope, about, &id, &why);
            scope.turns.result(&id, &scope.context.turn);
            continue;
        }
        let response = if kind(told) == Kind::Object { told } else { content };
        Outcome {
            id: &id,
            name: b"",
            input: b"",
            content: response,
            error: content,
            failed,
            interrupted: interrupted(told),
            block: None,
            wire_start: None,
        }
        .report(scope);
        task::returned(scope, about, &id);
    }
}

fn interrupted(told: &[u8]) -> bool {
    let mut tape = Tape::default();
    tape.read(told);
    tape.at(told, "/interrupted") == b"true"
}

/// Why the call was not executed, if it was not.
fn not_executed(meta: &[u8], id: &[u8]) -> Option<Vec<u8>> {
    let mut tape = Tape::default();
    elements(meta).find_map(|entry| {
        tape.read(entry);
        let why = text::inner(tape.at(entry, "/non_execution_kind"));
        (text::inner(tape.at(entry, "/id")) == id && !why.is_empty()).then(|| why.to_vec())
    })
}
