// The export of a page: its hook events in, acknowledged requests out. What is between the two is in the files
// beside this one; here they meet. Of the page it knows what `page` says.

import { NAME, openDispatch } from './dispatch.js';
import { Encoder } from './encoder.js';
import { intake } from './intake.js';
import { tail, unsentItems, watchLeaving } from './leave.js';
import { hold, watchPages } from './pages.js';
import { KEYS, redacted } from './redact.js';
import { DROPPED } from './tally.js';

/** Codes of our notices. */
const OWN = /^export_/;

/**
 * `options`: checked ones. `loadEncoder()` gives the exports of the encoder's module, or a promise of them.
 * `page`: see route.js and leave.js. `report(code, detail, count)`: a notice.
 */
export function startDelivery({ options, platform, loadEncoder, page, report }) {
  const { now, timer, locks, Abort } = platform;
  const { format, names, signals, include, caps, resource, to, dryRun } = options;
  const instance = platform.randomHex(16);
  const settings = { format, names, signals, include, events: options.events, caps, resource, instance };
  const tasks = platform.tasks();
  const events = intake({
    timer, tasks, over: redacted([...KEYS, ...options.redact]), write: () => write(), hidden: () => !!page?.hidden(),
    lost: () => said.dropped({ encoder: 1 }),
  });

  let exports = null;
  let encoder = null;
  let stopping = null;
  let leaving = false;
  let letGo = null;
  let others = null;
  const unsent = unsentItems();

  const dispatch = openDispatch({
    options,
    destination: `${format} ${to}`,
    // An envelope of OpenTelemetry says whose its items are.
    config: JSON.stringify({ format, names, resource, ...(format.startsWith('otlp') && { instance }) }),
    writer: instance,
    platform,
    page,
    report,
    lost: (reason, count) => events.hear({ type: 'Notice', ts: now(), code: DROPPED, reason, count }),
    on: {
      lead(store) {
        others = watchPages({ locks, Abort, name: `${NAME} page`, own: instance, store, exports, ended: dispatch.poke });
      },
      follow() {
        others?.stop();
        others = null;
        if (!leaving) unsent.clear();
      },
      heard: ({ born }) => born && others?.watch(born),
      settled: (rows) => unsent.forget(rows),
    },
  });
  const { said } = dispatch;

  function take(payload) {
    // What delivery says of itself would feed itself, where nothing of it is taken. Drops are told by each
    // export for its own.
    if (!stopping && !OWN.test(payload.code)) events.hear(payload);
  }

  // Resolves when what waits is stored; never rejects.
  async function write(more = {}) {
    if (!encoder || !(events.waits || more.over)) return events.calm();
    let batch;
    try {
      batch = events.encoded(encoder);
      if (more.over) for (const [name, list] of Object.entries(encoder.finish(now()))) batch[name].push(...list);
    } catch (error) {
      return fail(error);
    }
    const { items } = batch;
    if (!(items.length || batch.opens.length || batch.closes.length || more.over)) return;
    if (!dispatch.follows) unsent.add(items);
    await dispatch.append({ ...batch, instance, options: JSON.stringify(settings), ...more });
  }

  // The encoder is broken; nothing more can be told.
  function fail(error) {
    encoder = null;
    events.clear();
    report('export_failed', String(error?.message ?? error));
    void stop(`the encoder failed: ${error?.message ?? error}`);
  }

  const deaf = page && watchLeaving(page, {
    flush(gone) {
      if (gone) leaving = true;
      if (events.waits) void write({ leaving: true });
      if (gone) dispatch.bequeath();
    },
    send() {
      if (!options.keepalive || dryRun) return;
      dispatch.sendLast((encode, inFlight, most) => tail(unsent.without(leaving ? new Set() : inFlight), encode, most));
    },
    suspend(gone) {
      dispatch.suspend();
      if (!gone) return;
      dispatch.disconnect();
      // Kept for coming back or not: if not, somebody has to end what is open.
      letGo?.();
      letGo = null;
    },
    resume() {
      leaving = false;
      if (stopping || !dispatch.started) return;
      if (!letGo) {
        dispatch.connect();
        appear();
      }
      dispatch.resume();
    },
  });

  function appear() {
    letGo = hold(platform, `${NAME} page`, instance, () => dispatch.say({ born: instance }));
  }

  const deafOnline = page?.listen('online', dispatch.reset);

  async function begin() {
    try {
      exports = await loadEncoder();
      encoder = new Encoder(exports, settings);
      dispatch.load(exports);
      events.start();
    } catch (error) {
      report('export_failed', String(error?.message ?? error));
      return said.become('blocked', `the encoder could not be loaded: ${error?.message ?? error}`);
    }
    await dispatch.begin();
    if (dispatch.started) appear();
    await write();
    await dispatch.count(true);
  }

  const beginning = begin();

  function stop(why = null) {
    stopping ??= (async () => {
      await beginning;
      said.tell();
      await write({ over: true });
      await dispatch.drain();
      deaf?.();
      deafOnline?.();
      others?.stop();
      letGo?.();
      tasks.close();
      await dispatch.close(why);
    })();
    return stopping;
  }

  return {
    take,
    stop: () => stop(),
    stats: said.stats,
    on: said.on,
    openRelay: dispatch.openRelay,

    /** Resolves when nothing waits any more; rejects if nothing can be sent. */
    async flush({ signal } = {}) {
      await beginning;
      await write();
      await dispatch.flush(signal);
    },

    /** See dispatch.js. */
    async preview() {
      await beginning;
      await write();
      return dispatch.preview();
    },
  };
}
