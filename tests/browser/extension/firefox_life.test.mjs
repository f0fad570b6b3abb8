// In Firefox, too, what the person asked to keep is kept, whatever happens to the background, which is a
// page that Firefox stops when it is idle, to the extension and the tab.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFirefoxBench, until } from './firefox_bench.mjs';
import { body, bytesOf, counted, driven, EXPECTED, numbers, PIECES, seen, take, told } from './turn.mjs';

let bench;
before(async () => {
  bench = await startFirefoxBench();
});
after(() => bench?.close());

let serial = 0;
/** A recorded page in the middle of a turn that the test writes: `{page, tab, id, stream, taken}`. */
async function inATurn() {
  const key = `firefox${++serial}`;
  const { page, tab } = await bench.open();
  const { recording } = await bench.say({ do: 'record', tabId: tab });
  const taken = page.evaluate(take, driven(key)).catch(() => {});
  return { page, tab, id: recording.id, stream: await bench.service.stream(key), taken };
}

const ended = (id) => until(() => bench.recorded(id), (events) => events.at(-1)?.kind === 'end');

async function assertWhole(id) {
  const events = await ended(id);
  assert.equal(told(events), EXPECTED);
  assert.deepEqual(bytesOf(events), body);
  assert.deepEqual(numbers(events), counted(events));
}

test('a background that is stopped again and again in the middle of a turn loses nothing', async () => {
  const { page, id, stream, taken } = await inATurn();
  let sent = 0;
  for (const piece of PIECES) {
    await bench.stopBackground();
    await stream.write(piece);
    await seen(page, (sent += piece.length));
  }
  stream.end();
  await taken;
  await assertWhole(id);
  await page.close();
});

test('what comes while the background is being stopped is written once', async () => {
  const { page, id, stream, taken } = await inATurn();
  for (const piece of PIECES) await Promise.all([stream.write(piece), bench.stopBackground()]);
  stream.end();
  await taken;
  await assertWhole(id);
  await page.close();
});

test('an extension that is installed over itself in the middle of a turn loses nothing', async () => {
  const { page, id, stream, taken } = await inATurn();
  const [first, second, ...rest] = PIECES;
  await stream.write(first);
  await seen(page, first.length);
  await bench.install();
  await stream.write(second);
  await seen(page, first.length + second.length);
  await bench.install();
  for (const piece of rest) await stream.write(piece);
  stream.end();
  await taken;
  await bench.openOwn();
  await assertWhole(id);
  await page.close();
});

/** That these are the numbers of so many documents' events, each from 1 and without a gap. */
function assertInTurn(numbers, documents, message) {
  const next = Array(documents).fill(1);
  for (const n of numbers) {
    const at = next.indexOf(n);
    assert.notEqual(at, -1, `${message}: ${numbers}`);
    next[at]++;
  }
}

test('a page that goes in the middle of a turn has all that it told recorded, once, whether or not the background runs', async () => {
  const half = Buffer.concat(PIECES.slice(0, 4));
  const frames = half.subarray(0, half.lastIndexOf('\n\n') + 2);
  await bench.own.evaluate(() => chrome.storage.local.set({ over: [] }));
  for (const running of [true, false]) {
    for (const how of ['closed', 'left', 'loaded anew']) {
      const message = `${how}, ${running}`;
      const { page, id, stream } = await inATurn();
      await stream.write(PIECES[0]);
      // So the background has answered.
      await until(() => bench.recorded(id), ({ length }) => length > 0);
      if (!running) await bench.stopBackground();
      await stream.write(half.subarray(PIECES[0].length));
      await seen(page, half.length);
      if (how === 'closed') await page.close();
      else if (how === 'left') await page.goto('about:blank');
      else await page.reload();
      const told = await until(() => bench.recorded(id), (events) => bytesOf(events).length >= frames.length);
      // Of a tab that is closed Firefox may stop the scripts before the tap has told what ends with it.
      const events = how === 'closed' ? told : await until(() => bench.recorded(id), (events) => events.some(({ type }) => type === 'MessageEnd'));
      const bytes = bytesOf(events);
      assert.deepEqual(bytes, how === 'closed' ? half.subarray(0, bytes.length) : half, message);
      assertInTurn(numbers(events), how === 'loaded anew' ? 2 : 1, message);
      if (how !== 'closed') await page.close();
    }
  }
  // Nothing of it stays where content scripts can reach it; what else was noted there does.
  const there = await until(
    () => bench.own.evaluate(() => chrome.storage.local.get(null)),
    (there) => !Object.keys(there).some((name) => name.startsWith('left ')),
  );
  assert.deepEqual(there, { over: [] });
});
