// Which address the page shows: also one that it goes to without loading, by its history.

import { patcher } from '../instrument/patch.js';
import { apply, getterOf, prototypeOf } from '../instrument/natives.js';
import { listen, unlisten } from './natives.js';

const navigationOf = getterOf(globalThis, 'navigation');

/** Calls `moved()` after each change of `realm`'s address; returns how to stop. */
export function watchNavigation(realm, moved) {
  const navigation = prototypeOf('Navigation') && navigationOf && apply(navigationOf, realm, []);
  if (navigation) {
    listen(navigation, 'currententrychange', moved);
    return () => unlisten(navigation, 'currententrychange', moved);
  }
  // Where there is no Navigation API, only the call itself tells.
  const afterwards = (target, self, args) => {
    const result = apply(target, self, args);
    moved();
    return result;
  };
  const patches = patcher(realm);
  patches.add('History', { pushState: afterwards, replaceState: afterwards });
  patches.arm(() => {});
  listen(realm, 'popstate', moved);
  listen(realm, 'hashchange', moved);
  return () => {
    patches.disarm();
    unlisten(realm, 'popstate', moved);
    unlisten(realm, 'hashchange', moved);
  };
}
