// src/web/interpreter.js against its oracle, the engine's own WebAssembly: same module, same calls, same
// answers, same traps, same memory.
//
// Run with `node --test tests/wasm/`. The core comes from `cargo xtask build`, or from PAGETAP_WASM.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { instantiate } from '../../src/web/interpreter.js';
import './rare.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'pagetap-interpreter-'));
after(() => rmSync(scratch, { recursive: true }));
const scratchFile = (name) => join(scratch, name);

const FEATURES = [
  '--mvp-features', '--enable-bulk-memory', '--enable-bulk-memory-opt', '--enable-sign-ext',
  '--enable-nontrapping-float-to-int', '--enable-mutable-globals',
];

function tool(name, ...given) {
  execFileSync(join(root, 'node_modules/.bin', name), [...FEATURES, ...given], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function assemble(text) {
  writeFileSync(scratchFile('case.wat'), `(module ${text})`);
  tool('wasm-as', scratchFile('case.wat'), '-o', scratchFile('case.wasm'));
  return new Uint8Array(readFileSync(scratchFile('case.wasm')));
}

const natively = (bytes) => new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
const both = (bytes) => ({ native: natively(bytes), ours: instantiate(bytes) });

/** What a call gives: its value, or that it traps. */
function outcome(call, given) {
  try {
    return call(...given);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return 'trap';
    throw error;
  }
}

/** Calls export `name` on both sides and gives what both gave. Strings are good as any type, i64 too. */
function agree({ native, ours }, name, ...given) {
  const expected = outcome(native[name], given);
  const got = outcome(ours[name], given);
  assert.ok(Object.is(got, expected), `${name}(${given}) is ${String(expected)}, here ${String(got)}`);
  if (native.memory) {
    assert.ok(Buffer.from(native.memory.buffer).equals(Buffer.from(ours.memory.buffer)), `memory after ${name}(${given})`);
  }
  return expected;
}

/** Numbers below `limit` from a seed: xorshift32. */
function randomFrom(seed) {
  let state = seed * 2654435761 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

// The core.

const built = process.env.PAGETAP_WASM ?? join(root, 'target/gen/pagetap.wasm');

function core() {
  assert.ok(existsSync(built), `There is no core at ${built}: run cargo xtask build, or set PAGETAP_WASM.`);
  return new Uint8Array(readFileSync(built));
}

/** All that the core tells about `chunks` of one exchange: table and text after each read. */
function told(exports, chunks, url) {
  const view = () => new Uint8Array(exports.memory.buffer);
  const core = exports.create(0, 0, 0);
  const input = (...texts) => {
    const bytes = texts.map((text) => new TextEncoder().encode(text));
    const place = exports.input(core, bytes.reduce((sum, { length }) => sum + length, 0));
    view().set(Buffer.concat(bytes), place);
    return bytes[0].length;
  };
  const all = [];
  const read = () => {
    exports.read(core);
    const words = exports.table_length(core);
    all.push(Buffer.from(exports.memory.buffer, exports.table(core), 4 * words).toString('hex'));
    all.push(Buffer.from(exports.memory.buffer, exports.text(core), exports.text_length(core)).toString('latin1'));
    exports.clear(core);
  };
  exports.listen(core, true, true);
  assert.equal(exports.open(core, 1, 0, input(url, 'POST'), 4, 0.5), 1);
  exports.response(core, 1, 200, input('text/event-stream', ''), 1);
  for (const chunk of chunks) {
    const place = exports.reserve(core, 1, 0, chunk.length);
    assert.ok(place);
    view().set(chunk, place);
    exports.commit(core, 1, chunk.length, all.length);
    read();
  }
  input('');
  exports.end(core, 1, 0, 0, 1e6);
  read();
  assert.ok(all.join('').length > 100);
  return all;
}

const MESSAGES = 'https://x.example/v1/messages';
const URLS = {
  messages: MESSAGES,
  complete: 'https://x.example/v1/complete',
  claudeai: 'https://claude.ai/api/organizations/a/chat_conversations/b/completion',
};

const delta = (text) =>
  `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })}\n\n`;
const SMALL = `event: message_start\ndata: {"type":"message_start","message":{"id":"m","role":"assistant","content":[],"usage":{"input_tokens":1}}}\n\n${delta('a "b" é 😀\r')}event: message_stop\ndata: {"type":"message_stop"}\n\n`;

function cutAtRandom(bytes, random, longest) {
  const chunks = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random(longest);
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

/** One pair of instances per test: what one exchange leaves behind is in the way of the next. */
function sameStory(sides, chunks, url = MESSAGES) {
  assert.deepEqual(told(sides.ours, chunks, url), told(sides.native, chunks, url));
}

test('the core tells the same about every stream of the corpus, whole and cut at random', () => {
  const sides = both(core());
  const random = randomFrom(1);
  for (const family of Object.keys(URLS)) {
    for (const name of readdirSync(join(root, 'tests/corpus', family))) {
      const file = join(root, 'tests/corpus', family, name, 'input.sse');
      if (!existsSync(file)) continue;
      const bytes = readFileSync(file);
      sameStory(sides, [bytes], URLS[family]);
      sameStory(sides, cutAtRandom(bytes, random, 90), URLS[family]);
    }
  }
});

test('the core tells the same about a small stream under every cut in two', () => {
  const sides = both(core());
  const bytes = Buffer.from(SMALL);
  for (let at = 1; at < bytes.length; at++) sameStory(sides, [bytes.subarray(0, at), bytes.subarray(at)]);
});

test('the core tells the same about bytes that are no UTF-8 and records that are no JSON', () => {
  const sides = both(core());
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomFrom(seed);
    const bytes = Buffer.from(SMALL + delta('x'.repeat(random(50))) + SMALL);
    for (let changes = 1 + random(12); changes; changes--) bytes[random(bytes.length)] = random(256);
    sameStory(sides, cutAtRandom(bytes, random, 200));
  }
});

test('the core tells the same about a record of a megabyte, for which its memory grows', () => {
  const sides = both(core());
  const before = sides.ours.memory.buffer;
  sameStory(sides, cutAtRandom(Buffer.from(SMALL + delta('é\\n😀 '.repeat(110_000)) + SMALL), randomFrom(3), 60_000));
  assert.notEqual(sides.ours.memory.buffer, before);
  assert.equal(sides.ours.memory.buffer.byteLength, sides.native.memory.buffer.byteLength);
});

// Every arithmetic instruction, on numbers at the edges.

const NUMBERS = {
  i32: ['0', '1', '-1', '2', '31', '33', '255', '32768', '-128', '2147483647', '-2147483648', '123456789'],
  i64: [
    '0', '1', '-1', '3', '63', '65', '128', '65535', '4294967295', '-4294967296', '2147483648', '9007199254740993',
    '9223372036854775807', '-9223372036854775808', '-1234567890123456789', '36028799166447617', '-36028799166447617',
  ],
  f: [
    '0', '-0', '1', '-1', '0.5', '-0.5', '1.5', '2.5', '-2.5', '0.1', 'NaN', 'Infinity', '-Infinity', '1e-45', '16777217',
    '2147483647', '2147483648', '-2147483649', '4294967296', '-0.99', '9.3e18', '-9.3e18', '1.9e19', '3.5e38', '1e300', '0.49999999999999994',
  ],
};
const numbersOf = (type) => NUMBERS[type] ?? NUMBERS.f;
const words = (text) => text.trim().split(/\s+/);
const signs = (names) => names.flatMap((name) => [`${name}_s`, `${name}_u`]);

function arithmetic() {
  const found = [];
  for (const type of ['i32', 'i64']) {
    for (const name of ['eqz', ...words('clz ctz popcnt extend8_s extend16_s')]) found.push([type, name, name === 'eqz' ? 'i32' : type, 1]);
    for (const name of ['add', 'sub', 'mul', ...signs(['div', 'rem', 'shr']), ...words('and or xor shl rotl rotr')]) found.push([type, name, type, 2]);
    for (const name of ['eq', 'ne', ...signs(words('lt gt le ge'))]) found.push([type, name, 'i32', 2]);
    for (const from of ['f32', 'f64']) {
      for (const name of signs(['trunc', 'trunc_sat'])) found.push([from, name.replace(/_[su]$/, `_${from}$&`), type, 1, type]);
      for (const sign of ['s', 'u']) found.push([type, `convert_${type}_${sign}`, from, 1, from]);
    }
  }
  for (const type of ['f32', 'f64']) {
    for (const name of words('abs neg ceil floor trunc nearest sqrt')) found.push([type, name, type, 1]);
    for (const name of words('add sub mul div min max copysign')) found.push([type, name, type, 2]);
    for (const name of words('eq ne lt gt le ge')) found.push([type, name, 'i32', 2]);
  }
  return [
    ...found, ['i64', 'extend32_s', 'i64', 1], ['i64', 'wrap_i64', 'i32', 1, 'i32'], ['i32', 'extend_i32_s', 'i64', 1, 'i64'],
    ['i32', 'extend_i32_u', 'i64', 1, 'i64'], ['f64', 'demote_f64', 'f32', 1, 'f32'], ['f32', 'promote_f32', 'f64', 1, 'f64'],
    ['f32', 'reinterpret_f32', 'i32', 1, 'i32'], ['f64', 'reinterpret_f64', 'i64', 1, 'i64'],
    ['i32', 'reinterpret_i32', 'f32', 1, 'f32'], ['i64', 'reinterpret_i64', 'f64', 1, 'f64'],
  ];
}

test('every arithmetic instruction gives the same on numbers at the edges', () => {
  const list = arithmetic();
  const sides = both(
    assemble(
      list.map(([type, name, result, arity, owner = type]) => {
        const operands = ['(local.get 0)', '(local.get 1)'].slice(0, arity).join(' ');
        return `(func (export "${owner}.${name}") (param ${type} ${type}) (result ${result}) (${owner}.${name} ${operands}))`;
      }).join('\n'),
    ),
  );
  assert.equal(Object.keys(sides.native).length, list.length);
  for (const [type, name, , arity, owner = type] of list) {
    for (const a of numbersOf(type)) {
      // Whose NaN it is, the bits may tell.
      if (name.startsWith('reinterpret_f') && a === 'NaN') continue;
      for (const b of arity > 1 ? numbersOf(type) : ['0']) {
        if (name === 'copysign' && b === 'NaN') continue;
        agree(sides, `${owner}.${name}`, a, b);
      }
    }
  }
});

// By hand.

test('branches: tables, loops with values, early returns', () => {
  const sides = both(assemble(`
    (func (export "table") (param i32) (result i32)
      (block $c (block $b (block $a (br_table $a $b $c (local.get 0))) (return (i32.const 10))) (return (i32.const 20)))
      (i32.const 30))
    (func (export "valued") (param i32) (result i32)
      (i32.add (i32.const 1) (block $a (result i32)
        (i32.mul (i32.const 3) (block $b (result i32)
          (br_table $a $b $a (i32.add (local.get 0) (i32.const 5)) (local.get 0)))))))
    (func (export "collatz") (param i32) (result i32) (local $n i32)
      (block $done (result i32) (loop $again (result i32)
        (drop (br_if $done (local.get $n) (i32.le_u (local.get 0) (i32.const 1))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (local.set 0 (if (result i32) (i32.and (local.get 0) (i32.const 1))
          (then (i32.add (i32.mul (local.get 0) (i32.const 3)) (i32.const 1)))
          (else (i32.shr_u (local.get 0) (i32.const 1)))))
        (br $again))))
    (func $factorial (export "factorial") (param i64) (result i64)
      (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))
        (else (i64.mul (local.get 0) (call $factorial (i64.sub (local.get 0) (i64.const 1)))))))
    (func (export "stale") (param i32) (result i32)
      (i32.sub (local.get 0) (block (result i32) (local.set 0 (i32.const 7))
        (br_if 0 (local.tee 0 (i32.const 9)) (local.get 0)) (drop) (local.get 0))))
    (func (export "taken") (param i32) (result i32) (i32.sub (local.get 0) (local.tee 0 (i32.const 5))))
    (func (export "oneway") (param i32) (result i32)
      (i32.sub (local.get 0) (block (result i32)
        (drop (br_if 0 (i32.const 1) (i32.and (local.get 0) (i32.const 1)))) (local.set 0 (i32.const 7)) (i32.const 2))))
    (func (export "under") (param i32 i32) (result i32)
      (i32.add (local.get 0) (block $a (result i32) (i32.add (local.get 0) (i32.mul (local.get 1)
        (br_if $a (local.get 1) (i32.gt_s (local.get 0) (local.get 1))))))))
    (func (export "unary") (param i32 i32) (result i32)
      (i32.eqz (i32.eqz (i32.eqz (i32.ge_u (local.get 0) (local.get 1))))))
    (func (export "choice") (param i32 f64 f64) (result f64)
      (select (local.get 1) (local.get 2) (i32.lt_s (local.get 0) (i32.const 3))))
    (func $endless (export "endless") (result i32) (i32.add (i32.const 1) (call $endless)))
    (func (export "lost") (param i32) (result i32)
      (i32.const 40)
      (if (i32.gt_s (local.get 0) (i32.const 1)) (then (i32.const 50) (i32.const 60) (return)))
      (i32.add (local.get 0)))
    (func (export "dead") (result i32) (block (unreachable) (drop (i32.add (i32.const 1)))) (i32.const 1))`));
  for (const value of ['0', '1', '2', '3', '-1', '27']) {
    for (const name of words('table valued collatz stale taken oneway lost')) agree(sides, name, value);
    for (const other of ['0', '2', '5']) {
      agree(sides, 'under', value, other);
      agree(sides, 'unary', value, other);
      agree(sides, 'choice', value, other, '-0');
    }
  }
  assert.equal(agree(sides, 'factorial', '20'), 2432902008176640000n);
  assert.equal(agree(sides, 'endless'), 'trap');
  assert.equal(agree(sides, 'dead'), 'trap');
});

test('memory: every width, unaligned, out of bounds, growing, in bulk', () => {
  const widths = [
    ...['i32', 'i64'].flatMap((type) => [...signs(['load8', 'load16']), 'load'].map((name) => [type, name])),
    ['i64', 'load32_s'], ['i64', 'load32_u'], ['f32', 'load'], ['f64', 'load'],
  ];
  const stores = ['i32.store8', 'i32.store16', 'i32.store', 'i64.store8', 'i64.store16', 'i64.store32', 'i64.store', 'f32.store', 'f64.store'];
  const sides = both(assemble(`
    (memory (export "memory") 1 3)
    (data (i32.const 8) "\\01\\82\\03\\84\\f5\\86\\07\\98\\89\\7a")
    ${widths.map(([type, name]) => `(func (export "${type}.${name}") (param i32) (result ${type}) (${type}.${name} offset=3 (local.get 0)))`).join('\n')}
    ${stores.map((name) => `(func (export "${name}") (param i32 ${name.slice(0, 3)}) (${name} offset=2 (local.get 0) (local.get 1)))`).join('\n')}
    (func (export "far") (param i32) (result i32) (i32.load8_u offset=4294967295 (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (memory.size))
    (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
    (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))`));
  const attempt = () => {
    for (const place of ['5', '6', '7', '8', '9', '65525', '65528', '65529', '65530', '65531', '65532', '65533', '131070', '-1', '-3', '-4']) {
      for (const [type, name] of widths) agree(sides, `${type}.${name}`, place);
      for (const name of stores) agree(sides, name, place, '-7235');
      agree(sides, 'far', place);
    }
    for (const count of ['0', '1', '300', '70000', '-1']) {
      for (const [to, from] of [['100', '8'], ['8', '100'], ['10', '8'], ['65536', '0'], ['0', '65530'], ['-1', '-1']]) {
        for (const name of words('copy fill')) agree(sides, name, to, from, count);
      }
    }
  };
  attempt();
  const before = sides.ours.memory.buffer;
  for (const pages of ['0', '1', '-1', '5', '1', '1']) agree(sides, 'grow', pages);
  assert.equal(agree(sides, 'size'), 3);
  assert.notEqual(sides.ours.memory.buffer, before);
  attempt();
});

test('tables and globals', () => {
  const sides = both(assemble(`
    (type $one (func (param i32) (result i32))) (type $same (func (param i32) (result i32))) (type $other (func (result i32)))
    (table 5 funcref) (elem (i32.const 1) $double $seven $double)
    (global $count (mut i32) (i32.const 5)) (global $wide (mut i64) (i64.const -2)) (global $half f32 (f32.const 0.1))
    (global $e f64 (f64.const 2.718281828))
    (func $double (type $one) (i32.mul (local.get 0) (i32.const 2)))
    (func $seven (type $other) (global.set $count (i32.const 7)) (i32.const 7))
    (func (export "call") (param i32) (result i32) (call_indirect (type $same) (i32.const 21) (local.get 0)))
    (func (export "between") (result i32) (i32.sub (global.get $count) (i32.add (call $seven) (global.get $count))))
    (func (export "wide") (result i64) (global.set $wide (i64.shl (global.get $wide) (i64.const 31))) (global.get $wide))
    (func (export "half") (result f32) (global.get $half)) (func (export "e") (result f64) (global.get $e))`));
  for (const index of ['0', '1', '2', '3', '4', '5', '-1']) agree(sides, 'call', index);
  for (const name of words('between between wide wide half e')) agree(sides, name);
});

test('what is not supported is an error with a name', () => {
  const imported = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 2, 1, 0]);
  assert.throws(() => instantiate(imported), /section 2 is not supported/);
  const bytes = assemble('(func (export "f") (result i32) (i32.clz (i32.const 1)))');
  bytes[bytes.lastIndexOf(0x67)] = 0xd3;
  assert.throws(() => instantiate(bytes), /instruction 211 is not supported/);
});

// Modules that nobody wrote; without passive segments, which are not supported.

const ACTIVE = ['--disable-bulk-memory', '--disable-bulk-memory-opt'];

const STUB = `(module
  ${['i32', 'i64', 'f32', 'f64'].map((type) => `(func (export "log-${type}") (param ${type}))`).join('\n')}
  (func (export "sleep") (param i32 i32) (result i32) (local.get 1)))`;

test('modules of the fuzzer of binaryen behave the same', () => {
  writeFileSync(scratchFile('stub.wat'), STUB);
  let calls = 0;
  for (let seed = 1; seed <= 24; seed++) {
    const random = randomFrom(seed);
    writeFileSync(scratchFile('seed'), Buffer.from(Array.from({ length: 2500 }, () => random(256))));
    tool('wasm-opt', scratchFile('seed'), ...ACTIVE, '-ttf', '--denan', ...(seed % 2 ? ['-O1'] : []), '-o', scratchFile('fuzz.wasm'));
    tool('wasm-merge', scratchFile('fuzz.wasm'), 'fuzz', scratchFile('stub.wat'), 'fuzzing-support', ...ACTIVE, '-o', scratchFile('merged.wasm'));
    const bytes = new Uint8Array(readFileSync(scratchFile('merged.wasm')));
    // Now and then it wants more than the stub has.
    if (WebAssembly.Module.imports(new WebAssembly.Module(bytes)).length) continue;
    const sides = both(bytes);
    for (const [name, call] of Object.entries(sides.native)) {
      if (typeof call !== 'function') continue;
      for (let times = 0; times < 3; times++) {
        agree(sides, name, ...Array.from({ length: call.length }, () => NUMBERS.i32[random(NUMBERS.i32.length)]));
        calls++;
      }
    }
  }
  assert.ok(calls > 300, `only ${calls} calls`);
});
