// The headers of a request: a short list of them is told, the rest is never looked at.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const LISTED = [
  'accept: text/event-stream',
  'anthropic-beta: b1, b2',
  'anthropic-client-feature: f',
  'anthropic-version: 2023-06-01',
  'content-type: application/json',
  'last-event-id: 7',
  'mcp-protocol-version: 2025-06-18',
].map((line) => `${line}\n`).join('');

const PAIRS = `[['Accept', 'text/event-stream'], ['ANTHROPIC-BETA', 'b1'], ['anthropic-beta', ' b2 '], ['Anthropic-Client-Feature', 'f'], ['anthropic-version', '2023-06-01'],
  ['content-type', 'application/json'], ['Last-Event-ID', 7], ['mcp-protocol-version', '2025-06-18'], ['authorization', 'Bearer planted'], ['x-api-key', 'planted'],
  ['mcp-session-id', 'planted'], ['cookie', 'planted'], ['x-other', 'planted']]`;
const RECORD = `{ Accept: 'text/event-stream', 'Anthropic-BETA': 'b1, b2', 'anthropic-client-feature': 'f', 'anthropic-version': '2023-06-01', 'Content-Type': 'application/json',
  'last-event-id': 7, 'MCP-Protocol-Version': '2025-06-18', Authorization: 'Bearer planted', 'X-Api-Key': 'planted', 'mcp-session-id': 'planted', cookie: 'planted' }`;

// Each the arguments of fetch after the url, or with a Request in its place; and what is told.
const FETCHES = {
  'Headers': [`[url, { headers: new Headers(${PAIRS}) }]`, LISTED],
  'pairs': [`[url, { headers: ${PAIRS} }]`, LISTED],
  'a plain object, any case': [`[url, { headers: ${RECORD} }]`, LISTED],
  'an object without a prototype': [`[url, { headers: Object.assign(Object.create(null), ${RECORD}) }]`, LISTED],
  'an object twice in other case': [`[url, { headers: { accept: 'a', Accept: 'b' } }]`, 'accept: a, b\n'],
  'inherited and hidden properties': [`[url, { headers: Object.defineProperty(Object.create({ accept: 'no' }), 'content-type', { value: 'no' }) }]`, ''],
  'a Request': [`[new Request(url, { headers: ${PAIRS} })]`, LISTED],
  'a Request and other headers': [`[new Request(url, { headers: ${PAIRS} }), { headers: { accept: 'mine' } }]`, 'accept: mine\n'],
  'a Request and no headers': [`[new Request(url, { headers: { accept: 'mine' } }), { cache: 'no-store' }]`, 'accept: mine\n'],
  'a Request as init': [`[url, new Request(url, { headers: { accept: 'mine' } })]`, 'accept: mine\n'],
  'a getter for all': [`[url, { get headers() { log.push('headers'); return { accept: 'mine' }; } }]`, ''],
  'a getter for one': [`[url, { headers: { get accept() { log.push('accept'); return 'mine'; }, 'content-type': 'text/x' } }]`, 'content-type: text/x\n'],
  'a value with toString': [`[url, { headers: { accept: { toString: () => (log.push('toString'), 'mine') } } }]`, ''],
  'pairs with toString': [`[url, { headers: [[{ toString: () => (log.push('name'), 'accept') }, 'mine'], ['content-type', 'text/x']] }]`, 'content-type: text/x\n'],
  'an iterable': [`[url, { headers: (function* () { log.push('run'); yield ['accept', 'mine']; })() }]`, ''],
  'a Map': [`[url, { headers: new Map([['accept', 'mine']]) }]`, ''],
  'an object with a getter for its iterator': [`[url, { headers: { get [Symbol.iterator]() { log.push('iterator'); }, accept: 'mine' } }]`, ''],
  'no headers': [`[url, {}]`, ''],
  'undefined': [`[url, { headers: undefined }]`, ''],
  'empty': [`[url, { headers: {} }]`, ''],
  'a value with a line break': [`[url, { headers: { accept: 'a\\nx-api-key: b', 'content-type': 'c' } }]`, null],
  'null': [`[url, { headers: null }]`, null],
  'a number': [`[url, { headers: 5 }]`, null],
  'pairs that are none': [`[url, { headers: ['accept', 'mine', ['accept'], null] }]`, null],
};

for (const [name, [make, told]] of Object.entries(FETCHES)) {
  test(`fetch: ${name}`, async () => {
    const scenario = async ({ origin, key, make }) => {
      const log = [];
      const args = (0, eval)(`(url, log) => ${make}`)(`${origin}/echo?key=${key}`, log);
      const echoed = await fetch(...args).then((response) => response.json(), window.__show);
      return [echoed.headers ? Object.entries(echoed.headers).filter(([header]) => header !== 'referer') : echoed, log];
    };
    const { plain, tapped, pages, close } = await bench.both(scenario, { make });
    assert.deepEqual(tapped, plain);
    const [asked, opened, armed] = await pages[1].evaluate(() => [window.__record.asked, window.__record.exchanges, window.__handle.armed]);
    assert.ok(armed);
    if (told === null) {
      // The call is refused; whatever was asked, nothing that is not on the list was in it.
      assert.ok(asked.every(({ headers }) => headers === '' || headers === 'content-type: c\n'), JSON.stringify(asked));
    } else {
      assert.deepEqual([asked.map(({ headers }) => headers), opened.map(({ headers }) => headers)], [[told], [told]]);
    }
    assert.doesNotMatch(JSON.stringify([asked, opened.map(({ headers }) => headers)]), /planted|api-key|authorization|cookie|session/i);
    await close();
  });
}

test('a Proxy of the page\'s as headers gives what it gives, and its errors are its own', async () => {
  const scenario = async ({ key }) => {
    const log = [];
    const get = (target, name) => (typeof name === 'string' && log.push(name), target[name]);
    const echoed = await (await fetch(`/echo?key=${key}`, { headers: new Proxy({ accept: 'mine' }, { get }) })).json();
    const throwing = { get: () => undefined, ownKeys() { throw new RangeError('mine'); }, getOwnPropertyDescriptor() { throw new RangeError('mine'); } };
    return [log, echoed.headers.accept, await fetch(`/echo?key=${key}`, { headers: new Proxy({}, throwing) }).catch(window.__show)];
  };
  const { plain, tapped, pages, close } = await bench.both(scenario);
  assert.deepEqual(tapped, plain);
  assert.deepEqual(await pages[1].evaluate(() => [window.__handle.armed, window.__record.exchanges[0].headers]), [true, 'accept: mine\n']);
  await close();
});

test('setRequestHeader: listed headers, combined as the platform does, for one request only', async () => {
  const scenario = async ({ key, PAIRS }) => {
    const xhr = new XMLHttpRequest();
    const log = [];
    const send = async (prepare) => {
      xhr.open('POST', `/echo?key=${key}`);
      prepare();
      xhr.send('x');
      await new Promise((done) => (xhr.onloadend = done));
      log.push(Object.entries(JSON.parse(xhr.responseText).headers).filter(([header]) => header !== 'referer'));
    };
    const attempt = (...args) => { try { xhr.setRequestHeader(...args); } catch (error) { log.push(window.__show(error)); } };
    await send(() => (0, eval)(PAIRS).forEach((pair) => xhr.setRequestHeader(...pair)));
    await send(() => {});
    await send(() => {
      attempt('accept', 'a\nb');
      attempt('accept ', 'b');
      attempt({ toString: () => (log.push('name'), 'last-event-id') }, '1');
      attempt('content-type', { toString: () => (log.push('value'), 'text/x') });
      attempt('anthropic-version', '');
    });
    attempt('accept', 'late');
    return log;
  };
  const { plain, tapped, pages, close } = await bench.both(scenario, { PAIRS });
  assert.deepEqual(tapped, plain);
  const [asked, opened] = await pages[1].evaluate(() => [window.__record.asked, window.__record.exchanges]);
  for (const told of [asked, opened]) assert.deepEqual(told.map(({ headers }) => headers), [LISTED, '', 'anthropic-version: \n']);
  await close();
});

test('secrets never reach the sink, wherever they stand', async () => {
  const page = await bench.page({ tapped: true });
  const seen = await page.evaluate(async () => {
    const SECRET = 'planted';
    const names = ['Authorization', 'X-Api-Key', 'Mcp-Session-Id', 'Proxy-Authorization', 'X-Csrf-Token', 'Anthropic-Api-Key'];
    const record = Object.fromEntries(names.map((name) => [name, SECRET]));
    document.cookie = `session=${SECRET}`;
    await (await fetch('/echo', { headers: record })).text();
    await (await fetch('/echo', { headers: new Headers(record), credentials: 'include' })).text();
    await (await fetch(new Request('/echo', { headers: Object.entries(record) }))).text();
    await fetch(`http://name:${SECRET}@${location.host}/echo`).catch(() => {});
    for (const path of ['/echo?xhr', `http://name:${SECRET}@${location.host}/echo?xhr`, `http://name:${SECRET}@127.0.0.1:1/`]) {
      const xhr = new XMLHttpRequest();
      xhr.open('GET', path, true, 'name', SECRET);
      for (const name of names) xhr.setRequestHeader(name, SECRET);
      xhr.withCredentials = true;
      xhr.send();
      await new Promise((done) => (xhr.onloadend = done));
    }
    const sync = new XMLHttpRequest();
    sync.open('GET', `http://name:${SECRET}@127.0.0.1:1/`, false);
    try { sync.send(); } catch { /* it quotes the url */ }
    navigator.sendBeacon(`http://name:${SECRET}@${location.host}/echo`, 'x');
    navigator.sendBeacon('/echo', 'x');
    // The server's answer repeats what it was sent; that is the page's content.
    return JSON.stringify([window.__record.asked, window.__record.exchanges.map(({ chunks, ...exchange }) => exchange), window.__record.notices]);
  });
  assert.doesNotMatch(seen, /planted|name:/);
  assert.match(seen, /"transport":"xhr".*"transport":"beacon"/);
  await page.close();
});
