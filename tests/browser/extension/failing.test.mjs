// What cannot be stored or read takes nothing else with it.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startBench, test } from './bench.mjs';
import { take, TURN } from './turn.mjs';
import { kill } from './worker.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

test('recordings that cannot be read keep nobody from watching, and are asked for again', async () => {
  await kill(bench);
  // As an extension of a later version leaves it.
  await bench.own.evaluate(() => new Promise((done, failed) => {
    const request = indexedDB.open('pagetap', 99);
    request.onsuccess = () => done(request.result.close());
    request.onerror = () => failed(request.error);
  }));
  await kill(bench);
  const { page, tab } = await bench.open();
  await page.evaluate(take, TURN);
  await bench.until(() => bench.say({ ask: 'state', tabId: tab }), ({ last }) => last.at(-1)?.type === 'Stop');
  for (const message of [{ do: 'record', tabId: tab }, { ask: 'recordings' }, { ask: 'recording', id: 1, from: 0, count: 1 }, { do: 'forget', id: 1 }]) {
    const { ok, error, detail } = await bench.ask(message);
    assert.deepEqual([ok, error], [false, 'error_recordings'], JSON.stringify(message));
    assert.match(detail, /VersionError/);
  }
  await bench.own.evaluate(() => new Promise((done) => (indexedDB.deleteDatabase('pagetap').onsuccess = done)));
  await bench.say({ do: 'record', tabId: tab });
  await bench.say({ do: 'stop', tabId: tab });
  await page.close();
});

test('settings that cannot be stored are refused, and not in force', async () => {
  const { settings } = await bench.say({ ask: 'settings' });
  const worker = bench.context.serviceWorkers().at(-1);
  await worker.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };
    self.mend = () => (IDBObjectStore.prototype.put = put);
  });
  const other = { ...settings, limits: { ...settings.limits, shown: 77 } };
  const { ok, error } = await bench.ask({ do: 'settings', settings: other });
  assert.deepEqual([ok, error], [false, 'error_failed']);
  assert.deepEqual((await bench.say({ ask: 'settings' })).settings, settings);
  await worker.evaluate(() => void self.mend());
  assert.deepEqual((await bench.say({ do: 'settings', settings: other })).settings, other);
  await bench.say({ do: 'settings', settings });
});
