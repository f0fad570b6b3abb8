// What Chromium warns of when the built extension is installed. What Firefox asks for, and when, is in
// faces/firefox.test.mjs.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { ARGUMENTS } from '../browser.mjs';

const BUILT = fileURLToPath(new URL('../../../dist/extension-chrome/manifest.json', import.meta.url));

let folder;
let context;
let warnings;
before(async () => {
  // An extension that may ask the browser what it would say of another.
  folder = await mkdtemp(join(tmpdir(), 'extension-'));
  const asking = join(folder, 'asking');
  await mkdir(asking);
  await writeFile(join(asking, 'manifest.json'), JSON.stringify({ manifest_version: 3, name: 'asks', version: '1', permissions: ['management'], background: { service_worker: 'worker.js' } }));
  await writeFile(join(asking, 'worker.js'), '');
  context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [...ARGUMENTS, `--disable-extensions-except=${asking}`, `--load-extension=${asking}`],
    ignoreDefaultArgs: ['--disable-extensions'],
  });
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  warnings = (manifest) => worker.evaluate((text) => chrome.management.getPermissionWarningsByManifest(text), JSON.stringify(manifest));
});
after(async () => {
  await context?.close();
  if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const ALL = ['Read and change all your data on all websites'];
const ONE = ['Read and change your data on claude.ai'];

test('Chromium warns of all websites for the panel in the developer tools, and for nothing else', async () => {
  const built = JSON.parse(await readFile(BUILT, 'utf8'));
  assert.deepEqual(await warnings(built), ALL);
  const { devtools_page: panel, ...rest } = built;
  assert.equal(panel, 'pages/devtools/devtools.html');
  assert.deepEqual(await warnings(rest), ONE);
  // The day that this one warns of less the panel can be asked for later, as in Firefox.
  assert.deepEqual(await warnings({ ...built, optional_permissions: ['devtools'] }), ALL);
});

test('of the developer tools only the panel and the number of the tab are used', async () => {
  const folder = fileURLToPath(new URL('../../../extension/', import.meta.url));
  const used = new Set();
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith('.js')) continue;
    for (const [name] of (await readFile(join(folder, file), 'utf8')).matchAll(/\bdevtools\.[\w.]+|inspectedWindow.*/g)) used.add(name);
  }
  assert.deepEqual([...used].sort(), ['devtools.inspectedWindow', 'devtools.panels.create']);
});

test('stores find a policy with the limited use, and an identity that is nobody’s placeholder', async () => {
  const policy = await readFile(fileURLToPath(new URL('../../../extension/PRIVACY.md', import.meta.url)), 'utf8');
  for (const said of [/Limited Use requirements/, /title of a tab/, /makes no other requests/, /only if you turn it on/, /https:\/\/claude\.ai/]) assert.match(policy, said);
  const { browser_specific_settings: { gecko } } = JSON.parse(await readFile(BUILT.replace('extension-chrome', 'extension-firefox'), 'utf8'));
  assert.match(gecko.id, /^\{[0-9a-f-]{36}\}$/);
  // What collectors get is asked for when one is turned on (background/consent.js).
  assert.deepEqual(gecko.data_collection_permissions, { required: ['none'], optional: ['websiteContent', 'personalCommunications'] });
});

test('what the built extension asks for is what STORE.md gives reasons for', async () => {
  const store = await readFile(fileURLToPath(new URL('../../../extension/STORE.md', import.meta.url)), 'utf8');
  const rows = store.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.split('|')[1]).join(' ');
  for (const browser of ['chrome', 'firefox']) {
    const manifest = JSON.parse(await readFile(BUILT.replace('extension-chrome', `extension-${browser}`), 'utf8'));
    const asked = ['permissions', 'host_permissions', 'optional_permissions', 'optional_host_permissions'].flatMap((name) => manifest[name] ?? []);
    for (const name of [...asked, 'devtools_page']) assert.ok(rows.includes(`\`${name}\``), `${browser} ${name}`);
  }
});
