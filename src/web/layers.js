// The two layers as the page's scripts see them: who listens to what, and a
// guarded delivery. A listener that throws never stops the next one and never
// reaches the page.

import { toHookInput } from './hook_input.js';

// Events an iterator may lag behind before the oldest are dropped and counted.
const QUEUE_LIMIT = 10000;
// Options that nobody gave: not what a page has put on Object.prototype either.
const NONE = { __proto__: null };

export class Subscribers {
  // `changed()` when somebody comes or goes, `lost()` when a slow reader loses
  // an event.
  constructor(changed, lost) {
    this.changed = changed;
    this.lost = lost;
    // What to call when the tap is removed.
    this.waiting = new Set();
    this.closed = false;
    this.lists = new Map();
    this.errors = 0;
    this.dropped = 0;
    this.lastError = undefined;
  }

  get size() {
    let size = 0;
    for (const list of this.lists.values()) size += list.length;
    return size;
  }

  on(name, listener, { signal, once } = NONE) {
    if (typeof listener !== 'function') throw new TypeError('a listener must be a function');
    const entry = { listener, once };
    const remove = () => this.drop(name, (other) => other === entry);
    if (this.closed || signal?.aborted) return remove;
    // A signal may outlive many a listener.
    entry.forget = onAbort(signal, remove);
    // A new array each time: whoever is being delivered to keeps the old one.
    this.lists.set(name, [...(this.lists.get(name) || []), entry]);
    this.changed();
    return remove;
  }

  off(name, listener) {
    this.drop(name, (entry) => entry.listener === listener);
  }

  // Nobody is told anything any more; what waits is let go, and what comes later does not wait.
  close() {
    this.closed = true;
    for (const list of this.lists.values()) for (const entry of list) entry.forget();
    this.lists.clear();
    for (const finish of this.waiting) finish();
  }

  emit(name, event) {
    this.deliver(name, event);
    if (name !== '*') this.deliver('*', event);
  }

  deliver(name, event) {
    for (const entry of this.lists.get(name) || []) {
      if (!this.lists.get(name)?.includes(entry)) continue;
      if (entry.once) this.drop(name, (other) => other === entry);
      try {
        const result = entry.listener(event);
        // An async listener's failure is as much its own as a throw.
        if (result && typeof result.then === 'function') {
          result.then(undefined, (error) => this.failed(error));
        }
      } catch (error) {
        this.failed(error);
      }
    }
  }

  failed(error) {
    this.errors++;
    this.lastError = error;
  }

  drop(name, matches) {
    const list = this.lists.get(name);
    const gone = list?.find(matches);
    if (!gone) return;
    gone.forget();
    const rest = list.filter((entry) => entry !== gone);
    if (rest.length) this.lists.set(name, rest);
    else this.lists.delete(name);
    this.changed();
  }
}

// Calls `run` when `signal`, if there is one, aborts; the answer takes that back.
function onAbort(signal, run) {
  signal?.addEventListener('abort', run, { once: true });
  return () => signal?.removeEventListener('abort', run);
}

// window.__claudeTap
export function rawLayer(subscribers, tap) {
  return {
    on: (listener, options) => subscribers.on('*', listener, options),
    off: (listener) => subscribers.off('*', listener),
    streams: tap.streams,
    stats: tap.stats,
  };
}

// window.__claudeHooks
export function hookLayer(subscribers, tap, version) {
  return {
    version,
    on: (name, listener, options) => subscribers.on(String(name), listener, options),
    off: (name, listener) => subscribers.off(String(name), listener),
    once: (name, { signal } = NONE) => new Promise((resolve, reject) => {
      const removed = () => settle(reject, new Error('pagetap was removed'));
      const aborted = () => settle(reject, signal.reason);
      const remove = subscribers.on(String(name), (event) => settle(resolve, event), { once: true });
      const forget = onAbort(signal, aborted);
      subscribers.waiting.add(removed);
      function settle(how, what) {
        remove();
        forget();
        subscribers.waiting.delete(removed);
        how(what);
      }
      if (signal?.aborted) aborted();
      else if (subscribers.closed) removed();
    }),
    events: (options) => iterate(subscribers, options),
    toHookInput,
    // Only in builds that have room for it.
    ...tap.own,
    stats: tap.stats,
  };
}

function iterate(subscribers, { signal } = NONE) {
  const queue = [];
  const waiting = [];
  let done = false;
  const next = (value) => ({ value, done: false });
  const last = () => ({ value: undefined, done: true });
  const remove = subscribers.on('*', (event) => {
    if (waiting.length) return waiting.shift()(next(event));
    if (queue.length >= QUEUE_LIMIT) {
      queue.shift();
      if (!subscribers.dropped++) subscribers.lost();
    }
    queue.push(event);
  });
  const finish = () => {
    done = true;
    remove();
    forget();
    subscribers.waiting.delete(finish);
    for (const resolve of waiting.splice(0)) resolve(last());
    return Promise.resolve(last());
  };
  const forget = onAbort(signal, finish);
  subscribers.waiting.add(finish);
  if (signal?.aborted || subscribers.closed) finish();
  return {
    next: () => new Promise((resolve) => {
      if (queue.length) resolve(next(queue.shift()));
      else if (done) resolve(last());
      else waiting.push(resolve);
    }),
    return() {
      queue.length = 0;
      return finish();
    },
    [Symbol.asyncIterator]() { return this; },
  };
}
