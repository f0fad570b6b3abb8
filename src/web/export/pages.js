// What a page had open when it crashed, somebody else ends. A page that exports holds a Web Lock of its own;
// who leads waits for it, and gets it when that page is gone, however it went.

import { Encoder } from './encoder.js';

/** Holds the lock of `instance`, and says so by `held()`; the answer lets go of it. */
export function hold({ locks, Abort }, name, instance, held) {
  if (!locks) return () => {};
  const abort = new Abort();
  let release = () => {};
  try {
    locks.request(`${name} ${instance}`, { signal: abort.signal }, () => {
      held();
      return new Promise((resolve) => (release = resolve));
    }).catch(() => {});
  } catch {
    // Refused here, and then nobody else asks for it.
  }
  return () => {
    abort.abort();
    release();
  };
}

/** An encoder as it was when it had written what is in the log; `opens`: what is open there of its instance. */
export function restored(exports, opens, options) {
  const encoder = new Encoder(exports, options);
  // What they gave before was stored with them; here they only say again what is open.
  const decoder = new TextDecoder();
  for (const { n, bytes } of opens) encoder.take(decoder.decode(bytes), n);
  return encoder;
}

/** Ends what the pages of `store` leave, as long as one leads. `exports`: of the encoder's module. */
export function watchPages({ locks, Abort, name, own, store, exports, ended }) {
  const abort = new Abort();
  const watched = new Set([own]);

  async function finish(instance) {
    const page = await store.page(instance);
    if (abort.signal.aborted) return;
    watched.delete(instance);
    if (!page) return;
    const encoder = restored(exports, await store.opens(instance), JSON.parse(page.options));
    const { items } = encoder.finish(page.ts);
    encoder.close();
    await store.append({ items, instance, over: true, into: page.queue });
    await store.sweep();
    if (items.length) ended(items.length);
  }

  function watch(instance) {
    if (!locks || watched.has(instance)) return;
    watched.add(instance);
    Promise.resolve(locks.request(`${name} ${instance}`, { signal: abort.signal }, () => finish(instance))).catch(() => {
      // No longer leading, or the store failed: the next who leads tries again.
      watched.delete(instance);
    });
  }

  store.sweep().then(store.pages).then((pages) => pages.forEach(({ instance }) => watch(instance)), () => {});
  return { watch, stop: () => abort.abort() };
}
