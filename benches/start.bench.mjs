// How long it takes from a click on the bookmarklet, or from the script that installs the tap, to the first
// byte that the tap has taken, and to the first that it has told of: reading and compiling the script is part of it, loading it over the
// network is not, but for the ES module, which loads its parts itself.
//
// Prints one JSON object on standard output; says on standard error what it is doing.

import { readFile } from 'node:fs/promises';
import { BROWSER } from '../tests/browser/browser.mjs';
import { startBench } from '../tests/browser/product/bench.mjs';
import { median, QUICK, rounded, spread } from './rounds.mjs';

const ROUNDS = QUICK ? 1 : 7;
const TARGET_MS = 20;
const PATH = '/api/organizations/o/chat_conversations/c/completion';
const MODULE = '/dist/npm/index.js';
// Scripts may run, WebAssembly may not.
const REFUSED = { 'content-security-policy': "script-src 'self' 'unsafe-inline'" };
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

const text = (name) => readFile(new URL(`../dist/${name}`, import.meta.url), 'utf8');
const [small, full, classic, content] = await Promise.all(
  ['bookmarklet.txt', 'bookmarklet-full.txt', 'pagetap.js', 'extension-chrome/content/main.js'].map(text),
);

const WAYS = {
  bookmarklet: { address: small, target: true },
  'bookmarklet, WebAssembly refused': { address: small, headers: REFUSED },
  'bookmarklet, full': { address: full },
  'bookmarklet, full, WebAssembly refused': { address: full, headers: REFUSED },
  'extension: content script': { script: content, target: true },
  'classic script': { script: classic, target: true },
  'ES module, from a server on this machine': { module: MODULE },
};

// In the page. A stream that is there at once; and what a click does, as the browser does it.
function page() {
  const event = 'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","content":[]}}\n\n';
  const { fetch: platform } = window;
  window.fetch = (url, init) => (init?.method === 'POST'
    ? Promise.resolve(new Response(event, { headers: { 'content-type': 'text/event-stream' } }))
    : platform(url, init));

  window.start = async ({ address, script, module, path }) => {
    const begun = performance.now();
    if (module) (await import(module)).install();
    else {
      const element = document.createElement('script');
      element.textContent = script ?? decodeURIComponent(address.replace(/^javascript:/, ''));
      document.head.append(element);
    }
    const installed = performance.now();
    const told = new Promise((done) => {
      const off = __claudeTap.on(({ kind }) => {
        if (kind === 'notice') return;
        off();
        done(performance.now());
      });
    });
    const response = await fetch(path, { method: 'POST', body: '{}' });
    const reader = response.body.getReader();
    await reader.read();
    const tapped = performance.now();
    if (!__claudeTap.stats().bytes) throw new Error('the first chunk was not tapped');
    return { installed: installed - begun, tapped: tapped - begun, told: (await told) - begun, encoding: __claudeTap.stats().encoding };
  };
}

const bench = await startBench();
const found = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
for (let round = 0; round < ROUNDS; round++) {
  process.stderr.write(`start: round ${round + 1} of ${ROUNDS}\n`);
  for (const [way, { headers, ...what }] of Object.entries(WAYS)) {
    const opened = await bench.open({ headers: { ...ISOLATED, ...headers }, before: [page] });
    found[way].push(await opened.evaluate((what) => start(what), { ...what, path: PATH }));
    if (opened.faults.length) throw new Error(opened.faults.join('\n'));
    await opened.close();
  }
}
await bench.close();

const rows = Object.entries(WAYS).map(([way, { target }]) => {
  const each = (what) => found[way].map((one) => one[what]);
  const ms = rounded(median(each('tapped')), 1);
  return {
    way,
    core: found[way][0].encoding,
    installedMs: rounded(median(each('installed')), 1),
    tappedMs: ms,
    spread: spread(each('tapped'), 1),
    best: rounded(Math.min(...each('tapped')), 1),
    toldMs: rounded(median(each('told')), 1),
    target: target ? `${TARGET_MS} or less` : '',
    met: target ? ms <= TARGET_MS : '',
  };
});
const about = `milliseconds from the click or script to the first byte that was tapped, and told (${BROWSER}), each in a page of its own, ${ROUNDS} rounds`;
console.log(JSON.stringify({ name: 'start', about, rows }));
