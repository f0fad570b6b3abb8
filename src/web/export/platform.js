// What delivery needs of the platform, as it was when this file was evaluated: before the tap patched
// anything, so that exports are never tapped, and before the page could replace it.

const {
  AbortController: Abort, BroadcastChannel: Broadcast, IDBKeyRange: keyRange, MessageChannel: Channel, clearTimeout: clear, crypto,
  fetch: fetchNative, indexedDB, navigator, setTimeout: set,
} = globalThis;
const { apply, getOwnPropertyDescriptor } = Reflect;
const { get: bodyOf } = getOwnPropertyDescriptor(Response.prototype, 'body');
const { getReader } = ReadableStream.prototype;
const { cancel, read } = ReadableStreamDefaultReader.prototype;
const { get: headersOf } = getOwnPropertyDescriptor(Response.prototype, 'headers');
const { get: statusOf } = getOwnPropertyDescriptor(Response.prototype, 'status');
const { get: header } = Headers.prototype;
const { now } = Date;
const { random } = Math;
// What a page may put in the place of a method is not asked: each is bound now. Getters throw in some frames.
const bound = (read, ...methods) => {
  const object = attempt(read);
  return object && Object.fromEntries(methods.map((name) => [name, object[name].bind(object)]));
};
const locks = bound(() => navigator.locks, 'request');
const permissions = bound(() => navigator.permissions, 'query');
const database = bound(() => indexedDB, 'open');

function attempt(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** What is read of an answer: those that mean something are short. */
const ANSWER_MOST = 64 << 10;

/**
 * One request of ours: no cookies, no cache, no referrer. Resolves with `{ status, header(name), bytes() }`; a
 * response is read by the natives, since what the page reads by patched ones is told to the tap.
 */
async function send(url, init) {
  const response = await fetchNative(url, {
    cache: 'no-store', credentials: 'omit', mode: 'cors', redirect: 'follow', referrerPolicy: 'no-referrer', ...init,
  });
  return {
    status: apply(statusOf, response, []),
    header: (name) => apply(header, apply(headersOf, response, []), [name]),
    bytes: () => beginning(apply(bodyOf, response, [])),
  };
}

// Of one without end no more is awaited, or kept.
async function beginning(body) {
  const all = new Uint8Array(ANSWER_MOST);
  if (!body) return all.buffer.slice(0, 0);
  const reader = apply(getReader, body, []);
  let length = 0;
  for (;;) {
    const { done, value } = await apply(read, reader, []);
    if (done) break;
    all.set(value.subarray(0, ANSWER_MOST - length), length);
    length += value.length;
    if (length < ANSWER_MOST) continue;
    apply(cancel, reader, []).catch(() => {});
    break;
  }
  return all.buffer.slice(0, Math.min(length, ANSWER_MOST));
}

export const timer = { set: (step, delay) => set(step, delay), clear: (started) => clear(started) };

/** Calls `step` in a task that is not delayed in a hidden tab. `close` takes back what was not called yet. */
function tasks() {
  const { port1, port2 } = new Channel();
  const waiting = [];
  port1.onmessage = () => waiting.shift()?.();
  return {
    post(step) {
      waiting.push(step);
      port2.postMessage(0);
    },
    close() {
      waiting.length = 0;
      port1.close();
    },
  };
}

/** `bytes` bytes by chance, in hexadecimal digits. */
export function randomHex(bytes) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export const platform = {
  Abort,
  /** A BroadcastChannel; undefined where there is none. */
  broadcast: (name) => attempt(() => new Broadcast(name)),
  indexedDB: database,
  keyRange,
  locks,
  now: () => now(),
  permissions,
  random: () => random(),
  randomHex,
  send,
  tasks,
  timer,
};
