// One exchange: a request and its response, shown to the sink from `open` to exactly one `end`.
//
// A *tag* says which exchange a response, stream, reader or iterator belongs to and how far that branch
// of the body has been read. Bodies branch (clone, tee); each branch carries its own offset and the
// exchange the highest one shown, so that the sink is shown every byte once, by whichever branch brings
// it first.
//
// Only tags refer to an exchange, and only tagged objects refer to tags. So an exchange is garbage as
// soon as the page holds nothing through which it could read on, and the registry tells. Its *ticket*
// outlives it: that is what the registry and the list of open ones may hold.

import {
  addListener,
  apply,
  attempt,
  bytesOf,
  exceptionMessage,
  exceptionName,
  isLocked,
  isPromise,
  lengthOf,
  peek,
  pinned,
  queueMicrotaskNative,
  Registry,
  removeListener,
  signalAborted,
  signalReason,
  then,
  weakMap,
} from './natives.js';

export const tags = weakMap();
export const ignore = () => {};

const registry = Registry && pinned(new Registry((ticket) => finish(ticket, 'unobserved', 'collected')), 'register');

/** Whether the sink wants `call`: {url, method, headers}. */
export const isWanted = (tap, transport, { url, method, headers }) =>
  tap.tell('wants', url, method, { transport, headers, protocol: '' });

/**
 * Asks the sink for an exchange that ends, at the latest, when `owner` is garbage or `signal` (if any)
 * aborts; undefined if it declines.
 */
export function ticketFor(tap, about, owner, signal) {
  const id = tap.tell('open', about);
  if (!(id > 0)) return;
  const ticket = { id, tap, how: '', detail: '', code: 0, bodyPending: false, flush: null, signal, onAbort: null };
  tap.tickets.add(ticket);
  listen(ticket);
  if (registry) registry.register(owner, ticket);
  return ticket;
}

/** An exchange of one request and one body, if the sink wants it. */
export function open(tap, transport, { url, method, headers, signal }, adopted) {
  const exchange = exchangeOf(tap, method);
  exchange.ticket = ticketFor(tap, { url, method, transport, adopted, headers, protocol: '' }, exchange, signal);
  return exchange.ticket && exchange;
}

/**
 * What a body is part of. `take` is given what a read brings. If that is messages, not bytes, `left` is
 * told that nobody reads it any more.
 */
export function exchangeOf(tap, method) {
  return { ticket: null, tap, method, shown: 0, branches: 1, touched: false, copied: false, take: takeBytes, left: null };
}

// An abort takes effect whether or not anybody reads. What was read before it may still be on its way
// to us, in reactions that are queued already.
function listen(ticket) {
  const { tap, signal } = ticket;
  if (attempt(signalAborted, signal) !== false) return;
  const aborted = () => fail(ticket, attempt(signalReason, signal));
  ticket.onAbort = () => apply(queueMicrotaskNative, undefined, [() => tap.guard(aborted)]);
  apply(addListener, signal, ['abort', ticket.onAbort]);
}

export const isOpen = (exchange) => exchange.ticket.id > 0 && !exchange.ticket.how;

/** Ends an exchange, once; or as soon as its request body, which may be slower than a response, is told. */
export function finish(ticket, how, detail, code = 0) {
  if (!ticket.id || ticket.how) return;
  ticket.how = how;
  ticket.detail = detail;
  ticket.code = code;
  settle(ticket);
}

/** Tells the end of an exchange if it has come. */
export function settle(ticket) {
  const { id, tap } = ticket;
  if (!id || !ticket.how || ticket.bodyPending) return;
  ticket.id = 0;
  tap.tickets.delete(ticket);
  // A signal may outlive many an exchange.
  if (ticket.onAbort) apply(removeListener, ticket.signal, ['abort', ticket.onAbort]);
  tap.tell('end', id, ticket.how, ticket.detail, ticket.code);
}

/** Tells the request body that `readBody` (see `bodyOf`) delivers, at once or later. */
export function tellBody({ ticket, tap }, readBody) {
  if (!readBody) return;
  ticket.bodyPending = true;
  readBody((content) => tap.guard(deliverBody, ticket, content));
}

// '' is also what a Request without a body reads as.
function deliverBody(ticket, content) {
  ticket.bodyPending = false;
  if (ticket.id && content !== '') ticket.tap.tell('request', ticket.id, content);
  settle(ticket);
}

/**
 * Whether a response has no body: Fetch 2.2.3 null body statuses, and status 0 of the opaque filters.
 * Some engines give these a `body` all the same; nothing comes out of it, so it is left alone.
 */
export const isBodyless = (method, status) =>
  method === 'HEAD' || status === 0 || status === 204 || status === 205 || status === 304;

export const isAborted = (signal) => attempt(signalAborted, signal) === true;

/** Ends an exchange for an error of the fetch or the stream, which may be any value of the page's. */
export function fail(ticket, error) {
  let name = attempt(exceptionName, error);
  let message = attempt(exceptionMessage, error);
  const aborted = name === 'AbortError' || isAborted(ticket.signal);
  if (name === undefined) {
    name = peek(error, 'name');
    message = peek(error, 'message');
  }
  const detail = typeof name === 'string' && typeof message === 'string' ? `${name}: ${message}` : '';
  finish(ticket, aborted ? 'aborted' : 'failed', detail);
}

/** The stream cannot be read to its end. */
export function lose(exchange, error) {
  if (exchange.left) leave(exchange);
  else fail(exchange.ticket, error);
}

// A stream of messages: its end is that of its socket, once nobody reads it any more.
function leave(exchange) {
  exchange.branches = 0;
  exchange.left();
}

export const tagFor = (exchange, at) => ({ exchange, at, over: false, reader: null, stream: null });

/** The tag of `object` if what it reads is still to be shown. */
export function tagOf(object) {
  const tag = tags.get(object);
  return tag && !tag.over && isOpen(tag.exchange) ? tag : undefined;
}

/** Tags `object` as one more branch, which starts where `tag` is now. */
export function fork(tag, object) {
  tags.set(object, tagFor(tag.exchange, tag.at));
  tag.exchange.branches++;
}

/** `reader` (a reader or an iterator) now reads `stream`, which is what `tag` is about. */
export function hold(tag, stream, reader) {
  tag.stream = stream;
  tag.reader = reader;
  tag.exchange.touched = true;
  tags.set(reader, tag);
}

/**
 * Hears of an error of the stream that `reader` reads, by `closed`. A rejected `read` does not tell: it
 * may be about a bad BYOB view. Streams 4.9.2 (ReadableStreamError) rejects `closed` with the stored
 * error before any pending read, and marks it as handled, so that a handler of ours is not seen. It
 * also rejects when the lock is given back, which says nothing about the stream.
 *
 * `closedGetter` must be that of the reader's own kind: on another object it does not throw, as other
 * getters do, but makes a rejected promise (Web IDL 3.7.6), and the page would see it as unhandled.
 */
export function monitor(tag, reader, closedGetter) {
  const { exchange } = tag;
  const lost = (error) => {
    const held = tag.reader === reader && attempt(isLocked, tag.stream);
    if (held || isAborted(exchange.ticket.signal)) lose(exchange, error);
  };
  apply(then, attempt(closedGetter, reader), [ignore, (error) => exchange.tap.guard(lost, error)]);
}

/** A read of the page's came back with `result`. The last one of a BYOB read with `min` has both. */
export function note(tag, reader, result) {
  const { exchange } = tag;
  exchange.take(tag, result);
  if (result.done && tag.reader === reader) close(tag, 'done');
}

function takeBytes(tag, { value }) {
  const bytes = bytesOf(value);
  if (!bytes) return;
  const { exchange } = tag;
  const start = tag.at;
  tag.at += lengthOf(bytes);
  if (tag.at <= exchange.shown || !isOpen(exchange)) return;
  const fresh = start < exchange.shown ? bytesOf(bytes, exchange.shown - start) : bytes;
  exchange.shown = tag.at;
  exchange.tap.tell('chunk', exchange.ticket.id, fresh);
}

/** One branch is over. Its end is that of the body; its cancellation only if no branch is left. */
export function close(tag, how) {
  const { exchange } = tag;
  if (tag.over) return;
  tag.over = true;
  if (how !== 'done' && --exchange.branches > 0) return;
  if (exchange.left) return leave(exchange);
  finish(exchange.ticket, how === 'cancelled' && isAborted(exchange.ticket.signal) ? 'aborted' : how, '');
}

/**
 * The page's promise with our look at its outcome in front: same value, same reason, and unhandled if
 * the page does not handle it. (Handlers beside it, not in its chain, would mark it as handled.)
 */
export function watch(tap, promise, onValue, onError) {
  if (!isPromise(promise)) return;
  return apply(then, promise, [
    (value) => {
      tap.guard(onValue, value);
      return value;
    },
    onError &&
      ((error) => {
        tap.guard(onError, error);
        throw error;
      }),
  ]);
}
