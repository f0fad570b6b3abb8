// The realm is in the way: intrinsics frozen, Object.prototype polluted, before the tap comes or after.

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

// Scripts. What each does to the realm is done in both pages.
const FROZEN = `
  const seen = new Set();
  const freeze = (value) => {
    if (Object(value) !== value || seen.has(value) || value === window || value === document) return;
    seen.add(value);
    for (const found of Object.values(Object.getOwnPropertyDescriptors(value))) {
      for (const part of [found.value, found.get, found.set]) freeze(part);
    }
    if (!ArrayBuffer.isView(value)) Object.freeze(value);
  };
  for (const name of NAMES) if (window[name]) freeze(window[name]);
  freeze(Object.getPrototypeOf(Uint8Array));
  freeze((async () => {}).constructor);
`;
const LANGUAGE = `const NAMES = ['Object', 'Function', 'Array', 'String', 'Number', 'Boolean', 'Symbol', 'Error', 'TypeError', 'RangeError', 'Promise', 'Reflect',
  'Proxy', 'JSON', 'Math', 'Date', 'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'ArrayBuffer', 'Uint8Array', 'Uint32Array',
  'Float64Array', 'DataView', 'RegExp', 'BigInt'];`;
const PLATFORM = `const NAMES = ['Response', 'Request', 'Headers', 'ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader', 'WritableStream',
  'TransformStream', 'XMLHttpRequest', 'XMLHttpRequestUpload', 'XMLHttpRequestEventTarget', 'EventSource', 'WebSocket', 'EventTarget', 'Event', 'MessageEvent',
  'CloseEvent', 'AbortSignal', 'AbortController', 'URL', 'URLSearchParams', 'TextDecoder', 'TextEncoder', 'Blob', 'MessagePort', 'MessageChannel', 'Navigator'];`;
const block = (...parts) => `{ ${parts.join('\n')} }`;

const pollute = (names, descriptor, holder = 'Object') => `{
  const names = ${JSON.stringify(names)};
  window.__restore = () => names.forEach((name) => delete ${holder}.prototype[name]);
  const descriptors = names.map(() => (${descriptor}));
  for (let at = 0; at < names.length; at++) Object.defineProperty(${holder}.prototype, names[at], descriptors[at]);
}`;

const REALMS = {
  'the language is frozen': block(LANGUAGE, FROZEN),
  'the platform is frozen': block(PLATFORM, FROZEN),
  // Names of what pagetap's objects and options have, and more.
  'Object.prototype has values': pollute(
    ['url', 'once', 'capture', 'passive', 'id', 'bytes', 'transport', 'adopted', 'frames', 'hooks',
      'taps', 'status', 'streamId', 'kind', 'type', 'detail', 'code', 'count', 'text', 'data', 'error', 'reason', 'agentId', 'replay', 'turnId',
      'messageId', 'length', 'name', 'key', 'state', 'shared', 'message', 'how', 'flush', 'raw', 'ts', '0'],
    "{ value: 'polluted', writable: true, configurable: true }"),
  'Object.prototype has functions': pollute(
    ['apply', 'construct', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'defineProperty', 'deleteProperty', 'start', 'pull',
      'cancel', 'write', 'close', 'abort', 'transform', 'flush', 'handleEvent', 'toJSON', 'message', 'state', 'leave', 'wants'],
    "{ value() { throw new Error('polluted'); }, writable: true, configurable: true }"),
  'Object.prototype has setters': pollute(
    ['url', 'method', 'bytes', 'streamId', 'kind', 'ts', 'code', 'count', 'detail', 'conversationId', 'dialect', 'observed', 'seq', 'raw', 'text',
      'transport', 'how', 'ticket', 'exchange', 'reader', 'turnId', 'messageId', 'model', 'direction', 'data', 'offset', 'length', 'fetch'],
    "{ __proto__: null, get() { return undefined; }, set() { throw new Error('polluted'); }, configurable: true }"),
  // What nobody set is found there.
  'Object.prototype has options': pollute(['dom', 'wire', 'match', 'workers', 'limits', 'readBlobs'],
    "{ value: 'polluted', writable: true, configurable: true }"),
  // Whoever describes a property inherits it: so does a page, and most of what it loads.
  'Object.prototype has a value for every property': pollute(['writable', 'value'],
    "{ __proto__: null, value: true, writable: true, configurable: true }"),
};

// The tap has stopped, which is said and counted.
const stopped = (why) => (told) => {
  assert.match(told.failure, why);
  assert.ok(told.counted.core_failed >= 1);
  assert.deepEqual(Object.keys(told.counted).filter((code) => code !== 'cannot_patch'), ['core_failed']);
};

// What is lost, and who says so; nothing, of all others.
const LOST = {
  'the platform is frozen, before the tap': (told) => {
    // All that could not be patched, before anybody could listen; and an answer of which only the request was seen.
    assert.ok(told.counted.cannot_patch > 40);
    assert.deepEqual(told.notices.map(({ code, count }) => [code, count]), [['stream_unobserved', 1]]);
    assert.deepEqual([told.failure, Object.keys(told.streams), told.streams.fetch[0].ends], [null, ['fetch'], [['unobserved', 0]]]);
  },
  'Object.prototype has options, before the tap': (told, said) => {
    assert.equal(Object.keys(told).length, 1, 'there is no tap');
    assert.match(said, /pagetap is not installed: .* must be/);
  },
  'Object.prototype has a value for every property, after it': stopped(/property descriptor/),
  'Object.prototype has setters, before the tap': stopped(/polluted/),
  'Object.prototype has setters, after it': stopped(/polluted/),
};

// In the page: every pipe, in that realm, which is put right before anybody is told of it.
async function every({ line, pipes, script, first }) {
  const realm = () => (0, eval)(script);
  if (first) realm();
  __install();
  if (!first) realm();
  const seen = [];
  for (let at = 0; at < pipes.length; at++) {
    seen[at] = await __pipes.read(pipes[at], line, { __proto__: null, wire: pipes[at], key: pipes[at] });
  }
  if (window.__told) await __told.quiet();
  window.__restore?.();
  return seen;
}
describe('a realm in the way', () => {
  for (const [name, script] of Object.entries(REALMS)) {
    for (const first of name.includes('a value for every') ? [false] : [true, false]) {
      const called = `${name}, ${first ? 'before the tap' : 'after it'}`;
      test(called, async () => {
        const { seen, told } = await bench.both(every, { pipes: PIPES, script, first }, { late: true, read: () => window.__said.join() });
        for (const each of seen) assert.ok(each.text || each.events?.length || each.messages?.length, 'the page has all of it');
        if (LOST[called]) return LOST[called](told, told.read);
        assert.deepEqual([told.failure, told.droppedBytes, told.notices], [null, 0, []]);
        for (const [at, pipe] of PIPES.entries()) {
          const [found] = told.streams[pipe];
          assert.equal(found.ends.length, 1, pipe);
          if (pipe === 'es' || pipe === 'ws') assert.deepEqual(found.frames.map(([, data]) => data), (seen[at].messages ?? seen[at].events.map(([, data]) => data)), pipe);
          else assert.equal(found.text, seen[at].text, pipe);
        }
      });
    }
  }
});
