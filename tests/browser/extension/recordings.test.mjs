// What a recording is after something went wrong with it, and that it can be saved whatever is in it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before } from 'node:test';
import { startBench, test } from './bench.mjs';
import { counted, EXPECTED, numbers, take, told, TURN } from './turn.mjs';
import { kill } from './worker.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

const listed = async (id) => (await bench.say({ ask: 'recordings' })).recordings.find((one) => one.id === id);
const worker = () => bench.context.serviceWorkers().at(-1);

/** Has the next writes of the background fail, `times` of them; into which stores `fails` says. */
const failing = (times, fails = ['batches', 'recordings']) => worker().evaluate(({ times, fails }) => {
  const { prototype } = IDBObjectStore;
  self.realPut ??= prototype.put;
  let left = times;
  prototype.put = function (...given) {
    if (!fails.includes(this.name) || left-- <= 0) return self.realPut.apply(this, given);
    throw new DOMException('no room', 'QuotaExceededError');
  };
}, { times, fails });

async function recordedTurn() {
  const { page, tab } = await bench.open({ record: true });
  const { recording } = await bench.say({ ask: 'state', tabId: tab });
  await page.evaluate(take, TURN);
  const before = await bench.until(() => bench.recorded(recording.id), (events) => events.at(-1)?.type === 'Stop');
  return { page, tab, id: recording.id, before };
}

async function saved(id) {
  const options = await bench.context.newPage();
  await options.goto(`${bench.home}pages/options/options.html`);
  await options.waitForSelector('#recordings li');
  const { recordings } = await bench.say({ ask: 'recordings' });
  const at = recordings.toSorted((a, b) => b.since - a.since).findIndex((one) => one.id === id);
  const [download] = await Promise.all([options.waitForEvent('download'), options.locator('#recordings li').nth(at).locator('button').first().click()]);
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line));
  await options.close();
  return lines;
}

test('a write that fails once is done again, and the recording is whole', async () => {
  const { page, tab, id, before } = await recordedTurn();
  await failing(1);
  await page.evaluate(take, TURN);
  const events = await bench.until(() => bench.recorded(id), (events) => events.length > before.length && events.at(-1)?.type === 'Stop');
  assert.deepEqual(numbers(events), counted(events));
  assert.equal(told(events.slice(0, before.length)), EXPECTED);
  const { recording, errors } = await bench.say({ ask: 'state', tabId: tab });
  assert.deepEqual([recording.id, errors], [id, []]);
  await page.close();
});

test('a recording that the browser could not store ends, says so, and never comes back', async () => {
  for (const when of ['its end was written', 'not even its end could be written']) {
    const { page, tab, id, before } = await recordedTurn();
    if (when === 'its end was written') await failing(2, ['batches']);
    else await failing(Infinity);
    await page.evaluate(take, TURN);
    const { errors, recording } = await bench.until(() => bench.say({ ask: 'state', tabId: tab }), ({ errors }) => errors.length > 0);
    assert.equal(recording, null, when);
    assert.deepEqual(errors.map(({ code, detail }) => [code, detail]), [['storage_failed', 'QuotaExceededError: no room']], when);
    const { until, ended } = await listed(id);
    assert.equal(ended, 'storage', when);
    assert.ok(until > 0, when);
    // A page that comes then says nothing of it, and it is not forgotten.
    await page.reload();
    const after = await bench.until(() => bench.say({ ask: 'state', tabId: tab }), ({ installed }) => installed);
    assert.deepEqual(after.errors.map(({ code }) => code), ['storage_failed'], when);
    await failing(0);
    await kill(bench);
    await page.evaluate(take, TURN);
    const woken = await bench.until(() => bench.say({ ask: 'state', tabId: tab }), ({ last }) => last.at(-1)?.type === 'Stop');
    assert.equal(woken.recording, null, when);
    assert.deepEqual(await listed(id), { ...(await listed(id)), until, ended: 'storage', events: before.length }, when);
    const [header] = await saved(id);
    assert.equal(header.ended, 'storage', when);
    await bench.say({ do: 'forget', id });
    assert.equal(await listed(id), undefined, when);
    await page.close();
  }
});

test('a recording that is full has what fits, says why it ended, and its pages are not kept awake', async () => {
  const { settings } = await bench.say({ ask: 'settings' });
  await bench.say({ do: 'settings', settings: { ...settings, limits: { ...settings.limits, recordedEvents: 5 } } });
  const { page, tab } = await bench.open({ record: true });
  const { recording: { id } } = await bench.say({ ask: 'state', tabId: tab });
  // What the page's bridge is told; Chromium shows nobody whether it keeps a service worker awake.
  await bench.own.evaluate((tabId) => {
    const func = () => {
      const { dataset } = document.documentElement;
      dataset.told = '';
      const port = chrome.runtime.connect({ name: 'tap' });
      port.onMessage.addListener(({ recorded }) => {
        if (recorded !== undefined) dataset.told += recorded === null ? ' not recorded' : 'recorded';
      });
      port.postMessage({ hello: { session: 'other', encoding: 'wasm', version: '0' }, counts: {} });
    };
    return chrome.scripting.executeScript({ target: { tabId }, func });
  }, tab);
  const told = (text) => page.waitForFunction((text) => document.documentElement.dataset.told === text, text);
  await told('recorded');
  await page.evaluate(take, TURN);
  await told('recorded not recorded');
  const { ended, events, until } = await listed(id);
  assert.deepEqual([ended, events], ['limit', 5]);
  assert.ok(until > 0);
  const [header, ...rest] = await saved(id);
  assert.equal(header.ended, 'limit');
  assert.deepEqual(numbers(rest), [1, 2, 3, 4, 5]);
  await bench.say({ do: 'settings', settings });
  await page.close();
});

test('a recording that the person stops, or that ends with its tab, says that', async () => {
  const { page, tab, id } = await recordedTurn();
  await bench.say({ do: 'stop', tabId: tab });
  assert.equal((await listed(id)).ended, 'person');
  await bench.say({ do: 'record', tabId: tab });
  const { recording } = await bench.say({ ask: 'state', tabId: tab });
  await page.close();
  const { ended } = await bench.until(() => listed(recording.id), ({ until }) => until !== null);
  assert.equal(ended, 'tab');
});

test('a recording of many large events is saved, each as it is; one batch of very many is read', async () => {
  const options = await bench.context.newPage();
  await options.goto(`${bench.home}pages/options/options.html`);
  const [large, many] = await options.evaluate(() => new Promise((done, failed) => {
    const request = indexedDB.open('pagetap');
    request.onsuccess = () => {
      const running = request.result.transaction(['recordings', 'batches'], 'readwrite');
      const ids = [];
      const add = (title, events, batches) => {
        const adding = running.objectStore('recordings').add({ tabId: 1, origin: 'https://claude.ai', title, since: Date.now(), until: Date.now(), events, bytes: 1, full: false });
        adding.onsuccess = () => {
          ids.push(adding.result);
          for (const [first, list] of batches()) running.objectStore('batches').put({ id: adding.result, first, events: list });
        };
      };
      const text = 'x'.repeat(80_000);
      add('large', 1_000, () => Array.from({ length: 100 }, (_, at) => [at * 10, Array.from({ length: 10 }, (_, of) => ({ layer: 'raw', n: at * 10 + of + 1, data: text }))]));
      add('many', 199_000, () => [[0, Array.from({ length: 199_000 }, (_, at) => ({ n: at + 1 }))]]);
      running.oncomplete = () => done(ids);
      running.onabort = () => failed(running.error);
    };
  }));
  await options.close();
  const [, ...events] = await saved(large);
  assert.equal(events.length, 1_000);
  assert.ok(events.every(({ n, data }, at) => n === at + 1 && data.length === 80_000));
  // One part is enough: the batch is read for each of them.
  const part = await bench.say({ ask: 'recording', id: many, from: 198_500, count: 1_000 });
  assert.deepEqual([part.events.length, part.events[0].n, part.more], [500, 198_501, false]);
  const first = await bench.say({ ask: 'recording', id: many, from: 0, count: 10_000 });
  assert.deepEqual([first.events.length, first.events.at(-1).n, first.more], [10_000, 10_000, true]);
  for (const id of [large, many]) await bench.say({ do: 'forget', id });
});

test('a notice whose detail is no text is acknowledged, and stands in the way of nothing', async () => {
  const { page, tab } = await bench.open({ record: true });
  await bench.own.evaluate((tabId) => {
    const func = () => {
      const port = chrome.runtime.connect({ name: 'tap' });
      port.onMessage.addListener(({ ack }) => (document.documentElement.dataset.acks = ack));
      port.postMessage({ hello: { session: 'hostile', encoding: 'wasm', version: '0' }, counts: {} });
      const event = { layer: 'hook', type: 'Notice', code: 'tap_failed', detail: { toString: null } };
      port.postMessage({ from: 1, acked: 0, events: [event, null, 'text', 7], counts: {} });
    };
    return chrome.scripting.executeScript({ target: { tabId }, func });
  }, tab);
  await page.waitForFunction(() => document.documentElement.dataset.acks === '4');
  const { errors } = await bench.say({ ask: 'state', tabId: tab });
  assert.deepEqual(errors.map(({ detail }) => detail), ['{"toString":null}']);
  await page.close();
});
