// Plays a chaos run: node play.mjs PLAN, a JSON file that `cargo xtask chaos` has written (run.rs).
//
// What it sees goes to `journal` of the plan, a line for each thing; who judges reads that, and what the
// collector has stored. Progress is on standard error.

import { readFileSync, openSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { startBrowser } from './browser.mjs';
import { startChat } from './chat.mjs';
import { startCollector } from './collector.mjs';

const LOOK_MS = 250;
const TELL_MS = 5000;

const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const journal = openSync(plan.journal, 'w');
let acknowledged = 0;

function note(line) {
  acknowledged += line.logged?.length ?? 0;
  writeSync(journal, `${JSON.stringify({ at: Date.now(), ...line })}\n`);
}

// Who started this holds the other end: when it is gone, however it went, so is all of this.
process.stdin.resume().on('end', () => process.exit(1)).unref();

const say = (words) => process.stderr.write(`${words}\n`);

// What goes wrong is noted if it went wrong; a trouble that could not be made is told, and does not count.
async function trouble(name, make) {
  if (!name) return;
  const begun = Date.now();
  try {
    await make();
    note({ trouble: name, begun });
  } catch (error) {
    note({ failed: name, why: String(error?.message ?? error) });
    say(`      ${name} could not be made: ${error?.message ?? error}`);
  }
}

async function atCollector(collector, { collector: name, fault, ms }) {
  await trouble(name, async () => {
    if (!fault) {
      await collector.down();
      await wait(ms);
      return collector.up();
    }
    await collector.faults(fault);
    await wait(ms);
    await collector.faults('');
  });
}

// Resolves when the log is empty and knows of no page but those that live, whose spans others have to end; with
// whether it came to that.
async function settled(browser, begun) {
  let told = Date.now();
  for (let left = null; Date.now() - begun < plan.patience; await wait(LOOK_MS)) {
    left = await browser.left().catch(() => left);
    if (left?.rows === 0 && left.pages <= browser.count) return true;
    if (Date.now() - told > TELL_MS) {
      told = Date.now();
      say(`      ${left?.rows ?? '?'} still wait`);
    }
  }
  return false;
}

const chat = await startChat();
let browser;
let collector;
try {
  collector = await startCollector({ xtask: plan.xtask, store: plan.store, note });
  chat.exports({ to: collector.url + plan.path, format: plan.format });
  browser = await startBrowser({ chromium: plan.chromium, profile: plan.profile, chat, note, most: plan.tabs });
  const begun = Date.now();
  await browser.fill();
  for (const [index, round] of plan.rounds.entries()) {
    if (plan.ms && Date.now() - begun > plan.ms) break;
    await browser.fill();
    await Promise.all([
      atCollector(collector, round),
      wait(round.after).then(() => trouble(round.pages, () => browser.suffer(round.pages, round.pick))),
    ]);
    await wait(round.calm);
    const of = plan.ms ? `${Math.round((Date.now() - begun) / 1000)} s` : `${index + 1}/${plan.rounds.length}`;
    say(`[${of}] ${[round.collector, round.pages].filter(Boolean).join(', ')}: ${acknowledged} acknowledged, ${await collector.kept()} arrived`);
  }
  await browser.fill();
  await browser.rest();
  const calm = Date.now();
  note({ calm: calm - begun });
  say('no more troubles: until nothing waits');
  const done = await settled(browser, calm);
  note({ settled: done, after: Date.now() - calm });
  await browser.stop();
  note({ left: await browser.left() });
} catch (error) {
  say(`the run ended early: ${error?.stack ?? error}`);
  process.exitCode = 1;
} finally {
  await browser?.close().catch(() => {});
  await collector?.down().catch(() => {});
  chat.close();
}
