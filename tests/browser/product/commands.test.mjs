// Short runs of what measures for minutes: cargo xtask fuzz --streams, cargo xtask bounds.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const { XTASK } = process.env;

async function run(...args) {
  assert.ok(XTASK, 'there is no $XTASK: run cargo xtask test --only browser');
  return (await promisify(execFile)(XTASK, args)).stdout;
}

test("random event streams in random pieces are read as the browser's own EventSource reads them", async () => {
  const said = await run('fuzz', '--streams', '1000', '--seed', '11');
  assert.match(said, /^1000 event streams \(seed 11\): [1-9]\d+ events; 0 differ from EventSource/);
});

test('memory stays within its limit: a long stream, many at once, a day', async () => {
  const said = await run('bounds', '--megabytes', '48', '--streams', '64', '--days', '1');
  for (const measured of ['one stream of 48 MB', '64 streams at once', '1 days']) assert.ok(said.includes(measured), measured);
});
