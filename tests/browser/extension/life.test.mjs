// What the person asked to keep is kept, whatever happens to the service worker, the extension, the tab.

import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { startBench, test } from './bench.mjs';
import { body, bytesOf, counted, driven, EXPECTED, numbers, PIECES, seen, take, told } from './turn.mjs';
import { kill, withoutWorker } from './worker.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());
beforeEach(async () => {
  const { settings } = await bench.say({ ask: 'settings' });
  await bench.say({ do: 'settings', settings: { ...settings, layers: { hooks: true, raw: true } } });
});

let serial = 0;
/** A recorded page in the middle of a turn that the test writes: `{page, tab, id, stream, taken}`. */
async function inATurn() {
  const key = `life${++serial}`;
  const { page, tab } = await bench.open({ record: true });
  const { recording } = await bench.say({ ask: 'state', tabId: tab });
  const taken = page.evaluate(take, driven(key)).catch(() => {});
  return { page, tab, id: recording.id, stream: await bench.service.stream(key), taken };
}

const whole = (id) => bench.until(() => bench.recorded(id), (events) => events.at(-1)?.kind === 'end');

/** Loads the extension anew, and gives the tests a page of the new one. */
async function reload() {
  const gone = bench.own.waitForEvent('close');
  await bench.own.evaluate(() => setTimeout(() => chrome.runtime.reload(), 0));
  await gone;
}

async function back() {
  bench.own = await bench.context.newPage();
  await bench.until(
    () => bench.own.goto(`${bench.home}pages/options/options.html`).then(() => bench.ask({ ask: 'settings' }), () => null),
    (answer) => answer?.ok,
  );
}

async function assertWhole(id) {
  const events = await whole(id);
  assert.equal(told(events), EXPECTED);
  assert.deepEqual(bytesOf(events), body);
  assert.deepEqual(numbers(events), counted(events));
}

test('a service worker that is killed again and again in the middle of a turn loses nothing', async () => {
  const { page, id, stream, taken } = await inATurn();
  let sent = 0;
  for (const piece of PIECES) {
    await kill(bench);
    await stream.write(piece);
    await seen(page, (sent += piece.length));
  }
  stream.end();
  await taken;
  await assertWhole(id);
  await page.close();
});

test('what comes while the service worker is being killed is written once', async () => {
  const { page, id, stream, taken } = await inATurn();
  for (const piece of PIECES) await Promise.all([stream.write(piece), kill(bench)]);
  stream.end();
  await taken;
  await assertWhole(id);
  await page.close();
});

test('a batch that overtakes one that was lost with its way is not taken before that has come again', async () => {
  const { page, tab } = await bench.open({ record: true });
  const { recording } = await bench.say({ ask: 'state', tabId: tab });
  const answers = await bench.own.evaluate(async (tabId) => {
    // A bridge that says what ours would after the service worker was killed with events 1 and 2.
    const func = async () => {
      const event = (text) => ({ layer: 'hook', type: 'MessageDelta', text });
      const answers = [];
      const port = chrome.runtime.connect({ name: 'tap' });
      let hear;
      const until = (n) => new Promise((done) => (hear = (ack) => ack === n && done()));
      port.onMessage.addListener(({ ack, resume }) => {
        if (ack === undefined && resume === undefined) return;
        answers.push({ ack, resume });
        hear(ack);
      });
      const third = until(3);
      port.postMessage({ hello: { session: 'before', encoding: 'wasm', version: '0' }, counts: {} });
      port.postMessage({ from: 3, acked: 0, events: [event('third')], counts: {} });
      port.postMessage({ from: 1, acked: 0, events: [event('first'), event('second')], counts: {} });
      port.postMessage({ from: 3, acked: 0, events: [event('third')], counts: {} });
      await third;
      // What a background before this one has acknowledged is not waited for.
      const ninth = until(9);
      port.postMessage({ hello: { session: 'after', encoding: 'wasm', version: '0' }, counts: {} });
      port.postMessage({ from: 9, acked: 8, events: [event('ninth')], counts: {} });
      await ninth;
      return answers;
    };
    const [{ result }] = await chrome.scripting.executeScript({ target: { tabId }, func });
    return result;
  }, tab);
  assert.deepEqual(
    answers.map(({ ack, resume }) => (ack == null ? `resume ${resume}` : `ack ${ack}`)),
    ['resume 0', 'resume 0', 'ack 2', 'ack 3', 'resume 0', 'ack 9'],
  );
  const events = await bench.recorded(recording.id);
  assert.deepEqual(events.filter(({ text }) => text).map(({ text, n }) => [text, n]), [['first', 1], ['second', 2], ['third', 3], ['ninth', 9]]);
  await page.close();
});

test('a popup sees the page, its counters and the last events after the service worker has slept', async () => {
  const { page, tab, stream, taken } = await inATurn();
  await stream.write(body);
  stream.end();
  await taken;
  const before = await bench.until(() => bench.say({ ask: 'state', tabId: tab }), ({ last }) => last.at(-1)?.type === 'Stop');
  await kill(bench);
  const { installed, encoding, counters, recording, last } = await bench.say({ ask: 'state', tabId: tab });
  assert.deepEqual(
    { installed, encoding, counters, recording },
    { installed: true, encoding: 'wasm', counters: before.counters, recording: before.recording },
  );
  assert.deepEqual(last, before.last);
  await page.close();
});

test('an extension that is loaded anew in the middle of a turn loses nothing', async () => {
  const { page, id, stream, taken } = await inATurn();
  const [first, second, third, ...rest] = PIECES;
  await stream.write(first);
  await seen(page, first.length);
  await reload();
  await stream.write(second);
  await seen(page, first.length + second.length);
  await back();
  await stream.write(third);
  await seen(page, first.length + second.length + third.length);
  await reload();
  for (const piece of rest) await stream.write(piece);
  stream.end();
  await taken;
  await back();
  await assertWhole(id);
  await page.close();
});

test('a tab that is closed in the middle of a turn has all that it told recorded, and the recording ends', async () => {
  for (const how of ['closed', 'left', 'closed after the service worker was killed']) {
    const { page, tab, id, stream } = await inATurn();
    const half = Buffer.concat(PIECES.slice(0, 4));
    await stream.write(half);
    await seen(page, half.length);
    if (how.endsWith('killed')) {
      await kill(bench, { andBack: true });
      await bench.until(() => bench.say({ ask: 'state', tabId: tab }), ({ installed }) => installed);
    }
    if (how === 'left') await page.goto('about:blank');
    else await page.close({ runBeforeUnload: how === 'closed' });
    const events = await bench.until(() => bench.recorded(id), (events) => events.at(-1)?.type === 'Stop' || events.at(-1)?.kind === 'end');
    assert.deepEqual(bytesOf(events), half, how);
    assert.deepEqual(numbers(events), counted(events), how);
    assert.equal(events.find(({ type }) => type === 'MessageEnd').complete, false, how);
    if (how === 'left') await page.close();
    await bench.until(() => bench.say({ ask: 'recordings' }), ({ recordings }) => recordings.find((one) => one.id === id).until !== null);
  }
});

test('a page that goes while no service worker runs has all that it told recorded, once', async () => {
  const half = Buffer.concat(PIECES.slice(0, 4));
  for (const how of ['closed', 'left', 'loaded anew']) {
    const { page, id, stream } = await inATurn();
    await stream.write(PIECES[0]);
    await seen(page, PIECES[0].length);
    await withoutWorker(bench, async () => {
      await stream.write(half.subarray(PIECES[0].length));
      await seen(page, half.length);
      if (how === 'closed') await page.close();
      else if (how === 'left') await page.goto('about:blank');
      else await page.reload();
    });
    const events = await bench.until(() => bench.recorded(id), (events) => events.some(({ type }) => type === 'MessageEnd'));
    assert.deepEqual(bytesOf(events), half, how);
    assert.deepEqual(numbers(events), counted(events), how);
    assert.equal(events.find(({ type }) => type === 'MessageEnd').complete, false, how);
    if (how !== 'closed') await page.close();
    // Nothing stays where content scripts can reach it.
    await bench.until(() => bench.own.evaluate(() => chrome.storage.session.get(null)), (left) => !Object.keys(left).some((name) => name !== 'reached'));
  }
});

test('the rules cover what a page left behind', async () => {
  const { settings } = await bench.say({ ask: 'settings' });
  await bench.say({ do: 'settings', settings: { ...settings, redaction: [{ pattern: '[a-z]+', with: 'covered' }] } });
  const { page, id, stream } = await inATurn();
  await stream.write(PIECES[0]);
  await seen(page, PIECES[0].length);
  await withoutWorker(bench, async () => {
    await stream.write(PIECES[1]);
    await seen(page, PIECES[0].length + PIECES[1].length);
    await page.goto('about:blank');
  });
  const events = await bench.until(() => bench.recorded(id), (events) => events.some(({ type }) => type === 'MessageEnd'));
  const said = bytesOf(events).toString();
  assert.match(said, /covered/);
  assert.doesNotMatch(said.replaceAll('covered', ''), /[a-z]/);
  await page.close();
  await bench.say({ do: 'settings', settings });
});
