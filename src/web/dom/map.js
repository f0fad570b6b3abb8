// What the selectors of a page's table find, for a person who mends it.

import { each, eachElement, shadowOf } from './natives.js';
import { PARTS } from './pages.js';

const { console } = globalThis;
const { table: print, info } = console;

/** Prints and returns what is found in `document` of `at`, an answer of pages.js. */
export function mapOf(document, path, at, fallback) {
  const { table, conversation } = at ?? { table: fallback, conversation: '' };
  const roots = [document];
  for (let i = 0; i < roots.length; i++) {
    eachElement(document, roots[i], (element) => {
      const shadow = shadowOf(element);
      if (shadow) roots[roots.length] = shadow;
    });
  }
  const parts = {};
  const missing = [];
  for (const part of PARTS) {
    const selector = table.parts[part];
    const elements = [];
    for (const root of roots) each(root, selector, (element) => elements.push(element));
    parts[part] = { selector, count: elements.length, elements };
    if (selector && !elements.length) missing.push(part);
  }
  const known = !!at;
  info.call(console, `${table.dialect}: ${known ? `conversation ${conversation || 'without an id'}` : `no path of its table is like ${path}`}`);
  print.call(console, Object.fromEntries(PARTS.map((part) => [part, { selector: parts[part].selector, count: parts[part].count }])));
  return { dialect: table.dialect, path, known, conversationId: conversation || null, parts, missing };
}
