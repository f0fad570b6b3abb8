// One core, in two sizes and three ways to run it: they say the same about every corpus case, however it is
// cut, also about those of several pipes; the small one about those of chats.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { instantiate } from '../../src/web/interpreter.js';
import { Converter } from '../../src/web/convert.js';
import { Core } from '../../src/web/core.js';
import { launch } from '../browser/browser.mjs';
import { caseNames, chainOf, covered, readSession, sessionNames } from '../browser/product/corpus.mjs';
import { everyByte, randomCuts } from '../browser/product/cuts.mjs';
import { asJavaScript, printed } from '../browser/product/expectation.mjs';
import { plain, play, rebuilt } from '../browser/product/play.mjs';
import { playSession, rebuiltWays } from '../browser/product/sessions.mjs';
import { startService } from '../browser/product/service.mjs';

const GENERATED = new URL('../../target/gen/', import.meta.url);
const MODULE = readFileSync(new URL('pagetap.wasm', GENERATED));
const SMALL = readFileSync(new URL('small.wasm', GENERATED));
const SEEDS = [1, 2, 3, 4, 5];
// One of each kind: tools, thinking, a chain, characters beyond ASCII, a refusal, other dialects.
const HANDFUL = [
  'claudeai/tool-error', 'claudeai/citations-utf16', 'claudeai/retry', 'claudeai/http-429',
  'messages/server-tools-then-results', 'messages/surrogates', 'messages/framing-mixed', 'complete/text',
];

const natively = async (module) => new WebAssembly.Instance(new WebAssembly.Module(module)).exports;
const FULL = {
  wasm: () => natively(MODULE),
  js: () => import(new URL('core_js.js', GENERATED)),
};
// As the small bookmarklet carries it.
const OF_CHATS = {
  'small wasm': () => natively(SMALL),
  'small interpreter': async () => instantiate(SMALL),
};
const ENCODINGS = { ...FULL, ...OF_CHATS };
// Which no shell carries this way, and which is the same core all the same.
const OF_SESSIONS = { ...FULL, interpreter: async () => instantiate(MODULE) };

function plansFor(length) {
  const plans = { whole: [], 'byte by byte': everyByte(length) };
  for (const seed of SEEDS) plans[`random cuts ${seed}`] = randomCuts(length, seed);
  return plans;
}

const names = caseNames();
const ofChats = names.filter((name) => /^(claudeai|messages|complete)\//.test(name));
const namesFor = (encoding) => (encoding in OF_CHATS ? ofChats : names);

const sessions = sessionNames();

test('the corpus is there', () => {
  assert.ok(ofChats.length >= 60, `${ofChats.length} cases`);
  assert.ok(sessions.length >= 100, `${sessions.length} cases of several pipes`);
});

for (const [encoding, load] of Object.entries(ENCODINGS)) {
  describe(`run as ${encoding}`, () => {
    let exports;
    before(async () => {
      exports = await load();
    });
    for (const name of namesFor(encoding)) {
      test(`${name}: says what was blessed, however it is cut, and loses no byte`, () => {
        const chain = chainOf(name);
        const { body, expected } = chain.at(-1);
        const whole = play(exports, chain, []);
        assert.equal(printed(whole.hooks), asJavaScript(expected));
        const told = covered(body).toString('hex');
        assert.equal(rebuilt(whole.raws), told);
        const said = plain(whole.hooks);
        for (const [plan, cuts] of Object.entries(plansFor(body.length))) {
          for (const batched of [false, true]) {
            const other = play(exports, chain, cuts, { batched });
            const how = `${plan}${batched ? ', read at the end' : ''}`;
            assert.deepEqual(plain(other.hooks), said, how);
            assert.equal(rebuilt(other.raws), told, how);
          }
        }
      });
    }
  });
}

for (const [encoding, load] of Object.entries(OF_SESSIONS)) {
  describe(`sessions, run as ${encoding}`, () => {
    let exports;
    before(async () => {
      exports = await load();
    });
    for (const name of sessions) {
      test(`${name}: says what was blessed, however it is cut, and loses no byte`, () => {
        const { lines, expected } = readSession(name);
        const whole = playSession(exports, lines);
        assert.equal(whole.said, asJavaScript(expected));
        for (const plan of ['bytes', ...SEEDS]) {
          const other = playSession(exports, lines, plan);
          assert.equal(other.said, whole.said, `cut by ${plan}`);
          assert.deepEqual(plain(other.hooks), plain(whole.hooks), `cut by ${plan}`);
          assert.deepEqual(rebuiltWays(other.raws), rebuiltWays(whole.raws), `cut by ${plan}`);
        }
      });
    }
  });
}

test('the encodings agree on every field of every event of both layers of sessions', async () => {
  const cores = await Promise.all(Object.values(OF_SESSIONS).map((load) => load()));
  for (const name of sessions) {
    const { lines } = readSession(name);
    const [first, ...others] = cores.map((exports) => plain(playSession(exports, lines, 7)));
    for (const other of others) assert.deepEqual(other, first, name);
  }
});

test('the encodings agree on every field of every event of both layers', async () => {
  const entries = await Promise.all(Object.entries(ENCODINGS).map(async ([encoding, load]) => [encoding, await load()]));
  for (const name of names) {
    const chain = chainOf(name);
    const cuts = randomCuts(chain.at(-1).body.length, 7);
    const cores = entries.filter(([encoding]) => namesFor(encoding).includes(name));
    const [first, ...others] = cores.map(([, exports]) => plain(play(exports, chain, cuts)));
    for (const other of others) assert.deepEqual(other, first, name);
  }
});

test('the encodings agree on tables of rules: what they refuse, and what is heard by them', async () => {
  const rules = (count) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`rule_${at}`, { act: 'ignore' }]));
  const tables = [
    { dialect: 'messages', events: { message_begin: { like: 'message_start', fields: { model: ['/m', '=ü🌻'] } } } },
    { dialect: 'messages', events: { message_begin: { act: 'strat' } } },
    { dialect: 'messages', events: rules(1024) },
    { dialect: 'complete', events: rules(900) },
    [{ dialect: 'messages', deltas: { x: { does: 'text' } } }],
    { dialect: 'mcp-ws', endpoints: [{ method: 'WS', path: '/{a}/{b}', says: 'rpc' }] },
    'x'.repeat(300 << 10),
  ];
  const said = [];
  for (const load of Object.values(FULL)) {
    const exports = await load();
    const core = new Core(exports);
    core.listen(false, true);
    const refusals = tables.map((table) => {
      core.input(JSON.stringify(table));
      const length = exports.translate(core.core);
      return core.decode(exports.output(core.core), length);
    });
    core.open(1, { url: 'https://api.anthropic.com/v1/messages', method: 'POST' }, 1);
    core.chunk(1, Buffer.from('data: {"type":"message_begin","message":{"id":"msg_1"}}\n\ndata: {"type":"rule_899"}\n\n'), 2);
    const hooks = [];
    const hear = (payload) => hooks.push(payload);
    const converter = new Converter(core, () => null, () => 'sse');
    core.read((...batch) => converter.convert(...batch, { raw() {}, hook: hear, notice: hear }));
    said.push({ refusals, hooks: plain(hooks) });
  }
  const [first, ...others] = said;
  for (const other of others) assert.deepEqual(other, first);
  assert.deepEqual(first.refusals, [
    '',
    'events.message_begin.act: "strat" is no act in a dialect of messages; near it: start',
    'table: with it there are 1025 rules; the limit is 1024',
    '',
    '[0].deltas.x: lacks a field: the first says where the piece stands',
    'endpoints[0].path: a pattern captures one segment',
    'table: has more than 262144 bytes',
  ]);
  assert.deepEqual(first.hooks.map(({ type, model, detail }) => [type, model ?? detail]), [
    ['MessageStart', 'ü🌻'],
    ['Notice', 'rule_899'],
  ]);
});

test('the small core says which addresses are worth a look, and covers secrets', async () => {
  for (const load of Object.values(OF_CHATS)) {
    const core = new Core(await load());
    const chat = 'https://claude.ai/api/organizations/o/chat_conversations/c/completion';
    assert.deepEqual(
      [
        [chat, 'POST'], [`${chat}?x=/v1`, 'POST'], [chat, ''], ['https://gate.example/a/v1/messages', 'POST'],
        [chat, 'GET'], [`${chat}/more`, 'POST'], ['https://x.example/v1/sessions', 'POST'], ['', 'POST'],
      ].map(([url, method]) => core.wants(url, method)),
      [true, true, true, true, false, false, false, false],
    );
    assert.equal(core.covered('https://x.example/?token=äbc&a=ü'), 'https://x.example/?token=****&a=ü');
  }
});

// Growing memory replaces its buffer, in each encoding in a way of its own.
for (const [encoding, load] of Object.entries(ENCODINGS)) {
  test(`run as ${encoding}: records that outgrow the memory come out whole`, async () => {
    const text = 'ü€🌻'.repeat(150_000);
    const record = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
    const body = Buffer.from([
      record({ type: 'message_start', message: { id: 'msg_1', model: 'm', content: [] } }),
      record({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      record({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
      record({ type: 'message_stop' }),
    ].join(''));
    const meta = { url: 'https://api.anthropic.com/v1/messages', status: 200, contentType: 'text/event-stream' };
    const { hooks, raws } = play(await load(), [{ meta, request: null, body }], randomCuts(body.length, 1, 100_000));
    assert.equal(hooks.find(({ type }) => type === 'MessageDelta').text, text);
    assert.equal(rebuilt(raws), body.toString('hex'));
  });
}

test('the public types name exactly the events and notices that the core knows', () => {
  const types = readFileSync(new URL('../../dist/npm/pagetap.d.ts', import.meta.url), 'utf8');
  const core = new Core(new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports);
  const [, map] = types.match(/interface HookEventMap \{([^}]*)\}/);
  const [, codes] = types.match(/type NoticeCode =([^;]*);/);
  const named = (text, pattern) => Array.from(text.matchAll(pattern), ([, name]) => name).sort();
  assert.deepEqual(named(map, /(\w+):/g), [...core.hookNames, 'Notice'].sort());
  assert.deepEqual(named(codes, /'(\w+)'/g), [...core.noticeCodes].sort());
});

describe('in Chromium', () => {
  let service;
  let browser;
  let page;
  before(async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { instantiate } from './src/web/interpreter.js';
          import { randomCuts, everyByte } from './tests/browser/product/cuts.mjs';
          import { printed } from './tests/browser/product/expectation.mjs';
          import { plain, play, rebuilt } from './tests/browser/product/play.mjs';
          import { playSession } from './tests/browser/product/sessions.mjs';
          import * as js from './target/gen/core_js.js';
          const load = (name) => fetch('/gen/' + name).then((response) => response.arrayBuffer());
          const module = load('pagetap.wasm');
          const small = load('small.wasm');
          const encodings = {
            wasm: async () => (await WebAssembly.instantiate(await module)).instance.exports,
            js: async () => js,
            interpreter: async () => instantiate(new Uint8Array(await small)),
            'full interpreter': async () => instantiate(new Uint8Array(await module)),
          };
          const loaded = {};
          const bytes = (text) => text === null ? null : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          window.playAll = async (encoding, chain) => {
            const exports = await (loaded[encoding] ??= encodings[encoding]());
            const cases = chain.map(({ meta, request, body }) => ({ meta, request: bytes(request), body: bytes(body) }));
            const { length } = cases.at(-1).body;
            const said = {};
            for (const [plan, cuts] of [['whole', []], ['bytes', everyByte(length)], ['random', randomCuts(length, 11)]]) {
              const { hooks, raws } = play(exports, cases, cuts);
              said[plan] = { printed: printed(hooks), hooks: plain(hooks), rebuilt: rebuilt(raws) };
            }
            return said;
          };
          window.playSession = async (encoding, lines) => {
            const exports = await (loaded[encoding] ??= encodings[encoding]());
            return playSession(exports, lines, 11).said;
          };`,
        resolveDir: fileURLToPath(new URL('../../', import.meta.url)),
      },
      bundle: true,
      format: 'iife',
      target: 'es2022',
      write: false,
    });
    service = await startService({ files: { '/play.js': outputFiles[0].text }, roots: { '/gen/': GENERATED } });
    browser = await launch();
    page = await browser.context.newPage();
    await page.goto(service.page({ head: '<script src="/play.js"></script>' }));
  });
  after(async () => {
    await browser?.close();
    await service?.close();
  });

  const check = async (encoding, name) => {
    const chain = chainOf(name);
    const { body, expected } = chain.at(-1);
    const base64 = (bytes) => bytes && bytes.toString('base64');
    const sent = chain.map((one) => ({ meta: one.meta, request: base64(one.request), body: base64(one.body) }));
    const said = await page.evaluate(([how, cases]) => window.playAll(how, cases), [encoding, sent]);
    for (const [plan, { printed: text, hooks, rebuilt: hex }] of Object.entries(said)) {
      assert.equal(text, asJavaScript(expected), `${name}, ${plan}`);
      assert.deepEqual(hooks, said.whole.hooks, `${name}, ${plan}`);
      assert.equal(hex, covered(body).toString('hex'), `${name}, ${plan}`);
    }
  };

  test('wasm: every case says what was blessed', async () => {
    for (const name of names) await check('wasm', name);
  });
  for (const encoding of ['wasm', 'js', 'full interpreter']) {
    test(`${encoding}: every case of several pipes says what was blessed`, async () => {
      for (const name of sessions) {
        const { lines, expected } = readSession(name);
        const said = await page.evaluate(([how, all]) => window.playSession(how, all), [encoding, lines]);
        assert.equal(said, asJavaScript(expected), name);
      }
    });
  }
  for (const encoding of ['js', 'interpreter']) {
    test(`${encoding}: a case of each kind says what was blessed`, async () => {
      for (const name of HANDFUL) await check(encoding, name);
    });
  }
});
