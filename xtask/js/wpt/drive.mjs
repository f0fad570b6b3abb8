// node drive.mjs chromium|firefox HOST…: runs pages of web-platform-tests, one after the other.
//
// A line of standard input is a page, {"url", "tapped", "ms"}; its answer is a line of standard output:
// {"harness": [status, message], "tests": [[name, status, message]]} in the numbers of testharness.js, or
// {"lost": "why"}. Ends with its input.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

const [name, ...hosts] = process.argv.slice(2);
const { start } = await import(`./${name}.mjs`);
const EVERY_MS = 40;
// Until a page begins, also the first one of a browser.
const BEGIN_MS = 120_000;

const TAP = readFileSync(new URL('../../../dist/pagetap.js', import.meta.url), 'utf8');
// As by <script data-match=all>, before anything of the page's.
const script = `
Object.defineProperty(document, 'currentScript', { configurable: true, value: { dataset: { match: 'all' } } });
${TAP}
delete document.currentScript;`;

// Asked from here: the page has no timer of ours.
const read = () => ({ outcome: globalThis.pagetapOutcome, tapped: '__claudeTap' in globalThis });

let browser;

async function run({ url, tapped, ms }) {
  browser ??= await start(hosts);
  const visit = await browser.visit(tapped ? script : undefined);
  try {
    await visit.goto(url);
    // From here on: how long a busy machine took to get here says nothing of the page.
    const end = Date.now() + ms;
    while (Date.now() < end && !visit.crashed()) {
      // Nobody answers while the page goes elsewhere, or is busy.
      const seen = await Promise.race([visit.evaluate(read).catch(() => null), wait(Math.max(0, end - Date.now()))]);
      if (seen?.outcome && seen.tapped !== tapped) return { lost: tapped ? 'there was no tap' : 'there was a tap' };
      if (seen?.outcome) return JSON.parse(seen.outcome);
      await wait(EVERY_MS);
    }
    return { lost: visit.crashed() ? 'the page crashed' : 'no outcome in time' };
  } finally {
    await visit.close();
  }
}

/** A browser that answers no more is left for a new one. */
async function answer(page) {
  const late = new AbortController();
  try {
    const stuck = wait(page.ms + BEGIN_MS, undefined, { signal: late.signal }).then(() => Promise.reject(new Error('stuck')));
    return await Promise.race([run(page), stuck]);
  } catch (error) {
    await browser?.kill();
    browser = undefined;
    return { lost: `the browser failed: ${error.message.split('\n', 1)[0]}` };
  } finally {
    late.abort();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
}
await browser?.kill();
process.exit();
