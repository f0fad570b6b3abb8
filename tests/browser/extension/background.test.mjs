// The background's memory of tabs, and its words to pages, without a browser.

import assert from 'node:assert/strict';
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
