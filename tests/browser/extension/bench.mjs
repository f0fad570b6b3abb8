// What the tests of the extension share: Chromium with the built extension in it, a service as in the
// product tests, and the extension's own words: the messages that its pages send.

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as unlimited } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { ARGUMENTS } from '../browser.mjs';
import { startService } from '../product/service.mjs';

const BUILT = fileURLToPath(new URL('../../../dist/extension-chrome/', import.meta.url));
export const LONGEST_WAIT_MS = 30_000;
const LONGEST_TEST_MS = 240_000;

/** A test that says of itself if the browser hangs: not all that Playwright does has an end of its own. */
export const test = (name, body) => unlimited(name, { timeout: LONGEST_TEST_MS }, body);

/** What `promise` brings, which must not take for ever. */
export function inTime(promise, what) {
  let late;
  const limit = new Promise((_, reject) => {
    late = setTimeout(() => reject(new Error(`nothing came of it: ${what}`)), LONGEST_WAIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(late));
}

// What a person grants in a dialog that no test can click.
const HOSTS = ['http://127.0.0.1/*', 'http://localhost/*'];

/** `service`, `context`, `own` (a page of the extension's), and words for both. One per test file. Pages that
 * are left are kept for coming back only with `backForwardCache`: Playwright loses sight of them. */
export async function startBench({ doors, backForwardCache = false } = {}) {
  const service = await startService({ doors });
  const folder = await mkdtemp(join(tmpdir(), 'extension-'));
  const extension = join(folder, 'extension');
  await cp(BUILT, extension, { recursive: true });
  const manifest = JSON.parse(await readFile(join(extension, 'manifest.json'), 'utf8'));
  manifest.host_permissions.push(...HOSTS);
  await writeFile(join(extension, 'manifest.json'), JSON.stringify(manifest));
  // Without it a browser does not load an extension anew that no store has checked.
  await mkdir(join(folder, 'profile/Default'), { recursive: true });
  const preferences = { extensions: { ui: { developer_mode: true } } };
  await writeFile(join(folder, 'profile/Default/Preferences'), JSON.stringify(preferences));
  async function launch() {
    const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      args: [...ARGUMENTS, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
      ignoreDefaultArgs: ['--disable-extensions', ...(backForwardCache ? ['--disable-back-forward-cache'] : [])],
    });
    context.setDefaultTimeout(LONGEST_WAIT_MS);
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
    return { context, home: new URL('/', worker.url()).href };
  }

  const bench = {
    service,
    ...(await launch()),
    own: undefined,
    /** A page of the extension's, for the tests to speak by. */
    async openOwn() {
      bench.own = await bench.context.newPage();
      await bench.own.goto(`${bench.home}pages/options/options.html`);
    },
    /** Ends the browser; `start` starts it again, as it was left. */
    end: () => bench.context.close(),
    start: async () => Object.assign(bench, await launch()),
    /** What the background answers one of the extension's pages; must be right. */
    async say(message) {
      const answer = await bench.ask(message);
      if (!answer?.ok) throw new Error(`${JSON.stringify(message)}: ${JSON.stringify(answer)}`);
      return answer;
    },
    ask(message) {
      const answer = bench.own.evaluate((message) => chrome.runtime.sendMessage(message), message);
      return inTime(answer, JSON.stringify(message));
    },
    /** The number that the extension knows `page` by. */
    async tabOf(page) {
      const url = page.url();
      return bench.own.evaluate(async (url) => (await chrome.tabs.query({})).find((tab) => tab.url === url)?.id, url);
    },
    /** Opens a page of the service's, with faults and recording if asked for; `{page, tab}`. */
    async open({ host, record = false, ...about } = {}) {
      const page = await bench.context.newPage();
      page.faults = [];
      page.on('pageerror', (error) => page.faults.push(String(error)));
      const address = new URL(service.page(about));
      if (host) address.hostname = host;
      if (record) {
        // A tab is recorded, whatever it shows: so it is from the page's beginning.
        await page.goto(service.page());
        await bench.say({ do: 'record', tabId: await bench.tabOf(page) });
      }
      await page.goto(String(address));
      return { page, tab: await bench.tabOf(page) };
    },
    /** All events of the last recording of `tab`. */
    async recorded(id) {
      const { events } = await bench.say({ ask: 'recording', id, from: 0, count: 10_000 });
      return events;
    },
    /** Looks until `condition(value)` holds of what `read()` gives; that value. */
    async until(read, condition) {
      const begun = Date.now();
      for (;;) {
        const value = await read();
        if (condition(value)) return value;
        if (Date.now() - begun > LONGEST_WAIT_MS) throw new Error(`never came true: ${condition}, last ${JSON.stringify(value)?.slice(-2000)}`);
      }
    },
    async close() {
      await bench.context.close();
      await service.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await bench.openOwn();
  for (const origin of [service.origin, service.origin.replace('127.0.0.1', 'localhost')]) {
    await bench.say({ do: 'site', origin, on: true });
  }
  return bench;
}

/** In the page: sends a prompt, and reads the answer to its end. */
export async function ask(url) {
  const response = await fetch(url, { method: 'POST', body: '{"prompt":"Hello?"}' });
  return response.text();
}
