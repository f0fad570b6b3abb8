// WebSocket: messages in both directions, and how it ends.
//
// A socket is met when the page first touches it, through the prototype; nothing of it is replaced and
// nothing is put on it but listeners of our own. It is offered to the sink when it is open, because
// only then is its subprotocol known.

import { attempt, apply, blobSize, bytesOf, pinned } from './natives.js';
import {
  closeClean,
  closeCode,
  closeReason,
  eventType,
  isCallback,
  listen,
  messageData,
  socketBuffered,
  socketOnClose,
  socketOnError,
  socketOnMessage,
  socketProtocol,
  socketState,
  socketUrl,
  unlisten,
} from './event_natives.js';
import { finish } from './exchange.js';
import { isNews, offer, say } from './messages.js';
import { withoutUser } from './request.js';
import { onTouch } from './touch.js';

const CONNECTING = 0;
const OPEN = 1;

const states = pinned(new WeakMap(), 'get', 'has', 'set');

export function tapWebSocket(tap) {
  const { guard, patch, tell } = tap;

  /** The state of a socket, undefined for anything else. Another tap's, if that one met it first. */
  function meet(socket) {
    const known = states.get(socket);
    if (known && known.arming.live) return known;
    const ready = attempt(socketState, socket);
    if (ready === undefined) return;
    const state = { arming: tap.arming, heard, ticket: undefined, over: ready > OPEN, attached: false };
    states.set(socket, state);
    if (ready === CONNECTING) listen(socket, 'open', heard);
    if (ready === OPEN) take(socket, state, true);
    const handled = attempt(socketOnMessage, socket) || attempt(socketOnClose, socket) || attempt(socketOnError, socket);
    if (handled) attach(socket, state);
    return state;
  }

  function take(socket, state, adopted) {
    state.ticket = offer(tap, socket, {
      url: withoutUser(attempt(socketUrl, socket)),
      method: 'WS',
      transport: 'ws',
      adopted,
      headers: '',
      protocol: attempt(socketProtocol, socket),
    });
    if (state.ticket) return;
    state.over = true;
    unlisten(socket, 'message', heard);
    unlisten(socket, 'close', heard);
  }

  /**
   * Listens, now that the page is known to listen to messages, errors or the end. From then on its own
   * listeners keep the socket alive while it is open (WebSockets 7, "Garbage collection"), and ours make
   * no difference. On a socket that nobody listens to they would: it could never be collected.
   */
  function attach(socket, state) {
    if (state.attached || state.over) return;
    state.attached = true;
    listen(socket, 'message', state.heard);
    listen(socket, 'close', state.heard);
  }

  function listens(socket, type) {
    const state = meet(socket);
    if (!state) return; // the native setter says so
    if (type === 'message' || type === 'close' || type === 'error') attach(socket, state);
  }

  function reads(socket, event) {
    const state = meet(socket);
    attach(socket, state);
    received(socket, state, event);
  }

  function received(socket, state, event) {
    if (state.over || !isNews(event)) return;
    opened(socket, state);
    say(state.ticket, 'in', attempt(messageData, event));
  }

  // At the event; or before, if the page has a listener in front of ours, and does something in it.
  function opened(socket, state) {
    if (state.ticket || state.over || state.heard !== heard) return;
    take(socket, state, false);
    if (state.ticket) tell('state', state.ticket.id, 'connected');
  }

  /** Our listener, for every type. One that is not needed any more takes itself away. */
  function heard(event) {
    if (!guard(hear, this, event)) unlisten(this, attempt(eventType, event), heard);
  }

  function hear(socket, event) {
    const state = meet(socket);
    if (state.heard !== heard || state.over) return false;
    if (!event.isTrusted) return true;
    const type = attempt(eventType, event);
    if (type === 'message') {
      attach(socket, state); // it was, before we were disarmed and armed again
      received(socket, state, event);
      return true;
    }
    if (type === 'open') opened(socket, state);
    if (type === 'close') closed(state, event);
    return false;
  }

  function closed(state, event) {
    state.over = true;
    if (!state.ticket) return; // it has never been open
    const how = attempt(closeClean, event) ? 'done' : 'failed';
    finish(state.ticket, how, attempt(closeReason, event), attempt(closeCode, event));
  }

  const touched = (type) => (target, self, args) => {
    if (isCallback(args[0])) guard(listens, self, type);
    return apply(target, self, args);
  };
  patch('WebSocket', {
    onopen: touched('open'),
    onmessage: touched('message'),
    onerror: touched('error'),
    onclose: touched('close'),
    binaryType(target, self, args) {
      guard(meet, self);
      return apply(target, self, args);
    },
  }, 'apply', true);
  onTouch(tap, { is: (object) => attempt(socketState, object) !== undefined, knows: (object) => states.has(object), listens, reads });

  patch('WebSocket', {
    send(target, self, args) {
      const sending = guard(prepare, self, args[0]);
      const result = apply(target, self, args);
      if (sending) guard(sent, sending, self, args[0]);
      return result;
    },
    close(target, self, args) {
      const state = guard(meet, self);
      const result = apply(target, self, args);
      if (state) guard(closing, self, state);
      return result;
    },
  });

  // Nothing is sent by a socket that is not open; if it is closing or closed, without an error.
  function prepare(socket, body) {
    const state = meet(socket);
    if (!state || attempt(socketState, socket) !== OPEN) return;
    opened(socket, state);
    if (!state.ticket) return;
    return { ticket: state.ticket, buffered: isCallback(body) ? attempt(socketBuffered, socket) : 0 };
  }

  function sent({ ticket, buffered }, socket, body) {
    if (!isCallback(body)) return say(ticket, 'out', `${body}`);
    if (attempt(blobSize, body) !== undefined || bytesOf(body)) return say(ticket, 'out', body);
    // Made a string by code of the page's, which is not to run twice. How long that was, can be seen.
    say(ticket, 'out', attempt(socketBuffered, socket) - buffered);
  }

  // It will be closed soon, so the listener keeps nothing alive for long.
  function closing(socket, state) {
    if (state.ticket && !state.over) listen(socket, 'close', state.heard);
  }
}
