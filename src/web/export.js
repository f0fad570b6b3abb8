// `__claudeHooks.export(options)`: hook events to a collector, from the page. Off until it is called; only
// then is anything encoded, stored or sent.

import { startDelivery } from './export/delivery.js';
import { checked } from './export/options.js';
import { platform } from './export/platform.js';

const { addEventListener, removeEventListener } = EventTarget.prototype;
const { open } = globalThis;
const { apply } = Reflect;

/**
 * The part of a shell that carries the encoder: `load()` gives the exports of its module, or a promise of
 * them. It is asked once, when the first export begins.
 */
export function exporting(load) {
  let loading;
  // A failure is not kept: the next export tries again.
  const loadEncoder = () => (loading ??= new Promise((resolve) => resolve(load())).catch((error) => {
    loading = undefined;
    throw error;
  }));

  return (realm, { subscribers, report }) => {
    const running = new Set();

    function start(given) {
      const options = checked(given, realm.location.href);
      if (subscribers.closed) throw new Error('pagetap was removed');
      const delivery = startDelivery({ options, platform, loadEncoder, page: pageOf(realm), report });
      const forget = subscribers.on('*', delivery.take);
      const { flush, on, openRelay, preview, stats } = delivery;
      const stop = () => {
        forget();
        running.delete(stop);
        return delivery.stop();
      };
      running.add(stop);
      return Object.freeze({ flush, on, openRelay, preview, stats, stop });
    }

    return {
      hooks: { export: start },
      /** The tap is removed; what came is in the log. */
      close() {
        for (const stop of running) void stop();
      },
    };
  };
}

// What delivery knows of the page. Listeners by the natives: these are not the page's.
function pageOf(realm) {
  const { document, location } = realm;
  const listenTo = (target) => (type, listener) => {
    apply(addEventListener, target, [type, listener]);
    return () => apply(removeEventListener, target, [type, listener]);
  };
  return {
    protocol: location.protocol,
    hostname: location.hostname,
    // A sandboxed frame's is 'null'.
    origin: realm.origin ?? location.origin,
    open: (...given) => apply(open, realm, given),
    hidden: () => document.visibilityState === 'hidden',
    listen: listenTo(realm),
    listenDocument: listenTo(document),
  };
}
