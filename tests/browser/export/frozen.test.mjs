// A page that sends for others and is frozen by the browser. Playwright keeps its pages from being hidden, and
// only what is hidden can be frozen; so these are driven by puppeteer.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { ARGUMENTS } from '../browser.mjs';
import { ask, inits, startScene, told, TOLD } from './scene.mjs';

let scene;
let browser;
before(async () => {
  scene = await startScene();
  browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: ARGUMENTS,
  });
});
after(async () => {
  await browser?.close();
  await scene?.close();
});

// Ours would let go of the lock.
function notTold() {
  document.addEventListener('freeze', (event) => event.stopImmediatePropagation());
}

for (const [name, extra] of [['told that it is', undefined], ['not told', notTold]]) {
  test(`frozen, ${name}: another page sends; thawed, it goes on and leaves that to the other`, async () => {
    const collector = await scene.collector();
    const address = new URL(scene.service.page({ head: '<script src="/dist/pagetap.js"></script>' }));
    address.hostname = `${scene.key()}.localhost`;
    const open = async () => {
      const page = await browser.newPage();
      for (const init of inits) await page.evaluateOnNewDocument(init);
      if (extra) await page.evaluateOnNewDocument(extra);
      await page.goto(String(address));
      await page.evaluate((to) => begin({ to }), collector.to);
      return page;
    };
    const first = await open();
    await ask(first);
    await first.evaluate(() => exported.flush());
    const second = await open();
    const cdp = await first.createCDPSession();
    await cdp.send('Page.setWebLifecycleState', { state: 'frozen' });
    await ask(second, 2);
    await collector.until(({ lines }) => lines.length >= 3 * TOLD.length);
    await cdp.send('Page.setWebLifecycleState', { state: 'active' });
    await first.evaluate(() => words.until(() => exported.stats().why === 'another page of this origin sends'));
    await ask(first);
    await collector.until(({ lines }) => lines.length >= 4 * TOLD.length);
    const heard = await Promise.all([first, second].map((page) => page.evaluate(() => window.heard)));
    assert.deepEqual(told(collector).sort(), heard.flat().sort());
    assert.ok((await second.evaluate(() => exported.stats())).sent >= 3 * TOLD.length);
    for (const page of [first, second]) {
      assert.deepEqual(await page.evaluate(() => words.faults), []);
      await page.close();
    }
  });
}
