// Drives the demonstration page through one turn and prints every hook event
// as one JSON line: node once.mjs CHROMIUM URL PROMPT

import { chromium } from 'playwright-core';

const TURN_MS = 60_000;
const QUIET_MS = 500;

const [executablePath, url, prompt] = process.argv.slice(2);
let browser;

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
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`page console: ${message.text()}`);
  });

  // The message is over with MessageEnd; what belongs to it may still follow,
  // so the turn is over once nothing came for a while.
  let quiet;
  let over;
  const turn = new Promise((resolve, reject) => {
    over = resolve;
    setTimeout(() => reject(new Error(`no MessageEnd after ${TURN_MS} ms`)), TURN_MS).unref();
  });
  let ended = false;
  await page.exposeFunction('reportHook', (line) => {
    process.stdout.write(`${line}\n`);
    ended ||= JSON.parse(line).type === 'MessageEnd';
    if (!ended) return;
    clearTimeout(quiet);
    quiet = setTimeout(over, QUIET_MS);
  });

  await page.goto(url);
  await page.waitForFunction(() => globalThis.__claudeHooks, undefined, { timeout: 10_000 });
  await page.evaluate(() => {
    globalThis.__claudeHooks.on('*', ({ raw, ...payload }) => {
      // The frame behind an event holds bytes, which JSON would only bloat.
      globalThis.reportHook(JSON.stringify(payload));
    });
  });
  await page.fill('#prompt', prompt);
  await page.click('#send');
  await turn;
} catch (error) {
  console.error(`once: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser?.close();
}
