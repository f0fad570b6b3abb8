// Where the direct way is closed the person is told exactly why, and the relay works.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask, startScene, told, TOLD, until } from './scene.mjs';

let scene;
before(async () => {
  scene = await startScene();
});
after(() => scene?.close());

const BUTTON = '<button onclick="window.opening = exported.openRelay().then(() => \'open\', String)">open</button>';

/** A page that exports to a collector of its own, which it cannot reach or can. */
async function exporting({ options = {}, collector: given, ...page } = {}) {
  const collector = await scene.collector(given);
  const opened = await scene.open({ host: `${scene.key()}.localhost`, body: BUTTON, ...page });
  await opened.evaluate((options) => {
    window.codes = [];
    __claudeHooks.on('Notice', ({ code }) => codes.push(code));
    begin(options);
  }, { to: collector.to, ...options });
  return { collector, page: opened };
}

const strict = { headers: { 'content-security-policy': "default-src 'self' 'unsafe-inline'; connect-src 'self'" } };

describe("a page with connect-src 'self'", () => {
  test('is told that its policy is why; it is tried once, not again and again', async () => {
    const { collector, page } = await exporting(strict);
    await page.evaluate(() => {
      window.violations = 0;
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => effectiveDirective === 'connect-src' && window.violations++);
    });
    await ask(page);
    const { why, lastError } = await until(page, ({ state }) => state === 'blocked');
    assert.equal(why, `the page's Content-Security-Policy (connect-src) does not allow ${collector.origin}; openRelay(), called in a click, opens a window that carries the events`);
    assert.ok(lastError.startsWith('the page'));
    await assert.rejects(page.evaluate(() => exported.flush()), /not sent: the page's Content-Security-Policy/);
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await ask(page, 2);
    assert.equal(await page.evaluate(() => window.violations), 1);
    assert.deepEqual(await page.evaluate(() => codes.filter((code) => code === 'export_blocked')), ['export_blocked']);
    assert.equal(collector.requests.length, 0);
    await page.done();
  });

  test('the relay, opened in a click, carries all of it', async () => {
    const { collector, page } = await exporting(strict);
    await ask(page, 2);
    await until(page, ({ state }) => state === 'blocked');
    await page.click('button');
    assert.equal(await page.evaluate(() => window.opening), 'open');
    await page.evaluate(() => exported.flush());
    assert.deepEqual(told(collector), await page.evaluate(() => heard));
    assert.ok(collector.requests.every(({ headers }) => headers['x-by'] === 'relay'));
    const { state, route, why } = await page.evaluate(() => exported.stats());
    assert.deepEqual([state, route, why], ['sending', 'relay', null]);
    await page.evaluate(() => exported.stop());
    await page.done();
  });

  test('when its window is closed, that is said; opened again, all goes on', async () => {
    const { collector, page } = await exporting(strict);
    await ask(page);
    await until(page, ({ state }) => state === 'blocked');
    const [window] = await Promise.all([page.waitForEvent('popup'), page.click('button')]);
    assert.equal(await page.evaluate(() => opening), 'open');
    await page.evaluate(() => exported.flush());
    await window.close();
    await ask(page);
    await until(page, ({ state }) => state === 'blocked');
    await page.click('button');
    assert.equal(await page.evaluate(() => opening), 'open');
    await page.evaluate(() => exported.flush());
    assert.deepEqual(told(collector), await page.evaluate(() => heard), JSON.stringify(collector.requests.map(({ lines }) => lines.map(({ type, seq }) => `${type} ${seq}`))));
    await page.evaluate(() => exported.stop());
    await page.done();
  });

  test('two collectors have a window each', async () => {
    const { collector, page } = await exporting(strict);
    const other = await scene.collector();
    await page.evaluate((to) => (window.second = __claudeHooks.export({ to, format: 'ndjson' })), other.to);
    await ask(page);
    await until(page, ({ state }) => state === 'blocked');
    await page.click('button');
    assert.equal(await page.evaluate(() => opening), 'open');
    await page.evaluate(() => document.querySelector('button').setAttribute('onclick', "window.opening = second.openRelay().then(() => 'open', String)"));
    await page.click('button');
    assert.equal(await page.evaluate(() => opening), 'open');
    await ask(page);
    await page.evaluate(() => Promise.all([exported.flush(), second.flush()]));
    const events = await page.evaluate(() => heard);
    assert.deepEqual([told(collector), told(other)], [events, events]);
    await page.evaluate(() => Promise.all([exported.stop(), second.stop()]));
    await page.done();
  });

  test('Trusted Types do not stand in the way', async () => {
    const { collector, page } = await exporting({
      headers: { 'content-security-policy': "require-trusted-types-for 'script'; trusted-types 'none'; connect-src 'self'" },
    });
    await ask(page);
    await until(page, ({ state }) => state === 'blocked');
    await page.click('button');
    assert.equal(await page.evaluate(() => opening), 'open');
    await page.evaluate(() => exported.flush());
    assert.equal(told(collector).length, TOLD.length);
    await page.evaluate(() => exported.stop());
    await page.done();
  });

  test('where the browser opens no window, the error says when it would', async () => {
    // As it is without a click; this browser was started with leave to open any.
    const head = '<script>window.open = () => null</script><script src="/dist/pagetap.js"></script>';
    const { page } = await exporting({ ...strict, head, options: { route: 'relay' } });
    const { why } = await until(page, ({ state }) => state === 'blocked');
    assert.equal(why, 'the window of the relay is not open: call openRelay() in a click');
    await assert.rejects(
      page.evaluate(() => exported.openRelay()),
      /the browser opened no window: call openRelay\(\) in a click or a key press \(a user gesture\)/,
    );
    await page.done();
  });

  test("route: 'direct' has no relay", async () => {
    const { page } = await exporting({ ...strict, options: { route: 'direct' } });
    await ask(page);
    const { why } = await until(page, ({ state }) => state === 'blocked');
    assert.ok(!why.includes('openRelay'), why);
    await assert.rejects(page.evaluate(() => exported.openRelay()), /the route is 'direct'/);
    await page.done();
  });
});

describe('who may speak for the relay', () => {
  test('its window, at its origin: what others post is not heard', async () => {
    const { collector, page } = await exporting({ ...strict, options: { route: 'relay' } });
    await ask(page);
    let answer;
    collector.answer = () => new Promise((resolve) => (answer = resolve));
    await page.click('button');
    await page.evaluate(() => opening);
    await page.evaluate(() => words.until(() => exported.stats().sent > 0));
    await page.evaluate(() => {
      for (let id = 0; id < 10; id++) window.postMessage({ pagetap: 'answer', id, status: 200, headers: {}, body: new ArrayBuffer(0) }, '*');
      return words.turn();
    });
    const { acknowledged } = await until(page, ({ pending }) => pending === 4);
    assert.equal(acknowledged, 0);
    answer();
    await page.evaluate(() => exported.flush());
    assert.equal(told(collector).length, TOLD.length);
    await page.evaluate(() => exported.stop());
    await page.done();
  });
});

describe('a collector that is there and refuses', () => {
  test('without CORS: the person is told what it must allow; the relay works', async () => {
    const { collector, page } = await exporting({ collector: { allow: (origin) => origin.startsWith('http://127.0.0.1') } });
    await ask(page);
    const { why } = await until(page, ({ state }) => state === 'blocked');
    const origin = await page.evaluate(() => location.origin);
    assert.ok(why.startsWith(`${collector.origin} answers, but does not allow ${origin} (CORS)`), why);
    await page.click('button');
    assert.equal(await page.evaluate(() => opening), 'open');
    await page.evaluate(() => exported.flush());
    assert.deepEqual(told(collector), await page.evaluate(() => heard));
    await page.evaluate(() => exported.stop());
    await page.done();
  });

  test('a connection that breaks now and then is not taken for that', async () => {
    const { collector, page } = await exporting();
    collector.answer = (_, n) => (n <= 2 ? 'reset' : undefined);
    await ask(page);
    await page.evaluate(() => exported.flush());
    assert.deepEqual(told(collector), await page.evaluate(() => heard));
    await page.done();
  });
});

test('a page of a public address and a local collector: Local Network Access is why', async () => {
  const collector = await scene.collector();
  // The page's own address counts as public; and as secure, else there would be nothing to be granted.
  const { port } = new URL(scene.service.origin);
  const public_ = await startScene({
    args: [
      `--ip-address-space-overrides=127.0.0.1:${port}=public`, '--host-resolver-rules=MAP public.test 127.0.0.1',
      `--unsafely-treat-insecure-origin-as-secure=http://public.test:${port}`,
    ],
  });
  try {
    const page = await public_.context.newPage();
    for (const init of public_.inits) await page.addInitScript(init);
    const address = new URL(scene.service.page({ head: '<script src="/dist/pagetap.js"></script>', body: BUTTON }));
    address.hostname = 'public.test';
    await page.goto(String(address));
    await page.evaluate((to) => begin({ to }), collector.to);
    await ask(page);
    const { why } = await until(page, ({ state }) => state === 'blocked');
    assert.match(why, /^the browser does not let this page reach local addresses \(Local Network Access: (denied|prompt)\)/);
    assert.equal(collector.requests.length, 0);
    await page.click('button');
    assert.equal(await page.evaluate(() => opening), 'open');
    await page.evaluate(() => exported.flush());
    assert.deepEqual(told(collector), await page.evaluate(() => heard));
  } finally {
    await public_.close();
  }
});
