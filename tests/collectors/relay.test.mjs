// A page that may not reach a collector: it is told exactly why, and exports through the collector's own
// window. Page and window are those that ship (src/web/export/relay.js, cargo xtask collect).

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ask, startScene, TOLD, until } from '../browser/export/scene.mjs';
import { collect, folder } from './running.mjs';
import { stored } from './sent.mjs';

let scene;
before(async () => {
  scene = await startScene();
});
after(() => scene?.close());

const CLASSIC = '<script src="/dist/pagetap.js"></script>';
const BUTTON = '<button onclick="window.opening = Promise.all(going.map((one) => one.openRelay())).then(() => \'open\', String)">open</button>';
const POLICY = { 'content-security-policy': "default-src 'self' 'unsafe-inline'; connect-src 'self'" };

/** Where each format goes, at a collector's address. */
const FORMATS = { otlp: '', 'otlp-json': '', hooks: '/hooks', ndjson: '/events' };

/** Has a page export to this address in these formats, at once. */
const begin = (page, url, formats = ['ndjson'], options = {}) => page.evaluate((given) => {
  window.going = given.map((options) => window.begin(options) && window.exported);
}, formats.map((format) => ({ to: url + FORMATS[format], format, ...options })));

async function exporting(collector, formats, { headers = POLICY, options } = {}) {
  const page = await scene.open({ host: `${scene.key()}.localhost`, body: BUTTON, headers });
  await begin(page, collector.url, formats, options);
  return page;
}

/** Opens the window as a person does; what came of it. */
async function openRelay(page) {
  await page.click('button');
  return page.evaluate(() => window.opening);
}

const flush = (page) => page.evaluate(() => Promise.all(going.map((one) => one.flush())).then(() => {}));
const stop = (page) => page.evaluate(() => Promise.all(going.map((one) => one.stop())).then(() => {}));
const blocked = (page) => until(page, ({ state }) => state === 'blocked');

describe("a page with connect-src 'self'", () => {
  for (const format of Object.keys(FORMATS)) {
    test(`${format}: the window brings what would have come directly, once`, async (t) => {
      const [relayed, direct] = [await collect(t), await collect(t)];
      const free = await exporting(direct, [format], { headers: {} });
      await ask(free, 2);
      await flush(free);
      const page = await exporting(relayed, [format]);
      await ask(page, 2);
      const { why } = await blocked(page);
      assert.ok(why.startsWith(`the page's Content-Security-Policy (connect-src) does not allow ${relayed.url};`), why);
      assert.equal((await relayed.counts()).requests, 0);
      assert.equal(await openRelay(page), 'open');
      await flush(page);
      const { kept, again, names, refused, unreadable } = await relayed.counts();
      const expected = await direct.counts();
      assert.deepEqual([kept, names], [expected.kept, expected.names]);
      assert.deepEqual([Object.values(again), refused, unreadable], [[0, 0, 0, 0, 0], 0, 0]);
      const ends = { hooks: 'hook Stop', ndjson: 'event Stop' }[format] ?? 'span chat claude-opus-5';
      assert.equal(names[ends], 2, JSON.stringify(names));
      await stop(page);
      await page.done();
    });
  }

  test('the window is closed in the middle: it is said, and what was not answered comes again by the same ids', async (t) => {
    const file = join(folder(t), 'events.jsonl');
    const collector = await collect(t, '--store', file);
    const page = await exporting(collector);
    await ask(page);
    // How many of them the direct way was tried with, before the policy was known, is chance.
    await until(page, ({ state, pending }) => state === 'blocked' && pending === 4);
    await page.evaluate(() => (globalThis.tried = exported.stats().sent));
    // The first window goes when the collector has answered, and before the page is told.
    await scene.context.addInitScript((url) => {
      if (location.origin !== url || localStorage.closed) return;
      localStorage.closed = 'once';
      const { fetch } = window;
      window.fetch = (...given) => fetch(...given).then(() => {
        window.close();
        return new Promise(() => {});
      });
    }, collector.url);
    await openRelay(page);
    // What waits is counted a while later.
    const { lastError, acknowledged } = await until(page, ({ state, sent, pending }) => (
      state === 'blocked' && sent === tried + 4 && pending === 4));
    assert.ok(lastError.endsWith('(the window of the relay was closed)'), lastError);
    assert.equal(acknowledged, 0);
    const first = stored(file).map(({ id }) => id);
    assert.equal(first.length, TOLD.length);
    await ask(page);
    assert.equal(await openRelay(page), 'open');
    await flush(page);
    const { kept, again } = await collector.counts();
    assert.deepEqual([kept.event, again.event], [2 * TOLD.length, TOLD.length]);
    assert.deepEqual(stored(file).slice(0, TOLD.length).map(({ id }) => id), first);
    assert.deepEqual(stored(file).map(({ body: { type, seq } }) => `${type} ${seq}`), await page.evaluate(() => heard));
    await stop(page);
    await page.done();
  });

  test('the window is loaded anew in the middle: what it had goes through the new one', async (t) => {
    const collector = await collect(t);
    const page = await exporting(collector);
    await ask(page);
    await blocked(page);
    await scene.context.route(`${collector.url}/events`, (route) => route.request().frame().page().reload(), { times: 1 });
    await openRelay(page);
    await flush(page);
    const { lastError, retries } = await page.evaluate(() => exported.stats());
    assert.match(lastError, /the window of the relay was loaded anew/);
    assert.equal(retries, 2, 'the policy, and the window');
    assert.deepEqual([(await collector.counts()).kept.event, (await collector.counts()).again.event], [TOLD.length, 0]);
    await stop(page);
    await page.done();
  });

  test('and Cross-Origin-Opener-Policy: same-origin: the window is cut off, which is said, also by why', async (t) => {
    const collector = await collect(t);
    const page = await exporting(collector, ['ndjson'], { headers: { ...POLICY, 'cross-origin-opener-policy': 'same-origin' } });
    await ask(page);
    await blocked(page);
    const cut = 'the window of the relay was closed, or the page cuts off what it opens (Cross-Origin-Opener-Policy)';
    assert.equal(await openRelay(page), `Error: ${cut}`);
    const { state, why } = await page.evaluate(() => exported.stats());
    assert.equal(state, 'blocked');
    assert.equal(why, `the page's Content-Security-Policy (connect-src) does not allow ${collector.url}; ${cut}`);
    assert.equal((await collector.counts()).requests, 0);
    await until(page, ({ pending }) => pending === 4);
    await page.done();
  });
});

test('a collector that does not know the origin: neither way is open, and both say so', async (t) => {
  const collector = await collect(t, '--origin', 'https://claude.ai');
  const page = await exporting(collector, ['otlp'], { headers: {} });
  await ask(page);
  const { why } = await blocked(page);
  const origin = await page.evaluate(() => location.origin);
  assert.ok(why.startsWith(`${collector.url} answers, but does not allow ${origin} (CORS)`), why);
  const refused = `the relay at ${collector.url} does not answer: is the collector running, and does it allow ${origin}?`;
  assert.equal(await openRelay(page), `Error: ${refused}`);
  await assert.rejects(flush(page), /not sent: .* does not allow/);
  assert.deepEqual((await collector.counts()).names, {});
  await until(page, ({ pending }) => pending > 0);
  await page.done();
});

describe('a page that is not local', () => {
  const name = 'collector.test';

  test('of a public address: Local Network Access is why; one window carries every format', async (t) => {
    const collector = await collect(t);
    // The page's own address counts as public; and as secure, else there would be nothing to be granted.
    const { port } = new URL(scene.service.origin);
    const browser = await startScene({
      args: [
        `--ip-address-space-overrides=127.0.0.1:${port}=public`, '--host-resolver-rules=MAP public.test 127.0.0.1',
        `--unsafely-treat-insecure-origin-as-secure=http://public.test:${port}`,
      ],
    });
    t.after(() => browser.close());
    const page = await browser.context.newPage();
    for (const init of browser.inits) await page.addInitScript(init);
    const address = new URL(scene.service.page({ head: CLASSIC, body: BUTTON }));
    address.hostname = 'public.test';
    await page.goto(String(address));
    await begin(page, collector.url, Object.keys(FORMATS));
    await ask(page);
    const { why } = await blocked(page);
    assert.match(why, /^the browser does not let this page reach local addresses \(Local Network Access: (denied|prompt)\)/);
    assert.equal((await collector.counts()).requests, 0);
    assert.equal(await openRelay(page), 'open');
    await flush(page);
    const { names, again } = await collector.counts();
    assert.deepEqual(['hook Stop', 'event Stop', 'log claude_tap.user_prompt'].map((one) => names[one]), [1, 1, 2], JSON.stringify(names));
    assert.deepEqual(Object.values(again), [0, 0, 0, 0, 0]);
  });

  test('loaded by https: it is told of mixed content before anything is tried; the window works', async (t) => {
    const collector = await collect(t);
    const browser = await startScene({ args: [`--host-resolver-rules=MAP ${name} 127.0.0.1`] });
    t.after(() => browser.close());
    const page = await browser.context.newPage();
    for (const init of browser.inits) await page.addInitScript(init);
    const refused = [];
    page.on('console', (message) => /Mixed Content/.test(message.text()) && refused.push(message.text()));
    // No certificate is needed for what never leaves the browser.
    const { pathname } = new URL(scene.service.page({ head: CLASSIC, body: BUTTON }));
    await page.route('https://secure.test/**', async (route) => {
      const { pathname, search } = new URL(route.request().url());
      await route.fulfill({ response: await route.fetch({ url: scene.service.origin + pathname + search }) });
    });
    await page.goto(`https://secure.test${pathname}`);
    const there = collector.url.replace('127.0.0.1', name);
    await begin(page, there);
    const { why } = await blocked(page);
    const mixed = `a page loaded by https: cannot reach ${there} (mixed content)`;
    assert.equal(why, `${mixed}; openRelay(), called in a click, opens a window that carries the events`);
    await ask(page);
    await assert.rejects(flush(page), /not sent: a page loaded by https:/);
    assert.deepEqual(refused, [], 'nothing is tried');
    assert.equal((await collector.counts()).requests, 0);
    // The browser says the same, if it is asked.
    assert.equal(await page.evaluate((url) => fetch(url, { method: 'POST' }).then(() => 'sent', () => 'refused'), there), 'refused');
    assert.equal(refused.length, 1, String(refused));
    assert.equal(await openRelay(page), 'open');
    await flush(page);
    assert.equal((await collector.counts()).kept.event, TOLD.length);
  });
});
