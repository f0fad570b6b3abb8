// What a page can observe of fetch, Response, Request, ReadableStream and their readers is what it
// observes natively. The exceptions are listed at the end, and in README.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BROWSER } from '../browser.mjs';
import { startBench } from './bench.mjs';

let bench;
let plain;
let tapped;
before(async () => {
  bench = await startBench();
  ({ plain, tapped } = await bench.both(observe));
});
after(() => bench.close());

// Runs in the page. Returns {property: what it is}.
async function observe({ origin, otherOrigin, key }) {
  const seen = {};
  const show = window.__show;
  const attempt = (action) => {
    try {
      return String(action());
    } catch (error) {
      return show(error);
    }
  };
  const settle = (promise) => Promise.resolve(promise).then((value) => `value ${String(value)}`, show);
  const flags = (holder, name) => {
    const found = Object.getOwnPropertyDescriptor(holder, name);
    if (!found) return 'none';
    return [...Object.keys(found), found.writable, found.enumerable, found.configurable, typeof found.get, typeof found.set].join();
  };
  const shape = (prefix, fn) => {
    seen[`${prefix} own keys`] = Reflect.ownKeys(fn).map(String).join();
    seen[`${prefix} name`] = fn.name;
    seen[`${prefix} length`] = fn.length;
    seen[`${prefix} String()`] = String(fn);
    seen[`${prefix} toString()`] = fn.toString();
    seen[`${prefix} has prototype`] = Object.hasOwn(fn, 'prototype');
    seen[`${prefix} inherits`] = Object.getPrototypeOf(fn) === Function.prototype;
    seen[`${prefix} typeof`] = typeof fn;
    seen[`${prefix} name flags`] = flags(fn, 'name');
    seen[`${prefix} class`] = Object.prototype.toString.call(fn);
    seen[`${prefix} extensible`] = Object.isExtensible(fn);
  };

  // Functions and getters of every interface, patched or not.
  const iterator = Object.getPrototypeOf(new ReadableStream().values());
  const interfaces = {
    fetch: { fetch },
    Response: Response.prototype,
    Request: Request.prototype,
    ReadableStream: ReadableStream.prototype,
    ReadableStreamDefaultReader: ReadableStreamDefaultReader.prototype,
    ReadableStreamBYOBReader: ReadableStreamBYOBReader.prototype,
    ReadableStreamAsyncIterator: iterator,
  };
  for (const [name, holder] of Object.entries(interfaces)) {
    seen[`${name} members`] = Reflect.ownKeys(holder).map(String).join();
    for (const member of Reflect.ownKeys(holder)) {
      const label = `${name}.${String(member)}`;
      seen[`${label} flags`] = flags(holder, member);
      const found = Object.getOwnPropertyDescriptor(holder, member);
      const fn = found.get ?? found.value;
      if (typeof fn !== 'function') continue;
      shape(label, fn);
      seen[`${label} on nothing`] = await settle((async () => Reflect.apply(fn, undefined, []))());
      seen[`${label} on {}`] = await settle((async () => Reflect.apply(fn, {}, []))());
      seen[`${label} as constructor`] = name === 'fetch' || member !== 'constructor' ? attempt(() => new fn()) : '-';
    }
  }
  seen['window.fetch flags'] = flags(window, 'fetch');
  seen['window own keys'] = Object.keys(window).filter((name) => !name.startsWith('__')).join();
  for (const name of ['Response', 'Request', 'ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader']) {
    shape(name, window[name]);
    seen[`${name} flags`] = flags(window, name);
    seen[`${name}.prototype.constructor`] = window[name].prototype.constructor === window[name];
    seen[`class extends ${name}`] = attempt(() => {
      const Extended = class extends window[name] {};
      const made = name.endsWith('Reader') ? new Extended(new ReadableStream({ type: 'bytes' })) : new Extended('/');
      return [made instanceof Extended, made instanceof window[name], made.constructor === Extended, String(made)];
    });
    seen[`${name} without new`] = attempt(() => window[name]('/'));
  }
  seen['values is the async iterator'] = ReadableStream.prototype.values === ReadableStream.prototype[Symbol.asyncIterator];
  seen['toString is shared'] = fetch.toString === Response.prototype.text.toString;
  seen['toString of toString'] = String(fetch.toString);
  seen['toString name'] = fetch.toString.name;
  seen['toString.call of another'] = fetch.toString.call(Math.max);
  seen['toString.call of no function'] = attempt(() => fetch.toString.call({}));
  // The test of a well-known error tracker for a native fetch.
  seen['native by regular expression'] = /^function\s+\w+\(\)\s+\{\s+\[native code\]\s+\}$/.test(fetch.toString());
  seen['fetch.call({})'] = await settle(fetch.call({}, '/json'));
  seen['fetch()'] = await settle(fetch());
  seen['fetch of a bad url'] = await settle(fetch('http://['));
  seen['fetch with credentials'] = await settle(fetch('http://a:b@localhost/'));
  seen['fetch GET with body'] = await settle(fetch('/json', { body: 'x' }));
  seen['fetch bad init'] = await settle(fetch('/json', 5));
  seen['fetch of a symbol'] = await settle(fetch(Symbol('x')));
  seen['fetch bad mode'] = await settle(fetch('/json', { mode: 'nonsense' }));
  seen['fetch, port closed'] = await settle(fetch('http://127.0.0.1:1/'));

  // A response, while it is used.
  const response = await fetch(`/bytes?key=${key}&n=5000`);
  seen['response own keys'] = Reflect.ownKeys(response).map(String).join();
  seen['response class'] = Object.prototype.toString.call(response);
  seen['response instanceof'] = response instanceof Response;
  seen['response prototype'] = Object.getPrototypeOf(response) === Response.prototype;
  for (const name of ['type', 'url', 'redirected', 'status', 'ok', 'statusText', 'bodyUsed']) seen[`response.${name}`] = response[name];
  seen['response.headers guard'] = attempt(() => response.headers.set('x', 'y'));
  seen['response.headers'] = JSON.stringify([...response.headers].filter(([name]) => name !== 'date'));
  seen['response.clone().url'] = response.clone().url;
  seen['response.clone() type'] = response.clone().type;
  seen['body identity'] = response.body === response.body;
  seen['body own keys'] = Reflect.ownKeys(response.body).map(String).join();
  seen['body instanceof'] = response.body instanceof ReadableStream;
  seen['body prototype'] = Object.getPrototypeOf(response.body) === ReadableStream.prototype;
  seen['body after clone'] = (() => {
    const { body } = response;
    response.clone();
    return [body === response.body, body.locked, response.body.locked].join();
  })();
  seen['structuredClone(response)'] = attempt(() => structuredClone(response));
  seen['JSON of response'] = JSON.stringify(response);
  const reader = response.body.getReader();
  seen['reader own keys'] = Reflect.ownKeys(reader).map(String).join();
  seen['reader prototype'] = Object.getPrototypeOf(reader) === ReadableStreamDefaultReader.prototype;
  seen['reader instanceof'] = reader instanceof ReadableStreamDefaultReader;
  seen['reader constructor'] = reader.constructor === ReadableStreamDefaultReader;
  seen['locked while read'] = [response.body.locked, response.bodyUsed].join();
  seen['second getReader'] = attempt(() => response.body.getReader());
  seen['text() while locked'] = await settle(response.text());
  seen['clone() while locked'] = attempt(() => response.clone());
  seen['body.cancel() while locked'] = await settle(response.body.cancel());
  seen['pipeTo while locked'] = await settle(response.body.pipeTo(new WritableStream()));
  seen['pipeThrough while locked'] = attempt(() => response.body.pipeThrough(new TransformStream()));
  seen['tee while locked'] = attempt(() => response.body.tee());
  seen['new Response while locked'] = attempt(() => new Response(response.body));
  seen['closed identity'] = reader.closed === reader.closed;
  const first = await reader.read();
  seen['read result'] = [Object.keys(first).join(), first.done, first.value.constructor.name, Object.getPrototypeOf(first) === Object.prototype].join();
  seen['chunk buffer'] = [first.value.byteOffset, first.value.buffer.byteLength === first.value.byteLength].join();
  seen['used after read'] = response.bodyUsed;
  reader.releaseLock();
  seen['read after release'] = await settle(reader.read());
  seen['cancel after release'] = await settle(reader.cancel());
  seen['closed after release'] = await settle(reader.closed);
  seen['text() when used'] = await settle(response.text());
  seen['clone() when used'] = attempt(() => response.clone());
  seen['getReader bad mode'] = attempt(() => response.body.getReader({ mode: 'x' }));
  const byob = response.body.getReader({ mode: 'byob' });
  seen['byob own keys'] = Reflect.ownKeys(byob).map(String).join();
  seen['byob prototype'] = Object.getPrototypeOf(byob) === ReadableStreamBYOBReader.prototype;
  seen['byob read()'] = await settle(byob.read());
  seen['byob read of nothing'] = await settle(byob.read(new Uint8Array(0)));
  seen['byob cancel'] = await settle(byob.cancel());

  // Whole bodies.
  for (const method of ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData']) {
    const whole = await fetch(`/json?key=${key}`);
    const { body } = whole;
    const promise = whole[method]();
    seen[`${method} promise`] = [promise instanceof Promise, Object.getPrototypeOf(promise) === Promise.prototype, Reflect.ownKeys(promise).length].join();
    seen[`${method} while read`] = [whole.bodyUsed, whole.body === body, body.locked].join();
    seen[`${method} value`] = await settle(promise);
    seen[`${method} afterwards`] = [whole.bodyUsed, whole.body === body, body.locked, whole.body.locked].join();
    seen[`${method} again`] = await settle(whole[method]());
    seen[`body.cancel after ${method}`] = await settle(body.cancel());
    seen[`getReader after ${method}`] = attempt(() => body.getReader());
    seen[`new Response after ${method}`] = attempt(() => new Response(whole.body));
    seen[`clone after ${method}`] = attempt(() => whole.clone());
  }
  const unseen = await fetch(`/json?key=${key}`);
  await unseen.text();
  seen['body first seen after text()'] = [unseen.body.locked, unseen.body === unseen.body, String(unseen.body)].join();
  seen['json() error'] = await settle(fetch(`/json?key=${key}&value=%7Bbroken`).then((broken) => broken.json()));
  seen['blob type'] = (await (await fetch(`/json?key=${key}`)).blob()).type;

  // Where responses go besides.
  const redirected = await fetch(`/redirect?key=${key}&to=/json%3Fkey=${key}%26r`);
  seen['redirected'] = [redirected.redirected, redirected.url, redirected.type, redirected.clone().url, redirected.clone().redirected].join();
  const cors = await fetch(`${otherOrigin}/json?cors=1&key=${key}`);
  seen['cors'] = [cors.type, cors.url, cors.status, [...cors.headers.keys()].sort().join()].join();
  const opaque = await fetch(`${otherOrigin}/json?key=${key}`, { mode: 'no-cors' });
  seen['opaque'] = [opaque.type, opaque.url, opaque.status, String(opaque.body)].join();
  seen['cors refused'] = await settle(fetch(`${otherOrigin}/json?key=${key}`));
  const wasm = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  seen['compileStreaming(new Response)'] = await settle(WebAssembly.compileStreaming(new Response(wasm, { headers: { 'content-type': 'application/wasm' } })));
  seen['compileStreaming(fetch())'] = await settle(WebAssembly.compileStreaming(fetch(`/json?key=${key}&type=application/wasm&value=%00asm%01%00%00%00`)));
  seen['compileStreaming(fetch()) of JSON'] = await settle(WebAssembly.compileStreaming(fetch(`/json?key=${key}`)));
  const cache = await caches.open(`cache-${key}`);
  await cache.put(`/cached-${key}`, await fetch(`/json?key=${key}`));
  const cached = await cache.match(`/cached-${key}`);
  seen['cache.put'] = [cached.url, cached.type, cached.status, await cached.text()].join();
  seen['new Request(response.url)'] = new Request(cached.url).url;
  seen['postMessage(response)'] = attempt(() => postMessage(response));

  // Promises.
  const promise = fetch(`/json?key=${key}`);
  seen['fetch promise'] = [promise instanceof Promise, promise.constructor === Promise, Reflect.ownKeys(promise).length, String(promise)].join();
  const it = (await promise).body.values();
  seen['iterator'] = [Reflect.ownKeys(it).length, Object.getPrototypeOf(it) === iterator, String(it)].join();
  const next = it.next();
  seen['next promise'] = [next instanceof Promise, Reflect.ownKeys(next).length, Object.keys(await next).join()].join();
  seen['return value'] = JSON.stringify(await it.return('over'));
  seen['next after return'] = JSON.stringify(await it.next());

  // Setting and deleting.
  seen['fetch.own property'] = (() => {
    fetch.added = 1;
    const found = Object.keys(fetch).join();
    delete fetch.added;
    return found;
  })();
  // Read; to set them is among the exceptions.
  for (const name of ['caller', 'arguments']) {
    for (const [where, fn] of Object.entries({ fetch, 'Response.prototype.text': Response.prototype.text })) {
      seen[`${where}.${name}`] = attempt(() => fn[name]);
      seen[`Reflect.get ${where}.${name} for another`] = attempt(() => Reflect.get(fn, name, {}));
      seen[`${where}.${name} afterwards`] = flags(fn, name);
    }
  }
  // What cannot be set, in the words of the browser.
  const set = Function('target', 'key', `'use strict'; return target[key] = 1`);
  for (const key of ['name', 'length', 'prototype']) {
    for (const [where, fn] of Object.entries({ fetch, Response, 'Response.prototype.text': Response.prototype.text })) {
      seen[`${where}.${key} = 1`] = attempt(() => set(fn, key));
      if (key === 'prototype' && fn !== Response) delete fn.prototype;
    }
  }
  Object.defineProperty(Function.prototype, 'whose', { get() { return this === fetch; }, set(value) { seen.setFor = [this === fetch, value].join(); }, configurable: true });
  seen['this of an inherited getter'] = attempt(() => fetch.whose);
  fetch.whose = 2;
  delete Function.prototype.whose;
  const frame = document.body.appendChild(document.createElement('iframe'));
  seen['a frame is native'] = [frame.contentWindow.fetch !== fetch, String(frame.contentWindow.fetch)].join();
  const foreign = await frame.contentWindow.fetch(`${origin}/json?key=${key}`);
  seen['text of a frame\'s response'] = await Response.prototype.text.call(foreign);
  seen['fetch of a frame\'s Request'] = await (await fetch(new frame.contentWindow.Request(`${origin}/json?key=${key}`))).text();
  return seen;
}

test('at least 47 properties are compared', () => {
  assert.ok(Object.keys(plain).length >= 47, `${Object.keys(plain).length}`);
  assert.equal(Object.keys(tapped).length, Object.keys(plain).length);
});

test('every property is what it is natively', () => {
  assert.deepEqual(tapped, plain);
});

test('the known exceptions, and no others', async () => {
  const { plain, tapped, close } = await bench.both(() => ({
    // In Firefox on three lines.
    'Function.prototype.toString.call(fetch)': Function.prototype.toString.call(fetch).replace(/\s+/g, ' '),
    'Function.prototype.toString.call(Response.prototype.text)': Function.prototype.toString.call(Response.prototype.text).replace(/\s+/g, ' '),
    'fetch.toString === Function.prototype.toString': fetch.toString === Function.prototype.toString,
    'symbols of window': Object.getOwnPropertySymbols(window).filter((symbol) => symbol !== Symbol.toStringTag).length,
  }));
  assert.deepEqual(plain, {
    'Function.prototype.toString.call(fetch)': 'function fetch() { [native code] }',
    'Function.prototype.toString.call(Response.prototype.text)': 'function text() { [native code] }',
    'fetch.toString === Function.prototype.toString': true,
    'symbols of window': 0,
  });
  assert.deepEqual(tapped, {
    // A Proxy is printed as a native function without a name.
    'Function.prototype.toString.call(fetch)': 'function () { [native code] }',
    'Function.prototype.toString.call(Response.prototype.text)': 'function () { [native code] }',
    // So `String(fetch)` has to be answered by another function than that one.
    'fetch.toString === Function.prototype.toString': false,
    // The handle.
    'symbols of window': 1,
  });
  await close();
});

test('the text of two errors is that of a Proxy: setting caller and arguments, in Firefox, and adding to a function that is frozen', async () => {
  const { plain, tapped, close } = await bench.both(() => {
    const set = (fn, key) => {
      try {
        return Function('fn', 'key', `'use strict'; return fn[key] = 1`)(fn, key);
      } catch (error) {
        return window.__show(error);
      }
    };
    return [...['caller', 'arguments'].map((key) => set(fetch, key)), set(Object.freeze(Response.prototype.blob), 'own')];
  });
  const setting = ['caller', 'arguments'].map((key) => `TypeError TypeError: set ${key} method called on incompatible Proxy`);
  if (BROWSER === 'firefox') {
    assert.deepEqual(plain[2], `TypeError TypeError: can't define property "own": Function is not extensible`);
    assert.deepEqual(tapped, [...setting, `TypeError TypeError: can't define property "own": Proxy is not extensible`]);
  } else {
    assert.deepEqual(plain[2], 'TypeError TypeError: Cannot add property own, object is not extensible');
    assert.deepEqual(tapped, [plain[0], plain[1], 'TypeError TypeError: Cannot define property own, object is not extensible']);
  }
  await close();
});
