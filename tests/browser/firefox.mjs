// Firefox for tests: /usr/bin/firefox-esr or $FIREFOX, headless, silent on the network. playwright-core
// drives no Firefox as it is shipped, so this one is driven by WebDriver BiDi; its pages have the
// methods of Playwright's that the tests for both browsers use.

import puppeteer from 'puppeteer-core';

const PREFERENCES = {
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.systemAddon.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
};

const LONGEST_WAIT_MS = 30_000;

/** The browser as puppeteer has it, with more preferences and other options of puppeteer's if asked for. */
export const launchPlain = ({ preferences = {}, ...options } = {}) => puppeteer.launch({
  browser: 'firefox',
  executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
  headless: true,
  ...options,
  extraPrefsFirefox: { ...PREFERENCES, ...preferences },
});

/** One browser: `{ newPage(), close() }`. One per test file. */
export async function launchFirefox() {
  const browser = await launchPlain();
  return { newPage: async () => adapted(await browser.newPage()), close: () => browser.close() };
}

function adapted(page) {
  page.setDefaultTimeout(LONGEST_WAIT_MS);
  return {
    on: (name, listener) => page.on(name, listener),
    goto: (address) => page.goto(address),
    reload: () => page.reload(),
    close: () => page.close(),
    evaluate: (read, argument) => page.evaluate(read, argument),
    waitForFunction: (holds, argument) => page.waitForFunction(holds, {}, argument),
    waitForSelector: (selector) => page.waitForSelector(selector, { visible: true }),
    click: (selector) => page.locator(selector).click(),
    selectOption: (selector, value) => page.select(selector, value),
    // In one piece, as Playwright does.
    async fill(selector, text) {
      await page.focus(selector);
      await page.evaluate((text) => document.execCommand('insertText', false, text), text);
    },
  };
}
