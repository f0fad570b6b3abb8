// Several pages of an origin, and pages that go away in every way: what is in the log arrives.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { ARGUMENTS } from '../browser.mjs';
import { ask, inits, startScene, told, TOLD, until } from './scene.mjs';

let scene;
before(async () => {
  scene = await startScene();
});
after(() => scene?.close());

const ANOTHER = 'another page of this origin sends';

/** `count` pages of one origin that export to one collector, one after the other; the first leads. */
async function tabs(count, options = {}) {
  const collector = await scene.collector();
  const host = `${scene.key()}.localhost`;
  const pages = [];
  const another = async () => {
    const page = await scene.open({ host });
    await page.evaluate((options) => begin(options), { to: collector.to, ...options });
    await until(page, ({ state }) => state !== 'starting');
    pages.push(page);
    return page;
  };
  for (let i = 0; i < count; i++) await another();
  return { collector, host, pages, another };
}

const heard = (page) => page.evaluate(() => window.heard);
const sorted = (list) => [...list].sort();

describe('one page sends for all', () => {
  test('each event arrives once; the others wait, and say so', async () => {
    const { collector, pages } = await tabs(3);
    await Promise.all(pages.map((page) => ask(page, 4)));
    await Promise.all(pages.map((page) => page.evaluate(() => exported.flush())));
    const all = (await Promise.all(pages.map(heard))).flat();
    assert.deepEqual(sorted(told(collector)), sorted(all));
    assert.ok([...collector.kept.values()].every((count) => count === 1));
    const stats = await Promise.all(pages.map((page) => page.evaluate(() => exported.stats())));
    assert.deepEqual(stats.map(({ sent }) => sent), [48, 0, 0]);
    assert.deepEqual(stats.map(({ why }) => why), [null, ANOTHER, ANOTHER]);
    assert.deepEqual(stats.map(({ pending }) => pending), [0, 0, 0]);
    for (const page of pages) await page.done();
  });

  test('when it is closed, another does', async () => {
    const { collector, pages: [first, second] } = await tabs(2);
    await first.done();
    await ask(second);
    await collector.until(({ lines }) => lines.length >= TOLD.length);
    assert.deepEqual(told(collector), await heard(second));
    await second.done();
  });

  test('when it holds the lock and does not answer, the lock is taken from it', async () => {
    const { collector, host, another } = await tabs(0);
    const dead = await scene.open({ host });
    await dead.evaluate((to) => new Promise((held) => {
      navigator.locks.request(`pagetap-export ndjson ${to}`, () => {
        held();
        return new Promise(() => {});
      }).catch(() => {});
    }), collector.to);
    const page = await another();
    await ask(page);
    assert.equal((await page.evaluate(() => exported.stats())).why, ANOTHER);
    await collector.until(({ lines }) => lines.length >= TOLD.length);
    assert.deepEqual(told(collector), await heard(page));
    await page.done();
    await dead.done();
  });

  test('one that was in trouble when it let another lead says that the other sends, and waits for that', async () => {
    const { collector, pages: [first, second] } = await tabs(2);
    await collector.down();
    await ask(first);
    await until(first, ({ retries }) => retries > 0);
    await first.evaluate(() => document.dispatchEvent(new Event('freeze')));
    await until(second, ({ why }) => why !== 'another page of this origin sends');
    await first.evaluate(() => document.dispatchEvent(new Event('resume')));
    const { why, nextTryAt } = await first.evaluate(() => exported.stats());
    assert.deepEqual([why, nextTryAt], [ANOTHER, null]);
    await collector.up();
    await second.evaluate(() => window.dispatchEvent(new Event('online')));
    await first.evaluate(() => exported.flush());
    assert.deepEqual(told(collector), await heard(first));
    for (const page of [first, second]) await page.done();
  });

  test('a page whose policy lets nothing out leaves it to one that can', async () => {
    const { collector, host, another } = await tabs(0);
    const strict = await scene.open({ host, headers: { 'content-security-policy': "connect-src 'self'" } });
    await strict.evaluate((to) => begin({ to }), collector.to);
    await ask(strict);
    await until(strict, ({ state }) => state === 'blocked');
    const free = await another();
    await collector.until(({ lines }) => lines.length >= TOLD.length);
    assert.deepEqual(told(collector), await heard(strict));
    await free.done();
    await strict.done();
  });
});

describe('a page that goes away', () => {
  test('closed a moment after the events: its last request carries them', async () => {
    const { collector, pages: [page] } = await tabs(1);
    await ask(page);
    const events = await heard(page);
    await page.close();
    await collector.until(({ lines }) => lines.length >= TOLD.length);
    assert.deepEqual(told(collector), events);
  });

  test('by a navigation in the middle of an answer: what ends there is told, too', async () => {
    const { collector, pages: [page] } = await tabs(1);
    const key = scene.key();
    await page.evaluate((key) => void words.ask(`/v1/messages?drive=${key}`).catch(() => {}), key);
    const stream = await scene.service.stream(key);
    await stream.write('data: {"type":"message_start","message":{"id":"msg_1","model":"m"}}\n\n');
    await page.evaluate(() => words.until(() => heard.length === 2));
    await page.goto('about:blank');
    await collector.until(({ lines }) => lines.some(({ type }) => type === 'MessageEnd'));
    const types = collector.lines.map(({ type }) => type).filter((type) => type !== 'Notice');
    assert.deepEqual(types.slice(0, 3), ['UserPromptSubmit', 'MessageStart', 'MessageEnd']);
    await page.close();
  });

  test('with keepalive: false nothing is sent then, and the next page sends it', async () => {
    const { collector, pages: [page], another } = await tabs(1, { keepalive: false });
    await ask(page);
    const events = await heard(page);
    // What waits for a transaction of the page's own when that is closed, the browser drops: it had the last
    // request for that (above), which is left out here.
    await until(page, ({ logged }) => logged === 4);
    await page.close();
    const next = await another();
    await collector.until(({ lines }) => lines.length >= TOLD.length);
    assert.deepEqual(told(collector), events);
    assert.ok([...collector.kept.values()].every((count) => count === 1));
    await next.done();
  });

  for (const way of ['closed', 'by a navigation']) {
    test(`${way} while another page is writing: the browser drops what waits for that, the other page does not`, async () => {
      const { collector, pages: [other, page] } = await tabs(2, { keepalive: false });
      // Whoever else reads or writes, the log of the page that goes away has to wait for this.
      await other.evaluate(async () => {
        const db = await new Promise((resolve) => {
          indexedDB.open('pagetap-export').onsuccess = ({ target }) => resolve(target.result);
        });
        const store = db.transaction('rows', 'readwrite').objectStore('rows');
        await new Promise((begun) => {
          const hold = () => {
            begun();
            if (!window.letGo) store.count().onsuccess = hold;
          };
          store.count().onsuccess = hold;
        });
      });
      await ask(page);
      const events = await heard(page);
      await (way === 'closed' ? page.close() : page.goto('about:blank'));
      await other.evaluate(() => (window.letGo = true));
      await collector.until(({ lines }) => lines.length >= TOLD.length);
      assert.deepEqual(told(collector), events);
      await other.done();
    });
  }

  test('what is no batch, whoever says that it was left, is nothing', async () => {
    const { collector, pages: [page] } = await tabs(1);
    await page.evaluate((to) => {
      const channel = new BroadcastChannel(`pagetap-export ndjson ${to}`);
      for (const left of [true, {}, { batches: [null] }, { batches: [{ items: 7 }] }]) channel.postMessage({ left, led: true });
      channel.postMessage('left');
    }, collector.to);
    await ask(page);
    await page.evaluate(() => exported.flush());
    assert.deepEqual(told(collector), await heard(page));
    await page.done();
  });

  test('closed while the collector is down: the next page of the origin sends it', async () => {
    const { collector, pages: [page], another } = await tabs(1);
    await collector.down();
    await ask(page, 3);
    await until(page, ({ logged }) => logged >= 12);
    const events = await heard(page);
    await page.close();
    await collector.up();
    const next = await another();
    await collector.until(({ lines }) => lines.length >= events.length);
    assert.deepEqual(told(collector), events);
    await next.done();
  });

  test('crashed: another page sends what was in the log', async () => {
    const { collector, pages: [page, other] } = await tabs(2);
    await collector.down();
    await ask(page, 3);
    await until(page, ({ logged }) => logged >= 12);
    const events = await heard(page);
    const crashed = new Promise((resolve) => page.on('crash', resolve));
    page.goto('chrome://crash').catch(() => {});
    await crashed;
    await collector.up();
    await other.evaluate(() => exported.flush());
    assert.deepEqual(told(collector), events);
    await other.done();
  });

  test('with the whole browser, killed: what was in the log is sent by the next one', async () => {
    const collector = await scene.collector();
    const profile = await mkdtemp(join(tmpdir(), 'pagetap-profile-'));
    const start = () => chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGUMENTS,
    });
    const address = scene.service.page({ head: '<script src="/dist/pagetap.js"></script>' });
    const open = async (context) => {
      const page = await context.newPage();
      for (const init of inits) await page.addInitScript(init);
      await page.goto(address);
      await page.evaluate((to) => begin({ to }), collector.to);
      return page;
    };
    let context = await start();
    try {
      await collector.down();
      const page = await open(context);
      await ask(page, 10);
      // Enough for the log's transactions of the last ones to be anywhere.
      const { rows } = await page.evaluate(() => stored());
      assert.ok(rows.length > 0);
      const ids = rows.map(({ id }) => id);
      const cdp = await context.browser()?.newBrowserCDPSession() ?? await context.newCDPSession(page);
      const { processInfo } = await cdp.send('SystemInfo.getProcessInfo').catch(() => ({ processInfo: [] }));
      const { id: pid } = processInfo.find(({ type }) => type === 'browser');
      const closed = new Promise((resolve) => context.on('close', resolve));
      process.kill(pid, 'SIGKILL');
      await closed;
      await collector.up();
      context = await start();
      const next = await open(context);
      await next.evaluate(() => exported.flush());
      const kept = new Set([...collector.kept.keys()].map((id) => id.replaceAll('-', '')));
      assert.deepEqual(ids.filter((id) => !kept.has(id)), []);
    } finally {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    }
  });
});
