// Addresses that mean something only because of what came before: where an MCP server has messages posted
// to, and where its session is ended. With the default match, those are tapped and nothing like them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startBench } from './bench.mjs';
import { startService } from './service.mjs';

const TOKEN = 'Qm7vXc2LrT9pZk4WdN8s';
const ANSWERS = {
  initialize: { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: { name: 'door', version: '1' } },
  'tools/call': { content: [{ type: 'text', text: 'sunny' }] },
};

let bench;
let elsewhere;
before(async () => {
  const streams = new Map();
  const old = { request: (request, response) => oldServer(streams, request, response) };
  elsewhere = await startService({ doors: { '/old/': old } });
  bench = await startBench({ doors: { '/old/': old, '/http': { request: httpServer } } });
});
after(async () => {
  await bench?.close();
  await elsewhere?.close();
});

const OPEN = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*', 'access-control-allow-methods': '*' };

async function read(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

const answerTo = ({ id, method }) => JSON.stringify({ jsonrpc: '2.0', id, result: ANSWERS[method] });

// HTTP+SSE: `/old/stream?key=…&to=…` announces `to` and has the answers to what is posted with that key.
async function oldServer(streams, request, response) {
  const { searchParams } = new URL(request.url, 'http://door');
  const key = searchParams.get('key');
  if (request.method === 'GET' && searchParams.has('to')) {
    response.writeHead(200, { ...OPEN, 'content-type': 'text/event-stream' });
    for (const to of searchParams.getAll('to')) response.write(`event: endpoint\ndata: ${to}\n\n`);
    return key ? streams.set(key, response) : response.end();
  }
  const text = await read(request);
  response.writeHead(202, OPEN).end();
  const message = text && JSON.parse(text);
  if (message?.id !== undefined) streams.get(key)?.write(`event: message\ndata: ${answerTo(message)}\n\n`);
}

// Streamable HTTP.
async function httpServer(request, response) {
  const text = await read(request);
  if (request.method !== 'POST') return response.writeHead(200).end();
  const message = JSON.parse(text);
  if (message.id === undefined) return response.writeHead(202).end();
  response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': TOKEN }).end(answerTo(message));
}

// In the page: the tap as it is by default, and what it says.
async function listen() {
  const { install } = await import('/dist/npm/index.js');
  const { tap, hooks } = install();
  window.opened = [];
  window.heard = [];
  tap.on(({ kind, method, url }) => kind === 'open' && opened.push(`${method} ${url.replace(location.origin, '')}`));
  hooks.on('*', ({ type, raw, ...event }) => heard.push({ type, ...event }));
  words.types = () => heard.map(({ type }) => type);
  words.post = (url, message, headers = {}) =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
  words.initialize = { id: 0, method: 'initialize', params: { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'page', version: '1' } } };
  words.call = { id: 1, method: 'tools/call', params: { name: 'weather', arguments: { city: 'Bern' } } };
  /** Everything that was asked is told. */
  words.told = () => words.until(() => __claudeHooks.stats().queuedBytes === 0);
}

/** What `scenario(given)` gives in a page with the tap, and what the tap said. */
async function said(scenario, given) {
  const page = await bench.open({ head: '' });
  await page.evaluate(listen);
  await page.evaluate(scenario, given);
  const all = await page.evaluate(async () => {
    await words.told();
    return { opened, heard: JSON.parse(JSON.stringify(heard)), types: words.types(), failure: __claudeHooks.stats().failure, faults: words.faults };
  });
  await page.close();
  assert.deepEqual([all.failure, all.faults], [null, []]);
  return all;
}

// A client of HTTP+SSE that uses `by` for its stream; it also asks for what is only like the address it got.
async function client({ by, stream, others }) {
  let came = () => {};
  const answered = () => new Promise((done) => (came = done));
  let close;
  const announced = new Promise((done) => {
    if (by === 'EventSource') {
      const source = new EventSource(stream);
      source.addEventListener('endpoint', ({ data }) => done(data));
      source.addEventListener('message', () => came());
      close = () => source.close();
      return;
    }
    const control = new AbortController();
    close = () => control.abort();
    fetch(stream, { headers: { accept: 'text/event-stream' }, signal: control.signal }).then(async ({ body }) => {
      const reader = body.pipeThrough(new TextDecoderStream()).getReader();
      for (let result; !(result = await reader.read()).done; ) result.value.includes('endpoint') ? done(/data: (.*)/.exec(result.value)[1]) : came();
    }).catch(() => {});
  });
  // A client posts to what it was told.
  const post = new URL(await announced, new URL(stream, location));
  for (const message of [words.initialize, words.call]) {
    const answer = answered();
    await words.post(post, message);
    await answer;
  }
  for (const [method, url] of others) await fetch(url, { method, body: method === 'GET' ? undefined : '{}' });
  close();
}

describe('HTTP+SSE: the address that was announced is tapped', () => {
  const addresses = {
    'relative to the stream': (key) => [`messages?key=${key}&s=1`, `/old/messages?key=${key}&s=1`],
    'relative to the origin': (key) => [`/old/messages?key=${key}&s=1`, `/old/messages?key=${key}&s=1`],
    absolute: (key) => [`${bench.service.origin}/old/messages?key=${key}&s=1`, `/old/messages?key=${key}&s=1`],
    'with a token': (key) => [`/old/messages?key=${key}&token=${TOKEN}`, `/old/messages?key=${key}&token=${TOKEN}`],
  };
  for (const by of ['EventSource', 'fetch']) {
    for (const [name, address] of Object.entries(addresses)) {
      test(`${name}, by ${by}`, async () => {
        const [to, post] = address(bench.key());
        const key = new URL(post, 'http://door').searchParams.get('key');
        const stream = `/old/stream?key=${key}&to=${encodeURIComponent(to)}`;
        const others = [
          ['POST', '/old/messages'], ['POST', `${post}2`], ['POST', post.replace('messages', 'messages/')], ['POST', '/old/other'],
          ['PUT', post], ['GET', post], ['DELETE', post], ['POST', stream],
        ];
        const { opened, heard, types } = await said(client, { by, stream, others });
        const shown = (url) => url.replaceAll(TOKEN, '*'.repeat(TOKEN.length));
        assert.deepEqual(opened, [`GET ${shown(stream)}`, `POST ${shown(post)}`, `POST ${shown(post)}`]);
        assert.deepEqual(types.filter((type) => type !== 'Notice'), ['SessionStart', 'ToolUseStart', 'PreToolUse', 'PostToolUse', 'SessionEnd']);
        assert.ok(!JSON.stringify(heard).includes(TOKEN));
      });
    }
  }

  test('not an address of another origin: no client may post there', async () => {
    const key = bench.key();
    const post = `${elsewhere.origin}/old/messages?key=${key}`;
    const stream = `/old/stream?key=${key}&to=${encodeURIComponent(post)}`;
    const { opened, types } = await said(client, { by: 'EventSource', stream, others: [] });
    assert.deepEqual(opened, [`GET ${stream}`]);
    assert.ok(!types.includes('PreToolUse'));
  });

  test('not what the same stream announces later, nor the oldest of very many', async () => {
    const { opened } = await said(async () => {
      const announce = async (...to) => {
        const query = new URLSearchParams(to.map((address) => ['to', address]));
        await (await fetch(`/old/stream?${query}`, { headers: { accept: 'text/event-stream' } })).body.pipeTo(new WritableStream());
      };
      await announce('first', 'second');
      for (const name of ['first', 'second']) await words.post(`/old/${name}`, words.call);
      for (let index = 0; index < 64; index++) await announce(`n${index}`);
      for (const name of ['first', 'n0', 'n63']) await words.post(`/old/${name}`, words.call);
    });
    assert.deepEqual(opened.filter((open) => open.startsWith('POST')), ['POST /old/first', 'POST /old/n0', 'POST /old/n63']);
  });
});

describe('Streamable HTTP: the address that is posted to ends the session', () => {
  const both = { accept: 'application/json, text/event-stream' };

  test('once, however often, and by no other method or address', async () => {
    const { opened, types } = await said(async (both) => {
      for (const message of [words.initialize, { method: 'notifications/initialized' }, words.call]) {
        await (await words.post('/http?a=b', message, both)).text();
      }
      const others = [['DELETE', '/http'], ['DELETE', '/http/1?a=b'], ['DELETE', '/http?a=bc'], ['PUT', '/http?a=b'], ['POST', '/http?a=b']];
      for (const [method, url] of others) await fetch(url, { method, body: '{}' });
      for (let times = 0; times < 2; times++) await (await fetch('/http?a=b', { method: 'DELETE', headers: { 'mcp-session-id': 'x' } })).text();
    }, both);
    assert.deepEqual(opened, [...Array(3).fill('POST /http?a=b'), ...Array(2).fill('DELETE /http?a=b')]);
    assert.deepEqual(types.filter((type) => type !== 'Notice'), ['SessionStart', 'ToolUseStart', 'PreToolUse', 'PostToolUse', 'SessionEnd']);
  });

  test('of what only asks like a client of MCP, nothing is told', async () => {
    const { heard } = await said(async (both) => {
      await (await fetch('/other', { method: 'POST', headers: both, body: '{"name":"x"}' })).text();
      await (await fetch('/other', { method: 'DELETE' })).text();
    }, both);
    assert.deepEqual(heard, []);
  });
});
