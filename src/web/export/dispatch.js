// From the log to the collector: what of an export is the same whoever's events it sends. A page fills the log
// with its own (delivery.js); an extension's background with those of many documents.

import { startDrain, BATCH, EAGER } from './drain.js';
import { startLeader } from './leader.js';
import { openLog } from './log.js';
import { SHOWN, waitingRequests } from './preview.js';
import { mostOf, requestMaker } from './requests.js';
import { openRing } from './ring.js';
import { openRoute } from './route.js';
import { sender } from './sender.js';
import { openStore } from './store.js';
import { tally } from './tally.js';

export const NAME = 'pagetap-export';
/** How long drain() tries to send what is left; the log has it. */
const STOPPING_MS = 5000;
const LOCK_MS = 250;
/** How long close() waits for the answer to what is in flight, which is sent again otherwise. */
const IN_FLIGHT_MS = 1000;
const COUNT_AGAIN_MS = 500;

/**
 * `options`: checked ones. `name`: of the database, `destination`: whose rows in it are sent, `config`: of an
 * envelope where a batch says no other, `writer`: 32 hex digits unique to who writes. `page`, `granted()`: see
 * route.js. `report(code, detail, count)`: a notice; `lost(reason, count)`: the same, for the collector. `on`:
 * `lead(store)` and `follow()`, whether it sends what others have written, too; `heard(message)` of theirs;
 * `settled(rows)`, they are over; `counted(pending)`. `retries`: `{before, longest, keep(state)}`, what `keep` was
 * told by a dispatch before this one, and see drain.js.
 */
export function openDispatch({ options, name = NAME, destination, config, writer, platform, page, granted, report, lost, retries, on = {} }) {
  const { now, random, timer, locks, Abort, broadcast, permissions } = platform;
  const { format, to, dryRun, limits } = options;
  const most = mostOf(format, BATCH);
  const said = tally({ report, timer, route: () => route.name, exportDropped: lost });
  const { counts, latest } = said;

  let exports = null;
  let requestOf = null;
  let sending = null;
  let trouble = null;
  let counted = 0;
  let counting = null;
  const unwritten = new Set();
  let inFlight = new Set();
  let leader = null;
  let storeDrain = null;
  let ringDrain = null;
  let inMemory = null;
  let reported = null;

  const route = openRoute({ route: options.route, to, send: platform.send, permissions, timer, Abort, page, granted });
  const ring = openRing({ config });
  const log = openLog({
    ring,
    limits,
    open: () => (dryRun ? Promise.reject(new Error('a dry run'))
      : openStore({ ...platform, name, destination, config, page: writer })),
    on: {
      dropped: (reasons) => said.dropped(reasons),
      memory(why) {
        if (dryRun) return;
        latest.lastError = why;
        if (reported !== why) report('export_memory', why);
        inMemory = reported = why;
      },
    },
  });

  async function count(must = false) {
    if (!must && now() - counted < COUNT_AGAIN_MS) {
      counting ??= timer.set(() => count(true), COUNT_AGAIN_MS);
      return;
    }
    timer.clear(counting);
    counting = null;
    counted = now();
    latest.pending = await log.pending();
    if (inMemory && (await log.lasts())) inMemory = null;
    said.stir();
    on.counted?.(latest.pending);
  }

  function poke(count) {
    if (storeDrain) storeDrain.poke(count);
    else if (leader && log.store) {
      leader.say({ poke: count });
      leader.ask();
    }
    void drainRing(count);
  }

  async function drainRing(count) {
    if (!exports || said.state === 'stopped' || !(await ring.pending())) return;
    ringDrain ??= drainOf(ring);
    ringDrain.poke(count);
  }

  const drainOf = (store, about) => startDrain({ store, send: (batch) => sending.send(batch), batch: most, now, random, timer, on: heard, ...about });

  // Goes on waiting where a dispatch before this one was stopped.
  function resumed() {
    if (!retries) return {};
    const { lanes = {}, trouble: was = null } = retries.before;
    const next = Math.min(...Object.values(lanes).map(({ nextTry }) => nextTry));
    if (next > now() && next < Infinity) {
      trouble = was;
      latest.nextTryAt = next;
    }
    const keep = (lanes) => retries.keep({ lanes, trouble });
    return { before: lanes, longest: retries.longest, on: { ...heard, lanes: keep } };
  }

  const heard = {
    started: ({ rows }) => (inFlight = new Set(rows.map(({ id }) => id))),
    accepted({ rows }, { status, rejected, message }) {
      inFlight = new Set();
      acknowledged(rows, status, rejected, message);
    },
    quarantined(rows, { status, error }) {
      counts.quarantined += rows.length;
      Object.assign(latest, { lastError: error, lastStatus: status });
      on.settled?.(rows);
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
      forgive();
      show();
    },
    idle: () => void count(true),
  };

  function acknowledged(rows, status, rejected, message) {
    counts.acknowledged += rows.length;
    counts.rejected += rejected;
    latest.lastStatus = status;
    if (rejected) report('export_rejected', message || `${rejected} of ${rows.length}`, rejected);
    on.settled?.(rows);
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

  function forgive() {
    trouble = null;
    latest.nextTryAt = null;
  }

  function lead() {
    if (!log.store) return;
    on.lead?.(log.store);
    storeDrain = drainOf(log.store, resumed());
    storeDrain.poke(0);
    show();
  }

  function follow() {
    void storeDrain?.stop();
    storeDrain = null;
    // It is another's trouble now; not so of a page that is left, whose last request would only add to it.
    if (!leader.suspended) forgive();
    on.follow?.();
    if (said.state !== 'starting') show();
  }

  function told(message) {
    if (message.poke) storeDrain?.poke(message.poke);
    if (message.acknowledged) void count(true);
    // If the one who led has left, nobody knows yet who will.
    if (message.left && (storeDrain || message.led)) inherit(message.left).catch(() => {});
    on.heard?.(message);
  }

  async function inherit({ batches, config }) {
    for (const batch of batches) {
      // What was written all the same is the same row, which a commit in advance would not forgive.
      try {
        await log.store?.append({ ...batch, config, leaving: false });
      } catch {
        // Perhaps another has it; nobody else is left to count it.
        said.dropped({ storage: batch.items.length });
      }
      poke(batch.items.length);
      on.heard?.({ born: batch.instance });
    }
  }

  function reset() {
    storeDrain?.reset();
    ringDrain?.reset();
  }

  // Resolves with `promise`, or when it takes longer.
  async function soon(promise, most) {
    let late;
    await Promise.race([promise, new Promise((resolve) => (late = timer.set(resolve, most)))]);
    timer.clear(late);
  }

  return {
    said,
    log,
    route,
    /** Whether it has begun, with a log that lasts. */
    get started() {
      return !!leader;
    },
    /** Whether somebody else sends for us. */
    get follows() {
      return !!leader && !leader.leading;
    },

    /** Why something is in memory only, and goes with us; null if nothing is. */
    get inMemory() {
      return inMemory;
    },

    /** With the exports of the encoder's module. */
    load(loaded) {
      exports = loaded;
      requestOf = requestMaker({ options, exports, instance: writer });
      sending = sender({ options, platform, route, requestOf, counts });
    },

    /** Sends, if it is to; resolves when the log is open. */
    async begin() {
      await log.opening;
      if (log.store && !leader) {
        leader = startLeader({ locks, broadcast, timer, Abort, name: `${name} ${destination}`, on: { lead, follow, heard: told } });
        if (route.closed) leader.suspend();
      }
      show();
    },

    /** Into the log, see store.js; durable when it resolves. */
    async append(batch) {
      unwritten.add(batch);
      await log.append(batch);
      unwritten.delete(batch);
      counts.logged += batch.items.length;
      poke(batch.items.length);
      await count();
    },

    /** What is in memory only goes into the log, if that takes it now. */
    async rehouse() {
      if (await log.rehouse().catch(() => false)) poke(EAGER);
      await count(true);
    },

    /** There are rows more that somebody has written for us. */
    poke: (count) => storeDrain?.poke(count),
    say: (message) => leader?.say(message),
    count,
    reset,
    suspend: () => leader?.suspend(),
    /** Others are heard again, and not any more: see leader.js. */
    connect: () => leader?.connect(),
    disconnect: () => leader?.disconnect(),
    resume() {
      if (route.closed) return;
      forgive();
      leader?.resume();
      show();
    },

    /**
     * What is not written yet goes to a page that stays: what waits for another page's transaction when its own
     * page is gone is thrown away by the browser. It is that other page, or one beside it, that hears of it.
     */
    bequeath() {
      if (unwritten.size) leader?.say({ left: { batches: [...unwritten], config }, led: leader.leading });
    },

    /** What is not in the log for somebody to send it later goes now, in requests that outlive the page. */
    sendLast(requestsOf) {
      if (!requestOf || trouble || route.name !== 'direct' || route.closed) return;
      const requests = requestsOf((signal, items) => requestOf(config, signal, items), inFlight, most.items);
      const all = Promise.allSettled(requests.map(async ({ items, request }) => {
        const outcome = await sending.sendLast(request, items.length);
        if (outcome.kind !== 'accepted') return;
        await Promise.all([log.store?.forgetIds(items), ring.forgetIds(items)]);
        acknowledged(items, outcome.status, outcome.rejected, outcome.message);
      }));
      storeDrain?.hold(all);
      ringDrain?.hold(all);
    },

    async openRelay() {
      try {
        await route.openRelay();
        trouble = null;
        reset();
        leader?.resume();
      } finally {
        show();
      }
    },

    /** Resolves when nothing waits any more; rejects if nothing can be sent. */
    async flush(signal) {
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

    /** What waits, as it will be sent; before it, of a dry run, the last that would have been. */
    async preview() {
      await count(true);
      const stores = [log.store, ring].filter(Boolean);
      const waiting = requestOf ? await waitingRequests({ stores, requestOf, most }) : [];
      return [...(sending?.dry ?? []), ...waiting].slice(0, SHOWN);
    },

    /** Sends what is left, if that does not take long. */
    async drain() {
      // The lock may be on its way.
      if (leader && !leader.leading && !route.closed) await soon(leader.led, LOCK_MS);
      await soon(Promise.all([storeDrain, ringDrain].map((drain) => drain?.drained())), STOPPING_MS);
    },

    /** Nothing is sent any more; what is in the log stays there. */
    async close(why = null) {
      const drains = [storeDrain, ringDrain];
      storeDrain = ringDrain = null;
      await soon(Promise.all(drains.map((drain) => drain?.stop())), IN_FLIGHT_MS);
      leader?.close();
      route.close();
      await count(true);
      timer.clear(counting);
      await log.close();
      said.become('stopped', why);
      said.close();
    },
  };
}
