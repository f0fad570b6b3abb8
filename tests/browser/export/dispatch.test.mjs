// From the log to the collector, without a browser: what waits is sent by the encoder that there is now.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDispatch } from '../../../src/web/export/dispatch.js';
import { checked } from '../../../src/web/export/options.js';

/** Exports of an encoder's module, of which the bodies are `text()`. */
function encoder(text) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  return {
    memory, create: () => 1, configure: () => 0, input: () => 0, output: () => 0, destroy() {},
    body() {
      const bytes = new TextEncoder().encode(text());
      new Uint8Array(memory.buffer).set(bytes);
      return bytes.length;
    },
  };
}

test('an encoder that is loaded in the place of one that has trapped sends what waits', async (t) => {
  const sent = [];
  const dispatch = openDispatch({
    options: checked({ to: 'http://collector.example/', format: 'ndjson' }), destination: 'one', config: '{}', writer: '0'.repeat(32),
    platform: {
      now: Date.now, random: Math.random, Abort: AbortController, broadcast: () => null,
      timer: { set: (step, delay) => setTimeout(step, delay).unref(), clear: clearTimeout },
      // No database: what waits is in memory.
      indexedDB: { open: () => assert.fail('none') },
      async send(_, { body }) {
        sent.push(new TextDecoder().decode(body));
        return { status: 200, header: () => null, bytes: async () => new ArrayBuffer(0) };
      },
    },
    report() {}, lost() {},
  });
  t.after(() => dispatch.close());
  const append = (id) => dispatch.append({ items: [{ signal: 4, id, bytes: new Uint8Array(1) }], instance: 'i' });
  let trapped = false;
  dispatch.load(encoder(() => {
    if (trapped) throw new WebAssembly.RuntimeError('unreachable');
    return 'one';
  }));
  await dispatch.begin();
  await append('a');
  await dispatch.drain();
  trapped = true;
  dispatch.load(encoder(() => 'two'));
  await append('b');
  await dispatch.drain();
  assert.deepEqual([sent, dispatch.said.stats().quarantined], [['one', 'two'], 0]);
});
