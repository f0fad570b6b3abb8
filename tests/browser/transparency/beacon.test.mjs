// Uploads that nobody waits for: navigator.sendBeacon, and fetch with keepalive.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BROWSER } from '../browser.mjs';
import { startBench } from './bench.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

test('the function is as natively: shape, results, errors', async () => {
  const { plain, tapped, pages, close } = await bench.both(({ key }) => {
    const show = (action) => { try { return String(action()); } catch (error) { return window.__show(error); } };
    const { sendBeacon } = navigator;
    const found = Object.getOwnPropertyDescriptor(Navigator.prototype, 'sendBeacon');
    const url = `/echo?key=${key}`;
    return [
      Object.keys(found).join(), found.writable, found.enumerable, found.configurable, sendBeacon.name, sendBeacon.length, String(sendBeacon),
      Reflect.ownKeys(sendBeacon).map(String), Reflect.ownKeys(Navigator.prototype).map(String), Reflect.ownKeys(navigator).length, Object.hasOwn(sendBeacon, 'prototype'),
      show(() => sendBeacon(url)), show(() => sendBeacon.call({}, url)), show(() => new sendBeacon(url)), show(() => navigator.sendBeacon()),
      show(() => navigator.sendBeacon('http://[broken')), show(() => navigator.sendBeacon('data:,x')), show(() => navigator.sendBeacon(url, Symbol())),
      show(() => navigator.sendBeacon(url, new ReadableStream())), show(() => navigator.sendBeacon(url, { toString() { throw new RangeError('mine'); } })),
      show(() => navigator.sendBeacon(url, new Uint8Array(70_000))),
    ];
  });
  assert.deepEqual(tapped, plain);
  // Chromium refuses a stream, and what is too large; Firefox sends a stream's name, and knows no limit.
  const sent = plain.filter((result) => result === 'true').length;
  assert.equal(sent, BROWSER === 'firefox' ? 2 : 0);
  const told = Array(sent).fill(['wants', 'open', 'request', 'end']).flat();
  assert.deepEqual(await pages[1].evaluate(() => [window.__handle.armed, window.__record.calls.map(([name]) => name)]), [true, told]);
  await close();
});

const BODIES = {
  'nothing': ['', undefined, ''],
  'null': ['null', undefined, ''],
  'a string': ["'héllo'", 'héllo', ''],
  'a Blob': ["new Blob(['{}'], { type: 'application/json' })", [123, 125], 'content-type: application/json\n'],
  'a Blob without a type': ["new Blob(['{}'])", [123, 125], ''],
  'a view': ['new Uint8Array([9, 1, 2, 9]).subarray(1, 3)', [1, 2], ''],
  'an ArrayBuffer': ['new Uint8Array([1, 2]).buffer', [1, 2], ''],
  'URLSearchParams': ["new URLSearchParams({ a: 'b c' })", 'a=b+c', ''],
  'FormData': ["(() => { const form = new FormData(); form.set('a', 'b'); return form; })()", null, ''],
  'an object': ["{ toString: () => 'mine' }", null, ''],
};
for (const [name, [body, told, headers]] of Object.entries(BODIES)) {
  test(`sent as natively and told: ${name}`, async () => {
    const scenario = ({ key, body }) => (0, eval)(`(...body) => navigator.sendBeacon('/echo?key=${key}', ...body)`)(...(body ? [(0, eval)(`(${body})`)] : []));
    const { plain, tapped, pages, keys, close } = await bench.both(scenario, { body });
    assert.deepEqual([tapped, plain], [true, true]);
    const [expected, arrived] = await Promise.all(keys.map((key) => bench.server.until(key, ({ finished }) => finished)));
    for (const record of [expected, arrived]) {
      const [type, boundary] = record.requestHeaders['content-type']?.split('boundary=') ?? [];
      record.type = type;
      delete record.requestHeaders;
      // Chosen anew for each form, in Firefox of any length.
      if (boundary) record.requestBody = record.requestBody.replaceAll(boundary, 'BOUNDARY');
    }
    assert.deepEqual(arrived, expected);
    assert.equal(arrived.count, 1);
    const seen = await pages[1].evaluate(async () => {
      await window.__record.ended('echo');
      const { request, requests = 0, end, ends, method, transport, adopted, headers, protocol, url } = window.__record.exchanges[0];
      return [window.__record.exchanges.length, ArrayBuffer.isView(request) ? [...request] : request, requests, end, ends, method, transport, adopted, headers, protocol, url];
    });
    const url = `${bench.server.origin}/echo?key=${keys[1]}`;
    assert.deepEqual(seen, [1, told, told === undefined ? 0 : 1, 'done', 1, 'POST', 'beacon', false, headers, '', url]);
    await close();
  });
}

test('urls: relative, objects, unwanted, only known to page code', async () => {
  const page = await bench.page({ tapped: true });
  const seen = await page.evaluate(() => {
    navigator.sendBeacon(new URL('/json?object', location));
    navigator.sendBeacon('/json?unwanted');
    navigator.sendBeacon({ toString: () => '/json?mine' });
    document.head.appendChild(document.createElement('base')).href = '/deep/';
    navigator.sendBeacon('json?based', 'x');
    return [window.__record.asked.map(({ url, transport, method }) => [url, transport, method].join(' ')), window.__record.exchanges.length];
  });
  const { origin } = bench.server;
  const asked = ['/json?object', '/json?unwanted', '/deep/json?based'].map((path) => `${origin}${path} beacon POST`);
  assert.deepEqual(seen, [asked, 2]);
  await page.close();
});

test('a buffer is copied at the call', async () => {
  const page = await bench.page({ tapped: true });
  const seen = await page.evaluate(() => {
    const body = new Uint8Array([1, 2, 3]);
    navigator.sendBeacon('/json?copy', body);
    body.fill(9);
    return [...window.__record.exchanges[0].request];
  });
  assert.deepEqual(seen, [1, 2, 3]);
  await page.close();
});

test('sent while the page is left, and told before it is gone', async () => {
  const page = await bench.page({ tapped: true });
  const [key, other] = [bench.key(), bench.key()];
  await page.evaluate(([key, other]) => {
    addEventListener('pagehide', () => {
      navigator.sendBeacon(`/echo?key=${key}`, 'bye');
      fetch(`/echo?key=${other}`, { method: 'POST', body: 'bye', keepalive: true });
      const told = window.__record.exchanges.map(({ transport, request, end }) => [transport, request, end].join());
      sessionStorage.setItem('told', told.join(' '));
    });
  }, [key, other]);
  await page.goto(`${bench.server.origin}/page?next`);
  assert.equal(await page.evaluate(() => sessionStorage.getItem('told')), 'beacon,bye,done fetch,bye,');
  for (const sent of [key, other]) assert.equal((await bench.server.until(sent, ({ finished }) => finished)).requestBody, 'bye');
  await page.close();
});

test('keepalive uploads of every kind are told like others', async () => {
  const page = await bench.page({ tapped: true });
  const seen = await page.evaluate(async () => {
    const send = (body, type) => fetch('/echo?keep', { method: 'POST', keepalive: true, body, headers: type ? { 'content-type': type } : {} }).then((response) => response.text());
    await send('text', 'application/json');
    await send(new Blob(['x']));
    await send(new Uint8Array([1]));
    await (await fetch(new Request('/echo?keep', { method: 'POST', body: 'kept', keepalive: true }))).text();
    // Its end may be told after the page has it.
    await window.__record.until('keep', ({ request, end }) => request === 'kept' && end);
    return window.__record.exchanges.map(({ request, headers, end }) => [ArrayBuffer.isView(request) ? [...request].join() : request, headers, end]);
  });
  assert.deepEqual(seen, [
    ['text', 'content-type: application/json\n', 'done'],
    ['120', '', 'done'],
    ['1', '', 'done'],
    ['kept', 'content-type: text/plain;charset=UTF-8\n', 'done'],
  ]);
  await page.close();
});
