// Chromium for tests: /usr/bin/chromium or $CHROMIUM, headless, silent on the network.

import { chromium } from 'playwright-core';

export const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** One browser and one fresh context: `{ browser, context, close() }`. One per test file. */
export async function launch({ args = [], ...contextOptions } = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...ARGUMENTS, ...args],
  });
  const context = await browser.newContext(contextOptions);
  return { browser, context, close: () => browser.close() };
}
