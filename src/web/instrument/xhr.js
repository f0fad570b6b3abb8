// XMLHttpRequest: what the page sends, and the response as it becomes readable to the page.
//
// Nothing is put on an instance: methods and getters of the prototype, listeners of our own beside the
// page's, and a WeakMap. The bytes of a response are not to be had here, only what the platform made
// of them:
//  - text (`responseText`, which grows): shown as UTF-8, whatever the charset it was decoded from; a byte
//    order mark, and what was not valid in that charset, are gone;
//  - 'arraybuffer' and 'blob': the bytes, at the end. The platform makes the object when it is first
//    asked for and then gives the same one: the page gets the one that we have looked at;
//  - 'json' and 'document': an object without the text it came from. Written out again it would be
//    other bytes than those received, so it ends `unobserved`.
//
// What happened is decided by the state of the request, never by an event: anybody can dispatch one, a
// listener of the page's can hide one, and the page may use the object anew before the last one comes.
// (In Chromium, listeners of what is not a node run in the order in which they were added, capturing or
// not: the page's own may come first.) So the state is also looked at before the page changes it.

import {
  addListener,
  apply,
  attempt,
  blobBuffer,
  blobSize,
  bytesOf,
  charCodeAt,
  exceptionName,
  getterOf,
  indexOf,
  lengthOf,
  NO_ARGUMENTS,
  pinned,
  prototypeOf,
  slice,
  then,
  toUpperCase,
  UNKNOWN,
  weakMap,
} from './natives.js';
import { behind } from './event_natives.js';
import { finish, isBodyless, isOpen, isWanted, open, tellBody } from './exchange.js';
import { newList, note, textOf } from './headers.js';
import { readContent, urlOf, withoutUser } from './request.js';
import { CLONE_LIMIT } from './whole.js';

const xhr = behind('XMLHttpRequest');
const stateOf = getterOf(xhr, 'readyState');
const statusOf = getterOf(xhr, 'status');
const responseUrl = getterOf(xhr, 'responseURL');
const responseType = getterOf(xhr, 'responseType');
const responseText = getterOf(xhr, 'responseText');
const responseObject = getterOf(xhr, 'response');
const allHeaders = xhr && xhr.getAllResponseHeaders;
const loadedOf = getterOf(prototypeOf('ProgressEvent'), 'loaded');
const encoder = pinned(new TextEncoder(), 'encode');

const { ownKeys } = Reflect;

const OPTIONS = Object.freeze({ __proto__: null, capture: true, passive: true });
// A text that is long, in bytes.
const LONG = 1 << 20;
const OPENED = 1;
const HEADERS_RECEIVED = 2;
const DONE = 4;

export function tapXhr(tap) {
  const { guard, tell, patch, realm } = tap;

  // XMLHttpRequest -> its present request.
  const calls = weakMap();

  const newCall = (url, method, adopted) => ({
    arming: tap.arming,
    url, // '' if only page code could tell, or it was opened before we came: until the response tells
    method,
    list: newList(),
    headers: '',
    adopted,
    sent: false,
    wanted: false,
    body: undefined, // see `bodyOf`
    exchange: undefined, // null: declined
    headed: false,
    at: 0, // how much of the text is shown, in its own units
    loaded: 0, // how many bytes had come when it was last asked for
    reading: false, // a Blob
    failing: false, // in the middle of the events of an error
    how: '',
    detail: '',
  });

  // While disarmed we did not see what was opened.
  function known(self) {
    const call = calls.get(self);
    return call && call.arming === tap.arming ? call : undefined;
  }

  function obtain(self) {
    let call = known(self);
    if (!call) calls.set(self, (call = newCall('', '', true)));
    return call;
  }

  patch('XMLHttpRequest', {
    // Before the native call, which fires readystatechange, where the page may already send.
    open(target, self, args) {
      const before = guard(opening, self, args);
      let opened = false;
      try {
        const result = apply(target, self, args);
        opened = true;
        return result;
      } finally {
        if (before) guard(opened ? replaced : restored, before, self);
      }
    },
    setRequestHeader(target, self, args) {
      const result = apply(target, self, args);
      guard(addHeader, self, args[0], args[1]);
      return result;
    },
    send(target, self, args) {
      const call = guard(sending, self, args[0]);
      if (!call) return apply(target, self, args);
      let result;
      try {
        result = apply(target, self, args);
      } catch (error) {
        guard(refused, call, self, error);
        throw error;
      }
      guard(sent, call, self);
      return result;
    },
    abort(target, self, args) {
      const call = guard(aborting, self);
      const result = apply(target, self, args);
      if (call) guard(end, call, 'aborted', '');
      return result;
    },
    // What the page reads between two events, and requests that were under way when we came.
    response: reading,
    responseText: reading,
  });

  function reading(target, self, args) {
    const value = apply(target, self, args);
    guard(meet, self, value);
    return value;
  }

  function opening(self, args) {
    if (attempt(stateOf, self) === undefined) return;
    const before = { call: known(self) };
    if (before.call && before.call.sent) look(before.call, self);
    const method = typeof args[0] === 'string' ? apply(toUpperCase, args[0], NO_ARGUMENTS) : '';
    calls.set(self, newCall(urlOf(realm, args[1]) || '', method, false));
    return before;
  }

  // A request that was under way is dropped, without an event.
  function replaced({ call }) {
    if (call && call.sent && !call.reading) end(call, call.failing ? 'failed' : 'aborted', 'opened anew');
  }

  function restored({ call }, self) {
    calls.set(self, call);
  }

  function addHeader(self, name, value) {
    note(obtain(self).list, name, value);
  }

  function sending(self, body) {
    if (attempt(stateOf, self) !== OPENED) return; // refused natively
    const call = obtain(self);
    if (call.sent) return; // as well
    call.headers = textOf(call.list);
    if (call.url && !ask(call)) return;
    const hasBody = body !== undefined && body !== null && call.method !== 'GET' && call.method !== 'HEAD';
    // Until the url is known, a body is kept only if that costs nothing.
    const content = call.url || typeof body === 'string' ? body : UNKNOWN;
    if (hasBody) call.body = (deliver) => readContent(content, deliver);
    call.sent = true;
    listen(self);
    return call;
  }

  function ask(call) {
    if (!call.wanted) call.wanted = isWanted(tap, 'xhr', call);
    if (!call.wanted) call.exchange = null;
    return call.wanted;
  }

  // Not every exception means that nothing was sent: it is how a synchronous request fails.
  function refused(call, self, error) {
    if (attempt(stateOf, self) === DONE) {
      begin(call);
      // Its message quotes the url, with the password that may stand in it.
      end(call, 'failed', attempt(exceptionName, error) || '');
    } else if (!call.exchange) {
      call.sent = false;
    }
  }

  // The page may have opened it anew in a listener meanwhile.
  function sent(call, self) {
    begin(call);
    if (known(self) === call) look(call, self);
  }

  function begin(call) {
    if (call.exchange !== undefined || !call.url) return;
    call.exchange = open(tap, 'xhr', call, call.adopted) || null;
    if (!call.exchange) return;
    tellBody(call.exchange, call.body);
    if (call.how) finish(call.exchange.ticket, call.how, call.detail);
  }

  function end(call, how, detail) {
    if (call.how) return;
    call.how = how;
    call.detail = detail;
    if (call.exchange) finish(call.exchange.ticket, how, detail);
  }

  function aborting(self) {
    const call = known(self);
    if (!call || !call.sent) return;
    look(call, self);
    const state = attempt(stateOf, self);
    // Otherwise the call does nothing to the request: it is over.
    if (state >= OPENED && state < DONE) return call;
  }

  // Takes up a request that was sent before we came. Its text is all there still.
  function meet(self, text) {
    let call = known(self);
    if (!call || !call.sent) {
      if (!(attempt(stateOf, self) >= HEADERS_RECEIVED) || (call && call.exchange === null)) return;
      call = obtain(self);
      call.sent = true;
      listen(self);
    }
    look(call, self, text);
  }

  /**
   * Shows what has become readable. `text`: what the page has just read, or null not to ask for text now.
   * `loaded`: it is whole, even if its status is 0 (that of a file).
   */
  function look(call, self, text, loaded) {
    if (call.exchange === null || call.how || call.reading) return;
    const state = attempt(stateOf, self);
    if (!(state >= HEADERS_RECEIVED)) return;
    const status = attempt(statusOf, self);
    if (!status && !loaded) {
      if (state === DONE) call.failing = true;
      return;
    }
    if (!call.url) call.url = withoutUser(attempt(responseUrl, self));
    if (!call.url || !ask(call)) return;
    begin(call);
    if (!call.exchange || !isOpen(call.exchange)) return;
    showHead(call, self, status);
    const type = attempt(responseType, self);
    if (type === '' || type === 'text') {
      if (text === null) return;
      showText(call, typeof text === 'string' ? text : attempt(responseText, self), state === DONE);
    } else if (state === DONE) showWhole(call, self, type, status);
  }

  function showHead(call, self, status) {
    if (call.headed) return;
    call.headed = true;
    // Asking for one that CORS hides would write an error to the console.
    const headers = `\r\n${attempt(allHeaders, self) || ''}`;
    tell('response', call.exchange.ticket.id, {
      status,
      url: withoutUser(attempt(responseUrl, self)),
      contentType: headerIn(headers, 'content-type'),
      retryAfter: headerIn(headers, 'retry-after'),
    });
  }

  function showText(call, text, whole) {
    let to = text.length;
    // A surrogate whose other half has not come is not a character yet.
    if (!whole && to > call.at && (apply(charCodeAt, text, [to - 1]) & 0xfc00) === 0xd800) to--;
    if (to > call.at) {
      const fresh = apply(slice, text, [call.at, to]);
      call.at = to;
      tell('chunk', call.exchange.ticket.id, encoder.encode(fresh));
    }
    if (whole) end(call, 'done', '');
  }

  function showWhole(call, self, type, status) {
    if (isBodyless(call.method, status)) return end(call, 'done', '');
    const size = (bytes) => (bytes ? lengthOf(bytes) : 0);
    const show = (bytes) => {
      // Once: a listener that hears of it may look at the response.
      if (!isOpen(call.exchange) || call.at) return;
      call.at = 1;
      if (size(bytes)) tell('chunk', call.exchange.ticket.id, bytes);
      if (bytes) end(call, 'done', '');
      else end(call, 'unobserved', `responseType ${type}`);
    };
    if (type !== 'arraybuffer' && type !== 'blob') return show();
    const object = attempt(responseObject, self);
    const blobbed = attempt(blobSize, object);
    const bytes = bytesOf(object);
    if (!(blobbed <= CLONE_LIMIT || size(bytes) <= CLONE_LIMIT)) {
      return end(call, 'unobserved', `more than ${CLONE_LIMIT} bytes`);
    }
    if (blobbed === undefined) return show(bytes);
    call.reading = true;
    const read = (buffer) => guard(show, buffer && bytesOf(buffer));
    apply(then, apply(blobBuffer, object, NO_ARGUMENTS), [read, () => read()]);
  }

  function ended(self, how, detail) {
    const call = known(self);
    if (!call || !call.sent) return;
    look(call, self);
    // `abort` in an earlier one of these events has hidden the state, not the events that follow.
    if (!call.failing) return;
    begin(call);
    end(call, how, detail);
  }

  // Each time the platform makes the text anew, as a whole. So it is asked for by `progress` only, not
  // if the page has read as much already, and of a long text not before it has grown by an eighth.
  function isDue(call, event) {
    const loaded = attempt(loadedOf, event);
    if (loaded <= call.at || loaded < call.loaded + (call.loaded > LONG ? call.loaded / 8 : 0)) return false;
    call.loaded = loaded || 0;
    return true;
  }

  const on = (step) =>
    function (event) {
      guard(step, this, event);
    };
  const failing = (how, detail) => on((self) => ended(self, how, detail));
  const listeners = {
    __proto__: null,
    loadstart: on((self) => {
      const call = known(self);
      if (call && call.sent) begin(call);
    }),
    readystatechange: on((self) => meet(self, attempt(stateOf, self) === DONE ? undefined : null)),
    progress: on((self, event) => {
      const call = known(self);
      meet(self, !call || isDue(call, event) ? undefined : null);
    }),
    load: on((self) => {
      const call = known(self);
      if (call && call.sent) look(call, self, undefined, attempt(stateOf, self) === DONE);
    }),
    abort: failing('aborted', ''),
    error: failing('failed', 'NetworkError'),
    timeout: failing('failed', 'TimeoutError'),
    loadend: failing('failed', ''),
  };
  const types = ownKeys(listeners);

  // The same functions each time: an object that is used again gets none twice.
  function listen(self) {
    for (let i = 0; i < types.length; i++) {
      apply(addListener, self, [types[i], listeners[types[i]], OPTIONS]);
    }
  }
}

// In the form of getAllResponseHeaders: names in lower case.
function headerIn(headers, name) {
  const key = `\r\n${name}: `;
  const at = apply(indexOf, headers, [key]);
  if (at < 0) return null;
  const from = at + key.length;
  return apply(slice, headers, [from, apply(indexOf, headers, ['\r\n', from])]);
}
