// A page that the browser has kept, and shows again when the person goes back to it, goes on where it was.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startBench, test } from './bench.mjs';
import { counted, numbers, take, TURN } from './turn.mjs';

let bench;
before(async () => {
  bench = await startBench({ backForwardCache: true });
});
after(() => bench?.close());

// Playwright loses sight of a page that comes back: all is asked of the extension.
const inPage = (tabId, func, ...args) => bench.own.evaluate(async ([tabId, text, args]) => {
  const [{ result }] = await chrome.scripting.executeScript({
    target: { tabId },
    world: 'MAIN',
    args: [text, args],
    func: (text, args) => {
      window.given = args;
      const script = document.createElement('script');
      script.textContent = `window.result = (${text})(...window.given)`;
      document.head.append(script);
      return window.result;
    },
  });
  return result;
}, [tabId, String(func), args]);

test('a page that is gone back to is recorded on, and nothing is shown twice', async () => {
  const { page, tab } = await bench.open({ record: true });
  const { recording } = await bench.say({ ask: 'state', tabId: tab });
  await inPage(tab, () => {
    window.addEventListener('pageshow', ({ persisted }) => (window.returned = persisted));
  });
  const stops = (events) => events.filter(({ type }) => type === 'Stop').length;
  await inPage(tab, take, TURN);
  await bench.until(() => bench.recorded(recording.id), (events) => stops(events) === 1);
  await page.goto(bench.service.page());
  await inPage(tab, () => {
    setTimeout(() => history.back());
  });
  await bench.until(() => inPage(tab, () => window.returned), (returned) => returned === true);
  await inPage(tab, take, TURN);
  const events = await bench.until(() => bench.recorded(recording.id), (events) => stops(events) === 2);
  assert.deepEqual(numbers(events), counted(events));
  const { installed, last } = await bench.say({ ask: 'state', tabId: tab });
  assert.equal(installed, true);
  assert.equal(stops(last), 2);
  assert.deepEqual(last.map(({ n }) => n), [...new Set(last.map(({ n }) => n))]);
});
