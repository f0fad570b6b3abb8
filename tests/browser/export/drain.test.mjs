// The drainer alone: a store in memory, answers by script, time that stands still.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startDrain } from '../../../src/web/export/drain.js';
import { openRing } from '../../../src/web/export/ring.js';
import { fakeClock } from './clock.mjs';

const OK = { kind: 'accepted', status: 200, error: null, rejected: 0 };
const item = (n, signal = 2) => ({ signal, id: `id${n}`, bytes: new TextEncoder().encode(`event ${n}`) });
const items = (count, signal) => Array.from({ length: count }, (_, n) => item(n, signal));

/** A drainer whose `answer(ids, at)` gives outcomes; `sent` are the ids of each request. */
async function draining({ answer = () => OK, rows = [], batch, random = () => 1, before, longest } = {}) {
  const clock = fakeClock();
  const store = openRing({ config: '{}' });
  const dead = [];
  const setAside = store.quarantine;
  store.quarantine = (rows, why) => {
    dead.push(...rows.map(({ id }) => [id, why]));
    return setAside(rows);
  };
  await store.append({ items: rows });
  const sent = [];
  const told = { trouble: [], lanes: {}, accepted: [], quarantined: [], well: 0 };
  let inFlight = 0;
  const drain = startDrain({
    store, batch, random, before, longest, now: clock.now, timer: clock.timer,
    async send({ rows, signal }) {
      assert.equal(++inFlight, 1, 'one request is in flight');
      const ids = rows.map(({ id }) => id);
      sent.push({ at: clock.now() - 1_000_000, ids, signal });
      const outcome = await answer(ids, sent.length, signal);
      inFlight--;
      return outcome;
    },
    on: {
      started() {},
      accepted: ({ rows }, outcome) => told.accepted.push([rows.length, outcome.rejected]),
      quarantined: (rows) => told.quarantined.push(...rows.map(({ id }) => id)),
      trouble: ({ outcome, nextTry, blocked }) => told.trouble.push({ kind: outcome.kind, delay: nextTry - clock.now(), blocked }),
      well: () => told.well++,
      lanes: (lanes) => (told.lanes = lanes),
      idle() {},
    },
  });
  await clock.settle();
  return { clock, store, drain, sent, told, dead, append: (items) => store.append({ items }) };
}

describe('batches', () => {
  test('what a page wrote that is not there to say so is found all the same', async () => {
    const { clock, sent, append } = await draining();
    await append(items(1));
    await clock.advance(1000);
    assert.deepEqual(sent.map(({ ids }) => ids), [['id0']]);
    // However long nothing was there.
    await clock.advance(600_000);
    await append([item(1)]);
    await clock.advance(60_000);
    assert.deepEqual(sent.map(({ ids }) => ids), [['id0'], ['id1']]);
  });

  test('are cut by count and by bytes, oldest first, one in flight, and forgotten when acknowledged', async () => {
    const { sent, store } = await draining({ rows: items(10), batch: { items: 4, bytes: 1000 } });
    assert.deepEqual(sent.map(({ ids }) => ids), [['id0', 'id1', 'id2', 'id3'], ['id4', 'id5', 'id6', 'id7'], ['id8', 'id9']]);
    assert.equal(await store.pending(), 0);
    const bytes = await draining({ rows: items(5), batch: { items: 100, bytes: 15 } });
    assert.deepEqual(bytes.sent.map(({ ids }) => ids.length), [2, 2, 1]);
  });

  test('one that alone is larger than a batch goes alone', async () => {
    const large = { signal: 2, id: 'large', bytes: new Uint8Array(100) };
    const { sent } = await draining({ rows: [item(1), large, item(2)], batch: { items: 100, bytes: 50 } });
    assert.deepEqual(sent.map(({ ids }) => ids), [['id1'], ['large'], ['id2']]);
  });

  test('few rows wait a second for more; fifty do not', async () => {
    const { clock, drain, sent, append } = await draining();
    await append(items(3));
    drain.poke(3);
    await clock.advance(999);
    assert.equal(sent.length, 0);
    await clock.advance(1);
    assert.deepEqual(sent.map(({ ids }) => ids.length), [3]);
    await append(items(60).slice(10));
    drain.poke(50);
    await clock.settle();
    assert.deepEqual(sent.map(({ ids }) => ids.length), [3, 50]);
  });

  test('each signal has its own', async () => {
    const { sent } = await draining({ rows: [item(1, 1), item(2, 2), item(3, 1)] });
    assert.deepEqual(sent.map(({ signal, ids }) => [signal, ids]), [[1, ['id1', 'id3']], [2, ['id2']]]);
  });
});

describe('another time', () => {
  const failing = (times, outcome) => ({ answer: (_, n) => (n <= times ? outcome : OK), rows: items(3) });

  test('full jitter: by chance up to 1, 2, 4 ... 60 seconds; the same rows; then all is well', async () => {
    const { clock, sent, told, store } = await draining(failing(8, { kind: 'unreachable', error: 'x', blocked: null }));
    await clock.advance(300_000);
    const delays = told.trouble.map(({ delay }) => delay / 1000);
    assert.deepEqual(delays, [1, 2, 4, 8, 16, 32, 60, 60]);
    assert.ok(sent.every(({ ids }) => ids.join() === 'id0,id1,id2'));
    assert.equal(sent.length, 9);
    assert.deepEqual([await store.pending(), told.well], [0, 1]);
    const chance = await draining({ ...failing(3, { kind: 'later', error: 'x', after: 0 }), random: () => 0.25 });
    await chance.clock.advance(10_000);
    assert.deepEqual(chance.told.trouble.map(({ delay }) => delay), [250, 500, 1000]);
  });

  test('as late as the collector asked, if that is later', async () => {
    const { clock, sent } = await draining(failing(1, { kind: 'later', error: 'x', after: 42_000 }));
    await clock.advance(41_999);
    assert.equal(sent.length, 1);
    await clock.advance(1);
    assert.equal(sent.length, 2);
  });

  test('after ten failures the circuit is open: a small batch a minute', async () => {
    const { clock, sent, told } = await draining({ ...failing(12, { kind: 'unreachable', error: 'x' }), rows: items(40), random: () => 0 });
    await clock.advance(1000);
    assert.equal(sent.length, 10, 'chance said: at once, nine times');
    assert.equal(told.trouble.at(-1).delay, 60_000);
    await clock.advance(60_000);
    assert.deepEqual([sent.length, sent.at(-1).ids.length], [11, 10]);
    await clock.advance(120_000);
    assert.deepEqual(sent.slice(12).map(({ ids }) => ids.length), [10, 20, 10], 'and when it goes, more each time');
  });

  for (const [kind, first] of [['unreachable', 10], ['denied', 1]]) {
    test(`where nobody waits for it, ${kind}: twice as long each time, up to the longest; one after it goes on there`, async () => {
      const failing = () => ({ kind, error: 'x' });
      const { clock, told } = await draining({ answer: failing, rows: items(2), random: () => 0, longest: 200_000 });
      await clock.advance(1000);
      for (const delay of [60_000, 120_000, 200_000]) {
        assert.equal(told.trouble.at(-1).delay, delay);
        await clock.advance(delay);
      }
      assert.equal(told.trouble.length, first + 3);
      const [[name, lane]] = Object.entries(told.lanes);
      const before = { [name]: { ...lane, nextTry: 1_090_000 } };
      const after = await draining({ answer: failing, rows: items(2), random: () => 0, longest: 200_000, before });
      await after.clock.advance(89_000);
      assert.deepEqual(after.sent, []);
      await after.clock.advance(1000);
      assert.deepEqual(after.told.trouble.map(({ delay }) => delay), [200_000]);
      after.drain.reset();
      assert.deepEqual(after.told.lanes, {});
    });
  }

  test('online again: what waits goes at once', async () => {
    const { clock, drain, sent } = await draining(failing(9, { kind: 'unreachable', error: 'x' }));
    await clock.advance(100_000);
    const { length } = sent;
    assert.ok(clock.next() > 1000);
    drain.reset();
    await clock.settle();
    assert.equal(sent.length, length + 1);
  });

  test('one signal that has to wait does not hold up another', async () => {
    const { clock, sent, store } = await draining({
      rows: [...items(2, 1), ...items(2, 2)],
      answer: (ids, n, signal) => (signal === 1 ? { kind: 'later', error: 'x', after: 50_000 } : OK),
    });
    await clock.advance(10_000);
    assert.deepEqual(sent.map(({ signal }) => signal), [1, 2]);
    assert.equal(await store.pending(), 2);
  });
});

describe('what is no good', () => {
  const poison = (...bad) => ({
    rows: items(8),
    answer: (ids) => (ids.some((id) => bad.includes(id)) ? { kind: 'refused', status: 400, error: 'HTTP 400 bad' } : OK),
  });

  test('a batch that is refused is halved until the poison is alone; it is set aside, all else arrives', async () => {
    const { sent, store, dead, told } = await draining(poison('id5'));
    assert.deepEqual(dead, [['id5', 'HTTP 400 bad']]);
    assert.deepEqual(told.quarantined, ['id5']);
    assert.equal(await store.pending(), 0);
    assert.deepEqual(sent.map(({ ids }) => ids.length), [8, 4, 4, 2, 1, 2, 1, 1, 1], 'by halves');
    const arrived = sent.filter(({ ids }) => !ids.includes('id5')).flatMap(({ ids }) => ids);
    assert.deepEqual(arrived.sort(), ['id0', 'id1', 'id2', 'id3', 'id4', 'id6', 'id7']);
  });

  test('too large: halves, down to one, which is set aside', async () => {
    const limit = (most) => (ids) => (ids.length > most ? { kind: 'too_large', status: 413, error: 'HTTP 413' } : OK);
    const halves = await draining({ rows: items(8), answer: limit(2) });
    assert.deepEqual([halves.dead, await halves.store.pending()], [[], 0]);
    const none = await draining({ rows: items(2), answer: limit(0) });
    assert.deepEqual(none.dead.map(([id]) => id), ['id0', 'id1']);
  });

  test('where everything is refused it is not the rows: blocked, and one a minute is given up', async () => {
    const all = Array.from({ length: 8 }, (_, n) => `id${n}`);
    const { clock, dead, told, store } = await draining(poison(...all));
    assert.deepEqual([dead.length, await store.pending()], [5, 3]);
    assert.deepEqual(told.trouble, [{ kind: 'refused', delay: 60_000, blocked: 'HTTP 400 bad' }]);
    await clock.advance(60_000);
    assert.deepEqual([dead.length, await store.pending()], [6, 2]);
  });

  test('a wrong key or address is no fault of the rows: nothing is set aside', async () => {
    let status = 401;
    const { clock, dead, told, store, sent } = await draining({
      rows: items(3),
      answer: () => (status === 401 ? { kind: 'denied', status, error: 'HTTP 401' } : OK),
    });
    await clock.advance(59_000);
    assert.deepEqual([sent.length, dead, told.trouble[0].blocked], [1, [], 'HTTP 401']);
    status = 200;
    await clock.advance(1000);
    assert.equal(await store.pending(), 0);
  });

  test('partial success is counted and never sent again', async () => {
    const { sent, told, store } = await draining({ rows: items(3), answer: () => ({ ...OK, rejected: 2 }) });
    assert.deepEqual([sent.length, told.accepted, await store.pending()], [1, [[3, 2]], 0]);
  });

  test('what makes the collector fail each time it comes is found and set aside', async () => {
    const { clock, dead, store } = await draining({
      rows: items(3),
      answer: (ids) => (ids.includes('id1') ? { kind: 'failed', status: 500, error: 'HTTP 500' } : OK),
    });
    await clock.advance(3_600_000);
    assert.deepEqual([dead.map(([id]) => id), await store.pending()], [['id1'], 0]);
  });
});

describe('stopping', () => {
  test('waits for what is in flight, and no alarm is left', async () => {
    let answer;
    const { clock, drain, store } = await draining({ rows: items(1), answer: () => new Promise((resolve) => (answer = resolve)) });
    let stopped = false;
    const stopping = drain.stop().then(() => (stopped = true));
    await clock.settle();
    assert.equal(stopped, false);
    answer(OK);
    await stopping;
    assert.deepEqual([await store.pending(), clock.next()], [0, undefined]);
  });

  test('drained() tells whether all of it went', async () => {
    const well = await draining({ rows: items(3) });
    assert.equal(await well.drain.drained(), true);
    const ill = await draining({ rows: items(3), answer: () => ({ kind: 'unreachable', error: 'x' }) });
    assert.equal(await ill.drain.drained(), false);
  });

  test('a store that fails is asked again, and nothing is lost', async () => {
    const { clock, store, drain, sent, append } = await draining();
    const { next } = store;
    store.next = async () => {
      throw new Error('the disk');
    };
    await append(items(2));
    drain.poke(50);
    await clock.settle();
    store.next = next;
    await clock.advance(60_000);
    assert.deepEqual(sent.map(({ ids }) => ids.length), [2]);
  });
});
