// Firefox for drive.mjs, as chromium.mjs has Chromium.

import { launchPlain } from '../../../tests/browser/firefox.mjs';

export async function start(hosts) {
  const browser = await launchPlain({
    acceptInsecureCerts: true,
    preferences: { 'network.dns.localDomains': hosts.join(','), 'dom.disable_open_during_load': false },
  });
  return {
    async visit(script) {
      const context = await browser.createBrowserContext();
      // Not `evaluateOnNewDocument`, which windows that a page opens do not have.
      if (script) {
        const functionDeclaration = `() => {${script}}`;
        await browser.connection.send('script.addPreloadScript', { functionDeclaration, userContexts: [context.id] });
      }
      const page = await context.newPage();
      page.on('dialog', (dialog) => dialog.dismiss().catch(() => {}));
      return {
        // A page that never has loaded has tests as well.
        goto: (url) => page.goto(url, { waitUntil: [] }),
        evaluate: (read) => page.evaluate(read),
        crashed: () => false,
        close: () => context.close(),
      };
    },
    kill: () => browser.close().catch(() => {}),
  };
}
