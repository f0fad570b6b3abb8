// The module's memory. A typed array neither traps nor reads across its alignment, so both are asked
// here.

import { trap } from './numeric.js';

const Bytes = Uint8Array;
const Words = Int32Array;
const PAGE = 65536;

// The page may replace the methods later.
const method = (name) => Function.prototype.call.bind(Bytes.prototype[name]);
const copyWithin = method('copyWithin');
const fillWith = method('fill');
export const setBytes = method('set');
export const subarray = method('subarray');

export function linearMemory() {
  let buffer, bytes, words, size, limit;

  function become(pages) {
    buffer = new ArrayBuffer(pages * PAGE);
    bytes = new Bytes(buffer);
    words = new Words(buffer);
    size = pages * PAGE;
  }

  function check(address, length) {
    return address + length > size ? trap('out of bounds memory access') : address;
  }

  function load8(address) {
    return bytes[address < size ? address : check(address, 1)];
  }
  function load16(address) {
    check(address, 2);
    return bytes[address] | (bytes[address + 1] << 8);
  }
  function load32(address) {
    if (!(address & 3) && address < size) return words[address >>> 2];
    check(address, 4);
    return load16(address) | (load16(address + 2) << 16);
  }
  function store8(address, value) {
    bytes[check(address, 1)] = value;
  }
  function store16(address, value) {
    check(address, 2);
    bytes[address] = value;
    bytes[address + 1] = value >> 8;
  }
  function store32(address, value) {
    if (!(address & 3) && address < size) {
      words[address >>> 2] = value;
      return;
    }
    check(address, 4);
    store16(address, value);
    store16(address + 2, value >> 16);
  }

  return {
    load8, load16, load32, store8, store16, store32,
    signed8: (address) => (load8(address) << 24) >> 24,
    signed16: (address) => (load16(address) << 16) >> 16,
    buffer: () => buffer,
    create(pages, atMost) {
      limit = atMost;
      become(pages);
    },
    pages: () => size / PAGE,
    grow(more) {
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
    },
    copy(to, from, count) {
      check(to, count);
      check(from, count);
      copyWithin(bytes, to, from, from + count);
    },
    fill(to, value, count) {
      check(to, count);
      fillWith(bytes, value, to, to + count);
    },
    write(to, source, from, count) {
      check(to, count);
      if (from + count > source.length) trap('out of bounds memory access');
      setBytes(bytes, subarray(source, from, from + count), to);
    },
  };
}
