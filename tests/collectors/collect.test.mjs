// `cargo xtask collect` as pages meet it: its answers are the browser's to judge.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { launch } from '../browser/browser.mjs';
import { collect, folder, until } from './running.mjs';

const log = (id) => JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [
  { timeUnixNano: '1700000000000000000', eventName: 'x', attributes: [{ key: 'event.id', value: { stringValue: id } }] },
] }] }] });

let chromium;
let pages;
let origin;

before(async () => {
  chromium = await launch();
  // Pages of another origin than the collector's, each with the policy it asks for.
  pages = createServer((request, response) => {
    const { searchParams } = new URL(request.url, 'http://x');
    const headers = { 'content-type': 'text/html' };
    if (searchParams.has('policy')) headers['content-security-policy'] = searchParams.get('policy');
    response.writeHead(200, headers).end('<!doctype html><title>page</title>');
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  origin = `http://127.0.0.1:${pages.address().port}`;
});

after(async () => {
  await chromium?.close();
  pages?.close();
  pages?.closeAllConnections();
});

async function open(t, policy) {
  const page = await chromium.context.newPage();
  t.after(() => page.close());
  await page.goto(policy ? `${origin}/?policy=${encodeURIComponent(policy)}` : origin);
  return page;
}

test('a page of another origin sends JSON, gzip and beacons, and reads every answer', async (t) => {
  const collector = await collect(t, '--fault', 'status=429,retry-after=3,path=/v1/traces');
  const page = await open(t);
  const bytes = [...gzipSync(log('zipped'))];
  const seen = await page.evaluate(async ({ url, plain, bytes }) => {
    const post = async (path, headers, body) => {
      const answer = await fetch(url + path, { method: 'POST', headers, body });
      return [answer.status, answer.headers.get('retry-after')];
    };
    const json = { 'content-type': 'application/json' };
    return [
      await post('/v1/logs', json, plain),
      await post('/v1/logs', { ...json, 'content-encoding': 'gzip' }, new Uint8Array(bytes)),
      await post('/v1/traces', json, '{}'),
      navigator.sendBeacon(`${url}/events`, new Blob(['{"type":"Stop","eventId":"1"}\n'], { type: 'application/json' })),
      navigator.sendBeacon(`${url}/events`, '{"type":"Stop","eventId":"2"}\n'),
    ];
  }, { url: collector.url, plain: log('plain'), bytes });
  assert.deepEqual(seen, [[200, null], [200, null], [429, '3'], true, true]);
  const counts = await until('both beacons', async () => {
    const counts = await collector.counts();
    return counts.kept.event === 2 && counts;
  });
  assert.equal(counts.kept.log, 2);
});

test('a reset and a lost answer are a network that is down, to a page', async (t) => {
  const collector = await collect(t, '--fault', 'reset,first=1', '--fault', 'lost,first=1');
  const page = await open(t);
  const seen = await page.evaluate(async ({ url, body }) => {
    const outcomes = [];
    for (let n = 0; n < 3; n += 1) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/v1/logs`, { method: 'POST', headers, body }).catch((error) => error);
      outcomes.push(answer.status ?? answer.name);
    }
    return outcomes;
  }, { url: collector.url, body: log('a') });
  // What was reset on a connection that it had used, Chromium sends once more by itself:
  // then fewer failures are seen here.
  assert.equal(seen.at(-1), 200);
  const { requests, kept, again, faults } = await collector.counts();
  assert.deepEqual(faults, { lost: 1, reset: 1 });
  assert.deepEqual([kept.log, again.log], [1, requests - 2]);
});

test('the relay carries what a policy keeps in, for the page it was opened by alone', async (t) => {
  const collector = await collect(t);
  const page = await open(t, "connect-src 'self'");
  const direct = await page.evaluate((url) => fetch(`${url}/v1/logs`, { method: 'POST', body: '{}' }).then(() => 'sent', () => 'blocked'), collector.url);
  assert.equal(direct, 'blocked');
  const [carried, refused] = await page.evaluate(async ({ url, body }) => {
    const relay = window.open(`${url}/relay?origin=${encodeURIComponent(location.origin)}`, 'relay', 'popup');
    const heard = (wanted) => new Promise((resolve) => {
      addEventListener('message', function listener({ source, origin, data }) {
        if (source !== relay || origin !== url || !wanted(data)) return;
        removeEventListener('message', listener);
        resolve(data);
      });
    });
    await heard(({ pagetap }) => pagetap === 'ready');
    const send = (id, to) => {
      const answer = heard((data) => data.pagetap === 'answer' && data.id === id);
      const headers = { 'content-type': 'application/json' };
      const buffer = new TextEncoder().encode(body).buffer;
      relay.postMessage({ pagetap: 'batch', id, url: to, method: 'POST', headers, body: buffer }, url, [buffer]);
      return answer;
    };
    const plain = ({ status, why, body: bytes }) => [status, new TextDecoder().decode(bytes), why];
    return [plain(await send(1, `${url}/v1/logs`)), plain(await send(2, 'http://127.0.0.1:9/'))];
  }, { url: collector.url, body: log('relayed') });
  assert.deepEqual(carried, [200, '{}', undefined]);
  assert.equal(refused[0], 0);
  assert.match(refused[2], /own collector only/);
  assert.equal((await collector.counts()).kept.log, 1);
});

test('the relay does not hear a page that was not named when it was opened', async (t) => {
  const collector = await collect(t);
  const page = await open(t);
  const popup = page.waitForEvent('popup');
  await page.evaluate((url) => {
    globalThis.heard = [];
    addEventListener('message', ({ data }) => globalThis.heard.push(data));
    globalThis.relay = window.open(`${url}/relay?origin=https://claude.ai`, 'relay', 'popup');
  }, collector.url);
  const relay = await popup;
  await relay.waitForLoadState();
  await page.evaluate(({ url, body }) => {
    const buffer = new TextEncoder().encode(body).buffer;
    globalThis.relay.postMessage({ pagetap: 'batch', id: 1, url: `${url}/v1/logs`, method: 'POST', headers: {}, body: buffer }, url);
  }, { url: collector.url, body: log('forged') });
  // What was posted before is delivered before.
  await relay.evaluate(() => new Promise((resolve) => {
    addEventListener('message', resolve, { once: true });
    postMessage('later', location.origin);
  }));
  assert.equal((await collector.counts()).requests, 0);
  assert.deepEqual(await page.evaluate(() => globalThis.heard), []);
});

test('what it keeps is in the file when it answers, and Ctrl-C ends with a summary', async (t) => {
  const store = join(folder(t), 'events.jsonl');
  const collector = await collect(t, '--store', store);
  const post = (id) => fetch(`${collector.url}/v1/logs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: log(id) });
  for (const id of ['a', 'b', 'a']) assert.equal((await post(id)).status, 200);
  const lines = readFileSync(store, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ signal, id }) => [signal, id]), [['log', 'a'], ['log', 'b']]);
  await collector.end('SIGINT');
  assert.match(collector.printed, /22:13:20\.000 log {4}x\n/);
  assert.match(collector.printed, /x {2}\(came before\)\n/);
  assert.match(collector.printed, /\n2 logs, 1 came again\n/);
  const again = await collect(t, '--store', store, '--quiet');
  await fetch(`${again.url}/v1/logs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: log('b') });
  const { kept, again: known } = await again.counts();
  assert.deepEqual([kept.log, known.log], [0, 1]);
});
