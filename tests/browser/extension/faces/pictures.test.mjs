// The pictures that README shows, made anew; with PAGETAP_BLESS=1 they take the place of those there.
// Fonts differ between machines, so pixels are not compared.

import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT, screenshot, SCREENSHOTS, startFaces } from './faces.mjs';
import { BEGAN, turn } from './turn.mjs';

const SHOWN = 'docs/screenshots';
const LARGEST = 150_000;

let faces;
before(async () => {
  faces = await startFaces();
});
after(() => faces?.close());

const recording = { id: 1, since: BEGAN - 134_000, events: 5191, bytes: 1_342_177 };
const events = turn();
const last = events.filter(({ layer }) => layer === 'hook');
const settings = {
  version: 1,
  sites: { 'https://claude.ai': { on: true }, 'https://chat.example': { on: true } },
  layers: { hooks: true, raw: true },
  redaction: [{ pattern: 'ACME-[0-9]+', flags: 'i', with: '***' }, { pattern: '[\\w.]{1,64}@[\\w.]{1,64}\\w', flags: '', with: '[address]' }],
  limits: { recordedEvents: 200_000, recordedBytes: 256 << 20, shown: 2000 },
  collectors: [],
};
const granted = Object.keys(settings.sites);
const COLLECTOR = { on: true, format: 'otlp', names: 'genai-1.41', signals: ['traces', 'logs'], include: [], headers: {} };
const collectors = [
  { ...COLLECTOR, id: '00000001', to: 'http://127.0.0.1:4318/' },
  { ...COLLECTOR, id: '00000002', to: 'https://collector.example/hooks', format: 'hooks', include: ['prompts', 'toolInputs'], headers: { authorization: '' } },
];
const preview = {
  events: 1,
  requests: [{
    url: 'https://collector.example/hooks', method: 'POST', headers: { authorization: '', 'content-type': 'application/json' },
    text: '{"hook_event_name":"PreToolUse","tool_name":"weather_forecast","tool_input":{"place":"Lyon","days":3}}',
  }],
};
const told = {
  '00000001': { granted: true, stats: { state: 'sending', acknowledged: 1284, pending: 3 } },
  '00000002': { granted: true, stats: { state: 'blocked', why: 'HTTP 401', acknowledged: 0, pending: 212 } },
};

const PAGES = {
  popup: {
    size: { width: 400, height: 590, scale: 1.5 },
    given: { state: { counters: { hooks: 1284, raw: 3907, notices: 2, dropped: 0 }, recording, last } },
    there: '#last li:last-child',
  },
  panel: {
    size: { width: 400, height: 820, scale: 1.4 },
    given: { settings, feed: events, state: { recording } },
    there: '#rows li:last-child',
  },
  collectors: {
    path: 'options/options.html',
    size: { width: 640, height: 850, scale: 1 },
    given: { settings: { ...settings, collectors }, granted, told, preview },
    there: '#collectors li:nth-child(2) .counts:not(:empty)',
    async prepare(page) {
      await page.click('#collectors li:nth-child(2) button:text("Show what")');
      await page.waitForSelector('.requests pre');
      await page.evaluate(() => {
        document.activeElement.blur();
        document.querySelector('section:has(#collectors)').scrollIntoView();
        scrollBy(0, -10);
      });
    },
  },
  options: {
    size: { width: 640, height: 1161, scale: 1 },
    given: { settings, granted },
    there: '#rules li:last-child',
    // The rules are tried when somebody comes to the field for it.
    async prepare(page) {
      await page.focus('#trial');
      await page.waitForSelector('#trial-result:not(:empty)');
      await page.evaluate(() => document.activeElement.blur());
    },
  },
};

for (const [name, { path = `${name}/${name}.html`, size, given, there, prepare }] of Object.entries(PAGES)) {
  test(`the ${name}, light and dark, is in README as large as it is`, async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    for (const scheme of ['light', 'dark']) {
      const file = `${name}-${scheme}.png`;
      await faces.open(path, { ...size, given, scheme }, async (page) => {
        await page.waitForSelector(there);
        await prepare?.(page);
        await screenshot(page, `${name}-${scheme}`);
      });
      if (process.env.PAGETAP_BLESS) {
        await mkdir(join(ROOT, SHOWN), { recursive: true });
        await copyFile(join(SCREENSHOTS, file), join(ROOT, SHOWN, file));
      }
      const kept = await readFile(join(ROOT, SHOWN, file));
      assert.deepEqual(sizeOf(kept), sizeOf(await readFile(join(SCREENSHOTS, file))), file);
      assert.ok(kept.length <= LARGEST, `${file} has ${kept.length} bytes`);
      const [image] = readme.match(new RegExp(`<img [^>]*src="${SHOWN}/${file}"[^>]*>`)) ?? [''];
      assert.match(image, / alt="[^"]{20,}"/, file);
      assert.match(image, / width="\d+"/, file);
    }
  });
}

test('there are no other pictures', async () => {
  const made = Object.keys(PAGES).flatMap((name) => [`${name}-dark.png`, `${name}-light.png`]);
  assert.deepEqual((await readdir(join(ROOT, SHOWN))).sort(), made.sort());
});

/** Width and height, as a PNG's first chunk has them. */
const sizeOf = (png) => [png.readUInt32BE(16), png.readUInt32BE(20)];
