// The pages in Firefox, with the extension's own background and a tapped page: the popup and the sidebar
// as the browser itself shows them, the others in tabs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFirefoxBench, until } from '../firefox_bench.mjs';
import { body, take, TURN } from '../turn.mjs';

let bench;
before(async () => {
  // The question is answered with yes; a click it still must be.
  bench = await startFirefoxBench({ preferences: { 'extensions.webextOptionalPermissionPrompts': false } });
});
after(() => bench?.close());

const names = () => [...document.querySelectorAll('#rows .name')].map(({ textContent }) => textContent);
const read = (page, selector) => page.$eval(selector, ({ textContent }) => textContent);

test('the first page comes by itself, in the language of the browser', async () => {
  assert.equal(await bench.own.evaluate(() => document.documentElement.lang), 'en');
  assert.equal(await read(bench.own, 'h1'), 'pagetap is ready');
  assert.deepEqual(await bench.faults(bench.own), []);
  const page = await bench.face('welcome/welcome.html');
  assert.match(await read(page, 'main'), /it cannot block/);
  // Of a warning that Firefox does not give.
  assert.equal(await page.$eval('#warned', ({ hidden }) => hidden), true);
  assert.deepEqual(await bench.faults(page), []);
  await page.close();
});

test('what is saved in the options is what the background has', async () => {
  const page = await bench.face('options/options.html');
  const field = '[id="limits.shown"]';
  await page.waitForFunction((field) => document.querySelector(field).value === '2000', {}, field);
  await page.$eval(field, (field) => field.select());
  await page.type(field, '1234');
  await page.click('#save');
  await page.waitForFunction(() => document.getElementById('saved').textContent === 'Saved.');
  assert.equal((await bench.say({ ask: 'settings' })).settings.limits.shown, 1234);
  assert.deepEqual(await bench.faults(page), []);
  await page.close();
});

test('a site is added in the click, as Firefox wants it, and in no other way', async () => {
  const origins = ['https://chat.example/*'];
  const granted = () => bench.own.evaluate((origins) => chrome.permissions.contains({ origins }), origins);
  await assert.rejects(bench.own.evaluate((origins) => chrome.permissions.request({ origins }), origins), /user input handler/);
  assert.equal(await granted(), false);
  const page = await bench.face('options/options.html');
  await page.type('#origin', 'chat.example');
  await page.click('#add button');
  await page.waitForFunction(() => /chat\.example/.test(document.getElementById('sites').textContent));
  assert.equal(await granted(), true);
  assert.equal((await bench.say({ ask: 'settings' })).settings.sites['https://chat.example'].on, true);
  await page.click('#sites [aria-label="Remove https://chat.example"]');
  await until(granted, (granted) => !granted);
  assert.deepEqual(await bench.faults(page), []);
  await page.close();
});

test('a collector has its address and the kinds of data that it gets allowed in one click, and gives them back', async () => {
  const granted = async () => {
    const { origins, data_collection: data } = await bench.own.evaluate(() => chrome.permissions.getAll());
    return [origins.includes('https://collector.example/*'), [...data].sort().join()];
  };
  const before = await granted();
  assert.deepEqual(before, [false, '']);
  const page = await bench.face('options/options.html');
  await page.waitForFunction(() => document.getElementById('limits.shown').value !== '');
  await page.click('#collector-add');
  await page.type('[id="collector.to"]', 'collector.example');
  await page.click('[id="collector.include"] [value=prompts]');
  await page.click('#collector-save-on');
  await page.waitForSelector('#collectors > li');
  assert.deepEqual(await granted(), [true, 'personalCommunications,websiteContent']);
  await until(async () => (await bench.say({ ask: 'collectors' })).collectors[0], ({ running, granted }) => running && granted);
  // What is taken back in the browser's own page is not sent, and said so.
  await bench.own.evaluate(() => chrome.permissions.remove({ data_collection: ['personalCommunications'] }));
  await page.waitForSelector('#collectors [data-how=consent]');
  const remove = () => page.$$eval('#collectors > li > .buttons button', (buttons) => buttons.at(-1).click());
  await remove();
  await remove();
  await until(granted, (now) => now.join() === before.join());
  assert.deepEqual((await bench.say({ ask: 'settings' })).settings.collectors, []);
  assert.deepEqual(await bench.faults(page), []);
  await page.close();
});

test('the panel in the developer tools is asked for in a click, and given back by another', async () => {
  const granted = async () => (await bench.own.evaluate(() => chrome.permissions.getAll())).permissions.sort();
  const asked = ['activeTab', 'alarms', 'scripting', 'storage'];
  assert.deepEqual(await granted(), asked);
  const page = await bench.face('options/options.html');
  await page.waitForSelector('#tools:not([hidden])');
  await page.click('#tools-on');
  await until(granted, ({ length }) => length > asked.length);
  assert.deepEqual(await granted(), ['activeTab', 'alarms', 'devtools', 'scripting', 'storage']);
  await page.click('#tools-on');
  await until(granted, ({ length }) => length === asked.length);
  assert.deepEqual(await bench.faults(page), []);
  await page.close();
});

test('the popup shows the tab in front, whole', async () => {
  const { page } = await bench.open();
  await page.evaluate(take, TURN);
  await page.bringToFront();
  await bench.own.evaluate(() => chrome.action.openPopup());
  const shown = await until(() => bench.view('popup', () => document.querySelector('#last .name') && {
    condition: document.body.dataset.condition,
    origin: document.getElementById('origin').textContent,
    last: [...document.querySelectorAll('#last .name')].at(-1).textContent,
    // Firefox makes the popup as large as its page; what does not fit would be scrolled.
    hidden: [document.documentElement.scrollWidth > window.innerWidth, document.documentElement.scrollHeight > window.innerHeight],
  }), (shown) => shown?.last === 'Stop' && !shown.hidden.includes(true));
  assert.deepEqual(await bench.view('popup', () => window.faults), []);
  assert.deepEqual(shown, { condition: 'watching', origin: bench.service.origin, last: 'Stop', hidden: [false, false] });
  await page.close();
});

test('the popup records, and opens the sidebar in the click, where a turn is listed as it comes', async () => {
  const { page, tab } = await bench.open();
  const popup = await bench.face('popup/popup.html', { front: page });
  await popup.waitForSelector('#record:enabled');
  await popup.click('#record');
  await popup.waitForSelector('#record.running');
  assert.notEqual((await bench.say({ ask: 'state', tabId: tab })).recording, null);
  assert.deepEqual(await bench.faults(popup), []);

  await assert.rejects(bench.own.evaluate(() => chrome.sidebarAction.open()), /user input handler/);
  assert.equal(await bench.view('sidebar', names), undefined);
  await page.bringToFront();
  // It closes itself once the sidebar is open, perhaps in the middle of the click.
  await popup.click('#panel').catch(() => {});
  await until(() => bench.own.evaluate((tab) => chrome.tabs.get(tab).then(() => true, () => false), popup.tab), (there) => !there);
  const state = () => document.getElementById('state').textContent;
  await until(() => bench.view('sidebar', state), (text) => text === 'watching, recording');
  assert.deepEqual(await bench.view('sidebar', names), []);
  await page.evaluate(take, TURN);
  const listed = await until(() => bench.view('sidebar', names), (names) => names.includes('Stop'));
  for (const name of ['MessageStart', 'PreToolUse', 'PostToolUse', 'MessageDelta']) assert.ok(listed.includes(name), `${name} in ${listed}`);

  // Another tab in front, another list.
  const { page: other } = await bench.open();
  await until(() => bench.view('sidebar', names), (names) => names.length === 0);
  await page.bringToFront();
  assert.deepEqual(await until(() => bench.view('sidebar', names), (names) => names.length > 0), listed);
  assert.deepEqual(await bench.view('sidebar', () => window.faults), []);
  await bench.say({ do: 'stop', tabId: tab });
  for (const one of [page, other]) await one.close();
});

test('the DevTools panel has both layers, and the bytes of a hook that is chosen', async () => {
  const { page, tab } = await bench.open();
  await page.evaluate(take, TURN);
  const layers = await bench.face(`devtools/layers.html#${tab}`);
  await layers.waitForFunction(() => [...document.querySelectorAll('#hook-rows .name')].at(-1)?.textContent === 'Stop');
  await layers.evaluate(() => [...document.querySelectorAll('#hook-rows li > button')].find((button) => /PostToolUse/.test(button.textContent)).click());
  const bytes = await read(layers, '#frames pre');
  const [, offset] = /at byte ([\d,]+)/.exec(await read(layers, '#frames .muted'));
  const from = Number(offset.replaceAll(',', ''));
  assert.ok(bytes.length > 0);
  assert.equal(bytes, Buffer.from(body).subarray(from, from + Buffer.byteLength(bytes)).toString());
  assert.equal(await layers.$$eval('#raw-rows .marked', ({ length }) => length), 1);
  assert.deepEqual(await bench.faults(layers), []);
  for (const one of [page, layers]) await one.close();
});
