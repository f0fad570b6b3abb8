// What a body of 200 MB takes of a page, in time and in memory: alone, under a tap that nobody listens to, and
// with both layers heard. `cargo xtask bounds` measures the same of longer bodies, of many and over a week.
//
// Prints one JSON object on standard output; says on standard error what it is doing.

import { readFile } from 'node:fs/promises';
import { blockOf } from '../xtask/js/bounds/answer.mjs';
import { startServer } from '../xtask/js/bounds/server.mjs';
import { openTab } from '../xtask/js/bounds/tab.mjs';
import { median, QUICK, rounded } from './rounds.mjs';

const MB = 1e6;
const MEGABYTES = QUICK ? 10 : 200;
const ROUNDS = QUICK ? 1 : 3;
const TARGET_MB = 8;

const ALONE = 'no tap';
const script = await readFile(new URL('../xtask/js/bounds/page.js', import.meta.url), 'utf8');
const KINDS = {
  [ALONE]: { page: 'plain', script },
  'tap, nobody listens': { page: 'tapped', script: `globalThis.bounds = 'unheard';${script}`, target: true },
  'tap, both layers heard': { page: 'tapped', script },
};

const server = await startServer();
const url = `/v1/messages?id=1&blocks=${Math.ceil((MEGABYTES * MB) / blockOf(0).length)}`;

async function measure({ page, script }) {
  const tab = await openTab(process.env.CHROMIUM ?? '/usr/bin/chromium', `${server.origins[0]}/${page}`, script);
  const before = await tab.memory();
  const cpu = await tab.cpu();
  const begun = performance.now();
  let ended;
  const { most } = await tab.during(tab.page.evaluate((url) => bounds.stream(url), url).finally(() => (ended = performance.now())));
  const { stats } = await tab.page.evaluate(() => bounds.quiet());
  if (stats && (stats.failure || stats.droppedBytes)) throw new Error(`lost: ${JSON.stringify(stats)}`);
  const found = {
    rate: MEGABYTES / ((ended - begun) / 1000),
    cpu: (await tab.cpu()) - cpu,
    most: (most - before) / MB,
    after: ((await tab.memory()) - before) / MB,
    resident: ((await tab.peak()) ?? NaN) / MB,
  };
  await tab.close();
  return found;
}

const found = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [kind, how] of Object.entries(KINDS)) {
    process.stderr.write(`memory: round ${round + 1} of ${ROUNDS}, ${kind}\n`);
    found[kind].push(await measure(how));
  }
}
server.close();

const of = (kind, what) => median(found[kind].map((one) => one[what]));
const mb = (number) => (Number.isFinite(number) ? rounded(number, 1) : null);
const rows = Object.entries(KINDS).map(([kind, { target }]) => {
  const extra = of(kind, 'most') - of(ALONE, 'most');
  return {
    kind,
    mbPerSecond: rounded(of(kind, 'rate'), 1),
    rateRatio: rounded(of(kind, 'rate') / of(ALONE, 'rate')),
    cpuSeconds: rounded(of(kind, 'cpu'), 1),
    mostMb: mb(of(kind, 'most')),
    extraMb: mb(extra),
    afterMb: mb(of(kind, 'after')),
    residentMb: mb(of(kind, 'resident')),
    target: target ? `extraMb: under ${TARGET_MB}` : '',
    met: target ? extra < TARGET_MB : '',
  };
});
const about = `a body of ${MEGABYTES} MB read by the page, ${ROUNDS} rounds; memory that lives in the page above what it had before, by performance.measureUserAgentSpecificMemory(); resident: the most its process ever had`;
console.log(JSON.stringify({ name: 'memory', about, rows }));
process.exit();
