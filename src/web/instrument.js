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

import { apply, knowPromisesOf, pinned, Registry, streamsOf } from './instrument/natives.js';
import { patcher } from './instrument/patch.js';
import { finish, settle, tagOf } from './instrument/exchange.js';
import { tapFetch } from './instrument/fetch.js';
import { tapRequests } from './instrument/request.js';
import { tapReads } from './instrument/read.js';
import { tapBranches } from './instrument/branch.js';
import { tapPipes } from './instrument/pipe.js';
import { tapWholeBodies } from './instrument/whole.js';

export const HANDLE = Symbol.for('pagetap.instrument');

// The least there is: fetch, what is sent and what reads its bodies. Everything is in ./instrument/all.js,
// and only there, so that a shell with little room can do without.
const FETCH = [tapFetch, tapRequests, tapReads, tapBranches, tapPipes, tapWholeBodies];

/** Puts the patches of a realm back on top, where somebody has written over them; none if it is not tapped. */
export function reinstate(realm) {
  const handle = realm[HANDLE];
  if (handle && handle.armed) handle.rearm();
}

/**
 * Taps `realm` (a Window, or a worker's global) for `sink`, with `taps`. On a realm that is tapped
 * already: returns the handle it has, with its patches on top, re-armed for `sink` if it was disarmed;
 * unless that has fewer taps, then it stays disarmed, and a new one takes its place.
 *
 * `lent`: for the sink of another realm, the page around a frame. A realm that installs a tap of its own
 * later takes its instruments back.
 */
export function instrument(realm, sink, taps = FETCH, lent = false) {
  const existing = realm[HANDLE];
  if (existing && existing.rearm(sink, lent, taps.length)) return existing;

  let armed = false;

  // Five arguments at most: a rest parameter would be spread through Array.prototype[@@iterator],
  // which the page can replace.
  function guard(step, a, b, c, d, e) {
    if (!armed) return;
    try {
      return step(a, b, c, d, e);
    } catch (error) {
      latch(error);
    }
  }

  function tell(method, a, b, c, d, e) {
    return guard(() => sink[method](a, b, c, d, e));
  }

  function ask(property) {
    return guard(() => sink[property]);
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
    tap.arming.live = false;
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
  const tap = {
    realm,
    guard,
    tell,
    ask,
    afterwards,
    tickets,
    patch: patches.add,
    streams: streamsOf(realm),
    // Only ./instrument/headers.js looks at any.
    headersOf: () => '',
    // Another one each time we are armed: what outlives a tap (a socket) sees by it that it was left.
    arming: { live: false },
  };
  knowPromisesOf(realm);
  for (let i = 0; i < taps.length; i++) taps[i](tap);

  // Whether this is what `nextSink` gets; not if it wants more taps than these. By their number, because
  // they may be those of another copy of this file; a longer list begins with what is in a shorter one.
  function rearm(nextSink, nextLent, count) {
    if (armed && lent && nextSink && !nextLent) handle.disarm();
    const again = armed;
    if (!again) {
      if (count > taps.length) return false;
      sink = nextSink;
      lent = nextLent;
      armed = true;
      tap.arming = { live: true };
    }
    // Also when armed: somebody may have written over ours. What cannot be patched was said then.
    patches.arm((what) => again || notice('cannot_patch', what));
    if (!again && !Registry) notice('cannot_patch', 'FinalizationRegistry');
    return true;
  }

  function abandon(ticket, why) {
    if (ticket.flush) ticket.flush();
    ticket.bodyPending = false;
    finish(ticket, 'unobserved', why);
    settle(ticket);
  }

  const handle = Object.freeze({
    version: 1,
    get armed() {
      return armed;
    },
    // Ends what is open (the sink was promised an end), then leaves every call to the natives. With
    // `owner`: only while it is that sink's.
    disarm(owner, why = 'disarmed') {
      if (owner && owner !== sink) return;
      guard(() => tickets.forEach((ticket) => abandon(ticket, why)));
      armed = false;
      tap.arming.live = false;
      patches.disarm();
      // The handle stays with the page; what it held on to need not.
      sink = null;
    },
    // Not for callers: how a later copy of this file, evaluated anew, reuses these patches.
    rearm,
  });

  rearm(sink, lent, 0);
  try {
    // Non-enumerable, so that a page which walks its globals does not meet it.
    Object.defineProperty(realm, HANDLE, { value: handle, configurable: true });
  } catch {
    notice('cannot_patch', 'handle');
  }
  return handle;
}
