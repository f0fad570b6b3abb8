// The bridge, without an extension: a stand-in for the browser's side of it, and for the tap's.

import assert from 'node:assert/strict';
import { build } from 'esbuild';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
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

/** A page with a bridge: `ports` that it opened, each with what was `said` in it; `tell(message)` is the tap. */
async function withBridge(visit) {
  const page = await browser.context.newPage();
  // Time that passes only when it is told to.
  await page.clock.install({ time: 0 });
  await page.clock.pauseAt(1_000);
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
          // By itself, as when a service worker does not start.
          if (window.broken) queueMicrotask(() => port.onDisconnect.tell());
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

test('a background that does not start is tried at once, then ever more rarely, and at once again when it has spoken', async () => {
  await withBridge(async (page) => {
    const lose = () => page.evaluate(() => {
      // A recording is what has it try again, whatever is under way.
      ports.at(-1).onMessage.tell({ recorded: { name: 'box', secret: '0' } });
      const gone = ports.at(-1);
      ports.length = 0;
      window.broken = true;
      gone.onDisconnect.tell();
    });
    const tries = () => page.evaluate(() => ports.length);
    await page.evaluate(() => tell({ from: 1, acked: 0, counts: {}, events: [{ layer: 'hook' }] }));
    await lose();
    await page.clock.runFor(50);
    assert.equal(await tries(), 1);
    await page.clock.runFor(60_000);
    const rare = await tries();
    assert.ok(rare > 6 && rare < 14, `${rare}`);
    await page.evaluate(() => (window.broken = false));
    await page.clock.runFor(60_000);
    assert.equal(await tries(), rare + 1);
    await lose();
    assert.equal(await tries(), 1);
  });
});

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
