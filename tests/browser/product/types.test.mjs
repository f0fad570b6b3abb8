// What the core really says fits the public types: every payload of the corpus, as a literal, compiles.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { caseNames, chainOf } from './corpus.mjs';
import { play } from './play.mjs';

const ROOT = new URL('../../../', import.meta.url);
const MODULE = readFileSync(new URL('target/gen/pagetap.wasm', ROOT));
const FOLDER = new URL('target/payload-types/', ROOT);

const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2022', 'dom'],
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    types: [],
    paths: { pagetap: ['../../dist/npm/pagetap.d.ts'] },
  },
  files: ['payloads.ts'],
};

test('every hook payload, notice and raw event of the corpus has the fields its type names, and no others', () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(MODULE));
  const lines = new Set();
  for (const name of caseNames()) {
    const { hooks, raws } = play(exports, chainOf(name), []);
    // Bytes and what is parsed from them are no literals.
    for (const { raw, ...payload } of hooks) lines.add(`void ({...} satisfies HookEventMap['${payload.type}']);`.replace('{...}', () => JSON.stringify(payload)));
    for (const { raw, bytes, ...event } of raws) lines.add(`void ({...} satisfies RawEvent);`.replace('{...}', () => JSON.stringify(event)));
  }
  assert.ok(lines.size > 1000, `${lines.size} payloads`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL('tsconfig.json', FOLDER), JSON.stringify(TSCONFIG));
  writeFileSync(new URL('payloads.ts', FOLDER), `import type { HookEventMap, RawEvent } from 'pagetap';\n${[...lines].join('\n')}\n`);
  const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT));
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', fileURLToPath(FOLDER)], { encoding: 'utf8' });
  assert.equal(status, 0, (stdout + stderr).slice(0, 2000));
});
