// The background's memory of tabs, and its words to pages, without a browser.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { accept, tellSettings } from '../../../extension/background/documents.js';
import { DEFAULTS } from '../../../extension/background/settings.js';
import * as tabs from '../../../extension/background/tabs.js';

const event = (length) => ({ layer: 'hook', type: 'MessageDelta', text: 'x'.repeat(length) });
const sizes = (ids) => ids.map((id) => tabs.known(id).size);

test('all tabs together keep 64 MiB: the one that was told of longest ago gives way', () => {
  const ids = Array.from({ length: 12 }, (_, at) => at + 1);
  for (const id of ids) tabs.show(tabs.tabOf(id), Array.from({ length: 7 }, () => event(1 << 20)), 100);
  const sum = () => sizes(ids.filter((id) => tabs.known(id))).reduce((sum, size) => sum + size, 0);
  assert.ok(sum() <= 64 << 20 && sum() > 50 << 20, `${sum()}`);
  assert.deepEqual(sizes(ids).map(Boolean), ids.map((id) => id > 3));
  // Tab 4 is told of again, and has 8 MiB then: the next to give way is 5.
  tabs.show(tabs.tabOf(4), [event(1 << 20), event(1 << 20)], 100);
  assert.deepEqual([4, 5, 6].map((id) => Boolean(tabs.known(id).size)), [true, true, true]);
  tabs.show(tabs.tabOf(1), [event(1 << 20), event(1 << 20)], 100);
  assert.deepEqual([4, 5, 6].map((id) => Boolean(tabs.known(id).size)), [true, false, true]);
  // What a tab had that was closed is room for others.
  for (const id of ids.slice(0, -1)) tabs.forgetTab(id);
  for (const id of ids.slice(0, 6)) tabs.show(tabs.tabOf(id), Array.from({ length: 7 }, () => event(1 << 20)), 100);
  assert.ok(tabs.known(12).size > 0);
  for (const id of ids) tabs.forgetTab(id);
});

test('of what a page says that it has counted only numbers are kept', () => {
  const said = { hooks: 3, raw: '7', notices: 1e300, dropped: -1, more: 'x'.repeat(100) };
  assert.deepEqual(tabs.countsOf(said), { hooks: 3, raw: 0, notices: 0, dropped: 0 });
  assert.deepEqual(tabs.countsOf(null), { hooks: 0, raw: 0, notices: 0, dropped: 0 });
});

const given = {
  ready: Promise.resolve(),
  settings: () => ({ ...DEFAULTS, sites: { 'https://a.example': { on: true } } }),
  changed() {},
};
const listeners = () => {
  const all = [];
  return { addListener: (one) => all.push(one), tell: (...said) => all.forEach((one) => one(...said)) };
};
const turn = () => new Promise((done) => setImmediate(done));

function portOf(tabId, postMessage, frameId = 0) {
  const sender = { tab: { id: tabId }, frameId, documentId: `d${tabId}`, origin: 'https://a.example' };
  const port = { sender, postMessage, onMessage: listeners(), onDisconnect: listeners() };
  accept(port, given);
  return port;
}

test('a page that cannot be told keeps no other one from being told', () => {
  const heard = [];
  portOf(21, () => { throw new Error('gone'); });
  portOf(22, (message) => heard.push(message));
  tellSettings({ ...given.settings(), layers: { hooks: true, raw: true } });
  assert.deepEqual(heard, [{ settings: { layers: { hooks: true, raw: true } } }]);
  const feed = { postMessage() { throw new Error('gone'); } };
  tabs.tabOf(23).feeds.add(feed);
  const other = { postMessage: (message) => heard.push(message) };
  tabs.tabOf(23).feeds.add(other);
  tabs.show(tabs.tabOf(23), [event(1)], 10);
  assert.deepEqual(heard[1].events, [event(1)]);
});

test('a port has one document, however many it names, and none after its tab was closed', async (test) => {
  // There is no store here: no names.
  test.mock.method(console, 'error', () => {});
  const port = portOf(31, () => {}, 3);
  const hello = (session) => port.onMessage.tell({ hello: { session, encoding: 'wasm', version: '0' }, counts: {} });
  for (let at = 0; at < 50; at++) hello(`s${at}`);
  hello('x'.repeat(101));
  hello({});
  // More than all of that takes.
  for (let at = 0; at < 1000; at++) await turn();
  assert.deepEqual([...tabs.known(31).documents.keys()], ['d31.s49']);
  tabs.forgetTab(31);
  port.onMessage.tell({ from: 1, acked: 0, events: [event(1)], counts: {} });
  port.onDisconnect.tell();
  hello('late');
  for (let at = 0; at < 20; at++) await turn();
  assert.equal(tabs.known(31), undefined);
});

test('a preview says that there would be more than it shows, and one event that cannot be written keeps nothing from it', async (t) => {
  const file = new URL('../../../dist/extension-chrome/pagetap-export.wasm', import.meta.url);
  globalThis.chrome = { runtime: { getURL: String } };
  t.mock.method(globalThis, 'fetch', async () => new Response(await readFile(file)));
  t.after(() => delete globalThis.chrome);
  const { preview } = await import('../../../extension/background/trial.js');
  const collector = { id: '00000001', on: false, to: 'http://127.0.0.1:9/', format: 'ndjson', include: ['prompts'] };
  const prompts = (count, prompt) => Array.from({ length: count }, (_, at) => ({ layer: 'hook', type: 'UserPromptSubmit', ts: at, n: at + 1, prompt }));
  let deep = [];
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  const [unreadable] = prompts(1, deep);
  const few = await preview(collector, [...prompts(2, 'a'), unreadable, ...prompts(3, 'b')]);
  assert.deepEqual([few.events, few.more, few.requests.length], [5, false, 1]);
  assert.equal(few.requests[0].text.trim().split('\n').length, 5);
  const bySize = await preview({ ...collector, format: 'otlp' }, prompts(100, 'x'.repeat(60_000)));
  assert.deepEqual([bySize.events, bySize.more], [100, true]);
  assert.ok(bySize.requests.length < 20);
  // Each is a request of its own.
  const all = await preview({ ...collector, format: 'hooks' }, prompts(20, 'a'));
  const byCount = await preview({ ...collector, format: 'hooks' }, prompts(21, 'a'));
  assert.deepEqual([all.requests.length, all.more, byCount.requests.length, byCount.more], [20, false, 20, true]);
});
