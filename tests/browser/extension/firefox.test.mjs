// The Firefox extension: the same hooks there, under every policy.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFirefoxBench, until } from './firefox_bench.mjs';
import { headersOf, POLICIES } from './policies.mjs';
import { body, bytesOf, counted, EXPECTED, numbers, take, told, TURN } from './turn.mjs';

let bench;
before(async () => {
  bench = await startFirefoxBench();
});
after(() => bench?.close());

test('a content script, which lives in the page’s process, reads neither the settings nor the key of names', async () => {
  const { page, tab } = await bench.open();
  const answer = await bench.own.evaluate(async (tabId) => {
    const func = async () => [
      await chrome.storage.local.get(null).catch(() => ({})),
      await chrome.runtime.sendMessage({ ask: 'settings' }).catch(() => null),
      (await indexedDB.databases()).map(({ name }) => name),
    ];
    const [{ result }] = await chrome.scripting.executeScript({ target: { tabId }, func });
    return result;
  }, tab);
  assert.deepEqual(answer.map((part) => part ?? null), [{}, null, []]);
  await page.close();
});

for (const [policy, { encoding }] of Object.entries(POLICIES)) {
  test(`a turn with a tool is told as the corpus has it: ${policy}`, async () => {
    const { page, tab } = await bench.open({ headers: headersOf(policy), head: '<script nonce="x">window.tapped = "__claudeTap" in window</script>' });
    const { recording } = await bench.say({ do: 'record', tabId: tab });
    await page.evaluate(take, TURN);
    const { events } = await until(
      () => bench.say({ ask: 'recording', id: recording.id, from: 0, count: 10_000 }),
      ({ events }) => events.at(-1)?.kind === 'end',
    );
    assert.equal(told(events), EXPECTED);
    assert.deepEqual(bytesOf(events), body);
    assert.deepEqual(numbers(events), counted(events));
    const state = await bench.say({ ask: 'state', tabId: tab });
    assert.deepEqual([state.encoding, state.errors], [encoding, []]);
    // Undefined where the policy keeps the page's own script from running.
    assert.notEqual(await page.evaluate(() => window.tapped), false);
    await page.close();
  });
}
