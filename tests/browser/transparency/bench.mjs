// What the transparency tests share: one plain page and one tapped page of the same origin, the same
// page script run in both, and the recording sink.

import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { launchEither } from '../browser.mjs';
import { startServer } from '../server.mjs';

const SOURCE = fileURLToPath(new URL('../../../src/web/', import.meta.url));
const ENTRY = `
  import { instrument as attach } from './instrument.js';
  import all from './instrument/all.js';
  export const instrument = (realm, sink, taps = all) => attach(realm, sink, taps);
`;

/** instrument.js, with every tap unless told otherwise, as a classic script that defines `name.instrument`. */
export async function bundle(name) {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: SOURCE },
    bundle: true,
    format: 'iife',
    globalName: name,
    target: 'es2020',
    write: false,
  });
  return outputFiles[0].text;
}

// Runs in the page, before its scripts. Everything a test asks of the recording goes through
// `__record`: the sink's calls in order, and per exchange the bytes it was shown.
function recorder() {
  const calls = [];
  const exchanges = [];
  const { slice } = Uint8Array.prototype;
  const open = () => exchanges[exchanges.length - 1];
  const find = (id) => exchanges.find((exchange) => exchange.id === id);
  window.__record = {
    calls,
    exchanges,
    notices: [],
    /** What `wants` was asked. */
    asked: [],
    wanted: (url) => !url.includes('unwanted'),
    throwAt: null,
    last: open,
    /** Resolves with the exchange once it has ended. `which`: part of its url. */
    ended: (which) => window.__record.until(which, ({ end }) => end),
    /** The same, once `condition` holds of it. */
    until(which, condition) {
      return new Promise((resolve) => {
        const check = () => {
          const found = exchanges.find((exchange) => exchange.url.includes(which) && condition(exchange));
          if (!found) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      });
    },
  };
  const waiting = new Set();
  const call = (name, args) => {
    calls.push([name, ...args]);
    if (window.__record.throwAt === name) throw new Error(`sink.${name}`);
  };
  let nextId = 0;
  window.__sink = {
    wants(url, method, about) {
      window.__record.asked.push({ url, method, ...about });
      call('wants', [url, method, about]);
      return window.__record.wanted(url, method);
    },
    open(about) {
      call('open', [about]);
      exchanges.push({ id: ++nextId, ...about, chunks: [], messages: [], states: [], ends: 0 });
      return nextId;
    },
    request(id, body) {
      call('request', [id]);
      find(id).requests = (find(id).requests ?? 0) + 1;
      find(id).request = body;
    },
    response(id, head) {
      call('response', [id]);
      find(id).responses = (find(id).responses ?? 0) + 1;
      find(id).response = head;
    },
    chunk(id, bytes) {
      call('chunk', [id]);
      if (find(id).end) find(id).chunkAfterEnd = true;
      find(id).chunks.push(slice.call(bytes));
    },
    message(id, direction, data, event, lastEventId) {
      call('message', [id, direction]);
      if (find(id).end) find(id).messageAfterEnd = true;
      // Bytes are shown as they are at this moment.
      const shown = typeof data === 'object' ? `bytes ${slice.call(data).join()}` : data;
      find(id).messages.push(event ? [direction, shown, event, lastEventId] : [direction, shown]);
      for (const check of [...waiting]) check();
    },
    state(id, what) {
      call('state', [id, what]);
      find(id).states.push(what);
      for (const check of [...waiting]) check();
    },
    end(id, how, detail, code) {
      call('end', [id, how]);
      find(id).code = code;
      find(id).ends++;
      find(id).end = how;
      find(id).detail = detail;
      for (const check of [...waiting]) check();
    },
    notice(code, detail) {
      calls.push(['notice', code, detail]);
      window.__record.notices.push([code, detail]);
      if (window.__record.throwAt === 'notice') throw new Error('sink.notice');
    },
  };
}

// Also before the page's scripts, in both pages: what scenarios are written with.
function vocabulary() {
  window.__byte = (i) => (i * 31 + (i >> 8) * 7 + (i >> 16)) & 255;
  /** 'exact <n>' if the pieces are the first n bytes of the server's pattern, else where they differ. */
  window.__verify = (pieces) => {
    let at = 0;
    for (const piece of pieces) {
      for (const byte of piece) {
        if (byte !== window.__byte(at)) return `differs at ${at}`;
        at++;
      }
    }
    return `exact ${at}`;
  };
  window.__show = (error) => {
    if (error instanceof Error || error instanceof DOMException) return `${error.constructor.name} ${error.name}: ${error.message}`;
    return `thrown ${typeof error} ${String(error)}`;
  };
  /** A task turn, by a message: every microtask has run, no timer is involved. */
  window.__turn = () =>
    new Promise((done) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        done();
      };
      channel.port2.postMessage(0);
    });
}

export const INSTALL = 'window.__handle = __pagetap.instrument(window, window.__sink);';

/** A server, a browser, and pages on demand. */
export async function startBench(options) {
  const server = await startServer();
  const { browser, context, close } = await launchEither(options);
  const script = `${await bundle('__pagetap')};window.__pagetap = __pagetap;`;

  async function page({ tapped, install = INSTALL, before = '', path = '/page' }) {
    const opened = await context.newPage();
    opened.failures = [];
    opened.on('pageerror', (error) => opened.failures.push(String(error)));
    await opened.addInitScript(`(${vocabulary})();`);
    if (before) await opened.addInitScript(before);
    if (tapped) await opened.addInitScript(`${script};(${recorder})();${install}`);
    await opened.goto(server.origin + path);
    return opened;
  }

  const supported = new Map();
  /** Whether `expression` holds in a page of this browser: not every browser has everything. */
  async function supports(expression) {
    if (!supported.has(expression)) {
      const opened = await page({ tapped: false });
      supported.set(expression, await opened.evaluate((expression) => (0, eval)(expression), expression));
      await opened.close();
    }
    return supported.get(expression);
  }

  let serial = 0;
  return {
    server,
    context,
    browser,
    script,
    recorder: `(${recorder})();`,
    page,
    supports,
    key: () => `k${++serial}`,
    /** Runs `scenario({origin, otherOrigin, key, ...given})` in a plain and a tapped page. */
    async both(scenario, given = {}, options = {}) {
      const results = [];
      const pages = [];
      const keys = [];
      for (const tapped of [false, true]) {
        const opened = await page({ ...options, tapped });
        const key = `k${++serial}`;
        const { origin, otherOrigin } = server;
        const result = await opened.evaluate(scenario, { origin, otherOrigin, key, ...given });
        // The keys differ, and with them the urls; nothing else may.
        results.push(JSON.parse((JSON.stringify(result) ?? 'null').replaceAll(key, 'KEY')));
        pages.push(opened);
        keys.push(key);
      }
      return {
        plain: results[0],
        tapped: results[1],
        keys,
        pages,
        close: () => Promise.all(pages.map((opened) => opened.close())),
      };
    },
    async close() {
      await close();
      await server.close();
    },
  };
}

/** Has the page's garbage collected until `condition` holds in it, in a bounded number of rounds. */
export async function collectUntil(_context, page, condition, argument) {
  for (let round = 0; round < 200; round++) {
    await page.requestGC();
    if (await page.evaluate(condition, argument)) return true;
    await page.evaluate(() => window.__turn());
  }
  return false;
}
