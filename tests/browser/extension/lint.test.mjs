// What Firefox's store looks at first.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(`../../../${relative}`, import.meta.url));

test('web-ext finds nothing to complain of in the Firefox extension', async () => {
  const given = ['lint', '--no-config-discovery', '--output', 'json', '--source-dir', path('dist/extension-firefox')];
  // It fails when it finds something, and says what all the same.
  const output = await new Promise((done) => execFile(path('node_modules/.bin/web-ext'), given, (_, output) => done(output)));
  const { errors, warnings, notices } = JSON.parse(output);
  assert.deepEqual({ errors, warnings, notices }, { errors: [], warnings: [], notices: [] });
});
