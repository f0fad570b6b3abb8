// What a call of fetch is about, without disturbing it (Fetch 5.4, 5.6).
//
// The page's arguments go to the native function untouched. A Request made on the way would consume
// the page's one, turn its body into a stream and run its getters twice; so the arguments are looked
// at beside the call, and what cannot be looked at without running page code stays unknown.

import {
  apply,
  attempt,
  baseOf,
  blobBuffer,
  blobSize,
  bytesOf,
  cloneRequest,
  construct,
  copyOf,
  getHeader,
  indexOf,
  lengthOf,
  NO_ARGUMENTS,
  peek,
  pinned,
  requestBody,
  requestHeaders,
  requestMethod,
  requestSignal,
  requestText,
  requestUrl,
  searchParamsText,
  setPassword,
  setUser,
  then,
  toLowerCase,
  toUpperCase,
  UNKNOWN,
  URLNative,
  urlHref,
} from './natives.js';
import { isAborted } from './exchange.js';

// Larger bodies are not copied: uploads are not what pagetap is about.
const BODY_LIMIT = 8 << 20;

/** What the platform makes of an address; undefined for what only page code could tell. */
export function hrefOf(realm, input) {
  if (typeof input !== 'string') return attempt(urlHref, input);
  try {
    return attempt(urlHref, new URLNative(input, baseOf(realm)));
  } catch {
    return undefined; // the native call rejects it, too
  }
}

/** The same without a user. */
export const urlOf = (realm, input) => withoutUser(hrefOf(realm, input));

/** `href` without the user name and password that may stand in it. */
export function withoutUser(href) {
  if (!href || apply(indexOf, href, ['@']) < 0) return href;
  const url = new URLNative(href);
  apply(setUser, url, ['']);
  apply(setPassword, url, ['']);
  return attempt(urlHref, url);
}

/**
 * {url, method, headers, signal, request, init} of fetch(input, init); undefined if the url is not known or the
 * call will not go out. `method` is '' when only page code could tell.
 */
export function describe(tap, input, init) {
  const url = hrefOf(tap.realm, input) || attempt(requestUrl, input);
  // Fetch 5.4.5 refuses a user in it, with an error that quotes the password.
  if (!url || withoutUser(url) !== url) return;
  const request = attempt(requestUrl, input) && input;

  let signal = peek(init, 'signal');
  if (signal === undefined) signal = attempt(requestSignal, request);
  // Nothing will be sent, and the rejection keeps its place in the microtask order.
  if (isAborted(signal)) return;

  let method = peek(init, 'method');
  if (method === undefined) method = request ? attempt(requestMethod, request) : 'GET';
  method = typeof method === 'string' ? apply(toUpperCase, method, NO_ARGUMENTS) : '';

  return { url, method, headers: tap.headersOf(init, request), signal, request, init };
}

/**
 * Looks at the body of a described call, before the call. Returns a function that hands it to `deliver`
 * at once or later: a string, bytes of our own, or null if it cannot be read. Undefined: no body.
 */
export function bodyOf({ method, request, init }) {
  const body = peek(init, 'body');
  if (body !== undefined && body !== null) return (deliver) => readContent(body, deliver);
  if (!request || method === 'GET' || method === 'HEAD') return;
  if (!isText(request) || !hasSource(request)) return attempt(requestBody, request) && ((deliver) => deliver(null));
  // A clone shares the source: the upload keeps its length and framing.
  const copy = attempt(cloneRequest, request);
  return copy && ((deliver) => later(apply(requestText, copy, NO_ARGUMENTS), deliver));
}

// Fetch 2.2.4: the body of a Request has a source (text, bytes, ...), or is a stream of the page's. A clone
// of such a stream would be a second consumer, and drain it. Nothing that is free tells the two apart
// afterwards, so what a Request was made of is remembered; one that was made unseen counts as streamed.
const sourced = pinned(new WeakSet(), 'add', 'has');

// Without `Request.prototype.body` a browser uploads no streams.
const hasSource = (request) => !requestBody || sourced.has(request);

export function tapRequests({ guard, patch }) {
  const constructing = (target, args, newTarget) => {
    const request = construct(target, args, newTarget);
    guard(made, request, args[0], args[1]);
    return request;
  };
  patch('Window', { Request: constructing }, 'construct');
  patch('Request', { constructor: constructing }, 'construct');
  patch('Request', {
    clone(target, self, args) {
      const copy = apply(target, self, args);
      guard(made, copy, self);
      return copy;
    },
  });

  function made(request, input, init) {
    const body = peek(init, 'body');
    if (body === undefined || body === null ? sourced.has(input) : isSource(body)) sourced.add(request);
  }
}

const isSource = (body) =>
  typeof body === 'string' ||
  bytesOf(body) ||
  attempt(blobSize, body) !== undefined ||
  attempt(searchParamsText, body) !== undefined;

function isText(request) {
  const type = apply(getHeader, attempt(requestHeaders, request), ['content-type']) || '';
  const lower = apply(toLowerCase, type, NO_ARGUMENTS);
  return apply(indexOf, lower, ['json']) >= 0 || apply(indexOf, lower, ['text/']) === 0;
}

/**
 * Fetch 5.2 "extract a body", for the kinds that can be read without being consumed: calls `deliver` with
 * a string, bytes of our own, or null, at once or (a Blob) later.
 */
export function readContent(body, deliver) {
  if (typeof body === 'string') return deliver(body);
  if (typeof body === 'number' || typeof body === 'boolean') return deliver(`${body}`);
  if (body === UNKNOWN) return deliver(null);
  if (attempt(blobSize, body) <= BODY_LIMIT) {
    return later(apply(blobBuffer, body, NO_ARGUMENTS), (buffer) => deliver(buffer && bytesOf(buffer)));
  }
  const bytes = bytesOf(body);
  if (bytes) return deliver(lengthOf(bytes) > BODY_LIMIT ? null : copyOf(bytes));
  const text = attempt(searchParamsText, body);
  deliver(text === undefined ? null : text);
}

// Null if the promise, which is ours alone, rejects.
function later(promise, deliver) {
  apply(then, promise, [deliver, () => deliver(null)]);
}
