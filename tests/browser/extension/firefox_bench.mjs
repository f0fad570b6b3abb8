// What the tests of the extension in Firefox share: the browser with the built extension in it, installed
// for the time being, as its developers do; a service as in the product tests; and the extension's words.

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchPlain } from '../firefox.mjs';
import { startService } from '../product/service.mjs';

const BUILT = fileURLToPath(new URL('../../../dist/extension-firefox/', import.meta.url));
const ID = 'pagetap@pagetap.invalid';
const LONGEST_WAIT_MS = 30_000;

/** `service`, `browser`, `own` (a page of the extension's), and words for all three. One per test file. */
export async function startFirefoxBench() {
  const service = await startService();
  const folder = await mkdtemp(join(tmpdir(), 'extension-'));
  await cp(BUILT, folder, { recursive: true });
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  manifest.host_permissions.push('http://127.0.0.1/*');
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  const browser = await launchPlain({ args: ['-remote-allow-system-access'] });
  let scope;

  const bench = {
    service,
    browser,
    own: undefined,
    /** Installs the extension, also over itself, as an update does. */
    install: () => browser.installExtension(folder),
    /** What `expression` gives in the browser's own scope; `extension` there is ours. */
    async inBrowser(expression) {
      scope ??= await ofBrowser(browser);
      const given = `((extension) => ${expression})(WebExtensionPolicy.getByID('${ID}').extension)`;
      const { result } = await browser.connection.send('script.evaluate', { expression: given, target: { context: scope }, awaitPromise: true });
      if (result.type !== 'success') throw new Error(`${expression}: ${result.exceptionDetails.text}`);
      return result.result.value;
    },
    /** Stops the background, as Firefox does when it has been idle. */
    stopBackground: () => bench.inBrowser('extension.terminateBackground({ ignoreDevToolsAttached: true, disableResetIdleForTest: true }).then(() => true)'),
    /** Gives the tests a page of the extension that is there now; nobody can go to one from outside. */
    async openOwn() {
      await bench.inBrowser(`gBrowser.addTrustedTab('moz-extension://' + extension.policy.mozExtensionHostname + '/pages/options/options.html') && 1`);
      bench.own = await until(() => ownPage(browser), Boolean);
    },
    /** What the background answers one of the extension's pages; must be right. */
    async say(message) {
      const answer = await bench.own.evaluate((message) => chrome.runtime.sendMessage(message), message);
      if (!answer?.ok) throw new Error(`${JSON.stringify(message)}: ${JSON.stringify(answer)}`);
      return answer;
    },
    /** Opens a page of the service's; `{page, tab}`. */
    async open(about) {
      const page = await browser.newPage();
      const address = service.page(about);
      await page.goto(address);
      const tab = await bench.own.evaluate(async (url) => (await chrome.tabs.query({})).find((tab) => tab.url === url).id, address);
      return { page, tab };
    },
    /** All events of a recording. */
    async recorded(id) {
      const { events } = await bench.say({ ask: 'recording', id, from: 0, count: 10_000 });
      return events;
    },
    until,
    async close() {
      await browser.close();
      await service.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await bench.install();
  // The one of the first run comes by itself.
  bench.own = await until(() => ownPage(browser), Boolean);
  await bench.say({ do: 'site', origin: service.origin, on: true });
  const { settings } = await bench.say({ ask: 'settings' });
  await bench.say({ do: 'settings', settings: { ...settings, layers: { hooks: true, raw: true } } });
  return bench;
}

async function ofBrowser(browser) {
  const { result } = await browser.connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
  return result.contexts[0].context;
}

async function ownPage(browser) {
  const isOwn = (page) => page.evaluate(() => location.protocol === 'moz-extension:' && !!chrome.runtime.id).catch(() => false);
  for (const page of await browser.pages()) if (await isOwn(page)) return page;
}

/** Looks until `condition(value)` holds of what `read()` gives; that value. */
async function until(read, condition) {
  const begun = Date.now();
  for (;;) {
    const value = await read();
    if (condition(value)) return value;
    if (Date.now() - begun > LONGEST_WAIT_MS) throw new Error(`never came true: ${condition}, last ${JSON.stringify(value)?.slice(-500)}`);
  }
}
