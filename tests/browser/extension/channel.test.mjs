// The page's end of the channel, without an extension: what it keeps and how much is under way.

import assert from 'node:assert/strict';
import { build } from 'esbuild';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from '../browser.mjs';

const CHANNEL = fileURLToPath(new URL('../../../extension/content/channel.js', import.meta.url));

let browser;
let script;
before(async () => {
  browser = await launch();
  const { outputFiles } = await build({
    stdin: { contents: `export { openChannel } from ${JSON.stringify(CHANNEL)}`, resolveDir: '.' },
    bundle: true,
    format: 'iife',
    globalName: 'channel',
    write: false,
  });
  script = outputFiles[0].text;
});
after(() => browser?.close());

/** Runs `scenario` in a page with a tap of no kind: `tell(event)`, and a bridge to hear it: `bridge(hear)`. */
async function inPage(scenario) {
  const page = await browser.context.newPage();
  await page.addScriptTag({ content: script });
  await page.evaluate(() => {
    let listener;
    const stats = () => ({ encoding: 'wasm', version: '1' });
    const hooks = { on: (_, given) => ((listener = given), () => (listener = () => {})), stats };
    channel.openChannel({ hooks, tap: { on: () => () => {} } }, { refused: false });
    window.tell = (event) => listener({ type: 'MessageDelta', ...event });
    window.turn = () => new Promise((done) => setTimeout(done, 0));
    window.bridge = (hear) => {
      const { port1 } = new MessageChannel();
      port1.addEventListener('up', ({ detail }) => hear(JSON.parse(detail), detail.length));
      document.dispatchEvent(new MessageEvent('pagetap:meeting', { ports: [port1] }));
      return (message) => port1.dispatchEvent(new CustomEvent('down', { detail: JSON.stringify(message) }));
    };
  });
  const result = await page.evaluate(scenario);
  await page.close();
  return result;
}

test('a flood that nobody takes costs a bounded memory; what is lost is counted and told in its place', async () => {
  const { kept, told, numbers } = await inPage(async () => {
    const events = [];
    const answer = bridge((message) => {
      if (!message.events) return;
      events.push(...message.events);
      setTimeout(() => answer({ ack: message.from + message.events.length - 1 }), 0);
    });
    const text = 'x'.repeat(100_000);
    for (let at = 0; at < 400; at++) tell({ at, text });
    answer({ layers: { hooks: true, raw: false }, resume: 0 });
    while (!events.some(({ code }) => code)) await turn();
    tell({ at: 400 });
    while (events.at(-1).at !== 400) await turn();
    const all = events.map(({ at, code, count }) => (code ? { code, count } : at));
    return { kept: all.filter(Number.isInteger).length, told: all.at(-2), numbers: all.filter(Number.isInteger) };
  });
  // 16 MiB of 40 MB, in one piece from the beginning, and the one after.
  assert.ok(kept > 150 && kept < 170, `${kept}`);
  assert.deepEqual(numbers, [...Array(kept - 1).keys(), 400]);
  assert.deepEqual(told, { code: 'events_dropped', count: 401 - kept });
});

test('no more than 2 MiB and a batch is under way before it is acknowledged', async () => {
  const { first, all } = await inPage(async () => {
    let size = 0;
    const answer = bridge((message, length) => (size += message.events ? length : 0));
    answer({ layers: { hooks: true, raw: false }, resume: 0 });
    const text = 'x'.repeat(10_000);
    for (let at = 0; at < 1_000; at++) tell({ at, text });
    await turn();
    const first = size;
    for (let at = 0; at < 1_000; at += 50) answer({ ack: at });
    return { first, all: size };
  });
  assert.ok(first > 2 << 20 && first < (2 << 20) + (300 << 10), `${first}`);
  assert.ok(all > 10_000_000 && all < 10_200_000, `${all}`);
});

test('a bridge that comes later by the name that was told gets what nobody has acknowledged', async () => {
  const { first, again, nobody } = await inPage(async () => {
    const first = [];
    const answer = bridge((message) => message.events && first.push(message.from, message.events.length));
    answer({ layers: { hooks: true, raw: false }, again: 'a-name', resume: 0 });
    for (let at = 0; at < 5; at++) tell({ at });
    await turn();
    answer({ ack: 2 });
    // The name of the beginning means nothing any more.
    let nobody = 0;
    bridge(() => nobody++);
    const again = [];
    const { port1 } = new MessageChannel();
    port1.addEventListener('up', ({ detail }) => again.push(JSON.parse(detail)));
    document.dispatchEvent(new MessageEvent('a-name', { ports: [port1] }));
    port1.dispatchEvent(new CustomEvent('down', { detail: JSON.stringify({ layers: { hooks: true, raw: false }, resume: 2 }) }));
    tell({ at: 5 });
    await turn();
    return { first, again: again.filter(({ events }) => events).flatMap(({ from, events }) => events.map(({ at }) => [from, at])), nobody };
  });
  assert.deepEqual(first, [1, 5]);
  assert.deepEqual(again, [[3, 2], [3, 3], [3, 4], [6, 5]]);
  assert.equal(nobody, 0);
});

test('an event larger than all that can be kept is told to be lost, at once and also before the layers are known', async () => {
  const told = await inPage(async () => {
    const told = [];
    const early = (at) => ({ at, text: at === 'large' ? 'x'.repeat(17 << 20) : '' });
    const answer = bridge((message) => message.events && told.push(...message.events.map(({ at, code, count }) => (code ? [code, count] : at))));
    tell(early('first'));
    tell(early('large'));
    await turn();
    answer({ layers: { hooks: true, raw: false }, resume: 0 });
    tell(early('large'));
    await turn();
    return told;
  });
  assert.deepEqual(told, ['first', ['events_dropped', 1], ['events_dropped', 1]]);
});
