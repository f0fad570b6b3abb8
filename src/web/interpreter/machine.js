// Executes what ./translate.js writes.
//
// An instruction is four words: opcode, d, x, y. These are places on the stack, d that of the result:
// with the sign bit relative to the frame `p`, else fixed. Opcodes are those of WebAssembly where one
// fits; the others fill gaps, so that `switch` stays a table.
//
// After `machine` has returned it runs on a page that may have changed its natives: only those saved
// here are used.

import { NUMERIC, trap } from './numeric.js';

const { min } = Math;
const Buffer = ArrayBuffer;
const Bytes = Uint8Array;
const Words = Int32Array;
const method = (name) => Function.prototype.call.bind(Bytes.prototype[name]);
const copyWithin = method('copyWithin');
const setBytes = method('set');

const PAGE = 1 << 16;
/** The stack's words, a power of two for the sake of the mask. */
const STACK = 1 << 18;

/** Gives the views of the stack, what runs a function on it, and what gives the memory's buffer. */
export function machine(fixed, program, entries, shapes, table, data, pages, limit) {
  const code = new Words(program);
  const stack = new Buffer(STACK * 4);
  const I = new Words(stack);
  const D = new Float64Array(stack);
  const views = [I, new BigInt64Array(stack), new Float32Array(stack), D];
  // A frame has a slot at least, so this cannot overflow first.
  const calls = new Words(STACK);
  let memory, bytes, words, size;

  const become = (pages) => {
    memory = new Buffer(pages * PAGE);
    bytes = new Bytes(memory);
    words = new Words(memory);
    size = pages * PAGE;
  };
  const grow = (more) => {
    const before = size / PAGE;
    const old = bytes;
    if (before + more > limit) return -1;
    try {
      become(before + more);
    } catch {
      return -1;
    }
    setBytes(bytes, old);
    return before;
  };

  const at = (base, offset) => (base >>> 0) + (offset >>> 0);
  const check = (address, length = 1, end = size) => (address + length > end ? trap('out of bounds') : address);
  const load8 = (address) => bytes[check(address)];
  const load16 = (address) => load8(address) | (load8(address + 1) << 8);
  const load32 = (address) =>
    address & 3 ? load16(address) | (load16(address + 2) << 16) : words[check(address) >>> 2];
  // The upper half first: a trap must come before anything is written.
  const store8 = (address, value) => {
    bytes[check(address)] = value;
  };
  const store16 = (address, value) => {
    store8(address + 1, value >> 8);
    store8(address, value);
  };
  const store32 = (address, value) => {
    if (address & 3) {
      store16(address + 2, value >> 16);
      store16(address, value);
    } else words[check(address) >>> 2] = value;
  };

  /** What is rare. */
  const other = (opcode, d, i, j) => {
    const to = I[i] >>> 0;
    const from = I[j] >>> 0;
    const count = I[d] >>> 0;
    if (opcode === 0x3f) I[d] = size / PAGE;
    else if (opcode === 0x40) I[d] = grow(to);
    else if (opcode === 0x14) copyWithin(bytes, check(to, count), check(from, count), from + count);
    else if (opcode === 0x15) {
      check(to, count);
      for (let index = 0; index < count; index++) bytes[to + index] = from;
    } else {
      const entry = NUMERIC[opcode];
      const from = views[entry[1]];
      const half = entry[1] & 1;
      views[entry[0]][d >> (entry[0] & 1)] = entry[2](from[i >> half], from[j >> half]);
    }
  };

  // Written for the compiler: |0 keeps every variable a machine integer, and a loop inside this one
  // would halve its speed.
  function run(entry, frame) {
    let pc = entry | 0;
    let p = frame | 0;
    let depth = 0;
    for (;;) {
      const opcode = code[pc];
      const first = code[(pc + 1) | 0];
      let x = code[(pc + 2) | 0];
      const y = code[(pc + 3) | 0];
      const d = (((p & (first >> 31)) + first) | 0) & (STACK - 1);
      const i = (((p & (x >> 31)) + x) | 0) & (STACK - 1);
      const j = (((p & (y >> 31)) + y) | 0) & (STACK - 1);
      const a = I[i];
      const b = I[j];
      pc = (pc + 4) | 0;
      switch (opcode) {
        case 0x00:
          trap('unreachable');
        case 0x02: // copy
          I[d] = a;
          I[d + 1] = I[i + 1];
          break;
        case 0x05: // enter: four locals become zero, and more that is not in use
          if (p + y > STACK) trap('stack overflow');
          D[d >> 1] = D[(d >> 1) + 1] = D[(d >> 1) + 2] = D[(d >> 1) + 3] = 0;
          break;
        case 0x06: // i32.extend8_s
          I[d] = (a << 24) >> 24;
          break;
        case 0x0c: // br
          pc = first;
          break;
        case 0x0e: // br_table
          pc = code[(pc + min(a >>> 0, y)) | 0];
          break;
        case 0x0f: // return; the caller finds the result where its arguments were
          I[p] = a;
          I[p + 1] = I[i + 1];
          if (!depth) return;
          p = calls[--depth];
          pc = calls[--depth];
          break;
        case 0x11: // call_indirect
          if (shapes[table[a >>> 0]] !== y) trap('type mismatch');
          x = table[a >>> 0] | 0;
        // falls through
        case 0x10: // call
          calls[depth++] = pc;
          calls[depth++] = p;
          p = d;
          pc = entries[x];
          break;
        // 0x16 to 0x1f: jumps if 0x46 to 0x4f
        case 0x16:
          if (a === b) pc = first;
          break;
        case 0x17:
          if (a !== b) pc = first;
          break;
        case 0x18:
          if (a < b) pc = first;
          break;
        case 0x19:
          if (a >>> 0 < b >>> 0) pc = first;
          break;
        case 0x1e:
          if (a >= b) pc = first;
          break;
        case 0x1f:
          if (a >>> 0 >= b >>> 0) pc = first;
          break;
        case 0x28:
          I[d] = load32(at(a, y));
          break;
        case 0x29: {
          const high = load32(at(a, y) + 4);
          I[d] = load32(at(a, y));
          I[d + 1] = high;
          break;
        }
        case 0x2d:
          I[d] = load8(at(a, y));
          break;
        case 0x2f:
          I[d] = load16(at(a, y));
          break;
        case 0x36:
          store32(at(a, first), b);
          break;
        case 0x37:
          store32(at(a, first) + 4, I[j + 1]);
          store32(at(a, first), b);
          break;
        case 0x3a:
          store8(at(a, first), b);
          break;
        case 0x3b:
          store16(at(a, first), b);
          break;
        case 0x46:
          I[d] = a === b ? 1 : 0;
          break;
        case 0x47:
          I[d] = a !== b ? 1 : 0;
          break;
        case 0x48:
          I[d] = a < b ? 1 : 0;
          break;
        case 0x49:
          I[d] = a >>> 0 < b >>> 0 ? 1 : 0;
          break;
        case 0x4e:
          I[d] = a >= b ? 1 : 0;
          break;
        case 0x4f:
          I[d] = a >>> 0 >= b >>> 0 ? 1 : 0;
          break;
        case 0x6a:
          I[d] = (a + b) | 0;
          break;
        case 0x6b:
          I[d] = (a - b) | 0;
          break;
        case 0x71:
          I[d] = a & b;
          break;
        case 0x72:
          I[d] = a | b;
          break;
        case 0x74:
          I[d] = a << b;
          break;
        case 0x76:
          I[d] = a >>> b;
          break;
        default:
          other(opcode, d, i, j);
      }
    }
  }

  become(pages);
  views[1].set(fixed);
  for (const [content, at] of data) setBytes(bytes, content, check(I[at] >>> 0, content.length));
  return [views, (callee) => run(entries[callee], fixed.length * 2), () => memory];
}
