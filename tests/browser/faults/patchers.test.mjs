// Another tool that patches the same, before us and after us, and a second copy of the tap: they go in every
// order, and after each step every pipe is what it would be without us.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PIPES, startBench } from './bench.mjs';
import { message, turn } from './wires.mjs';

let bench;
before(async () => {
  bench = await startBench();
  for (const pipe of PIPES) bench.line.wires[pipe] = turn(pipe, message('ü')).wire;
});
after(() => bench.close());

// In the page. Each tool takes what is there, and writes it back when it goes, whatever is there then.
async function through({ line, tapped, pipes, order }) {
  const calls = [];
  const patch = (name) => {
    const undo = [];
    const replace = (holder, key, make) => {
      const below = holder[key];
      holder[key] = make(below);
      undo.push(() => (holder[key] = below));
    };
    const wrapped = (what) => (below) => function (...args) {
      calls.push(`${name} ${what}`);
      return below.apply(this, args);
    };
    replace(window, 'fetch', wrapped('fetch'));
    replace(ReadableStream.prototype, 'getReader', wrapped('getReader'));
    replace(ReadableStreamDefaultReader.prototype, 'read', wrapped('read'));
    for (const key of ['open', 'send']) replace(XMLHttpRequest.prototype, key, wrapped(key));
    for (const key of ['send', 'close']) replace(WebSocket.prototype, key, wrapped(`socket ${key}`));
    replace(EventSource.prototype, 'close', wrapped('source close'));
    for (const constructor of ['WebSocket', 'EventSource', 'XMLHttpRequest']) {
      replace(window, constructor, (below) => class extends below {
        constructor(...args) {
          super(...args);
          calls.push(`${name} ${constructor}`);
        }
      });
    }
    return () => undo.forEach((step) => step());
  };
  const seen = [];
  const all = async (step) => {
    for (const pipe of pipes) seen.push(await __pipes.read(pipe, line, { wire: pipe, key: `${step} ${pipe}` }));
    if (window.__told) await __told.quiet();
    // How often a body is read is between it and the network.
    seen.push(calls.splice(0).filter((call, at, list) => call !== list[at - 1]));
  };
  const go = { before: patch('before') };
  __install();
  go.after = patch('after');
  __install();
  go.tap = () => window.__claudeHooksDestroy?.();
  await all('all there');
  for (const who of order) {
    go[who]();
    await all(`without ${who}`);
  }
  return seen;
}

const ORDERS = [
  ['before', 'after', 'tap'], ['before', 'tap', 'after'], ['after', 'before', 'tap'],
  ['after', 'tap', 'before'], ['tap', 'before', 'after'], ['tap', 'after', 'before'],
];

describe('with a tool before us, one after us and a second copy of the tap, which go in this order', () => {
  for (const order of ORDERS) {
    test(order.join(', '), async () => {
      const { told } = await bench.both(through, { pipes: PIPES, order }, { late: true });
      for (const [key, list] of Object.entries(told.streams)) assert.equal(list.length, 1, `${key} is told once`);
      for (const pipe of PIPES) {
        const found = told.streams[`all there ${pipe}`];
        assert.equal(found?.length, 1, pipe);
        const [{ ends, frames }] = found;
        assert.deepEqual([ends.length, frames.length], [1, message('ü').length], pipe);
      }
      // One that came after us and goes before us takes nothing away.
      if (order[0] === 'after') for (const pipe of PIPES) assert.equal(told.streams[`without after ${pipe}`]?.length, 1, pipe);
      // A tool from before us that writes back what it found takes ours away: what is seen no more is said.
      for (const { code } of told.notices) assert.equal(code, 'stream_unobserved');
      // Once we are gone, nothing is told.
      const gone = order.slice(order.indexOf('tap')).map((who) => `without ${who} `);
      assert.deepEqual(Object.keys(told.streams).filter((key) => gone.some((step) => key.startsWith(step))), []);
      assert.deepEqual([told.failure, told.droppedBytes, told.counted.cannot_patch], [null, 0, undefined]);
    });
  }
});
