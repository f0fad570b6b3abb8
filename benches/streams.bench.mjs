// How the cost of a chunk grows with the number of streams that are open: all are begun first, then as many
// chunks as ever are read of them, by turns.
//
// Prints one JSON object on standard output; says on standard error what it is doing.

import { BROWSER } from '../tests/browser/browser.mjs';
import { CLASSIC, startBench } from '../tests/browser/product/bench.mjs';
import { byTurns, median, QUICK, ratios, rounded } from './rounds.mjs';
import { spentBy } from './spent.mjs';

const ROUNDS = QUICK ? 1 : 9;
const CHUNKS = QUICK ? 2_000 : 20_000;
const STREAMS = [1, 10, 100, 1_000];
const TARGET = 1.2;
const PATH = '/api/organizations/o/chat_conversations/c/completion';

const ALONE = 'no tap';
const KINDS = {
  [ALONE]: {},
  'tap, nobody listens': { tap: true },
  'tap, hooks heard': { tap: true, hooks: true },
};
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

// In the page: streams that wait after their first chunk until all are there.
function page(path) {
  const encoder = new TextEncoder();
  const event = (record) => `event: ${record.type}\ndata: ${JSON.stringify(record)}\n\n`;
  const beginning = (id) => encoder.encode(
    event({ type: 'message_start', message: { id, type: 'message', role: 'assistant', model: 'm', content: [] } })
      + event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  );
  // 120 bytes.
  const delta = encoder.encode(event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' some wor' } }));
  let serial = 0;
  let chunks;
  let gate;
  const made = () => {
    let at = 0;
    return new ReadableStream({
      async pull(controller) {
        if (at === 1) await gate;
        if (at++ === 0) controller.enqueue(beginning(`msg_${++serial}`));
        else if (at <= chunks + 1) controller.enqueue(delta.slice());
        else controller.close();
      },
    }, { highWaterMark: 0 });
  };
  const { fetch: platform } = window;
  window.fetch = (url, init) => (url === path
    ? Promise.resolve(new Response(made(), { headers: { 'content-type': 'text/event-stream' } }))
    : platform(url, init));
  const settled = async () => {
    do await words.turn(); while (window.__claudeTap?.stats().queuedBytes);
  };

  let open;
  let readers;
  window.begin = async (streams, total) => {
    chunks = total / streams;
    gate = new Promise((done) => (open = done));
    readers = [];
    for (let at = 0; at < streams; at++) {
      const reader = (await fetch(path, { method: 'POST', body: '{}' })).body.getReader();
      await reader.read();
      readers.push(reader);
    }
    await settled();
  };
  window.measure = async () => {
    const begun = performance.now();
    open();
    await Promise.all(readers.map(async (reader) => {
      for (let at = 0; at < chunks; at++) await reader.read();
    }));
    await settled();
    return performance.now() - begun;
  };
  window.finish = async () => {
    await Promise.all(readers.map((reader) => reader.read()));
    await settled();
  };
}

const bench = await startBench();
const pages = {};
for (const [kind, { tap, hooks }] of Object.entries(KINDS)) {
  const opened = await bench.open({ headers: ISOLATED, head: tap ? CLASSIC : '', before: [page, PATH] });
  if (hooks) await opened.evaluate(() => { __claudeHooks.on('*', () => {}); });
  pages[kind] = { opened, spent: await spentBy(bench, opened) };
}

const label = (kind, streams) => `${streams} ${kind}`;
const cases = Object.fromEntries(STREAMS.flatMap((streams) => Object.keys(KINDS).map((kind) => [label(kind, streams), [pages[kind], streams]])));
process.stderr.write(`streams: ${ROUNDS} rounds\n`);
const found = await byTurns(Object.keys(cases), ROUNDS, async (which) => {
  const [{ opened, spent }, streams] = cases[which];
  await opened.evaluate(([streams, chunks]) => begin(streams, chunks), [streams, CHUNKS]);
  await opened.requestGC();
  const before = await spent();
  const ms = await opened.evaluate(() => measure());
  const cpu = (await spent()) - before;
  await opened.evaluate(() => finish());
  return { wall: (ms * 1000) / CHUNKS, cpu: cpu / CHUNKS };
});
const lost = await Promise.all(Object.values(pages).map(({ opened }) => opened.evaluate(() => {
  const stats = window.__claudeTap?.stats();
  return stats && (stats.failure || stats.droppedBytes || stats.notices.too_many_streams);
})));
await bench.close();
if (lost.some(Boolean)) throw new Error(`lost: ${lost.filter(Boolean)}`);

// Time of the processor where it is to be had.
const measure = BROWSER === 'firefox' ? 'wall' : 'cpu';
const each = (kind, streams) => found[label(kind, streams)].map((one) => one[measure]);
const rows = Object.keys(KINDS).flatMap((kind) => STREAMS.map((streams) => {
  const { ratio, spread } = ratios(each(kind, streams), each(kind, 1));
  const target = kind !== ALONE && streams === STREAMS.at(-1);
  const added = each(kind, streams).map((micros, round) => micros - each(ALONE, streams)[round]);
  return {
    kind,
    streams,
    micros: rounded(median(each(kind, streams))),
    added: rounded(median(added)),
    toOne: ratio,
    spread,
    target: target ? `toOne: ${TARGET} or less` : '',
    met: target ? ratio <= TARGET : '',
  };
}));
const about = `microseconds per chunk (${BROWSER}, ${measure}), ${CHUNKS} chunks of 120 B of so many streams, until all is told; toOne: to that of one stream; ${ROUNDS} rounds`;
console.log(JSON.stringify({ name: 'streams', about, rows }));
