// The browser of a chaos run and its tabs, and what can happen to them.
//
// By puppeteer, since Playwright keeps its pages from being hidden, and what is not hidden cannot be frozen.
// By a pipe: when this program is killed, so is the browser.

import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';
import { left, witness } from './witness.mjs';

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
// Hidden tabs are to be as slow as they are with people.
const AS_WITH_PEOPLE = ['--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding'];
const TELL = 'tellTheDriver';
const LONGEST_MS = 15_000;
const FROZEN_MS = 2500;
const AWAY_MS = 400;
const AGAIN_MS = 100;
const ANOTHER = 'another page of this origin sends';

/** `chat`: see chat.mjs; `note(line)`: for the journal; `most`: tabs. */
export async function startBrowser({ chromium, profile, chat, note, most }) {
  let browser;
  let tabs = [];

  async function start() {
    tabs = [];
    browser = await puppeteer.launch({
      executablePath: chromium, headless: true, pipe: true, userDataDir: profile, args: ARGUMENTS, ignoreDefaultArgs: AS_WITH_PEOPLE,
    });
  }

  async function open() {
    const page = await browser.newPage();
    const tab = { page, cdp: await page.createCDPSession(), conversation: null, frozen: false };
    page.setDefaultTimeout(LONGEST_MS);
    tab.cdp.on('Runtime.bindingCalled', ({ payload }) => {
      const line = JSON.parse(payload);
      tab.conversation = line.page;
      note(line);
    });
    tab.cdp.on('Inspector.targetCrashed', () => drop(tab, 'crash'));
    await tab.cdp.send('Inspector.enable');
    await tab.cdp.send('Runtime.enable');
    await tab.cdp.send('Runtime.addBinding', { name: TELL });
    await page.evaluateOnNewDocument(witness, TELL);
    tabs.push(tab);
    await page.goto(chat.page);
  }

  function drop(tab, how) {
    if (!tabs.includes(tab)) return;
    tabs = tabs.filter((other) => other !== tab);
    ended(tab, how);
  }

  const ended = (tab, how) => tab.conversation && note({ page: tab.conversation, ended: how });

  // A frozen page answers nothing.
  const awake = () => tabs.filter(({ frozen }) => !frozen);

  const stats = (tab) => within(tab.page.evaluate(() => window.exported?.stats()));

  // After trouble it may take a while until one leads.
  async function leader() {
    for (const last = Date.now() + LONGEST_MS; Date.now() < last; await wait(AGAIN_MS)) {
      for (const tab of awake()) {
        const found = await stats(tab).catch(() => null);
        if (found && found.state !== 'starting' && found.why !== ANOTHER) return tab;
      }
    }
    throw new Error('no tab leads');
  }

  const does = {
    async crash() {
      const tab = await leader();
      const crashed = once(tab.cdp, 'Inspector.targetCrashed');
      tab.cdp.send('Page.crash').catch(() => {});
      await within(crashed);
      await tab.page.close().catch(() => {});
    },
    async close(tab) {
      drop(tab, 'close');
      await tab.page.close();
    },
    open,
    async navigate({ page, ...tab }) {
      ended(tab, 'navigate');
      await page.goto('about:blank');
      await wait(AWAY_MS);
      await page.goto(chat.page);
    },
    async back({ page }) {
      await page.goto(chat.other);
      await wait(AWAY_MS);
      await page.goBack();
    },
    async hide(tab) {
      const other = awake().find((one) => one !== tab);
      if (!other) throw new Error('there is no other tab');
      await other.page.bringToFront();
    },
    async freeze(tab) {
      await does.hide(tab);
      tab.frozen = true;
      try {
        await tab.cdp.send('Page.setWebLifecycleState', { state: 'frozen' });
        await wait(FROZEN_MS);
        await tab.cdp.send('Page.setWebLifecycleState', { state: 'active' });
      } finally {
        tab.frozen = false;
      }
    },
    async browser() {
      const child = browser.process();
      const gone = once(child, 'exit');
      const deaf = once(browser, 'disconnected');
      // All its processes at once: they are a group.
      process.kill(-child.pid, 'SIGKILL');
      await Promise.all([gone, deaf]);
      for (const tab of [...tabs]) drop(tab, 'browser');
      await start();
    },
  };

  await start();
  return {
    /** What `name` says happens to one of the tabs, the `pick`th. */
    async suffer(name, pick) {
      const all = awake();
      await does[name](all[pick % all.length]);
    },
    /** As many tabs as there are to be; not many more. */
    async fill() {
      while (tabs.length < most) await within(open());
      while (tabs.length > most + 2) await does.close(tabs[0]);
    },
    get count() {
      return tabs.length;
    },
    rest: () => Promise.all(tabs.map(({ page }) => within(page.evaluate(() => window.rest())))),
    left: () => within(tabs[0].page.evaluate(left)),
    /** Ends all exports; what they say of themselves then. */
    async stop() {
      for (const tab of tabs) {
        const stats = await within(tab.page.evaluate(async () => {
          await exported.stop();
          return exported.stats();
        }));
        note({ page: tab.conversation, stats });
      }
    },
    close: () => browser.close(),
  };
}

// Nothing that is asked of a page in trouble may hold up the run.
async function within(promise) {
  const late = new AbortController();
  const timeout = wait(LONGEST_MS, null, { signal: late.signal }).then(() => {
    throw new Error(`no answer within ${LONGEST_MS / 1000} s`);
  });
  timeout.catch(() => {});
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    late.abort();
  }
}
