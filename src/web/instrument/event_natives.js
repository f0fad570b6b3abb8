// As ./natives.js, for what has events. Apart from it, so that a shell without these instruments is
// without their natives, too.

import { addListener, apply, getPrototypeOf, getterOf, prototypeOf, removeListener } from './natives.js';

const event = prototypeOf('Event');
export const eventType = getterOf(event, 'type');
export const eventTarget = getterOf(event, 'target');
export const eventPhase = getterOf(event, 'eventPhase');

const message = prototypeOf('MessageEvent');
export const messageData = getterOf(message, 'data');
export const messageLastId = getterOf(message, 'lastEventId');

const closing = prototypeOf('CloseEvent');
export const closeCode = getterOf(closing, 'code');
export const closeReason = getterOf(closing, 'reason');
export const closeClean = getterOf(closing, 'wasClean');

/**
 * Of a class that a tool before us may have put a subclass in the place of: the native prototype behind it, by its
 * `readyState`. What a page has added to every object is none.
 */
export function behind(name) {
  let native;
  for (let at = prototypeOf(name); at && getPrototypeOf(at); at = getPrototypeOf(at)) if (getterOf(at, 'readyState')) native = at;
  return native;
}

const socket = behind('WebSocket');
export const socketUrl = getterOf(socket, 'url');
export const socketState = getterOf(socket, 'readyState');
export const socketProtocol = getterOf(socket, 'protocol');
export const socketBuffered = getterOf(socket, 'bufferedAmount');
export const socketOnMessage = getterOf(socket, 'onmessage');
export const socketOnClose = getterOf(socket, 'onclose');
export const socketOnError = getterOf(socket, 'onerror');

const source = behind('EventSource');
export const sourceUrl = getterOf(source, 'url');
export const sourceState = getterOf(source, 'readyState');
export const sourceOnOpen = getterOf(source, 'onopen');
export const sourceOnMessage = getterOf(source, 'onmessage');
export const sourceOnError = getterOf(source, 'onerror');

// At the target, listeners of the capture phase run before all others (DOM 2.9). In Chromium that holds
// for nodes only; on a socket, all run in the order in which they came.
const OPTIONS = Object.freeze({ __proto__: null, capture: true, passive: true });

/** Adds `listener` for `type`; a second time changes nothing (DOM 2.7, "add an event listener"). */
export const listen = (object, type, listener) => apply(addListener, object, [type, listener, OPTIONS]);
export const unlisten = (object, type, listener) => apply(removeListener, object, [type, listener, OPTIONS]);

/** What event handler attributes and listeners can be; anything else is as if it were null. */
export const isCallback = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
