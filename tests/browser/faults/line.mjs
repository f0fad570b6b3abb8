// A server that writes exactly the bytes it is told to, head and all, and goes wrong where it is told to.
//
//   const line = await startLine();
//   line.wires[NAME] = bytes              what a connection gets that asks for ?wire=NAME; a function of the
//                                         request's head where the bytes depend on it
//   line.port
//   line.closed(key)                      resolves once the connection with that `key` is closed
//   await line.close()
//
// Parameters of an address, whatever its path: `wire`; `cut`, how many of its bytes are written (all);
// `then`, what comes after them: `end` (which is the default), `reset`, or `stall`, until the client
// goes; `key`.
// With `ack`, only after the client has said that it has all of them: by a message that is the key, on a socket
// of its own at /acks. `rest=1`: after that the other bytes, and the end.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { CLOSE, closing, frames, handshake } from './wires.mjs';

const NOTHING = 'HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n';

export async function startLine() {
  const wires = {};
  const acks = new Map();
  const closings = new Map();
  const sockets = new Set();

  // Both may come first.
  const promised = (map, key) => {
    if (!map.has(key)) {
      const made = {};
      made.promise = new Promise((resolve) => (made.resolve = resolve));
      map.set(key, made);
    }
    return map.get(key);
  };

  async function answer(socket, head) {
    const { pathname, searchParams: query } = new URL(head.split(' ')[1], 'http://line');
    if (pathname === '/acks') {
      socket.write(handshake(head));
      for await (const { text } of frames(socket)) promised(acks, text).resolve();
      return;
    }
    const key = query.get('key');
    if (key) socket.on('close', () => promised(closings, key).resolve());
    const wire = wires[query.get('wire')];
    if (!wire) return socket.end(NOTHING);
    const bytes = typeof wire === 'function' ? wire(head) : wire;
    const cut = Number(query.get('cut') ?? bytes.length);
    if (cut) await new Promise((written) => socket.write(bytes.subarray(0, cut), written));
    if (query.has('ack')) await promised(acks, key).promise;
    if (query.has('rest')) await new Promise((written) => socket.write(bytes.subarray(cut), written));
    const then = query.get('then') ?? 'end';
    if (then === 'reset') return socket.resetAndDestroy();
    const isSocket = /upgrade: websocket/i.test(head);
    // Who says goodbye waits for the other's: of a connection that just ends Firefox may lose what came before.
    const parted = isSocket && (query.has('rest') || cut === bytes.length) && bytes.subarray(-4).equals(closing(1000));
    if (then === 'end' && !parted) return socket.end();
    if (!isSocket) return;
    for await (const { opcode, code } of frames(socket)) if (opcode === CLOSE) return parted ? socket.end() : socket.end(closing(code));
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    // A client that goes away is an ordinary event here.
    socket.on('error', () => {});
    let head = '';
    socket.on('data', function read(chunk) {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', read);
      answer(socket, head).catch(() => socket.destroy());
      // What else it sends is nobody's business, of most.
      socket.resume();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    wires,
    port: server.address().port,
    closed: (key) => promised(closings, key).promise,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
