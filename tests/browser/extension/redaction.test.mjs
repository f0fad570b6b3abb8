// The person's rules: over everything that is shown or stored, and never in a page's way.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startBench, test } from './bench.mjs';
import { body, driven, take, TURN } from './turn.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

// No repetition in a repetition, so no check of the pattern finds it.
const ENDLESS = { pattern: '(a|a|a)*b', flags: '', with: '***' };

async function rule(rules) {
  const { settings } = await bench.say({ ask: 'settings' });
  await bench.say({ do: 'settings', settings: { ...settings, layers: { hooks: true, raw: true }, redaction: rules } });
}

test('what a rule matches is in no event that is shown or stored, nor in the title', async () => {
  await rule([{ pattern: 'page|localhost|127', flags: 'i', with: '***' }, { pattern: 'path', flags: '', with: 'way' }]);
  const { page, tab } = await bench.open();
  await page.evaluate(() => (document.title = 'The page of Ada'));
  const { recording } = await bench.say({ do: 'record', tabId: tab });
  await page.evaluate(take, TURN);
  const events = await bench.until(() => bench.recorded(recording.id), (events) => events.at(-1)?.kind === 'end');
  const { last } = await bench.say({ ask: 'state', tabId: tab });
  const bytes = events.map((event) => Buffer.from(event.bytes ?? '', 'base64').toString()).join('\n');
  assert.match(bytes, /The \*\*\* is there/);
  for (const text of [JSON.stringify(events), JSON.stringify(last), bytes]) assert.doesNotMatch(text, /the page|localhost|127\.0/i);
  const { recordings } = await bench.say({ ask: 'recordings' });
  assert.equal(recordings.at(-1).title, 'The *** of Ada');
  await page.close();
});

test('the options refuse a rule that never finishes, also where the browser has its say', async () => {
  await rule([]);
  const options = await bench.context.newPage();
  await options.goto(`${bench.home}pages/options/options.html`);
  await options.click('#rule-add');
  await options.fill('[id="redaction.0.pattern"]', ENDLESS.pattern);
  await options.click('#save');
  await options.waitForFunction(() => document.getElementById('redaction.0.pattern-error').textContent !== '');
  assert.match(await options.textContent('[id="redaction.0.pattern-error"]'), /too slow/);
  await options.fill('[id="redaction.0.pattern"]', 'a{1,64}b');
  await options.click('#save');
  await bench.until(() => bench.say({ ask: 'settings' }), ({ settings }) => settings.redaction[0]?.pattern === 'a{1,64}b');
  await options.close();
});

// The last one: what it leaves is a background that is busy for ever.
test('a rule that never finishes, however it got in, does not stop the page', async () => {
  await rule([ENDLESS]);
  const { page } = await bench.open();
  const taken = page.evaluate(take, driven('endless'));
  const stream = await bench.service.stream('endless');
  await stream.write(Buffer.from(body.toString().replace('The page is there.', 'a'.repeat(100))));
  stream.end();
  await taken;
  await page.waitForFunction(() => {
    const { bytes, queuedBytes } = window.__claudeHooks.stats();
    return bytes > 0 && queuedBytes === 0;
  });
  await page.evaluate(take, TURN);
  assert.deepEqual(page.faults, []);
});
