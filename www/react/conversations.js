// All conversations of this page, and what the person does in them. An answer goes on while another
// conversation is shown.

import { openClaudeAi } from '../pipes/claude_ai.js';
import { uuid } from '../pipes/ids.js';
import { box } from './box.js';
import { keep, kept } from './kept.js';
import { longConversation } from './long.js';
import { replyInto } from './reply.js';

export const EMPTY = { id: '', title: '', messages: [], running: false };

/** By id, the newest first. */
export const conversations = box(kept());

const connections = new Map();

function change(id, changed) {
  conversations.set(conversations.get().map((old) => (old.id === id ? { ...old, ...changed(old) } : old)));
}

function find(id) {
  return conversations.get().find((conversation) => conversation.id === id);
}

/** Puts a new one before the others. */
function begin(conversation) {
  conversations.set([{ ...EMPTY, ...conversation }, ...conversations.get()]);
}

function connection(id) {
  if (!connections.has(id)) connections.set(id, openClaudeAi({ id, parent: find(id)?.parent }));
  return connections.get(id);
}

/** Sends a prompt; the conversation begins with the first one. */
export async function ask(id, text) {
  if (!find(id)) begin({ id, title: text });
  const message = { id: uuid(), role: 'assistant', blocks: [], growing: true };
  change(id, ({ messages }) => ({
    running: true,
    messages: [...messages, { id: uuid(), role: 'user', text }, message],
  }));
  const amend = (changed) => change(id, ({ messages }) => {
    const at = messages.findLastIndex((old) => old.id === message.id);
    return { messages: messages.with(at, { ...messages[at], ...changed(messages[at]) }) };
  });
  const reply = replyInto((blocks) => amend((old) => ({ blocks: blocks(old.blocks) })));
  const pipe = connection(id);
  const early = await pipe.ask(text, reply);
  if (early) reply.note(early, 'calm');
  reply.close();
  amend(() => ({ growing: false }));
  change(id, () => ({ running: false, parent: pipe.parent() }));
  keep(conversations.get());
}

/** The person wants no more of the answer. */
export const stop = (id) => connections.get(id)?.stop();

/** A conversation that has had so many messages; gives its id. */
export function loadLong(count) {
  const id = uuid();
  begin({ id, ...longConversation(count) });
  keep(conversations.get());
  return id;
}

addEventListener('pagehide', () => {
  for (const open of connections.values()) open.close();
});
