// One export: hook events in, acknowledged requests out. What is between the two is in the files beside this
// one; here they meet. Of the page it is in, if it is in one, it knows what `page` says.

import { startDrain, BATCH, EAGER } from './drain.js';
import { Encoder } from './encoder.js';
import { intake } from './intake.js';
import { startLeader } from './leader.js';
import { tail, unsentItems, watchLeaving } from './leave.js';
import { openLog } from './log.js';
import { hold, watchPages } from './pages.js';
import { KEYS, redacted } from './redact.js';
import { mostOf, requestMaker, shown } from './requests.js';
import { openRing } from './ring.js';
import { openRoute } from './route.js';
import { sender } from './sender.js';
import { openStore } from './store.js';
import { DROPPED, tally } from './tally.js';

const NAME = 'pagetap-export';
/** How long stop() tries to send what is left; the log has it. */
const STOPPING_MS = 5000;
const LOCK_MS = 250;
const COUNT_AGAIN_MS = 500;
/** Codes of our notices. */
const OWN = /^export_/;

/**
 * `options`: checked ones. `loadEncoder()` gives the exports of the encoder's module, or a promise of them.
 * `page`: see route.js and leave.js. `report(code, detail, count)`: a notice.
 */
export function startDelivery({ options, platform, loadEncoder, page, report }) {
  const { now, random, timer, locks, Abort, broadcast, permissions } = platform;
  const { format, names, signals, include, caps, resource, to, dryRun, limits } = options;
  const instance = platform.randomHex(16);
  const settings = { format, names, signals, include, events: options.events, caps, resource, instance };
  // An envelope of OpenTelemetry says whose its items are.
  const config = JSON.stringify({ format, names, resource, ...(format.startsWith('otlp') && { instance }) });
  const destination = `${format} ${to}`;
  const over = redacted([...KEYS, ...options.redact]);
  const most = mostOf(format, BATCH);
  const tasks = platform.tasks();
  const said = tally({ report, timer, route: () => route.name, exportDropped: (reason, count) => events.hear({ type: 'Notice', ts: now(), code: DROPPED, reason, count }) });
  const { counts, latest } = said;
  const events = intake({
    timer, tasks, over, write: () => write(), hidden: () => !!page?.hidden(), lost: () => said.dropped({ encoder: 1 }),
  });

  let exports = null;
  let encoder = null;
  let requestOf = null;
  let stopping = null;
  let leaving = false;
  let trouble = null;
  let counted = 0;
  let counting = null;
  const unsent = unsentItems();
  const unwritten = new Set();
  let inFlight = new Set();
  let leader = null;
  let letGo = null;
  let others = null;
  let storeDrain = null;
  let ringDrain = null;
  let sending = null;
  let inMemory = null;

  const route = openRoute({ route: options.route, to, send: platform.send, permissions, timer, Abort, page });
  const ring = openRing({ config });
  const log = openLog({
    ring,
    limits,
    open: () => (dryRun ? Promise.reject(new Error('a dry run'))
      : openStore({ ...platform, name: NAME, destination, config, page: instance })),
    on: {
      dropped: (reasons) => said.dropped(reasons),
      memory(why) {
        if (dryRun) return;
        latest.lastError = why;
        if (inMemory !== why) report('export_memory', why);
        inMemory = why;
      },
    },
  });

  // --- events in

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
    if (leader?.leading !== false) unsent.add(items);
    const written = { ...batch, instance, options: JSON.stringify(settings), ...more };
    unwritten.add(written);
    await log.append(written);
    unwritten.delete(written);
    counts.logged += items.length;
    poke(items.length);
    await count();
  }

  // The encoder is broken; nothing more can be told.
  function fail(error) {
    encoder = null;
    events.clear();
    report('export_failed', String(error?.message ?? error));
    void stop(`the encoder failed: ${error?.message ?? error}`);
  }

  async function count(must = false) {
    if (!must && now() - counted < COUNT_AGAIN_MS) {
      counting ??= timer.set(() => count(true), COUNT_AGAIN_MS);
      return;
    }
    timer.clear(counting);
    counting = null;
    counted = now();
    latest.pending = await log.pending();
    said.stir();
  }

  // --- requests out

  function poke(count) {
    if (storeDrain) storeDrain.poke(count);
    else if (leader && log.store) {
      leader.say({ poke: count });
      leader.ask();
    }
    drainRing(count);
  }

  async function drainRing(count) {
    if (!exports || said.state === 'stopped' || !(await ring.pending())) return;
    ringDrain ??= drainOf(ring);
    ringDrain.poke(count);
  }

  const drainOf = (store) => startDrain({ store, send: sending.send, batch: most, now, random, timer, on: heard });

  const heard = {
    started: ({ rows }) => (inFlight = new Set(rows.map(({ id }) => id))),
    accepted({ rows }, { status, rejected, message }) {
      inFlight = new Set();
      acknowledged(rows, status, rejected, message);
    },
    quarantined(rows, { status, error }) {
      counts.quarantined += rows.length;
      Object.assign(latest, { lastError: error, lastStatus: status });
      unsent.forget(rows);
      report('export_quarantined', error, rows.length);
      void count(true);
    },
    trouble({ outcome, nextTry, blocked }) {
      inFlight = new Set();
      counts.retries++;
      trouble = { blocked, why: outcome.error };
      Object.assign(latest, { lastError: outcome.error, lastStatus: outcome.status, nextTryAt: nextTry });
      if (route.closed) leader?.suspend();
      show();
    },
    well() {
      trouble = null;
      latest.nextTryAt = null;
      show();
    },
    idle: () => void count(true),
  };

  function acknowledged(rows, status, rejected, message) {
    counts.acknowledged += rows.length;
    counts.rejected += rejected;
    latest.lastStatus = status;
    if (rejected) report('export_rejected', message || `${rejected} of ${rows.length}`, rejected);
    unsent.forget(rows);
    leader?.say({ acknowledged: rows.length });
    void count(true);
  }

  function show() {
    if (dryRun) said.become('dry');
    else if (route.closed) said.become('blocked', route.closed);
    else if (trouble) said.become(trouble.blocked ? 'blocked' : 'waiting', trouble.why);
    else if (leader && !leader.leading) said.become('waiting', 'another page of this origin sends');
    else said.become('sending');
  }

  // --- who sends

  function lead() {
    if (!log.store) return;
    others = watchPages({
      locks, Abort, name: `${NAME} page`, own: instance, store: log.store, exports, ended: (count) => storeDrain?.poke(count),
    });
    storeDrain = drainOf(log.store);
    storeDrain.poke(0);
    show();
  }

  function follow() {
    others?.stop();
    others = null;
    void storeDrain?.stop();
    storeDrain = null;
    if (!leaving) unsent.clear();
    if (said.state !== 'starting') show();
  }

  function told({ poke: more, born, acknowledged, left, led }) {
    if (more) storeDrain?.poke(more);
    if (born) others?.watch(born);
    if (acknowledged) void count(true);
    // If the one who led has left, nobody knows yet who will.
    if (left && (storeDrain || led)) void inherit(left);
  }

  // What waits for another page's transaction when its own page is gone is thrown away by the browser. It is
  // that other page, or one beside it, that hears of it.
  function bequeath() {
    if (unwritten.size) leader?.say({ left: { batches: [...unwritten], config }, led: leader.leading });
  }

  async function inherit({ batches, config }) {
    for (const batch of batches) {
      // What was written all the same is the same row, which a commit in advance would not forgive.
      await log.store?.append({ ...batch, config, leaving: false }).catch(() => {});
      poke(batch.items.length);
      others?.watch(batch.instance);
    }
  }

  // --- when the page is left

  const deaf = page && watchLeaving(page, {
    flush(gone) {
      if (gone) leaving = true;
      if (events.waits) void write({ leaving: true });
      if (gone) bequeath();
    },
    send() {
      if (!options.keepalive || dryRun || !requestOf || trouble || route.name !== 'direct' || route.closed) return;
      const items = unsent.without(leaving ? new Set() : inFlight);
      const requests = tail(items, (signal, some) => requestOf(config, signal, some), most.items);
      const all = Promise.allSettled(requests.map(async ({ items, request }) => {
        const outcome = await sending.sendLast(request, items.length);
        if (outcome.kind !== 'accepted') return;
        await Promise.all([log.store?.forgetIds(items), ring.forgetIds(items)]);
        acknowledged(items, outcome.status, outcome.rejected, outcome.message);
      }));
      storeDrain?.hold(all);
      ringDrain?.hold(all);
    },
    suspend(gone) {
      leader?.suspend();
      if (!gone) return;
      // Kept for coming back or not: if not, somebody has to end what is open.
      letGo();
      letGo = null;
    },
    resume() {
      leaving = false;
      if (stopping || !leader) return;
      if (!letGo) appear();
      if (!route.closed) leader.resume();
    },
  });

  function appear() {
    letGo = hold(platform, `${NAME} page`, instance, () => leader?.say({ born: instance }));
  }

  const online = () => {
    storeDrain?.reset();
    ringDrain?.reset();
  };
  const deafOnline = page?.listen('online', online);

  // --- from beginning to end

  async function begin() {
    try {
      exports = await loadEncoder();
      encoder = new Encoder(exports, settings);
      requestOf = requestMaker({ options, exports, instance });
      events.start();
      sending = sender({ options, platform, route, requestOf, counts });
    } catch (error) {
      report('export_failed', String(error?.message ?? error));
      return said.become('blocked', `the encoder could not be loaded: ${error?.message ?? error}`);
    }
    await log.opening;
    if (log.store) {
      leader = startLeader({ locks, broadcast, timer, Abort, name: `${NAME} ${destination}`, on: { lead, follow, heard: told } });
      appear();
      if (route.closed) leader.suspend();
    }
    show();
    await write();
    await count(true);
  }

  const beginning = begin();

  // Resolves with `promise`, or when it takes longer.
  async function soon(promise, most) {
    let late;
    await Promise.race([promise, new Promise((resolve) => (late = timer.set(resolve, most)))]);
    timer.clear(late);
  }

  function stop(why = null) {
    stopping ??= (async () => {
      await beginning;
      said.tell();
      await write({ over: true });
      // The lock may be on its way.
      if (leader && !leader.leading && !route.closed) await soon(leader.led, LOCK_MS);
      const drains = [storeDrain, ringDrain].filter(Boolean);
      await soon(Promise.all(drains.map((drain) => drain.drained())), STOPPING_MS);
      drains.forEach((drain) => void drain.stop());
      storeDrain = ringDrain = null;
      deaf?.();
      deafOnline?.();
      others?.stop();
      letGo?.();
      leader?.close();
      route.close();
      tasks.close();
      await count(true);
      timer.clear(counting);
      await log.close();
      said.become('stopped', why);
      said.close();
    })();
    return stopping;
  }

  return {
    take,
    stop: () => stop(),
    stats: said.stats,
    on: said.on,

    async openRelay() {
      await route.openRelay();
      trouble = null;
      online();
      leader?.resume();
      show();
    },

    /** Resolves when nothing waits any more; rejects if nothing can be sent. */
    async flush({ signal } = {}) {
      await beginning;
      await write();
      while (await log.pending()) {
        if (said.state === 'blocked' || said.state === 'stopped') throw new Error(`not sent: ${said.why ?? said.state}`);
        const changed = said.changed(signal);
        void storeDrain?.drained();
        void ringDrain?.drained();
        if (!storeDrain) poke(EAGER);
        await changed;
      }
      await count(true);
    },

    /** What would be sent next: of each lane the first request; of a dry run those that would have been. */
    async preview() {
      await beginning;
      await write();
      const found = [...(sending?.dry ?? [])];
      for (const store of [log.store, ring]) {
        const skip = new Set();
        for (let batch; store && (batch = await store.next({ skip, after: null, bytes: most.bytes, items: () => most.items }));) {
          skip.add(batch.lane);
          found.push(shown(requestOf(batch.config, batch.signal, batch.rows)));
        }
      }
      return found;
    },
  };
}
