// Who waits for events is let go: when the tap is removed, at whatever moment, and when it is over for
// them alone.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { hookLayer, Subscribers } from '../../../src/web/layers.js';
import { startBench } from './bench.mjs';
import { inPage } from './scenario.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

// In the page: what each way of waiting gives, or 'waits' after many a turn.
function outcomes() {
  window.outcomes = async (hooks) => {
    const iterator = hooks.events();
    const read = async () => {
      const types = [];
      for await (const { type } of iterator) types.push(type);
      return types.at(-1) ?? 'none';
    };
    const ways = {
      once: hooks.once('Notice').then(({ type }) => type, (error) => error.message),
      events: read(),
    };
    return async () => {
      for (let i = 0; i < 20; i++) await words.turn();
      const seen = {};
      for (const [name, way] of Object.entries(ways)) seen[name] = await Promise.race([way, Promise.resolve('waits')]);
      return seen;
    };
  };
}

describe('removing the tap lets go of all who wait', () => {
  test('from inside a listener, after the events that are there', async () => {
    const seen = await inPage(bench, async ({ TEXT, outcomes }) => {
      (0, eval)(`(${outcomes})`)();
      const look = await window.outcomes(__claudeHooks);
      __claudeHooks.on('MessageEnd', () => __claudeHooksDestroy());
      await words.ask(TEXT);
      await words.until(() => !window.__claudeHooks);
      return look();
    }, { outcomes: String(outcomes) });
    assert.deepEqual(seen, { once: 'pagetap was removed', events: 'Stop' });
  });

  test('and whoever asks a handle that was kept does not begin to wait', async () => {
    const seen = await inPage(bench, async ({ outcomes }) => {
      (0, eval)(`(${outcomes})`)();
      const kept = __claudeHooks;
      __claudeHooksDestroy();
      const unsubscribe = kept.on('Stop', () => {});
      unsubscribe();
      kept.off('Stop', () => {});
      return (await window.outcomes(kept))();
    }, { outcomes: String(outcomes) });
    assert.deepEqual(seen, { once: 'pagetap was removed', events: 'none' });
  });
});

describe('what is over leaves nothing behind', () => {
  function layer() {
    const subscribers = new Subscribers(() => {}, () => {});
    const hooks = hookLayer(subscribers, {}, '0');
    const { signal } = new AbortController();
    let listening = 0;
    for (const [name, step] of [['addEventListener', 1], ['removeEventListener', -1]]) {
      const native = EventTarget.prototype[name];
      signal[name] = (...args) => {
        listening += step;
        return native.apply(signal, args);
      };
    }
    return { subscribers, hooks, signal, left: () => [subscribers.waiting.size, subscribers.size, listening] };
  }

  test('once(), resolved', async () => {
    const { subscribers, hooks, signal, left } = layer();
    for (let i = 0; i < 50; i++) {
      const next = hooks.once('Stop', { signal });
      subscribers.emit('Stop', { i });
      assert.deepEqual(await next, { i });
    }
    assert.deepEqual(left(), [0, 0, 0]);
  });

  test('events(), broken off or closed', async () => {
    const { subscribers, hooks, signal, left } = layer();
    for (let i = 0; i < 50; i++) {
      const events = hooks.events({ signal });
      subscribers.emit('Stop', { i });
      for await (const event of events) {
        assert.deepEqual(event, { i });
        break;
      }
    }
    const last = hooks.events({ signal }).next();
    subscribers.close();
    assert.deepEqual(await last, { value: undefined, done: true });
    assert.deepEqual(left(), [0, 0, 0]);
  });

  test('on() with a signal, in every way of leaving', () => {
    const { subscribers, hooks, signal, left } = layer();
    const listener = () => {};
    hooks.on('Stop', listener, { signal })();
    hooks.on('Stop', listener, { signal });
    hooks.off('Stop', listener);
    hooks.on('Stop', listener, { signal, once: true });
    subscribers.emit('Stop', {});
    hooks.on('Stop', listener, { signal });
    assert.deepEqual(left(), [0, 1, 1]);
    subscribers.close();
    assert.deepEqual(left(), [0, 0, 0]);
  });
});
