// A WebSocket server that does as it is told: it greets with {"hello":N}, N counting the connections
// of the page, obeys JSON texts with a `do` in them, and sends everything else back as it came.
//
//   {"do":"send","count":3}            {"n":0}, {"n":1}, {"n":2}
//   {"do":"mixed"}                     texts and bytes of every kind
//   {"do":"close","code":4000,"reason":"why"}
//   {"do":"drop"}                      the connection is lost
//
// The first protocol that is offered is chosen. A path that ends in /refused/STATUS is.

import { STATUS_CODES } from 'node:http';
import { WebSocketServer } from 'ws';

const LARGE = 'large '.repeat(20_000);

const MIXED = ['', '{"text":"ü, 𝄞, \u2028 and \\u0000"}', Buffer.from([]), Buffer.from([0, 1, 254, 255]), LARGE, '"last"'];

export function websocketDoor(ledger) {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  const connections = new Map();

  const orders = {
    send(socket, { count }) {
      for (let n = 0; n < count; n++) socket.send(`{"n":${n}}`);
    },
    mixed(socket) {
      for (const message of MIXED) socket.send(message);
    },
    close: (socket, { code, reason }) => socket.close(code, reason),
    drop: (socket) => socket.terminate(),
  };

  function serve(socket, request) {
    ledger.socket(socket, request);
    const key = ledger.keyOf(request);
    const number = (connections.get(key) ?? 0) + 1;
    connections.set(key, number);
    socket.on('message', (data, binary) => {
      const order = binary ? null : orderIn(data.toString());
      if (order) orders[order.do](socket, order);
      else socket.send(data, { binary });
    });
    socket.send(`{"hello":${number}}`);
  }

  return {
    upgrade(request, socket, head) {
      const [, status] = /\/refused\/(\d+)/.exec(request.url) ?? [];
      if (status) return socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
      server.handleUpgrade(request, socket, head, (opened) => serve(opened, request));
    },
    close() {
      for (const socket of server.clients) socket.terminate();
    },
  };
}

function orderIn(text) {
  try {
    const value = JSON.parse(text);
    return value?.do ? value : null;
  } catch {
    return null;
  }
}
