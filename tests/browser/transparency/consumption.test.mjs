// Every way a page can read a body: the page gets what it gets natively, and the sink is shown every
// byte exactly once - or is told that it was not.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { collectUntil, startBench } from './bench.mjs';

const SIZE = 100_000;
let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

// Each runs in the page with a fresh response and returns the pieces it read, or whatever else is worth
// comparing. `expect` defaults to every byte and 'done'.
const WAYS = {
  'getReader, read to the end': async (response) => {
    const reader = response.body.getReader();
    const pieces = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return pieces;
      pieces.push(value);
    }
  },
  'getReader, several reads in flight': async (response) => {
    const reader = response.body.getReader();
    const pieces = [];
    for (;;) {
      const results = await Promise.all([reader.read(), reader.read(), reader.read()]);
      for (const { value } of results) if (value) pieces.push(value);
      if (results[2].done) return pieces;
    }
  },
  'new ReadableStreamDefaultReader': async (response) => {
    const reader = new ReadableStreamDefaultReader(response.body);
    const pieces = [];
    for (let result; !(result = await reader.read()).done; ) pieces.push(result.value);
    return pieces;
  },
  'new ReadableStreamBYOBReader': async (response) => {
    const reader = new ReadableStreamBYOBReader(response.body);
    const pieces = [];
    for (let result; !(result = await reader.read(new Uint8Array(4000))).done; ) pieces.push(result.value);
    return pieces;
  },
  'BYOB reader, Uint8Array': async (response) => {
    const reader = response.body.getReader({ mode: 'byob' });
    const pieces = [];
    let buffer = new ArrayBuffer(3000);
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) return pieces;
      pieces.push(value.slice());
      buffer = value.buffer;
    }
  },
  'BYOB reader, DataView at an offset': async (response) => {
    const reader = response.body.getReader({ mode: 'byob' });
    const pieces = [];
    for (;;) {
      const { done, value } = await reader.read(new DataView(new ArrayBuffer(3000), 100, 1700));
      if (done) return pieces;
      pieces.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    }
  },
  'BYOB reader with min, after a refused view': async (response) => {
    const reader = response.body.getReader({ mode: 'byob' });
    const refused = await reader.read(new Uint8Array(0)).catch((error) => error.name);
    const pieces = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(8000), { min: 5000 });
      if (value) pieces.push(value);
      if (done) return refused === 'TypeError' ? pieces : [];
    }
  },
  'for await': async (response) => {
    const pieces = [];
    for await (const chunk of response.body) pieces.push(chunk);
    return pieces;
  },
  'values()': async (response) => {
    const pieces = [];
    for await (const chunk of response.body.values()) pieces.push(chunk);
    return pieces;
  },
  'for await, break with preventCancel, then go on': async (response) => {
    const pieces = [];
    for await (const chunk of response.body.values({ preventCancel: true })) {
      pieces.push(chunk);
      break;
    }
    for await (const chunk of response.body) pieces.push(chunk);
    return pieces;
  },
  'release and acquire again': async (response) => {
    const pieces = [];
    for (;;) {
      const reader = response.body.getReader();
      const { done, value } = await reader.read();
      if (done) return pieces;
      pieces.push(value);
      reader.releaseLock();
    }
  },
  'release with a read pending, then go on': async (response) => {
    const first = response.body.getReader();
    const pieces = [];
    pieces.push((await first.read()).value);
    // Whether the read comes before the release is the network's affair; no byte may be lost by it.
    const pending = first.read().then(
      ({ value }) => value && pieces.push(value),
      () => {},
    );
    first.releaseLock();
    await pending;
    const second = response.body.getReader();
    for (let result; !(result = await second.read()).done; ) pieces.push(result.value);
    return pieces;
  },
  'default reader, then BYOB': async (response) => {
    const first = response.body.getReader();
    const pieces = [(await first.read()).value];
    first.releaseLock();
    const second = response.body.getReader({ mode: 'byob' });
    for (;;) {
      const { done, value } = await second.read(new Uint8Array(9000));
      if (done) return pieces;
      pieces.push(value);
    }
  },
  pipeTo: async (response) => {
    const pieces = [];
    await response.body.pipeTo(new WritableStream({ write: (chunk) => void pieces.push(chunk) }));
    return pieces;
  },
  'pipeThrough a TransformStream': async (response) => {
    const pieces = [];
    for await (const chunk of response.body.pipeThrough(new TransformStream())) pieces.push(chunk);
    return pieces;
  },
  'pipeThrough a compressor': async (response) => {
    const packed = response.body.pipeThrough(new CompressionStream('gzip'));
    return [await new Response(packed.pipeThrough(new DecompressionStream('gzip'))).bytes()];
  },
  'tee, both': async (response) => {
    const [a, b] = response.body.tee();
    const pieces = [[], []];
    await Promise.all([
      (async () => { for await (const chunk of a) pieces[0].push(chunk); })(),
      (async () => { for await (const chunk of b) pieces[1].push(chunk); })(),
    ]);
    return pieces[1].length ? pieces[0] : [];
  },
  'tee, one cancelled': async (response) => {
    const [a, b] = response.body.tee();
    b.cancel();
    const pieces = [];
    for await (const chunk of a) pieces.push(chunk);
    return pieces;
  },
  'tee of a tee, the deepest': async (response) => {
    const [, b] = response.body.tee();
    const [, d] = b.tee();
    const pieces = [];
    for await (const chunk of d) pieces.push(chunk);
    return pieces;
  },
  'partly read, then tee': async (response) => {
    const reader = response.body.getReader();
    const pieces = [(await reader.read()).value];
    reader.releaseLock();
    const [a, b] = response.body.tee();
    pieces.push(await new Response(a).bytes());
    await new Response(b).bytes();
    return pieces;
  },
  'text()': async (response) => [await response.text().then((text) => text.length)],
  'json() of what is not JSON': async (response) => [String(await response.json().catch((error) => error.name))],
  'arrayBuffer()': async (response) => [new Uint8Array(await response.arrayBuffer())],
  'bytes()': async (response) => [await response.bytes()],
  'blob()': async (response) => [new Uint8Array(await (await response.blob()).arrayBuffer())],
  'formData() of what is not a form': async (response) => [String(await response.formData().catch((error) => error.name))],
  'bytes() after body was looked at': async (response) => {
    const { body } = response;
    const bytes = await response.bytes();
    return body === response.body && body.locked ? [bytes] : [];
  },
  'Response.prototype.bytes.call': async (response) => [await Response.prototype.bytes.call(response)],
  'ReadableStream.prototype.getReader.call': async (response) => {
    const reader = ReadableStream.prototype.getReader.call(response.body);
    const pieces = [];
    for (;;) {
      const { done, value } = await ReadableStreamDefaultReader.prototype.read.call(reader);
      if (done) return pieces;
      pieces.push(value);
    }
  },
  'clone, the clone only': async (response) => [await response.clone().bytes()],
  'clone, the original only': async (response) => {
    response.clone();
    return [await response.bytes()];
  },
  'clone, both whole': async (response) => {
    const copy = response.clone();
    const [a] = await Promise.all([response.bytes(), copy.bytes()]);
    return [a];
  },
  'clone, one whole and one streamed': async (response) => {
    const copy = response.clone();
    const pieces = [];
    const whole = copy.bytes();
    for await (const chunk of response.body) pieces.push(chunk);
    await whole;
    return pieces;
  },
  'clone of a clone, all three streamed': async (response) => {
    const second = response.clone();
    const third = second.clone();
    const all = await Promise.all([response, second, third].map(async ({ body }) => {
      const pieces = [];
      for await (const chunk of body) pieces.push(chunk);
      return pieces;
    }));
    return all[2];
  },
  'clone after body was looked at': async (response) => {
    const before = response.body;
    const copy = response.clone();
    copy.body.cancel();
    // Another body in Chromium, the same in Firefox.
    return [await response.bytes(), String(before === response.body)];
  },
  'new Response(body), streamed': async (response) => {
    const pieces = [];
    for await (const chunk of new Response(response.body).body) pieces.push(chunk);
    return pieces;
  },
  'new Response(body).bytes()': async (response) => [await new Response(response.body, { status: 201 }).bytes()],
  'new Response(new Response(body).body).blob()': async (response) => {
    const blob = await new Response(new Response(response.body).body).blob();
    return [new Uint8Array(await blob.arrayBuffer())];
  },
  'new Response(body).clone(), both': async (response) => {
    const wrapped = new Response(response.body);
    const copy = wrapped.clone();
    const [a] = await Promise.all([wrapped.bytes(), copy.bytes()]);
    return [a];
  },
  'chunks whose memory is transferred at once': async (response) => {
    const reader = response.body.getReader();
    const pieces = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return pieces;
      pieces.push(new Uint8Array(structuredClone(value.buffer, { transfer: [value.buffer] })));
    }
  },
};

// Runs one of WAYS in the page. The function travels as text.
async function consume({ key, way, size }) {
  const response = await fetch(`/bytes?key=${key}&n=${size}&chunk=7001`);
  const pieces = await (0, eval)(`(${way})`)(response);
  if (window.__record) await window.__record.ended(key);
  const views = pieces.filter((piece) => ArrayBuffer.isView(piece));
  return [window.__verify(views), ...pieces.filter((piece) => !ArrayBuffer.isView(piece))];
}

const shown = (key) => {
  const [exchange] = window.__record.exchanges;
  return {
    exchanges: window.__record.exchanges.length,
    bytes: window.__verify(exchange.chunks),
    end: exchange.end,
    detail: exchange.detail,
    ends: exchange.ends,
    late: !!exchange.chunkAfterEnd,
    notices: window.__record.notices,
    mine: exchange.url.includes(key),
  };
};

for (const [name, way] of Object.entries(WAYS)) {
  test(`shown byte for byte, once: ${name}`, async () => {
    const { plain, tapped, keys, pages, close } = await bench.both(consume, { way: String(way), size: SIZE });
    assert.deepEqual(tapped, plain, 'what the page gets');
    const seen = await pages[1].evaluate(shown, keys[1]);
    assert.deepEqual(seen, {
      exchanges: 1,
      bytes: `exact ${SIZE}`,
      end: 'done',
      detail: '',
      ends: 1,
      late: false,
      notices: [],
      mine: true,
    });
    await close();
  });
}

test('partly read, then cancelled: shown what was read, ends cancelled', async () => {
  const scenario = async ({ key }) => {
    const response = await fetch(`/bytes?key=${key}&n=1000000&chunk=10000&gap=1`);
    const reader = response.body.getReader();
    const pieces = [(await reader.read()).value, (await reader.read()).value];
    await reader.cancel('enough');
    const length = pieces[0].length + pieces[1].length;
    if (!window.__record) return window.__verify(pieces) === `exact ${length}`;
    const exchange = await window.__record.ended(key);
    return window.__verify(exchange.chunks) === `exact ${length}` && exchange.end === 'cancelled';
  };
  const { plain, tapped, close } = await bench.both(scenario);
  assert.deepEqual([plain, tapped], [true, true]);
  await close();
});

// What cannot be seen from a page. Each must say so, and show nothing wrong before.
const GAPS = {
  'stream transferred to a worker': async (response) => {
    const worker = new Worker(URL.createObjectURL(new Blob([`
      onmessage = async ({ data }) => {
        let length = 0;
        for await (const chunk of data) length += chunk.length;
        postMessage(length);
      };`])));
    const { body } = response;
    const length = await new Promise((done) => {
      worker.onmessage = ({ data }) => done(data);
      worker.postMessage(body, [body]);
    });
    worker.terminate();
    return length;
  },
  'cache.put': async (response) => {
    const cache = await caches.open('test');
    await cache.put('/cached', response);
    return (await (await cache.match('/cached')).arrayBuffer()).byteLength;
  },
  'dropped unread': async () => 0,
  textStream: async (response) => {
    if (!response.textStream) return 0;
    let length = 0;
    for await (const text of response.textStream()) length += text.length;
    return length > 0;
  },
  'pipeThrough with preventCancel': async (response) => {
    let length = 0;
    for await (const chunk of response.body.pipeThrough(new TransformStream(), { preventCancel: true })) length += chunk.length;
    return length;
  },
};

for (const [name, way] of Object.entries(GAPS)) {
  test(`a gap that is reported: ${name}`, async () => {
    const scenario = async ({ key, way, size }) => {
      // In a function of its own, so that nothing of the response stays on the stack.
      const run = async () => (0, eval)(`(${way})`)(await fetch(`/bytes?key=${key}&n=${size}&chunk=7001`));
      return run();
    };
    const { plain, tapped, pages, close } = await bench.both(scenario, { way: String(way), size: SIZE });
    assert.deepEqual(tapped, plain, 'what the page gets');
    const ended = await collectUntil(bench.context, pages[1], () => !!window.__record.exchanges[0].end);
    assert.ok(ended, 'the exchange ends');
    const { end, bytes, ends } = await pages[1].evaluate(shown, '');
    assert.deepEqual({ end, bytes, ends }, { end: 'unobserved', bytes: 'exact 0', ends: 1 });
    await close();
  });
}

test('past the limit of a late clone: unobserved with a count, the page has it all', async () => {
  const scenario = async ({ key, size }) => {
    const bytes = await (await fetch(`/bytes?key=${key}&n=${size}&chunk=1000000`)).bytes();
    const result = { length: bytes.length, verified: window.__verify([bytes.subarray(0, 100_000)]) };
    if (window.__record) await window.__record.ended(key);
    return result;
  };
  const { plain, tapped, pages, close } = await bench.both(scenario, { size: 40_000_000 });
  assert.deepEqual(tapped, plain);
  const seen = await pages[1].evaluate(() => {
    const { end, detail, chunks, ends, chunkAfterEnd } = window.__record.exchanges[0];
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    return { end, detail, ends, chunkAfterEnd, inBounds: length > 33_554_432 && length < 40_000_000 };
  });
  assert.deepEqual(seen, {
    end: 'unobserved',
    detail: 'more than 33554432 bytes',
    ends: 1,
    chunkAfterEnd: undefined,
    inBounds: true,
  });
  await close();
});
