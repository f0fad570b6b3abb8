// The sink throws: the page is as natively, the tap is dead, and one notice says so.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

async function useEverything({ key, throwAt }) {
  if (window.__record) window.__record.throwAt = throwAt;
  const results = [];
  const get = (suffix, init) => fetch(`/bytes?n=20000&chunk=5000&key=${key}&${suffix}`, init);
  results.push(await (await get('text')).text().then((text) => text.length));
  const reader = (await get('reader', { method: 'POST', body: 'sent' })).body.getReader();
  const pieces = [];
  for (let result; !(result = await reader.read()).done; ) pieces.push(result.value);
  results.push(window.__verify(pieces));
  const piped = [];
  await (await get('pipe')).body.pipeTo(new WritableStream({ write: (chunk) => void piped.push(chunk) }));
  results.push(window.__verify(piped));
  const through = (await get('through')).body.pipeThrough(new TransformStream());
  results.push(window.__verify([await new Response(through).bytes()]));
  for await (const chunk of (await get('break')).body) {
    results.push(chunk.length > 0);
    break;
  }
  results.push((await (await get('clone')).clone().bytes()).length);
  results.push(await fetch('http://127.0.0.1:1/').catch(window.__show));
  results.push((await fetch(`/json?status=429&key=${key}`)).status);
  return results;
}

for (const method of ['wants', 'open', 'request', 'response', 'chunk', 'end', 'notice']) {
  test(`sink.${method} throws`, async () => {
    // A notice of its own accord comes only if something cannot be patched.
    const before = method === 'notice' ? 'Object.freeze(Response.prototype);' : '';
    const install = `window.__record.throwAt = ${JSON.stringify(method)}; window.__handle = __pagetap.instrument(window, window.__sink);`;
    const { plain, tapped, pages, close } = await bench.both(useEverything, { throwAt: method }, { before, install });
    assert.deepEqual(tapped, plain);
    assert.deepEqual([pages[0].failures, pages[1].failures], [[], []]);
    const seen = await pages[1].evaluate(async () => {
      const { calls, notices } = window.__record;
      const at = calls.findIndex(([name]) => name === window.__record.throwAt);
      return {
        armed: window.__handle.armed,
        after: calls.slice(at + 1).map(([name]) => name),
        failed: notices.filter(([code]) => code === 'tap_failed'),
        restored: Object.getOwnPropertyDescriptor(Response.prototype, 'body').get.toString === Function.prototype.toString,
      };
    });
    if (method === 'notice') {
      assert.ok(seen.armed, 'a notice that throws is only a notice lost');
      assert.equal(seen.failed.length, 0);
    } else {
      assert.deepEqual(seen, { armed: false, after: ['notice'], failed: [['tap_failed', `sink.${method}`]], restored: true });
    }
    await close();
  });
}

test('a pipe that was under way when the tap died goes on', async () => {
  const scenario = async ({ key }) => {
    const response = await fetch(`/bytes?n=50000&chunk=5000&gap=1&key=${key}`);
    const pieces = [];
    const write = (chunk) => {
      pieces.push(chunk);
      if (window.__record) window.__record.throwAt = 'chunk';
    };
    await response.body.pipeTo(new WritableStream({ write }));
    return [window.__verify(pieces), response.body.locked];
  };
  const { plain, tapped, pages, close } = await bench.both(scenario);
  assert.deepEqual(tapped, plain);
  assert.equal(await pages[1].evaluate(() => window.__handle.armed), false);
  await close();
});

test('after a failure the tap can be armed anew, deliberately', async () => {
  const page = await bench.page({ tapped: true });
  const seen = await page.evaluate(async () => {
    window.__record.throwAt = 'chunk';
    await (await fetch('/json')).text();
    await window.__turn();
    const dead = window.__handle.armed;
    window.__record.throwAt = null;
    const again = __pagetap.instrument(window, window.__sink);
    await (await fetch('/json?again')).text();
    const { end } = await window.__record.ended('again');
    return [dead, again === window.__handle, again.armed, end];
  });
  assert.deepEqual(seen, [false, true, true, 'done']);
  await page.close();
});
