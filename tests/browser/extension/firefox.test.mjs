// The Firefox extension, installed for the time being, as its developers do: the same hooks there,
// under every policy.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchPlain } from '../firefox.mjs';
import { startService } from '../product/service.mjs';
import { headersOf, POLICIES } from './policies.mjs';
import { body, bytesOf, counted, EXPECTED, numbers, take, told, TURN } from './turn.mjs';

const BUILT = fileURLToPath(new URL('../../../dist/extension-firefox/', import.meta.url));
const LONGEST_WAIT_MS = 30_000;

let service;
let folder;
let browser;
let own;
before(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), 'extension-'));
  await cp(BUILT, folder, { recursive: true });
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  manifest.host_permissions.push('http://127.0.0.1/*');
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  browser = await launchPlain();
  await browser.installExtension(folder);
  // Pages of an extension cannot be gone to from outside; the one of the first run comes by itself.
  const isOwn = (page) => page.evaluate(() => location.protocol === 'moz-extension:').catch(() => false);
  own = await until(async () => {
    for (const page of await browser.pages()) if (await isOwn(page)) return page;
  }, Boolean);
  await say({ do: 'site', origin: service.origin, on: true });
  const { settings } = await say({ ask: 'settings' });
  await say({ do: 'settings', settings: { ...settings, layers: { hooks: true, raw: true } } });
});
after(async () => {
  await browser?.close();
  await service?.close();
  if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function say(message) {
  const answer = await own.evaluate((message) => chrome.runtime.sendMessage(message), message);
  if (!answer?.ok) throw new Error(`${JSON.stringify(message)}: ${JSON.stringify(answer)}`);
  return answer;
}

async function until(read, condition) {
  const begun = Date.now();
  for (;;) {
    const value = await read();
    if (condition(value)) return value;
    if (Date.now() - begun > LONGEST_WAIT_MS) throw new Error(`never came true: ${condition}, last ${JSON.stringify(value)?.slice(-500)}`);
  }
}

test('a content script, which lives in the page’s process, reads neither the settings nor the key of names', async () => {
  const page = await browser.newPage();
  const address = service.page();
  await page.goto(address);
  const answer = await own.evaluate(async (url) => {
    const tab = (await chrome.tabs.query({})).find((tab) => tab.url === url);
    const func = async () => [
      await chrome.storage.local.get(null).catch(() => ({})),
      await chrome.runtime.sendMessage({ ask: 'settings' }).catch(() => null),
      (await indexedDB.databases()).map(({ name }) => name),
    ];
    const [{ result }] = await chrome.scripting.executeScript({ target: { tabId: tab.id }, func });
    return result;
  }, address);
  assert.deepEqual(answer.map((part) => part ?? null), [{}, null, []]);
  await page.close();
});

for (const [policy, { encoding }] of Object.entries(POLICIES)) {
  test(`a turn with a tool is told as the corpus has it: ${policy}`, async () => {
    const page = await browser.newPage();
    const address = service.page({ headers: headersOf(policy), head: '<script nonce="x">window.tapped = "__claudeTap" in window</script>' });
    await page.goto(address);
    const tab = await own.evaluate(async (url) => (await chrome.tabs.query({})).find((tab) => tab.url === url).id, address);
    const { recording } = await say({ do: 'record', tabId: tab });
    await page.evaluate(take, TURN);
    const { events } = await until(
      () => say({ ask: 'recording', id: recording.id, from: 0, count: 10_000 }),
      ({ events }) => events.at(-1)?.kind === 'end',
    );
    assert.equal(told(events), EXPECTED);
    assert.deepEqual(bytesOf(events), body);
    assert.deepEqual(numbers(events), counted(events));
    const state = await say({ ask: 'state', tabId: tab });
    assert.deepEqual([state.encoding, state.errors], [encoding, []]);
    // Undefined where the policy keeps the page's own script from running.
    assert.notEqual(await page.evaluate(() => window.tapped), false);
    await page.close();
  });
}
