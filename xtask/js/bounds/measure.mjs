// node measure.mjs CHROMIUM MEGABYTES STREAMS DAYS: what the tap takes of memory and time; prints what was measured.

import { readFile } from 'node:fs/promises';
import { blockOf } from './answer.mjs';
import { HELD, startServer } from './server.mjs';
import { openTab } from './tab.mjs';

const MB = 1e6;
const [chromium, megabytes, streams, days] = process.argv.slice(2);
const script = await readFile(new URL('page.js', import.meta.url), 'utf8');
const server = await startServer();
const say = (text) => console.error(`      ${text}`);
const mb = (bytes) => `${(bytes / MB).toFixed(0)} MB`;
const open = (kind) => openTab(chromium, `${server.origins[0]}/${kind}`, script);

/** One stream of that many bytes. */
async function one(kind, bytes) {
  const tab = await open(kind);
  const before = await tab.memory();
  const cpu = await tab.cpu();
  const begun = performance.now();
  const url = `/v1/messages?id=1&blocks=${Math.ceil(bytes / blockOf(0).length)}`;
  let said = begun;
  const { most } = await tab.during(tab.page.evaluate((url) => bounds.stream(url), url), async (most) => {
    if (performance.now() - said < 10_000) return;
    said = performance.now();
    say(`${kind}: ${mb(await tab.page.evaluate(() => bounds.read))} of ${mb(bytes)} read, ${mb(most)} in the page`);
  });
  const seconds = (performance.now() - begun) / 1000;
  const told = await tab.page.evaluate(() => bounds.quiet());
  const result = { seconds, cpu: (await tab.cpu()) - cpu, before, most, after: await tab.memory(), peak: await tab.peak(), told };
  await tab.close();
  return result;
}

/** So many at once, each with the same half of a block before all of them end. */
async function many(kind, count) {
  const tab = await open(kind);
  // A connection to each origin first: some of a thousand requests that have to wait for one are refused.
  for (const origin of server.origins) await tab.page.evaluate((url) => bounds.stream(url), `${origin}/v1/messages?turn=0`);
  const before = await tab.memory();
  const urls = Array.from({ length: count }, (_, at) => `${server.origins[at % server.origins.length]}/v1/messages?id=${at}&blocks=1&hold`);
  const warm = await tab.page.evaluate(() => bounds.read);
  await tab.page.evaluate((urls) => bounds.open(urls), urls);
  const { most: opening } = await tab.during(tab.page.evaluate((bytes) => bounds.until(bytes), warm + HELD * count));
  const atOnce = await tab.page.evaluate(() => globalThis.__claudeTap?.stats().open ?? null);
  const held = await tab.memory();
  server.release();
  const { most: closing } = await tab.during(tab.page.evaluate(() => bounds.finished.then(() => {})));
  const told = await tab.page.evaluate(() => bounds.quiet());
  const result = { before, held, most: Math.max(opening, held, closing), after: await tab.memory(), peak: await tab.peak(), atOnce, told };
  await tab.close();
  return result;
}

/** So many days of a turn every two minutes, measured each day. */
async function week(kind, days) {
  const tab = await open(kind);
  const eachDay = [await tab.memory()];
  for (let day = 0; day < days; day++) {
    await tab.page.evaluate(([from, to, apart]) => bounds.turns(from, to, apart), [day * TURNS_A_DAY, (day + 1) * TURNS_A_DAY, DAY_MS / TURNS_A_DAY]);
    eachDay.push(await tab.memory());
    say(`${kind}: day ${day + 1} of ${days}, ${mb(eachDay.at(-1))} in the page`);
  }
  const result = { days: eachDay, told: await tab.page.evaluate(() => bounds.quiet()) };
  await tab.close();
  return result;
}

const DAY_MS = 86_400_000;
const TURNS_A_DAY = 720;
const found = { one: {}, many: {}, week: {} };
for (const kind of ['plain', 'tapped']) {
  say(`${kind}: a stream of ${megabytes} MB`);
  found.one[kind] = await one(kind, megabytes * MB);
  say(`${kind}: ${streams} streams at once`);
  found.many[kind] = await many(kind, Number(streams));
  say(`${kind}: ${days} days, a turn every two minutes`);
  found.week[kind] = await week(kind, Number(days));
}
server.close();
console.log(JSON.stringify(found, null, 1));
process.exit();
