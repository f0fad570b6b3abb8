// WebSocketStream: the page gets what it gets natively, and the sink each message that it reads or
// writes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';
import { compare, side, told, within } from './messages.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const STREAM = `window.__stream = (key, more = '', options) => new WebSocketStream(location.origin.replace('http', 'ws') + '/socket?key=' + key + more, options);`;
const same = (scenario, options) => compare(bench, scenario, { before: STREAM, ...options });

const streams = (name, run) => test(name, async (t) => {
  if (!(await bench.supports('!!window.WebSocketStream'))) return t.skip('this browser has no WebSocketStream');
  await run(t);
});

streams('promises, streams and attributes are what they are natively', async () => {
  const run = await same(async ({ key }) => {
    const seen = {};
    const rejections = [];
    addEventListener('unhandledrejection', (event) => {
      rejections.push(window.__show(event.reason));
      event.preventDefault();
    });
    for (const name of ['WebSocketStream', 'WritableStream', 'WritableStreamDefaultWriter']) {
      const { prototype } = window[name];
      for (const member of Reflect.ownKeys(prototype)) {
        const found = Object.getOwnPropertyDescriptor(prototype, member);
        const fn = found.get ?? found.value;
        seen[`${name}.${String(member)}`] = [Object.keys(found).join(), found.enumerable, found.configurable, fn.name, fn.length, String(fn)].join();
      }
    }
    const results = (promise) => promise.then(() => 'fulfilled', window.__show);
    seen['opened of nothing'] = await results((async () => Object.getOwnPropertyDescriptor(WebSocketStream.prototype, 'opened').get.call({}))());
    const refused = window.__stream(key, '&refuse=1');
    seen.refused = [await results(refused.opened), await results(refused.closed)];
    const ignored = window.__stream(key, '&refuse=1');
    ignored.opened;
    const untouched = window.__stream(key, '&refuse=1');
    await results(untouched.closed);
    await results(ignored.closed);
    await window.__turn();
    seen.rejections = rejections;
    const stream = window.__stream(key, '', { protocols: ['mcp'] });
    seen.identity = [stream.opened === stream.opened, stream.closed === stream.closed, stream.opened instanceof Promise, stream.closed === stream.opened];
    const { readable, writable, protocol, ...rest } = await stream.opened;
    seen.opened = [protocol, JSON.stringify(rest), String(readable), String(writable)];
    seen['own keys'] = [stream, readable, writable].map((one) => Reflect.ownKeys(one).length).join();
    const writer = writable.getWriter();
    seen.written = [String(await writer.write('x')), writable.locked];
    seen['second writer'] = await results((async () => writable.getWriter())());
    seen['bad chunk'] = await results(writer.write(Symbol('s')));
    stream.close({ closeCode: 4000, reason: 'done' });
    seen.closed = JSON.stringify(await stream.closed.catch(window.__show));
    return seen;
  });
  await run.close();
});

// The page reads to the end, each in its own way.
const WAYS = {
  reader: async (readable) => {
    const reader = readable.getReader();
    const got = [];
    for (let result; !(result = await reader.read()).done; ) got.push(result.value);
    return got;
  },
  iteration: async (readable) => {
    const got = [];
    for await (const value of readable) got.push(value);
    return got;
  },
  tee: async (readable) => {
    const all = await Promise.all(readable.tee().map(async (branch) => {
      const got = [];
      for await (const value of branch) got.push(value);
      return got;
    }));
    return all[1];
  },
  pipe: async (readable) => {
    const got = [];
    await readable.pipeTo(new WritableStream({ write: (value) => void got.push(value) }));
    return got;
  },
};

for (const [name, way] of Object.entries(WAYS)) {
  streams(`both directions, the page reads by ${name}`, async () => {
    const run = await same(
      async ({ key, way }) => {
        const stream = window.__stream(key, '&greet=hello', { protocols: ['mcp'] });
        const { readable, writable } = await stream.opened;
        const reading = (0, eval)(`(${way})`)(readable);
        const writer = writable.getWriter();
        const bytes = new Uint8Array([1, 2, 3]);
        await writer.write('text');
        await writer.write(bytes.subarray(1));
        await writer.write(bytes.buffer);
        await writer.write('!close 4001 kicked');
        const got = await reading;
        return [got.map((value) => (typeof value === 'string' ? value : [...new Uint8Array(value)])), await stream.closed];
      },
      { given: { way: String(way) } },
    );
    const seen = await told(run);
    within(seen, { protocol: 'mcp', code: 4001, detail: 'kicked', messages: seen.messages });
    assert.deepEqual(side(seen, 'in'), ['hello', 'text', 'bytes 2,3', 'bytes 1,2,3']);
    assert.deepEqual(side(seen, 'out'), ['text', 'bytes 2,3', 'bytes 1,2,3', '!close 4001 kicked']);
    await run.close();
  });
}

streams('how it ends', async () => {
  const ways = {
    'the page closes': [(stream) => stream.close({ closeCode: 4003, reason: 'enough' }), { code: 4003, detail: 'enough' }],
    'the page cancels': [(stream, reader) => reader.cancel(), { code: 1005 }],
    'the connection is lost': [(stream, reader, writer) => writer.write('!drop'), { end: 'failed', code: 1006 }],
  };
  for (const [name, [way, expected]] of Object.entries(ways)) {
    const run = await same(
      async ({ key, way }) => {
        const stream = window.__stream(key);
        const { readable, writable } = await stream.opened;
        const reader = readable.getReader();
        const read = reader.read().then(({ done }) => done, window.__show);
        (0, eval)(`(${way})`)(stream, reader, writable.getWriter());
        return [await read, await stream.closed.then(JSON.stringify, window.__show)];
      },
      { given: { way: String(way) } },
    );
    const { end, code, detail, ends } = await told(run);
    assert.deepEqual({ end, code, detail, ends }, { end: 'done', detail: '', ends: 1, ...expected }, name);
    await run.close();
  }
});
