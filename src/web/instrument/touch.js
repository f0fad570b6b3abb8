// How objects are met that were not seen to be made: constructors stay native, and some objects are
// older than the tap. Whatever the page does with one, it listens to it, or reads what it has heard.
//
// Both are members of interfaces that much else shares, so what is none of our business has to be told
// quickly, and without running the page's code: by the prototype of an object that the native call has
// just accepted, which therefore is no Proxy.

import { apply, attempt, getPrototypeOf, weakMap } from './natives.js';
import { eventTarget, isCallback } from './event_natives.js';

/**
 * Has `family` told what the page listens to and reads: {is(object), knows(object), listens(object, type),
 * reads(object, event)}, the latter two called only with what `is` says yes to. `knows`: met before.
 */
export function onTouch(tap, family) {
  if (tap.families) tap.families.push(family);
  else {
    tap.families = [family];
    patchEvents(tap);
  }
}

function patchEvents({ families, guard, patch }) {
  const kin = weakMap(); // prototype -> family, null if none

  function familyOf(object) {
    const prototype = getPrototypeOf(object);
    if (!prototype) return;
    let found = kin.get(prototype);
    if (found === undefined) {
      found = null;
      for (let i = 0; i < families.length && !found; i++) if (families[i].is(object)) found = families[i];
      kin.set(prototype, found);
    }
    // One that was given a prototype it does not belong to is none of ours.
    return found && found.is(object) ? found : undefined;
  }

  function listens(object, type) {
    const family = familyOf(object);
    if (family) family.listens(object, type);
  }

  function reads(event) {
    const object = attempt(eventTarget, event);
    const family = object && familyOf(object);
    if (family) family.reads(object, event);
  }

  function listensAgain(object, type) {
    for (let i = 0; i < families.length; i++) {
      if (!families[i].knows(object)) continue;
      families[i].listens(object, type);
      return true;
    }
  }

  patch('EventTarget', {
    addEventListener(target, self, args) {
      // Without `this` it is about the window.
      const relevant = self && typeof args[0] === 'string' && isCallback(args[1]);
      // Ours goes in front, if it can be known to be needed. If not, the page's first listener is in front
      // of ours; what it reads is told when it reads it.
      const known = relevant && guard(listensAgain, self, args[0]);
      const result = apply(target, self, args);
      if (relevant && !known) guard(listens, self, args[0]);
      return result;
    },
  });
  patch('MessageEvent', {
    data(target, self, args) {
      const data = apply(target, self, args);
      guard(reads, self);
      return data;
    },
  });
}
