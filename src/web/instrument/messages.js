// Exchanges that are made of messages: sockets and event sources.
//
// The order of the messages is that in which the page gets and sends them. Only the content of a Blob
// comes later; if it is wanted, what comes after it waits.

import { apply, attempt, blobBuffer, blobSize, bytesOf, copyOf, lengthOf, NO_ARGUMENTS, pinned, then } from './natives.js';
import { eventPhase } from './event_natives.js';
import { settle, ticketFor } from './exchange.js';

// Larger Blobs are not read, and no more than this waits for those that are.
const BLOB_LIMIT = 8 << 20;
const WAITING_LIMIT = 8 << 20;

const heard = pinned(new WeakSet(), 'add', 'has');

/** A ticket for the messages of `owner`; undefined if the sink wants none, or is that of a shell without. */
export function offer(tap, owner, about) {
  if (!tap.ask('message')) return;
  const { url, method, transport, headers, protocol } = about;
  if (!tap.tell('wants', url, method, { transport, headers, protocol })) return;
  const ticket = ticketFor(tap, about, owner);
  if (ticket) ticket.url = url;
  return ticket;
}

/**
 * Whether `event` is the platform's and heard for the first time: by our listener, or because the page
 * reads it, whichever comes first. A page that keeps events and reads them later says nothing of when
 * they came.
 */
export function isNews(event) {
  if (!event.isTrusted || !attempt(eventPhase, event) || heard.has(event)) return false;
  heard.add(event);
  return true;
}

/**
 * One message: a string, a buffer or a view of one, or a Blob; or a number, which is the size of
 * something that cannot be read.
 */
export function say(ticket, direction, body, event = '', lastEventId = '') {
  if (!ticket || !ticket.id || ticket.how) return;
  const message = { direction, data: body, event, lastEventId, blob: false, next: null };
  let size = 0;
  if (typeof body === 'object') {
    size = attempt(blobSize, body);
    message.data = size === undefined ? bytesOf(body) : size;
    message.blob = size <= BLOB_LIMIT && ticket.tap.ask('readsBlobs') === true;
    if (size !== undefined && !message.blob) unread(ticket);
  }
  if (message.blob && !ticket.waiting) ticket.waiting = queueFor(ticket);
  if (!ticket.waiting) return tell(ticket, message);
  if (typeof message.data === 'object') message.data = copyOf(message.data); // the page may write to it
  ticket.waiting.push(message, message.blob ? size : weightOf(message.data));
  if (message.blob) read(ticket.waiting, message, body, ticket.tap);
}

const weightOf = (data) => (typeof data === 'string' ? data.length : typeof data === 'object' ? lengthOf(data) : 0);

function tell({ id, tap }, { direction, data, event, lastEventId }) {
  tap.tell('message', id, direction, data, event, lastEventId);
}

// Once per exchange; each message tells its size.
function unread(ticket) {
  if (ticket.blobUnread) return;
  ticket.blobUnread = true;
  ticket.tap.tell('notice', 'blob_unread', ticket.url);
}

function read(queue, message, blob, tap) {
  const arrived = (buffer) => {
    if (buffer && message.blob) message.data = bytesOf(buffer);
    message.blob = false;
    queue.drain();
  };
  apply(then, apply(blobBuffer, blob, NO_ARGUMENTS), [
    (buffer) => tap.guard(arrived, buffer),
    () => tap.guard(arrived),
  ]);
}

// The messages behind a Blob that is being read. The exchange does not end before them.
function queueFor(ticket) {
  let first = null;
  let last = null;
  let weight = 0;

  function push(message, more) {
    if (last) last.next = message;
    else first = message;
    last = message;
    weight += more;
    ticket.bodyPending = true;
    if (weight > WAITING_LIMIT) flush();
  }

  function drain() {
    for (; first && !first.blob; first = first.next) tell(ticket, first);
    if (first || ticket.waiting !== queue) return;
    ticket.waiting = null;
    ticket.flush = null;
    ticket.bodyPending = false;
    settle(ticket);
  }

  // As it stands: of the Blobs that have not come, the size.
  function flush() {
    for (let message = first; message; message = message.next) {
      if (message.blob) unread(ticket);
      message.blob = false;
    }
    drain();
  }

  const queue = { push, drain };
  ticket.flush = flush;
  return queue;
}
