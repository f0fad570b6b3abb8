// Races: contenders do the same work in one page of Chromium, by turns, and their times are compared.
//
// A contender is `async (chunks) => digest`: it reads a stream's chunks to their end and says what it
// found, which must be the same for all (or null, if nobody listened). A module of benches/page/ makes them.

import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { launch } from '../tests/browser/browser.mjs';

export const QUICK = !!process.env.QUICK;

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const GENERATED = ['endpoints', 'pages', 'version'];

/** A module of this folder and what it imports, as one script that leaves its exports in `window.bench`. */
async function bundled(path) {
  const { outputFiles } = await build({
    entryPoints: [at(path)],
    bundle: true,
    // As the tap ships.
    minify: true,
    format: 'iife',
    globalName: 'bench',
    target: 'es2022',
    write: false,
    loader: { '.wasm': 'binary' },
    alias: {
      ...Object.fromEntries(GENERATED.map((name) => [`pagetap-${name}`, at(`../target/gen/${name}.js`)])),
      'pagetap-worker-source': at('../target/gen/worker_source.js'),
    },
  });
  return outputFiles[0].text;
}

// In the page: a stream's chunks, and what a contender reads in them once it is warm.
function prepare({ stream, cut }) {
  const { chunks, corpus } = window.bench;
  const records = corpus(stream);
  window.pieces = chunks(records, cut);
  return records.length;
}

async function warm({ name, slice }) {
  const contender = window.bench.contenders[name];
  const begun = performance.now();
  let digest;
  let passes = 0;
  do {
    digest = await contender(window.pieces);
    passes++;
  } while (performance.now() - begun < 3 * slice || passes < 3);
  return JSON.stringify(digest);
}

async function run({ name, passes }) {
  const contender = window.bench.contenders[name];
  for (let pass = 0; pass < passes; pass++) await contender(window.pieces);
}

/**
 * Opens a page of `module`'s contenders; `race(options)` runs some of them over a stream. `times`: what
 * a pass takes of the main thread's own time (ns), per contender and round; what else runs on the machine
 * is not in it.
 */
export async function open(module) {
  const script = await bundled(module);
  const browser = await launch({ args: ['--js-flags=--expose-gc'] });
  const page = await browser.context.newPage();
  page.on('pageerror', (error) => console.error(`in the page: ${error}`));
  await page.goto('data:text/html,<!doctype html><title>bench</title>');
  await page.addScriptTag({ content: script });
  const session = await browser.context.newCDPSession(page);
  await session.send('Performance.enable');

  async function threadTime() {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'ThreadTime').value * 1e9;
  }

  async function timed(name, passes) {
    // What the one before has left is not this one's to clear away.
    await page.evaluate(() => window.gc());
    const before = await threadTime();
    await page.evaluate(run, { name, passes });
    return (await threadTime() - before) / passes;
  }

  return {
    async race({ stream, cut, names, rounds = QUICK ? 2 : 9, slice = QUICK ? 5 : 40 }) {
      process.stderr.write(`${stream}, ${cut}\n`);
      const records = await page.evaluate(prepare, { stream, cut });
      const digests = {};
      const passes = {};
      for (const name of names) {
        digests[name] = await page.evaluate(warm, { name, slice });
        passes[name] = Math.max(1, Math.round((slice * 1e6) / (await timed(name, 1))));
      }
      const read = new Set(Object.values(digests).filter((digest) => digest !== 'null'));
      if (read.size > 1) throw new Error(`${stream}, ${cut}: what is read differs: ${JSON.stringify(digests)}`);
      const times = Object.fromEntries(names.map((name) => [name, []]));
      for (let round = 0; round < rounds; round++) {
        for (const name of names) times[name].push(await timed(name, passes[name]));
      }
      return { times, records };
    },
    close: () => browser.close(),
  };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** A row: how many times as long `peer` takes as `tap`, round by round: the median, the least and the most. */
export function compared({ times, records }, { stream, cut, tap, peer, target }) {
  const ratios = times[peer].map((time, round) => time / times[tap][round]);
  const perEvent = (name) => Math.round(median(times[name]) / records);
  return {
    stream,
    cut,
    tap,
    'ns per event': perEvent(tap),
    peer,
    'its ns per event': perEvent(peer),
    ratio: +median(ratios).toFixed(2),
    spread: `${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}`,
    target,
    reached: target && !QUICK ? median(ratios) >= target : null,
  };
}
