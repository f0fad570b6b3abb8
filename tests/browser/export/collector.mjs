// A collector for tests: keeps what it is sent, and fails as it is told.
//
//   const collector = await startCollector({ allow })   `allow`: origins that may send; default any
//   collector.origin, collector.to                      its address; where lines of JSON go
//   collector.requests                                  every POST: { url, headers, lines, bytes, kept }
//   collector.kept                                      id -> how often it was kept
//   collector.lines                                     what was kept, each once, as it came
//   collector.answer = (request, n) => ...              undefined: 200; else { status, headers, body }, or one of
//                                                       'reset', 'lost' (kept, no answer), a promise of any of these
//   await collector.until(condition)                    resolves once condition(collector) holds
//   await collector.down(); await collector.up()        an outage: nobody listens at the port

import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

const RELAY = `<!doctype html><title>relay</title><script>
  const from = new URLSearchParams(location.search).get('origin');
  addEventListener('message', async ({ source, origin, data }) => {
    if (source !== opener || origin !== from || data?.pagetap !== 'batch') return;
    const { id, url, method, headers, body } = data;
    let answer;
    try {
      const response = await fetch(url, { method, headers: { ...headers, 'x-by': 'relay' }, body });
      answer = { status: response.status, headers: {}, body: await response.arrayBuffer() };
    } catch (error) {
      answer = { status: 0, why: String(error) };
    }
    opener.postMessage({ pagetap: 'answer', id, ...answer }, from);
  });
  opener.postMessage({ pagetap: 'ready' }, from);
</script>`;

export async function startCollector({ allow = () => true, path = '/events' } = {}) {
  const waiting = new Set();
  const changed = () => waiting.forEach((check) => check());
  let port = 0;
  let server;

  const collector = {
    requests: [],
    others: [],
    kept: new Map(),
    lines: [],
    answer: () => undefined,
    get ids() {
      return [...collector.kept.keys()];
    },
    until(condition, limit = 60_000) {
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(check);
          reject(new Error(`never came true: ${condition}; ${collector.requests.length} requests, ${collector.kept.size} kept`));
        }, limit);
        const check = () => {
          if (!condition(collector)) return;
          clearTimeout(late);
          waiting.delete(check);
          resolve(collector);
        };
        waiting.add(check);
        check();
      });
    },
    down: () => new Promise((closed) => {
      server.closeAllConnections();
      server.close(closed);
    }),
    up: listen,
    close: () => collector.down(),
  };

  function keep(request) {
    request.kept = true;
    for (const line of request.lines) {
      const { eventId } = line;
      if (!collector.kept.has(eventId)) collector.lines.push(line);
      collector.kept.set(eventId, (collector.kept.get(eventId) ?? 0) + 1);
    }
  }

  async function take(incoming, response) {
    const { origin } = incoming.headers;
    if (origin && allow(origin)) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-allow-headers', incoming.headers['access-control-request-headers'] ?? '*');
      response.setHeader('access-control-expose-headers', 'retry-after');
      response.setHeader('access-control-allow-private-network', 'true');
      response.setHeader('access-control-allow-local-network', 'true');
    }
    if (incoming.method === 'OPTIONS') return response.writeHead(204).end();
    if (incoming.method !== 'POST') {
      collector.others.push(`${incoming.method} ${incoming.url}`);
      changed();
      if (incoming.url.startsWith('/relay')) return response.writeHead(200, { 'content-type': 'text/html' }).end(RELAY);
      return response.writeHead(404).end();
    }
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    let bytes = Buffer.concat(chunks);
    const { headers, url } = incoming;
    const size = bytes.length;
    if (headers['content-encoding'] === 'gzip') bytes = gunzipSync(bytes);
    const text = bytes.toString();
    const lines = /ndjson/.test(headers['content-type']) ? text.split('\n').filter(Boolean).map((line) => JSON.parse(line)) : [];
    const request = { url, headers, lines, text, size, kept: false };
    collector.requests.push(request);
    const answer = await collector.answer(request, collector.requests.length);
    if (answer === 'reset') incoming.socket.resetAndDestroy();
    else if (answer === 'lost') {
      keep(request);
      incoming.socket.resetAndDestroy();
    } else {
      const { status = 200, headers = {}, body = '' } = answer ?? {};
      if (status < 300) keep(request);
      response.writeHead(status, headers).end(body);
    }
    changed();
  }

  async function listen() {
    server = createServer((request, response) => void take(request, response).catch(() => response.destroy()));
    server.on('clientError', (_, socket) => socket.destroy());
    await new Promise((listening, failed) => server.once('error', failed).listen(port, '127.0.0.1', listening));
    ({ port } = server.address());
    collector.origin = `http://127.0.0.1:${port}`;
    collector.to = collector.origin + path;
  }

  await listen();
  return collector;
}
