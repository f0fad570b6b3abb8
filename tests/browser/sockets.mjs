// The WebSocket side of the test server: /socket?key=<key>.
//
// Takes the first subprotocol that is offered and sends back what comes, text as text and bytes as
// bytes, except for commands, which are texts:
//
//   !text <n>               n messages 'text 0', 'text 1', ...
//   !bytes <n>              n messages of three bytes, all of the message's number
//   !close <code> <reason>  starts the closing handshake
//   !drop                   ends the connection without one
//
// `greet` is sent at once. `refuse=1` answers the handshake with 403.
//
// The record of `key` has besides: {received: every message, bytes as 'bytes 1,2,3'; socketClosed:
// {code, reason} the server was given}.

import { WebSocketServer } from 'ws';

export function serveSockets(server, recordOf, changed, pushes) {
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] });

  server.on('upgrade', (request, stream, head) => {
    const url = new URL(request.url, 'http://server');
    if (url.pathname !== '/socket' || url.searchParams.has('refuse')) {
      return stream.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
    }
    sockets.handleUpgrade(request, stream, head, (socket) => talk(socket, url.searchParams));
  });

  function talk(socket, query) {
    const key = query.get('key');
    const record = recordOf(key);
    record.count++;
    record.received ??= [];
    record.socketClosed = null;
    pushes.set(key, (text) => socket.send(text));

    if (query.has('greet')) socket.send(query.get('greet'));
    socket.on('message', (data, binary) => {
      record.received.push(binary ? `bytes ${[...data].join()}` : String(data));
      const [, command, rest] = (!binary && /^!(\w+) ?(.*)$/s.exec(data)) || [];
      if (command === 'text') for (let i = 0; i < Number(rest); i++) socket.send(`text ${i}`);
      else if (command === 'bytes') for (let i = 0; i < Number(rest); i++) socket.send(Buffer.from([i, i, i]));
      else if (command === 'close') socket.close(Number(rest.split(' ')[0]), rest.slice(rest.indexOf(' ') + 1));
      else if (command === 'drop') socket.terminate();
      else socket.send(data, { binary });
      changed();
    });
    socket.on('close', (code, reason) => {
      record.socketClosed = { code, reason: String(reason) };
      changed();
    });
    socket.on('error', () => socket.terminate());
    changed();
  }
}
