// A value that React follows from outside of its components.

import { useSyncExternalStore } from 'react';

/** `get()`, `set(value)` and `use()`, the value in a component. */
export function box(value) {
  const listeners = new Set();
  const get = () => value;
  const subscribe = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    get,
    set(next) {
      value = next;
      for (const listener of listeners) listener();
    },
    use: () => useSyncExternalStore(subscribe, get),
  };
}
