// Rules given at run time: what a site has renamed is heard again; a wrong table changes nothing.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startBench } from './bench.mjs';
import { readCase } from './corpus.mjs';
import { COMPLETION, inPage } from './scenario.mjs';

const CASE = 'claudeai/follow-up';
const ADDED = '/api/v2/chats/c9/answer';

// What the site calls things now.
const RENAMED = {
  message_start: 'message_begin',
  content_block_start: 'piece_begin',
  content_block_delta: 'piece_more',
  text_delta: 'text_piece',
  message_stop: 'message_over',
};
const TABLE = {
  dialect: 'claudeai',
  events: {
    message_begin: { like: 'message_start' },
    piece_begin: { act: 'blockStart' },
    piece_more: { act: 'blockDelta' },
    message_over: { like: 'message_stop' },
  },
  deltas: { text_piece: { does: 'text', fields: { text: ['/delta/t', '/delta/text'] } } },
  endpoints: [{ method: 'POST', path: '/api/v2/chats/{chat}/answer', says: 'prompt' }],
};
const WRONG = { ...TABLE, events: { ...TABLE.events, other: { act: 'strat' } } };
const REASON = 'events.other.act: "strat" is no act in a dialect of messages; near it: start';

function renamed() {
  const text = readCase(CASE).body.toString();
  return text.replace(new RegExp(Object.keys(RENAMED).join('|'), 'g'), (name) => RENAMED[name]);
}

let bench;
before(async () => {
  bench = await startBench({
    files: {
      // The module's bytes come when the test says so.
      '/late.js': `
        import { install } from '/dist/npm/index.js';
        const bytes = new TransformStream();
        window.handle = install({ wasm: new Response(bytes.readable) });
        window.finishLoading = () => fetch('/gen/pagetap.wasm').then((response) => response.body.pipeTo(bytes.writable));`,
    },
  });
});
after(() => bench?.close());

// Answers everything that is asked with `key` by `text`.
async function answering(key, text = renamed()) {
  const stream = await bench.service.stream(key);
  await stream.write(text);
  stream.end();
}

// In the page: what is heard of an answer from `url`, without what the renaming does not concern.
function listening() {
  window.heard = [];
  __claudeHooks.on('*', ({ type, code, detail, text }) => heard.push([type, code ?? text, detail].filter(Boolean).join(' ')));
  window.hear = async (url) => {
    heard.length = 0;
    // The same words would be another attempt at the same turn.
    await words.ask(url, { prompt: url });
    await words.settled();
    return heard.slice();
  };
}

async function expected() {
  const key = bench.key();
  const served = answering(key, readCase(CASE).body.toString());
  const said = await inPage(bench, async ({ listening, url }) => {
    eval(`(${listening})()`);
    return hear(url);
  }, { listening: String(listening), url: `${COMPLETION}?drive=${key}` });
  await served;
  assert.ok(said.some((line) => line.startsWith('MessageDelta ')), said.join());
  return said;
}

test('what the site has renamed is heard again, and not any more after a reset', async () => {
  const keys = [bench.key(), bench.key(), bench.key()];
  const served = Promise.all(keys.map((key) => answering(key)));
  const said = await inPage(bench, async ({ listening, table, urls }) => {
    eval(`(${listening})()`);
    const before = await hear(urls[0]);
    const inForce = __claudeHooks.translate(table);
    const translated = await hear(urls[1]);
    const reset = __claudeHooks.translate(JSON.stringify({ dialect: 'claudeai', reset: true }));
    return { before, inForce, translated, reset, after: await hear(urls[2]) };
  }, { listening: String(listening), table: TABLE, urls: keys.map((key) => `${COMPLETION}?drive=${key}`) });
  await served;
  assert.ok(said.before.includes('Notice unknown_event message_begin'), said.before.join());
  assert.deepEqual([said.inForce, said.reset], [true, true]);
  // The conversation was met before.
  const fresh = (lines) => lines.filter((line) => !line.startsWith('SessionStart'));
  assert.deepEqual(fresh(said.translated), fresh(await expected()));
  assert.deepEqual(fresh(said.after), fresh(said.before));
});

test('an open stream is read by the new rules from the next record on', async () => {
  const key = bench.key();
  const page = await bench.open({ head: '<script src="/dist/pagetap.js"></script>' });
  await page.evaluate(listening);
  const asked = page.evaluate((url) => words.ask(url), `${COMPLETION}?drive=${key}`);
  const stream = await bench.service.stream(key);
  const records = renamed().split(/(?<=\n\n)/);
  const start = records.findIndex((record) => record.includes('message_begin'));
  await stream.write(records.slice(0, start + 1).join(''));
  await page.evaluate(() => words.until(() => heard.includes('Notice unknown_event message_begin')));
  await page.evaluate((table) => __claudeHooks.translate(table), TABLE);
  await stream.write(records.slice(start).join(''));
  stream.end();
  await asked;
  await page.evaluate(() => words.settled());
  const lines = await page.evaluate(() => heard);
  assert.equal(lines.filter((line) => line === 'MessageStart').length, 1);
  assert.equal(lines.filter((line) => line.startsWith('Notice')).length, 1);
  assert.deepEqual(page.faults, []);
  await page.close();
});

test('a wrong table throws where and why, and changes nothing', async () => {
  const keys = [bench.key(), bench.key()];
  const served = Promise.all(keys.map((key) => answering(key)));
  const { refusals, said, tapped } = await inPage(bench, async ({ listening, wrong, table, urls, added }) => {
    eval(`(${listening})()`);
    const before = await hear(urls[0]);
    const circle = {};
    circle.circle = circle;
    const tables = [
      wrong, JSON.stringify(wrong), [table, wrong], '{"dialect":"claudeai","dialect":"messages"}',
      '{', 'null', 7, undefined, [table, 'x'], { dialect: 'klingon' }, {},
      { dialect: 'claudeai', endpoints: [{ ...table.endpoints[0], path: '**x' }, ...table.endpoints] },
    ];
    const refusals = tables.map((table) => {
      try {
        return __claudeHooks.translate(table);
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    });
    try {
      __claudeHooks.translate(circle);
    } catch (error) {
      refusals.push(error.name);
    }
    const after = await hear(urls[1]);
    const { streams } = __claudeHooks.stats();
    await fetch(added, { method: 'POST' });
    return { refusals, said: { before, after }, tapped: __claudeHooks.stats().streams - streams };
  }, {
    listening: String(listening), wrong: WRONG, table: TABLE, added: ADDED, urls: keys.map((key) => `${COMPLETION}?drive=${key}`),
  });
  await served;
  assert.deepEqual(refusals.map((reason) => reason.replace(/; there are: .*/, '')), [
    `TypeError: ${REASON}`,
    `TypeError: ${REASON}`,
    `TypeError: [1].${REASON}`,
    'TypeError: dialect: stands here twice',
    'TypeError: table: is not JSON',
    'TypeError: table: must be an object, or an array of objects',
    'TypeError: table: must be an object, or an array of objects',
    'TypeError: table: is not JSON',
    'TypeError: [1]: must be an object',
    'TypeError: dialect: "klingon" is no dialect',
    'TypeError: table: lacks "dialect"',
    'TypeError: endpoints[0].path: a pattern starts with "/" or "**"',
    'TypeError',
  ]);
  const fresh = (lines) => lines.filter((line) => !line.startsWith('SessionStart'));
  assert.deepEqual(fresh(said.after), fresh(said.before));
  assert.equal(tapped, 0);
});

test('an added address is tapped at once, with the headers it needs, until a reset', async () => {
  const key = bench.key();
  const served = answering(key);
  const { said, tapped, conversation } = await inPage(bench, async ({ listening, table, url, added }) => {
    eval(`(${listening})()`);
    const count = async (path) => {
      const { streams } = __claudeHooks.stats();
      await fetch(path, { method: 'POST' });
      return __claudeHooks.stats().streams - streams;
    };
    const tapped = [await count(added)];
    __claudeHooks.translate(table);
    const start = __claudeHooks.once('MessageStart');
    const said = await hear(url);
    tapped.push(await count(`${added}/other`));
    __claudeHooks.translate({ dialect: 'claudeai', endpoints: [{ method: 'POST', path: '**/x/{id_*}', says: 'prompt' }] });
    tapped.push(await count('/deep/x/id_1'), await count('/deep/x/1'), await count(added));
    __claudeHooks.translate([{ dialect: 'messages', reset: true }]);
    tapped.push(await count('/x/id_1'));
    __claudeHooks.translate([{ dialect: 'claudeai', reset: true }]);
    tapped.push(await count('/x/id_1'), await count(added));
    return { said, tapped, conversation: (await start).conversationId };
  }, { listening: String(listening), table: TABLE, added: ADDED, url: `${ADDED}?drive=${key}` });
  await served;
  assert.deepEqual(tapped, [0, 0, 1, 0, 1, 1, 0, 0]);
  assert.ok(said.includes('MessageStart') && said.includes('Stop'), said.join());
  assert.equal(conversation, 'c9');
});

test('a listener may translate in the middle of a batch, also when the memory grows by it', async () => {
  const key = bench.key();
  const served = answering(key, readCase(CASE).body.toString());
  const said = await inPage(bench, async ({ listening, url }) => {
    eval(`(${listening})()`);
    const rules = {};
    for (let at = 0; at < 1000; at++) rules[`${'long_name_'.repeat(12)}${at}`] = { act: 'ignore' };
    let raws = 0;
    __claudeTap.on(({ kind, bytes, length }) => {
      if (kind === 'frame' && bytes.length === length) raws++;
    });
    __claudeHooks.on('*', ({ type }) => {
      if (type === 'UserPromptSubmit' || type === 'MessageStart') __claudeHooks.translate({ dialect: 'messages', events: rules });
    });
    const lines = await hear(url);
    return { lines, raws, errors: __claudeHooks.stats().listenerErrors };
  }, { listening: String(listening), url: `${COMPLETION}?drive=${key}` });
  await served;
  assert.deepEqual(said.lines, await expected());
  assert.equal(said.errors, 0);
  assert.ok(said.raws > 5);
});

describe('while the core is loading', () => {
  test('a table waits, its addresses are tapped at once, and a refusal comes as a notice', async () => {
    const keys = [bench.key(), bench.key()];
    const served = Promise.all(keys.map((key) => answering(key)));
    const page = await bench.open({ head: '<script type="module" src="/late.js"></script>' });
    await page.evaluate(() => words.until(() => window.__claudeHooks));
    await page.evaluate(listening);
    const said = await page.evaluate(async ({ table, wrong, added, urls }) => {
      const refused = [];
      const attempt = (table) => {
        try {
          return __claudeHooks.translate(table);
        } catch (error) {
          refused.push(`${error.name}: ${error.message}`);
        }
      };
      const now = [attempt(wrong), attempt(table), attempt('nonsense'), attempt(`{"dialect":"claudeai","events":{"x":{"act":"ignore"},"x":{"act":"stop"}}}`)];
      attempt({ dialect: 'messages', events: { ['x'.repeat(2 << 20)]: { act: 'ignore' } } });
      await Promise.all(urls.map((url) => words.ask(url)));
      const silent = heard.length;
      await window.finishLoading();
      await words.settled();
      const lines = heard.slice();
      return { refused, now, silent, lines, then: attempt({ dialect: 'claudeai', reset: true }) };
    }, { table: TABLE, wrong: WRONG, urls: [`${ADDED}?drive=${keys[0]}`, `${COMPLETION}?drive=${keys[1]}`] });
    await served;
    assert.deepEqual(said.now, [false, false, undefined, false]);
    assert.deepEqual(said.refused, [
      'TypeError: table: is not JSON',
      'TypeError: table: more than 1048576 characters wait for the core',
    ]);
    assert.equal(said.silent, 0);
    const notices = said.lines.filter((line) => line.startsWith('Notice'));
    assert.deepEqual(notices, [`Notice table_refused ${REASON}`, 'Notice table_refused events.x: stands here twice']);
    assert.equal(said.lines.filter((line) => line === 'MessageStart').length, 2);
    assert.equal(said.then, true);
    assert.deepEqual(page.faults, []);
    await page.close();
  });

  test('addresses of a table that was refused are not tapped any more', async () => {
    const page = await bench.open({ head: '<script type="module" src="/late.js"></script>' });
    await page.evaluate(() => words.until(() => window.__claudeHooks));
    const streams = await page.evaluate(async ({ wrong, added }) => {
      __claudeHooks.translate(wrong);
      await window.finishLoading();
      await words.until(() => __claudeHooks.stats().notices.table_refused);
      await fetch(added, { method: 'POST' });
      return __claudeHooks.stats().streams;
    }, { wrong: WRONG, added: ADDED });
    assert.equal(streams, 0);
    await page.close();
  });
});

test('a tap that is removed translates nothing, and says so', async () => {
  const said = await inPage(bench, ({ table }) => {
    const hooks = __claudeHooks;
    __claudeHooksDestroy();
    return hooks.translate(table);
  }, { table: TABLE });
  assert.equal(said, false);
});
