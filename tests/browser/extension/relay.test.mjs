// The bridge, without an extension: how it asks for a background that does not answer, what it keeps.

import assert from 'node:assert/strict';
import { build } from 'esbuild';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { open } from '../../../extension/content/seal.js';
import { launch } from '../browser.mjs';

const RELAY = fileURLToPath(new URL('../../../extension/content/relay.js', import.meta.url));

let browser;
let script;
before(async () => {
  browser = await launch();
  const { outputFiles } = await build({
    stdin: { contents: `export { bridge } from ${JSON.stringify(RELAY)}`, resolveDir: '.' },
    bundle: true,
    format: 'iife',
    globalName: 'relay',
    write: false,
  });
  script = outputFiles[0].text;
});
after(() => browser?.close());

test('a background that cannot start is asked less and less often, and again at once when it has spoken', async () => {
  const page = await browser.context.newPage();
  await page.addScriptTag({ content: script });
  const { refused, pauses, leaving, after } = await page.evaluate(async () => {
    const pauses = [];
    const timers = [];
    window.setTimeout = (run, ms) => {
      pauses.push(ms);
      return timers.push(run);
    };
    window.clearTimeout = () => {};
    const ports = [];
    const listeners = () => {
      const all = [];
      return { addListener: (one) => all.push(one), removeListener() {}, tell: (...given) => all.forEach((one) => one(...given)) };
    };
    window.chrome = {
      runtime: {
        id: 'x',
        onMessage: listeners(),
        connect() {
          const port = { onMessage: listeners(), onDisconnect: listeners(), postMessage() {}, disconnect() {} };
          ports.push(port);
          return port;
        },
      },
    };
    let tell;
    relay.bridge((wire) => {
      tell = (message) => wire.dispatchEvent(new CustomEvent('up', { detail: JSON.stringify(message) }));
      tell({ hello: { session: 's' } });
    });
    const close = () => ports.at(-1).onDisconnect.tell();
    const events = (more) => tell({ from: 1, acked: 0, counts: {}, events: [{ layer: 'hook' }], ...more });
    // What is under way has it come again.
    ports.at(-1).onMessage.tell({ recorded: null });
    const hold = { name: 'box', secret: '00'.repeat(32) };
    ports.at(-1).onMessage.tell({ recorded: hold });
    for (let at = 0; at < 12; at++) {
      close();
      events(); // asks for no way in a pause
      if (timers.length) timers.pop()();
    }
    const refused = ports.length;
    close();
    events({ leaving: true });
    const leaving = ports.length;
    ports.at(-1).onMessage.tell({ ack: 0 });
    const before = pauses.length;
    close();
    return { refused, pauses: pauses.slice(0, before), leaving, after: [ports.length, pauses.length - before] };
  });
  assert.equal(refused, 13);
  assert.deepEqual(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000]);
  // Who leaves cannot wait.
  assert.equal(leaving, 14);
  assert.deepEqual(after, [15, 0]);
  await page.close();
});

/** A page with a bridge: `ports` that it opened, each with what was `said` in it; `tell(message)` is the tap. */
async function withBridge(visit) {
  const page = await browser.context.newPage();
  await page.addScriptTag({ content: script });
  await page.evaluate(() => {
    window.ports = [];
    const heard = () => {
      const all = [];
      return { addListener: (one) => all.push(one), tell: (given) => all.forEach((one) => one(given)) };
    };
    window.chrome = {
      runtime: {
        id: 'extension',
        onMessage: heard(),
        connect() {
          const port = { said: [], onMessage: heard(), onDisconnect: heard(), disconnect() {}, postMessage: (message) => port.said.push(message) };
          ports.push(port);
          return port;
        },
      },
    };
    relay.bridge((wire) => (window.wire = wire));
    window.tell = (message) => wire.dispatchEvent(new CustomEvent('up', { detail: JSON.stringify(message) }));
    tell({ hello: { session: 's' } });
  });
  await visit(page);
  await page.close();
}

test('what is kept for who asks later is the last short hook events; no event is written out for that', async () => {
  await withBridge(async (page) => {
    const { stringified, recent } = await page.evaluate(() => {
      const text = (length) => 'x'.repeat(length);
      const events = [
        ...Array.from({ length: 60 }, (_, at) => ({ layer: 'hook', at })),
        { layer: 'hook', text: text(5_000) },
        { layer: 'hook', deep: [{ of: [text(3_000), text(3_000)] }] },
        { layer: 'hook', [text(5_000)]: 1 },
        { layer: 'raw', at: 'raw' },
        { layer: 'hook', at: 'last', text: text(3_000) },
      ];
      const { stringify } = JSON;
      const detail = stringify({ from: 1, acked: 0, counts: {}, events });
      let stringified = 0;
      JSON.stringify = (...given) => stringified++ || stringify(...given);
      wire.dispatchEvent(new CustomEvent('up', { detail }));
      JSON.stringify = stringify;
      tell({ hello: { session: 's' } });
      return { stringified, recent: ports.at(-1).said.at(-1).recent };
    });
    assert.equal(stringified, 0);
    assert.deepEqual(recent.map(({ at, n }) => [at, n]), [...Array.from({ length: 49 }, (_, at) => [at + 11, at + 12]), ['last', 65]]);
  });
});

test('what no background has acknowledged lies in the storage until one answers on the next way', async () => {
  await withBridge(async (page) => {
    const secret = 'ab'.repeat(32);
    const stored = await page.evaluate(async (secret) => {
      const stored = [];
      chrome.storage = { session: { set: async (given) => stored.push(given.box) } };
      const batch = (from, acked) => ({ from, acked, counts: {}, events: [{ layer: 'hook', type: 'Stop', at: from }] });
      // The tap, as far as it is asked to begin once more.
      wire.addEventListener('down', ({ detail }) => {
        const { resume } = JSON.parse(detail);
        if (resume === 3) for (const from of [4, 5]) tell(batch(from, 3));
      });
      tell({ early: true });
      ports[0].onMessage.tell({ recorded: { name: 'box', secret }, resume: 2 });
      ports[0].onMessage.tell({ ack: 3 });
      tell(batch(4, 3));
      tell(batch(5, 3));
      await null;
      const before = stored.length;
      ports[0].onDisconnect.tell();
      await null;
      tell(batch(6, 3));
      await null;
      ports[1].onMessage.tell({ resume: 6 });
      tell(batch(7, 6));
      await null;
      return [before, ...stored];
    }, secret);
    const [before, ...boxes] = stored;
    assert.equal(before, 0);
    const left = boxes.map((box) => JSON.parse(open(secret, box)).flatMap(({ from, events }) => events.map(({ at }) => [from, at])));
    assert.deepEqual(left, [[[4, 4], [5, 5]], [[4, 4], [5, 5], [6, 6]]]);
  });
});
