// Coming and going: installing twice, leaving, realms that cannot be patched, pages that were there
// first. (For other tools that patch the same functions, see wrappers.test.mjs.)

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

test('installing twice patches nothing more and gives the same handle', async () => {
  const page = await bench.page({ tapped: true });
  const seen = await page.evaluate(async () => {
    const { fetch: patched } = window;
    const { get } = Object.getOwnPropertyDescriptor(Response.prototype, 'body');
    const again = __pagetap.instrument(window, { wants: () => { throw new Error('not asked'); } });
    await (await fetch('/json?twice')).text();
    const handle = window[Symbol.for('pagetap.instrument')];
    return {
      same: again === window.__handle && handle === again,
      untouched: patched === window.fetch && get === Object.getOwnPropertyDescriptor(Response.prototype, 'body').get,
      hidden: !Object.prototype.propertyIsEnumerable.call(window, Symbol.for('pagetap.instrument')),
      version: handle.version,
      exchanges: window.__record.exchanges.length,
    };
  });
  assert.deepEqual(seen, { same: true, untouched: true, hidden: true, version: 1, exchanges: 1 });
  await page.close();
});

test('a second copy of the file finds the first: one tap, and it can re-arm it', async () => {
  const page = await bench.page({ tapped: true });
  await page.evaluate(() => window.__handle.disarm());
  await page.evaluate(`${bench.script};window.__second = __pagetap.instrument(window, window.__sink)`);
  const seen = await page.evaluate(async () => {
    await (await fetch('/json?second')).text();
    await window.__record.ended('second');
    return [window.__second === window.__handle, window.__handle.armed, window.__record.exchanges.length];
  });
  assert.deepEqual(seen, [true, true, 1]);
  await page.close();
});

test('what wants more taps than there are gets them, once those that are there are disarmed', async () => {
  const install = 'window.__handle = __pagetap.instrument(window, window.__sink, []);';
  const page = await bench.page({ tapped: true, install });
  const seen = await page.evaluate(async () => {
    const { fetch: native } = window;
    const more = () => __pagetap.instrument(window, window.__sink);
    const inUse = more() === window.__handle;
    window.__handle.disarm();
    const other = more();
    const first = other !== window.__handle && other.armed && !window.__handle.armed;
    await (await fetch('/json?more')).text();
    other.disarm();
    const silent = native === fetch;
    const again = __pagetap.instrument(window, window.__sink, []) === other;
    await (await fetch('/json?fewer')).text();
    await window.__record.ended('fewer');
    return { inUse, first, silent, again, urls: window.__record.exchanges.map(({ url }) => url.slice(-5)), ends: window.__record.exchanges.map(({ ends }) => ends) };
  });
  assert.deepEqual(seen, { inUse: true, first: true, silent: true, again: true, urls: ['?more', 'fewer'], ends: [1, 1] });
  await page.close();
});

test('a sink that takes no messages is not offered any', async () => {
  const install = 'delete window.__sink.message; window.__handle = __pagetap.instrument(window, window.__sink);';
  const page = await bench.page({ tapped: true, install });
  const seen = await page.evaluate(async () => {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/socket?key=none`);
    const came = new Promise((done) => (socket.onmessage = ({ data }) => done(data)));
    socket.onopen = () => socket.send('echo');
    const data = await came;
    socket.close();
    return { data, asked: window.__record.asked, armed: window.__handle.armed };
  });
  assert.deepEqual(seen, { data: 'echo', asked: [], armed: true });
  await page.close();
});

test('disarmed: the natives are back, open exchanges have ended, nothing more is told', async () => {
  const natives = `window.__natives = [fetch, Object.getOwnPropertyDescriptor(Response.prototype, 'body').get, Response.prototype.text,
    ReadableStream.prototype.getReader, ReadableStream.prototype.values, ReadableStream.prototype[Symbol.asyncIterator],
    ReadableStreamDefaultReader, ReadableStreamDefaultReader.prototype.constructor, ReadableStreamDefaultReader.prototype.read];`;
  const page = await bench.page({ tapped: true, before: natives });
  const seen = await page.evaluate(async () => {
    const reader = (await fetch('/bytes?n=50000&chunk=1000')).body.getReader();
    await reader.read();
    const kept = { fetch, text: Response.prototype.text };
    window.__handle.disarm();
    const { end, detail } = window.__record.exchanges[0];
    const told = window.__record.calls.length;
    while (!(await reader.read()).done);
    await kept.text.call(await (0, kept.fetch)('/json'));
    const now = [fetch, Object.getOwnPropertyDescriptor(Response.prototype, 'body').get, Response.prototype.text,
      ReadableStream.prototype.getReader, ReadableStream.prototype.values, ReadableStream.prototype[Symbol.asyncIterator],
      ReadableStreamDefaultReader, ReadableStreamDefaultReader.prototype.constructor, ReadableStreamDefaultReader.prototype.read];
    return {
      end, detail,
      silent: window.__record.calls.length === told,
      restored: now.every((fn, i) => fn === window.__natives[i]),
      printed: String(kept.fetch.toString === Function.prototype.toString),
      armed: window.__handle.armed,
    };
  });
  assert.deepEqual(seen, { end: 'unobserved', detail: 'disarmed', silent: true, restored: true, printed: 'true', armed: false });
  await page.close();
});

test('a reused id after re-arming does not mix exchanges', async () => {
  const page = await bench.page({ tapped: true });
  const seen = await page.evaluate(async () => {
    const reader = (await fetch('/bytes?old&n=50000&chunk=1000')).body.getReader();
    await reader.read();
    window.__handle.disarm();
    const chunks = [];
    __pagetap.instrument(window, { wants: () => true, open: () => 1, request() {}, response() {}, chunk: (id, bytes) => void chunks.push(new TextDecoder().decode(bytes)), end() {}, notice() {} });
    const response = await fetch('/json?new');
    while (!(await reader.read()).done);
    await response.text();
    await window.__turn();
    return chunks;
  });
  assert.deepEqual(seen, ['{"ok":true}']);
  await page.close();
});

test('bodies of a fetch captured before, or under way, are adopted', async () => {
  const page = await bench.page({ tapped: true, install: '', before: 'window.__early = window.fetch; window.__underWay = fetch("/bytes?way&n=40000&chunk=4000");' });
  const seen = await page.evaluate(async () => {
    window.__handle = __pagetap.instrument(window, window.__sink);
    const results = {};
    const look = async (which) => {
      const found = await window.__record.ended(which);
      const { adopted, method, end, response } = found;
      return [adopted, method, end, response.status, window.__verify(found.chunks), window.__record.exchanges.filter(({ url }) => url.includes(which)).length];
    };
    for await (const chunk of (await window.__underWay).body) chunk;
    results.underWay = await look('way');
    await (await window.__early('/bytes?whole&n=40000')).bytes();
    results.whole = await look('whole');
    const cloned = await window.__early('/bytes?clone&n=40000');
    await Promise.all([cloned.clone().bytes(), cloned.bytes()]);
    results.clone = await look('clone');
    const half = await window.__early('/bytes?half&n=40000&chunk=4000');
    window.__handle.disarm();
    const reader = half.body.getReader();
    await reader.read();
    reader.releaseLock();
    __pagetap.instrument(window, window.__sink);
    for await (const chunk of half.body) chunk;
    results.half = window.__record.exchanges.filter(({ url }) => url.includes('half')).length;
    await new Response('made by the page').text();
    results.made = window.__record.exchanges.length;
    return results;
  });
  assert.deepEqual(seen, {
    underWay: [true, '', 'done', 200, 'exact 40000', 1],
    whole: [true, '', 'done', 200, 'exact 40000', 1],
    clone: [true, '', 'done', 200, 'exact 40000', 1],
    half: 0,
    made: 3,
  });
  await page.close();
});

const HOSTILE = {
  'frozen prototypes': ['for (const c of [Response, ReadableStream, ReadableStreamDefaultReader, ReadableStreamBYOBReader]) Object.freeze(c.prototype);', /Response\.body/],
  'a fetch that cannot be replaced': ['Object.defineProperty(window, "fetch", { value: fetch, writable: false, configurable: false });', /Window\.fetch/],
  'no BYOB readers': ['delete window.ReadableStreamBYOBReader;', /ReadableStreamBYOBReader\.read/],
  'no values()': ['delete ReadableStream.prototype.values; delete ReadableStream.prototype[Symbol.asyncIterator];', /ReadableStream\.values/],
  'no FinalizationRegistry': ['delete window.FinalizationRegistry;', /FinalizationRegistry/],
  'no bytes()': ['delete Response.prototype.bytes;', /Response\.bytes/],
  'hostile Object.prototype': ['Object.prototype.apply = Object.prototype.construct = Object.prototype.has = Object.prototype.pull = () => { throw new Error("hostile"); };', null],
};

for (const [name, [before, notice]] of Object.entries(HOSTILE)) {
  test(`installs what can be installed: ${name}`, async () => {
    const scenario = async ({ key }) => {
      const reader = (await fetch(`/bytes?n=9000&key=${key}`)).body.getReader();
      const pieces = [];
      for (let result; !(result = await reader.read()).done; ) pieces.push(result.value);
      const piped = [];
      await (await fetch(`/bytes?n=9000&key=${key}`)).body.pipeTo(new WritableStream({ write: (chunk) => void piped.push(chunk) }));
      return [window.__verify(pieces), window.__verify(piped), await (await fetch(`/json?key=${key}`)).text()];
    };
    const { plain, tapped, pages, close } = await bench.both(scenario, {}, { before });
    assert.deepEqual(tapped, plain);
    const seen = await pages[1].evaluate(() => ({ armed: window.__handle.armed, notices: window.__record.notices }));
    assert.ok(seen.armed);
    assert.ok(seen.notices.every(([code]) => code === 'cannot_patch'));
    if (notice) assert.match(seen.notices.map(([, what]) => what).join(), notice);
    else assert.deepEqual(seen.notices, []);
    assert.deepEqual([pages[0].failures, pages[1].failures], [[], []]);
    await close();
  });
}

test('a page that replaces intrinsics after the installation does not reach the tap', async () => {
  const scenario = async ({ key }) => {
    const calls = [];
    const spoil = (holder, name) => {
      const found = Object.getOwnPropertyDescriptor(holder, name);
      const field = found.get ? 'get' : 'value';
      const original = found[field];
      Object.defineProperty(holder, name, { ...found, [field](...args) { calls[calls.length] = name; return Reflect_apply(original, this, args); } });
    };
    const Reflect_apply = Reflect.apply;
    // In one chunk: Firefox itself calls `then` for each.
    const get = (suffix, init) => fetch(`/bytes?n=3000&key=${key}&${suffix}`, init);
    const holders = [
      [Promise.prototype, ['then', 'catch', 'finally']], [WeakMap.prototype, ['get', 'set']], [Set.prototype, ['add', 'delete', 'forEach']],
      [Reflect, ['apply', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'get', 'construct']], [Object, ['getOwnPropertyDescriptor', 'defineProperty']],
      [Array.prototype, [Symbol.iterator, 'push', 'map']], [String.prototype, ['toUpperCase', 'toLowerCase', 'indexOf']],
      [Headers.prototype, ['get']], [URL.prototype, ['href']], [Node.prototype, ['baseURI']], [AbortSignal.prototype, ['aborted']],
      [Object.getPrototypeOf(Uint8Array.prototype), ['byteLength', 'byteOffset', 'buffer', 'subarray']],
      [Request.prototype, ['url', 'method', 'clone', 'text']], [Response.prototype, ['status', 'url', 'headers', 'bodyUsed']], [ReadableStream.prototype, ['locked']],
      [ReadableStreamDefaultReader.prototype, ['closed']], [Function.prototype, ['call', 'apply', 'bind']], [Object.prototype, ['hasOwnProperty']],
    ];
    for (const [holder, names] of holders) for (const name of names) spoil(holder, name);
    const signal = new AbortController().signal;
    const first = await get('stream', { method: 'POST', body: 'x', signal });
    const { body } = first;
    const reader = body.getReader();
    while (!(await reader.read()).done);
    await (await get('whole')).bytes();
    await (await get('pipe')).body.pipeTo(new WritableStream());
    const request = new Request(`/echo?key=${key}`, { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } });
    await (await fetch(request)).text();
    for await (const chunk of (await get('iterate')).body) chunk;
    const counts = {};
    for (let i = 0; i < calls.length; i++) counts[String(calls[i])] = (counts[String(calls[i])] || 0) + 1;
    return counts;
  };
  const page = await bench.page({ tapped: true, install: `
    window.__told = 0;
    const count = () => { window.__told++; };
    window.__handle = __pagetap.instrument(window, { wants: () => true, open: () => { count(); return window.__told; }, request: count, response: count, chunk: count, end: count, notice: count });` });
  const plain = await bench.page({ tapped: false });
  const [expected, seen] = [await plain.evaluate(scenario, { key: bench.key() }), await page.evaluate(scenario, { key: bench.key() })];
  assert.deepEqual(seen, expected);
  assert.ok((await page.evaluate(() => window.__told)) > 15);
  await page.close();
  await plain.close();
});

test('a frame tapped from outside gets promises of its own realm', async () => {
  const page = await bench.page({ tapped: true });
  const seen = await page.evaluate(async () => {
    const frame = document.body.appendChild(document.createElement('iframe'));
    await new Promise((loaded) => {
      frame.onload = loaded;
      frame.src = '/page';
    });
    const inside = frame.contentWindow;
    // The frame has run the same scripts as the page, the tap's own included.
    inside.__handle.disarm();
    delete inside[Symbol.for('pagetap.instrument')];
    __pagetap.instrument(inside, window.__sink);
    const promise = inside.fetch('/bytes?frame&n=5000');
    const own = promise instanceof inside.Promise;
    const reader = (await promise).body.getReader();
    const read = reader.read();
    const ownRead = read instanceof inside.Promise;
    await read;
    while (!(await reader.read()).done);
    const { end, chunks } = await window.__record.ended('frame');
    return [own, ownRead, end, window.__verify(chunks)];
  });
  assert.deepEqual(seen, [true, true, 'done', 'exact 5000']);
  await page.close();
});
