// What is logged arrives: through every answer a collector may give, and through outages.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readCase } from '../product/corpus.mjs';
import { ask, startScene, told, TOLD, until } from './scene.mjs';

let scene;
before(async () => {
  scene = await startScene();
});
after(() => scene?.close());

/** A page that exports to a collector of its own. */
async function exporting(options = {}, page) {
  const collector = await scene.collector();
  // A host of its own is an origin of its own: nobody else's log.
  const opened = await scene.open({ host: `${scene.key()}.localhost`, ...page });
  await opened.evaluate((options) => begin(options), { to: collector.to, ...options });
  return { collector, page: opened };
}

test('every event arrives, once, in order, and is forgotten then', async () => {
  const { collector, page } = await exporting();
  await ask(page, 5);
  await page.evaluate(() => exported.flush());
  assert.deepEqual(told(collector), await page.evaluate(() => heard));
  assert.equal(told(collector).length, 5 * TOLD.length);
  assert.ok([...collector.kept.values()].every((count) => count === 1));
  const stats = await page.evaluate(() => stats());
  assert.deepEqual(
    { ...stats, lastStatus: 200 },
    {
      state: 'sending', route: 'direct', why: null, logged: 20, sent: 20, acknowledged: 20, rejected: 0, dropped: {}, quarantined: 0,
      retries: 0, pending: 0, lastError: null, lastStatus: 200, nextTryAt: null,
    },
  );
  assert.equal((await page.evaluate(() => stored())).rows.length, 0);
  await page.done();
});

test('without flush(): within a second or so', async () => {
  const { collector, page } = await exporting();
  await ask(page);
  await collector.until(({ lines }) => lines.length >= TOLD.length);
  await page.done();
});

describe('an answer that is not the best', () => {
  const cases = {
    503: [{ status: 503 }, { retries: 1 }],
    '429 with Retry-After': [{ status: 429, headers: { 'retry-after': '1' } }, { retries: 1 }],
    'a reset': ['reset', { retries: 1 }],
    'an answer that is lost': ['lost', { retries: 1 }],
    'partial success': [{ body: '{"partialSuccess":{"rejectedLogRecords":"1"}}', headers: { 'content-type': 'application/json' } }, { retries: 0, rejected: 1 }],
  };
  for (const [name, [answer, expected]] of Object.entries(cases)) {
    test(name, async () => {
      const { collector, page } = await exporting();
      // The browser itself repeats a request whose connection had served before; the second time we do.
      const times = typeof answer === 'string' ? 2 : 1;
      collector.answer = (_, n) => (n <= times ? answer : undefined);
      await ask(page);
      await page.evaluate(() => exported.flush());
      assert.deepEqual(told(collector), await page.evaluate(() => heard));
      // Only what was kept and not acknowledged comes again, and by its id one knows it.
      const twice = [...collector.kept.values()].filter((count) => count > 1).length;
      assert.equal(twice, answer === 'lost' ? collector.requests[0].lines.length : 0);
      const stats = await page.evaluate(() => stats());
      assert.equal(stats.retries, expected.retries, `${stats.lastError} ${collector.requests.map(({ lines }) => lines.length)} ${collector.others}`);
      assert.equal(stats.rejected, expected.rejected ?? 0);
      await page.done();
    });
  }

  test('413: halves, until they fit', async () => {
    const { collector, page } = await exporting();
    collector.answer = ({ lines }) => (lines.length > 2 ? { status: 413 } : undefined);
    await ask(page, 5);
    await page.evaluate(() => exported.flush());
    assert.deepEqual(told(collector), await page.evaluate(() => heard));
    assert.ok([...collector.kept.values()].every((count) => count === 1));
    assert.equal((await page.evaluate(() => stats())).quarantined, 0);
    await page.done();
  });

  test('Retry-After is kept to', async () => {
    const { collector, page } = await exporting();
    const times = [];
    collector.answer = (_, n) => {
      times.push(Date.now());
      return n === 1 ? { status: 503, headers: { 'retry-after': '2' } } : undefined;
    };
    await ask(page);
    await collector.until(({ requests }) => requests.length > 1);
    assert.ok(times[1] - times[0] >= 1990, `${times[1] - times[0]} ms`);
    await page.done();
  });

  test('poison is found and set aside, with its reason; all else arrives; a notice tells', async () => {
    const { collector, page } = await exporting();
    const notices = await page.evaluateHandle(() => {
      const notices = [];
      __claudeHooks.on('Notice', ({ code, detail, count }) => notices.push({ code, detail, count }));
      return notices;
    });
    collector.answer = ({ lines }) => (lines.some(({ type }) => type === 'MessageEnd') ? { status: 400, body: 'no such type' } : undefined);
    await ask(page);
    await page.evaluate(() => exported.flush());
    const heard = await page.evaluate(() => window.heard);
    assert.deepEqual(told(collector), heard.filter((line) => !line.startsWith('MessageEnd')));
    const { dead } = await page.evaluate(() => stored());
    assert.deepEqual(dead.map(({ why }) => why), ['HTTP 400 no such type']);
    assert.equal((await page.evaluate(() => stats())).quarantined, 1);
    assert.deepEqual(await notices.jsonValue(), [{ code: 'export_quarantined', detail: 'HTTP 400 no such type', count: 1 }]);
    await page.done();
  });

  test('a wrong key: blocked, and said why; nothing is lost; when it is right, all arrives', async () => {
    const { collector, page } = await exporting({ headers: { authorization: 'Bearer wrong' } });
    collector.answer = () => ({ status: 401, body: 'who are you?' });
    await ask(page);
    const { why, quarantined } = await until(page, ({ state }) => state === 'blocked');
    assert.deepEqual([why, quarantined], ['HTTP 401 who are you?', 0]);
    assert.equal(collector.requests[0].headers.authorization, 'Bearer wrong');
    await assert.rejects(page.evaluate(() => exported.flush()), /not sent: HTTP 401/);
    collector.answer = () => undefined;
    await page.evaluate(async (to) => {
      await exported.stop();
      begin({ to });
      await exported.flush();
    }, collector.to);
    assert.deepEqual(told(collector), await page.evaluate(() => heard));
    await page.done();
  });
});

test('a collector that takes nothing is not told of that without end', async () => {
  for (const answer of [{ status: 413 }, { body: '{"partialSuccess":{"rejectedLogRecords":1}}', headers: { 'content-type': 'application/json' } }]) {
    const { collector, page } = await exporting();
    collector.answer = () => answer;
    await ask(page);
    await page.evaluate(() => exported.flush());
    const { quarantined, rejected, logged } = await page.evaluate(() => stats());
    assert.ok(quarantined + rejected > 0);
    assert.equal(logged, TOLD.length, 'the notices of it are no events of it');
    assert.ok(await page.evaluate(() => Object.keys(__claudeHooks.stats().notices).some((code) => code.startsWith('export_'))));
    await page.done();
  }
});

test('an outage: events are kept, and arrive when the collector is back', async () => {
  const { collector, page } = await exporting();
  await ask(page);
  await page.evaluate(() => exported.flush());
  await collector.down();
  await ask(page, 3);
  const { why, state, pending } = await until(page, ({ retries }) => retries > 0);
  assert.match(why, /^nothing answers at http:\/\/127\.0\.0\.1:\d+/);
  assert.deepEqual([state, pending], ['waiting', 3 * TOLD.length]);
  await collector.up();
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await page.evaluate(() => exported.flush());
  assert.deepEqual(told(collector), await page.evaluate(() => heard));
  await page.done();
});

test('more than the log may hold: the oldest go, are counted, and a notice tells', async () => {
  const { collector, page } = await exporting({ limits: { rows: 10 } });
  await collector.down();
  await page.evaluate(() => {
    window.drops = 0;
    __claudeHooks.on('Notice', ({ code, count }) => code === 'export_dropped' && (window.drops += count));
  });
  await ask(page, 5);
  await until(page, ({ logged }) => logged >= 20);
  const { dropped } = await page.evaluate(() => stats());
  const { rows } = await page.evaluate(() => stored());
  assert.ok(dropped.rows > 0 && rows.length <= 10, `${dropped.rows} ${rows.length}`);
  await collector.up();
  await page.evaluate(() => {
    window.dispatchEvent(new Event('online'));
    return exported.flush();
  });
  const heard = await page.evaluate(() => window.heard);
  const arrived = told(collector);
  assert.deepEqual(arrived, heard.slice(-arrived.length));
  await page.evaluate(() => exported.stop());
  const { logged, acknowledged, dropped: all } = await page.evaluate(() => stats());
  assert.equal(logged, acknowledged + all.rows, 'each is acknowledged or counted as dropped');
  assert.equal(await page.evaluate(() => window.drops), all.rows);
  await page.done();
});

test('a page whose IndexedDB throws exports all the same, and says that it is not kept', async () => {
  const page = await scene.open({
    host: `${scene.key()}.localhost`,
    head: '<script>IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError") }</script><script src="/dist/pagetap.js"></script>',
  });
  const collector = await scene.collector();
  await page.evaluate((to) => {
    window.codes = [];
    __claudeHooks.on('Notice', ({ code }) => codes.push(code));
    begin({ to });
  }, collector.to);
  await ask(page, 2);
  await page.evaluate(() => exported.flush());
  assert.deepEqual(told(collector), await page.evaluate(() => heard));
  assert.deepEqual(await page.evaluate(() => [...new Set(codes)]), ['export_memory']);
  await page.done();
});

test('and a sandboxed frame, which has no storage and no locks', async () => {
  const collector = await scene.collector();
  const page = await scene.open({ head: '', headers: { 'content-security-policy': 'sandbox allow-scripts' }, body: '<script src="/dist/pagetap.js"></script>' });
  const { body } = readCase('messages/text');
  collector.answer = ({ url }) => (url === '/v1/messages' ? { headers: { 'content-type': 'text/event-stream' }, body } : undefined);
  await page.evaluate(async ({ to, origin }) => {
    begin({ to });
    await words.ask(`${origin}/v1/messages`);
    await words.settled();
    await exported.flush();
  }, { to: collector.to, origin: collector.origin });
  assert.deepEqual(told(collector), await page.evaluate(() => heard));
  assert.equal(told(collector).length, TOLD.length);
  await page.done();
});
