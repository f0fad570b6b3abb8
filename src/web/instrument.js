// The outermost layer: the only code of pagetap that runs inside the page's own calls.
//
// Rules of this file and its siblings in ./instrument/:
//  1. The page's call happens first, with the page's own arguments and `this`. We look at results.
//  2. Never create a second consumer of a body the page streams, and never replace an object that the
//     page can hold. What the page reads, the sink is shown; when the page stops, so do we.
//  3. Nothing of ours reaches the page: every step of ours runs under `guard`. The first throw, from
//     the sink or from here, latches the tap dead and disarms it in place; the page goes on natively.
//  4. Nothing of the page's reaches us: intrinsics are saved at installation, no getter, proxy trap or
//     `toString` of the page's is run that the platform would not run itself, at the same time.
//
// One patched interface per sibling: each exports `tapX(tap)` and only uses what `tap` offers.

import { apply, pinned, promisesOf, Registry } from './instrument/natives.js';
import { patcher } from './instrument/patch.js';
import { finish, settle, tagOf } from './instrument/exchange.js';
import { tapFetch } from './instrument/fetch.js';
import { tapRequests } from './instrument/request.js';
import { tapReads } from './instrument/read.js';
import { tapBranches } from './instrument/branch.js';
import { tapPipes } from './instrument/pipe.js';
import { tapWholeBodies } from './instrument/whole.js';

const HANDLE = Symbol.for('pagetap.instrument');

/** Puts the patches of a realm back on top, where somebody has written over them; none if it is not tapped. */
export function reinstate(realm) {
  const handle = realm[HANDLE];
  if (handle && handle.armed) handle.rearm();
}

/**
 * Taps `realm` (a Window) for `sink`. On a realm that is tapped already: returns the handle it has, with
 * its patches on top, re-armed for `sink` if it was disarmed.
 */
export function instrument(realm, sink) {
  const existing = realm[HANDLE];
  if (existing) {
    existing.rearm(sink);
    return existing;
  }

  let armed = false;

  // Four arguments at most: a rest parameter would be spread through Array.prototype[@@iterator],
  // which the page can replace.
  function guard(step, a, b, c, d) {
    if (!armed) return;
    try {
      return step(a, b, c, d);
    } catch (error) {
      latch(error);
    }
  }

  function tell(method, a, b, c) {
    return guard(() => sink[method](a, b, c));
  }

  function notice(code, detail) {
    try {
      sink.notice(code, detail);
    } catch {
      // There is nobody left to tell.
    }
  }

  function latch(error) {
    if (!armed) return;
    armed = false;
    let message = 'unknown error';
    try {
      patches.disarm();
      tickets.forEach((ticket) => {
        ticket.id = 0;
      });
      tickets.clear();
      message = String((error && error.message) || error);
    } catch {
      // The error cannot even be described; the notice still has to go out.
    }
    notice('tap_failed', message);
  }

  // The usual trap: the native call, then `step` if `this` is tagged, whose result, if any, stands in.
  const afterwards = (step) => (target, self, args) => {
    const result = apply(target, self, args);
    const tag = tagOf(self);
    return (tag && guard(step, tag, self, result, args)) || result;
  };

  const patches = patcher(realm);
  const tickets = pinned(new Set(), 'add', 'delete', 'forEach', 'clear');
  const tap = { realm, guard, tell, afterwards, tickets, patch: patches.add, promises: promisesOf(realm) };

  tapFetch(tap);
  tapRequests(tap);
  tapReads(tap);
  tapBranches(tap);
  tapPipes(tap);
  tapWholeBodies(tap);

  function rearm(nextSink) {
    const again = armed;
    if (!again) sink = nextSink;
    armed = true;
    // Also when armed: somebody may have written over ours. What cannot be patched was said then.
    patches.arm((what) => again || notice('cannot_patch', what));
    if (!again && !Registry) notice('cannot_patch', 'FinalizationRegistry');
  }

  function abandon(ticket) {
    ticket.bodyPending = false;
    finish(ticket, 'unobserved', 'disarmed');
    settle(ticket);
  }

  const handle = Object.freeze({
    version: 1,
    get armed() {
      return armed;
    },
    // Ends what is open (the sink was promised an end), then leaves every call to the natives.
    disarm() {
      guard(() => tickets.forEach(abandon));
      armed = false;
      patches.disarm();
      // The handle stays with the page; what it held on to need not.
      sink = null;
    },
    // Not for callers: how a later copy of this file, evaluated anew, reuses these patches.
    rearm,
  });

  rearm(sink);
  try {
    // Non-enumerable, so that a page which walks its globals does not meet it.
    Object.defineProperty(realm, HANDLE, { value: handle, configurable: true });
  } catch {
    notice('cannot_patch', 'handle');
  }
  return handle;
}
