// Chromium for tests: /usr/bin/chromium or $CHROMIUM, headless, silent on the network; and for suites
// that run in both browsers the one in question, Firefox with PAGETAP_BROWSER=firefox.

import { chromium } from 'playwright-core';
import { launchFirefox } from './firefox.mjs';

// Of two such arguments Chromium takes the last, so what Playwright turns off is said again.
const OFF = [
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'TcpPortRandomizationWin',
  'ThirdPartyStoragePartitioning',
  // The address bar's lists, each a page of its own: half of what opening a tab costs, in a window that
  // nobody sees.
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'WebUIOmniboxPopup',
];

export const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${OFF}`,
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

/** For suites that run in both: the browser in question. */
export const BROWSER = process.env.PAGETAP_BROWSER ?? 'chromium';

/** What `launch` gives, of the browser in question. Of Firefox, what is in firefox.mjs. */
export async function launchEither(options) {
  if (BROWSER !== 'firefox') return launch(options);
  const browser = await launchFirefox({ keepsTabs: true });
  return { browser, context: browser, close: () => browser.close() };
}
