// The page's end of the line to a tapped worker: what its instruments see goes to the page's sink, under
// ids of the page's.

import { apply, attempt, getterOf, indexOf, NO_ARGUMENTS, pinned, prototypeOf } from '../instrument/natives.js';
import { finish, ticketFor } from '../instrument/exchange.js';
import { NATIVE } from './natives.js';
import { GREETING, only } from './both.js';

const { addEventListener, dispatchEvent } = prototypeOf('EventTarget');
const { preventDefault, stopImmediatePropagation } = prototypeOf('Event');
const messageData = getterOf(prototypeOf('MessageEvent'), 'data');
const errorMessage = getterOf(prototypeOf('ErrorEvent'), 'message');
const errorSource = getterOf(prototypeOf('ErrorEvent'), 'filename');
const { close, postMessage, start } = prototypeOf('MessagePort') || {};
const EventNative = Event;

const FIRST = { __proto__: null, capture: true };
const CANCELABLE = { __proto__: null, cancelable: true };

const lines = pinned(new WeakMap(), 'get', 'set');

/** A worker was just made with a script of ours: the first message it gets is the other end of the line. */
export function connect(tap, its, worker, plan) {
  const { port1: port, port2 } = new its.Channel();
  const line = { tap, its, port, urls: plan.urls, tickets: pinned(new Map(), 'get', 'set', 'delete', 'forEach'), own: null };
  lines.set(worker, line);
  // Stands for the line itself among what is abandoned when we are disarmed.
  const flush = () => {
    apply(postMessage, port, ['disarm']);
    drop(line);
  };
  line.own = { id: 0, flush };
  tap.tickets.add(line.own);
  apply(addEventListener, port, ['message', (event) => tap.guard(receive, line, attempt(messageData, event))]);
  apply(start, port, NO_ARGUMENTS);
  apply(NATIVE.postMessage, worker, [GREETING, only(port2)]);
  apply(addEventListener, worker, ['error', (event) => tap.guard(failed, worker, event, plan), FIRST]);
}

/** The worker is gone. */
export function hangUp(worker) {
  const line = lines.get(worker);
  if (line) end(line, 'the worker was terminated');
}

function end(line, detail) {
  line.tickets.forEach((ticket) => finish(ticket, 'unobserved', detail));
  drop(line);
}

function drop({ tap, its, port, urls, own, tickets }) {
  tap.tickets.delete(own);
  tickets.forEach((_, id) => tickets.delete(id));
  its.free(urls);
  apply(close, port, NO_ARGUMENTS);
}

// A script that cannot be loaded makes a plain event, without a message and without the page's window
// hearing of it. In ours it is an error of importScripts, which names both scripts.
function failed(worker, event, { url, script }) {
  if (attempt(errorSource, event) !== url || apply(indexOf, attempt(errorMessage, event), [`'${script}'`]) < 0) return;
  apply(stopImmediatePropagation, event, NO_ARGUMENTS);
  apply(preventDefault, event, NO_ARGUMENTS);
  hangUp(worker);
  apply(dispatchEvent, worker, [new EventNative('error', CANCELABLE)]);
}

function receive(line, message) {
  const what = message[0];
  const { tap, tickets } = line;
  if (what === 'ready') return line.its.free(line.urls);
  if (what === 'closed') return end(line, 'the worker closed itself');
  if (what === 'notice') return hear(line, message[1], message[2]);
  if (what === 'open') return open(line, message[1], message[2]);
  const ticket = tickets.get(message[1]);
  if (!ticket || !ticket.id) return; // declined, or over
  if (what !== 'end') return tap.tell(what, ticket.id, message[2], message[3], message[4], message[5]);
  tickets.delete(message[1]);
  finish(ticket, message[2], message[3], message[4]);
}

function open(line, key, about) {
  const { tap } = line;
  // Only the page can ask a function of the page.
  if (!tap.tell('wants', about.url, about.method, about)) return;
  const ticket = ticketFor(tap, about, line);
  if (ticket) line.tickets.set(key, ticket);
}

function hear(line, code, detail) {
  const { tap } = line;
  if (code !== 'tap_failed') return tap.tell('notice', code, `in a worker: ${detail}`, code === 'worker_unobserved');
  end(line, 'tap_failed');
  tap.tell('notice', 'worker_unobserved', `the instruments failed in it: ${detail}`, true);
}
