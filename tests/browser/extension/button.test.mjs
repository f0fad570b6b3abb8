// The button in the toolbar: its icon, and what its badge says.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startBench, test } from './bench.mjs';
import { take, TURN } from './turn.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

const badge = (tab) => bench.own.evaluate((tabId) => chrome.action.getBadgeText({ tabId }), tab);
const shows = (tab, wanted) => bench.until(() => badge(tab), (text) => text === wanted);

test('the badge says of the recorded tab that it is, and of no other, until that is over', async () => {
  const [recorded, other] = [await bench.open(), await bench.open()];
  await bench.say({ do: 'record', tabId: recorded.tab });
  await shows(recorded.tab, 'REC');
  assert.equal(await badge(other.tab), '');
  // The browser forgets it when the tab goes elsewhere; the recording goes on.
  await recorded.page.goto(bench.service.page());
  await shows(recorded.tab, 'REC');
  await bench.say({ do: 'stop', tabId: recorded.tab });
  await shows(recorded.tab, '');
  for (const { page } of [recorded, other]) await page.close();
});

test('the badge says that something went wrong, until that is over', async () => {
  const { settings } = await bench.say({ ask: 'settings' });
  await bench.say({ do: 'settings', settings: { ...settings, limits: { ...settings.limits, recordedEvents: 2 } } });
  const { page, tab } = await bench.open({ record: true });
  await page.evaluate(take, TURN);
  await shows(tab, '!');
  const { errors } = await bench.say({ ask: 'state', tabId: tab });
  assert.deepEqual(errors.map(({ code }) => code), ['recording_full']);
  // It is of the recording, not of the page: gone with the next recording.
  await page.reload();
  await bench.until(() => bench.say({ ask: 'state', tabId: tab }), ({ installed }) => installed);
  await shows(tab, '!');
  await bench.say({ do: 'settings', settings });
  await bench.say({ do: 'record', tabId: tab });
  await shows(tab, 'REC');
  await bench.say({ do: 'stop', tabId: tab });
  await shows(tab, '');
  await page.close();
});

test('both browsers get icons in the sizes that their manifests name', async () => {
  for (const browser of ['chrome', 'firefox']) {
    const read = (file) => readFile(fileURLToPath(new URL(`../../../dist/extension-${browser}/${file}`, import.meta.url)));
    const { icons, action } = JSON.parse(await read('manifest.json'));
    assert.deepEqual(Object.keys(icons), ['16', '32', '48', '128']);
    assert.deepEqual(action.default_icon, icons);
    for (const [size, file] of Object.entries(icons)) {
      const png = await read(file);
      assert.equal(png.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n');
      // Width and height, as the header chunk has them.
      assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [Number(size), Number(size)], `${browser} ${file}`);
    }
  }
});
