// When the page is hidden or left. What is not in the log yet is written there, and one request that outlives
// the page carries what was not acknowledged. Nothing of it counts as sent until the answer has come: what the
// page does not live to hear is sent again by another, and has the same id.
//
// All pages of Chromium and Firefox hear pagehide before visibilitychange when they are left. The request goes
// with the latter, at the window, after the page's own listeners: what of the browser's 64 KiB for such
// requests the page wants for itself it has taken then.

/** Of all such requests of a page together. */
export const TAIL_BYTES = 60 << 10;
/** More would hardly fit, however well it is compressed. */
const TAIL_ITEMS = 2000;

/**
 * What is to be done then: `flush(gone)`, `send()`, `suspend(gone)`, `resume()`; `gone`: not only hidden or
 * frozen. The answer takes the listeners back.
 */
export function watchLeaving({ listen, listenDocument, hidden }, { flush, send, suspend, resume }) {
  const deaf = [
    listenDocument('freeze', () => {
      flush(false);
      suspend(false);
    }),
    listenDocument('resume', () => resume()),
    listen('pagehide', () => {
      flush(true);
      suspend(true);
    }),
    listen('pageshow', ({ persisted }) => persisted && resume()),
    listen('visibilitychange', () => {
      if (!hidden()) return;
      flush(false);
      send();
    }),
  ];
  return () => deaf.forEach((stop) => stop());
}

/** What was not acknowledged, at hand for when the page is left; the log has it all. */
export function unsentItems() {
  let items = [];
  return {
    add: (more) => (items = items.concat(more).slice(-TAIL_ITEMS)),
    clear: () => (items = []),
    forget(rows) {
      if (!items.length) return;
      const gone = new Set(rows.map(({ signal, id }) => `${signal}${id}`));
      items = items.filter(({ signal, id }) => !gone.has(`${signal}${id}`));
    },
    without: (ids) => items.filter(({ id }) => !ids.has(id)),
  };
}

/**
 * The requests for `items`, the oldest first, as many as fit. `encode(signal, items)` makes one; `most` is how
 * many items one may have.
 */
export function tail(items, encode, most) {
  const requests = [];
  let room = TAIL_BYTES;
  for (const signal of new Set(items.map(({ signal }) => signal))) {
    let rest = items.filter((item) => item.signal === signal);
    let count = Math.min(rest.length, most);
    while (rest.length && room > 0) {
      const some = rest.slice(0, count);
      const request = encode(signal, some);
      if (request.body.length > room) {
        if (some.length === 1) break;
        count = Math.ceil(some.length / 2);
        continue;
      }
      room -= request.body.length;
      requests.push({ items: some, request });
      rest = rest.slice(some.length);
      // One request for each signal, but where each item needs its own.
      if (most > 1) break;
    }
  }
  return requests;
}
