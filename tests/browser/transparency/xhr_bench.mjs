// What the tests of XMLHttpRequest share.

import assert from 'node:assert/strict';

// In both pages: what the scenarios are written with.
export const VOCABULARY = `
  window.__base64 = (bytes) => btoa(String.fromCharCode(...bytes));
  window.__parts = (key, parts, more = '') => '/parts?key=' + key + more + parts.map((part) =>
    '&part=' + encodeURIComponent(__base64(typeof part === 'string' ? new TextEncoder().encode(part) : part))).join('');
  window.__release = (key) => fetch('/release?unwanted&key=' + key);
  /** Resolves when an event comes after which condition() holds. */
  window.__until = (xhr, condition) => new Promise((done) => {
    const check = () => condition() && done();
    for (const type of ['readystatechange', 'progress', 'loadend']) xhr.addEventListener(type, check);
    check();
  });
  window.__loaded = (xhr) => new Promise((done) => xhr.addEventListener('loadend', () => done(xhr)));
  window.__look = (xhr) => {
    const get = (name) => { try { return Object.prototype.toString.call(xhr[name]) + String(xhr[name]); } catch (error) { return __show(error); } };
    return ['readyState', 'status', 'statusText', 'responseType', 'responseURL', 'responseText', 'response', 'responseXML', 'timeout', 'withCredentials']
      .map((name) => name + '=' + get(name)).join('; ');
  };
  window.__text = (exchange) => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return exchange.chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
  };
  window.__told = () => __record.exchanges.map((exchange) => {
    const { method, end, detail, ends, adopted, transport, response, request, requests = 0 } = exchange;
    return { method, end, detail, ends, adopted, transport, status: response ? response.status : 0, text: __text(exchange), request: ArrayBuffer.isView(request) ? [...request] : request, requests };
  });
`;

/** Runs `scenario` in both pages; what they saw must be the same. Returns what the sink heard. */
export async function compare(bench, scenario, given = {}, options = {}) {
  const { before = '', ...rest } = options;
  const { plain, tapped, pages, keys, close } = await bench.both(scenario, given, { before: VOCABULARY + before, ...rest });
  assert.deepEqual(tapped, plain);
  assert.deepEqual([pages[0].failures, pages[1].failures], [[], []]);
  // Blobs are read after the page's events.
  const told = await pages[1].evaluate(async () => {
    await Promise.all(window.__record.exchanges.map(({ url }) => window.__record.ended(url)));
    return { exchanges: window.__told(), armed: window.__handle.armed, notices: window.__record.notices, heads: Math.max(0, ...window.__record.exchanges.map(({ responses = 0 }) => responses)) };
  });
  assert.deepEqual([told.armed, told.notices, told.heads > 1], [true, [], false]);
  await close();
  return { plain, told: JSON.parse(JSON.stringify(told.exchanges)), keys };
}

/** What the sink hears of a request that went well, except for `over`. */
export const done = (over) => ({ method: 'GET', end: 'done', detail: '', ends: 1, adopted: false, transport: 'xhr', status: 200, text: '{"ok":true}', requests: 0, ...over });
