// A chunk that is longer than what the core gets at a time: whatever happens between two of its pieces, the page
// has all of it, and what is told is what was there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';
import { assertSound } from './oracle.mjs';
import { answer, carried, message } from './wires.mjs';

const PIECE = 65_536;
// No boundary of a piece is one of a record, and some are inside a character.
const TEXTS = Array.from({ length: 40 }, (_, at) => `${at} ${'ü🌻言'.repeat(1500)}`);
const RECORDS = message(...TEXTS);

let bench;
let body;
before(async () => {
  bench = await startBench();
  body = Buffer.concat(carried('fetch', RECORDS));
  bench.line.wires.fetch = answer('fetch', body);
});
after(() => bench.close());

// In the page: the whole answer is there before it is read, so that one read has many pieces of it.
async function read({ line, act }) {
  const order = [];
  if (window.__claudeTap) {
    const { stats } = __claudeHooks;
    window.__seen = { order, stats, times: new Set(), lengths: [] };
    let frames = 0;
    __claudeHooks.on('Notice', ({ code }) => order.push(code));
    __claudeTap.on(({ kind, ts }) => {
      if (kind !== 'frame') return;
      order.push('frame');
      __seen.times.add(ts);
      if (++frames === 3) ({
        destroy: () => __claudeHooksDestroy(),
        translate: () => {
          try {
            __claudeHooks.translate({ dialect: 'messages', events: {} });
          } catch (error) {
            order.push(String(error));
          }
        },
      })[act]?.();
    });
  }
  const response = await fetch(__pipes.address('fetch', line, { wire: 'fetch', key: 'long' }), { method: 'POST', body: '{}' });
  for (let turn = 0; turn < 200; turn++) await __turn();
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    window.__seen?.lengths.push(value.length);
    text += decoder.decode(value, { stream: true });
  }
}

const seen = () => ({ order: __seen.order, times: __seen.times.size, lengths: __seen.lengths, stats: __seen.stats() });

test('all of its pieces are told, in order, at the time of the chunk', async () => {
  const { plain, told } = await bench.both(read, {}, { read: seen });
  assert.equal(plain, String(body));
  assert.ok(told.read.lengths.some((length) => length > 2 * PIECE), `the test itself: ${told.read.lengths}`);
  assert.equal(told.streams.long[0].text, plain);
  assert.equal(told.streams.long[0].frames.length, RECORDS.length);
  assert.ok(told.read.times <= told.read.lengths.length, 'a chunk has one time');
  assertSound(told);
});

test('a listener removes the tap between two: what came is told, and nothing reaches the page', async () => {
  const { plain, told } = await bench.both(read, { act: 'destroy' }, { read: seen });
  assert.equal(plain, String(body));
  assert.equal(told.read.stats.failure, null);
  assert.equal(told.read.stats.queuedBytes, 0);
});

test('a listener breaks the core between two: nothing is told after that, and what was not is counted', async () => {
  // As in panic.test.mjs, by a core whose `translate` traps.
  const first = () => {
    const { Instance } = WebAssembly;
    WebAssembly.Instance = function (module) {
      const { exports } = new Instance(module);
      const translate = () => {
        throw new WebAssembly.RuntimeError('unreachable');
      };
      return { exports: { ...exports, translate } };
    };
  };
  const { plain, told } = await bench.both(read, { act: 'translate' }, { read: seen, first: `(${first})()` });
  assert.equal(plain, String(body));
  assert.match(told.read.stats.failure, /unreachable/);
  const { order, lengths, stats } = told.read;
  const failed = order.indexOf('core_failed');
  assert.ok(failed > 0, String(order));
  // The rest of the batch in which it broke is there already.
  assert.ok(order.slice(failed).filter((what) => what === 'frame').length <= 3, String(order));
  assert.ok(stats.droppedBytes >= Math.max(...lengths) - 2 * PIECE, `${stats.droppedBytes} of ${lengths}`);
});

test('a listener takes the buffer away in the middle of it: all of it was copied before', async () => {
  // More than may wait: the listener runs within the call that tells of the body.
  const large = Buffer.concat(Array(60).fill(body));
  bench.line.wires.xhr = answer('xhr', large);
  const { seen, told } = await bench.both(({ line }) => new Promise((done) => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', __pipes.address('xhr', line, { wire: 'xhr', key: 'taken' }));
    xhr.responseType = 'arraybuffer';
    let taken = 0;
    window.__claudeTap?.on(({ kind }) => {
      if (kind === 'frame' && !taken) taken = structuredClone(xhr.response, { transfer: [xhr.response] }).byteLength;
    });
    xhr.onload = () => __turn().then(() => done({ taken, left: xhr.response.byteLength }));
    xhr.send('{}');
  }), {}, { same: () => 0 });
  assert.deepEqual(seen, { taken: large.length, left: 0 }, 'the test itself');
  assert.equal(told.streams.taken[0].bytes, large.length);
  assert.equal(told.streams.taken[0].text, String(large));
});
