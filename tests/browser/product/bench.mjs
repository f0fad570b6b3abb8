// What the product tests share: a service, a browser, pages with what was built in them, and a few
// words for scripts in the page.

import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { launchEither } from '../browser.mjs';
import { startService } from './service.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const DIST = new URL('../../../dist/', import.meta.url);
const GENERATED = new URL('../../../target/gen/', import.meta.url);

/** The classic script that ships, for the `head` of a page. */
export const CLASSIC = '<script src="/dist/pagetap.js"></script>';

/** A module of this folder and what it imports, as one classic script. */
export async function bundled(name) {
  const { outputFiles } = await build({
    entryPoints: [HERE + name],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
  });
  return outputFiles[0].text;
}

// In every page, before its scripts.
export function words() {
  const faults = [];
  const { MessageChannel: Channel, setTimeout: later } = window;
  window.addEventListener('error', (event) => faults.push(String(event.message)));
  window.addEventListener('unhandledrejection', (event) => faults.push(`unhandled ${event.reason}`));
  window.words = {
    /** What reached window.onerror and unhandledrejection. */
    faults,
    /** A task turn: every microtask and every message posted before has run. */
    turn: () => new Promise((done) => {
      const channel = new Channel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        done();
      };
      channel.port2.postMessage(0);
    }),
    /** Resolves with the first true value of `condition`. Gives up, and says on what, rather than hang. */
    until: (condition) => new Promise((done, failed) => {
      const begun = performance.now();
      const look = () => {
        try {
          const value = condition();
          if (value) done(value);
          else if (performance.now() - begun > 30_000) failed(new Error(`never came true: ${condition}`));
          else later(look, 2);
        } catch (error) {
          failed(error);
        }
      };
      look();
    }),
    /** Everything that the page has read is told. */
    settled: () => words.until(() => {
      const { open, queuedBytes, failure } = window.__claudeHooks.stats();
      return failure || (open === 0 && queuedBytes === 0);
    }),
    /** Reads a body to its end, the way most pages do; the bytes. */
    async read(response) {
      const reader = response.body.getReader();
      const chunks = [];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
        chunks.push(value);
      }
    },
    /** Sends a prompt and reads the answer to its end; its text. */
    async ask(url, body = { prompt: 'Hello?' }) {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
      return new TextDecoder().decode(await words.read(response));
    },
  };
  const { words } = window;
}

/** A service, a browser, and pages on demand. `scripts`: modules of this folder to be served as /NAME.js. */
export async function startBench({ scripts = [], files = {}, doors, ...options } = {}) {
  for (const name of scripts) files[`/${name}.js`] = await bundled(`${name}.mjs`);
  const service = await startService({ files, doors, roots: { '/dist/': DIST, '/gen/': GENERATED } });
  const browser = await launchEither(options);

  /**
   * Opens a page that the service makes of `page` (see there), and gives it with what went wrong in it.
   * `before`: a function to run before the page's scripts, and what to give it. `host`: the name to use
   * for the service; Chromium opens six connections to a name, for all pages together.
   */
  async function open({ before, host, ...page } = {}) {
    const opened = await browser.context.newPage();
    opened.faults = [];
    opened.on('pageerror', (error) => opened.faults.push(String(error)));
    await opened.addInitScript(words);
    if (before) await opened.addInitScript(...before);
    const address = new URL(service.page(page));
    if (host) address.hostname = host;
    await opened.goto(String(address));
    return opened;
  }

  let serial = 0;
  return {
    service,
    context: browser.context,
    open,
    /** A name nobody else uses. */
    key: () => `k${++serial}`,
    async close() {
      await browser.close();
      await service.close();
    },
  };
}
