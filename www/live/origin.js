// Where a hook event comes from: what the page showed is marked, and of what came over the wire it
// is said when the page showed it.

import { element } from '../dom/element.js';
import { texted } from './texted.js';
import { ENGLISH } from './words.js';

// The tap sets `renderedAt` on an event that was told before, and does not tell: each event that
// comes is a reason to look, and so is the end of its wait.
const WAIT_MS = 2500;
const MOST = 256; // as many as the tap keeps

/** The mark of an event that was read from the page. */
export function origin(event, words = ENGLISH) {
  if (event.confidence === undefined) return null;
  const confidence = texted(event.confidence);
  return element('span', { class: 'origin', 'data-confidence': confidence, title: words.fromPage(confidence) },
    words.origin(confidence));
}

/** `wait(event, line)` says in its line when the page has shown it. */
export function rendered(words = ENGLISH) {
  const waiting = new Map();
  let timer;

  function look() {
    for (const [event, line] of waiting) {
      if (typeof event.renderedAt !== 'number') continue;
      waiting.delete(event);
      const after = Math.round(event.renderedAt - event.ts);
      line.append(element('span', { class: 'rendered', title: words.rendered }, words.renderedAfter(after)));
    }
  }

  return (event, line) => {
    if (event.observed && event.confidence === undefined) waiting.set(event, line);
    if (waiting.size > MOST) waiting.delete(waiting.keys().next().value);
    look();
    clearTimeout(timer);
    timer = setTimeout(look, WAIT_MS);
  };
}
