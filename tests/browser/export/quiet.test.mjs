// What does not leave, and that the page does not notice.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { platform } from '../product/chat_page.mjs';
import { EXCHANGES, MARKERS, PROMPT } from './markers.mjs';
import { ask, startScene, told, TOLD, until } from './scene.mjs';

let scene;
before(async () => {
  scene = await startScene();
});
after(() => scene?.close());

const open = (page) => scene.open({ host: `${scene.key()}.localhost`, ...page });

/** The databases, and the locks, of a page's origin. */
const left = (page) => page.evaluate(async () => ({
  databases: (await indexedDB.databases()).map(({ name }) => name),
  locks: (await navigator.locks.query()).held.map(({ name }) => name),
}));
const NOTHING = { databases: [], locks: [] };

describe('nothing leaves that nobody asked for', () => {
  test('without export() nothing is sent, stored or locked', async () => {
    const page = await open();
    const requests = [];
    page.on('request', (request) => requests.push(request.url()));
    await ask(page, 2);
    assert.deepEqual(requests.map((url) => new URL(url).pathname), ['/v1/messages', '/v1/messages']);
    assert.deepEqual(await left(page), NOTHING);
    await page.done();
  });

  test('a dry run sends, stores and locks nothing, and shows what would be sent', async () => {
    const collector = await scene.collector();
    const page = await open();
    await page.evaluate((to) => {
      window.shown = [];
      begin({ to, headers: { 'x-team': 'a' }, dryRun: (request) => shown.push(request) });
    }, collector.to);
    await ask(page);
    await page.evaluate(() => exported.flush());
    const seen = await page.evaluate(() => shown.map(({ url, method, headers, body, text }) => ({ url, method, headers, size: body.length, text })));
    assert.deepEqual(seen.map(({ url, method }) => [url, method]), seen.map(() => [collector.to, 'POST']));
    assert.deepEqual(seen[0].headers, { 'x-team': 'a', 'content-type': 'application/x-ndjson' });
    const lines = seen.flatMap(({ text }) => text.trim().split('\n').map((line) => JSON.parse(line)));
    assert.deepEqual(lines.map(({ type, seq }) => `${type} ${seq}`), await page.evaluate(() => heard));
    const preview = await page.evaluate(async () => (await exported.preview()).map(({ text }) => text));
    assert.deepEqual(preview, seen.map(({ text }) => text));
    assert.equal((await page.evaluate(() => exported.stats())).state, 'dry');
    assert.deepEqual([collector.requests, collector.others], [[], []]);
    assert.deepEqual(await left(page), NOTHING);
    await page.done();
  });

  /** What preview() shows of turns that wait, and what is sent of them then, each by its address. */
  async function previewed(format, turns) {
    const collector = await scene.collector();
    await collector.down();
    const page = await open();
    await page.evaluate((options) => begin(options), { to: format.startsWith('otlp') ? collector.origin : collector.to, format });
    await ask(page, turns);
    await until(page, ({ retries }) => retries > 0);
    const shown = await page.evaluate(async () => (await exported.preview()).map(({ url, text, count }) => ({ url: new URL(url).pathname, text, count })));
    const { pending } = await page.evaluate(() => exported.stats());
    await collector.up();
    await page.evaluate(() => {
      window.dispatchEvent(new Event('online'));
      return exported.flush();
    });
    await page.done();
    // Which signal goes first is chance.
    const byAddress = (requests) => [...new Set(requests.map(({ url }) => url))].sort()
      .map((one) => [one, requests.filter(({ url }) => url === one).map(({ text }) => text)]);
    assert.equal(shown.reduce((sum, { count }) => sum + count, 0), pending);
    return [byAddress(shown), byAddress(collector.requests)];
  }

  for (const [format, turns, count] of [['ndjson', 2, 1], ['ndjson', 50, 2], ['hooks', 2, 4], ['otlp-json', 2, 2]]) {
    test(`preview() shows all that waits, as it is sent then: ${format}, ${turns} turns`, async () => {
      const [shown, sent] = await previewed(format, turns);
      assert.deepEqual(shown, sent);
      assert.equal(shown.flatMap(([, texts]) => texts).length, count, JSON.stringify(shown));
    });
  }

  test('preview() shows no more than 50 requests', async () => {
    const page = await open();
    // To nobody.
    await page.evaluate((to) => begin({ to, format: 'hooks', route: 'relay' }), 'http://127.0.0.1:9/');
    await ask(page, 30);
    await until(page, ({ logged }) => logged > 50);
    const counts = await page.evaluate(async () => (await exported.preview()).map(({ count }) => count));
    assert.deepEqual(counts, Array(50).fill(1));
    await page.done();
  });
});

describe('content', () => {
  const ALL = Object.keys(MARKERS);

  /** A turn that has markers everywhere: asked, thought, called, answered. */
  async function tellAll(page) {
    for (const { messages, answer } of EXCHANGES) {
      const key = scene.key();
      const asked = page.evaluate(([key, messages]) => words.ask(`/v1/messages?drive=${key}`, { model: 'm', system: 'MARKER-SYSTEM-quokka', messages }), [key, messages]);
      const stream = await scene.service.stream(key);
      await stream.write(answer);
      stream.end();
      await asked;
    }
    await page.evaluate(() => words.settled());
  }

  /** Everything that was sent, stored or held, as text of one byte a letter. */
  async function exposed(format, options, events) {
    const collector = await scene.collector();
    const page = await open();
    // In the middle of it nothing arrives: rows, and what is open, are in the database then.
    await collector.down();
    await page.evaluate((options) => begin(options), { to: format.startsWith('otlp') ? collector.origin : collector.to, format, events, ...options });
    await tellAll(page);
    await page.evaluate(() => words.until(() => heard.some((line) => line.startsWith('Stop'))));
    // Which is after all that was heard has been written.
    await page.evaluate(() => exported.preview().then(() => {}));
    const stored = await page.evaluate(async () => {
      const texts = [];
      const walk = (value) => {
        if (value instanceof Uint8Array) texts.push(new TextDecoder('latin1').decode(value));
        else if (value && typeof value === 'object') Object.values(value).forEach(walk);
        else texts.push(String(value));
      };
      walk(await window.stored());
      return texts.join('\n');
    });
    await collector.up();
    await page.evaluate(async () => {
      window.dispatchEvent(new Event('online'));
      await exported.flush();
      await exported.stop();
    });
    const sent = collector.requests.map(({ text, headers, url }) => `${url} ${JSON.stringify(headers)} ${text}`).join('\n');
    await page.done();
    return { stored, sent, requests: collector.requests.length };
  }

  for (const format of ['ndjson', 'hooks', 'otlp', 'otlp-json']) {
    test(`${format}: with none included no marker is in any request or row, in whatever events`, async () => {
      for (const events of [undefined, ['UserPromptSubmit', 'MessageDelta', 'ThinkingDelta', 'ToolInputDelta', 'PreToolUse', 'PostToolUse', 'Stop']]) {
        const { stored, sent, requests } = await exposed(format, {}, events);
        assert.ok(requests > 0 && stored.length > 500, `${requests} requests, ${stored}`);
        assert.ok(!/quokka/.test(stored), 'in a row');
        assert.ok(!/quokka/.test(sent), 'in a request');
      }
    });

    // Of OpenTelemetry others test where content goes.
    if (format.startsWith('otlp')) continue;
    test(`${format}: what is included, and that alone`, async () => {
      for (const included of ALL) {
        const { sent, stored } = await exposed(format, { include: [included] }, ['UserPromptSubmit', 'ThinkingDelta', 'PreToolUse', 'PostToolUse', 'Stop']);
        for (const name of ALL) {
          for (const marker of MARKERS[name]) {
            assert.equal(sent.includes(marker), name === included, `${marker} with ${included}`);
            assert.equal(stored.includes(marker), name === included, `${marker} stored with ${included}`);
          }
        }
      }
    });
  }

  test('keys and tokens are replaced before anything is stored, whatever is included', async () => {
    const token = ['ghp', '_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789'].join('');
    const collector = await scene.collector();
    await collector.down();
    const page = await open();
    await page.evaluate((to) => begin({ to, include: ['prompts', 'toolInputs'], redact: [/falcon/i, { pattern: '\\d{4}-\\d{4}', with: '####' }] }), collector.to);
    await page.evaluate(([url, token]) => words.ask(url, { messages: [{ role: 'user', content: `use ${token} for Falcon, 1234-5678` }] }), ['/v1/messages?case=messages/text', token]);
    await until(page, ({ logged }) => logged >= 4);
    const rows = JSON.stringify(await page.evaluate(async () => (await stored()).rows.map(({ bytes }) => new TextDecoder().decode(bytes))));
    assert.ok(!rows.includes(token) && !/falcon/i.test(rows));
    await collector.up();
    await page.evaluate(() => {
      window.dispatchEvent(new Event('online'));
      return exported.flush();
    });
    assert.equal(collector.lines.find(({ type }) => type === 'UserPromptSubmit').prompt, 'use [redacted:github-token] for [redacted], ####');
    await page.done();
  });
});

describe('the page does not notice', () => {
  test('what is exported is not tapped, whatever is tapped', async () => {
    const collector = await scene.collector();
    const page = await open({ head: '<script src="/dist/pagetap.js" data-match="all"></script>' });
    await page.evaluate((to) => {
      window.urls = [];
      __claudeTap.on(({ kind, url }) => kind === 'open' && window.urls.push(url));
      window.resources = 0;
      begin({ to });
    }, collector.to);
    await ask(page, 2);
    await page.evaluate(() => exported.flush());
    assert.ok(collector.requests.length > 0);
    const urls = await page.evaluate(() => urls);
    assert.deepEqual(urls.map((url) => new URL(url).pathname), ['/v1/messages', '/v1/messages']);
    assert.equal(await page.evaluate(() => __claudeTap.stats().streams), 2);
    await page.done();
  });

  test('a page that replaces what delivery works with neither sees nor breaks it', async () => {
    const collector = await scene.collector();
    const page = await open();
    await page.evaluate((to) => {
      window.called = [];
      for (const name of ['fetch', 'setTimeout', 'BroadcastChannel', 'AbortController']) {
        const native = window[name];
        window[name] = name[0] < 'a' ? class extends native {
          constructor(...given) {
            super(...given);
            called.push(name);
          }
        } : (...given) => {
          if (name !== 'fetch' || !String(given[0]).includes('/v1/messages')) called.push(name);
          return native(...given);
        };
      }
      Response.prototype.arrayBuffer = () => {
        called.push('arrayBuffer');
        throw new Error('mine');
      };
      navigator.locks.request = () => {
        called.push('locks');
      };
      begin({ to });
    }, collector.to);
    await ask(page);
    await page.evaluate(() => exported.flush());
    assert.deepEqual(told(collector), await page.evaluate(() => heard));
    assert.deepEqual(await page.evaluate(() => called.filter((name) => name !== 'locks')), []);
    await page.done();
  });

  test('listeners hear as before: nothing is encoded in their time', async () => {
    const collector = await scene.collector();
    const page = await open();
    const order = await page.evaluate(async ([url, to]) => {
      const order = [];
      const { encode } = TextEncoder.prototype;
      begin({ to });
      await words.until(() => exported.stats().state === 'sending');
      TextEncoder.prototype.encode = function (text) {
        if (/"type":"(UserPrompt|Message)/.test(text)) order.push('encoded');
        return encode.call(this, text);
      };
      __claudeHooks.on('*', ({ type }) => order.push(type));
      await words.ask(url);
      await words.settled();
      await exported.flush();
      TextEncoder.prototype.encode = encode;
      return order;
    }, ['/v1/messages?case=messages/text', collector.to]);
    assert.deepEqual(order.slice(0, order.indexOf('encoded')), order.filter((one) => one !== 'encoded').slice(0, order.indexOf('encoded')));
    assert.ok(order.indexOf('encoded') > 0);
    await page.done();
  });

  for (const [name, remove] of [['stop()', () => exported.stop()], ['__claudeHooksDestroy()', () => __claudeHooksDestroy()]]) {
    test(`after ${name} no listener, timer, lock or connection is left; what was told has arrived`, async () => {
      const collector = await scene.collector();
      const page = await open({ head: '', before: [{ content: `(${platform})()` }] });
      // In place of the words of this folder, which `before` is.
      const result = await page.evaluate(async ([to, remove, url]) => {
        const before = { ...ledger.count(), types: ledger.types() };
        const globals = Object.getOwnPropertyNames(window).sort().join();
        await new Promise((loaded) => {
          const script = document.createElement('script');
          script.src = '/dist/pagetap.js';
          script.onload = loaded;
          document.head.append(script);
        });
        const tapped = { ...ledger.count(), types: ledger.types() };
        const exported = __claudeHooks.export({ to, format: 'ndjson' });
        let heard = 0;
        __claudeHooks.on('*', ({ type }) => /Delta/.test(type) || heard++);
        await words.ask(url);
        await words.settled();
        const during = ledger.count();
        await new Function('exported', `return (${remove})()`)(exported);
        if (window.__claudeHooks) __claudeHooksDestroy();
        await words.until(() => exported.stats().state === 'stopped');
        const { held, pending } = await navigator.locks.query();
        // Waits for as long as somebody has a connection.
        let deleted = false;
        indexedDB.deleteDatabase('pagetap-export').onsuccess = () => (deleted = true);
        await words.until(() => deleted);
        return {
          before, tapped, during, heard, locks: [...held, ...pending],
          after: { ...ledger.count(), types: ledger.types() },
          globals: globals === Object.getOwnPropertyNames(window).sort().join(),
        };
      }, [collector.to, String(remove), '/v1/messages?case=messages/text']);
      assert.deepEqual(result.after, result.before);
      assert.ok(result.during.listeners > result.tapped.listeners);
      assert.deepEqual([result.locks, result.globals], [[], true]);
      assert.equal(told(collector).length, result.heard);
      assert.equal(result.heard, TOLD.length);
      await page.done();
    });
  }
});
