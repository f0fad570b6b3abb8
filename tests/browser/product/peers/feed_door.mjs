// A server of event streams that sends what the page tells it to.
//
//   GET /feed/...          a stream: `hello` with the connection's number and the id it goes on from
//   GET /feed/.../STATUS   is refused
//   GET /feed/.../html     is something else
//   POST /feed/say         { to, text }: writes to that path's stream; { to, end: true }: ends it;
//                          { to, drop: true }: the connection is lost

import { setImmediate as turn } from 'node:timers/promises';

export function feedDoor(ledger) {
  const streams = new Map();
  const numbers = new Map();

  async function say(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { to, text, end, drop } = JSON.parse(Buffer.concat(chunks));
    const stream = streams.get(ledger.keyOf(request) + to);
    // A character at a time would be slow; an odd number of bytes cuts characters and line ends, too.
    const bytes = Buffer.from(text ?? '');
    for (let at = 0; at < bytes.length; at += 4999) {
      await new Promise((written) => stream.write(bytes.subarray(at, at + 4999), written));
      await turn();
    }
    if (end) stream.end();
    if (drop) stream.socket.resetAndDestroy();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{}');
  }

  function open(request, response) {
    const stream = ledger.keyOf(request) + request.url;
    const number = (numbers.get(stream) ?? 0) + 1;
    numbers.set(stream, number);
    streams.set(stream, response);
    request.socket.setNoDelay(true);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const from = request.headers['last-event-id'] ?? null;
    response.write(`retry: 1\nevent: hello\ndata: ${JSON.stringify({ number, from })}\n\n`);
  }

  return {
    request(request, response) {
      ledger.exchange(request, response);
      if (request.method === 'POST') return say(request, response);
      const last = request.url.split('/').at(-1);
      if (/^\d+$/.test(last)) return response.writeHead(Number(last)).end();
      if (last === 'html') return response.writeHead(200, { 'content-type': 'text/html' }).end();
      open(request, response);
    },
  };
}
