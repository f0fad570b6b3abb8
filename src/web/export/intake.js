// Hook events on their way to the encoder: taken in the listener's time, encoded and written together in a
// task of ours.

import { toJson } from './redact.js';

/** Events that are written together: so many, or those of so long. */
const GROUP = 64;
const GROUP_MS = 20;
/** Events that may wait for the encoder to be loaded. */
const WAITING_MOST = 10_000;

/** `write()` is called when it is time to; `over`: text -> text, see redact.js; `lost()`: one did not fit. */
export function intake({ timer, tasks, hidden, over, write, lost }) {
  let waiting = [];
  let taken = 0;
  let alarm = null;
  let urgent = false;
  let ready = false;

  return {
    get waits() {
      return waiting.length > 0;
    },

    hear(payload) {
      waiting.push(payload);
      if (waiting.length > WAITING_MOST) {
        waiting.shift();
        lost();
      }
      if (!ready || urgent) return;
      // In a hidden tab not by a timer, which would be late; nor ever when the page is idle, which a busy one is
      // not before it crashes.
      if (waiting.length >= GROUP || hidden()) {
        urgent = true;
        tasks.post(write);
      } else alarm ??= timer.set(write, GROUP_MS);
    },

    /** There is an encoder now. */
    start: () => (ready = true),

    /** What waits, encoded: `{ items, opens, closes }`. */
    encoded(encoder) {
      this.calm();
      const all = { items: [], opens: [], closes: [] };
      const payloads = waiting;
      waiting = [];
      for (const payload of payloads) {
        const { items, opens, closes } = encoder.take(toJson(payload, over), ++taken);
        all.items.push(...items);
        all.opens.push(...opens);
        all.closes.push(...closes);
      }
      return all;
    },

    calm() {
      timer.clear(alarm);
      alarm = null;
      urgent = false;
    },

    clear() {
      this.calm();
      waiting = [];
      ready = false;
    },
  };
}
