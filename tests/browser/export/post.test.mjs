// What an answer means, for every kind of answer.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { platform } from '../../../src/web/export/platform.js';
import { post, retryAfter, TIMEOUT_MS } from '../../../src/web/export/post.js';
import { fakeClock } from './clock.mjs';

const encode = (text) => new TextEncoder().encode(text);

/** The outcome of one request to which `status`, `headers` and `body` are the answer. */
function outcome({ status = 200, headers = {}, body = '' }, clock = fakeClock()) {
  const bytes = typeof body === 'string' ? encode(body) : Uint8Array.from(body);
  const send = async () => ({ status, header: (name) => headers[name] ?? null, bytes: async () => bytes.buffer });
  return post({ url: 'http://c/', headers: {}, body: encode('x') }, { send, ...clock });
}

describe('by status', () => {
  const kinds = {
    accepted: [200, 202, 204],
    later: [408, 429, 502, 503, 504],
    too_large: [413],
    refused: [400, 409, 422],
    denied: [401, 403, 404, 405, 415],
    failed: [500, 501, 507],
  };
  for (const [kind, statuses] of Object.entries(kinds)) {
    test(`${kind}: ${statuses.join(', ')}`, async () => {
      for (const status of statuses) assert.equal((await outcome({ status })).kind, kind, String(status));
    });
  }

  test('the words of a refusal are told, cut', async () => {
    const { error, status } = await outcome({ status: 400, body: `no such field ${'x'.repeat(1000)}` });
    assert.equal(status, 400);
    assert.match(error, /^HTTP 400 no such field x+$/);
    assert.ok(error.length < 320);
  });
});

describe('Retry-After', () => {
  test('seconds, a date, nothing, nonsense, the past, more than five minutes', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    assert.deepEqual(
      ['7', 'Thu, 01 Jan 2026 00:00:30 GMT', null, '', 'soon', '-4', 'Wed, 31 Dec 2025 00:00:00 GMT', '3600', '0']
        .map((value) => retryAfter(value, now)),
      [7000, 30_000, 0, 0, 0, 0, 0, 300_000, 0],
    );
  });

  test('is read of 429 and 503', async () => {
    for (const status of [429, 503]) assert.equal((await outcome({ status, headers: { 'retry-after': '3' } })).after, 3000);
  });
});

describe('partial success, as collectors write it', () => {
  const json = { 'content-type': 'application/json' };
  // ExportLogsServiceResponse { partial_success { rejected_log_records: 300, error_message: "old" } }
  const protobuf = [0x0a, 0x08, 0x08, 0xac, 0x02, 0x12, 0x03, 0x6f, 0x6c, 0x64];
  const cases = [
    [{ headers: json, body: '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"late"}}' }, 3, 'late'],
    [{ headers: json, body: '{"partialSuccess":{"rejectedLogRecords":2}}' }, 2, ''],
    [{ headers: json, body: '{"partialSuccess":null}' }, 0, ''],
    [{ headers: json, body: '{}' }, 0, ''],
    [{ headers: json, body: '{"accepted_spans":4}' }, 0, ''],
    [{ headers: json, body: 'no JSON' }, 0, ''],
    [{ headers: json, body: 'null' }, 0, ''],
    [{ body: '' }, 0, ''],
    [{ headers: { 'content-type': 'application/x-protobuf' }, body: protobuf }, 300, 'old'],
    [{ headers: { 'content-type': 'application/x-protobuf' }, body: [0x0a, 0x00] }, 0, ''],
    [{ body: 'OK' }, 0, ''],
    [{ body: [0x0a, 0xff, 0xff] }, 0, ''],
  ];
  for (const [answer, rejected, message] of cases) {
    test(JSON.stringify(answer.body), async () => {
      const { kind, ...seen } = await outcome(answer);
      assert.deepEqual([kind, seen.rejected, seen.message], ['accepted', rejected, message]);
    });
  }
});

describe('no answer', () => {
  test('a network error', async () => {
    const clock = fakeClock();
    const send = () => Promise.reject(new TypeError('Failed to fetch'));
    const seen = await post({ url: 'http://c/', headers: {}, body: encode('') }, { send, ...clock });
    assert.deepEqual(seen, { kind: 'unreachable', status: null, error: 'Failed to fetch' });
    assert.equal(clock.next(), undefined, 'no alarm is left');
  });

  test('none in time: the request is aborted', async () => {
    const clock = fakeClock();
    const send = (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const seen = post({ url: 'http://c/', headers: {}, body: encode('') }, { send, ...clock });
    await clock.advance(TIMEOUT_MS);
    assert.deepEqual(await seen, { kind: 'unreachable', status: null, error: 'no answer within 10 s' });
  });
});

test('an answer without end is read no further than any that means something, and let go', { timeout: 8000 }, async (t) => {
  let gone;
  const closed = new Promise((resolve) => (gone = resolve));
  const server = createServer((_, response) => {
    const more = () => !response.destroyed && response.write('x'.repeat(16 << 10), () => setImmediate(more));
    response.on('close', gone).writeHead(400);
    more();
  });
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const to = `http://127.0.0.1:${server.address().port}/`;
  const { kind, error } = await post({ url: to, headers: {}, body: encode('x') }, platform);
  assert.equal(kind, 'refused');
  assert.match(error, /^HTTP 400 x+$/);
  await closed;
});

test('of an answer that is short all is read, and of none nothing', async (t) => {
  const server = createServer(({ url }, response) => (url === '/none' ? response.writeHead(204).end() : response.end('{"partialSuccess":{}}')));
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const read = async (path) => {
    const answer = await platform.send(`http://127.0.0.1:${server.address().port}/${path}`, { method: 'POST', headers: { connection: 'close' }, body: 'x' });
    return new TextDecoder().decode(await answer.bytes());
  };
  assert.deepEqual([await read('some'), await read('none')], ['{"partialSuccess":{}}', '']);
});
