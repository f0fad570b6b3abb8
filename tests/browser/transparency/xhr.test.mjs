// XMLHttpRequest: what a page can observe is what it observes natively, and the sink is shown each byte
// that becomes readable, once. See xhr_life.test.mjs
// for reuse, abortion, failure, and requests that were there before the tap.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BROWSER } from '../browser.mjs';
import { startBench } from './bench.mjs';
import { compare, done, VOCABULARY } from './xhr_bench.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

test('every property is what it is natively', async () => {
  await compare(bench, async ({ key }) => {
    const seen = {};
    const attempt = (action) => { try { return String(action()); } catch (error) { return window.__show(error); } };
    for (const name of ['XMLHttpRequest', 'XMLHttpRequestEventTarget', 'XMLHttpRequestUpload', 'EventTarget']) {
      const holder = window[name].prototype;
      seen[name] = [Reflect.ownKeys(holder).map(String), Reflect.ownKeys(window[name]).map(String), String(window[name]), attempt(() => window[name]())];
      for (const member of Reflect.ownKeys(holder)) {
        const found = Object.getOwnPropertyDescriptor(holder, member);
        const label = `${name}.${String(member)}`;
        seen[label] = [Object.keys(found), found.writable, found.enumerable, found.configurable, typeof found.value];
        for (const kind of ['value', 'get', 'set']) {
          const fn = found[kind];
          if (typeof fn !== 'function' || member === 'constructor') continue;
          seen[`${label} ${kind}`] = [
            // First: Firefox makes them when they are asked for, and they have the order in which it did.
            Reflect.ownKeys(fn).map(String), fn.name, fn.length, String(fn), `${fn}`, fn.toString(), Object.hasOwn(fn, 'prototype'),
            Object.getPrototypeOf(fn) === Function.prototype, Object.isExtensible(fn),
            attempt(() => Reflect.apply(fn, undefined, [])), attempt(() => Reflect.apply(fn, {}, ['a', 'b'])), attempt(() => new fn()),
            attempt(() => Reflect.apply(fn, holder, ['a', 'b'])),
          ];
        }
      }
    }
    seen.constants = [XMLHttpRequest.UNSENT, XMLHttpRequest.DONE, XMLHttpRequest.name, XMLHttpRequest.length];
    seen.constructor = XMLHttpRequest.prototype.constructor === XMLHttpRequest;
    const xhr = new (class Mine extends XMLHttpRequest {})();
    const keys = () => Reflect.ownKeys(xhr).length;
    seen.class = [xhr instanceof XMLHttpRequest, xhr.constructor.name, String(xhr), keys()];
    xhr.open('GET', `/json?key=${key}`);
    seen.opened = keys();
    xhr.send();
    seen.sent = keys();
    await window.__loaded(xhr);
    seen.loaded = [keys(), JSON.stringify(xhr), xhr.onreadystatechange, xhr.upload instanceof XMLHttpRequestUpload, xhr.upload === xhr.upload];
    return seen;
  });
});

test('errors of wrong calls are the native ones, and nothing is told', async () => {
  const { told } = await compare(bench, ({ key }) => {
    const results = [];
    const attempt = (action) => { try { results.push(String(action(new XMLHttpRequest()))); } catch (error) { results.push(window.__show(error)); } };
    const opened = (action) => attempt((xhr) => (xhr.open('POST', `/json?key=${key}`), action(xhr)));
    attempt((xhr) => xhr.open());
    attempt((xhr) => xhr.open('GET'));
    attempt((xhr) => xhr.open('BAD METHOD', '/'));
    attempt((xhr) => xhr.open('TRACE', '/'));
    attempt((xhr) => xhr.open('GET', 'http://[broken'));
    attempt((xhr) => xhr.open('GET', { toString() { throw new RangeError('mine'); } }));
    attempt((xhr) => { xhr.timeout = 5; xhr.open('GET', '/', false); });
    attempt((xhr) => { xhr.responseType = 'json'; xhr.open('GET', '/', false); });
    attempt((xhr) => xhr.send());
    attempt((xhr) => xhr.setRequestHeader('a', 'b'));
    attempt((xhr) => xhr.abort());
    opened((xhr) => xhr.setRequestHeader('a'));
    opened((xhr) => xhr.setRequestHeader('bad name', 'b'));
    opened((xhr) => xhr.setRequestHeader('a', 'b\nc'));
    opened((xhr) => xhr.setRequestHeader('cookie', 'refused silently'));
    opened((xhr) => xhr.setRequestHeader(Symbol(), 'b'));
    opened((xhr) => xhr.send(Symbol()));
    opened((xhr) => xhr.send({ toString() { throw new RangeError('mine'); } }));
    opened((xhr) => xhr.overrideMimeType());
    attempt((xhr) => xhr.response);
    attempt((xhr) => xhr.responseText);
    attempt((xhr) => { xhr.responseType = 'blob'; return xhr.responseText; });
    return results;
  });
  assert.deepEqual(told, []);
});

test('a request whose send failed is told when it is sent after all, once', async () => {
  const { told } = await compare(bench, async ({ key }) => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', `/json?key=${key}`);
    const results = [];
    try { xhr.send({ toString() { throw new RangeError('mine'); } }); } catch (error) { results.push(window.__show(error)); }
    const loaded = window.__loaded(xhr);
    xhr.send('second');
    try { xhr.send('third'); } catch (error) { results.push(window.__show(error)); }
    await loaded;
    return [...results, window.__look(xhr)];
  });
  assert.deepEqual(told, [done({ method: 'POST', request: 'second', requests: 1 })]);
});

// Every event, in every phase, with what the page can read at that moment and where its microtasks run.
async function watchEvents({ key, parts, type, more }) {
  const log = [];
  const xhr = new XMLHttpRequest();
  const text = () => { try { return xhr.responseText.length; } catch { return '-'; } };
  const note = (label) => {
    const entry = `${label} ${xhr.readyState} ${xhr.status} ${text()}`;
    // The platform decides how often it says the same.
    if (log.includes(entry) && /readystatechange|progress/.test(label)) return;
    log.push(entry);
    Promise.resolve().then(() => log.push(`microtask of ${entry}`));
  };
  const TYPES = ['readystatechange', 'loadstart', 'progress', 'abort', 'error', 'load', 'timeout', 'loadend'];
  const listen = (when) => {
    for (const name of TYPES) {
      xhr.addEventListener(name, () => note(`${name} bubble ${when}`));
      xhr.addEventListener(name, { handleEvent(event) { note(`${name} capture ${when} ${this === event.target} ${event.isTrusted} ${event.eventPhase}`); } }, true);
    }
  };
  listen('before open');
  for (const name of TYPES) xhr[`on${name}`] = (event) => note(`on${name} ${event.constructor.name} ${event.lengthComputable} ${Object.keys(event)}`);
  xhr.open('GET', window.__parts(key, parts, more));
  listen('before send');
  if (type) xhr.responseType = type;
  xhr.send();
  log.push('sent');
  listen('after send');
  const loaded = window.__loaded(xhr);
  let length = 0;
  for (const part of parts) {
    length += part.length;
    // By an event, not by looking: text may be there before the event that says so.
    const told = (entry) => entry.startsWith('progress capture after send') && entry.endsWith(` ${length}`);
    if (!type) await window.__until(xhr, () => log.some(told));
    else await window.__until(xhr, () => xhr.readyState >= 3);
    await window.__release(key);
  }
  await loaded;
  return log;
}

for (const [name, given] of Object.entries({
  'a growing text': { parts: ['one,', 'two,', 'three'] },
  'a text that breaks off': { parts: ['one,', 'two,'], more: '&reset=1' },
  'an array buffer': { parts: ['one,'], type: 'arraybuffer' },
})) {
  test(`events and microtasks keep their order: ${name}`, async () => {
    const { plain, told } = await compare(bench, watchEvents, given);
    assert.ok(plain.length > 50);
    const broken = !!given.more;
    assert.deepEqual(told, [done({ text: given.parts.join(''), end: broken ? 'failed' : 'done', detail: broken ? 'NetworkError' : '' })]);
  });
}

const EMOJI = '😀 grün ✓ 😀';
test('text is shown as it grows, each character once, however the network cuts it', async () => {
  const { told } = await compare(bench, async ({ key, EMOJI }) => {
    const bytes = [...new TextEncoder().encode(EMOJI)];
    const xhr = new XMLHttpRequest();
    // In the middle of the first emoji, of the umlaut, of the last emoji.
    xhr.open('GET', window.__parts(key, [[0x61, ...bytes.slice(0, 2)], bytes.slice(2, 8), bytes.slice(8, -1), bytes.slice(-1)]));
    xhr.send();
    const seen = [];
    const loaded = window.__loaded(xhr);
    for (const length of [1, 5, 11, 13]) {
      await window.__until(xhr, () => xhr.responseText.length >= length);
      seen.push(xhr.responseText);
      if (window.__record) window.__shown = [...(window.__shown ?? []), window.__text(window.__record.exchanges[0])];
      await window.__release(key);
    }
    await loaded;
    if (window.__record && window.__shown.join('|') !== seen.join('|')) throw new Error(`${window.__shown.join('|')} for ${seen.join('|')}`);
    return [xhr.responseText];
  }, { EMOJI });
  assert.deepEqual(told, [done({ text: `a${EMOJI}` })]);
});

// Chromium never cuts one; an engine that decodes what it has got may.
const CUTTING = `
  const { get } = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, 'responseText');
  Object.defineProperty(XMLHttpRequest.prototype, 'responseText', { configurable: true, enumerable: true,
    get() { const text = get.call(this); return this.readyState === 4 ? text : text.slice(0, text.length - 1); } });
`;
test('a surrogate pair that the page gets in halves is shown whole', async () => {
  const { plain, told } = await compare(bench, async ({ key, EMOJI }) => {
    const xhr = new XMLHttpRequest();
    xhr.open('GET', window.__parts(key, [EMOJI, EMOJI]));
    const seen = [];
    xhr.onprogress = () => seen.push(xhr.responseText.length);
    xhr.send();
    const loaded = window.__loaded(xhr);
    for (let part = 1; part < 3; part++) {
      await window.__until(xhr, () => xhr.responseText.length === part * EMOJI.length - 1);
      await window.__release(key);
    }
    await loaded;
    return [seen.includes(EMOJI.length - 1), xhr.responseText];
  }, { EMOJI }, { before: CUTTING });
  assert.equal(plain[0], true);
  assert.deepEqual(told, [done({ text: EMOJI + EMOJI })]);
});

test('text the page reads between events is shown then', async () => {
  const { told } = await compare(bench, async ({ key }) => {
    const xhr = new XMLHttpRequest();
    xhr.open('GET', window.__parts(key, ['one', 'two', 'three']));
    xhr.send();
    const loaded = window.__loaded(xhr);
    let before = '';
    // It looks when it likes.
    for (const expected of ['one', 'onetwo', 'onetwothree']) {
      while (xhr.responseText !== expected) await fetch('/empty?unwanted');
      if (window.__record && window.__text(window.__record.exchanges[0]) !== expected) throw new Error('not shown');
      before += xhr.response;
      await window.__release(key);
    }
    await loaded;
    return before;
  });
  assert.deepEqual(told, [done({ text: 'onetwothree' })]);
});

test('the text is not made again for the tap while the page reads it; of a long one, only now and then', async () => {
  const counting = `
    window.__made = 0;
    const { get } = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, 'responseText');
    Object.defineProperty(XMLHttpRequest.prototype, 'responseText', { configurable: true, enumerable: true, get() { window.__made++; return get.call(this); } });`;
  const page = await bench.page({ tapped: true, before: VOCABULARY + counting });
  const seen = await page.evaluate(async () => {
    const xhr = new XMLHttpRequest();
    let read = 0;
    xhr.onreadystatechange = () => xhr.readyState > 2 && (read++, xhr.responseText);
    xhr.open('GET', window.__parts('reading', ['one', 'two', 'three']));
    xhr.send();
    const loaded = window.__loaded(xhr);
    for (const text of ['one', 'onetwo', 'onetwothree']) {
      while (window.__record.exchanges.length === 0 || window.__text(window.__record.exchanges[0]) !== text) await fetch('/empty?unwanted');
      await window.__release('reading');
    }
    await loaded;
    const own = window.__made - read;
    const long = new XMLHttpRequest();
    long.open('GET', '/sse?n=3000&pad=1000');
    let events = 0;
    long.onprogress = () => events++;
    window.__made = 0;
    long.send();
    await window.__loaded(long);
    return [own, window.__text(window.__record.exchanges[0]), window.__made <= events + 2, window.__text(window.__record.exchanges[1]) === long.responseText];
  });
  // Firefox calls listeners that capture first: at the end, ours.
  assert.deepEqual(seen, [BROWSER === 'firefox' ? 1 : 0, 'onetwothree', true, true]);
  await page.close();
});

const TYPES = {
  '': done(),
  text: done(),
  arraybuffer: done(),
  blob: done(),
  json: done({ end: 'unobserved', detail: 'responseType json', text: '' }),
  document: done({ end: 'unobserved', detail: 'responseType document', text: '' }),
};
for (const [type, expected] of Object.entries(TYPES)) {
  test(`responseType "${type}"`, async () => {
    const { told } = await compare(bench, async ({ key, type }) => {
      const results = [];
      for (const path of [`/json?key=${key}`, `/json?key=${key}&status=500`, `/empty?key=${key}&status=204`, `/json?head&key=${key}`]) {
        const xhr = new XMLHttpRequest();
        xhr.open(path.includes('head') ? 'head' : 'GET', path);
        xhr.responseType = type;
        xhr.send();
        xhr.addEventListener('readystatechange', () => results.push(window.__look(xhr)));
        await window.__loaded(xhr);
        const { response } = xhr;
        results.push(response === xhr.response, Object.prototype.toString.call(response));
        if (response instanceof ArrayBuffer) results.push(new TextDecoder().decode(response), response.byteLength, structuredClone(response, { transfer: [response] }).byteLength, xhr.response === response);
        if (response instanceof Blob) results.push(await response.text(), response.type);
        if (type === 'json') results.push(response);
        if (response instanceof Document) results.push(response.documentElement?.outerHTML);
        results.push(xhr.getAllResponseHeaders().replace(/^date.*$/m, ''), xhr.getResponseHeader('Content-Type'));
        try { xhr.responseType = 'text'; } catch (error) { results.push(window.__show(error)); }
      }
      return results;
    }, { type });
    const empty = { text: '', end: 'done', detail: '' };
    assert.deepEqual(told, [expected, { ...expected, status: 500 }, done({ ...empty, status: 204 }), done({ ...empty, method: 'HEAD' })]);
  });
}

test('bytes of every value arrive as they are; an array buffer is the page\'s to give away', async () => {
  const page = await bench.page({ tapped: true, before: VOCABULARY });
  const seen = await page.evaluate(async () => {
    const results = [];
    for (const type of ['arraybuffer', 'blob']) {
      const xhr = new XMLHttpRequest();
      xhr.open('GET', `/bytes?n=50000&chunk=7000&${type}`);
      xhr.responseType = type;
      xhr.onreadystatechange = () => xhr.readyState === 4 && type === 'arraybuffer' && structuredClone(xhr.response, { transfer: [xhr.response] });
      xhr.send();
      const { chunks, end } = await window.__record.ended(type);
      results.push([end, window.__verify(chunks)]);
    }
    return results;
  });
  assert.deepEqual(seen, [['done', 'exact 50000'], ['done', 'exact 50000']]);
  await page.close();
});

test('overrideMimeType: the text as the page gets it, as UTF-8', async () => {
  const { told } = await compare(bench, async ({ key }) => {
    const results = [];
    for (const charset of ['iso-8859-1', 'utf-8', 'x-user-defined']) {
      const xhr = new XMLHttpRequest();
      xhr.open('GET', `/json?key=${key}&value=${encodeURIComponent('"é"')}`);
      xhr.overrideMimeType(`text/plain; charset=${charset}`);
      xhr.send();
      await window.__loaded(xhr);
      results.push(xhr.responseText);
    }
    return results;
  });
  assert.deepEqual(told.map(({ text }) => text), ['"Ã©"', '"é"', '"\uf7c3\uf7a9"']);
});

test('XML and HTML as text still come with their document', async () => {
  const { told } = await compare(bench, async ({ key }) => {
    const xhr = new XMLHttpRequest();
    xhr.open('GET', `/json?key=${key}&type=text/xml&value=${encodeURIComponent('<a>b</a>')}`);
    xhr.send();
    await window.__loaded(xhr);
    return [xhr.responseXML.documentElement.outerHTML, xhr.responseXML === xhr.responseXML, xhr.responseText];
  });
  assert.deepEqual(told, [done({ text: '<a>b</a>' })]);
});

test('a synchronous request', async () => {
  const { told } = await compare(bench, ({ key }) => {
    const log = [];
    const xhr = new XMLHttpRequest();
    for (const type of ['readystatechange', 'loadstart', 'progress', 'load', 'loadend', 'error', 'abort']) xhr.addEventListener(type, () => log.push(`${type} ${xhr.readyState} ${xhr.responseText}`));
    xhr.open('POST', `/json?key=${key}`, false);
    log.push(xhr.send('sent'));
    log.push(window.__look(xhr));
    xhr.open('GET', 'http://127.0.0.1:1/', false);
    try { xhr.send(); } catch (error) { log.push(window.__show(error)); }
    log.push(window.__look(xhr));
    xhr.open('GET', `/json?key=${key}&again`, false);
    xhr.send();
    log.push(window.__look(xhr));
    return log;
  });
  assert.equal(told.length, 3);
  assert.deepEqual(told, [done({ method: 'POST', request: 'sent', requests: 1 }), done({ end: 'failed', detail: 'NetworkError', text: '', status: 0 }), done()]);
});
