// The life of an XMLHttpRequest: opened before the tap or after, used again, aborted, failed, disarmed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';
import { compare, done, VOCABULARY } from './xhr_bench.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

// Each in a page that sends `body`. `told`: what the sink hears of it.
const BODIES = {
  'a string': ["'héllo'", 'héllo'],
  'an empty string': ["''", undefined],
  'nothing': ['', undefined],
  'null': ['null', undefined],
  'undefined': ['undefined', undefined],
  'a number': ['5', '5'],
  'URLSearchParams': ["new URLSearchParams({ a: 'b c' })", 'a=b+c'],
  'an ArrayBuffer': ['new Uint8Array([1, 2, 255]).buffer', [1, 2, 255]],
  'a view': ['new Uint8Array([9, 1, 2, 9]).subarray(1, 3)', [1, 2]],
  'a Blob': ["new Blob(['bl', 'ob'], { type: 'text/x' })", [98, 108, 111, 98]],
  'FormData': ["(() => { const form = new FormData(); form.set('a', 'b'); return form; })()", null],
  'a Document': ["new DOMParser().parseFromString('<a/>', 'text/xml')", null],
  'an object': ["{ toString: () => 'mine' }", null],
};
for (const [name, [body, told]] of Object.entries(BODIES)) {
  test(`sent as natively: ${name}`, async () => {
    const seen = await compare(bench, async ({ key, body }) => {
      const xhr = new XMLHttpRequest();
      const log = [];
      for (const type of ['loadstart', 'progress', 'load', 'loadend']) {
        xhr.upload.addEventListener(type, (event) => log.push(`upload ${type} ${event.loaded} ${event.total} ${xhr.readyState}`));
        xhr.addEventListener(type, () => type !== 'progress' && log.push(`${type} ${xhr.readyState}`));
      }
      xhr.open('post', `/echo?key=${key}`);
      (0, eval)(`(xhr) => xhr.send(${body})`)(xhr);
      await window.__loaded(xhr);
      const { headers, body: received, method } = JSON.parse(xhr.responseText);
      const size = headers['content-length'];
      const lines = log.filter((line, i) => line !== log[i - 1]);
      // Chosen anew for each form, in Firefox of any length.
      const [type, boundary] = headers['content-type']?.split('boundary=') ?? [];
      if (boundary) return [lines.map((line) => line.replaceAll(size, 'SIZE')), method, type, received.replaceAll(boundary, 'BOUNDARY')];
      return [lines, method, type, size, received.length];
    }, { body });
    const { request, requests, method } = seen.told[0];
    assert.deepEqual([request, requests, method], [told, told === undefined ? 0 : 1, 'POST']);
  });
}

test('a GET sends no body, and none is told', async () => {
  const { told } = await compare(bench, async ({ key }) => {
    const xhr = new XMLHttpRequest();
    xhr.open('GET', `/json?key=${key}`);
    xhr.send('ignored');
    await window.__loaded(xhr);
    return window.__look(xhr);
  });
  assert.deepEqual(told, [done()]);
});

test('one object for many requests, opened anew wherever a page does that', async () => {
  const { plain, told } = await compare(bench, async ({ key }) => {
    const xhr = new XMLHttpRequest();
    const log = [];
    for (const type of ['readystatechange', 'loadstart', 'load', 'loadend', 'abort']) xhr.addEventListener(type, () => log.push(`${type} ${xhr.readyState} ${xhr.status} ${xhr.responseText}`));
    const next = (event, state, value) => new Promise((went) => {
      const listener = () => {
        if (xhr.readyState !== state) return;
        xhr.removeEventListener(event, listener);
        xhr.open('GET', `/json?key=${key}&value=${value}`);
        xhr.send();
        went();
      };
      xhr.addEventListener(event, listener);
    });
    xhr.open('GET', `/json?key=${key}&value=first`);
    xhr.send();
    await next('readystatechange', 4, 'after-done');
    await next('load', 4, 'after-load');
    await next('loadend', 4, 'after-loadend');
    await next('readystatechange', 2, 'at-headers');
    const inStart = next('loadstart', 1, 'in-loadstart');
    xhr.open('GET', `/json?key=${key}&value=dropped`);
    xhr.send();
    await inStart;
    xhr.abort();
    const inOpen = next('readystatechange', 1, 'in-open');
    xhr.open('GET', `/json?key=${key}&value=opening`);
    await inOpen;
    await window.__loaded(xhr);
    // How often it says that there is more is up to the platform.
    return { log: log.filter((line) => !line.startsWith('readystatechange 3')), text: xhr.responseText };
  });
  const anew = { end: 'aborted', detail: 'opened anew', status: 0, text: '' };
  assert.deepEqual(told, [
    done({ text: 'first' }),
    done({ text: 'after-done' }),
    done({ text: 'after-load' }),
    done({ ...anew, status: 200 }),
    done(anew),
    done(anew),
    done({ ...anew, detail: '' }),
    // Chromium puts the text of the request that was dropped at its headers in front of this one's.
    done({ text: plain.text }),
  ]);
});

test('a response that the page drops in its own listener without reading it is shown all the same', async () => {
  const { told } = await compare(bench, async ({ key }) => {
    const xhr = new XMLHttpRequest();
    const states = [];
    // Before ours: listeners run in the order in which they came.
    const drop = (state, how) => new Promise((done) => {
      xhr.onreadystatechange = () => {
        states.push(xhr.readyState);
        if (xhr.readyState !== state) return;
        xhr.onreadystatechange = null;
        how();
        done();
      };
    });
    const open = (...parts) => xhr.open('GET', window.__parts(key, parts));
    open('once');
    const anew = drop(4, () => open('never sent'));
    xhr.send();
    await window.__until(xhr, () => xhr.readyState === 3);
    await window.__release(key);
    await anew;
    open('twice');
    const aborted = drop(4, () => xhr.abort());
    xhr.send();
    await window.__until(xhr, () => xhr.readyState === 3);
    await window.__release(key);
    await aborted;
    open('first', 'second');
    const half = drop(3, () => xhr.abort());
    xhr.send();
    await half;
    return states.filter((state, i) => state !== states[i - 1]);
  });
  assert.deepEqual(told, [done({ text: 'once' }), done({ text: 'twice' }), done({ end: 'aborted', text: 'first' })]);
});

test('opening that fails leaves the request under way as it is', async () => {
  const { told } = await compare(bench, async ({ key }) => {
    const xhr = new XMLHttpRequest();
    xhr.open('GET', window.__parts(key, ['one', 'two']));
    xhr.send();
    const loaded = window.__loaded(xhr);
    await window.__until(xhr, () => xhr.responseText === 'one');
    let error;
    try { xhr.open('GET', 'http://[broken'); } catch (thrown) { error = window.__show(thrown); }
    await window.__release(key);
    await window.__until(xhr, () => xhr.responseText === 'onetwo');
    await window.__release(key);
    await loaded;
    return [error, xhr.responseText];
  });
  assert.deepEqual(told, [done({ text: 'onetwo' })]);
});

const ABORTS = {
  'before send': [null, undefined],
  'at once': [null, done({ end: 'aborted', status: 0, text: '' })],
  'in loadstart': ['loadstart', done({ end: 'aborted', status: 0, text: '' })],
  'at headers': ['2', done({ end: 'aborted', text: '' })],
  'while loading': ['3', done({ end: 'aborted', text: 'one' })],
  'when done': ['4', done({ text: 'onetwo' })],
  'in load': ['load', done({ text: 'onetwo' })],
};
for (const [name, [at, expected]] of Object.entries(ABORTS)) {
  test(`aborted ${name}`, async () => {
    const { told } = await compare(bench, async ({ key, name, at }) => {
      const xhr = new XMLHttpRequest();
      const log = [];
      for (const type of ['loadstart', 'readystatechange', 'load', 'abort', 'error', 'loadend']) {
        xhr.addEventListener(type, () => {
          log.push(`${type} ${window.__look(xhr)}`);
          if (type === at || (type === 'readystatechange' && String(xhr.readyState) === at && xhr.status)) xhr.abort();
        });
      }
      xhr.upload.addEventListener('abort', () => log.push('upload abort'));
      xhr.open('GET', window.__parts(key, ['one', 'two']));
      if (name === 'before send') xhr.abort();
      else xhr.send();
      if (name === 'at once') xhr.abort();
      if (['3', '4', 'load'].includes(at)) {
        const loaded = window.__until(xhr, () => log.some((line) => line.startsWith(at === '4' ? 'readystatechange readyState=[object Number]4' : 'loadend')));
        await window.__until(xhr, () => at === '3' || xhr.responseText === 'one');
        if (at !== '3') {
          await window.__release(key);
          await window.__until(xhr, () => xhr.responseText === 'onetwo');
          await window.__release(key);
        }
        await loaded;
      } else if (at === '2') await window.__loaded(xhr);
      // What else is told of the end comes in the same task.
      await window.__turn();
      log.push(window.__look(xhr));
      // Whether it says that there is more before it says that this is all is up to the platform.
      return log.filter((line) => !/readyState=\[object Number\]3.*onetwo/.test(line));
    }, { name, at });
    assert.deepEqual(told, expected ? [expected] : []);
  });
}

const FAILURES = {
  'nobody listens': ['http://127.0.0.1:1/x', 'NetworkError'],
  'refused by CORS': ['OTHER/json?x', 'NetworkError'],
  'timeout': ['/json?hold=1', 'TimeoutError'],
};
for (const [name, [path, detail]] of Object.entries(FAILURES)) {
  test(`fails as natively: ${name}`, async () => {
    const { told } = await compare(bench, async ({ otherOrigin, key, path }) => {
      const log = [];
      const send = async (withCredentials, at) => {
        const xhr = new XMLHttpRequest();
        xhr.open('POST', `${path.replace('OTHER', otherOrigin)}&key=${key}`);
        xhr.withCredentials = withCredentials;
        if (path.includes('hold')) xhr.timeout = 50;
        for (const type of ['readystatechange', 'error', 'timeout', 'abort', 'load', 'loadend']) xhr.addEventListener(type, (event) => log.push(`${type} ${event.loaded} ${window.__look(xhr)}`));
        for (const type of ['error', 'timeout', 'readystatechange']) xhr.addEventListener(type, () => type.startsWith(at) && xhr.readyState === 4 && xhr.abort());
        xhr.send('x');
        await window.__loaded(xhr);
      };
      await send(false, 'never');
      await send(true, '');
      await send(false, 'ready');
      return log;
    }, { path });
    const failed = done({ method: 'POST', end: 'failed', detail, status: 0, text: '', request: 'x', requests: 1 });
    assert.deepEqual(told, [failed, failed, failed]);
  });
}

test('a page that hides and fakes events changes nothing of what is told', async () => {
  const { told } = await compare(bench, async ({ key }) => {
    const xhr = new XMLHttpRequest();
    const hide = (event) => event.isTrusted && event.type !== 'loadend' && event.stopImmediatePropagation();
    for (const type of ['readystatechange', 'load', 'loadend', 'progress']) xhr.addEventListener(type, hide, true);
    xhr.open('GET', window.__parts(key, ['one', 'two']));
    xhr.send();
    const over = new Promise((done) => xhr.addEventListener('loadend', ({ isTrusted }) => isTrusted && done()));
    for (const expected of ['one', 'onetwo']) {
      while (xhr.responseText !== expected) await fetch('/empty?unwanted');
      for (const type of ['loadstart', 'load', 'error', 'abort', 'timeout', 'loadend', 'readystatechange']) xhr.dispatchEvent(new ProgressEvent(type));
      await window.__release(key);
    }
    await over;
    return xhr.responseText;
  });
  assert.deepEqual(told, [done({ text: 'onetwo' })]);
});

test('requests that were there before: opened, under way, and over', async () => {
  const page = await bench.page({ tapped: true, install: '', before: VOCABULARY });
  const seen = await page.evaluate(async () => {
    const start = (path, method = 'GET') => {
      const xhr = new XMLHttpRequest();
      xhr.open(method, path);
      return xhr;
    };
    const opened = start('/echo?opened', 'POST');
    const bytes = start('/echo?bytes', 'POST');
    const way = start(window.__parts('way', ['one', 'two'], '&way'));
    const silent = start('/json?silent');
    way.send();
    silent.send();
    await window.__until(way, () => way.responseText === 'one');
    const over = start('/json?over');
    over.send();
    await window.__loaded(over);
    window.__handle = __pagetap.instrument(window, window.__sink);
    opened.setRequestHeader('accept', 'text/x');
    opened.send('sent');
    bytes.send(new Uint8Array([1]));
    await Promise.all([window.__loaded(opened), window.__loaded(bytes)]);
    await window.__release('way');
    await window.__until(way, () => way.responseText === 'onetwo');
    const loaded = window.__loaded(way);
    await window.__release('way');
    await loaded;
    over.response;
    return Object.fromEntries(['opened', 'bytes', 'way', 'over', 'silent'].map((which) => {
      const at = window.__record.exchanges.findIndex(({ url }) => url.includes(which));
      const told = window.__told()[at];
      if (which === 'opened' || which === 'bytes') told.text = told.text.length > 0;
      return [which, told && { ...told, headers: window.__record.exchanges[at].headers }];
    }));
  });
  const adopted = (over) => ({ ...done({ method: '', adopted: true, ...over }), headers: '' });
  assert.deepEqual(JSON.parse(JSON.stringify(seen)), {
    opened: { ...adopted({ text: true, request: 'sent', requests: 1 }), headers: 'accept: text/x\n' },
    bytes: adopted({ text: true, request: null, requests: 1 }),
    way: adopted({ text: 'onetwo' }),
    over: adopted(),
    // Nobody has read it.
  });
  await page.close();
});

test('a url that only page code could tell is learnt from the response', async () => {
  const { told } = await compare(bench, async ({ key }) => {
    const log = [];
    const xhr = new XMLHttpRequest();
    xhr.open({ toString: () => (log.push('method'), 'post') }, { toString: () => (log.push('url'), `/json?key=${key}`) });
    xhr.send({ toString: () => (log.push('body'), 'body') });
    await window.__loaded(xhr);
    return log;
  });
  assert.deepEqual(told, [done({ method: '', request: null, requests: 1 })]);
});

test('unwanted requests get no listener and no sink call; wanted ones are asked for at send', async () => {
  const page = await bench.page({ tapped: true, before: `${VOCABULARY}
    window.__added = [];
    const { addEventListener } = EventTarget.prototype;
    EventTarget.prototype.addEventListener = function (type, ...rest) {
      if (this instanceof XMLHttpRequest) window.__added.push(type);
      return addEventListener.call(this, type, ...rest);
    };` });
  const seen = await page.evaluate(async () => {
    const xhr = new XMLHttpRequest();
    const results = [];
    for (const path of ['/json?unwanted', '/json?wanted', '/json?wanted']) {
      xhr.open('patch', path);
      results.push(window.__record.calls.length);
      xhr.send();
      results.push(window.__record.calls.map(([name]) => name).join(), window.__added.length);
      window.__record.calls.length = 0;
      await new Promise((over) => (xhr.onloadend = over));
      window.__record.calls.length = 0;
      window.__added.length = 0;
    }
    return [results, window.__record.asked];
  });
  const about = { method: 'PATCH', transport: 'xhr', headers: '', protocol: '' };
  const url = (path) => bench.server.origin + path;
  assert.deepEqual(seen, [
    [0, 'wants', 0, 0, 'wants,open', 8, 0, 'wants,open', 8],
    [{ url: url('/json?unwanted'), ...about }, { url: url('/json?wanted'), ...about }, { url: url('/json?wanted'), ...about }],
  ]);
  await page.close();
});
