// Whatever the page's policy: the same hooks, in the page and in the background's store.

import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { startBench, test } from './bench.mjs';
import { headersOf, POLICIES } from './policies.mjs';
import { body, bytesOf, canAsk, connectsNoMore, counted, driven, EXPECTED, firstScript, numbers, take, takeInFrame, told, TURN } from './turn.mjs';

let bench;
before(async () => {
  bench = await startBench();
  const { settings } = await bench.say({ ask: 'settings' });
  await bench.say({ do: 'settings', settings: { ...settings, layers: { hooks: true, raw: true } } });
});
after(() => bench?.close());

async function finished(tab) {
  const state = await bench.until(
    () => bench.say({ ask: 'state', tabId: tab }),
    ({ last, counters }) => last.some(({ type }) => type === 'Stop') && counters.raw > 0,
  );
  return { state, events: await bench.until(() => bench.recorded(state.recording.id), (events) => events.at(-1)?.kind === 'end') };
}

describe('a turn with a tool is told as the corpus has it', () => {
  for (const [policy, { encoding }] of Object.entries(POLICIES)) {
    test(policy, async () => {
      const { page, tab } = await bench.open({ record: true, headers: headersOf(policy) });
      await page.evaluate(take, TURN);
      const { state, events } = await finished(tab);
      assert.equal(told(events), EXPECTED);
      assert.deepEqual(bytesOf(events), body);
      assert.deepEqual(numbers(events), counted(events));
      assert.equal(state.encoding, encoding);
      assert.deepEqual([state.errors, page.faults], [[], []]);
      await page.close();
    });
  }

  test("connect-src 'none', in a frame that has no policy", async () => {
    const { page, tab } = await bench.open({ record: true, headers: headersOf("connect-src 'none'") });
    assert.equal(await page.evaluate(canAsk), false);
    assert.equal(await page.evaluate(takeInFrame, bench.service.page({ head: firstScript(TURN) })), true);
    const { events } = await finished(tab);
    assert.equal(told(events), EXPECTED);
    assert.deepEqual(numbers(events), counted(events));
    assert.ok(events.every(({ frame }) => frame > 0));
    await page.close();
  });

  test("connect-src 'none', in the page that has it", async () => {
    const { page, tab } = await bench.open({ record: true, head: connectsNoMore(driven('none')) });
    const stream = await bench.service.stream('none');
    assert.deepEqual([await page.evaluate(canAsk), await page.evaluate(() => window.tapped)], [false, true]);
    await stream.write(body);
    stream.end();
    await page.evaluate(() => window.taken);
    const { events } = await finished(tab);
    assert.equal(told(events), EXPECTED);
    assert.deepEqual(bytesOf(events), body);
    assert.deepEqual(numbers(events), counted(events));
    await page.close();
  });
});

describe("the page's first script meets the tap, and its stream is complete in the raw layer", () => {
  for (const policy of ['none', "script-src 'nonce-x'"]) {
    test(policy, async () => {
      const { page, tab } = await bench.open({ record: true, head: firstScript(TURN), headers: headersOf(policy) });
      assert.equal(await page.evaluate(() => window.tapped), true);
      await page.evaluate(() => window.taken);
      const { events } = await finished(tab);
      assert.deepEqual(bytesOf(events), body);
      assert.equal(told(events), EXPECTED);
      await page.close();
    });
  }
});

test('a page of a site that is off is left alone', async () => {
  const origin = bench.service.origin.replace('127.0.0.1', 'localhost');
  await bench.say({ do: 'site', origin, on: false });
  const { page, tab } = await bench.open({ host: 'localhost' });
  assert.equal(await page.evaluate(() => '__claudeTap' in window), false);
  const { known, on, installed } = await bench.say({ ask: 'state', tabId: tab });
  assert.deepEqual({ known, on, installed }, { known: true, on: false, installed: false });
  await page.close();
});
