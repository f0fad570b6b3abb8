// The headers of a request that tell protocols apart.
//
// Only these are looked at. Credentials (authorization, cookie, x-api-key, mcp-session-id, and whatever
// a service calls its own) are not filtered out on the way: they are never read.

import {
  apply,
  attempt,
  getHeader,
  getOwnPropertyDescriptor,
  indexOf,
  isArray,
  NO_ARGUMENTS,
  peek,
  requestHeaders,
  toLowerCase,
  trim,
  UNKNOWN,
} from './natives.js';

const { ownKeys } = Reflect;

const NAMES = [
  'accept',
  'anthropic-beta',
  'anthropic-client-feature',
  'anthropic-version',
  'content-type',
  'last-event-id',
  'mcp-protocol-version',
];

/** An empty list for `note`; without a prototype, so that its keys are the names above and no others. */
export function newList() {
  const list = { __proto__: null };
  for (let i = 0; i < NAMES.length; i++) list[NAMES[i]] = null;
  return list;
}

/** Notes one header as the platform does: of several with one name, the values are joined. */
export function note(list, name, value) {
  if (typeof name !== 'string') return;
  const key = apply(toLowerCase, name, NO_ARGUMENTS);
  if (list[key] === undefined) return;
  // Anything else is turned into text by page code.
  if (typeof value !== 'string' && typeof value !== 'number') return;
  const text = apply(trim, `${value}`, NO_ARGUMENTS);
  if (apply(indexOf, text, ['\n']) >= 0 || apply(indexOf, text, ['\r']) >= 0) return; // refused natively
  list[key] = list[key] === null ? text : `${list[key]}, ${text}`;
}

/** `name: value\n` for each header in `list`. */
export function textOf(list) {
  let text = '';
  for (let i = 0; i < NAMES.length; i++) {
    const value = list[NAMES[i]];
    if (value !== null) text += `${NAMES[i]}: ${value}\n`;
  }
  return text;
}

/** Has requests told with their headers. */
export function tapHeaders(tap) {
  tap.headersOf = headersOf;
}

/** The listed headers of fetch(request, init) as text; '' if there are none, or only page code could tell. */
function headersOf(init, request) {
  const list = newList();
  let given = peek(init, 'headers');
  // As the platform reads it when `init` is itself a Request.
  if (given === UNKNOWN) given = attempt(requestHeaders, init);
  else if (given === undefined && request) given = attempt(requestHeaders, request);
  if (given && typeof given === 'object') fromHeaders(list, given) || fromPairs(list, given) || fromRecord(list, given);
  return textOf(list);
}

function fromHeaders(list, headers) {
  try {
    for (let i = 0; i < NAMES.length; i++) list[NAMES[i]] = apply(getHeader, headers, [NAMES[i]]);
    return true;
  } catch {
    return false; // not a Headers
  }
}

// Web IDL 3.2.25: whatever has an iterator is a sequence. That of an array is known to give its items;
// any other might run page code, or could be run only once.
function fromPairs(list, pairs) {
  if (peek(pairs, Symbol.iterator) === undefined) return false;
  if (!isArray(pairs)) return true;
  const length = peek(pairs, 'length');
  for (let i = 0; i < length; i++) {
    const pair = peek(pairs, i);
    if (isArray(pair)) note(list, peek(pair, 0), peek(pair, 1));
  }
  return true;
}

function fromRecord(list, record) {
  try {
    const keys = ownKeys(record);
    for (let i = 0; i < keys.length; i++) {
      if (typeof keys[i] !== 'string' || list[apply(toLowerCase, keys[i], NO_ARGUMENTS)] === undefined) continue;
      if (getOwnPropertyDescriptor(record, keys[i]).enumerable) note(list, keys[i], peek(record, keys[i]));
    }
  } catch {
    // A Proxy of the page's that objects to being asked.
  }
}
