// `cargo xtask chaos` as one types it: a few rounds of it, so that it is there when it is needed. That its
// verdict can be another is tested where it is made (xtask/src/chaos/verdict.rs).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder, start, until } from './running.mjs';

const COLLECTOR = ['outage', 'reset', 'lost', '503', '413'];
const PAGES = ['crash', 'close', 'back', 'freeze', 'browser'];

test('chaos: a round of each of ten troubles, and what the log acknowledged has arrived', async (t) => {
  const only = [...COLLECTOR, ...PAGES].join(',');
  const chaos = start(t, process.env.XTASK, [
    'chaos', '--seed', '2', '--rounds', '5', '--tabs', '3', '--only', only, '--into', folder(t),
  ]);
  await until('end', () => chaos.ended, null, 120_000);
  assert.equal(chaos.ended, 'ended (0)', chaos.printed);
  const figure = (name) => Number(new RegExp(`^ *${name} +([\\d,]+)`, 'm').exec(chaos.printed)?.[1].replaceAll(',', ''));
  for (const name of [...COLLECTOR, ...PAGES]) assert.equal(figure(name), 1, `${name}\n${chaos.printed}`);
  assert.ok(figure('acknowledged by the log') > 100, chaos.printed);
  assert.equal(figure('of these missing at the collector'), 0);
  t.diagnostic(`${figure('acknowledged by the log')} acknowledged, ${figure('came again, with the same id')} came again`);
});
