// Conversations outlive a reload of the page, in this tab. What was generated is generated again.

import { longConversation } from './long.js';

const NAME = 'pagetap.react.conversations';

export function keep(conversations) {
  const plain = conversations.map(({ id, title, parent, generated = 0, messages }) =>
    ({ id, title, parent, generated, messages: messages.slice(generated) }));
  try {
    sessionStorage.setItem(NAME, JSON.stringify(plain));
  } catch {
    // Full, or forbidden: then they do not outlive it.
  }
}

export function kept() {
  try {
    return (JSON.parse(sessionStorage.getItem(NAME)) ?? []).map(restored);
  } catch {
    return [];
  }
}

function restored({ generated, messages, ...rest }) {
  const before = generated ? longConversation(generated) : { messages: [] };
  // Whatever still ran when the page went is over.
  const after = messages.map((message) => ({ ...message, growing: false }));
  return { ...before, ...rest, running: false, messages: [...before.messages, ...after] };
}
