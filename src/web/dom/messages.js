// What is known of a message, until something in it changes: a page shows thousands, and a frame is short.

import { each, ELEMENT, exec, matches, nodeType, parentOf, weakMap } from './natives.js';
import { textOf, UNREAD } from './text.js';

const WORD = /\S/;

/** What is read of messages by `table`. */
export function messages(table) {
  const { text: prose, growing, tool, toolName, toolDone, toolFailed } = table.parts;
  const unread = tool === '' ? UNREAD : `${UNREAD}, ${tool}`;
  const known = weakMap();

  function about(message) {
    let entry = known.get(message);
    if (!entry) {
      entry = { text: null, cards: null, growing: false, prose: false };
      known.set(message, entry);
    }
    return entry;
  }

  // Cards of the message, outermost only, whether it grows and whether it has prose.
  function inside(message) {
    const entry = about(message);
    if (entry.cards) return entry;
    const cards = [];
    entry.growing = matches(message, growing);
    entry.prose = matches(message, prose);
    each(message, table.inside, (found) => {
      if (matches(found, growing)) entry.growing = true;
      if (matches(found, prose)) entry.prose = true;
      if (matches(found, tool) && !isWithin(found, message, tool)) cards[cards.length] = found;
    });
    entry.cards = cards;
    return entry;
  }

  // Not kept: what is in a card may change by words alone.
  function cardOf(card) {
    const holds = (selector) => {
      let held = matches(card, selector);
      if (!held) each(card, selector, () => (held = true));
      return held;
    };
    let name = null;
    each(card, toolName, (found) => {
      if (name === null) name = textOf(found);
    });
    const state = holds(toolFailed) ? 'failed' : holds(toolDone) ? 'done' : 'running';
    return { name: name ?? '', state };
  }

  return {
    inside,
    cardOf,
    /** Whether it is the person's. */
    isUser: (message) => matches(message, table.parts.user),
    /** Its words; of the assistant's only the prose. */
    text(message) {
      const entry = about(message);
      if (entry.text !== null) return entry.text;
      let text = '';
      if (matches(message, table.parts.user) || matches(message, prose)) text = textOf(message, unread);
      else {
        each(message, prose, (part) => {
          if (isWithin(part, message, prose) || isWithin(part, message, tool)) return;
          const more = textOf(part, unread);
          text += (text !== '' && more !== '' ? '\n' : '') + more;
        });
      }
      entry.text = text;
      return text;
    },
    /** Whether it has words, wherever, except in its cards. */
    says: (message) => exec(WORD, textOf(message, unread)) !== null,
    /** Something at or in `node` changed: `words` only, or what is in it. */
    forget(node, words) {
      const entry = known.get(node);
      if (!entry) return;
      entry.text = null;
      if (!words) entry.cards = null;
    },
  };
}

// Whether something between `node` and `top` fits.
function isWithin(node, top, selector) {
  for (let at = parentOf(node); at && at !== top && nodeType(at) === ELEMENT; at = parentOf(at)) {
    if (matches(at, selector)) return true;
  }
  return false;
}
