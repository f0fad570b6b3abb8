// No listener's behaviour stops another, or reaches the page.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startBench } from './bench.mjs';
import { readCase } from './corpus.mjs';
import { inPage, inTheMiddle, TEXT_TYPES } from './scenario.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

describe('a listener is on its own', () => {
  test('one that throws, rejects or answers with a hostile thenable stops nobody and is counted', async () => {
    const seen = await inPage(bench, async ({ TEXT }) => {
      const types = [];
      __claudeHooks.on('*', () => {
        throw new Error('mine');
      });
      __claudeHooks.on('MessageDelta', async () => {
        throw new Error('async');
      });
      __claudeHooks.on('MessageDelta', () => ({
        get then() {
          throw new Error('getter');
        },
      }));
      __claudeHooks.on('MessageDelta', () => ({
        then() {
          throw new Error('then');
        },
      }));
      __claudeHooks.on('MessageDelta', () => {
        throw null;
      });
      __claudeTap.on(() => {
        throw new Error('raw');
      });
      __claudeHooks.on('*', ({ type }) => types.push(type));
      const kinds = [];
      __claudeTap.on(({ kind }) => kinds.push(kind));
      const text = await words.ask(TEXT);
      await words.settled();
      await words.turn();
      const { listenerErrors, lastListenerError, failure, events } = __claudeHooks.stats();
      return { types, kinds, listenerErrors, last: String(lastListenerError), failure, events, text };
    });
    assert.deepEqual(seen.types, TEXT_TYPES);
    assert.equal(seen.kinds.at(-1), 'end');
    assert.equal(seen.text, readCase('messages/text').body.toString());
    assert.equal(seen.failure, null);
    assert.equal(seen.listenerErrors, TEXT_TYPES.length + 4 * 4 + seen.events);
    assert.match(seen.last, /Error: |null/);
  });

  test('one that unsubscribes itself or another, or subscribes, during delivery', async () => {
    const seen = await inPage(bench, async ({ TEXT }) => {
      const log = [];
      const self = __claudeHooks.on('MessageDelta', () => {
        log.push('self');
        self();
      });
      let other = () => {};
      __claudeHooks.on('MessageDelta', () => {
        log.push('first');
        other();
        other = () => {};
      });
      other = __claudeHooks.on('MessageDelta', () => log.push('other'));
      let added = false;
      __claudeHooks.on('MessageDelta', () => {
        log.push('last');
        if (!added) __claudeHooks.on('MessageDelta', () => log.push('added'));
        added = true;
      });
      await words.ask(TEXT);
      await words.settled();
      return log;
    });
    assert.deepEqual(seen, ['self', 'first', 'last', ...Array(3).fill(['first', 'last', 'added']).flat()]);
  });

  test('one that calls back into the tap and the page changes nothing for the others', async () => {
    const seen = await inPage(bench, async ({ TEXT }) => {
      const types = [];
      const asked = [];
      let again = true;
      __claudeHooks.on('*', ({ type }) => {
        const nothing = () => {};
        __claudeHooks.on('Stop', nothing);
        __claudeHooks.off('Stop', nothing);
        __claudeTap.on(nothing)();
        __claudeHooks.once('Notice').catch(nothing);
        __claudeHooks.stats();
        __claudeTap.streams();
        if (again && type === 'MessageStart') {
          again = false;
          asked.push(words.ask('/v1/messages?case=messages/thinking&cuts=3'));
        }
      });
      __claudeHooks.on('*', ({ type, streamId, seq }) => types.push({ type, streamId, seq }));
      const text = await words.ask(TEXT);
      await Promise.all(asked);
      await words.settled();
      return { types, text, failure: __claudeHooks.stats().failure, asked: asked.length };
    });
    assert.equal(seen.failure, null);
    assert.equal(seen.asked, 1);
    assert.deepEqual(seen.types.filter(({ streamId }) => streamId === 1).map(({ type }) => type), TEXT_TYPES);
    assert.equal(seen.types.filter(({ streamId }) => streamId === 2).at(-1).type, 'Stop');
    assert.deepEqual(seen.types.map(({ seq }) => seq), seen.types.map((_, index) => seen.types[0].seq + index));
    assert.equal(seen.text, readCase('messages/text').body.toString());
  });

  test('one that removes the tap: the others hear each event once and how it ended, the page reads on', async () => {
    const { page, stream, asked, body, rest } = await inTheMiddle(bench, 'messages/text', '/v1/messages', () => {
      window.heard = [];
      let removed = false;
      __claudeHooks.on('MessageDelta', () => {
        if (removed) return;
        removed = true;
        __claudeHooksDestroy();
      });
      __claudeHooks.on('*', ({ type, seq }) => type !== 'Notice' && window.heard.push({ type, seq }));
    });
    await stream.write(rest);
    stream.end();
    assert.equal(await asked, body.toString());
    const heard = await page.evaluate(() => words.turn().then(() => window.heard));
    assert.deepEqual(heard.map(({ seq }) => seq), heard.map((_, index) => index), 'each once');
    assert.equal(heard.filter(({ type }) => type === 'MessageEnd').length, 1);
    assert.deepEqual(await page.evaluate(() => words.faults), []);
    await page.close();
  });
});
