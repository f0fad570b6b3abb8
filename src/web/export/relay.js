// The way out by a window of the collector's own (`/relay`), which the page's policies do not bind. Both
// sides check who speaks: here the window and its origin, there the window and the origin it was opened for.
//
//   from it    { pagetap: 'ready' }
//   to it      { pagetap: 'batch', id, url, method, headers, body: ArrayBuffer }
//   from it    { pagetap: 'answer', id, status, headers, body: ArrayBuffer }, status 0 and `why` for none

const READY_MS = 15_000;
const FEATURES = 'popup,width=420,height=320';

// One window may serve several exports.
let lastId = 0;

/** `open`: the window's; `origin`: the page's; `listen(type, listener)` listens on it and takes that back. */
export function relayTo({ to, open, origin, listen, timer }) {
  const address = new URL('/relay', to);
  address.searchParams.set('origin', origin);
  const waiting = new Map();
  let relay = null;
  let ready = null;
  let deaf = null;

  function heard({ source, origin: from, data }) {
    if (!relay || source !== relay || from !== address.origin) return;
    if (data?.pagetap === 'ready') ready?.();
    if (data?.pagetap !== 'answer') return;
    const settle = waiting.get(data.id);
    waiting.delete(data.id);
    settle?.(data);
  }

  return {
    get isOpen() {
      return !!relay && !relay.closed;
    },

    /** Opens the window; resolves when it is ready. Only in a click, a key press or the like. */
    async open() {
      deaf ??= listen('message', heard);
      relay = open(address.href, 'pagetap-relay', FEATURES);
      if (!relay) {
        throw new Error('the browser opened no window: call openRelay() in a click or a key press (a user gesture), and allow the page to open windows');
      }
      let late;
      try {
        await new Promise((resolve, reject) => {
          ready = resolve;
          late = timer.set(() => reject(new Error(relay.closed
            ? 'the window of the relay was closed, or the page cuts off what it opens (Cross-Origin-Opener-Policy)'
            : `the relay at ${address.origin} does not answer: is the collector running, and does it allow ${origin}?`)), READY_MS);
        });
      } catch (error) {
        relay = null;
        throw error;
      } finally {
        timer.clear(late);
        ready = null;
      }
    },

    /** As platform.send. */
    send(url, { method, headers, body, signal }) {
      if (!relay || relay.closed) return Promise.reject(new Error('the window of the relay is not open'));
      const id = ++lastId;
      // The window's own copy: the body may be sent again.
      const buffer = body.slice().buffer;
      return new Promise((resolve, reject) => {
        waiting.set(id, ({ status, headers: told, body: bytes, why }) => {
          if (!status) return reject(new Error(`the relay says: ${why}`));
          resolve({ status, header: (name) => told?.[name] ?? null, bytes: async () => bytes });
        });
        signal.addEventListener('abort', () => {
          waiting.delete(id);
          reject(signal.reason);
        });
        relay.postMessage({ pagetap: 'batch', id, url, method, headers, body: buffer }, address.origin, [buffer]);
      });
    },

    close() {
      deaf?.();
      waiting.clear();
      relay?.close();
      relay = null;
    },
  };
}
