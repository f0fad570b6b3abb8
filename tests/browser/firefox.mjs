// Firefox for tests: /usr/bin/firefox-esr or $FIREFOX, headless, silent on the network. playwright-core
// has a way to drive a Firefox as it is shipped, but begins with a command that the ESR does not know, and
// takes twice as long for a page; so this one is puppeteer's. Both speak WebDriver BiDi; its pages have the
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
  // Else a socket that is opened after one that failed waits for seconds.
  'network.websocket.delay-failed-reconnects': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
};

const LONGEST_WAIT_MS = 30_000;
const LONGEST_CALL_MS = 60_000;

/** The browser as puppeteer has it, with more preferences, arguments and options if asked for. */
export const launchPlain = ({ preferences = {}, args = [], ...options } = {}) => puppeteer.launch({
  browser: 'firefox',
  executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
  headless: true,
  protocolTimeout: LONGEST_CALL_MS,
  args,
  extraPrefsFirefox: { ...PREFERENCES, ...preferences },
  ...options,
});

/**
 * One browser: `{ newPage(), close() }`. One per test file. `keepsTabs`: a page that is closed leaves its
 * tab to the next, which costs less than most tests.
 */
export async function launchFirefox({ keepsTabs = false } = {}) {
  const browser = await launchPlain({
    // Who watches responses keeps them: nobody is to read but the page.
    networkEnabled: false,
    preferences: {
      // For requestGC.
      'dom.testing.testutils.enabled': true,
      // One that the page has cancelled lasts until more arrives on it; six to a server are soon gone.
      'network.http.max-persistent-connections-per-server': 64,
      // What a tab has left is to be gone.
      'browser.sessionhistory.max_total_viewers': 0,
    },
  });
  const left = [];
  const newPage = async () => adapted(left.pop() ?? (await browser.newPage()), keepsTabs ? (tab) => left.push(tab) : null);
  return { newPage, close: () => browser.close() };
}

// Firefox says in the same place what it thinks of the network, without an error's name in front.
const isThrown = ({ message }) => /^(\w+|uncaught exception): /.test(message);

function adapted(page, leave) {
  page.setDefaultTimeout(LONGEST_WAIT_MS);
  const scripts = [];
  const listeners = [];
  return {
    // A script has a scope of its own here.
    async addInitScript(script, ...given) {
      scripts.push(await page.evaluateOnNewDocument(script.content ?? script, ...given));
    },
    requestGC: () => page.evaluate(() => TestUtils.gc()),
    on(name, listener) {
      const heard = name === 'pageerror' ? (error) => isThrown(error) && listener(error) : listener;
      listeners.push([name, heard]);
      page.on(name, heard);
    },
    addScriptTag: (script) => page.addScriptTag(script),
    setViewportSize: (size) => page.setViewport(size),
    url: () => page.url(),
    goto: (address) => page.goto(address),
    reload: () => page.reload(),
    async close() {
      if (!leave) return page.close();
      for (const [name, listener] of listeners) page.off(name, listener);
      await Promise.all(scripts.map(({ identifier }) => page.removeScriptToEvaluateOnNewDocument(identifier)));
      await page.goto('about:blank');
      leave(page);
    },
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
