// What drives the page for `cargo xtask demo --once`, when it cannot.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

test('a browser that does not start is said in a sentence', () => {
  const script = fileURLToPath(new URL('../../xtask/js/once.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '/no/such/chromium', 'http://127.0.0.1:1/', 'x'], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^once: .*\/no\/such\/chromium/);
  assert.doesNotMatch(stderr, /\n {4}at /);
});
