// Runs the core's WebAssembly module as JavaScript, on pages whose policy forbids both WebAssembly and
// eval.
//
// Here the binary is read; ./interpreter/translate.js turns each function into code for a machine whose
// operands are slots of a stack, and ./interpreter/machine.js executes that. A slot has 8 bytes, is seen
// through a typed array per value type, and its place counts words of 32 bits: constants and globals
// come first, then a frame per call. So no value is boxed, and an f32 is its bits to a load or a store.
//
// The module is known to be valid, for a tool made it. It is translated as a whole at the start: what
// is not supported is an error then, and the page's natives are needed only once.

import { machine } from './interpreter/machine.js';
import { translate, unsupported } from './interpreter/translate.js';

/** The exports of a module without imports: its functions, and its memory as { buffer }. */
export function instantiate(bytes) {
  let position = 8;
  const byte = () => bytes[position++];
  const signed = () => {
    let value = 0n;
    let shift = 0;
    let next;
    do {
      next = byte();
      value |= BigInt(next & 127) << BigInt(shift);
      shift += 7;
    } while (next > 127);
    return BigInt.asIntN(shift, value);
  };
  const unsigned = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const next = byte();
      value += (next & 127) * scale;
      if (next < 128) return value;
    }
  };
  const list = (read) => Array.from({ length: unsigned() }, read);
  const type = () => {
    const code = byte();
    return code < 0x80 && code > 0x7b ? 0x7f - code : unsupported('value type', code);
  };
  const raw = (length = unsigned()) => bytes.slice(position, (position += length));

  /** Constants and globals, by slot. */
  const fixed = [];
  const fix = (value) => 2 * fixed.push(value) - 2;
  const integers = {};
  const integer = (value) => (integers[value] ??= fix(value));
  const bits = (bytes) => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const constant = (opcode) => (opcode < 0x43 ? integer(signed()) : fix(bits(raw(opcode === 0x43 ? 4 : 8))));
  const initial = () => {
    const place = constant(byte());
    byte();
    return place;
  };

  const types = [];
  const shapes = [];
  const globals = [];
  const code = [0];
  const entries = [];
  const table = [];
  const data = [];
  const exports = {};
  let started, limit;
  let pages = 0;

  const known = {};
  const limits = () => {
    const bounded = byte() & 1;
    return [unsigned(), bounded ? unsigned() : 1 << 16];
  };
  const callable = (index) => {
    const { params, result } = types[shapes[index]];
    const cell = (type, index) => (2 * (fixed.length + index)) >> (type & 1);
    return (...given) => {
      for (let at = 0; at < params.length; at++) views[params[at]][cell(params[at], at)] = given[at];
      run(index);
      return result < 0 ? undefined : views[result][cell(result, 0)];
    };
  };
  const sections = {
    1() {
      byte();
      const params = list(type);
      const results = list(type);
      if (results.length > 1) unsupported('results:', results.length);
      types.push((known[`${params}>${results}`] ??= { params, result: results[0] ?? -1, id: types.length }));
    },
    3: () => shapes.push(types[unsigned()].id),
    // What was never put into the table traps, inside and outside of it.
    4() {
      byte();
      limits();
    },
    5: () => ([pages, limit] = limits()),
    6() {
      type();
      byte();
      globals.push(fix(fixed[initial() / 2]));
    },
    7() {
      const name = String.fromCharCode(...raw());
      const kind = byte();
      const index = unsigned();
      if (kind === 0) exports[name] = callable(index);
      if (kind === 2) exports[name] = { get buffer() { return buffer(); } };
    },
    9: () => {
      const kind = byte();
      if (kind) unsupported('element segment', kind);
      let at = Number(fixed[initial() / 2]);
      list(() => (table[at++] = unsigned()));
    },
    10() {
      unsigned();
      const shape = types[shapes[entries.length]];
      entries.push(code.length);
      translate({ byte, unsigned, list }, code, shape, types, shapes, globals, constant, integer);
    },
    11() {
      const kind = byte();
      if (kind) unsupported('data segment', kind);
      const at = initial();
      data.push([raw(), at]);
    },
  };
  while (position < bytes.length) {
    const id = byte();
    const length = unsigned();
    if (id === 8) started = unsigned();
    else if (sections[id]) list(sections[id]);
    else if (id === 0 || id === 12) position += length;
    else unsupported('section', id);
  }

  const [views, run, buffer] = machine(fixed, code, entries, shapes, table, data, pages, limit);
  if (started >= 0) run(started);
  return exports;
}
