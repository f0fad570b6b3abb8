// A page that the browser keeps when it is left, and shows again when the person goes back. Playwright loses
// sight of such pages; so these are driven by puppeteer.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { ARGUMENTS } from '../browser.mjs';
import { ask, inits, startScene, told, TOLD } from './scene.mjs';

let scene;
let browser;
before(async () => {
  scene = await startScene();
  browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: ARGUMENTS,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
});
after(async () => {
  await browser?.close();
  await scene?.close();
});

let address;
let elsewhere;
let collector;
beforeEach(async () => {
  collector = await scene.collector();
  address = new URL(scene.service.page({ head: '<script src="/dist/pagetap.js"></script>' }));
  address.hostname = `${scene.key()}.localhost`;
  // Where the tap is not.
  elsewhere = Object.assign(new URL(scene.service.page()), { hostname: `${scene.key()}.localhost` });
});

async function exporting() {
  const page = await browser.newPage();
  for (const init of inits) await page.evaluateOnNewDocument(init);
  await page.goto(String(address));
  await page.evaluate((to) => {
    window.addEventListener('pageshow', ({ persisted }) => (window.returned = persisted));
    begin({ to });
  }, collector.to);
  return page;
}

const leave = (page) => page.goto(String(elsewhere));

async function goBack(page) {
  await page.goBack({ waitUntil: [] }).catch(() => {});
  await page.waitForFunction('window.returned');
}

const close = async (page) => {
  assert.deepEqual(await page.evaluate(() => words.faults), []);
  await page.close();
};

test('gone back to, it exports on; what was not sent when it was left arrives, once', async () => {
  const page = await exporting();
  await ask(page);
  await page.evaluate(() => exported.flush());
  await collector.down();
  await ask(page);
  await page.evaluate(() => words.until(() => exported.stats().retries > 0));
  await leave(page);
  await collector.up();
  await goBack(page);
  await ask(page);
  await page.evaluate(() => exported.flush());
  assert.deepEqual(told(collector), await page.evaluate(() => heard));
  assert.equal(told(collector).length, 3 * TOLD.length);
  const { state, pending, dropped } = await page.evaluate(() => exported.stats());
  assert.deepEqual([state, pending, dropped], ['sending', 0, {}]);
  assert.equal((await page.evaluate(() => stored())).rows.length, 0);
  await close(page);
});

test('while it is away another page sends what it left; gone back to, it leaves that to the other', async () => {
  const first = await exporting();
  await ask(first);
  await first.evaluate(() => exported.flush());
  const second = await exporting();
  await second.evaluate(() => words.until(() => exported.stats().why === 'another page of this origin sends'));
  await collector.down();
  await ask(first);
  await leave(first);
  await collector.up();
  await second.evaluate(() => window.dispatchEvent(new Event('online')));
  await collector.until(({ lines }) => lines.length >= 2 * TOLD.length);
  await ask(second);
  await goBack(first);
  await first.evaluate(() => words.until(() => exported.stats().why === 'another page of this origin sends'));
  await ask(first);
  await collector.until(({ lines }) => lines.length >= 4 * TOLD.length);
  const heard = await Promise.all([first, second].map((page) => page.evaluate(() => window.heard)));
  assert.deepEqual(told(collector).sort(), heard.flat().sort());
  await close(first);
  await close(second);
});
