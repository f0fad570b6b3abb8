// The Firefox extension: the same hooks there, under every policy.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFirefoxBench, until } from './firefox_bench.mjs';
import { headersOf, POLICIES } from './policies.mjs';
import { body, bytesOf, canAsk, connectsNoMore, counted, driven, EXPECTED, firstScript, numbers, take, takeInFrame, told, TURN } from './turn.mjs';

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

/** All events of the tab's recording, once its stream has ended. */
async function finished(tab) {
  const state = () => bench.say({ ask: 'state', tabId: tab });
  const { recording } = await state();
  const { events } = await until(
    () => bench.say({ ask: 'recording', id: recording.id, from: 0, count: 10_000 }),
    ({ events }) => events.at(-1)?.kind === 'end',
  );
  return { state: await state(), events };
}

function assertWhole(events) {
  assert.equal(told(events), EXPECTED);
  assert.deepEqual(bytesOf(events), body);
  assert.deepEqual(numbers(events), counted(events));
}

for (const [policy, { encoding }] of Object.entries(POLICIES)) {
  test(`a turn with a tool is told as the corpus has it: ${policy}`, async () => {
    const { page, tab } = await bench.open({ record: true, headers: headersOf(policy) });
    await page.evaluate(take, TURN);
    const { state, events } = await finished(tab);
    assertWhole(events);
    assert.deepEqual([state.encoding, state.errors], [encoding, []]);
    await page.close();
  });
}

test("a turn is told the same in a frame without a policy, of a page with connect-src 'none'", async () => {
  const { page, tab } = await bench.open({ record: true, headers: headersOf("connect-src 'none'") });
  assert.equal(await page.evaluate(canAsk), false);
  assert.equal(await page.evaluate(takeInFrame, bench.service.page({ head: firstScript(TURN) })), true);
  const { events } = await finished(tab);
  assertWhole(events);
  assert.ok(events.every(({ frame }) => frame > 0));
  await page.close();
});

test("a turn is told the same in the page that has connect-src 'none' itself", async () => {
  const { page, tab } = await bench.open({ record: true, head: connectsNoMore(driven('none')) });
  const stream = await bench.service.stream('none');
  assert.deepEqual([await page.evaluate(canAsk), await page.evaluate(() => window.tapped)], [false, true]);
  await stream.write(body);
  stream.end();
  await page.evaluate(() => window.taken);
  assertWhole((await finished(tab)).events);
  await page.close();
});

// Of these the first script runs.
for (const policy of ['none', "script-src 'nonce-x'", "require-trusted-types-for 'script'; trusted-types 'none'"]) {
  test(`the page’s first script meets the tap, and its stream is whole in the raw layer: ${policy}`, async () => {
    const { page, tab } = await bench.open({ record: true, head: firstScript(TURN), headers: headersOf(policy) });
    assert.equal(await page.evaluate(() => window.tapped), true);
    await page.evaluate(() => window.taken);
    assertWhole((await finished(tab)).events);
    await page.close();
  });
}
