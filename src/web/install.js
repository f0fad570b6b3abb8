// Puts the tap into a page: both globals, the instruments, and the way back.

import version from 'pagetap-version';
import { instrument, reinstate } from './instrument.js';
import { createTap } from './tap.js';

const INSTALLED = Symbol.for('pagetap.installed');

// Installs at once; `load` brings the core, now or later: it is called with
// `start(exports, encoding)` and `fail(error)`. Installing twice gives the
// handle of the first time, and puts back what somebody has written over.
//
// `parts`: what a shell has room for besides the tap of `fetch` (everything.js has
// it all): `taps` (what is tapped, by the options), `globals` (further ones), `frames`,
// `match` (the option; and deciding without the core), `dom` (what is on screen),
// `messages` (what the sink needs for those of sockets), `tables` (rules at run time),
// `exporting` (to a collector), and `hooks` (further methods of the semantic layer, or better ones).
export function install(realm, load, options = {}, parts = {}) {
  if (realm[INSTALLED]) {
    reinstate(realm);
    return realm[INSTALLED];
  }
  for (const name of NAMES) {
    if (realm[name]) throw new Error(`another ${name} is active on this page: remove it first`);
  }
  const tap = createTap(realm, version, options, parts);
  const leave = (event) => {
    // A page kept for coming back goes on where it was.
    if (!event.persisted) tap.leave();
    else tap.flush();
  };
  const hide = () => {
    if (realm.document.visibilityState === 'hidden') tap.flush();
  };
  const handle = Object.freeze({
    version,
    tap: tap.raw,
    hooks: tap.hooks,
    destroy() {
      // Whoever holds an old handle must not remove a later tap.
      if (realm[INSTALLED] !== handle) return;
      disarm();
      tap.close();
      realm.removeEventListener('pagehide', leave);
      realm.document?.removeEventListener('visibilitychange', hide);
      for (const [name, value] of globals) if (realm[name] === value) delete realm[name];
      delete realm[INSTALLED];
    },
  });
  // Not enumerable: a page that walks its globals does not meet them.
  const define = (name, value) =>
    Object.defineProperty(realm, name, { value, configurable: true, writable: true });
  const globals = NAMES.map((name, at) => [name, [tap.raw, tap.hooks, () => handle.destroy()][at]]);
  parts.globals?.(tap, globals);
  for (const [name, value] of globals) define(name, value);
  define(INSTALLED, handle);

  // Last, when nothing of the above can fail any more.
  const taps = parts.taps?.(options);
  const instruments = instrument(realm, tap.sink, taps);
  const stopFrames = parts.frames?.(realm, tap.sink, taps);
  const disarm = () => {
    stopFrames?.();
    instruments.disarm();
    // After the wire: what that ended the screen does not end again.
    tap.dom?.stop();
  };
  tap.onFailure = disarm;
  realm.addEventListener('pagehide', leave);
  realm.document?.addEventListener('visibilitychange', hide);

  try {
    load({ start: tap.start, fail: tap.fail });
  } catch (error) {
    tap.fail(error);
  }
  return handle;
}

const NAMES = ['__claudeTap', '__claudeHooks', '__claudeHooksDestroy'];

// The exports of the module in `bytes`, or undefined where the page's policy
// refuses WebAssembly (or the browser has none).
export function webAssembly(bytes) {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  } catch {
    return undefined;
  }
}

// Bytes from base64; never fetched, which a page's policy could refuse.
export function fromBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  // `Uint8Array.from` would walk the text by its iterator, which takes fifty times as long.
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
