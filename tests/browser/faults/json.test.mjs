// Hostile JSON on every pipe: the page reads what it reads, and a record that we do not is counted.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PIPES, startBench } from './bench.mjs';
import { assertSound } from './oracle.mjs';
import { answer, carried, closing, message } from './wires.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const nested = (open, close, depth) => open.repeat(depth) + '1' + close.repeat(depth);

// By name: a value, as it stands in a record.
const VALUES = {
  'deep, within the bound': nested('[', ']', 300),
  'deep, beyond it': nested('[', ']', 5000),
  'deep objects, beyond it': nested('{"a":', '}', 5000),
  'deeper than a parser of JavaScript goes by itself': nested('[', ']', 200_000),
  'a megabyte of text': JSON.stringify('ü'.repeat(500_000)),
  'a name of 100 kB': `{${JSON.stringify('n'.repeat(100_000))}:1}`,
  'an array of 50,000': `[${Array(50_000).fill('0').join()}]`,
  'a name twice': '{"a":1,"a":{"b":2},"a":3}',
  '__proto__': '{"__proto__":{"polluted":1},"a":{"__proto__":null}}',
  'constructor.prototype': '{"constructor":{"prototype":{"polluted":1}},"toString":1,"hasOwnProperty":1,"toJSON":1,"then":1}',
  'numbers that none can hold': '[1e999,-1e999,123456789012345678901234567890,0.1e-999]',
  'half a character': '"\\ud83c"',
  'escapes': '"\\u0000\\u2028\\u2029\\ufeff\\/\\b"',
  'no name': '{"":1}',
  'no JSON': '{"a":undefined}',
  'cut': '{"a":',
};
const BEYOND = ['deep, beyond it', 'deep objects, beyond it', 'deeper than a parser of JavaScript goes by itself', 'no JSON', 'cut'];

/** A message with a tool that is given the value. */
const withTool = (value) => {
  const records = message('x');
  records.splice(1, 3,
    `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"n","input":${value}}}`,
    '{"type":"content_block_stop","index":0}');
  return records;
};

// In the page: what it makes of each record, and of the prototype afterwards.
async function parsed({ line, pipe, names }) {
  const seen = [];
  const pure = () => [({}).polluted, Object.keys(Object.prototype).length];
  const inputs = (window.__inputs = {});
  let name = '';
  window.__claudeHooks?.on('PreToolUse', ({ toolInput }) => (inputs[name] = JSON.stringify(toolInput)));
  for (name of names) {
    const result = await __pipes.read(pipe, line, { wire: `${pipe} ${name}`, key: name });
    if (window.__told) await __told.quiet();
    seen.push([JSON.stringify(result), pure()]);
  }
  return seen;
}

describe('hostile JSON', () => {
  for (const pipe of PIPES) {
    test(pipe, async () => {
      const names = Object.keys(VALUES);
      for (const name of names) {
        const records = carried(pipe, withTool(VALUES[name]));
        bench.line.wires[`${pipe} ${name}`] = answer(pipe, Buffer.concat(pipe === 'ws' ? [...records, closing(1000)] : records));
      }
      const { told } = await bench.both(parsed, { pipe, names }, { read: () => window.__inputs });
      for (const name of names) {
        const [found] = told.streams[name];
        const read = !BEYOND.includes(name);
        // Raw, it is all there.
        assert.equal(found.frames.length, 4, name);
        assert.deepEqual(found.notices.filter(([code]) => code === 'invalid_json'), read ? [] : [['invalid_json', 1]], name);
        // In a session what was told once is not told again.
        if (pipe === 'es' || pipe === 'ws') continue;
        if (read) assert.equal(told.read[name], JSON.stringify(JSON.parse(VALUES[name])), name);
        else assert.equal(told.read[name], undefined, name);
      }
      assertSound(told);
    });
  }
});
