// On each page that shows what the tap sees: whether any of it leaves this machine, and where it goes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { heard, listen, overflowing, screenshot, startFaces } from './faces.mjs';
import { HOSTILE } from './turn.mjs';

let faces;
before(async () => {
  faces = await startFaces();
});
after(() => faces?.close());

const PAGES = ['popup/popup.html', 'panel/panel.html', 'devtools/layers.html', 'options/options.html'];
const collector = (id, more) => ({
  id: `0000000${id}`, on: true, to: 'http://127.0.0.1:4318/', format: 'otlp', names: 'genai-1.41', signals: ['traces', 'logs'], include: [], headers: {}, ...more,
});
const given = (collectors, told = {}) => ({
  told,
  settings: {
    version: 1, sites: { 'https://claude.ai': { on: true } }, layers: { hooks: true, raw: true }, redaction: [],
    limits: { recordedEvents: 200000, recordedBytes: 268435456, shown: 2000 }, collectors,
  },
});
const lines = (page) => page.locator('#leaving > span').allTextContents();
const says = (page, text) => page.waitForFunction((text) => document.getElementById('leaving').textContent.includes(text), text);

/** As the background does after somebody's order. */
const change = (page, what) => page.evaluate((what) => {
  Object.assign(window.stub.settings, what);
  const channel = new BroadcastChannel('pagetap.settings');
  channel.postMessage({});
  channel.close();
}, what);

test('nothing leaves while no collector is on; from the moment one is, it is said where events go', async () => {
  for (const path of PAGES) {
    await faces.open(path, { given: given([collector(1, { on: false })]) }, async (page) => {
      await says(page, 'Nothing leaves this machine.');
      await change(page, { collectors: [collector(1)] });
      await says(page, 'http://127.0.0.1:4318');
      assert.deepEqual(await lines(page), ['Events go to http://127.0.0.1:4318, without content.'], path);
      await change(page, { collectors: [] });
      await says(page, 'Nothing leaves this machine.');
    });
  }
});

test('each collector has its line, with its content, its state and the reason', async () => {
  const all = [
    [collector(1, { include: ['prompts', 'toolInputs'] }), { stats: { state: 'sending', why: null } }, 'Events go to http://127.0.0.1:4318, with content: Prompts, Tool inputs.'],
    [collector(2, { to: 'https://a.example/' }), { stats: { state: 'waiting', why: 'nothing answers at https://a.example' } }, 'Events for https://a.example wait and are tried again: nothing answers at https://a.example'],
    [collector(3, { to: 'https://b.example/x' }), { stats: { state: 'blocked', why: HOSTILE } }, `Not all events for https://b.example/x arrive: ${HOSTILE}`],
    [collector(4, { to: 'https://c.example/' }), { running: false, why: 'consent' }, 'Nothing reaches https://c.example: On, but the browser does not allow this data to be sent.'],
    [collector(5, { on: false, to: 'https://d.example/' }), {}, null],
  ];
  const told = Object.fromEntries(all.map(([{ id }, how]) => [id, how]));
  for (const scheme of ['light', 'dark']) {
    await faces.open('popup/popup.html', { width: 320, scheme, given: given(all.map(([one]) => one), told) }, async (page) => {
      await says(page, 'b.example');
      assert.deepEqual(await lines(page), all.map(([, , line]) => line).filter(Boolean));
      assert.equal(await page.locator('#leaving img').count(), 0);
      assert.equal(await page.locator('#leaving [lang=en]').count(), 2);
      assert.deepEqual(await overflowing(page), []);
      await screenshot(page, `popup-leaving-${scheme}`, { fullPage: true });
      // The same again is not read aloud; what is other is.
      await listen(page);
      await page.evaluate(() => {
        window.stub.sent.length = 0;
      });
      await page.waitForFunction(() => window.stub.sent.filter(({ ask }) => ask === 'collectors').length > 1);
      assert.deepEqual(await heard(page), []);
      await page.evaluate(() => {
        window.stub.told['00000002'].stats = { state: 'sending', why: null };
      });
      await says(page, 'Events go to https://a.example, without content.');
      assert.notDeepEqual(await heard(page), []);
    });
  }
});

test('where it is not known, nobody is told that nothing leaves', async () => {
  const refusals = { collectors: { error: 'error_failed', detail: 'gone' } };
  for (const more of [{ ...given([collector(1)]), refusals }, { dead: true }]) {
    await faces.open('popup/popup.html', { given: more }, async (page) => {
      await says(page, 'is not known');
      assert.doesNotMatch(await page.textContent('#leaving'), /Nothing leaves/);
    });
  }
});
