// XMLHttpRequest with a tap that fails or leaves, and on pages that are in its way.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { collectUntil, startBench } from './bench.mjs';
import { VOCABULARY } from './xhr_bench.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

// Many ways to use it, in one scenario.
async function useEverything({ key, throwAt }) {
  if (window.__record) window.__record.throwAt = throwAt;
  const log = [];
  const send = async (method, path, body, prepare = () => {}) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, path);
    xhr.setRequestHeader('accept', 'text/x');
    prepare(xhr);
    xhr.onload = xhr.onerror = xhr.onabort = ({ type }) => log.push(`${type} ${xhr.responseType === 'arraybuffer' ? xhr.response.byteLength : window.__look(xhr)}`);
    const loaded = window.__loaded(xhr);
    xhr.send(body);
    if (method === 'DELETE') xhr.abort();
    await loaded;
  };
  await send('POST', `/json?key=${key}`, 'sent');
  await send('POST', `/json?key=${key}`, new Blob(['sent']));
  await send('GET', `/bytes?n=9000&chunk=3000&key=${key}`, null, (xhr) => (xhr.responseType = 'arraybuffer'));
  await send('GET', `/json?key=${key}`, null, (xhr) => (xhr.responseType = 'blob'));
  await send('GET', 'http://127.0.0.1:1/');
  await send('DELETE', `/json?key=${key}`);
  const xhr = new XMLHttpRequest();
  xhr.open('GET', `/json?key=${key}`, false);
  xhr.send();
  log.push(window.__look(xhr), navigator.sendBeacon(`/echo?key=${key}`, 'beacon'));
  return log;
}

for (const method of ['wants', 'open', 'request', 'response', 'chunk', 'end']) {
  test(`sink.${method} throws: the page goes on, the tap is dead`, async () => {
    const { plain, tapped, pages, close } = await bench.both(useEverything, { throwAt: method }, { before: VOCABULARY });
    assert.deepEqual(tapped, plain);
    assert.deepEqual([pages[0].failures, pages[1].failures], [[], []]);
    const seen = await pages[1].evaluate(() => {
      const { calls, notices } = window.__record;
      const at = calls.findIndex(([name]) => name === window.__record.throwAt);
      return [window.__handle.armed, calls.slice(at + 1).map(([name]) => name), notices, XMLHttpRequest.prototype.send.toString === Function.prototype.toString];
    });
    assert.deepEqual(seen, [false, ['notice'], [['tap_failed', `sink.${method}`]], true]);
    await close();
  });
}

test('disarmed and armed again in the middle of requests, in any order with a foreign wrapper', async () => {
  const page = await bench.page({ tapped: true, before: VOCABULARY });
  const seen = await page.evaluate(async () => {
    const native = window.__handle.disarm() ?? XMLHttpRequest.prototype.send;
    const results = [];
    const arm = () => __pagetap.instrument(window, window.__sink);
    const wrap = () => {
      const { send } = XMLHttpRequest.prototype;
      XMLHttpRequest.prototype.send = function (...args) { results.push('wrapped'); return send.apply(this, args); };
      return () => (XMLHttpRequest.prototype.send = send);
    };
    let serial = 0;
    // Disarmed and armed again in between, as `steps` say.
    const run = async (...steps) => {
      const key = `life${++serial}`;
      const xhr = new XMLHttpRequest();
      const step = () => (steps.shift() ?? (() => {}))();
      step();
      xhr.open('GET', window.__parts(key, ['one', 'two']));
      step();
      xhr.send();
      const loaded = window.__loaded(xhr);
      await window.__until(xhr, () => xhr.responseText === 'one');
      step();
      await window.__release(key);
      await window.__until(xhr, () => xhr.responseText === 'onetwo');
      step();
      await window.__release(key);
      await loaded;
      xhr.responseText;
      results.push([...window.__record.exchanges].filter(({ url }) => url.includes(key)).map((exchange) => [exchange.adopted, exchange.end, exchange.detail, window.__text(exchange)].join()).join('; '));
    };
    const disarm = () => window.__handle.disarm();
    const none = () => {};
    let unwrap;
    await run(arm, none, disarm, arm);
    await run(disarm, arm);
    await run(none, disarm, none, arm);
    await run(() => (unwrap = wrap()), disarm, none, arm);
    await run(disarm, none, () => { arm(); unwrap(); });
    await run(disarm);
    results.push(XMLHttpRequest.prototype.send === native);
    return results;
  });
  assert.deepEqual(seen, [
    'false,unobserved,disarmed,one; true,done,,onetwo',
    'true,done,,onetwo',
    'true,done,,onetwo',
    'wrapped',
    'true,done,,onetwo',
    'wrapped',
    'true,done,,onetwo',
    '',
    true,
  ]);
  await page.close();
});

test('an object that was opened anew while the tap was away is not taken for what it was', async () => {
  const page = await bench.page({ tapped: true, before: VOCABULARY });
  const seen = await page.evaluate(async () => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', '/json?old');
    xhr.setRequestHeader('accept', 'old');
    window.__handle.disarm();
    xhr.open('PUT', '/json?new');
    __pagetap.instrument(window, window.__sink);
    xhr.send();
    await window.__record.ended('new');
    const { method, headers, adopted } = window.__record.exchanges[0];
    return [window.__record.exchanges.length, method, headers, adopted];
  });
  assert.deepEqual(seen, [1, '', '', true]);
  await page.close();
});

const HOSTILE = {
  'a frozen prototype': ['Object.freeze(XMLHttpRequest.prototype); Object.freeze(Navigator.prototype);', /XMLHttpRequest\.open.*Navigator\.sendBeacon/],
  'no sendBeacon': ['delete Navigator.prototype.sendBeacon;', null],
  'hostile Object.prototype': ['Object.prototype.once = Object.prototype.signal = Object.prototype.apply = () => { throw new Error("hostile"); };', null],
};
for (const [name, [before, notice]] of Object.entries(HOSTILE)) {
  test(`installs what can be installed: ${name}`, async () => {
    const scenario = async ({ key }) => {
      const xhr = new XMLHttpRequest();
      xhr.open('GET', `/json?key=${key}`);
      xhr.send();
      await window.__loaded(xhr);
      return [window.__look(xhr), navigator.sendBeacon ? navigator.sendBeacon(`/echo?key=${key}`) : 'none'];
    };
    const { plain, tapped, pages, close } = await bench.both(scenario, {}, { before: VOCABULARY + before });
    assert.deepEqual(tapped, plain);
    assert.deepEqual([pages[0].failures, pages[1].failures], [[], []]);
    const { armed, notices } = await pages[1].evaluate(() => ({ armed: window.__handle.armed, notices: window.__record.notices }));
    assert.ok(armed);
    if (notice) assert.match(notices.map((parts) => parts.join()).join(), notice);
    else assert.deepEqual(notices, []);
    await close();
  });
}

test('a page that replaces intrinsics after the installation does not reach the tap', async () => {
  const scenario = async ({ key }) => {
    const calls = [];
    const { apply } = Reflect;
    const holders = [
      [XMLHttpRequest.prototype, ['readyState', 'status', 'responseURL', 'responseType', 'getAllResponseHeaders', 'getResponseHeader']],
      [EventTarget.prototype, ['addEventListener', 'removeEventListener', 'dispatchEvent']], [Event.prototype, ['type', 'target', 'currentTarget']],
      [TextEncoder.prototype, ['encode']], [Headers.prototype, ['get', 'entries', Symbol.iterator]], [Blob.prototype, ['arrayBuffer', 'size', 'type']],
      [String.prototype, ['slice', 'charCodeAt', 'indexOf', 'trim', 'toLowerCase', 'toUpperCase']], [WeakMap.prototype, ['get', 'set']],
      [Array.prototype, [Symbol.iterator, 'push']], [Array, ['isArray']], [Reflect, ['apply', 'ownKeys', 'getOwnPropertyDescriptor']], [Promise.prototype, ['then']],
      [URL.prototype, ['href', 'username']], [Function.prototype, ['call', 'apply', 'bind']], [Object.prototype, ['hasOwnProperty']],
    ];
    for (const [holder, names] of holders) {
      for (const name of names) {
        const found = Object.getOwnPropertyDescriptor(holder, name);
        const field = found.get ? 'get' : 'value';
        const original = found[field];
        Object.defineProperty(holder, name, { ...found, [field](...args) { calls[calls.length] = name; return apply(original, this, args); } });
      }
    }
    for (const type of ['', 'arraybuffer', 'blob']) {
      const xhr = new XMLHttpRequest();
      xhr.open('POST', `/json?key=${key}`);
      xhr.setRequestHeader('Accept', ' text/x ');
      xhr.responseType = type;
      const loaded = new Promise((done) => (xhr.onloadend = done));
      xhr.send(new Blob(['x']));
      await loaded;
    }
    await fetch(`/json?key=${key}`, { headers: [['accept', 'x'], ['b', 'c']] });
    await fetch(`/json?key=${key}`, { headers: { Accept: 'x' } });
    await fetch(`/json?key=${key}`, { headers: new Headers({ Accept: 'x' }) });
    navigator.sendBeacon(`/echo?key=${key}`, new Blob(['x'], { type: 'text/plain' }));
    const counts = {};
    for (let i = 0; i < calls.length; i++) counts[String(calls[i])] = (counts[String(calls[i])] || 0) + 1;
    return counts;
  };
  const install = `
    window.__told = 0;
    const count = () => { window.__told++; };
    window.__handle = __pagetap.instrument(window, { wants: () => true, open: () => { count(); return window.__told; }, request: count, response: count, chunk: count, end: count, notice: count });`;
  const { plain, tapped, pages, close } = await bench.both(scenario, {}, { install });
  assert.deepEqual(tapped, plain);
  assert.ok((await pages[1].evaluate(() => window.__told)) > 20);
  await close();
});

test('a frame tapped from outside: its requests, and objects of the one world used by the other', async () => {
  const page = await bench.page({ tapped: true, before: VOCABULARY });
  const seen = await page.evaluate(async () => {
    const frame = document.body.appendChild(document.createElement('iframe'));
    const inside = frame.contentWindow;
    if (inside[Symbol.for('pagetap.instrument')]) {
      inside.__handle.disarm();
      delete inside[Symbol.for('pagetap.instrument')];
    }
    __pagetap.instrument(inside, window.__sink);
    const own = new inside.XMLHttpRequest();
    own.open('GET', `${location.origin}/json?own`);
    own.send();
    const lent = new inside.XMLHttpRequest();
    XMLHttpRequest.prototype.open.call(lent, 'GET', `${location.origin}/json?lent`);
    XMLHttpRequest.prototype.send.call(lent);
    await Promise.all([window.__record.ended('own'), window.__record.ended('lent')]);
    return window.__told().map(({ end, text, ends }) => [end, text, ends]);
  });
  assert.deepEqual(seen, [['done', '{"ok":true}', 1], ['done', '{"ok":true}', 1]]);
  await page.close();
});

test('what the page leaves behind is told as unobserved once it is gone', async () => {
  const page = await bench.page({ tapped: true, before: VOCABULARY });
  await page.evaluate(() => {
    const xhr = new XMLHttpRequest();
    for (const type of ['readystatechange', 'progress', 'load', 'loadend']) xhr.addEventListener(type, (event) => event.stopImmediatePropagation(), true);
    xhr.open('GET', '/json?left');
    xhr.send();
  });
  assert.ok(await collectUntil(bench.context, page, () => window.__record.exchanges[0].end));
  assert.deepEqual(await page.evaluate(() => [window.__record.exchanges[0].end, window.__record.exchanges[0].detail]), ['unobserved', 'collected']);
  await page.close();
});
