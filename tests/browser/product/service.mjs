// The server of the product tests: pages with policies, what was built, and the exchanges of an
// assistant, either a corpus case in network-like pieces or one that the test writes itself.
//
//   const service = await startService({ files: { '/a.js': text }, roots: { '/dist/': folder URL } });
//   service.page({ path, headers, head, body })   registers an HTML page and gives its address
//   service.stream(key)   resolves, once a request with drive=KEY in its query or /drive/KEY/ in its
//                         path has come, with { request, write(bytes), end(), reset(), closed }
//   service.requests      every exchange so far: { method, url, body }
//   await service.close()
//
// `doors`: { '/prefix': door }, servers of their own behind paths of this one. A door has
// `request(request, response)`, `upgrade(request, socket, head)` and `close()`, or some of them.
//
// Exchanges, by query or path:
//   ?case=messages/text&cuts=SEED   or   /case/messages/text/SEED/...   plays a case; SEED 0: in one piece
//   ?turn=tools.sse&cuts=SEED       plays a turn of the demonstration page
//   ?drive=KEY[&type=TYPE]          or   /drive/KEY/...                 an event stream the test writes

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { demoTurn, readCase } from './corpus.mjs';
import { pieces, randomCuts } from './cuts.mjs';

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  wasm: 'application/wasm',
};
const EVENT_STREAM = 'text/event-stream; charset=utf-8';
const LONGEST_PIECE = 300;

export async function startService({ files = {}, roots = {}, doors = {} } = {}) {
  const pages = new Map();
  const driven = new Map();
  const requests = [];

  const doorOf = ({ url }) => Object.entries(doors).find(([prefix]) => url.startsWith(prefix))?.[1];

  const slot = (key) => {
    if (!driven.has(key)) {
      const made = {};
      made.arrived = new Promise((resolve) => (made.arrive = resolve));
      driven.set(key, made);
    }
    return driven.get(key);
  };

  async function answer(request, response) {
    const door = doorOf(request);
    if (door?.request) return door.request(request, response);
    const url = new URL(request.url, 'http://service');
    const page = pages.get(request.url);
    if (page) {
      response.writeHead(200, { 'content-type': TYPES.html, ...page.headers });
      return response.end(page.html);
    }
    if (request.method === 'GET') {
      const content = await staticFile(url.pathname);
      const type = TYPES[url.pathname.split('.').at(-1)] ?? 'application/octet-stream';
      if (content) return response.writeHead(200, { 'content-type': type }).end(content);
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const seen = { method: request.method, url: request.url, body: Buffer.concat(chunks).toString() };
    requests.push(seen);
    request.socket.setNoDelay(true);
    const [, how, ...path] = url.pathname.split('/');
    const drive = url.searchParams.get('drive') ?? (how === 'drive' ? path[0] : null);
    if (drive) return slot(drive).arrive(drivenStream(seen, response, url.searchParams.get('type')));
    const name = url.searchParams.get('case') ?? (how === 'case' ? `${path[0]}/${path[1]}` : null);
    const seed = Number(url.searchParams.get('cuts') ?? (how === 'case' ? path[2] : 0));
    if (name) return playCase(readCase(name), seed, response);
    const turnName = url.searchParams.get('turn');
    if (turnName) return send(response, demoTurn(turnName), seed, 200, { 'content-type': EVENT_STREAM });
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
  }

  async function staticFile(path) {
    if (path in files) return files[path];
    for (const [prefix, folder] of Object.entries(roots)) {
      if (path.startsWith(prefix)) return readFile(new URL(path.slice(prefix.length), folder)).catch(() => null);
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  // A client that goes away is an ordinary event here.
  server.on('clientError', (_, socket) => socket.destroy());
  server.on('upgrade', (request, socket, head) => {
    const door = doorOf(request);
    if (door?.upgrade) door.upgrade(request, socket, head);
    else socket.destroy();
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const origin = `http://127.0.0.1:${server.address().port}`;
  let serial = 0;

  return {
    origin,
    requests,
    page({ path = `/page/${++serial}`, headers = {}, head = '', body = '' } = {}) {
      const html = `<!doctype html><meta charset="utf-8"><title>page</title><link rel="icon" href="data:,">${head}<body>${body}`;
      pages.set(path, { headers, html });
      return origin + path;
    },
    stream: (key) => slot(key).arrived,
    async close() {
      for (const door of Object.values(doors)) await door.close?.();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function playCase({ meta, body }, seed, response) {
  const headers = { 'content-type': meta.contentType || EVENT_STREAM };
  if (meta.retryAfter) headers['retry-after'] = meta.retryAfter;
  return send(response, body, seed, meta.status || 200, headers);
}

// Each piece in a write of its own, a turn of the loop apart: the network may join them again.
async function send(response, body, seed, status, headers) {
  response.writeHead(status, { 'cache-control': 'no-store', ...headers });
  response.flushHeaders();
  for (const piece of pieces(body, seed ? randomCuts(body.length, seed, LONGEST_PIECE) : [])) {
    if (response.destroyed) return;
    await new Promise((written) => response.write(piece, written));
    await turn();
  }
  response.end();
}

function drivenStream(request, response, type) {
  response.writeHead(200, { 'cache-control': 'no-store', 'content-type': type ?? EVENT_STREAM });
  response.flushHeaders();
  return {
    request,
    write: (bytes) => new Promise((written) => response.write(bytes, written)),
    end: () => response.end(),
    reset: () => response.socket.resetAndDestroy(),
    closed: new Promise((closed) => response.on('close', closed)),
  };
}
