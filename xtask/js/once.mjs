// Drives the demonstration page through one turn and prints every hook event as
// one JSON line: node once.mjs CHROMIUM URL PROMPT [URL PROMPT]...
//
// Each address is a page of its own; an empty line is between their events.
// Whatever the page asks is answered with its first choice.

import { chromium } from 'playwright-core';

const TURN_MS = 60_000;
const QUIET_MS = 500;

const [executablePath, ...asked] = process.argv.slice(2);
let browser;

/** What the page waits for: an answer of the person, or the next prompt. */
function wanted() {
  if (document.querySelector('.ask:not([hidden]) .solid')) return 'answer';
  const last = document.querySelector('#messages > .answer:last-child');
  return last?.getAttribute('aria-busy') === 'false' ? 'nothing' : false;
}

/** Fills the fields that must be filled, and presses the first button. */
function answer() {
  const ask = document.querySelector('.ask:not([hidden])');
  for (const input of ask.querySelectorAll('input[type=text]')) input.value ||= 'Ida';
  ask.querySelector('.solid').click();
}

async function drive(page, url, prompt) {
  page.on('pageerror', (error) => {
    console.error(`page error: ${error.message}`);
    process.exitCode = 1;
  });
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`page console: ${message.text()}`);
  });

  // What belongs to the turn may follow it: it is over once nothing came for a
  // while.
  let heard = () => {};
  const quiet = () => new Promise((resolve) => {
    let timer = setTimeout(resolve, QUIET_MS);
    heard = () => {
      clearTimeout(timer);
      timer = setTimeout(resolve, QUIET_MS);
    };
  });
  await page.exposeFunction('reportHook', (line) => {
    process.stdout.write(`${line}\n`);
    heard();
  });
  // Before the page speaks: some pipes do so as soon as they are open.
  await page.addInitScript(() => {
    window.addEventListener('pagetap:installed', () => {
      globalThis.__claudeHooks.on('*', ({ raw, ...payload }) => {
        // The frame behind an event holds bytes, which JSON would only bloat.
        globalThis.reportHook(JSON.stringify(payload));
      });
    });
  });

  await page.goto(url);
  await page.waitForFunction(() => globalThis.__claudeHooks, undefined, { timeout: 10_000 });
  await page.fill('#prompt', prompt);
  await page.click('#send');
  for (;;) {
    const next = await page.waitForFunction(wanted, undefined, { timeout: TURN_MS });
    if ((await next.jsonValue()) === 'nothing') break;
    await page.evaluate(answer);
  }
  await quiet();
  if (await page.isVisible('#pipe-link')) {
    await page.click('#pipe-link');
    await quiet();
  }
}

try {
  browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--headless',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  for (let at = 0; at < asked.length; at += 2) {
    if (at > 0) process.stdout.write('\n');
    const page = await browser.newPage();
    await drive(page, asked[at], asked[at + 1]);
    await page.close();
  }
} catch (error) {
  console.error(`once: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser?.close();
}
