// The npm package as npm would pack it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
    'LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'index.js', 'package.json',
    'pagetap-core.js', 'pagetap-export.js', 'pagetap-export.wasm', 'pagetap.d.ts', 'pagetap.wasm',
  ]);
});

// `npm ci` only warns; a tool that needs a newer Node fails later, in a way that does not say why.
// Bundled for pages of benchmarks: no Node runs it.
const IN_PAGES = ['node_modules/eventsource-parser-current'];

test('every tool runs on the oldest Node that the README names', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const oldest = Number(/Node (\d+) or newer/.exec(readme)[1]);
  const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  const allows = (range) => range.split('||').some((part) => Number(/\d+/.exec(part)?.[0] ?? 0) <= oldest);
  const run = Object.entries(lock.packages).filter(([path]) => !IN_PAGES.includes(path));
  const tooNew = run.filter(([, { engines }]) => engines?.node && !allows(engines.node));
  assert.deepEqual(tooNew.map(([path, { version, engines }]) => `${path} ${version} needs ${engines.node}`), []);
});
