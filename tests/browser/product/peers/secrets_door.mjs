// A server whose every answer is full of secrets; in pieces that cut them.

import { setImmediate as turn } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { pieces, randomCuts } from '../cuts.mjs';
import { ANSWER, HEADERS, LINES, QUERY, SECRETS } from './secrets.mjs';

const EVENTS = ANSWER.map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`).join('');
const FEED = [
  `id: ${SECRETS.apiKey}\ndata: visible-id\n\n`,
  ...LINES.map((line) => `event: message\ndata: ${line}\n\n`),
  'event: end\ndata: visible-end\n\n',
].join('');
const JSON_TEXT = `{"type":"visible-json","objects":[${LINES}]}`;

const ANSWERS = {
  messages: ['text/event-stream', EVENTS],
  // For EventSource, which comes again when a stream ends.
  feed: ['text/event-stream', FEED],
  bridge: ['application/json', JSON_TEXT],
};

export function secretsDoor() {
  const server = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] });

  return {
    async request(request, response) {
      for await (const chunk of request) void chunk;
      const { pathname, searchParams } = new URL(request.url, 'http://door');
      if (pathname.endsWith('/moved')) return response.writeHead(302, { location: `/v1/messages?${QUERY}` }).end();
      const [type, body] = ANSWERS[pathname.split('/').at(-1)] ?? ['application/json', '{"visible":"other"}'];
      const status = Number(searchParams.get('status') ?? 200);
      response.writeHead(status, { ...HEADERS, 'content-type': type, 'set-cookie': `sessionKey=${SECRETS.cookie}; HttpOnly`, 'retry-after': '1' });
      const bytes = Buffer.from(body);
      for (const piece of pieces(bytes, randomCuts(bytes.length, 7, 60))) {
        await new Promise((written) => response.write(piece, written));
        await turn();
      }
      if (!pathname.endsWith('/feed')) response.end();
    },
    upgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head, (opened) => {
        for (const line of LINES) opened.send(line);
        opened.send(LINES.map((line) => `${line}\n`).join(''));
        if (request.url.includes('cut=')) {
          const line = Buffer.from(`${JSON_TEXT}\n`);
          for (const piece of pieces(line, randomCuts(line.length, 9, 90))) opened.send(piece.toString());
        }
        if (request.url.includes('bytes=')) opened.send(Buffer.from(JSON_TEXT));
        opened.send('{"type":"last","visible":"last"}');
      });
    },
    close() {
      for (const socket of server.clients) socket.terminate();
    },
  };
}
