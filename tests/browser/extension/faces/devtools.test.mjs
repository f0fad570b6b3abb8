// The DevTools panel: both layers side by side, and the way from a hook to its frame.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { overflowing, screenshot, startFaces } from './faces.mjs';
import { hostile, turn } from './turn.mjs';

let faces;
before(async () => {
  faces = await startFaces();
});
after(() => faces?.close());

const events = turn();
const settings = (raw) => ({
  version: 1, sites: {}, layers: { hooks: true, raw }, redaction: [], limits: { recordedEvents: 1000, recordedBytes: 2 ** 20, shown: 2000 }, collectors: [],
});

function layers(feed, visit, { raw = true, ...options } = {}) {
  return faces.open('devtools/layers.html', { width: 1100, height: 700, given: { settings: settings(raw), feed }, ...options }, async (page) => {
    await page.waitForFunction(() => document.querySelector('#hook-rows li'));
    return visit(page);
  });
}

const frames = (page) => page.locator('#frames pre').allTextContents();
const choose = (page, name) => page.click(`#hook-rows li:has(.name:text-is("${name}")) > button`);

/** The bytes of the frame that a hook names, found without the pages' code. */
const bytesOf = (hook) => {
  const frame = events.find((event) => event.layer === 'raw' && event.seq === hook.raw.seq);
  return Buffer.from(frame.bytes, 'base64').toString();
};

test('the panel is put among the tools', async () => {
  await faces.open('devtools/devtools.html', {}, async (page) => {
    assert.deepEqual(await page.evaluate(() => window.stub.opened), [['pagetap', '/icons/icon.svg', '/pages/devtools/layers.html']]);
  });
});

test('a hook that is chosen shows the exact bytes of its frame, and marks it', async () => {
  for (const scheme of ['light', 'dark']) {
    await layers(events, async (page) => {
      await choose(page, 'PostToolUse');
      const hook = events.find(({ type }) => type === 'PostToolUse');
      assert.deepEqual(await frames(page), [bytesOf(hook)]);
      assert.match(await page.locator('#raw-rows .marked').textContent(), /content_block_start.*tool_result/);
      assert.match(await page.textContent('#frames .muted'), new RegExp(`stream 1 · number ${hook.raw.seq} · at byte ${hook.raw.offset.toLocaleString('en')}`));
      await screenshot(page, `devtools-${scheme}`);
    }, { scheme });
  }
});

test('a folded row shows the frames of all its pieces', async () => {
  await layers(events, async (page) => {
    await choose(page, 'MessageDelta');
    const deltas = events.filter(({ type }) => type === 'MessageDelta');
    assert.deepEqual(await frames(page), deltas.map(bytesOf));
    assert.equal(await page.textContent('#frames-about'), 'MessageDelta. Frames: 4');
  });
});

test('a prompt shows its request; what has no frame here says so', async () => {
  await layers(events, async (page) => {
    await choose(page, 'UserPromptSubmit');
    assert.match((await frames(page)).join(), /Plan a picnic/);
  });
  await layers(events.filter(({ layer }) => layer === 'hook'), async (page) => {
    await choose(page, 'PostToolUse');
    assert.deepEqual(await frames(page), []);
    assert.match(await page.textContent('#frames-about'), /not in the list/);
  });
});

test('frames of another frame of the page with the same numbers are not shown', async () => {
  const elsewhere = events.map((event) => ({ ...event, frame: 5, ...(event.bytes && { bytes: Buffer.from('elsewhere').toString('base64') }) }));
  await layers([...elsewhere.filter(({ layer }) => layer === 'raw'), ...events], async (page) => {
    await choose(page, 'PreToolUse');
    assert.deepEqual(await frames(page), [bytesOf(events.find(({ type }) => type === 'PreToolUse'))]);
  });
});

test('bytes that are no text are shown as hexadecimal', async () => {
  const raw = { layer: 'raw', frame: 0, n: 1, ts: 1, source: 'ws', kind: 'frame', streamId: 9, seq: 0, offset: 0, length: 4, bytes: Buffer.from([0xff, 0, 1, 0xfe]).toString('base64') };
  const hook = { layer: 'hook', frame: 0, n: 2, ts: 2, type: 'Progress', streamId: 9, raw: { streamId: 9, seq: 0, offset: 0, length: 4 } };
  await layers([raw, hook], async (page) => {
    await choose(page, 'Progress');
    assert.deepEqual(await frames(page), ['ff 00 01 fe']);
  });
});

test('the raw layer that is off is said, and turned on by a button', async () => {
  await layers(events.filter(({ layer }) => layer === 'hook'), async (page) => {
    assert.match(await page.textContent('#raw-why'), /off in the options/);
    await page.click('#raw-on');
    await page.waitForSelector('#raw-on', { state: 'hidden' });
    assert.equal(await page.evaluate(() => window.stub.settings.layers.raw), true);
  }, { raw: false });
});

test('hostile events break neither list, and 320 px are enough', async () => {
  await layers([...hostile(), ...events], async (page) => {
    assert.deepEqual(await overflowing(page), []);
    for (const button of await page.locator('.events li > button').all()) await button.click();
    assert.equal(await page.evaluate(() => window.owned), undefined);
    assert.equal(await page.locator('img, main script').count(), 0);
    assert.deepEqual(await overflowing(page), []);
  }, { width: 320 });
});
