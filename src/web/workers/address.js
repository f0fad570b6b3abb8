// The address of a worker whose script is not the page's: `location` answers with the one it was asked
// for, and what is relative is relative to that.
//
// Not part of the tap, which can be disarmed: without this the worker's own code breaks.

import { apply, attempt, construct, getterOf, URLNative, urlHref } from '../instrument/natives.js';
import { patcher } from '../instrument/patch.js';

const { isArray } = Array;
const PARTS = ['href', 'origin', 'protocol', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];

/** Gives `realm` the address `href`; `notice` hears what cannot be had. */
export function keepAddress(realm, href, notice) {
  const patches = patcher(realm);
  const has = (name) => name === 'Window' || typeof realm[name] === 'function';
  const patch = (name, members, kind) => has(name) && patches.add(name, members, kind);

  const address = new URLNative(href);
  // In the order of calls: the native one decides about `this`.
  const answering = (value) => (target, self, args) => {
    apply(target, self, args);
    return value;
  };
  const location = { toString: answering(href) };
  for (const part of PARTS) location[part] = answering(attempt(getterOf(URLNative.prototype, part), address));
  patch('WorkerLocation', location);

  function absolute(input) {
    if (typeof input !== 'string') return input;
    if (parsed(input) !== undefined) return input;
    const url = parsed(input, href);
    // What is no address either way is refused in the page's own words.
    return url === undefined ? input : url;
  }

  function parsed(input, base) {
    try {
      return attempt(urlHref, new URLNative(input, base));
    } catch {
      return undefined;
    }
  }

  // `args` with those from `from` to `to` made absolute.
  function rewritten(args, from, to) {
    const copy = [];
    for (let i = 0; i < args.length; i++) copy[i] = i >= from && i <= to ? absolute(args[i]) : args[i];
    return copy;
  }

  const calling = (from, to = from) => (target, self, args) => apply(target, self, rewritten(args, from, to));
  const making = (target, args, newTarget) => construct(target, rewritten(args, 0, 0), newTarget);

  patch('Window', { fetch: calling(0), importScripts: calling(0, Infinity) });
  patch('XMLHttpRequest', { open: calling(1) });
  patches.add(realm.Response, { redirect: calling(0) });
  patch('CacheStorage', { match: calling(0) });
  const listing = (target, self, args) => apply(target, self, isArray(args[0]) ? [rewritten(args[0], 0, Infinity)] : args);
  patch('Cache', { match: calling(0), matchAll: calling(0), add: calling(0), put: calling(0), delete: calling(0), keys: calling(0), addAll: listing });
  for (const name of ['Request', 'WebSocket', 'EventSource']) constructor(name, making);
  constructor('Worker', (target, args, newTarget) => {
    const worker = making(target, args, newTarget);
    notice('worker_unobserved', 'it was started by another worker');
    return worker;
  });

  function constructor(name, trap) {
    if (!has(name)) return;
    patch('Window', { [name]: trap }, 'construct');
    patch(name, { constructor: trap }, 'construct');
  }

  patches.arm((what) => notice('cannot_patch', what));
}
