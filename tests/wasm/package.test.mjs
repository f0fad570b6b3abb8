// The npm package as npm would pack it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

test('the package has its code, its types, its page and its licences, and nothing else', () => {
  const folder = fileURLToPath(new URL('../../dist/npm/', import.meta.url));
  const printed = execFileSync('npm', ['pack', '--dry-run', '--json', '--offline', folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ name, files }] = JSON.parse(printed);
  assert.equal(name, 'pagetap');
  assert.deepEqual(files.map(({ path }) => path).sort(), [
    'LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'index.js', 'package.json', 'pagetap-core.js', 'pagetap.d.ts', 'pagetap.wasm',
  ]);
});
