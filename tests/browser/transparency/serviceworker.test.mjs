// A page behind a service worker: what the worker is asked, what it answers, and what is passed between
// the two, is what it is without a tap; and the page's side of it is seen.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';

// Served as a script. Answers what has `?sw=`.
function worker() {
  const text = (body, init) => new Response(body, init);
  const made = () =>
    new ReadableStream({
      start(controller) {
        for (const piece of ['one', 'two', 'three']) controller.enqueue(new TextEncoder().encode(piece));
        controller.close();
      },
    });
  const WAYS = {
    through: ({ request }) => fetch(request),
    made: () => text(made(), { status: 207, statusText: 'Made', headers: { 'content-type': 'text/event-stream', 'x-own': '1' } }),
    async request({ request, clientId }) {
      const { url, method, mode, credentials, cache, redirect, destination, referrer, integrity, keepalive, headers, signal } = request;
      const seen = { url, method, mode, credentials, cache, redirect, destination, referrer, integrity, keepalive };
      const [body, client] = [await request.text(), await clients.get(clientId)];
      return text(JSON.stringify({ ...seen, headers: [...headers], aborted: signal.aborted, body, client: client.type }));
    },
    other: () => fetch('/json?other'),
    redirected: () => fetch('/redirect?to=/json?redirected'),
    error: () => Response.error(),
    rejects: () => Promise.reject(new RangeError('of the worker')),
    async used() {
      const used = text('used');
      await used.text();
      return used;
    },
    async cached({ request }) {
      const cache = await caches.open('own');
      await cache.put(request, text(made(), { headers: { 'x-cached': '1' } }));
      return cache.match(request);
    },
    fails: () => {
      let sent = false;
      return text(new ReadableStream({
        pull(controller) {
          if (sent) controller.error(new RangeError('midway'));
          else controller.enqueue(new TextEncoder().encode('sent'));
          sent = true;
        },
      }));
    },
  };
  self.addEventListener('install', () => self.skipWaiting());
  self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
  self.addEventListener('fetch', (event) => {
    const way = new URL(event.request.url).searchParams.get('sw');
    if (way) event.respondWith(WAYS[way](event));
  });
  self.addEventListener('message', async ({ data, ports: [port] }) => {
    if (data.stream) return port.postMessage(await new Response(data.stream).text());
    const stream = made();
    port.postMessage(stream, [stream]);
  });
}

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

// Runs in the page.
async function behind({ script, key }) {
  const { serviceWorker } = navigator;
  const show = window.__show;
  const controlled = new Promise((done) => serviceWorker.addEventListener('controllerchange', done, { once: true }));
  await serviceWorker.register(`/json?type=text/javascript&value=${encodeURIComponent(script)}`, { scope: '/' });
  if (!serviceWorker.controller) await controlled;
  const address = (way) => `/echo?key=${key}&sw=${way}`;
  const looks = ({ url, type, status, statusText, ok, redirected, headers }) => ({ url, type, status, statusText, ok, redirected, own: headers.get('x-own'), cached: headers.get('x-cached') });
  const seen = {};
  for (const way of ['made', 'other', 'redirected', 'cached']) {
    const response = await fetch(address(way));
    seen[way] = [looks(response), await response.text()];
  }
  for (const way of ['error', 'rejects', 'used']) seen[way] = await fetch(address(way)).then(looks, show);
  seen.fails = await fetch(address('fails')).then((response) => response.text()).catch(show);
  // As bytes, in the pieces that the worker made.
  const read = [];
  const { body } = await fetch(address('made'));
  for await (const piece of body) read.push(new TextDecoder().decode(piece));
  seen.read = read.join('');
  const headers = { 'x-asked': 'yes', 'content-type': 'text/plain' };
  const asked = {
    plain: [address('request')],
    posted: [address('request'), { method: 'POST', body: 'body', headers, credentials: 'omit', cache: 'no-store', redirect: 'manual', keepalive: true, referrer: '/other' }],
    request: [new Request(address('request'), { method: 'PUT', body: new Blob(['blob']), headers, signal: new AbortController().signal })],
    changed: [new Request(address('request'), { method: 'POST', body: 'first' }), { body: 'second', mode: 'same-origin' }],
  };
  for (const [name, args] of Object.entries(asked)) seen[name] = await (await fetch(...args)).text();
  // The rest of the exchange is the network's: headers of the connection differ with the page.
  seen.through = JSON.parse(await (await fetch(address('through'), { method: 'POST', body: 'through', headers })).text()).body;
  seen.frame = await new Promise((done) => {
    const frame = document.createElement('iframe');
    frame.onload = () => done(frame.contentDocument.body.textContent);
    frame.src = address('made');
    document.body.append(frame);
  });
  const send = (data, transfer = []) => new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => done(data);
    serviceWorker.controller.postMessage(data, [port2, ...transfer]);
  });
  const passed = (await fetch(`/sse?key=${key}&n=3`)).body;
  seen.passed = [await send({ stream: passed }, [passed]), passed.locked];
  const got = await send({});
  seen.got = [String(got), got instanceof ReadableStream, await new Response(got).text()];
  seen.refused = await (async () => serviceWorker.controller.postMessage(await fetch(address('made'))))().catch(({ name, constructor }) => [name, constructor.name]);
  return seen;
}

test('what a service worker is asked and answers, and what is passed to it and back, is the same', async () => {
  const { plain, tapped, pages, close } = await bench.both(behind, { script: `(${worker})()` });
  assert.deepEqual(tapped, plain);
  assert.equal(plain.made[1], 'onetwothree');
  assert.equal(JSON.parse(plain.posted).body, 'body');
  for (const page of pages) assert.deepEqual(page.failures, []);
  const exchanges = await pages[1].evaluate(async () => {
    const { exchanges } = window.__record;
    const text = ({ chunks }) => new TextDecoder().decode(new Uint8Array(chunks.flatMap((chunk) => [...chunk])));
    return exchanges.map((exchange) => [new URL(exchange.url).searchParams.get('sw'), exchange.method, exchange.end, text(exchange)]);
  });
  const found = (way) => exchanges.filter(([name]) => name === way).map(([, ...rest]) => rest.join(' '));
  assert.deepEqual(found('made').slice(0, 2), Array(2).fill('GET done onetwothree'));
  assert.deepEqual(found('cached'), ['GET done onetwothree']);
  assert.match(found('fails').join(), /^GET failed (sent)?$/, 'a whole body that fails is given to nobody');
  assert.deepEqual(found('request').map((line) => line.split(' ').slice(0, 2).join(' ')), ['GET done', 'POST done', 'PUT done', 'POST done']);
  await close();
});
