// Clients of the Messages API see the same with and without the tap, however late it comes; and what
// the tap says agrees with what they assembled.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CLASSIC, startBench } from './bench.mjs';
import { caseNames, readCase } from './corpus.mjs';

const CLIENTS = '<script src="/clients.page.js"></script>';
const PREPARE = '<script>prepare()</script>';
const LISTEN = `<script>
  window.heard = [];
  __claudeHooks.on('*', (event) => heard.push(event));
</script>`;
const TAP = CLASSIC + LISTEN;

// When the tap comes, seen from the client.
const TAPPED = {
  'before the client loads': TAP + CLIENTS + PREPARE,
  'after the client has loaded': CLIENTS + TAP + PREPARE,
  'after the client has taken hold of fetch': CLIENTS + PREPARE + TAP,
};

const STREAMING = ['sdk stream', 'sdk create, streaming', 'fetch-event-source', 'eventsource-parser', 'eventsource-parser, piped'];

let bench;
before(async () => {
  bench = await startBench({ scripts: ['clients.page'] });
});
after(() => bench?.close());

const names = caseNames('messages');
const pathOf = (name, seed) => `/case/${name}/${seed}`;
const isBeta = (name) => readCase(name).meta.url.endsWith('beta=true');
const go = (page, about) => page.evaluate((how) => window.go(how), about);

/** Hooks and notices since the last call. */
const heard = (page) =>
  page.evaluate(async () => {
    await words.settled();
    return JSON.parse(JSON.stringify(heard.splice(0)));
  });

/** One page without the tap, and one for each time it can come. */
async function openAll() {
  const plain = await bench.open({ head: CLIENTS + PREPARE });
  const tapped = {};
  for (const [when, head] of Object.entries(TAPPED)) tapped[when] = await bench.open({ head });
  return { plain, tapped };
}

describe('events, message and errors are the same with the tap', () => {
  let pages;
  before(async () => {
    pages = await openAll();
  });

  for (const [index, name] of names.entries()) {
    test(name, async () => {
      const ways = readCase(name).meta.contentType.startsWith('text/event-stream') ? STREAMING : [...STREAMING, 'sdk create'];
      for (const way of ways) {
        const about = { way, path: pathOf(name, index + 1), beta: isBeta(name) };
        const whens = Object.keys(pages.tapped);
        const [expected, ...outcomes] = await Promise.all([pages.plain, ...Object.values(pages.tapped)].map((page) => go(page, about)));
        for (const [at, outcome] of outcomes.entries()) assert.deepEqual(outcome, expected, `${way}, tap ${whens[at]}`);
      }
    });
  }

  test('none of it reached the page as an error, and no tap stopped', async () => {
    for (const page of Object.values(pages.tapped)) {
      assert.deepEqual(page.faults, []);
      const { failure, notices, encoding } = await page.evaluate(() => __claudeHooks.stats());
      assert.equal(failure, null);
      assert.equal(encoding, 'wasm');
      assert.ok(!notices.tap_failed && !notices.core_failed && !notices.queue_full, JSON.stringify(notices));
    }
  });
});

describe('what the tap says agrees with what the SDK assembled', () => {
  for (const [when, head] of Object.entries(TAPPED)) {
    test(`tap ${when}`, async () => {
      const page = await bench.open({ head });
      let compared = 0;
      for (const [index, name] of names.entries()) {
        for (const way of ['sdk stream', 'sdk create']) {
          if ((way === 'sdk stream') !== readCase(name).streamed) continue;
          const { message, error } = await go(page, { way, path: pathOf(name, index + 60), beta: isBeta(name) });
          const hooks = await heard(page);
          if (error) continue;
          agree(hooks, message, name);
          compared++;
        }
      }
      assert.ok(compared >= 35, `${compared} messages`);
    });
  }
});

function agree(hooks, message, name) {
  const of = (type, test = () => true) => hooks.filter((hook) => hook.type === type && test(hook));
  const starts = of('MessageStart');
  assert.deepEqual(starts.map(({ messageId }) => messageId), [message.id], name);
  // A model may be switched in the middle.
  const model = of('PostModelSwitch').at(-1)?.toModel ?? starts[0].model;
  assert.equal(model, message.model, name);
  const end = of('MessageEnd')[0];
  assert.equal(end.stopReason, message.stop_reason, name);
  for (const [index, block] of message.content.entries()) {
    const here = (hook) => hook.blockIndex === index;
    const joined = (type) => of(type, here).map(({ text }) => text).join('');
    if (block.type === 'text') assert.equal(joined('MessageDelta'), block.text, name);
    if (block.type === 'thinking') assert.equal(joined('ThinkingDelta'), block.thinking, name);
    if (block.type.endsWith('tool_use')) {
      const [call] = of('ToolUseEnd', here);
      // The SDK shows what it has of a call that was cut; the tap does not call that a call.
      if (end.complete || call) assert.deepEqual([call.toolId, call.toolName, call.toolInput], [block.id, block.name, block.input], name);
    }
  }
  assert.equal(end.usage.output_tokens, message.usage.output_tokens, name);
  for (const [counter, value] of Object.entries(end.usage)) {
    assert.deepEqual(value, message.usage[counter], `${name}: ${counter}`);
  }
}

describe('when it is cut short in the middle, the caller sees the same', () => {
  const { body } = readCase('messages/server-tools-then-results');
  const half = body.subarray(0, body.indexOf('\n\n', body.length / 2) + 2);
  const events = half.toString().match(/\n\n/g).length;

  /** The first half of an answer; then `cut(stream)`. What the tap said of it. */
  async function goHalfway(page, way, cut, about) {
    const key = bench.key();
    const going = go(page, { way, path: `/drive/${key}`, ...about });
    const stream = await bench.service.stream(key);
    await stream.write(half);
    // Chromium may throw away what it has when a connection goes, so the page has to have read it all.
    await page.evaluate((events) => words.until(() => window.seen.events.length === events), events);
    cut(stream);
    const outcome = await going;
    await stream.closed;
    return outcome;
  }

  async function everywhere(way, cut, about) {
    const { plain, tapped } = await openAll();
    const expected = await goHalfway(plain, way, cut, about);
    const told = [];
    for (const [when, page] of Object.entries(tapped)) {
      assert.deepEqual(await goHalfway(page, way, cut, about), expected, `tap ${when}`);
      const hooks = await heard(page);
      told.push(hooks.filter(({ type }) => /^(MessageEnd|Stop|StopFailure)$/.test(type)).map((hook) => [hook.type, hook.stopReason ?? hook.error]));
      assert.deepEqual(page.faults, []);
    }
    await Promise.all([plain, ...Object.values(tapped)].map((page) => page.close()));
    return { expected, told };
  }

  for (const way of STREAMING) {
    test(`the connection is lost: ${way}`, async () => {
      const { expected, told } = await everywhere(way, (stream) => stream.reset());
      assert.ok(expected.error);
      for (const ends of told) assert.deepEqual(ends, [['MessageEnd', 'incomplete'], ['StopFailure', 'unknown']]);
    });
  }

  for (const way of ['sdk create, streaming', 'sdk stream, aborted']) {
    test(`the caller stops: ${way}`, async () => {
      const { told } = await everywhere(way, () => {}, { stopAfter: events });
      for (const ends of told) assert.deepEqual(ends, [['MessageEnd', 'user_canceled'], ['Stop', 'user_canceled']]);
    });
  }
});
