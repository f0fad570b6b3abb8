// A browser with one page, and what the browser says that page takes.

import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync',
  // The browser measures when it is asked, after a collection, not when it next collects anyway.
  '--enable-blink-features=ForceEagerMeasureMemory',
];

/** A page of its own browser, with its script. */
export async function openTab(executablePath, url, script) {
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`page error: ${error.message}`));
  await page.goto(url);
  await page.evaluate(script);
  const session = await browser.newBrowserCDPSession();
  const renderer = async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    // That of the page has worked; others wait to be used.
    return processInfo.filter(({ type }) => type === 'renderer').toSorted((a, b) => b.cpuTime - a.cpuTime)[0];
  };

  /** Bytes that live in the page, WebAssembly's memory included, by `performance.measureUserAgentSpecificMemory()`. */
  const memory = () => page.evaluate(async () => (await performance.measureUserAgentSpecificMemory()).bytes);

  return {
    page,
    memory,
    /** Seconds of a processor that the page's process has had. */
    cpu: async () => (await renderer()).cpuTime,
    /** The most memory (bytes) that its process has had, what is not collected yet included; null where no /proc says. */
    async peak() {
      const status = await readFile(`/proc/${(await renderer()).id}/status`, 'utf8').catch(() => '');
      return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024 || null;
    },
    /** Measures again and again until `work` is done; `{ result, most }`. */
    async during(work, say) {
      let most = await memory();
      let over = false;
      const done = work.finally(() => (over = true));
      done.catch(() => {});
      while (!over) {
        most = Math.max(most, await memory());
        await say?.(most);
        await Promise.race([done.catch(() => {}), wait(500)]);
      }
      return { result: await done, most };
    },
    close: () => browser.close(),
  };
}
