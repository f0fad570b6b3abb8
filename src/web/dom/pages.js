// What pages look like, from the dialects' tables and from those given at run time: which page an address
// is, which conversation it names, and whether a selector is one.

import builtin from 'pagetap-pages';
import { exec, isSelector, quoted } from './natives.js';

/** The names of all parts. */
export const PARTS = Object.keys(builtin[0].parts);

// A selector is quoted up to this many characters.
const QUOTED = 60;

/** `document` is where selectors are tried. */
export function pages(document) {
  let tables = builtin.map(prepared);

  return {
    // The table of the page at `path`, and the conversation it names, `''` if none.
    at(path) {
      for (let i = 0; i < tables.length; i++) {
        const table = tables[i];
        for (let at = 0; at < table.patterns.length; at++) {
          const found = exec(table.patterns[at], path);
          if (found) return { table, conversation: found[1] || '', expected: found[1] !== undefined };
        }
      }
    },
    /** The first one, for whoever asks where no table fits. */
    get first() {
      return tables[0];
    },
    /** The tables given at run time that are in force, in order: what they say of pages. */
    apply(given) {
      const all = builtin.map((page) => ({ ...page, parts: { ...page.parts } }));
      for (const { dialect, page } of given) {
        if (!page) continue;
        let known = all.find((other) => other.dialect === dialect);
        if (!known) all.push(known = { dialect, paths: [], parts: {}, conversationId: '' });
        for (const [key, value] of Object.entries(page)) {
          if (key === 'paths' || key === 'conversationId') known[key] = value;
          else known.parts[key] = value;
        }
      }
      tables = all.map(prepared);
    },
    /** Throws for the first of its selectors that is none. Whether they are texts the core will say. */
    check(page, place) {
      if (!page || typeof page !== 'object') return;
      for (const part of PARTS) {
        const selector = page[part];
        if (typeof selector !== 'string' || selector === '' || isSelector(document, selector)) continue;
        const short = selector.length > QUOTED ? `${selector.slice(0, QUOTED)}…` : selector;
        throw new TypeError(`${place}page.${part}: ${quoted(short)} is no selector`);
      }
    },
  };
}

const joined = (...selectors) => selectors.filter(Boolean).join(', ');

function prepared({ dialect, paths, parts: given, conversationId }) {
  const parts = Object.fromEntries(PARTS.map((part) => [part, given[part] || '']));
  return {
    dialect,
    parts,
    conversationId,
    patterns: paths.map(pattern),
    messages: joined(parts.user, parts.assistant),
    // What is found when it comes, because to look for it would be to look everywhere.
    landmarks: joined(parts.conversation, parts.stop, parts.send, parts.permission),
    // Whether a change elsewhere can make something one of them, or something in a message a part.
    far: isFar(parts.conversation, parts.stop, parts.send, parts.permission),
    farInside: isFar(...Object.values(parts)),
    // What is looked for in a message of the assistant.
    inside: joined(parts.growing, parts.tool, parts.text),
    attributes: attributesOf([...Object.values(parts), `[${conversationId}]`].join(' ')),
  };
}

// The syntax of src/dialect/endpoint.rs.
function pattern(path) {
  const plain = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const segments = path.split('/').map((segment) => {
    if (segment === '**') return '.*';
    if (segment === '*') return '[^/]+';
    const named = /^\{(.*)\}$/.exec(segment);
    if (!named) return plain(segment);
    return named[1].endsWith('*') ? `(${plain(named[1].slice(0, -1))}[^/]*)` : '([^/]+)';
  });
  return new RegExp(`^${segments.join('/')}/?$`);
}

// Whether one of the selectors depends on more than the element itself: what is above, beside or in it.
function isFar(...selectors) {
  const goes = (one) => /[\s>+~]|:(?:has|first|last|nth|only|empty)\b/.test(one.trim());
  return selectors.some((selector) => bare(selector).split(',').some(goes));
}

// Without strings, and without what is in brackets.
const unquoted = (selectors) => selectors.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '');
const bare = (selectors) => unquoted(selectors).replace(/\[[^\]]*\]/g, '[]');

// The attributes that selectors name: nothing else of an element can make one fit.
function attributesOf(selectors) {
  const names = new Set();
  for (const [, name] of unquoted(selectors).matchAll(/\[\s*(?:[\w*-]*\|)?([\w-]+)/g)) names.add(name.toLowerCase());
  const rest = bare(selectors);
  if (/\.[^\s\d]/.test(rest)) names.add('class');
  if (rest.includes('#')) names.add('id');
  if (/:(?:dis|en)abled/.test(rest)) names.add('disabled');
  return [...names];
}
