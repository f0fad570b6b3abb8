// A small HTTP and WebSocket server with behaviour switches, for browser tests.
//
//   const server = await startServer({ roots: { '/dist/': '/path/to/dist' } });
//   server.origin        'http://127.0.0.1:<port>'
//   server.otherOrigin   the same routes on another port: another origin to the browser
//   server.exchange(key) what the server saw of the exchange asked for with ?key=<key>
//   server.push(key, text)  has the open event stream or WebSocket of `key` send `text`
//   server.until(key, condition)  resolves with that record once condition(record) holds, or throws
//   await server.close()
//
// Routes. All take `key` (names the record), `cors=1` (CORS headers for any origin), `delay=<ms>`
// (headers late), `hold=1` (headers only after GET /release?key=), `status`, `type` (content type):
//
//   /sse       `n` events (default 5) of `pad` characters, `gap` ms apart (default 0); `open=1` leaves the
//              response open after the last one, until the client closes it
//   /bytes     `n` bytes (default 1000) of `pattern`, in writes of `chunk` (default all); `gap` ms between;
//              `length=1` sends content-length; `reset=<k>` destroys the connection after k bytes
//   /endless   `pattern` in writes of `chunk` (default 65536), as fast as the client takes them
//   /json      the JSON text in `value`; `retry` sets retry-after. For errors: status=429
//   /parts     each `part` (base64, repeatable) after one more GET /release?key=, the first at once; then ends,
//              after one more as well; `reset=1` destroys the connection instead
//   /empty     no body: status=204 | 205 | 304
//   /events    the text in `part` as an event stream; of several, each connection gets the next one, and
//              the last again. `open=1` leaves the last connection open, the others are ended.
//              `statuses` (a list) goes with the parts
//   /redirect  `to` (default /json), status 302
//   /echo      JSON of {method, url, headers, body}
//   /page      an HTML page; `csp` is its Content-Security-Policy, `body` its body
//   /exchange  the record of `key`, as JSON
//   /release   lets go of what `hold=1` holds
//   /push      has the open event stream or WebSocket of `key` send `text`
//   /socket    a WebSocket, see sockets.mjs
//   anything under a key of `roots` is served as a file from there
//
// Record: {count, method, requestHeaders, requestBody, written, started, finished, closed, stalled}.
// `closed`: the connection of the response was closed before the response was finished. `stalled`: the
// client takes no more for now. `written`: bytes handed to the socket.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { serveSockets } from './sockets.mjs';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** Byte i of every `pattern` body: no short period, every value. */
export const patternByte = (i) => (i * 31 + (i >> 8) * 7 + (i >> 16)) & 255;

function pattern(from, length) {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = patternByte(from + i);
  return bytes;
}

export async function startServer({ roots = {} } = {}) {
  const records = new Map();
  const releases = new Map();
  const pushes = new Map(); // key -> sends text to what is open
  const timers = new Set();
  const waiting = new Set();

  const changed = () => {
    for (const check of waiting) check();
  };

  function recordOf(key) {
    if (!records.has(key)) {
      records.set(key, {
        count: 0,
        method: null,
        requestHeaders: null,
        requestBody: '',
        written: 0,
        started: false,
        finished: false,
        closed: false,
        stalled: false,
      });
    }
    return records.get(key);
  }

  const later = (ms, step) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      step();
    }, ms);
    timers.add(timer);
  };

  async function answer(request, response) {
    const url = new URL(request.url, 'http://server');
    const query = url.searchParams;
    const number = (name, fallback) => Number(query.get(name) ?? fallback);
    const record = recordOf(query.get('key') ?? url.pathname);

    if (url.pathname === '/exchange') return sendJson(response, recordOf(query.get('key')));
    if (url.pathname === '/release') {
      const release = releases.get(query.get('key'));
      releases.delete(query.get('key'));
      if (release) release();
      return sendJson(response, { released: !!release });
    }

    if (url.pathname === '/push') {
      const push = pushes.get(query.get('key'));
      if (push) push(query.get('text'));
      return sendJson(response, { pushed: !!push });
    }

    record.count++;
    record.method = request.method;
    record.requestHeaders = request.headers;
    response.on('finish', () => {
      record.finished = true;
      changed();
    });
    response.on('close', () => {
      record.closed = !response.writableFinished;
      changed();
    });
    const body = [];
    for await (const chunk of request) body.push(chunk);
    record.requestBody = Buffer.concat(body).toString('latin1');
    changed();

    if (query.has('cors')) {
      response.setHeader('access-control-allow-origin', '*');
      response.setHeader('access-control-allow-headers', '*');
      response.setHeader('access-control-allow-methods', '*');
    }
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    if (query.has('hold')) await new Promise((release) => releases.set(query.get('key'), release));
    if (query.has('delay')) await new Promise((done) => later(number('delay'), done));

    const head = (type, status = 200) => {
      response.writeHead(number('status', status), { 'content-type': query.get('type') ?? type, 'cache-control': 'no-store' });
      response.flushHeaders();
      record.started = true;
      changed();
    };
    const write = (chunk) => {
      record.written += chunk.length;
      const more = response.write(chunk);
      record.stalled = !more;
      changed();
      return more;
    };
    // Calls `step` until it returns false, at the client's pace and `gap` ms apart.
    const pace = (step) => {
      const gap = number('gap', 0);
      const next = () => {
        if (response.destroyed) return;
        const more = step();
        if (more === false) return;
        if (more === 'wait') response.once('drain', next);
        else if (gap) later(gap, next);
        else setImmediate(next);
      };
      next();
    };

    switch (url.pathname) {
      case '/sse': {
        const count = number('n', 5);
        const pad = 'x'.repeat(number('pad', 0));
        head('text/event-stream');
        pushes.set(query.get('key'), write);
        let sent = 0;
        return pace(() => {
          if (sent === count) {
            if (!query.has('open')) response.end();
            return false;
          }
          const more = write(Buffer.from(`event: tick\ndata: {"n":${sent},"pad":"${pad}"}\n\n`));
          sent++;
          return more || 'wait';
        });
      }
      case '/bytes': {
        const total = number('n', 1000);
        const size = number('chunk', total);
        const reset = number('reset', Infinity);
        if (query.has('length')) response.setHeader('content-length', total);
        head('application/octet-stream');
        let sent = 0;
        return pace(() => {
          if (sent >= reset) return later(20, () => response.socket?.resetAndDestroy()), false;
          if (sent >= total) return response.end(), false;
          const length = Math.min(size, total - sent, reset - sent);
          const more = write(pattern(sent, length));
          sent += length;
          return more || 'wait';
        });
      }
      case '/events': {
        const parts = query.getAll('part');
        const at = Math.min(record.count, parts.length) - 1;
        const last = at === parts.length - 1;
        const status = Number((query.get('statuses') ?? '').split(',')[record.count - 1] || 200);
        if (status === 204) return response.writeHead(204).end();
        head('text/event-stream', status);
        write(Buffer.from(parts[at] ?? ''));
        if (!last || !query.has('open')) return response.end();
        pushes.set(query.get('key'), write);
        return;
      }
      case '/endless': {
        const chunk = pattern(0, number('chunk', 65536));
        head('application/octet-stream');
        return pace(() => write(chunk) || 'wait');
      }
      case '/json':
        if (query.has('retry')) response.setHeader('retry-after', query.get('retry'));
        head('application/json');
        return response.end(query.get('value') ?? '{"ok":true}');
      case '/parts': {
        const released = () => new Promise((release) => releases.set(query.get('key'), release));
        // Browsers hold back the first bytes of other types, to guess what they are.
        response.setHeader('x-content-type-options', 'nosniff');
        head('text/event-stream');
        for (const part of query.getAll('part')) {
          // Taken before the client can have seen the part.
          const next = released();
          write(Buffer.from(part, 'base64'));
          await next;
        }
        return query.has('reset') ? response.socket?.resetAndDestroy() : response.end();
      }
      case '/empty':
        response.writeHead(number('status', 204));
        return response.end();
      case '/redirect':
        response.writeHead(302, { location: query.get('to') ?? '/json' });
        return response.end();
      case '/echo': {
        const { method, headers } = request;
        return sendJson(response, { method, url: request.url, headers, body: record.requestBody });
      }
      case '/page':
        if (query.has('csp')) response.setHeader('content-security-policy', query.get('csp'));
        head('text/html; charset=utf-8');
        return response.end(`<!doctype html><meta charset="utf-8"><title>page</title>${query.get('body') ?? ''}`);
    }

    for (const [prefix, folder] of Object.entries(roots)) {
      if (!url.pathname.startsWith(prefix)) continue;
      const path = normalize(join(folder, decodeURIComponent(url.pathname.slice(prefix.length))));
      if (!path.startsWith(normalize(folder))) break;
      const content = await readFile(path).catch(() => null);
      if (!content) break;
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
      return response.end(content);
    }
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
  }

  function sendJson(response, value) {
    response.writeHead(200, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
    response.end(JSON.stringify(value));
  }

  const servers = [];
  const origins = [];
  for (let i = 0; i < 2; i++) {
    const server = createServer((request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
    // A client that goes away is an ordinary event here.
    server.on('clientError', (_, socket) => socket.destroy());
    serveSockets(server, recordOf, changed, pushes);
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    servers.push(server);
    origins.push(`http://127.0.0.1:${server.address().port}`);
  }

  return {
    origin: origins[0],
    otherOrigin: origins[1],
    exchange: recordOf,
    push: (key, text) => pushes.get(key)(text),
    until(key, condition, limit = 20_000) {
      return new Promise((resolve, reject) => {
        const check = () => {
          if (!condition(recordOf(key))) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve({ ...recordOf(key) });
        };
        const timer = setTimeout(() => {
          waiting.delete(check);
          reject(new Error(`exchange ${key} never got there: ${JSON.stringify(recordOf(key))}`));
        }, limit);
        waiting.add(check);
        check();
      });
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(
        servers.map((server) => {
          server.closeAllConnections();
          return new Promise((closed) => server.close(closed));
        }),
      );
    },
  };
}
