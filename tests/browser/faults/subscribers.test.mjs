// A subscriber that misbehaves, in the middle of all pipes: the page sees the same, and so do the other
// subscribers.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PIPES, startBench } from './bench.mjs';
import { message, turn } from './wires.mjs';

let bench;
before(async () => {
  bench = await startBench();
  for (const pipe of PIPES) bench.line.wires[pipe] = turn(pipe, message('ü', '🌻')).wire;
});
after(() => bench.close());

// Each subscribes to both layers, before the subscriber that tells the truth (`misbehave`) or behind it.
const WAYS = {
  'none': () => {},
  'throws': (on) => on(() => {
    throw new Error('mine');
  }),
  'throws nothing': (on) => on(() => {
    throw undefined;
  }),
  'rejects': (on) => on(() => Promise.reject(new Error('mine'))),
  'never settles': (on) => on(() => new Promise(() => {})),
  'is a thenable that throws': (on) => on(() => ({
    get then() {
      throw new Error('mine');
    },
  })),
  // For as long as the line takes for another answer.
  'hangs': (on, { busy }) => {
    let left = 4;
    on(() => {
      if (left-- > 0) busy();
    });
  },
  're-enters': (on) => on(() => {
    const nothing = () => {};
    __claudeTap.on(nothing)();
    __claudeHooks.on('*', nothing)();
    __claudeHooks.once('Stop').catch(nothing);
    __claudeHooks.events().return();
    __claudeHooks.translate({ dialect: 'messages', events: { x: { act: 'ignore' } } });
    __claudeHooks.stats();
    __claudeTap.streams();
  }),
  'asks again': (on, { ask }) => {
    let left = 3;
    on(() => {
      if (left-- > 0) ask();
    });
  },
  'unsubscribes itself': (on) => {
    const offs = [on(() => offs.forEach((off) => off()))].flat();
  },
  'mutates what it gets': (on) => on((event) => {
    for (const name of Object.keys(event)) {
      const value = event[name];
      if (value instanceof Uint8Array) value.fill(0);
      event[name] = 'mine';
    }
    event.more = 'mine';
    if (event.raw?.bytes) event.raw.bytes.fill(0);
    delete event.type;
    Object.setPrototypeOf(event, null);
    Object.freeze(event);
  }),
};

// In the page: every pipe once, beside the subscriber if there is a tap.
async function beside({ line, tapped, way, pipes, first }) {
  const truth = [];
  const misbehave = () => (0, eval)(`(${way})`)(
    (listener) => [__claudeTap.on(listener), __claudeHooks.on('*', listener)],
    {
      busy: () => {
        const xhr = new XMLHttpRequest();
        xhr.open('GET', `/json?busy`, false);
        xhr.send();
      },
      ask: () => __pipes.read('fetch', line, { wire: 'fetch', key: 'again' }, { host: 5 }),
    },
  );
  if (tapped) {
    if (first) misbehave();
    const copied = (event) => {
      const { ts, raw, data, bytes, ...rest } = event;
      truth.push(JSON.stringify({ ...rest, data: String(data), bytes: bytes && [...bytes].join(), raw: raw?.bytes && [...raw.bytes].join() })
        .replace(/key=[\w-]+/, ''));
    };
    __claudeTap.on(copied);
    __claudeHooks.on('*', copied);
    if (!first) misbehave();
  }
  const seen = [];
  for (const pipe of pipes) {
    seen.push(await __pipes.read(pipe, line, { wire: pipe, key: pipe }));
    // Every event of one before the next begins: their order is the same then.
    if (tapped) await window.__told.quiet();
  }
  if (tapped) window.__truth = truth;
  return seen;
}

// What is shared is theirs who come first: all get the same object.
const SHARED = 'mutates what it gets';
const ERRORS = ['throws', 'throws nothing', 'rejects', 'is a thenable that throws'];

describe('beside a subscriber that', () => {
  let truth;
  for (const [name, way] of Object.entries(WAYS)) {
    test(name, async () => {
      for (const first of name === SHARED ? [false] : [true, false]) {
        const { told } = await bench.both(beside, { way: String(way), pipes: PIPES, first }, { read: () => window.__truth });
        assert.deepEqual([told.failure, told.droppedBytes, told.counted], [null, 0, {}]);
        assert.equal(told.listenerErrors > 0, ERRORS.includes(name));
        const heard = told.read;
        truth ??= heard;
        assert.ok(truth.length > 40);
        if (name !== 'asks again') assert.deepEqual(heard, truth, 'the others are told the same');
        for (const pipe of PIPES) assert.equal(told.streams[pipe][0].ends.length, 1);
      }
    });
  }
});
