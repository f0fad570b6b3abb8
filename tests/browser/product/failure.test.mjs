// When the tap breaks, the page does not: the core throws or traps, never loads, or the page is left.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { CLASSIC, startBench } from './bench.mjs';
import { readCase } from './corpus.mjs';

const QUEUE_LIMIT = 32 << 20;
const TURN = 'messages/two-tools';

let bench;
before(async () => {
  bench = await startBench({
    files: {
      // The package's module, and nothing beside it.
      '/alone.js': readFileSync(new URL('../../../dist/npm/index.js', import.meta.url), 'utf8'),
      // The module's bytes come when the test says so.
      '/late.js': `
        import { install } from '/dist/npm/index.js';
        const bytes = new TransformStream();
        window.handle = install({ wasm: new Response(bytes.readable) });
        window.finishLoading = () => fetch('/gen/pagetap.wasm').then((response) => response.body.pipeTo(bytes.writable));`,
    },
  });
});
after(() => bench?.close());

// In the page, before the tap: the core's exports fail as `how` says, at call `at` of `name`.
function sabotage({ name, at, how }) {
  const Native = WebAssembly.Instance;
  WebAssembly.Instance = function (...args) {
    const { exports } = new Native(...args);
    let calls = 0;
    const broken = Object.create(null);
    for (const key of Object.keys(exports)) broken[key] = exports[key];
    broken[name] = (...given) => {
      if (++calls < at) return exports[name](...given);
      window.sabotaged = true;
      if (how === 'throws') throw new Error('broken on purpose');
      // A core that lies outside of the memory: WebAssembly itself traps.
      return exports[name](0xfffffff0, ...given.slice(1));
    };
    return { exports: broken };
  };
}

// In the page, after the tap: asks twice, and looks at what is left.
async function live({ url }) {
  const notices = [];
  __claudeHooks.on('Notice', ({ code, detail }) => notices.push({ code, detail }));
  __claudeHooks.on('*', () => {});
  __claudeTap.on(() => {});
  let first;
  do first = await words.ask(url);
  while (!window.sabotaged && first);
  await words.turn();
  const text = await (await fetch(url, { method: 'POST', body: '{}' })).text();
  const second = await words.ask(url);
  await words.turn();
  const { fetch: native } = document.body.appendChild(document.createElement('iframe')).contentWindow;
  const stats = __claudeHooks.stats();
  return {
    answers: [first, text, second],
    notices,
    counted: stats.notices,
    failure: stats.failure,
    open: stats.open,
    queuedBytes: stats.queuedBytes,
    streams: __claudeTap.streams(),
    fetch: [Function.prototype.toString.call(fetch), fetch.name, fetch.length],
    native: [Function.prototype.toString.call(native), native.name, native.length],
    faults: words.faults,
  };
}

describe('a core that fails latches dead, and says so once', () => {
  const calls = ['create', 'vocabulary', 'listen', 'input', 'open', 'request', 'response', 'reserve', 'commit', 'end', 'read', 'table_length', 'text', 'clear'];
  const ways = [
    ...calls.map((name) => ({ name, at: 1, how: 'throws' })),
    ...['read', 'commit', 'input', 'clear'].map((name) => ({ name, at: 3, how: 'throws' })),
    ...['open', 'commit', 'read', 'end'].map((name) => ({ name, at: 1, how: 'traps' })),
  ];
  const expected = readCase(TURN).body.toString();
  for (const way of ways) {
    const { name, at, how } = way;
    test(`${name} ${how} at call ${at}`, async () => {
      const page = await bench.open({ before: [sabotage, way], head: CLASSIC });
      const seen = await page.evaluate(live, { url: `/v1/messages?case=${TURN}&cuts=4` });
      assert.deepEqual(seen.answers, Array(3).fill(expected), 'the page reads on');
      assert.deepEqual(seen.counted, { ...seen.counted, core_failed: 1 });
      const said = seen.notices.filter(({ code }) => code === 'core_failed');
      // Before anybody could listen it is only counted.
      const early = at === 1 && ['create', 'vocabulary', 'listen', 'read', 'table_length', 'clear'].includes(name);
      if (!early) assert.equal(said.length, 1);
      assert.match(seen.failure, how === 'throws' ? /broken on purpose/ : /out of bounds|unreachable/);
      assert.deepEqual(seen.fetch, seen.native, 'the page has its own fetch back');
      assert.deepEqual([seen.open, seen.queuedBytes, seen.streams], [0, 0, []]);
      assert.deepEqual([seen.faults, page.faults], [[], []]);
      await page.close();
    });
  }
});

describe('a core that does not come', () => {
  const LATE = { head: '<script type="module" src="/late.js"></script>' };

  /** Has the page read `length` bytes of an event stream, in writes of `piece`; the page's reading is `reading`. */
  async function stream(page, length, piece = 1 << 18) {
    const key = bench.key();
    const reading = page.evaluate(async (url) => {
      const response = await fetch(url, { method: 'POST', body: '{}' });
      const reader = response.body.getReader();
      // The latest one's.
      let read = (window.read = 0);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return read;
        window.read = read += value.length;
      }
    }, `/v1/messages?drive=${key}`);
    const driven = await bench.service.stream(key);
    let written = 0;
    const write = async (bytes) => {
      await driven.write(bytes);
      written += bytes.length;
      await page.evaluate((written) => words.until(() => window.read === written), written);
    };
    // Big ones are not waited for one by one.
    for (; written < length; written += Math.min(piece, length - written)) {
      await driven.write(Buffer.alloc(Math.min(piece, length - written), 'x'));
    }
    // Firefox gives a page no response before the first byte of its body.
    if (written) await page.evaluate((written) => words.until(() => window.read === written), written);
    return { ...driven, write, reading };
  }

  test('bytes queue up to the bound; more are dropped and counted, with one notice; the page reads on', async () => {
    const page = await bench.open(LATE);
    await page.evaluate(() => words.until(() => window.handle));
    const length = QUEUE_LIMIT + (2 << 20);
    const driven = await stream(page, length);
    driven.end();
    assert.equal(await driven.reading, length);
    const stats = await page.evaluate(() => __claudeHooks.stats());
    assert.equal(stats.encoding, 'loading');
    assert.equal(stats.bytes, length);
    assert.ok(stats.queuedBytes <= QUEUE_LIMIT, `${stats.queuedBytes} bytes wait`);
    assert.ok(stats.droppedBytes > 0);
    // What waits weighs a little more than the bytes it carries.
    const kept = length - stats.droppedBytes;
    assert.ok(stats.queuedBytes >= kept && stats.queuedBytes < kept * 1.01, `${stats.queuedBytes} for ${kept}`);
    assert.deepEqual(stats.notices, { queue_full: 1 });
    assert.deepEqual(page.faults, []);
    await page.close();
  });

  test('once it comes, what was dropped is a clean end: never bytes glued to bytes that did not follow them', async () => {
    const page = await bench.open(LATE);
    await page.evaluate(() => words.until(() => window.handle));
    await page.evaluate(() => {
      window.raws = [];
      __claudeTap.on(({ kind, streamId, bytes, reason }) => raws.push({ kind, streamId, reason, text: bytes && new TextDecoder().decode(bytes) }));
    });
    // Fills the queue but for a little; then comes too much for it, and then something that would fit.
    const filling = await stream(page, QUEUE_LIMIT - (1 << 20));
    const room = () => page.evaluate((limit) => limit - __claudeHooks.stats().queuedBytes, QUEUE_LIMIT);
    for (let left = await room(); left > 3000; left = await room()) await filling.write(Buffer.alloc(Math.min(left - 2000, 30_000), 'x'));
    assert.equal(await page.evaluate(() => __claudeHooks.stats().droppedBytes), 0);
    const record = (name, length) => `event: ${name}\ndata: {"type":"${name}","pad":"${'x'.repeat(length)}"}\n\n`;
    const parts = [record('first', 50), record('second', 3000), record('third', 50)];
    const driven = await stream(page, 0);
    for (const part of parts) await driven.write(Buffer.from(part));
    driven.end();
    assert.equal(await driven.reading, parts.join('').length);
    filling.end();
    const seen = await page.evaluate(async () => {
      await finishLoading();
      await words.settled();
      return { raws: raws.filter(({ streamId }) => streamId === 2), stats: __claudeHooks.stats() };
    });
    const text = seen.raws.map((raw) => raw.text ?? '').join('');
    assert.equal(seen.stats.failure, null);
    // The count of a notice says how many: both streams were ended.
    assert.equal(seen.stats.notices.queue_full, 2);
    assert.ok(parts.join('').startsWith(text), `not how it began: ${JSON.stringify(text.slice(0, 200))}`);
    assert.equal(seen.stats.droppedBytes, parts.join('').length - text.length);
    await page.close();
  });

  test('a core that fails to load, in every form it has: one notice, and the page has its fetch back', async () => {
    const page = await bench.open({
      head: '<script type="module">import { install } from "/alone.js"; window.handle = install();</script>',
    });
    const seen = await page.evaluate(async () => {
      await words.until(() => window.handle?.hooks.stats().failure);
      const text = await words.ask('/v1/messages?case=messages/text&cuts=3');
      const { failure, notices, encoding } = __claudeHooks.stats();
      return { text, failure, notices, encoding, fetch: Function.prototype.toString.call(fetch) };
    });
    assert.equal(seen.text, readCase('messages/text').body.toString());
    assert.deepEqual(seen.notices, { core_failed: 1 });
    assert.equal(seen.encoding, 'loading');
    assert.match(seen.fetch, /^function fetch\(\)/);
    await page.close();
  });
});

describe('the page is left in the middle of an answer', () => {
  const { body } = readCase(TURN);
  const half = body.indexOf('\n\n', body.length / 2) + 2;

  /** A page that has read half of an answer and keeps a log that outlives it. */
  async function halfway() {
    const page = await bench.open({ head: CLASSIC });
    await page.evaluate(() => {
      const types = [];
      __claudeHooks.on('*', ({ type }) => {
        types.push(type);
        sessionStorage.setItem('types', types.join());
      });
    });
    const key = bench.key();
    const asked = page.evaluate((url) => words.ask(url), `/v1/messages?drive=${key}`);
    asked.catch(() => {}); // it goes with the page
    const stream = await bench.service.stream(key);
    await stream.write(body.subarray(0, half));
    await page.evaluate((half) => words.until(() => __claudeTap.stats().bytes === half && __claudeTap.stats().queuedBytes === 0), half);
    return { page, stream, asked };
  }

  const types = async (page) => (await page.evaluate(() => sessionStorage.getItem('types'))).split(',');
  const ends = (list) => list.filter((type) => /^(MessageEnd|Stop|StopFailure)$/.test(type));

  test('by a navigation: the message and the turn are said to end, once, before the page is gone', async () => {
    const { page, stream } = await halfway();
    assert.deepEqual(ends(await types(page)), []);
    await page.goto(bench.service.page());
    await stream.closed;
    assert.deepEqual(ends(await types(page)), ['MessageEnd', 'StopFailure']);
    assert.deepEqual(page.faults, []);
    await page.close();
  });

  test('a page that is told it is left and reads on all the same: nothing ends twice', async () => {
    const { page, stream, asked } = await halfway();
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: false })));
    await stream.write(body.subarray(half));
    stream.end();
    assert.equal(await asked, body.toString());
    await page.evaluate(() => words.settled());
    assert.deepEqual(ends(await types(page)), ['MessageEnd', 'StopFailure']);
    assert.deepEqual(page.faults, []);
    await page.close();
  });

  test('a page that is kept for coming back goes on where it was', async () => {
    const { page, stream, asked } = await halfway();
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
    assert.deepEqual(ends(await types(page)), []);
    await stream.write(body.subarray(half));
    stream.end();
    assert.equal(await asked, body.toString());
    await page.evaluate(() => words.settled());
    assert.deepEqual(ends(await types(page)), ['MessageEnd']);
    await page.close();
  });
});
