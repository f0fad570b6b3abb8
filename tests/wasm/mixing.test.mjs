// bookmarklet/mixing.js and base89.js against the build's side of them: the core comes back as it was, and
// whatever is in an address, reading it ends.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromBase89 } from '../../bookmarklet/base89.js';
import { unmixed } from '../../bookmarklet/mixing.js';

const GENERATED = new URL('../../target/gen/', import.meta.url);
const MODULE = readFileSync(new URL('small.wasm', GENERATED));
// A module of its own, but Node does not know it as one.
const core = JSON.parse(readFileSync(new URL('core_small.js', GENERATED), 'utf8').replace(/^export default |;\s*$/g, ''));
const mixed = fromBase89(core.text, core.encoded);

test('the core in the address is the core', () => {
  assert.equal(mixed.length, core.encoded);
  assert.ok(Buffer.from(unmixed(mixed, core.decoded)).equals(MODULE));
});

test('the digits need no escape, neither in an address nor in a script', () => {
  assert.match(core.text, /^[!-~]+$/);
  assert.doesNotMatch(core.text, /[#%'?\\]/);
});

test('cut or changed, it is read to an end, and is nothing that would run', () => {
  const changed = mixed.slice();
  changed[1000] ^= 1;
  for (const wrong of [mixed.subarray(0, 2000), changed, new Uint8Array(0)]) {
    const bytes = unmixed(wrong, core.decoded);
    assert.equal(bytes.length, core.decoded);
    assert.throws(() => new WebAssembly.Module(bytes), WebAssembly.CompileError);
  }
});
