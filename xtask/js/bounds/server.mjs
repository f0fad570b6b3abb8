// Streams over HTTP/2, which has no bound of six connections: of the size that is asked for, made as they are sent.

import { readFile } from 'node:fs/promises';
import { createSecureServer } from 'node:http2';
import { beginning, blockOf, ending, turnOf } from './answer.mjs';
import { certificate } from './certificate.mjs';

// Chromium opens 256 streams on a connection, and one connection to an origin: hence several.
const ORIGINS = 8;
const STREAMS = 250;
const BUNDLE = new URL('../../../dist/pagetap.js', import.meta.url);

// Only a page that shares its process with nobody may ask the browser how much memory it takes.
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
// The tap keeps the clock that it finds: this one can be put forward.
const CLOCK = '<script>{ const { now } = Date; let later = 0; Date.now = () => now() + later; globalThis.pass = (ms) => { later += ms; }; }</script>';
const page = (head) => `<!doctype html><meta charset="utf-8"><title>bounds</title><link rel="icon" href="data:,">${head}`;

/** Bytes that a stream with `&hold` sends before all are released; they end within an event. */
export const HELD = 100_000;

/**
 * `origins`: of the page, and of `/v1/messages?blocks=N`, an answer of so many blocks; with
 * `&hold` the most of it comes with `release()`; `?turn=N` is a short one with ids of its own.
 */
export async function startServer() {
  const bundle = await readFile(BUNDLE);
  const waiting = new Set();

  async function stream(query, out) {
    const write = (bytes) => new Promise((written) => out.write(bytes, written));
    await write(beginning(`msg_${query.get('id')}`));
    const blocks = Number(query.get('blocks'));
    for (let index = 0; index < blocks && !out.destroyed; index++) {
      const block = blockOf(index);
      const held = query.has('hold') && index === 0 ? HELD : 0;
      if (held) {
        await write(block.subarray(0, held));
        await new Promise((released) => waiting.add(released));
      }
      await write(block.subarray(held));
    }
    out.end(ending());
  }

  async function answer(request, response) {
    const url = new URL(request.url, 'https://server');
    if (url.pathname === '/v1/messages') {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'access-control-allow-origin': '*' });
      return url.searchParams.has('turn') ? response.end(turnOf(Number(url.searchParams.get('turn')))) : stream(url.searchParams, response.stream);
    }
    if (url.pathname === '/pagetap.js') return response.writeHead(200, { 'content-type': 'text/javascript' }).end(bundle);
    response.writeHead(200, { 'content-type': 'text/html', ...ISOLATED });
    response.end(page(CLOCK + (url.pathname === '/tapped' ? '<script src="/pagetap.js"></script>' : '')));
  }

  const tls = certificate();
  const servers = [];
  for (let at = 0; at < ORIGINS; at++) {
    const server = createSecureServer({ ...tls, settings: { maxConcurrentStreams: STREAMS } });
    server.on('request', (request, response) => answer(request, response).catch(() => response.stream.close()));
    // A page that is closed is an ordinary event here.
    server.on('session', (session) => session.on('error', () => {}));
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    servers.push(server);
  }
  return {
    origins: servers.map((server) => `https://127.0.0.1:${server.address().port}`),
    release() {
      for (const released of waiting) released();
      waiting.clear();
    },
    close: () => servers.forEach((server) => server.close()),
  };
}
