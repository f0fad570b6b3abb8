// A consumer written for the original claude_hooks.js runs unchanged: its names, its fields, its globals.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { BROWSER } from '../browser.mjs';
import { CLASSIC, startBench } from './bench.mjs';
import { readCase } from './corpus.mjs';

// The consumer. Nothing in it knows of pagetap.
const CONSUMER = `<script>
  window.log = [];
  const names = [
    'MessageStart', 'MessageDelta', 'MessageEnd', 'ThinkingStart', 'ThinkingDelta',
    'ToolUseStart', 'ToolInputDelta', 'ToolUseEnd',
  ];
  const listener = (payload) => log.push(payload);
  for (const name of names) window.__claudeHooks.on(name, listener);
  window.stop = (name) => window.__claudeHooks.off(name, listener);

  window.records = [];
  const tapListener = (record) => records.push({ source: record.source, raw: record.raw, ts: record.ts });
  window.__claudeTap.on(tapListener);
  window.stopTap = () => window.__claudeTap.off(tapListener);
</script>`;

const CHAT = '0f5a3c1e-71b4-4f1c-9d1a-3a0b6c0d5e11';
const COMPLETION = '/api/organizations/o/chat_conversations/c7/completion';

let bench;
let page;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

const openChat = (chat = CHAT) => bench.open({ path: `/chat/${chat}`, head: CLASSIC + CONSUMER });
const taken = (name) =>
  page.evaluate(async (name) => {
    await words.settled();
    return JSON.parse(JSON.stringify(window[name].splice(0)));
  }, name);

async function logged(type) {
  const log = await taken('log');
  return type ? log.filter((payload) => payload.type === type) : log;
}

async function ask(name, url = '/v1/messages') {
  await page.evaluate((url) => words.ask(url), `${url}?case=${name}&cuts=5`);
}

/** Those members of each payload. */
const only = (payloads, ...names) => payloads.map((payload) => Object.fromEntries(names.map((name) => [name, payload[name]])));

describe('__claudeHooks', () => {
  before(async () => {
    page = await openChat();
  });

  test('every payload has ts, conversationId and type; the page names the conversation where the wire does not', async () => {
    const before = Date.now();
    await ask('messages/thinking');
    const log = await logged();
    assert.ok(log.length > 5);
    for (const { ts, conversationId, type } of log) {
      assert.equal(typeof ts, 'number');
      assert.ok(ts >= before && ts <= Date.now(), `${ts} is a time in milliseconds`);
      assert.equal(conversationId, CHAT);
      assert.equal(typeof type, 'string');
    }
  });

  test('the wire names the conversation before the page does', async () => {
    await ask('claudeai/tool-error', COMPLETION);
    for (const { conversationId } of await logged()) assert.equal(conversationId, 'c7');
  });

  test('MessageStart, MessageDelta, MessageEnd', async () => {
    await ask('messages/text');
    const log = await logged();
    const of = (type) => log.filter((payload) => payload.type === type);
    assert.deepEqual(only(of('MessageStart'), 'messageId', 'model'), [
      { messageId: 'msg_01P5R41upBfH63fsyXLuzq47', model: 'claude-opus-5' },
    ]);
    assert.deepEqual(only(of('MessageDelta'), 'text', 'blockIndex'), [
      { text: 'Bread', blockIndex: 0 },
      { text: ' needs flour, water,', blockIndex: 0 },
      { text: ' salt', blockIndex: 0 },
      { text: ' and time.', blockIndex: 0 },
    ]);
    assert.deepEqual(only(of('MessageEnd'), 'stopReason', 'source'), [{ stopReason: 'end_turn', source: 'sse' }]);
    assert.deepEqual(log.map(({ type }) => type), ['MessageStart', ...Array(4).fill('MessageDelta'), 'MessageEnd']);
  });

  test('ThinkingStart, ThinkingDelta', async () => {
    await ask('messages/thinking');
    const log = await logged();
    const deltas = log.filter(({ type }) => type === 'ThinkingDelta');
    assert.deepEqual(only(log.filter(({ type }) => type === 'ThinkingStart'), 'blockIndex'), [{ blockIndex: 0 }]);
    assert.ok(deltas.length > 0);
    for (const { text, blockIndex } of deltas) assert.deepEqual([typeof text, blockIndex], ['string', 0]);
    assert.ok(log.findIndex(({ type }) => type === 'ThinkingStart') < log.indexOf(deltas[0]));
  });

  test('ToolUseStart, ToolInputDelta, ToolUseEnd', async () => {
    await ask('claudeai/tool-error', COMPLETION);
    const log = await logged();
    const of = (type) => log.filter((payload) => payload.type === type);
    const call = { toolId: 'toolu_0133jvGXphwQxDLPqNUN9cz7', toolName: 'bash_tool', blockIndex: 0 };
    assert.deepEqual(only(of('ToolUseStart'), 'toolId', 'toolName', 'blockIndex'), [call]);
    assert.deepEqual(only(of('ToolInputDelta'), 'partial', 'blockIndex'), [
      { partial: '{"command":', blockIndex: 0 },
      { partial: '"cat glaze.txt"}', blockIndex: 0 },
    ]);
    assert.deepEqual(only(of('ToolUseEnd'), 'toolId', 'toolName', 'blockIndex'), [call]);
  });

  test('off stops the listener for that name, and only for that name', async () => {
    await page.evaluate(() => window.stop('MessageDelta'));
    await ask('messages/text');
    assert.deepEqual((await logged()).map(({ type }) => type), ['MessageStart', 'MessageEnd']);
  });
});

describe('__claudeTap', () => {
  before(async () => {
    page = await openChat();
  });

  test('each record of the stream arrives with source, parsed data and time', async () => {
    const { body } = readCase('messages/text');
    await ask('messages/text');
    const records = (await taken('records')).filter(({ source }) => source === 'sse');
    const sent = body.toString().split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)));
    assert.deepEqual(records.map(({ raw }) => raw), sent);
    for (const { ts } of records) assert.equal(typeof ts, 'number');
  });

  test('off stops it', async () => {
    await page.evaluate(() => window.stopTap());
    await ask('messages/text');
    assert.deepEqual(await taken('records'), []);
  });
});

describe('__claudeHooksDestroy', () => {
  test('removes all globals and patches, and later streams are not told', async () => {
    page = await openChat();
    const left = await page.evaluate(async () => {
      const { log } = window;
      const frame = document.body.appendChild(document.createElement('iframe'));
      window.__claudeHooksDestroy();
      const text = await words.ask('/v1/messages?case=messages/text&cuts=5');
      const mine = Function.prototype.toString;
      const natives = {
        fetch: window.fetch,
        getReader: ReadableStream.prototype.getReader,
        read: ReadableStreamDefaultReader.prototype.read,
        text: Response.prototype.text,
        body: Object.getOwnPropertyDescriptor(Response.prototype, 'body').get,
      };
      const names = ['__claudeHooks', '__claudeTap', '__claudeHooksDestroy'].filter((name) => name in window);
      return {
        names,
        installed: Symbol.for('pagetap.installed') in window,
        printed: Object.entries(natives).map(([name, native]) => [name, mine.call(native)]),
        expected: Object.entries({
          fetch: frame.contentWindow.fetch,
          getReader: frame.contentWindow.ReadableStream.prototype.getReader,
          read: frame.contentWindow.ReadableStreamDefaultReader.prototype.read,
          text: frame.contentWindow.Response.prototype.text,
          body: Object.getOwnPropertyDescriptor(frame.contentWindow.Response.prototype, 'body').get,
        }).map(([name, native]) => [name, mine.call(native)]),
        heard: log.length,
        answered: text.length > 0,
      };
    });
    assert.deepEqual(left.names, []);
    assert.equal(left.installed, false);
    assert.deepEqual(left.printed, left.expected);
    assert.equal(left.heard, 0);
    assert.ok(left.answered);
    assert.deepEqual(page.faults, []);
  });

  test('in the middle of a stream: the page reads on, and the message is said to have ended, once', async () => {
    page = await openChat('middle');
    const { body } = readCase('messages/text');
    const key = bench.key();
    const asked = page.evaluate((url) => words.ask(url), `/v1/messages?drive=${key}`);
    const stream = await bench.service.stream(key);
    const cut = body.indexOf('\n\n', body.length / 2) + 2;
    await stream.write(body.subarray(0, cut));
    await page.evaluate(() => words.until(() => log.some(({ type }) => type === 'MessageDelta')));
    const types = await page.evaluate(() => {
      __claudeHooksDestroy();
      return log.map(({ type }) => type);
    });
    await stream.write(body.subarray(cut));
    stream.end();
    assert.equal(await asked, body.toString());
    assert.deepEqual(types.filter((type) => type === 'MessageEnd'), ['MessageEnd']);
    assert.equal(await page.evaluate(() => log.length), types.length);
  });
});

describe('the consumer in README.md', () => {
  const [, consumer] = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8').match(/## Ten lines of consumer\s+```js\n([^]*?)```/);

  test('is the one whose types are checked', () => {
    const checked = readFileSync(new URL('../../types/readme.ts', import.meta.url), 'utf8');
    assert.ok(checked.endsWith(consumer), 'copy the consumer of README.md into tests/types/readme.ts');
  });

  test('hears the prompt, the tool with its input and its time, and the answer', async () => {
    const said = [];
    page = await bench.open({ head: `${CLASSIC}<script>${consumer}</script>` });
    page.on('console', (message) => said.push(message.text()));
    await page.evaluate((url) => words.ask(url), `${COMPLETION}?case=claudeai/connector-tool&cuts=5`);
    await page.evaluate(() => words.settled());
    assert.deepEqual(said.map((line) => line.split(':')[0]), ['you', 'tool', 'answer']);
    // Of an object puppeteer says no more than that it is one.
    assert.match(said[1], BROWSER === 'firefox' ? /: JSHandle@object \d+ ms$/ : /toolInput: .* \d+ ms$/);
  });
});
