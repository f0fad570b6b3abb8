// In Firefox, too, the background sends to collectors, past a page's policy and without CORS; but not before
// the person has agreed to what leaves the browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCollector } from '../export/collector.mjs';
import { startFirefoxBench, until } from './firefox_bench.mjs';
import { take, TURN } from './turn.mjs';

let bench;
let collector;
before(async () => {
  bench = await startFirefoxBench();
  collector = await startCollector({ allow: () => false });
});
after(async () => {
  await bench?.close();
  await collector?.close();
});

/** What a person answers in a dialog that no test can click. */
const consent = (verb, kinds) => bench.inBrowser(
  `ChromeUtils.importESModule('resource://gre/modules/ExtensionPermissions.sys.mjs').ExtensionPermissions.${verb}(extension.id, { permissions: [], origins: [], data_collection: ${JSON.stringify(kinds)} }, extension).then(() => 1)`,
);

const state = async () => (await bench.say({ ask: 'collectors' })).collectors[0];
const lines = () => collector.lines.filter(({ type }) => type !== 'Notice').map(({ type, seq }) => `${type} ${seq}`);
const HEARING = `<script>
  window.heard = [];
  __claudeHooks.on('*', ({ type, seq }) => /Delta$|Notice/.test(type) || heard.push(type + ' ' + seq));
</script>`;

test('events are sent with consent and not without, and lie in the log while the background is stopped', async () => {
  const settings = { collectors: [{ id: '00000001', on: true, to: collector.to, format: 'ndjson' }] };
  await bench.say({ do: 'settings', settings });
  const { page } = await bench.open({ head: HEARING, headers: { 'content-security-policy': "connect-src 'self'" } });
  await page.evaluate(take, TURN);
  assert.deepEqual(await state(), { id: '00000001', granted: true, running: false, why: 'consent', stats: null });

  await consent('add', ['websiteContent']);
  await until(state, ({ running }) => running);
  const before = (await page.evaluate(() => window.heard)).length;
  await page.evaluate(take, TURN);
  const heard = (await page.evaluate(() => window.heard)).slice(before);
  await collector.until(() => lines().length >= heard.length);
  assert.deepEqual(lines(), heard);

  // One that would get content needs more.
  await bench.say({ do: 'settings', settings: { collectors: [{ ...settings.collectors[0], include: ['prompts'] }] } });
  assert.deepEqual([(await state()).running, (await state()).why], [false, 'consent']);
  await bench.say({ do: 'settings', settings });
  await until(state, ({ running }) => running);

  await collector.down();
  await page.evaluate(take, TURN);
  const all = (await page.evaluate(() => window.heard)).slice(before);
  await until(state, ({ stats }) => stats?.pending >= all.length - heard.length);
  await bench.stopBackground();
  await collector.up();
  await until(state, ({ stats }) => stats?.pending === 0);
  assert.deepEqual(lines(), all);
  assert.deepEqual([...new Set(collector.kept.values())], [1]);

  await consent('remove', ['websiteContent']);
  await until(state, ({ running }) => !running);
  const { length } = collector.requests;
  await page.evaluate(take, TURN);
  assert.equal((await state()).why, 'consent');
  assert.equal(collector.requests.length, length);
  await page.close();
});
