// Chunks of an event stream that come in one millisecond are one to the core, and nobody can tell: the same
// hooks, the same frames with the same times, and the bytes as they were when the page got them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';
import { readCase } from './corpus.mjs';
import { pieces, randomCuts } from './cuts.mjs';
import { inPage } from './scenario.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

// In the page, before the tap: a clock that the test sets, and answers that the page makes itself.
function prepare() {
  window.clock = 1_000;
  Date.now = () => window.clock;
  const { fetch: native } = window;
  window.bodies = {};
  window.fetch = (url, init) => (url in bodies
    ? Promise.resolve(new Response(bodies[url], { headers: { 'content-type': bodies[url].type ?? 'text/event-stream' } }))
    : native(url, init));
}

/** In the page: reads the bodies in turns, a chunk of each; what was heard of it, and what waited at the end. */
async function play({ chunks, ticks, type, path = '/v1/messages' }) {
  const raw = [];
  const hooks = [];
  const bytes = {};
  const heard = [
    __claudeTap.on((event) => {
      const { raw: parsed, bytes: content, ...rest } = event;
      raw.push(rest);
      if (content) (bytes[event.streamId] ??= []).push(Array.from(content, (byte) => String.fromCharCode(byte)).join(''));
    }),
    __claudeHooks.on('*', ({ raw: frame, ...event }) => hooks.push({ ...event, at: frame && [frame.seq, frame.offset, frame.length] })),
  ];
  const readers = [];
  for (const [index, list] of chunks.entries()) {
    const url = `${path}?made=${index}`;
    const left = list.map((text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
    bodies[url] = new ReadableStream({
      pull(controller) {
        if (left.length) controller.enqueue(left.shift());
        else controller.close();
      },
    }, { highWaterMark: 0 });
    bodies[url].type = type;
    readers.push((await fetch(url, { method: 'POST', body: '{"messages":[]}' })).body.getReader());
  }
  await words.turn();
  let reading = readers;
  while (reading.length) {
    const next = [];
    for (const reader of reading) {
      const { done, value } = await reader.read();
      // As its own buffer, of which the page may do anything at once.
      value?.fill(42);
      if (!done) next.push(reader);
      if (ticks) clock++;
    }
    reading = next;
  }
  const { queuedBytes: waiting, chunks: counted } = __claudeTap.stats();
  await words.settled();
  heard.forEach((stop) => stop());
  return { raw, hooks, bytes: Object.values(bytes).map((all) => all.join('')), waiting, counted };
}

const BODIES = ['messages/two-tools', 'messages/thinking'].map((name) => readCase(name).body);
const cut = (body, longest) => pieces(body, randomCuts(body.length, 3, longest)).map((piece) => piece.toString('latin1'));
const run = (given) => inPage(bench, play, given, { before: [prepare] });

/** Without what a clock says. */
const timeless = ({ raw, hooks, bytes }) => JSON.parse(JSON.stringify({ raw, hooks, bytes }, (key, value) => (key === 'ts' ? undefined : value)));

test('one stream, in pieces of any length: as in one, and what waits weighs as one', async () => {
  const [body] = BODIES;
  const whole = await run({ chunks: [[body.toString('latin1')]] });
  for (const longest of [1, 30, 400]) {
    const chunks = cut(body, longest);
    const joined = await run({ chunks: [chunks] });
    assert.equal(joined.counted, chunks.length);
    assert.deepEqual([joined.raw, joined.hooks, joined.bytes], [whole.raw, whole.hooks, whole.bytes], `${longest}`);
    assert.equal(joined.waiting, whole.waiting);
    assert.equal(joined.bytes[0], body.toString('latin1'));
    // Each at a time of its own.
    const apart = await run({ chunks: [chunks], ticks: true });
    assert.deepEqual(timeless(apart), timeless(whole));
    assert.ok(apart.waiting >= joined.waiting + 99 * (chunks.length - 1));
  }
});

test('two streams that are read in turns, each to the other in the way', async () => {
  const chunks = BODIES.map((body) => cut(body, 40));
  const [together, apart] = [await run({ chunks }), await run({ chunks, ticks: true })];
  assert.deepEqual(together.bytes, BODIES.map((body) => body.toString('latin1')));
  assert.deepEqual(timeless(together), timeless(apart));
});

test('more than a block of them: none is lost or moved where blocks end', async () => {
  const [body] = BODIES;
  const times = Math.ceil((5 << 16) / body.length);
  const long = Buffer.concat(Array(times).fill(Buffer.from(`: ${'x'.repeat(1_000)}\n\n`)).flatMap((comment) => [comment, body]));
  for (const longest of [900, 100_000]) {
    const { bytes, counted } = await run({ chunks: [cut(long, longest)] });
    assert.equal(bytes[0], long.toString('latin1'), `${longest}`);
    assert.equal(counted, cut(long, longest).length);
  }
});

test('what is no event stream has its chunks told as they came', async () => {
  const chunks = ['one', 'two', 'three'];
  const head = '<script src="/dist/pagetap.js" data-match="all"></script>';
  const { raw, bytes } = await inPage(bench, play, { chunks: [chunks], type: 'text/plain', path: '/any' }, { before: [prepare], head });
  assert.deepEqual(raw.flatMap(({ length }) => length ?? []), [3, 3, 5]);
  assert.deepEqual(bytes, ['onetwothree']);
});
