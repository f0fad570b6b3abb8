// Subscribing to the two layers: who hears what, from when, until when, and in which order.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startBench } from './bench.mjs';
import { readCase } from './corpus.mjs';
import { COMPLETION, inPage, inTheMiddle, TEXT_TYPES } from './scenario.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

describe('subscribing', () => {
  test("'*' hears every event in order, numbered one by one over all streams; a name hears its own", async () => {
    const { all, deltas } = await inPage(bench, async ({ TEXT }) => {
      const all = [];
      const deltas = [];
      __claudeHooks.on('*', (event) => all.push(event));
      __claudeHooks.on('MessageDelta', (event) => deltas.push(event));
      await words.ask(TEXT);
      await words.ask(TEXT);
      await words.settled();
      return {
        all: all.map(({ type, seq, streamId }) => ({ type, seq, streamId })),
        deltas: deltas.map((event) => all.indexOf(event)),
      };
    });
    assert.deepEqual(all.map(({ type }) => type), [...TEXT_TYPES, ...TEXT_TYPES]);
    assert.deepEqual(all.map(({ streamId }) => streamId), [...Array(8).fill(1), ...Array(8).fill(2)]);
    assert.deepEqual(all.map(({ seq }) => seq), all.map((_, index) => index));
    assert.deepEqual(deltas, [2, 3, 4, 5, 10, 11, 12, 13]);
  });

  test('the returned function, off, an aborted signal and once each stop one listener', async () => {
    const counts = await inPage(bench, async ({ TEXT }) => {
      const counts = { function: 0, off: 0, signal: 0, once: 0, aborted: 0, twice: 0, stays: 0 };
      const count = (name) => () => counts[name]++;
      const unsubscribe = __claudeHooks.on('MessageDelta', count('function'));
      const off = count('off');
      __claudeHooks.on('MessageDelta', off);
      const controller = new AbortController();
      __claudeHooks.on('MessageDelta', count('signal'), { signal: controller.signal });
      __claudeHooks.on('MessageDelta', count('once'), { once: true });
      __claudeHooks.on('MessageDelta', count('aborted'), { signal: AbortSignal.abort() });
      // The same function twice is two subscriptions; unsubscribing one twice leaves the other.
      const twice = count('twice');
      const one = __claudeHooks.on('MessageDelta', twice);
      __claudeHooks.on('MessageDelta', twice);
      one();
      one();
      __claudeHooks.on('MessageDelta', count('stays'));
      await words.ask(TEXT);
      await words.settled();
      const after = { ...counts };
      unsubscribe();
      __claudeHooks.off('MessageDelta', off);
      controller.abort();
      await words.ask('/v1/messages?case=messages/thinking&cuts=5');
      await words.settled();
      return { after, later: counts };
    });
    assert.deepEqual(counts.after, { function: 4, off: 4, signal: 4, once: 1, aborted: 0, twice: 4, stays: 4 });
    assert.ok(counts.later.stays > 4);
    for (const name of ['function', 'off', 'signal', 'once', 'aborted']) assert.equal(counts.later[name], counts.after[name], name);
    assert.equal(counts.later.twice, counts.later.stays);
  });

  test('what is not a function is refused where it is given', async () => {
    const messages = await inPage(bench, () =>
      [() => __claudeHooks.on('Stop'), () => __claudeTap.on({})].map((call) => {
        try {
          return call();
        } catch (error) {
          return `${error.name}: ${error.message}`;
        }
      }));
    assert.deepEqual(messages, Array(2).fill('TypeError: a listener must be a function'));
  });

  test('once() resolves with the first event of the name, and rejects with the reason of its signal', async () => {
    const seen = await inPage(bench, async ({ TEXT }) => {
      const delta = __claudeHooks.once('MessageDelta');
      const any = __claudeHooks.once('*');
      const controller = new AbortController();
      const aborted = __claudeHooks.once('Stop', { signal: controller.signal }).catch((reason) => reason);
      const before = __claudeHooks.once('Stop', { signal: AbortSignal.abort('before') }).catch((reason) => reason);
      controller.abort('because');
      await words.ask(TEXT);
      return [(await delta).text, (await any).type, await aborted, await before];
    });
    assert.deepEqual(seen, ['Bread', 'UserPromptSubmit', 'because', 'before']);
  });

  test('nothing is recorded for a layer that nobody listens to', async () => {
    const seen = await inPage(bench, async ({ TEXT }) => {
      const counts = async () => {
        await words.settled();
        const { events, hooks, streams, bytes } = __claudeHooks.stats();
        return { events, hooks: Object.keys(hooks).length, streams, bytes };
      };
      await words.ask(TEXT);
      const nobody = await counts();
      const unsubscribe = __claudeHooks.on('Stop', () => {});
      await words.ask('/v1/messages?case=messages/thinking');
      const hooks = await counts();
      unsubscribe();
      __claudeTap.on(() => {});
      await words.ask('/v1/messages?case=messages/two-tools');
      return { nobody, hooks, raw: await counts() };
    });
    assert.deepEqual([seen.nobody.events, seen.nobody.hooks, seen.nobody.streams], [0, 0, 1]);
    assert.equal(seen.nobody.bytes, readCase('messages/text').body.length);
    assert.equal(seen.hooks.events, 0);
    assert.ok(seen.hooks.hooks > 0);
    assert.ok(seen.raw.events > 0);
    assert.equal(seen.raw.hooks, seen.hooks.hooks);
  });

  test('in the middle of a stream: the first event has the conversation, turn and message', async () => {
    const { page, stream, asked, body, rest } = await inTheMiddle(bench, 'claudeai/tool-error', COMPLETION);
    await page.evaluate(() => {
      window.heard = [];
      __claudeHooks.on('*', (event) => heard.push(event));
    });
    await stream.write(rest);
    stream.end();
    assert.equal(await asked, body.toString());
    const heard = await page.evaluate(async () => {
      await words.settled();
      return heard.map(({ type, conversationId, turnId, messageId, seq }) => ({ type, conversationId, turnId, messageId, seq }));
    });
    // The turn was opened by a request that nobody listened to.
    const turnId = 'turn-1';
    const [, messageId] = readCase('claudeai/tool-error').expected.match(/messageId="([^"]+)"/);
    assert.ok(heard.length > 0 && heard[0].type !== 'MessageStart', 'it has begun before');
    assert.equal(heard.at(-1).type, 'Stop');
    for (const event of heard) {
      assert.deepEqual([event.conversationId, event.turnId, event.messageId], ['c7', turnId, messageId]);
    }
    await page.close();
  });
});

describe('the async iterator', () => {
  test('gives events in order while they come; break, return() and abort end it and its subscription', async () => {
    const seen = await inPage(bench, async ({ TEXT }) => {
      const collect = async (iterator, stop) => {
        const types = [];
        for await (const event of iterator) {
          types.push(event.type);
          if (event.type === stop) break;
        }
        return types;
      };
      const controller = new AbortController();
      const broken = collect(__claudeHooks.events(), 'MessageEnd');
      const aborted = collect(__claudeHooks.events({ signal: controller.signal }));
      const returned = __claudeHooks.events();
      const pending = returned.next();
      const ended = await returned.return();
      const before = await __claudeHooks.events({ signal: AbortSignal.abort() }).next();
      await words.ask(TEXT);
      await words.settled();
      controller.abort();
      const lists = { broken: await broken, aborted: await aborted };
      // Nobody is subscribed any more, so nothing is recorded.
      const { hooks } = __claudeHooks.stats();
      await words.ask('/v1/messages?case=messages/thinking');
      await words.settled();
      const later = __claudeHooks.stats().hooks;
      return { ...lists, ended, before, pending: await pending, afterwards: await returned.next(), same: JSON.stringify(hooks) === JSON.stringify(later) };
    });
    const done = { value: undefined, done: true };
    assert.deepEqual(seen.broken, TEXT_TYPES.slice(0, -1));
    assert.deepEqual(seen.aborted, TEXT_TYPES);
    for (const name of ['ended', 'before', 'pending', 'afterwards']) assert.deepEqual(seen[name], done, name);
    assert.ok(seen.same);
  });

  test('a slow reader keeps the newest 10,000 events; the others are counted', async () => {
    const pieces = 10_500;
    const key = bench.key();
    const record = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
    const text = [
      record({ type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage: {} } }),
      record({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      ...Array.from({ length: pieces }, (_, index) =>
        record({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: `${index} ` } })),
      record({ type: 'content_block_stop', index: 0 }),
      record({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } }),
      record({ type: 'message_stop' }),
    ].join('');
    bench.service.stream(key).then(async (stream) => {
      await stream.write(text);
      stream.end();
    });
    const seen = await inPage(bench, async ({ url }) => {
      let all = 0;
      const iterator = __claudeHooks.events();
      __claudeHooks.on('*', () => all++);
      await words.ask(url);
      await words.settled();
      const { droppedEvents } = __claudeHooks.stats();
      const kept = [];
      for await (const event of iterator) {
        // The notice of the loss is the last that was queued.
        if (event.type === 'Notice') break;
        kept.push(event.seq);
      }
      return { all, droppedEvents, kept: kept.length, first: kept[0], last: kept.at(-1) };
    }, { url: `/v1/messages?drive=${key}` });
    assert.ok(seen.all > pieces);
    assert.equal(seen.kept, 10_000 - 1);
    assert.equal(seen.droppedEvents, seen.all - 10_000);
    assert.equal(seen.last - seen.first, seen.kept - 1);
  });
});
