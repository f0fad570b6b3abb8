// Hook events on their way to the encoder: taken in the listener's time, encoded and written together in a
// task of ours.

import { toJson } from './redact.js';

/** Events that are written together: so many, or those of so long. */
const GROUP = 64;
const GROUP_MS = 20;
/** Events that may wait for the encoder to be loaded, and the characters of their JSON. */
const WAITING_MOST = 10_000;
const WAITING_LENGTH = 8 << 20;

/** `write()` is called when it is time to; `over`: text -> text, see redact.js; `lost()`: one did not fit. */
export function intake({ timer, tasks, hidden, over, write, lost }) {
  let waiting = [];
  // The JSON of those that came before there was an encoder: it is known how long it is, and the frames
  // that the events came from are let go.
  let texts = [];
  let length = 0;
  let writing = false;
  let taken = 0;
  let alarm = null;
  let urgent = false;
  let ready = false;

  function toTexts() {
    const payloads = waiting;
    waiting = [];
    for (const payload of payloads) {
      const text = toJson(payload, over);
      texts.push(text);
      length += text.length;
    }
  }

  function forget() {
    waiting = [];
    texts = [];
    length = 0;
  }

  function wait() {
    writing = false;
    if (ready) return;
    toTexts();
    while (texts.length > WAITING_MOST || length > WAITING_LENGTH) {
      length -= texts.shift().length;
      lost();
    }
  }

  return {
    get waits() {
      return texts.length + waiting.length > 0;
    },

    hear(payload) {
      waiting.push(payload);
      if (waiting.length > WAITING_MOST) {
        waiting.shift();
        lost();
      }
      if (!ready && !writing) {
        writing = true;
        tasks.post(wait);
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
      toTexts();
      const taking = texts;
      forget();
      for (const json of taking) {
        const { items, opens, closes } = encoder.take(json, ++taken);
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
      forget();
      ready = false;
    },
  };
}
