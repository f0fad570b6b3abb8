// EventSource: its events by every name that somebody listens to, its connections, how it ends.
//
// As with sockets: met at the first touch, through the prototype; listeners of our own and nothing else.

import { attempt, apply, pinned } from './natives.js';
import {
  eventType,
  isCallback,
  listen,
  messageData,
  messageLastId,
  sourceOnError,
  sourceOnMessage,
  sourceOnOpen,
  sourceState,
  sourceUrl,
  unlisten,
} from './event_natives.js';
import NAMES from './event_names.js';
import { finish } from './exchange.js';
import { isNews, offer, say } from './messages.js';
import { withoutUser } from './request.js';
import { onTouch } from './touch.js';

const OPEN = 1;
const CLOSED = 2;

const states = pinned(new WeakMap(), 'get', 'has', 'set');

export function tapEventSource(tap) {
  const { guard, patch, tell } = tap;

  /** The state of an event source, undefined for anything else. Another tap's, if that one met it first. */
  function meet(source) {
    const known = states.get(source);
    if (known && known.arming.live) return known;
    const ready = attempt(sourceState, source);
    if (ready === undefined) return;
    const state = { arming: tap.arming, heard, ticket: undefined, names: { __proto__: null } };
    states.set(source, state);
    if (ready === CLOSED) return state;
    state.ticket = offer(tap, source, {
      url: withoutUser(attempt(sourceUrl, source)),
      method: 'GET',
      transport: 'es',
      adopted: ready === OPEN,
      headers: 'accept: text/event-stream\n',
      protocol: '',
    });
    for (let i = 0; i < NAMES.length; i++) learn(source, state, NAMES[i]);
    const handled = attempt(sourceOnOpen, source) || attempt(sourceOnMessage, source) || attempt(sourceOnError, source);
    if (handled) listens(source, 'message');
    return state;
  }

  function learn(source, { ticket, names, heard }, name) {
    if (!ticket || names[name]) return;
    names[name] = true;
    listen(source, name, heard);
  }

  /**
   * Listeners to open, message and error keep an event source alive while it has a connection (HTML
   * 9.2.9, "Garbage collection"); those to other names do not. So ours to the three come when the page
   * has one. To other names only a page that keeps the source itself can be listening.
   */
  function listens(source, type) {
    const state = meet(source);
    if (!state) return; // the native setter says so
    if (type !== 'open' && type !== 'message' && type !== 'error') return learn(source, state, type);
    learn(source, state, 'open');
    learn(source, state, 'message');
    learn(source, state, 'error');
  }

  function reads(source, event) {
    listens(source, attempt(eventType, event));
    received(meet(source), event);
  }

  function received({ ticket }, event) {
    if (!ticket || !isNews(event)) return;
    say(ticket, 'in', attempt(messageData, event), attempt(eventType, event), attempt(messageLastId, event));
  }

  /** Our listener, for every name. One that is not needed any more takes itself away. */
  function heard(event) {
    if (!guard(hear, this, event)) unlisten(this, attempt(eventType, event), heard);
  }

  function hear(source, event) {
    const state = meet(source);
    const { ticket } = state;
    if (state.heard !== heard || !ticket || ticket.how) return false;
    const type = attempt(eventType, event);
    learn(source, state, type); // it was, before we were disarmed and armed again
    if (!event.isTrusted) return true;
    // A server may call its events "open" and "error", too.
    if (attempt(messageData, event) !== undefined) received(state, event);
    else if (type === 'open') tell('state', ticket.id, 'connected');
    else if (attempt(sourceState, source) === CLOSED) finish(ticket, 'failed', '');
    else tell('state', ticket.id, 'reconnecting');
    return true;
  }

  const touched = (type) => (target, self, args) => {
    if (isCallback(args[0])) guard(listens, self, type);
    return apply(target, self, args);
  };
  patch('EventSource', { onopen: touched('open'), onmessage: touched('message'), onerror: touched('error') }, 'apply', true);
  onTouch(tap, { is: (object) => attempt(sourceState, object) !== undefined, knows: (object) => states.has(object), listens, reads });

  patch('EventSource', {
    close(target, self, args) {
      const state = guard(meet, self);
      const result = apply(target, self, args);
      if (state && state.ticket) guard(finish, state.ticket, 'cancelled', '');
      return result;
    },
  });
}
