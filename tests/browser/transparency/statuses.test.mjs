// Responses without a body the page can read, error responses, and what the sink hears of them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const BODYLESS = {
  204: ['/empty?status=204'],
  205: ['/empty?status=205'],
  304: ['/empty?status=304'],
  HEAD: ['/json?head', { method: 'HEAD' }],
  'head in lower case': ['/json?head', { method: 'head' }],
  opaque: ['OTHER/json?opaque', { mode: 'no-cors' }],
  opaqueredirect: ['/redirect?r', { redirect: 'manual' }],
};

for (const [name, [path, init]] of Object.entries(BODYLESS)) {
  test(`without a body: ${name} is as natively and is done at once`, async () => {
    const scenario = async ({ otherOrigin, key, path, init }) => {
      const response = await fetch(`${path.replace('OTHER', otherOrigin)}&key=${key}`, init);
      const { type, status, ok, url, redirected, bodyUsed } = response;
      const seen = { type, status, ok, url: url.replace(/:\d+/, ''), redirected, bodyUsed, body: String(response.body) };
      seen.text = await response.clone().text();
      seen.read = response.body && JSON.stringify(await response.body.getReader().read());
      seen.json = await response.json().catch(window.__show);
      return seen;
    };
    const { plain, tapped, pages, close } = await bench.both(scenario, { path, init });
    assert.deepEqual(tapped, plain);
    const seen = await pages[1].evaluate(() => window.__record.exchanges.map(({ end, ends, chunks, response }) => [end, ends, chunks.length, typeof response.status]));
    assert.deepEqual(seen, [['done', 1, 0, 'number']]);
    await close();
  });
}

test('an empty body that is read ends done', async () => {
  const scenario = async ({ key }) => [await (await fetch(`/bytes?key=${key}&n=0`)).text()];
  const { plain, tapped, pages, close } = await bench.both(scenario);
  assert.deepEqual(tapped, plain);
  assert.equal(await pages[1].evaluate(() => window.__record.ended('n=0').then(({ end }) => end)), 'done');
  await close();
});

test('a refused send that the page never reads: its head is told, it ends unread', async () => {
  const page = await bench.page({ tapped: true });
  const seen = await page.evaluate(async () => {
    window.kept = await fetch('/json?status=429&retry=7&value=%7B%22error%22%3A1%7D');
    const { end, detail, response } = await window.__record.ended('429');
    const late = await window.kept.text();
    const { chunks, ends } = window.__record.exchanges[0];
    return { end, detail, response, late, chunks: chunks.length, ends };
  });
  assert.deepEqual(seen, {
    end: 'unobserved',
    detail: 'unread',
    response: {
      status: 429,
      url: `${bench.server.origin}/json?status=429&retry=7&value=%7B%22error%22%3A1%7D`,
      contentType: 'application/json',
      retryAfter: '7',
    },
    late: '{"error":1}',
    chunks: 0,
    ends: 1,
  });
  await page.close();
});

test('a refused send that the page reads is shown', async () => {
  const page = await bench.page({ tapped: true });
  const seen = await page.evaluate(async () => {
    await (await fetch('/json?status=529&value=%7B%22error%22%3A1%7D')).json().catch(() => {});
    const { end, chunks } = await window.__record.ended('529');
    return [end, new TextDecoder().decode(chunks[0])];
  });
  assert.deepEqual(seen, ['done', '{"error":1}']);
  await page.close();
});

test('what the sink does not want or declines is not chained, tagged or asked about twice', async () => {
  const page = await bench.page({ tapped: true });
  const seen = await page.evaluate(async () => {
    const wanted = [];
    window.__record.wanted = (url, method) => {
      wanted.push(method);
      return false;
    };
    const response = await fetch('/json', { method: 'put', body: 'x' });
    const { body } = response;
    await response.text();
    return [wanted, window.__record.exchanges.length, body === response.body];
  });
  assert.deepEqual(seen, [['PUT', ''], 0, true]);
  await page.close();
});
