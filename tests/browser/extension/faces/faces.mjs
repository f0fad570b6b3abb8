// The extension's pages as the browser would show them, with a stand-in for the browser's interface:
//
//   const faces = await startFaces();
//   await faces.open('popup/popup.html', { given, locale, scheme, width }, async (page) => { ... });
//   await faces.close();
//
// They are served under a policy at least as strict as an extension's, with Trusted Types.

import assert from 'node:assert/strict';
import { build } from 'esbuild';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from '../../browser.mjs';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const STUB = fileURLToPath(new URL('stub.js', import.meta.url));
export const SCREENSHOTS = join(ROOT, 'target/screenshots');
const POLICY = "default-src 'self'; object-src 'none'; require-trusted-types-for 'script'; trusted-types pagetap-trial";
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

export const words = async (locale) => JSON.parse(await readFile(join(ROOT, `extension/_locales/${locale}/messages.json`), 'utf8'));

async function serve() {
  const server = createServer(async (request, response) => {
    if (request.url === '/favicon.ico') return response.writeHead(204).end();
    const path = normalize(join(ROOT, decodeURIComponent(new URL(request.url, 'http://x').pathname)));
    const body = path.startsWith(ROOT) && (await (extname(path) === '.js' ? bundled(path) : readFile(path)).catch(() => null));
    if (!body) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-security-policy': POLICY }).end(body);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

// A script as the build makes it: with all that it imports, packages too.
const scripts = new Map();
function bundled(path) {
  const make = async () => (await build({ entryPoints: [path], bundle: true, format: 'iife', write: false })).outputFiles[0].contents;
  if (!scripts.has(path)) scripts.set(path, make());
  return scripts.get(path);
}

export async function startFaces() {
  const server = await serve();
  const { browser, close } = await launch();
  const origin = `http://127.0.0.1:${server.address().port}`;

  /** Runs `visit` with the page; nothing may have gone wrong in it. */
  async function open(path, { given = {}, locale = 'en', scheme = 'light', width = 800, height = 640, scale = 1 } = {}, visit) {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height }, acceptDownloads: true, reducedMotion: 'reduce', timezoneId: 'UTC', deviceScaleFactor: scale });
    const page = await context.newPage();
    const faults = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('requestfailed', (request) => faults.push(`${request.url()} failed`));
    await page.addInitScript({ path: STUB });
    await page.addInitScript((options) => window.installStub(options), { messages: await words(locale), given });
    await page.goto(`${origin}/extension/pages/${path}`);
    await page.waitForFunction(() => document.documentElement.lang !== '');
    const result = await visit(page);
    assert.deepEqual(faults, []);
    await context.close();
    return result;
  }

  return {
    open,
    async close() {
      await close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** target/screenshots/NAME.png, for people to look at. */
export async function screenshot(page, name, options = {}) {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), ...options });
}

/** What was saved by pressing `selector`. */
export async function saved(page, selector) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(selector)]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

export const sent = (page) => page.evaluate(() => window.stub.sent);

/** From now on notes what a screen reader would say by itself; `heard(page)`. */
export const listen = (page) => page.evaluate(() => {
  window.heard = [];
  const LIVE = '[role=status], [role=alert], [role=log]:not([aria-live=off]), [aria-live=polite], [aria-live=assertive], output';
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const node = (target.nodeType === 1 ? target : target.parentElement)?.closest(LIVE);
      if (node) window.heard.push(node.textContent);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
});
export const heard = (page) => page.evaluate(() => window.heard);

/** What is wider than the page lets it be. */
export const overflowing = (page) => page.evaluate(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth ? [...document.querySelectorAll('body *')].filter((node) => node.getBoundingClientRect().right > clientWidth + 0.5).map((node) => node.outerHTML.slice(0, 120)) : [];
});

/** Where the Tab key leads, until it leaves the page or comes back. */
export async function walk(page) {
  const stops = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const node = document.activeElement;
      window.walked ??= new Set();
      if (!node || node === document.body || window.walked.has(node)) return null;
      window.walked.add(node);
      // The file field itself is hidden; its label shows where one is.
      const { outlineStyle, outlineWidth } = getComputedStyle(node.matches('[type=file]') ? node.closest('label') : node);
      const name = node.ariaLabel || node.labels?.[0]?.textContent || node.getAttribute('aria-labelledby') || node.textContent;
      return { id: node.id, name, seen: outlineStyle !== 'none' && outlineWidth !== '0px' };
    });
    if (!stop) return stops;
    stops.push(stop);
  }
}
