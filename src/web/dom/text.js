// The words of an element, as far as they can be known without layout: a line for each block.

import { pinned } from '../instrument/natives.js';
import { dataOf, ELEMENT, exec, firstChild, localName, matches, nextSibling, nodeType, shadowOf, TEXT } from './natives.js';

const BLOCKS = pinned(new Set((
  'address article aside blockquote br dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 ' +
  'header hr li main nav ol p pre section summary table tr ul'
).split(' ')), 'has');
// Nobody reads these.
const UNSEEN = pinned(new Set(['script', 'style', 'template', 'noscript']), 'has');

/** What nobody reads as words of a message: what is hidden, or there for screen readers alone, and controls. */
export const UNREAD = 'button, [role="button"], textarea, select, input, [hidden], [aria-hidden="true"], .sr-only, .visually-hidden';

// Characters; a core keeps less. And how deep elements nest: HTML's parser stops at 512.
const LONGEST = 1 << 20;
const DEEPEST = 600;

// What only lays out the source of a page.
const BLANK = /^\s*\n\s*$/;

/** The text of `root` without what is in elements that `skip` fits. */
export function textOf(root, skip = '') {
  let text = '';
  let breaks = false;

  function walk(parent, depth, pre) {
    for (let node = firstChild(parent); node && text.length < LONGEST; node = nextSibling(node)) {
      const type = nodeType(node);
      if (type === TEXT) {
        const data = dataOf(node);
        if (data === '' || (!pre && exec(BLANK, data))) continue;
        // Only when more follows, so that a text that grows only grows.
        if (breaks && text !== '') text += '\n';
        breaks = false;
        text += data;
      } else if (type === ELEMENT && depth < DEEPEST) {
        const name = localName(node);
        if (UNSEEN.has(name) || matches(node, skip)) continue;
        const block = BLOCKS.has(name);
        if (block) breaks = true;
        const shadow = shadowOf(node);
        if (shadow) walk(shadow, depth + 1, pre);
        walk(node, depth + 1, pre || name === 'pre');
        if (block) breaks = true;
      }
    }
  }

  const shadow = shadowOf(root);
  if (shadow) walk(shadow, 0, false);
  walk(root, 0, localName(root) === 'pre');
  return text;
}
