// Runs first in a tapped worker: taps it, gives it back the address it would have, and loads the page's
// script. The build makes one text of this and all it imports; PAGETAP stands before it:
// { href: the address the worker was asked for, script: what to load ('' if a module does) } and what
// the sink's `workers` says.

import { instrument } from '../instrument.js';
import all from '../instrument/all.js';
import { apply, attempt, copyOf, getterOf, lengthOf, NO_ARGUMENTS, prototypeOf } from '../instrument/natives.js';
import { headersOf, matcher } from '../match.js';
import { keepAddress } from './address.js';
import { GREETING, only } from './both.js';

const { href, script, match, readsBlobs } = PAGETAP;
const { importScripts } = self;
const { addEventListener, removeEventListener } = prototypeOf('EventTarget');
const { stopImmediatePropagation } = prototypeOf('Event');
const { postMessage, start } = prototypeOf('MessagePort');
const messagePorts = getterOf(prototypeOf('MessageEvent'), 'ports');
const messageData = getterOf(prototypeOf('MessageEvent'), 'data');
const bufferOf = getterOf(Object.getPrototypeOf(Uint8Array.prototype), 'buffer');

// As much waits for the core in a page (bytes), and so much is a message besides the bytes it carries, roughly.
const WAITING_LIMIT = 32 << 20;
const MESSAGE_BYTES = 1000;

// Until the line is there.
let waiting = [];
let waitingBytes = 0;
let port = null;
let lastId = 0;

function send(message, bytes) {
  if (!port) keep(message, bytes);
  else if (bytes) apply(postMessage, port, [message, only(attempt(bufferOf, bytes))]);
  else apply(postMessage, port, [message]);
}

// A script that goes on and on hears no message, so the line may come late.
function keep(message, bytes) {
  waitingBytes += MESSAGE_BYTES + (bytes ? lengthOf(bytes) : 0);
  for (let i = 0; i < message.length; i++) waitingBytes += weight(message[i]);
  if (waitingBytes > WAITING_LIMIT) {
    forget();
    // To the instruments, which go, and tell why.
    throw new RangeError('more than 32 MiB waited for the page');
  }
  waiting[waiting.length] = [message, bytes];
}

// Of what is told of a request or a response its texts, too.
function weight(part) {
  if (typeof part === 'string') return part.length;
  if (!part || typeof part !== 'object' || isBytes(part)) return 0;
  let length = 0;
  for (const key in part) if (typeof part[key] === 'string') length += part[key].length;
  return length;
}

function forget() {
  waiting = [];
  waitingBytes = 0;
}

// Bytes cross without another copy than the one made here, which the page needs anyway: it may hand on
// the buffer as soon as it has it.
const isBytes = (value) => attempt(bufferOf, value) !== undefined;
const own = (value) => (isBytes(value) ? copyOf(value) : value);

const isMatch = matcher(match, () => {});
const sink = {
  wants: (url, method, about) => isMatch(url, method, headersOf(about)),
  readsBlobs: !!readsBlobs,
  workers: null,
  open(about) {
    send(['open', ++lastId, about]);
    return lastId;
  },
  request(id, body) {
    const copy = own(body);
    send(['request', id, copy], isBytes(copy) && copy);
  },
  response: (id, head) => send(['response', id, head]),
  chunk(id, bytes) {
    const copy = copyOf(bytes);
    send(['chunk', id, copy], copy);
  },
  message(id, direction, data, event, lastEventId) {
    const copy = own(data);
    send(['message', id, direction, copy, event, lastEventId], isBytes(copy) && copy);
  },
  state: (id, what) => send(['state', id, what]),
  end: (id, how, detail, code) => send(['end', id, how, detail, code]),
  notice: (code, detail) => send(['notice', code, String(detail)]),
};

// The first message of all is ours: it brings the line, when the page's script has run. If it is not,
// the page's side has failed.
function connected(event) {
  apply(removeEventListener, self, ['message', connected, FIRST]);
  if (attempt(messageData, event) !== GREETING) {
    handle.disarm();
    return forget();
  }
  apply(stopImmediatePropagation, event, NO_ARGUMENTS);
  port = attempt(messagePorts, event)[0];
  apply(addEventListener, port, ['message', (order) => attempt(messageData, order) === 'disarm' && handle.disarm()]);
  apply(start, port, NO_ARGUMENTS);
  send(['ready']);
  const kept = waiting;
  forget();
  for (let i = 0; i < kept.length; i++) send(kept[i][0], kept[i][1]);
}

const FIRST = { __proto__: null, capture: true };
apply(addEventListener, self, ['message', connected, FIRST]);

const closing = ({ guard, patch }) =>
  patch('Window', {
    close(target, it, args) {
      const result = apply(target, it, args);
      guard(send, ['closed']);
      return result;
    },
  });

const handle = instrument(self, sink, [...all, closing]);
keepAddress(self, href, sink.notice);
// Not in `try`: whatever is thrown is the page's, and a script that cannot be loaded is told from all
// others by the place of this call.
if (script) apply(importScripts, self, [script]);
