// What the tap costs a page while an answer comes: processor time of the page's main thread for each chunk, and
// how long after it was sent the page's own `read()` has it. A chunk of one token, as a service sends them, and
// one of many, as a network joins them.
//
// Prints one JSON object on standard output; says on standard error what it is doing.

import { setTimeout as wait } from 'node:timers/promises';
import { BROWSER } from '../tests/browser/browser.mjs';
import { CLASSIC, startBench } from '../tests/browser/product/bench.mjs';
import { median, QUICK, rounded } from './rounds.mjs';
import { spentBy } from './spent.mjs';

const ROUNDS = QUICK ? 1 : 4;
const CHUNKS = QUICK ? 10 : 60;
const SHAPES = { 'one token': 1, '20 tokens': 20 };
// Long enough for all that a chunk sets off.
const PACE_MS = 6;
const PATH = '/api/organizations/o/chat_conversations/c/completion';

const ALONE = 'no tap';
const KINDS = {
  [ALONE]: {},
  'no tap, again: the noise': {},
  'tap, nobody listens': { tap: true },
  'tap, hooks heard': { tap: true, hooks: true },
  'tap, raw layer heard': { tap: true, raw: true },
  'response.clone(), drained': { clone: true },
};

const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
const now = () => performance.timeOrigin + performance.now();
const event = (record) => `event: ${record.type}\ndata: ${JSON.stringify(record)}\n\n`;
const BEGINNING = event({ type: 'message_start', message: { id: 'chatcompl_1', uuid: 'u', model: 'm' } })
  + event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
const token = (number) => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ` word${number}` } });

// In the page: shows what comes, and notes when.
function page({ clone }) {
  const { fetch: platform } = window;
  if (clone) {
    window.fetch = async (...given) => {
      const response = await platform(...given);
      const reader = response.clone().body.getReader();
      (async () => { while (!(await reader.read()).done); })();
      return response;
    };
  }
  window.stream = async (url) => {
    const text = document.body.appendChild(document.createElement('p')).appendChild(document.createTextNode(''));
    const response = await fetch(url, { method: 'POST', body: '{"prompt":"Hello?"}' });
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const came = [];
    for (;;) {
      const { done, value } = await reader.read();
      came.push(performance.timeOrigin + performance.now());
      if (done) break;
      for (const [, data] of decoder.decode(value, { stream: true }).matchAll(/^data: (.*)$/gm)) text.data += JSON.parse(data).delta?.text ?? '';
    }
    text.parentNode.remove();
    return came;
  };
}

const bench = await startBench();

async function open({ tap, hooks, raw, clone }) {
  const opened = await bench.open({ headers: ISOLATED, head: tap ? CLASSIC : '', before: [page, { clone }] });
  await opened.evaluate(({ hooks, raw }) => {
    if (hooks) __claudeHooks.on('*', () => {});
    if (raw) __claudeTap.on(() => {});
  }, { hooks, raw });
  return { opened, spent: await spentBy(bench, opened) };
}

/** Microseconds of the main thread for each chunk, and from its sending to the page's having it. */
async function stream({ opened, spent }, tokens) {
  const key = bench.key();
  const reading = opened.evaluate((url) => stream(url), `${PATH}?drive=${key}`);
  const answer = await bench.service.stream(key);
  await answer.write(BEGINNING);
  await wait(5 * PACE_MS);
  const sent = [];
  const cpu = [];
  let before = await spent();
  for (let at = 0; at < CHUNKS; at++) {
    const chunk = Array.from({ length: tokens }, (_, number) => token(at * tokens + number)).join('');
    sent.push(now());
    await answer.write(chunk);
    await wait(PACE_MS);
    const after = await spent();
    cpu.push(after - before);
    before = after;
  }
  answer.end();
  const came = (await reading).slice(1, -1);
  if (came.length !== CHUNKS) return null; // two of them were one to the page
  return { cpu, delay: came.map((time, at) => (time - sent[at]) * 1000) };
}

const pages = {};
for (const [kind, what] of Object.entries(KINDS)) pages[kind] = await open(what);
const found = {};
for (let round = 0; round < ROUNDS; round++) {
  process.stderr.write(`live: round ${round + 1} of ${ROUNDS}\n`);
  for (const [shape, tokens] of Object.entries(SHAPES)) {
    for (const kind of Object.keys(KINDS)) {
      const result = await stream(pages[kind], tokens);
      const all = (found[`${shape} ${kind}`] ??= { cpu: [], delay: [] });
      if (!result) continue;
      all.cpu.push(...result.cpu);
      all.delay.push(...result.delay);
    }
  }
}
const faults = Object.values(pages).flatMap(({ opened }) => opened.faults);
await bench.close();
if (faults.length) throw new Error(faults.join('\n'));

const high = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * 0.99)];
const micros = (number) => (Number.isFinite(number) ? Math.round(number) : null);
const rows = Object.entries(SHAPES).flatMap(([shape, tokens]) => Object.keys(KINDS).map((kind) => {
  const { cpu, delay } = found[`${shape} ${kind}`];
  const alone = found[`${shape} ${ALONE}`];
  const added = median(cpu) - median(alone.cpu);
  return {
    chunk: shape,
    kind,
    chunks: cpu.length,
    cpuP50: micros(median(cpu)),
    cpuP99: micros(high(cpu)),
    addedP50: micros(added),
    addedP99: micros(high(cpu) - high(alone.cpu)),
    addedPerToken: Number.isFinite(added) ? rounded(added / tokens, 1) : null,
    readP50: micros(median(delay)),
    readP99: micros(high(delay)),
    readLaterP50: micros(median(delay) - median(alone.delay)),
  };
}));
const about = `microseconds per chunk (${BROWSER}), ${ROUNDS} rounds of ${CHUNKS} chunks: cpu of the page's main thread, with what it costs to ask for it; read: from its sending to the page's read()`;
console.log(JSON.stringify({ name: 'live', about, rows }));
