// The pages as they ship, with the extension's own background and a tapped page.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCollector } from '../../export/collector.mjs';
import { startBench } from '../bench.mjs';
import { body, take, TURN } from '../turn.mjs';

let bench;
before(async () => {
  bench = await startBench();
  const { settings } = await bench.say({ ask: 'settings' });
  await bench.say({ do: 'settings', settings: { ...settings, layers: { hooks: true, raw: true } } });
});
after(() => bench?.close());

/** A page of the extension's, as the tools of `tab` would show it. */
async function face(path, tab) {
  const page = await bench.context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(String(error)));
  // There are developer tools in no test, and in a window of its own no page has a tab in front.
  await page.addInitScript((tab) => {
    chrome.devtools = { inspectedWindow: { tabId: tab } };
    const query = chrome.tabs.query.bind(chrome.tabs);
    chrome.tabs.query = async (wanted) => (wanted.active ? [await chrome.tabs.get(tab)] : query(wanted));
  }, tab);
  await page.goto(`${bench.home}pages/${path}`);
  return page;
}

const names = (page, rows) => page.locator(`${rows} .name`).allTextContents();
const until = (page, rows, name) => page.waitForFunction(([rows, name]) => [...document.querySelectorAll(`${rows} .name`)].some(({ textContent }) => textContent === name), [rows, name]);

test('a turn is in the popup, the panel and the DevTools panel, each frame with its exact bytes', async () => {
  const { page, tab } = await bench.open();
  await page.evaluate(take, TURN);

  const layers = await face('devtools/layers.html', tab);
  await until(layers, '#hook-rows', 'Stop');
  await layers.click('#hook-rows li:has(.name:text-is("PreToolUse")) > button');
  const [bytes] = await layers.locator('#frames pre').allTextContents();
  const [, offset] = /at byte ([\d,]+)/.exec(await layers.textContent('#frames .muted'));
  const from = Number(offset.replaceAll(',', ''));
  assert.ok(bytes.length > 0);
  assert.equal(bytes, Buffer.from(body).subarray(from, from + Buffer.byteLength(bytes)).toString());

  const panel = await face('panel/panel.html', tab);
  await until(panel, '#rows', 'Stop');
  assert.deepEqual(await names(panel, '#rows'), await names(layers, '#hook-rows'));
  assert.equal(await panel.textContent('#state'), 'watching');

  const popup = await face('popup/popup.html', tab);
  await popup.waitForSelector('body[data-condition=watching]');
  await until(popup, '#last', 'Stop');
  assert.deepEqual([layers, panel, popup].flatMap(({ faults }) => faults), []);
});

test('two options pages that are open do not overwrite what the other one saves', async () => {
  const field = '[id="limits.shown"]';
  const open = async () => {
    const page = await face('options/options.html', 0);
    await page.waitForFunction((field) => document.querySelector(field).value !== '', field);
    return page;
  };
  const [one, other] = [await open(), await open()];
  await one.fill(field, '777');
  await other.setChecked('[id="layers.raw"]', false);
  await other.click('#save');
  await other.waitForFunction(() => document.getElementById('saved').textContent === 'Saved.');
  const origin = 'https://site.example';
  await bench.say({ do: 'site', origin, on: false });
  await one.waitForFunction(() => !document.getElementById('layers.raw').checked && /site\.example/.test(document.getElementById('sites').textContent));
  await one.click('#save');
  await one.waitForFunction(() => document.getElementById('saved').textContent === 'Saved.');
  const { settings } = await bench.say({ ask: 'settings' });
  assert.deepEqual([settings.layers, settings.limits.shown, settings.sites[origin]], [{ hooks: true, raw: false }, 777, { on: false }]);
  await other.waitForFunction((field) => document.querySelector(field).value === '777', field);
  await other.click(`[aria-label="Remove ${origin}"]`);
  await one.waitForFunction(() => !/site\.example/.test(document.getElementById('sites').textContent));
  assert.deepEqual([one, other].flatMap(({ faults }) => faults), []);
  for (const page of [one, other]) await page.close();
  await bench.say({ do: 'settings', settings: { layers: { hooks: true, raw: true } } });
});

test('there are at most a hundred sites, whoever adds them', async () => {
  const { settings: { sites } } = await bench.say({ ask: 'settings' });
  const more = Object.fromEntries(Array.from({ length: 100 - Object.keys(sites).length }, (_, at) => [`https://${at}.example`, { on: false }]));
  await bench.say({ do: 'settings', settings: { sites: { ...sites, ...more } } });
  const refused = await bench.ask({ do: 'site', origin: 'https://more.example', on: true });
  assert.deepEqual([refused.ok, refused.error], [false, 'error_too_many']);
  await bench.say({ do: 'site', origin: 'https://0.example', on: false });
  await bench.say({ do: 'settings', settings: { sites } });
});

test('what is recorded from the popup is saved from it, all of it', async () => {
  const { page, tab } = await bench.open();
  const popup = await face('popup/popup.html', tab);
  await popup.click('#record:enabled');
  await popup.waitForSelector('#record.running');
  await page.evaluate(take, TURN);
  await until(popup, '#last', 'Stop');
  await popup.click('#record');
  await popup.waitForSelector('#save:not([hidden])');
  const [download] = await Promise.all([popup.waitForEvent('download'), popup.click('#save')]);
  const stream = await download.createReadStream();
  const text = Buffer.concat(await stream.toArray()).toString();
  const [header, ...events] = text.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.equal(header.origin, new URL(page.url()).origin);
  const { recordings } = await bench.say({ ask: 'recordings' });
  assert.equal(events.length, recordings.at(-1).events);
  assert.deepEqual(events, await bench.recorded(recordings.at(-1).id));
  assert.deepEqual(popup.faults, []);
});

const says = (page, selector, text) => page.waitForFunction(([selector, text]) => document.querySelector(selector)?.textContent.includes(text), [selector, text]);

test('a collector is tried, looked at and turned on in the options; it gets what was shown, and is told of', async (t) => {
  const collector = await startCollector({ allow: () => false });
  t.after(() => collector.close());
  const { page, tab } = await bench.open();
  await page.evaluate(take, TURN);
  const popup = await face('popup/popup.html', tab);
  await says(popup, '#leaving', 'Nothing leaves this machine.');

  const options = await face('options/options.html', tab);
  await options.click('#collector-add');
  await options.fill('[id="collector.to"]', collector.to);
  await options.selectOption('[id="collector.format"]', 'ndjson');
  await options.click('#header-add');
  await options.fill('[id="collector.headers.0.name"]', 'x-team');
  await options.fill('[id="collector.headers.0.value"]', 'blue');
  await options.click('#collector-attempts button:text("Show what")');
  await options.waitForSelector('.requests pre');
  assert.equal(collector.requests.length, 0);
  const lines = (await options.locator('.requests pre').first().textContent()).trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.ok(lines.some(({ type }) => type === 'PreToolUse'), JSON.stringify(lines));
  assert.ok(lines.every((line) => !('prompt' in line) && !('toolInput' in line)));
  await options.click('#collector-attempts button:text("Try it")');
  await says(options, '#collector-attempts .attempted', 'It answers, and takes events.');
  assert.deepEqual([collector.requests.length, collector.requests[0].headers['x-team']], [1, 'blue']);

  await options.click('#collector-save-on');
  await options.waitForSelector('#collectors [data-how=sending]');
  await says(popup, '#leaving', `Events go to ${collector.to}, without content.`);
  await page.evaluate(take, TURN);
  await collector.until(({ lines }) => lines.some(({ type }) => type === 'Stop'));
  await options.waitForFunction(() => /Acknowledged: [1-9].*Waiting: 0/.test(document.querySelector('#collectors .counts').textContent));

  collector.answer = () => ({ status: 401, body: 'who are you?' });
  await page.evaluate(take, TURN);
  await says(options, '#collectors .collector-state', 'Blocked: HTTP 401 who are you?');
  await says(popup, '#leaving', `Not all events for ${collector.to} arrive: HTTP 401`);
  collector.answer = () => undefined;
  await options.click('#collectors button:text("Try again now")');
  await options.waitForSelector('#collectors [data-how=sending]');

  await options.click('#collectors button:text("Remove")');
  await options.click('#collectors button:text("Remove it and what waits")');
  await says(popup, '#leaving', 'Nothing leaves this machine.');
  assert.deepEqual((await bench.say({ ask: 'settings' })).settings.collectors, []);
  assert.deepEqual([options, popup].flatMap(({ faults }) => faults), []);
});
