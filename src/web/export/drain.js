// The drainer: takes rows from a store, batch by batch, has them sent, and lets the store forget what was
// acknowledged. One request is in flight at a time.
//
// A lane is what can fail on its own: one signal (one address) of one configuration. A lane that has to
// wait does not hold up the others.
//
// Nothing here knows a browser: the store, the sending, time and chance are handed in.

/** Rows, and their bytes before compression, in one request. */
export const BATCH = { items: 512, bytes: 256 << 10 };
/** How long the first of few rows waits for more, and how many do not wait. */
const LINGER_MS = 1000;
export const EAGER = 50;

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;
/** After so many failures in a row the circuit is open: a small batch a minute. */
const FAILURES = 10;
const SMALL = 10;
/** Lone rows that were refused with nothing accepted in between: then it is not the rows. */
const REFUSED_ALONE = 5;
/** How often a lone row may make the collector fail before it is set aside. */
const FAILED_ALONE = 5;

/**
 * How soon it is looked again where nothing was found, twice as long each time: what a page writes while it
 * is closed may come after the last look of the one that sends for it, and nobody is left to say so.
 */
const FIRST_LOOK_MS = 1000;
const LAST_LOOK_MS = 60_000;

const FRESH = Object.freeze({ failures: 0, denied: 0, alone: 0, waited: false, failedAlone: 0, nextTry: 0 });

/**
 * `store`: see store.js. `send(batch)` resolves with an outcome (see post.js), to which it may add
 * `blocked`, why it cannot be reached from here. `on`: `started(batch)`, `accepted(batch, outcome)`,
 * `quarantined(rows, outcome)`, `trouble({ outcome, nextTry, blocked })`, `well()`, `idle()`; `lanes(waiting)`, those that wait now, which is what
 * `before` says of a drainer before this one. `longest`: between attempts, where nothing is heard for long.
 */
export function startDrain({ store, send, batch: most = BATCH, before = {}, longest = LONGEST_DELAY_MS, now, random, timer, on }) {
  const lanes = new Map(Object.entries(before).map(([name, lane]) => [name, { ...FRESH, items: most.items, ...lane }]));
  const idle = new Set();
  let stopped = false;
  let poked = 0;
  let lingering = null;
  let wake = null;
  let woken = false;
  let holding = null;
  let last = null;
  let look = FIRST_LOOK_MS;

  const laneOf = (name) => {
    if (!lanes.has(name)) lanes.set(name, { ...FRESH, items: most.items });
    return lanes.get(name);
  };

  function rouse() {
    timer.clear(lingering);
    lingering = null;
    poked = 0;
    woken = true;
    wake?.();
  }

  // Resolves when roused, or at that time.
  async function sleep(until) {
    if (!woken) {
      const alarm = Number.isFinite(until) ? timer.set(() => wake?.(), Math.max(until - now(), 0)) : null;
      await new Promise((resolve) => (wake = resolve));
      timer.clear(alarm);
      wake = null;
    }
    woken = false;
  }

  async function run() {
    while (!stopped) {
      await holding;
      const time = now();
      const waiting = [...lanes].filter(([, { nextTry }]) => nextTry > time);
      let batch;
      try {
        batch = await store.next({
          skip: new Set(waiting.map(([name]) => name)), after: last, bytes: most.bytes,
          items: (name) => laneOf(name).items,
        });
      } catch {
        // A store that fails is mended, or replaced, by who appends to it.
        if (!stopped) await sleep(now() + LONGEST_DELAY_MS);
        continue;
      }
      if (stopped) break;
      if (!batch) {
        if (!waiting.length) on.idle();
        settle(waiting.length > 0);
        await sleep(Math.min(now() + look, ...waiting.map(([, { nextTry }]) => nextTry)));
        look = Math.min(look * 2, LAST_LOOK_MS);
        continue;
      }
      look = FIRST_LOOK_MS;
      last = batch.lane;
      on.started(batch);
      const outcome = await send(batch);
      try {
        await conclude(batch, laneOf(batch.lane), outcome);
      } catch {
        // It could not be written down: what was acknowledged is sent once more, by the same id.
        laneOf(batch.lane).nextTry = now() + FIRST_DELAY_MS;
      }
    }
    settle(true);
  }

  async function conclude(batch, lane, outcome) {
    const { rows } = batch;
    switch (outcome.kind) {
      case 'accepted':
        note(lane, () => Object.assign(lane, FRESH, { items: Math.min(lane.items * 2, most.items) }));
        await store.forget(rows);
        on.accepted(batch, outcome);
        if ([...lanes.values()].every(({ nextTry }) => !nextTry)) on.well();
        return;
      case 'too_large':
      case 'refused':
        if (rows.length > 1) {
          // The half that holds the poison is halved again, until it is alone.
          lane.items = Math.ceil(rows.length / 2);
          return;
        }
        // Where every row is refused it may be for reasons that somebody mends: then one a minute is given up.
        if (outcome.kind === 'refused' && ++lane.alone > REFUSED_ALONE && !lane.waited) {
          lane.waited = true;
          return postpone(lane, outcome, LONGEST_DELAY_MS, outcome.error);
        }
        lane.waited = false;
        return setAside(rows, outcome);
      case 'denied':
        return postpone(lane, outcome, Math.min(LONGEST_DELAY_MS * 2 ** lane.denied++, longest), outcome.error);
      case 'failed':
        if (rows.length === 1 && ++lane.failedAlone > FAILED_ALONE) {
          lane.failedAlone = 0;
          return setAside(rows, outcome);
        }
        if (rows.length > 1 && lane.failures >= FAILURES) lane.items = Math.ceil(rows.length / 2);
        break;
      default:
    }
    lane.failures++;
    const cap = Math.min(FIRST_DELAY_MS * 2 ** (lane.failures - 1), LONGEST_DELAY_MS);
    let delay = random() * cap;
    if (lane.failures >= FAILURES) {
      delay = Math.min(LONGEST_DELAY_MS * 2 ** (lane.failures - FAILURES), longest);
      lane.items = Math.min(lane.items, SMALL);
    }
    return postpone(lane, outcome, Math.max(delay, outcome.after ?? 0), outcome.blocked ?? null);
  }

  async function setAside(rows, outcome) {
    await store.quarantine(rows, outcome.error);
    on.quarantined(rows, outcome);
  }

  function postpone(lane, outcome, delay, blocked) {
    lane.nextTry = now() + delay;
    on.trouble({ outcome, nextTry: lane.nextTry, blocked });
    note(lane);
  }

  // What a drainer after this one has to know.
  function note({ nextTry }, change = () => {}) {
    change();
    if (!nextTry) return;
    const waiting = [...lanes].filter(([, lane]) => lane.nextTry);
    on.lanes?.(Object.fromEntries(waiting.map(([name, { failures, denied, nextTry }]) => [name, { failures, denied, nextTry }])));
  }

  function settle(troubled) {
    for (const done of idle) done(!troubled);
    idle.clear();
  }

  const running = run();

  return {
    /** There are `count` rows more. */
    poke(count) {
      poked += count;
      if (poked >= EAGER) rouse();
      else lingering ??= timer.set(rouse, LINGER_MS);
    },
    /** Sends what there is, now; resolves with whether all of it went. */
    drained() {
      if (stopped) return Promise.resolve(false);
      const done = new Promise((resolve) => idle.add(resolve));
      rouse();
      return done;
    },
    /** The way may be free again: what waits waits no more. */
    reset() {
      for (const lane of lanes.values()) note(lane, () => Object.assign(lane, FRESH));
      rouse();
    },
    /** Nothing more is sent until `promise` is settled: somebody else sends these rows. */
    hold(promise) {
      holding = promise.catch(() => {});
    },
    /** Resolves when nothing is in flight any more. */
    stop() {
      stopped = true;
      rouse();
      timer.clear(lingering);
      return running;
    },
  };
}
