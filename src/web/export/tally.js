// What an export says of itself: counts, its state, and notices of what was lost.

/** Drops come in crowds: a notice sums up those of so long. */
const TOGETHER_MS = 10_000;
export const DROPPED = 'export_dropped';

/** `report(code, detail, count)`: a notice. `exportDropped(reason, count)`: the same, for the collector. */
export function tally({ report, exportDropped, timer, route }) {
  const counts = { logged: 0, sent: 0, acknowledged: 0, rejected: 0, dropped: {}, quarantined: 0, retries: 0 };
  const latest = { pending: 0, lastError: null, lastStatus: null, nextTryAt: null };
  const listeners = new Set();
  const waiters = new Set();
  let state = 'starting';
  let why = null;
  const told = new Set();
  let untold = {};
  let telling = null;

  function stir() {
    for (const resolve of waiters) resolve();
    waiters.clear();
  }

  function tell() {
    timer.clear(telling);
    telling = null;
    const all = untold;
    untold = {};
    for (const [reason, count] of Object.entries(all)) {
      report(DROPPED, reason, count);
      exportDropped(reason, count);
    }
  }

  return {
    counts,
    latest,
    get state() {
      return state;
    },
    get why() {
      return why;
    },

    become(next, reason = null) {
      if (state === 'stopped' || (state === next && why === reason)) return;
      state = next;
      why = reason;
      if (next === 'blocked' && !told.has(reason)) {
        told.add(reason);
        report('export_blocked', reason);
      }
      for (const listener of listeners) {
        try {
          listener({ state, why });
        } catch {
          // Its own affair.
        }
      }
      stir();
    },

    dropped(reasons) {
      for (const [reason, count] of Object.entries(reasons)) {
        if (!count) continue;
        counts.dropped[reason] = (counts.dropped[reason] ?? 0) + count;
        untold[reason] = (untold[reason] ?? 0) + count;
        // The first at once.
        if (counts.dropped[reason] === count) tell();
        else telling ??= timer.set(tell, TOGETHER_MS);
      }
      stir();
    },

    /** Tells of what was dropped, now. */
    tell,
    /** Something is counted that others may wait for. */
    stir,
    /** Resolves when anything has changed; rejects with the reason of `signal`. */
    changed(signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const aborted = () => {
          waiters.delete(done);
          reject(signal.reason);
        };
        const done = () => {
          signal?.removeEventListener('abort', aborted);
          resolve();
        };
        signal?.addEventListener('abort', aborted, { once: true });
        waiters.add(done);
      });
    },

    on(name, listener) {
      if (name !== 'state') throw new TypeError(`an export has no '${name}', but 'state'`);
      if (typeof listener !== 'function') throw new TypeError('a listener must be a function');
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    stats: () => ({ state, route: route(), why, ...counts, dropped: { ...counts.dropped }, ...latest }),

    close() {
      tell();
      listeners.clear();
      stir();
    },
  };
}
