// The log in a real database: what is a row, what is forgotten, and what happens when it is refused.

import assert from 'node:assert/strict';
import { build } from 'esbuild';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ask, startScene, told, until } from './scene.mjs';

let scene;
before(async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: "export { openStore } from './store.js'; export { platform } from './platform.js';",
      resolveDir: fileURLToPath(new URL('../../../src/web/export/', import.meta.url)),
    },
    bundle: true, format: 'iife', globalName: 'parts', write: false,
  });
  scene = await startScene({ files: { '/parts.js': outputFiles[0].text } });
});
after(() => scene?.close());

/** What `run(open, item)` gives in a page that has the store and no tap. */
async function storing(run) {
  const page = await scene.open({ host: `${scene.key()}.localhost`, head: '<script src="/parts.js"></script>' });
  const result = await page.evaluate((run) => {
    const open = (more) => parts.openStore({ ...parts.platform, name: 'pagetap-export', destination: 'ndjson http://c/', config: '{}', page: 'p', ...more });
    const item = (n, signal = 2, size = 10) => ({ signal, id: `id${n}`, bytes: new Uint8Array(size).fill(n) });
    const all = { skip: new Set(), after: null, bytes: 1e9, items: () => 1e9 };
    return (0, eval)(run)(open, item, all);
  }, String(run));
  await page.done();
  return result;
}

describe('rows', () => {
  test('what is fed twice is one row; another signal or destination is another', async () => {
    assert.deepEqual(await storing(async (open, item, all) => {
      const store = await open();
      await store.append({ items: [item(1), item(2)], instance: 'p' });
      await store.append({ items: [item(2), item(3), item(1, 1)], instance: 'p' });
      const other = await open({ destination: 'ndjson http://d/' });
      await other.append({ items: [item(1)], instance: 'q' });
      const lanes = [];
      const skip = new Set();
      for (let batch; (batch = await store.next({ ...all, skip }));) {
        skip.add(batch.lane);
        lanes.push([batch.signal, batch.rows.map(({ id }) => id)]);
      }
      return [lanes, await store.pending(), await other.pending()];
    }), [[[1, ['id1']], [2, ['id1', 'id2', 'id3']]], 4, 1]);
  });

  test('for another destination, or of a signal that is not wanted, are forgotten, those set aside with them', async () => {
    assert.deepEqual(await storing(async (open, item, all) => {
      const before = await open({ destination: 'before' });
      await before.append({ items: [item(1), item(2)], instance: 'p', options: '{}', have: 2 });
      const { rows: [first] } = await before.next(all);
      await before.quarantine([first], 'no');
      const store = await open();
      await store.append({ items: [item(1, 1), item(3, 2), item(4, 2)], instance: 'q', options: '{}', have: 3 });
      const { rows } = await store.next({ ...all, skip: new Set([(await store.next(all)).lane]) });
      await store.quarantine([rows[0]], 'no');
      const count = await store.forgetOthers([1]);
      const dead = await new Promise((done) => {
        indexedDB.open('pagetap-export').onsuccess = ({ target: { result: db } }) => {
          db.transaction('dead').objectStore('dead').getAll().onsuccess = ({ target: { result } }) => done(result.map(({ destination }) => destination));
        };
      });
      return [count, await store.pending(), (await store.next(all)).signal, (await store.pages()).length, await before.pending(), (await before.pages()).length, dead];
    }), [2, 1, 1, 1, 0, 0, ['ndjson http://c/']]);
  });

  test('that are written while others are counted are counted, too', async () => {
    assert.deepEqual(await storing(async (open, item) => {
      const store = await open();
      const limits = { rows: 10, bytes: 1e9, days: 7 };
      const some = (from, count) => Array.from({ length: count }, (_, at) => item(from + at));
      await store.append({ items: some(0, 6), instance: 'p' });
      const [first] = await Promise.all([store.keep(limits), store.append({ items: some(6, 8), instance: 'p' })]);
      const second = await store.keep(limits);
      return [(first.rows ?? 0) + (second.rows ?? 0), await store.pending()];
    }), [5, 9]);
  });

  test('come in the order in which they were written, by several pages, cut by count and bytes', async () => {
    assert.deepEqual(await storing(async (open, item, all) => {
      let time = 5;
      const one = await open({ page: 'one', now: () => time });
      const two = await open({ page: 'two', now: () => time });
      await two.append({ items: [item(1)], instance: 'two' });
      time = 6;
      await one.append({ items: [item(2), item(3)], instance: 'one' });
      time = 4; // A clock that was set back: of one page the order stays.
      await one.append({ items: [item(4)], instance: 'one' });
      time = 7;
      await two.append({ items: [item(5)], instance: 'two' });
      const ids = async (given) => (await one.next({ ...all, ...given })).rows.map(({ id }) => id);
      return [await ids(), await ids({ items: () => 2 }), await ids({ bytes: 35 }), await ids({ bytes: 1 })];
    }), [['id1', 'id2', 'id3', 'id4', 'id5'], ['id1', 'id2'], ['id1', 'id2', 'id3'], ['id1']]);
  });

  test('beyond the bounds the oldest go, whosesoever they are: by count, by bytes, by age', async () => {
    assert.deepEqual(await storing(async (open, item) => {
      let time = 1e9;
      const store = await open({ now: () => time });
      const dead = await open({ destination: 'ndjson http://gone/', page: 'q', now: () => time });
      await dead.append({ items: Array.from({ length: 10 }, (_, n) => item(n)), instance: 'q' });
      time += 1000;
      await store.append({ items: Array.from({ length: 10 }, (_, n) => item(n)), instance: 'p' });
      const seen = [];
      const keep = async (limits) => seen.push([await store.keep({ rows: 100, bytes: 1e9, days: 7, ...limits }), await dead.pending(), await store.pending()]);
      await keep({});
      await keep({ rows: 15 });
      await keep({ bytes: 100 });
      time += 8 * 86_400_000;
      const later = await open({ page: 'r', now: () => time });
      seen.push([await later.keep({ rows: 100, bytes: 1e9, days: 7 }), await later.pending()]);
      return seen;
    }), [
      [{ days: 0, rows: 0, bytes: 0 }, 10, 10],
      [{ days: 0, rows: 7, bytes: 0 }, 3, 10],
      [{ days: 0, rows: 0, bytes: 4 }, 0, 9],
      [{ days: 9, rows: 0, bytes: 0 }, 0],
    ]);
  });

  test('of those set aside 500 are kept', async () => {
    assert.deepEqual(await storing(async (open, item, all) => {
      const store = await open();
      await store.append({ items: Array.from({ length: 510 }, (_, n) => item(n)), instance: 'p' });
      for (let i = 0; i < 2; i++) {
        const { rows } = await store.next({ ...all, items: () => 255 });
        await store.quarantine(rows, `no ${i}`);
      }
      const { dead, rows } = await stored();
      return [dead.length, rows.length, dead[0].why, dead.at(-1).why];
    }), [500, 0, 'no 0', 'no 1']);
  });

  test('queues of pages that are over are forgotten, those of others not', async () => {
    assert.deepEqual(await storing(async (open, item, all) => {
      const options = '{}';
      const one = await open({ config: '1', page: 'a' });
      const two = await open({ config: '2', page: 'b' });
      const three = await open({ config: '3', page: 'c' });
      await two.append({ items: [item(1)], instance: 'b', over: true });
      await three.append({ items: [item(2)], opens: [{ n: 1, bytes: new Uint8Array(1) }], instance: 'c', options });
      await three.append({ items: [], closes: [1], instance: 'c', over: true });
      await one.sweep();
      const first = (await stored()).queues.map(({ config }) => config).sort().join('');
      await one.forget((await one.next(all)).rows);
      await one.sweep();
      const { queues, pages, opens } = await stored();
      return [first, queues.map(({ config }) => config).sort().join(''), pages.length, opens.length];
    }), ['123', '13', 0, 0]);
  });
});

test('a full disk: what it does not take is kept in memory, and arrives; afterwards it takes again', async () => {
  const page = await scene.open({ host: `${scene.key()}.localhost` });
  const collector = await scene.collector();
  await page.evaluate((to) => {
    window.codes = [];
    __claudeHooks.on('Notice', ({ code, detail }) => codes.push(`${code} ${detail}`));
    begin({ to });
  }, collector.to);
  await ask(page);
  await page.evaluate(() => exported.flush());
  await collector.down();
  await page.evaluate(() => {
    const { add } = IDBObjectStore.prototype;
    window.mended = () => (IDBObjectStore.prototype.add = add);
    IDBObjectStore.prototype.add = function () {
      throw new DOMException('the disk is full', 'QuotaExceededError');
    };
  });
  await ask(page);
  await until(page, ({ logged }) => logged >= 8);
  await page.evaluate(() => window.mended());
  await ask(page);
  await until(page, ({ logged }) => logged >= 12);
  assert.ok((await page.evaluate(() => stored())).rows.length >= 4);
  await collector.up();
  await page.evaluate(() => {
    window.dispatchEvent(new Event('online'));
    return exported.flush();
  });
  assert.deepEqual(told(collector).sort(), (await page.evaluate(() => heard)).sort());
  assert.ok((await page.evaluate(() => codes)).includes('export_memory QuotaExceededError: the disk is full'));
  await page.done();
});
