// Firefox with the built extension in it, installed for the time being, as its developers do; a service
// as in the product tests, and the extension's own words: the messages that its pages send.

import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchPlain } from '../firefox.mjs';
import { startService } from '../product/service.mjs';

const BUILT = fileURLToPath(new URL('../../../dist/extension-firefox/', import.meta.url));
const LONGEST_WAIT_MS = 30_000;

/** `service`, `browser`, `own` (a page of the extension's), and words for both. One per test file. */
export async function startFirefoxBench({ preferences } = {}) {
  const service = await startService();
  const folder = await mkdtemp(join(tmpdir(), 'extension-'));
  await cp(BUILT, folder, { recursive: true });
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  manifest.host_permissions.push('http://127.0.0.1/*');
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await standIn(folder);
  const browser = await launchPlain({ preferences, args: ['-remote-allow-system-access'] });
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
      const given = `((extension) => ${expression})(WebExtensionPolicy.getByID('${manifest.browser_specific_settings.gecko.id}').extension)`;
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
    /** Opens a page of the service's, recorded from its beginning if asked for; `{page, tab}`. */
    async open({ record = false, ...about } = {}) {
      const page = await browser.newPage();
      const address = service.page(about);
      const before = record ? service.page() : address;
      await page.goto(before);
      const tab = await bench.own.evaluate(async (url) => (await chrome.tabs.query({})).find((tab) => tab.url === url).id, before);
      if (record) {
        await bench.say({ do: 'record', tabId: tab });
        await page.goto(address);
      }
      return { page, tab };
    },
    /** All events of a recording. */
    async recorded(id) {
      const { events } = await bench.say({ ask: 'recording', id, from: 0, count: 10_000 });
      return events;
    },
    /** A page of the extension's in a tab that is in front, or behind `front`. */
    async face(path, { front } = {}) {
      const page = await browser.newPage();
      const tab = await bench.own.evaluate(async () => (await chrome.tabs.query({ active: true, currentWindow: true }))[0].id);
      page.tab = tab;
      await front?.bringToFront();
      await bench.own.evaluate((id, url) => chrome.tabs.update(id, { url: chrome.runtime.getURL(url) }), tab, `pages/${path}`);
      // Before it is there puppeteer would talk to the page before it, and go on doing so.
      await until(() => bench.own.evaluate((id) => chrome.tabs.get(id), tab), ({ url, status }) => url?.endsWith(path) && status === 'complete');
      return page;
    },
    /** What went wrong in such a page. */
    faults: (page) => page.evaluate(() => window.faults),
    /** Reads in the page that the browser itself shows as `type`: its popup, its sidebar. Undefined if there is none, or not all of it. */
    view: (type, read) => bench.own.evaluate((type, read) => {
      const [view] = chrome.extension.getViews({ type });
      return view?.document.readyState !== 'complete' ? undefined : Function('document', 'window', `return (${read})()`)(view.document, view);
    }, type, String(read)),
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

// Of the extension that is there now.
async function ownPage(browser) {
  const isOwn = (page) => page.evaluate(() => location.protocol === 'moz-extension:' && !!chrome.runtime.id).catch(() => false);
  for (const page of await browser.pages()) if (await isOwn(page)) return page;
}

// What no driver tells of an extension's pages: what goes wrong in them. And what no test can open in
// Firefox, the developer tools: what they tell their panel is in its address here.
const STAND_IN = `
  window.faults = [];
  for (const name of ['error', 'unhandledrejection', 'securitypolicyviolation']) {
    addEventListener(name, (event) => faults.push(String(event.reason ?? event.message ?? event.violatedDirective ?? event.target.outerHTML)), true);
  }
  console.error = (...said) => faults.push(said.join(' '));
  if (location.hash) chrome.devtools = { inspectedWindow: { tabId: Number(location.hash.slice(1)) } };
`;

async function standIn(folder) {
  await writeFile(join(folder, 'stand_in.js'), STAND_IN);
  for (const name of await readdir(join(folder, 'pages'), { recursive: true })) {
    if (!name.endsWith('.html')) continue;
    const file = join(folder, 'pages', name);
    await writeFile(file, (await readFile(file, 'utf8')).replace('<script', '<script src="/stand_in.js"></script>$&'));
  }
}

/** Looks until `condition(value)` holds of what `read()` gives; that value. */
export async function until(read, condition) {
  const begun = Date.now();
  for (;;) {
    const value = await read();
    if (condition(value)) return value;
    if (Date.now() - begun > LONGEST_WAIT_MS) throw new Error(`never came true: ${condition}, last ${JSON.stringify(value)?.slice(-500)}`);
  }
}
