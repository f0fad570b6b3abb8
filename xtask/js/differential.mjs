// node differential.mjs CHROMIUM URL COUNT: has the page compare so many event streams; prints what it found.

import { chromium } from 'playwright-core';

const [executablePath, url, count] = process.argv.slice(2);
const EVERY_MS = 10_000;

const browser = await chromium.launch({ executablePath });
try {
  const page = await browser.newPage();
  let said = Date.now();
  await page.exposeFunction('progress', (streams, differ) => {
    if (Date.now() - said < EVERY_MS) return;
    said = Date.now();
    console.error(`      ${streams} of ${count} event streams, ${differ} differ`);
  });
  await page.goto(url);
  await page.waitForFunction(() => globalThis.compare);
  console.log(JSON.stringify(await page.evaluate((count) => globalThis.compare(count), Number(count))));
} finally {
  await browser.close();
}
