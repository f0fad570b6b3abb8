// Runs scenarios of a page module in an untouched page and in pages where the tap comes at different
// times: what the client lets its user know is the same, and the tap's raw layer has what the servers
// sent and received.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startBench } from '../bench.mjs';
import { assertRaw } from './raw_layer.mjs';
import { startLedger } from './ledger.mjs';

// When the tap comes, seen from the client: before this step.
const TIMES = [
  ['before the client loads', 'load'],
  ['after it has loaded', 'make'],
  ['after its object exists', 'connect'],
  ['while it is connected', 'go'],
];
const ONE_STEP_LESS = [...TIMES.slice(0, 2), ['after its object exists', 'go']];

// In the page: installs what ships, and keeps what the raw layer says.
async function installTap() {
  const { install } = await import('/dist/npm/index.js');
  const { tap } = install({ match: 'all' });
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  window.raws = [];
  tap.on(({ source, kind, direction, streamId, url, method, data, bytes, size, event, lastEventId, reason, code, detail }) => {
    raws.push({ source, kind, direction, streamId, url, method, data, bytes: bytes && hex(bytes), size, event, lastEventId, reason, code, detail });
  });
}

// In the page: what the raw layer has said when there is nothing more to say. `dropped`: so many streams
// have no end before the garbage collector finds them.
async function readTap(dropped) {
  // A scenario may be over before the core is there.
  await words.until(() => __claudeHooks.stats().encoding !== 'loading');
  await words.until(() => __claudeHooks.stats().queuedBytes === 0 && __claudeTap.streams().length <= dropped);
  const stats = __claudeHooks.stats();
  __claudeHooksDestroy();
  return { raws, stats };
}

/** A bench for the page module `script`, whose `doors(ledger)` are the servers it talks to. */
export async function startPeers(script, doors) {
  const ledger = startLedger();
  const bench = await startBench({
    scripts: [script],
    doors: doors(ledger),
    // Chromium asks ::1 first.
    args: ['--host-resolver-rules=MAP *.localhost 127.0.0.1'],
  });
  return { ...bench, ledger, script };
}

/** One run; what the client saw, and what the tap saw if it came. */
async function run(peers, name, steps, tapBefore, { dropped = () => false, asked = () => true }) {
  const key = peers.key();
  const page = await peers.open({ host: `${key}.localhost` });
  let since = 0;
  for (const step of steps) {
    if (step === tapBefore) {
      // What the client has sent before the tap may still be on its way to the server.
      if (step === 'go') await peers.ledger.until(key, asked);
      since = peers.ledger.now();
      await page.evaluate(installTap);
    }
    if (step === 'load') await page.addScriptTag({ url: `/${peers.script}.js` });
    else await page.evaluate(([name, step]) => perform(name, step), [name, step]);
  }
  const transcript = JSON.stringify(await page.evaluate(() => ({ ...transcript(), pageFaults: words.faults })));
  const truth = peers.ledger.of(key);
  const tapped = tapBefore && (await page.evaluate(readTap, truth.exchanges.filter(dropped).length));
  await page.close();
  const normal = (text) => JSON.parse(text.replaceAll(new RegExp(`${key}\\.localhost:\\d+`, 'g'), 'HOST'));
  return { transcript: { ...normal(transcript), pageErrors: page.faults }, tapped, truth, since };
}

/**
 * Tests for `scenarios`: { name: about }. About: `connects`, it has a step of its own for that;
 * `heldFetch`, the client keeps the `fetch` it found; `cut(exchange)`, the client leaves when it has
 * read what there is of this body; `unread(exchange)`, it does not read this one;
 * `dropped(exchange)`, it does not even cancel it; `asked({ exchanges, sockets })`, the servers have all
 * that it sent while it connected; `names`, the events it listens to of an EventSource.
 */
export function identical(title, peers, scenarios) {
  describe(title, () => {
    for (const [name, about] of Object.entries(scenarios)) {
      test(name, async () => {
        const steps = ['load', 'make', ...(about.connects ? ['connect'] : []), 'go'];
        const times = about.connects ? TIMES : ONE_STEP_LESS;
        const [plain, ...tapped] = await Promise.all(
          [null, ...times.map(([, step]) => step)].map((step) => run(peers(), name, steps, step, about)),
        );
        for (const [index, outcome] of tapped.entries()) {
          const [when, step] = times[index];
          assert.deepEqual(outcome.transcript, plain.transcript, `the client, tap ${when}`);
          const late = step !== 'load' && step !== 'make';
          const underWay = step === 'go' && about.connects;
          assertRaw(outcome, { ...about, heldFetch: about.heldFetch && late, underWay }, `the raw layer, tap ${when}`);
        }
        // What nobody saw cannot differ.
        assert.ok(Object.keys(plain.transcript).length > 2, JSON.stringify(plain.transcript));
      });
    }
  });
}
