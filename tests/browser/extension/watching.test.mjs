// What is watched, and from when to when: every page of the sites that are on and granted, whatever was
// done to the extension meanwhile, and nothing else.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startBench, test } from './bench.mjs';
import { body, driven, EXPECTED, take, told, TURN } from './turn.mjs';

let bench;
let managing; // a page that may do what a person does in the browser's own pages
before(async () => {
  bench = await startBench();
  managing = await bench.context.newPage();
  await managing.goto('chrome://extensions');
});
after(() => bench?.close());

const id = () => new URL(bench.home).host;
const state = (tab) => bench.say({ ask: 'state', tabId: tab });
const badge = (tab) => bench.own.evaluate((tabId) => chrome.action.getBadgeText({ tabId }), tab);

/** Loads the extension anew, or has it disabled and enabled, and gives the tests a page of the new one. */
async function anew({ disabled = false, meanwhile } = {}) {
  const gone = bench.own.waitForEvent('close');
  if (!disabled) await bench.own.evaluate(() => setTimeout(() => chrome.runtime.reload(), 0));
  else await managing.evaluate((id) => chrome.management.setEnabled(id, false), id());
  await gone;
  await meanwhile?.();
  if (disabled) await managing.evaluate((id) => chrome.management.setEnabled(id, true), id());
  bench.own = await bench.context.newPage();
  await bench.until(
    () => bench.own.goto(`${bench.home}pages/options/options.html`).then(() => bench.ask({ ask: 'settings' }), () => null),
    (answer) => answer?.ok,
  );
}

/** Adds a frame to a page, and waits until it is loaded. */
const addFrame = (page, address) => page.evaluate((address) => new Promise((done) => {
  const frame = document.createElement('iframe');
  frame.src = address;
  frame.onload = done;
  document.body.append(frame);
}), address);

/** What was recorded, once it has the ends of so many turns. */
const ends = (id, count) => bench.until(() => bench.recorded(id), (events) => events.filter(({ type }) => type === 'Stop').length === count);

test('an extension that is disabled and enabled again goes on watching, and recording', async () => {
  const { page, tab } = await bench.open({ record: true });
  const { recording } = await state(tab);
  await anew({ disabled: true });
  await bench.until(() => state(tab), ({ installed }) => installed);
  await page.evaluate(take, TURN);
  const events = await ends(recording.id, 1);
  assert.equal(told(events), EXPECTED);
  assert.equal(await badge(tab), 'REC');
  await page.close();
});

test('a recording of before goes on in no tab that it does not know', async () => {
  const { page, tab } = await bench.open({ record: true });
  const { recording } = await state(tab);
  await page.evaluate(take, TURN);
  const before = await ends(recording.id, 1);
  await anew({ disabled: true, meanwhile: () => page.goto(bench.service.page()) });
  // Without a tap it is, until then.
  await page.reload();
  await bench.until(() => state(tab), ({ installed }) => installed);
  await page.evaluate(take, TURN);
  const now = await bench.until(() => state(tab), ({ last }) => last.at(-1)?.type === 'Stop');
  assert.equal(now.recording, null);
  assert.equal((await bench.recorded(recording.id)).length, before.length);
  const { recordings } = await bench.say({ ask: 'recordings' });
  assert.equal(recordings.find(({ id }) => id === recording.id).ended, 'tab');
  await page.close();
});

test('a frame that had said nothing yet is watched after the extension was loaded anew', async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const { page, tab } = await bench.open({ record: true });
    const { recording } = await state(tab);
    const address = new URL(bench.service.page());
    address.hostname = host;
    await addFrame(page, String(address));
    // Answers come in turn: who has this one has had that to its own question.
    await bench.own.evaluate((tabId) => chrome.scripting.executeScript({
      target: { tabId, allFrames: true },
      func: () => chrome.runtime.sendMessage({ ask: 'introduction' }),
    }), tab);
    await anew();
    await page.frames()[1].evaluate(take, TURN);
    const events = await ends(recording.id, 1);
    assert.equal(told(events.filter(({ frame }) => frame !== 0)), EXPECTED, host);
    await page.close();
  }
});

test('a page that hangs keeps no other one from being reached', async () => {
  const hanging = await bench.open();
  const { page, tab } = await bench.open({ record: true });
  const { recording } = await state(tab);
  const asked = new Promise((done) => hanging.page.on('dialog', done));
  const answered = hanging.page.evaluate(() => alert('?')).catch(() => {});
  const dialog = await asked;
  await anew();
  await bench.until(() => state(tab), ({ installed }) => installed);
  await page.evaluate(take, TURN);
  assert.equal(told(await ends(recording.id, 1)), EXPECTED);
  await dialog.accept();
  await answered;
  await hanging.page.close();
  await page.close();
});

test('a site that is turned off in mid-turn is left alone at once, and its recording ends', async () => {
  const { page, tab } = await bench.open({ record: true });
  await addFrame(page, bench.service.page());
  const { recording } = await state(tab);
  const taken = page.evaluate(take, driven('off'));
  const stream = await bench.service.stream('off');
  await stream.write(body.subarray(0, body.length / 2));
  await bench.until(() => bench.recorded(recording.id), (events) => events.length > 0);
  const { origin } = bench.service;
  await bench.say({ do: 'site', origin, on: false });
  const there = () => ['__claudeHooks' in window, '__claudeTap' in window, String(fetch)];
  const native = [false, false, 'function fetch() { [native code] }'];
  for (const frame of page.frames()) await bench.until(() => frame.evaluate(there), (found) => String(found) === String(native));
  stream.write(body.subarray(body.length / 2));
  stream.end();
  await taken;
  const off = await bench.until(() => state(tab), ({ installed }) => !installed);
  assert.deepEqual([off.on, off.recording, await badge(tab)], [false, null, '']);
  assert.ok(!(await bench.recorded(recording.id)).some(({ complete }) => complete));
  // On again it is watched from the page's next beginning, as the popup says.
  await bench.say({ do: 'site', origin, on: true });
  assert.deepEqual(await state(tab).then(({ on, granted, installed }) => ({ on, granted, installed })), { on: true, granted: true, installed: false });
  await page.reload();
  await page.evaluate(take, TURN);
  await bench.until(() => state(tab), ({ last }) => last.at(-1)?.type === 'Stop');
  assert.deepEqual(page.faults, []);
  await page.close();
});

test('access that is taken back in the browser’s own pages ends watching and recording, and can come back', async () => {
  const allow = (hostAccess) => managing.evaluate((given) => chrome.developerPrivate.updateExtensionConfiguration(given), { extensionId: id(), hostAccess });
  const { page, tab } = await bench.open({ record: true });
  await page.evaluate(take, TURN);
  const { recording } = await state(tab);
  const before = await ends(recording.id, 1);
  await allow('ON_CLICK');
  const withheld = await bench.until(() => state(tab), ({ installed }) => !installed);
  const { errors } = await bench.until(() => state(tab), ({ errors }) => errors.length > 0);
  assert.deepEqual([withheld.granted, withheld.recording, errors.map(({ code }) => code)], [false, null, ['access_withdrawn']]);
  await bench.until(() => badge(tab), (text) => text === '!');
  await page.evaluate(take, TURN);
  assert.equal(await page.evaluate(() => '__claudeHooks' in window), false);
  assert.equal((await bench.recorded(recording.id)).length, before.length);
  // The browser no longer says what the tab shows: which is not to say that it cannot be seen.
  assert.deepEqual([withheld.origin, withheld.hidden], [null, true]);
  await allow('ON_ALL_SITES');
  await bench.until(() => state(tab), ({ granted, installed }) => granted && !installed);
  await page.reload();
  await bench.until(() => state(tab), ({ installed }) => installed);
  await page.close();
});

test('the badge stays while a recording runs, wherever its tab goes', async () => {
  const { page, tab } = await bench.open({ record: true });
  for (const address of ['about:blank', bench.service.page(), bench.service.page().replace('127.0.0.1', 'localhost'), 'about:blank']) {
    await page.goto(address);
    await bench.until(() => badge(tab), (text) => text === 'REC');
    assert.ok((await state(tab)).recording);
  }
  await bench.say({ do: 'stop', tabId: tab });
  assert.equal(await badge(tab), '');
  await page.close();
});

test('what is shown and counted of a page goes with it', async () => {
  const { page, tab } = await bench.open();
  await page.evaluate(take, TURN);
  await bench.until(() => state(tab), ({ last }) => last.at(-1)?.type === 'Stop');
  await page.goto('about:blank');
  const { counters } = await bench.until(() => state(tab), ({ installed, last }) => !installed && !last.length);
  assert.deepEqual(counters, { hooks: 0, raw: 0, notices: 0, dropped: 0 });
  await page.goto(bench.service.page().replace('127.0.0.1', 'localhost'));
  const now = await bench.until(() => state(tab), ({ installed }) => installed);
  assert.deepEqual([now.last, now.counters.hooks], [[], 0]);
  await page.close();
});

test('no page that begins while settings or sites are changed is without its tap', async () => {
  const { settings } = await bench.say({ ask: 'settings' });
  let over = false;
  const changing = (async () => {
    for (let at = 0; !over; at++) {
      await bench.say({ do: 'settings', settings: { ...settings, limits: { ...settings.limits, shown: 1000 + (at % 9) } } });
      await bench.say({ do: 'site', origin: 'https://other.example', on: at % 2 === 0 });
    }
  })();
  const { page, tab } = await bench.open();
  for (let at = 0; at < 60; at++) {
    await page.goto(bench.service.page());
    assert.equal(await page.evaluate(() => '__claudeTap' in window), true, `page ${at}`);
    await bench.until(() => state(tab), ({ installed }) => installed);
  }
  over = true;
  await changing;
  await bench.say({ do: 'settings', settings });
  await page.close();
});
