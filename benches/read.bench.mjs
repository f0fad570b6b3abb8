// What a page's own read loop takes for each chunk: alone, under the tap, and under what else is used to
// look at responses. Of a stream made in the page, whose chunks are as small and as fast as chunks can be,
// and of one that comes over the network, where a page mostly waits: what is done meanwhile shows in the
// processor's time alone.
//
// Prints one JSON object on standard output; says on standard error what it is doing.

import { setTimeout as wait } from 'node:timers/promises';
import { BROWSER } from '../tests/browser/browser.mjs';
import { CLASSIC, startBench } from '../tests/browser/product/bench.mjs';
import { pieces, randomCuts } from '../tests/browser/product/cuts.mjs';
import { beginning, blockOf, ending } from '../xtask/js/bounds/answer.mjs';
import { byTurns, median, QUICK, ratios, rounded } from './rounds.mjs';
import { spentBy } from './spent.mjs';

const ROUNDS = QUICK ? 1 : 7;
const CHUNKS = QUICK ? 2_000 : 20_000;
const BLOCKS = QUICK ? 1 : 4;
const LONGEST_CHUNK = 16 << 10;
// Faster, and several writes are one chunk to the page.
const PACE_MS = 1;

const PATH = '/api/organizations/o/chat_conversations/c/completion';
const MADE = `${PATH}?made`;
const SENT = `${PATH}?sent`;

// What is installed, and who listens.
const ALONE = 'no tap';
const KINDS = {
  [ALONE]: {},
  'no tap, again: the noise': {},
  'tap, nobody listens': { tap: true },
  'tap, hooks heard': { tap: true, hooks: true },
  'tap, raw layer heard': { tap: true, raw: true },
  'response.clone(), drained': { wrapper: 'clone' },
  'tee() and new Response, drained': { wrapper: 'tee' },
};

// Only such a page has a clock of microseconds.
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

const sent = Buffer.concat([
  beginning('msg_1'),
  ...Array.from({ length: BLOCKS }, (_, index) => blockOf(index)),
  ending(),
]);
const sentPieces = pieces(sent, randomCuts(sent.length, 1, LONGEST_CHUNK));

const door = {
  async request(request, response) {
    request.socket.setNoDelay(true);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const piece of sentPieces) {
      await new Promise((written) => response.write(piece, written));
      await wait(PACE_MS);
    }
    response.end();
  },
};

// In the page, before the tap: what answers `fetch`, and who else is in front of it.
function ahead({ path, chunks, wrapper }) {
  const encoder = new TextEncoder();
  const event = (record) => encoder.encode(`event: ${record.type}\ndata: ${JSON.stringify(record)}\n\n`);
  const first = event({ type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [] } });
  const start = event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
  // 120 bytes.
  const delta = event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' some wor' } });
  const last = event({ type: 'message_stop' });
  const made = () => {
    let at = 0;
    return new ReadableStream({
      pull(controller) {
        const chunk = at === 0 ? first : at === 1 ? start : at < chunks - 1 ? delta : last;
        if (at++ < chunks) controller.enqueue(chunk.slice());
        else controller.close();
      },
    }, { highWaterMark: 0 });
  };
  const { fetch: platform } = window;
  const answer = (url, init) => {
    if (url !== path) return platform(url, init);
    return Promise.resolve(new Response(made(), { headers: { 'content-type': 'text/event-stream' } }));
  };

  async function drain(stream) {
    const reader = stream.getReader();
    while (!(await reader.read()).done);
  }
  let drained;
  const WRAPPERS = {
    clone: async (url, init) => {
      const response = await answer(url, init);
      drained = drain(response.clone().body);
      return response;
    },
    tee: async (url, init) => {
      const response = await answer(url, init);
      const [page, own] = response.body.tee();
      drained = drain(own);
      const { status, statusText, headers } = response;
      return new Response(page, { status, statusText, headers });
    },
  };
  window.fetch = WRAPPERS[wrapper] ?? answer;

  window.measure = async (url) => {
    const begun = performance.now();
    const response = await fetch(url, { method: 'POST', body: '{"prompt":"Hello?"}' });
    const reader = response.body.getReader();
    for (;;) {
      if ((await reader.read()).done) break;
    }
    const loop = performance.now() - begun;
    await drained;
    // Until the tap has told what it took.
    do await words.turn(); while (window.__claudeTap?.stats().queuedBytes);
    return { loop, all: performance.now() - begun };
  };
}

const bench = await startBench({ doors: { [PATH]: door } });

async function open({ tap, hooks, raw, wrapper }) {
  const page = await bench.open({ headers: ISOLATED, head: tap ? CLASSIC : '', before: [ahead, { path: MADE, chunks: CHUNKS, wrapper }] });
  await page.evaluate(({ hooks, raw }) => {
    window.heard = 0;
    if (hooks) __claudeHooks.on('*', () => heard++);
    if (raw) __claudeTap.on(() => heard++);
  }, { hooks, raw });
  return { page, spent: await spentBy(bench, page) };
}

const pages = {};
for (const [kind, what] of Object.entries(KINDS)) pages[kind] = await open(what);

async function measure(kind, url, count) {
  const { page, spent } = pages[kind];
  await page.requestGC();
  const before = await spent();
  const { loop, all } = await page.evaluate((url) => measure(url), url);
  const micros = (ms) => (ms / count) * 1000;
  return { loop: micros(loop), all: micros(all), cpu: ((await spent()) - before) / count };
}

const rows = [];
const streams = [
  [`${CHUNKS} of 120 B, made in the page`, MADE, CHUNKS, 'ratio: 1.05 or less; added: 2 or less'],
  [`${sentPieces.length} of 1 B to 16 KB, of a network`, SENT, sentPieces.length, 'ratio: 1.05 or less'],
];
for (const [chunks, url, count, target] of streams) {
  process.stderr.write(`read: ${ROUNDS} rounds, chunks ${chunks}\n`);
  const found = await byTurns(Object.keys(KINDS), ROUNDS, (kind) => measure(kind, url, count));
  const each = (kind, what) => found[kind].map((one) => one[what]);
  const added = (kind, what) => rounded(median(each(kind, what).map((micros, round) => micros - found[ALONE][round][what])));
  const best = (kind) => Math.min(...each(kind, 'loop'));
  for (const kind of Object.keys(KINDS)) {
    rows.push({
      chunks,
      kind,
      loopMicros: rounded(median(each(kind, 'loop'))),
      ...ratios(each(kind, 'loop'), each(ALONE, 'loop')),
      added: added(kind, 'loop'),
      best: rounded(best(kind)),
      bestRatio: rounded(best(kind) / best(ALONE)),
      addedUntilTold: added(kind, 'all'),
      addedCpu: BROWSER === 'firefox' ? null : added(kind, 'cpu'),
      target: kind === 'tap, nobody listens' ? target : '',
    });
  }
}
const faults = await Promise.all(Object.values(pages).map(({ page }) => page.faults));
const deaf = await Promise.all(Object.entries(KINDS).map(async ([kind, { tap, hooks, raw }]) => {
  const { heard, chunks } = await pages[kind].page.evaluate(() => ({ heard, chunks: window.__claudeTap?.stats().chunks }));
  return (tap && !chunks) || ((hooks || raw) && heard < CHUNKS);
}));
await bench.close();
if (faults.flat().length) throw new Error(faults.flat().join('\n'));
if (deaf.includes(true)) throw new Error('a tap took nothing, or told nothing');

const about = `microseconds of a page's read loop per chunk (${BROWSER}), ${ROUNDS} rounds; loop: until the page has read all; until told: until nothing waits any more; cpu: of the page's main thread`;
console.log(JSON.stringify({ name: 'read', about, rows }));
