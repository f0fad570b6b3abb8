// The way out by a window of the collector's own (`/relay`), which the page's policies do not bind. Both
// sides check who speaks: here the window and its origin, there the window and the origin it was opened for.
//
//   from it    { pagetap: 'ready' }
//   to it      { pagetap: 'batch', id, url, method, headers, body: ArrayBuffer }
//   from it    { pagetap: 'answer', id, status, headers, body: ArrayBuffer }, status 0 and `why` for none

const READY_MS = 15_000;
/** A window does not say that it was closed: so often it is looked. */
const LOOK_MS = 250;
const FEATURES = 'popup,width=420,height=320';

// One window may serve several exports.
let lastId = 0;

/** `open`: the window's; `origin`: the page's; `listen(type, listener)` listens on it and takes that back. */
export function relayTo({ to, open, origin, listen, timer }) {
  const address = new URL('/relay', to);
  address.searchParams.set('origin', origin);
  // The answers that are awaited, by id.
  const waiting = new Map();
  let relay = null;
  let isReady = false;
  let opening = null; // who waits for the window, as a promise's two ends
  let looking = null;
  let deaf = null;

  function heard({ source, origin: from, data }) {
    if (!relay || source !== relay || from !== address.origin) return;
    if (data?.pagetap === 'ready') {
      // Not for the first time if the window was loaded anew: what it had before it answers no more.
      forsake('the window of the relay was loaded anew');
      isReady = true;
      opening?.resolve();
    }
    if (data?.pagetap !== 'answer') return;
    const answered = waiting.get(data.id);
    waiting.delete(data.id);
    answered?.resolve(data);
  }

  function forsake(why) {
    const all = [...waiting.values()];
    waiting.clear();
    for (const { reject } of all) reject(new Error(why));
  }

  function look() {
    looking = null;
    if (relay?.closed) {
      forsake('the window of the relay was closed');
      opening?.reject(new Error('the window of the relay was closed, or the page cuts off what it opens (Cross-Origin-Opener-Policy)'));
    } else if (opening || waiting.size) watch();
  }

  const watch = () => (looking ??= timer.set(look, LOOK_MS));

  return {
    get isOpen() {
      return isReady && !relay.closed;
    },

    /** Opens the window; resolves when it is ready. Only in a click, a key press or the like. */
    async open() {
      deaf ??= listen('message', heard);
      isReady = false;
      // The window of that name, if there is one, is loaded anew: that of another collector has another name.
      forsake('the window of the relay was opened anew');
      relay = open(address.href, `pagetap-relay ${address.origin}`, FEATURES);
      if (!relay) {
        throw new Error('the browser opened no window: call openRelay() in a click or a key press (a user gesture), and allow the page to open windows');
      }
      let late;
      try {
        await new Promise((resolve, reject) => {
          opening = { resolve, reject };
          late = timer.set(() => reject(new Error(`the relay at ${address.origin} does not answer: is the collector running, and does it allow ${origin}?`)), READY_MS);
          watch();
        });
      } catch (error) {
        relay = null;
        throw error;
      } finally {
        timer.clear(late);
        opening = null;
      }
    },

    /** As platform.send. */
    send(url, { method, headers, body, signal }) {
      if (!this.isOpen) return Promise.reject(new Error('the window of the relay is not open'));
      const id = ++lastId;
      // The window's own copy: the body may be sent again.
      const buffer = body.slice().buffer;
      const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
      signal.addEventListener('abort', () => {
        waiting.get(id)?.reject(signal.reason);
        waiting.delete(id);
      });
      relay.postMessage({ pagetap: 'batch', id, url, method, headers, body: buffer }, address.origin, [buffer]);
      watch();
      return answer.then(({ status, headers: told, body: bytes, why }) => {
        if (!status) throw new Error(`the relay says: ${why}`);
        return { status, header: (name) => told?.[name] ?? null, bytes: async () => bytes };
      });
    },

    close() {
      deaf?.();
      timer.clear(looking);
      waiting.clear();
      relay?.close();
      relay = null;
      isReady = false;
    },
  };
}
