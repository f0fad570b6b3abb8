// Chromium for drive.mjs: `start(hosts)` gives `{ visit(script), kill() }`, and `visit` a page in a context of its
// own that runs the script, if any, first in every document.

import { chromium } from 'playwright-core';
import { ARGUMENTS } from '../../../tests/browser/browser.mjs';

export async function start(hosts) {
  const rules = hosts.map((host) => `MAP ${host} 127.0.0.1`).join(', ');
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [...ARGUMENTS, `--host-resolver-rules=${rules}`, '--ignore-certificate-errors', '--autoplay-policy=no-user-gesture-required'],
  });
  return {
    async visit(script) {
      const context = await browser.newContext();
      if (script) await context.addInitScript({ content: script });
      const page = await context.newPage();
      let crashed = false;
      page.on('crash', () => (crashed = true));
      return {
        goto: (url) => page.goto(url, { waitUntil: 'commit' }),
        evaluate: (read) => page.evaluate(read),
        crashed: () => crashed,
        close: () => context.close(),
      };
    },
    kill: () => browser.close().catch(() => {}),
  };
}
