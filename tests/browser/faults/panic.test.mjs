// The core panics: a module in which one function is `unreachable`, which is what a panic is in it. Every pipe
// is in the middle of a turn then.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PIPES, startBench } from './bench.mjs';
import { carried, message, turn } from './wires.mjs';

const RECORDS = message('ü', '🌻');

let bench;
let cuts;
before(async () => {
  bench = await startBench();
  cuts = {};
  for (const pipe of PIPES) {
    const { wire, begins } = turn(pipe, RECORDS);
    bench.line.wires[pipe] = wire;
    cuts[pipe] = begins[1];
  }
});
after(() => bench.close());

// In the page, before the tap: the function that is exported as `name` traps when it is called.
function breaking(name) {
  const { Module } = WebAssembly;
  WebAssembly.Module = function (bytes) {
    return new Module(trapping(bytes));
  };

  // The sections of a module are rewritten as they are, but for one body of the last that has any.
  function trapping(bytes) {
    let at = 8;
    const number = () => {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++];
        value |= (byte & 127) << shift;
        if (byte < 128) return value;
      }
    };
    const written = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...written(value >>> 7)]);
    const out = [...bytes.subarray(0, 8)];
    let imported = 0;
    let broken = -1;
    while (at < bytes.length) {
      const id = bytes[at++];
      const length = number();
      const begin = at;
      let section = bytes.subarray(begin, begin + length);
      if (id === 2) imported = number();
      if (id === 7) {
        for (let left = number(); left > 0; left--) {
          const size = number();
          const called = new TextDecoder().decode(bytes.subarray(at, (at += size)));
          const kind = bytes[at++];
          const index = number();
          if (kind === 0 && called === name) broken = index - imported;
        }
      }
      if (id === 10) {
        const count = number();
        const bodies = written(count);
        for (let index = 0; index < count; index++) {
          const size = number();
          // No locals, unreachable, end.
          const body = index === broken ? [0, 0x00, 0x0b] : bytes.subarray(at, at + size);
          at += size;
          bodies.push(...written(body.length));
          for (const byte of body) bodies.push(byte);
        }
        section = bodies;
      }
      out.push(id, ...written(section.length));
      for (const byte of section) out.push(byte);
      at = begin + length;
    }
    window.__broken = broken >= 0;
    return new Uint8Array(out);
  }
}

// In the page: all pipes are opened and stall; then they go on, and a fetch comes after them.
async function together({ line, pipes, cuts, enough, prefix }) {
  const arrived = [];
  let goOn;
  const gone = new Promise((done) => (goOn = done));
  const reading = pipes.map((pipe) => __pipes.read(pipe, line, { wire: pipe, cut: cuts[pipe], rest: 1, key: `${prefix}-${pipe}-${!!window.__claudeTap}` }, {
    enough: enough[pipe],
    arrived: () => {
      arrived.push(pipe);
      return gone;
    },
  }));
  while (arrived.length < pipes.length) await __turn();
  goOn();
  const seen = await Promise.all(reading);
  return [seen, await __pipes.read('fetch', line, { wire: 'fetch', key: 'after' })];
}

describe('a core that panics in the middle of all pipes', () => {
  for (const name of ['open', 'request', 'response', 'commit', 'message', 'state', 'end', 'read']) {
    test(`in ${name}`, async () => {
      const enough = Object.fromEntries(PIPES.map((pipe) => [pipe, pipe === 'es' || pipe === 'ws' ? 1 : carried(pipe, RECORDS)[0].length]));
      const native = { read: () => ({ broken: window.__broken, fetch: Function.prototype.toString.call(fetch) }) };
      const { told } = await bench.both(together, { pipes: PIPES, cuts, enough, prefix: name }, { first: `(${breaking})(${JSON.stringify(name)})`, ...native });
      assert.equal(told.read.broken, true, 'the test itself');
      assert.match(told.failure, /unreachable/);
      const said = told.notices.map(({ code, count, streamId }) => [code, count, streamId]);
      assert.deepEqual(said, [['core_failed', told.counted.core_failed, 0]]);
      assert.deepEqual(Object.keys(told.counted), ['core_failed']);
      // Each that was open is counted; all four, where it broke when the first ended.
      assert.ok(told.counted.core_failed >= 1 && told.counted.core_failed <= PIPES.length);
      if (name === 'end') assert.equal(told.counted.core_failed, PIPES.length);
      // What was told is what was there, and nothing comes after it.
      for (const [key, list] of Object.entries(told.streams)) {
        assert.equal(list.length, 1, key);
        assert.deepEqual(list[0].ends, [], key);
      }
      assert.equal(told.streams.after, undefined);
      assert.match(told.read.fetch, /^function fetch\(\)/, 'the page has its own fetch back');
    });
  }
});
