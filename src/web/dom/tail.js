// The end of a conversation, from the last message of the person on, as one snapshot: read backwards, and
// no further than that, because what is above may be five thousand messages.

import { apply, slice } from '../instrument/natives.js';
import { ELEMENT, lastChild, matches, nodeType, previousSibling, quoted, shadowOf } from './natives.js';
import { textOf, UNREAD } from './text.js';

// Elements that are passed on the way, messages not entered. More would not fit into a frame.
const FARTHEST = 5000;
// Of the message above the last prompt, by which one knows the prompt again.
const BEFORE = 200;
// Characters of a question.
const ASKED = 2000;

/** The messages of a region from its last prompt on, and the one above it: `{ prompt, before, answers }`. */
export function tailOf(region, table, messages) {
  const tail = { prompt: null, before: null, answers: [] };
  if (table.messages === '') return tail;
  let left = FARTHEST;

  // True once there is nothing more to find.
  function back(parent) {
    for (let node = lastChild(parent); node; node = previousSibling(node)) {
      if (nodeType(node) !== ELEMENT) continue;
      if (--left < 0) return true;
      if (!matches(node, table.messages)) {
        const shadow = shadowOf(node);
        if (back(node) || (shadow && back(shadow))) return true;
      } else if (tail.prompt) {
        tail.before = node;
        return true;
      } else if (messages.isUser(node)) tail.prompt = node;
      else tail.answers[tail.answers.length] = node;
    }
    return false;
  }

  const shadow = shadowOf(region);
  if (!back(region) && shadow) back(shadow);
  return tail;
}

/**
 * A snapshot as the core reads it (src/observe/snapshot.rs). `numberOf(element)` is an element's number,
 * `controls` what is there of those of the region: `{ stop, send, dialogs }`, and whether a stop `wasSeen`.
 * The answer: `{ json, busy, found }`, of which the latter says of each part whether it was found,
 * and whether a card is `running`.
 */
export function snapshot({ root, dialect, conversation, tail, controls, hidden, reads }, messages, numberOf) {
  const found = {
    __proto__: null, user: !!tail.prompt, assistant: tail.answers.length > 0, stop: controls.stop, send: controls.send,
    permission: controls.dialogs.length > 0, growing: false, text: false, tool: false, toolName: false, toolDone: false, toolFailed: false,
    running: false,
  };
  let answers = '';
  let tools = '';
  for (let i = tail.answers.length - 1; i >= 0; i--) {
    const message = tail.answers[i];
    const { growing, cards, prose } = messages.inside(message);
    found.growing ||= growing;
    found.text ||= prose;
    const text = reads ? `,"text":${quoted(messages.text(message))}` : '';
    answers += `${answers && ','}{"node":${numberOf(message)},"growing":${growing}${text}}`;
    for (let at = 0; at < cards.length; at++) {
      const { name, state } = messages.cardOf(cards[at]);
      found.tool = true;
      found.toolName ||= name !== '';
      found.toolDone ||= state === 'done';
      found.toolFailed ||= state === 'failed';
      found.running ||= state === 'running';
      tools += `${tools && ','}{"node":${numberOf(cards[at])},"name":${quoted(name)},"state":"${state}"}`;
    }
  }
  let asks = '';
  for (let i = 0; i < controls.dialogs.length; i++) {
    const text = apply(slice, textOf(controls.dialogs[i], UNREAD), [0, ASKED]);
    asks += `${asks && ','}{"node":${numberOf(controls.dialogs[i])},"text":${quoted(text)}}`;
  }
  const before = tail.before ? quoted(apply(slice, messages.text(tail.before), [-BEFORE])) : 'null';
  const prompt = tail.prompt ? `{"node":${numberOf(tail.prompt)},"text":${quoted(messages.text(tail.prompt))},"before":${before}}` : 'null';
  // A control to send beside a message that grows, where none to stop was ever seen, says nothing.
  const trusted = controls.stop || controls.wasSeen || (controls.send && !found.growing);
  const by = hidden ? 'hidden' : trusted ? 'control' : 'growing';
  const busy = trusted ? controls.stop : found.growing;
  const json = `{"root":${root},"dialect":${quoted(dialect)},"conversation":${quoted(conversation)},"busy":${busy},` +
    `"by":"${by}","prompt":${prompt},"answers":[${answers}],"tools":[${tools}],"asks":[${asks}]}`;
  return { json, busy, found };
}

/** The region is not there any more. */
export const gone = (root, dialect) => `{"root":${root},"dialect":${quoted(dialect)},"gone":true}`;
