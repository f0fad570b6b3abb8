// The Firefox extension: the same hooks there, under every policy.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFirefoxBench } from './firefox_bench.mjs';
import { headersOf, POLICIES } from './policies.mjs';
import { body, bytesOf, counted, EXPECTED, numbers, take, told, TURN } from './turn.mjs';

let bench;
before(async () => {
  bench = await startFirefoxBench();
});
after(() => bench?.close());

for (const [policy, { encoding }] of Object.entries(POLICIES)) {
  test(`a turn with a tool is told as the corpus has it: ${policy}`, async () => {
    const head = '<script nonce="x">window.tapped = "__claudeTap" in window</script>';
    const { page, tab } = await bench.open({ headers: headersOf(policy), head });
    const { recording } = await bench.say({ do: 'record', tabId: tab });
    await page.evaluate(take, TURN);
    const events = await bench.until(() => bench.recorded(recording.id), (events) => events.at(-1)?.kind === 'end');
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
