// A real socket.io server.

import { Server as Engine } from 'engine.io';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';

const BYTES = Buffer.from([0, 1, 254, 255]);

export function socketioDoor(ledger) {
  class Noted extends WebSocketServer {
    handleUpgrade(request, socket, head, opened) {
      super.handleUpgrade(request, socket, head, (...made) => {
        ledger.socket(made[0], request);
        opened(...made);
      });
    }
  }
  // Nothing goes over the wire but what somebody asked for.
  const engine = new Engine({ wsEngine: Noted, pingInterval: 600_000, pingTimeout: 600_000 });
  const io = new Server();
  io.bind(engine);
  const transports = [];
  engine.on('connection', ({ transport }) => transports.push(transport));

  io.on('connection', (socket) => {
    socket.emit('hello', { auth: socket.handshake.auth, transport: socket.conn.transport.name });
    socket.on('echo', (...values) => {
      const answer = values.pop();
      answer(...values);
    });
    socket.on('several', (count) => {
      for (let n = 0; n < count; n++) socket.emit('one', n, n % 2 ? BYTES : `ü, 𝄞 ${n}`);
    });
    socket.on('question', (done) => {
      socket.timeout(600_000).emit('question', 'how?', (error, answer) => done({ answer }));
    });
    // Not while the request that says so is being answered: it would be lost, too.
    socket.on('lose', () => setImmediate(() => socket.conn.close()));
    socket.on('leave', () => setImmediate(() => socket.disconnect(true)));
  });
  io.of('/closed').use((socket, next) => {
    next(Object.assign(new Error('not for you'), { data: { reason: 'closed' } }));
  });
  io.of('/other').on('connection', (socket) => {
    socket.emit('hello', 'other');
    socket.on('leave', () => socket.disconnect());
  });

  return {
    request(request, response) {
      ledger.exchange(request, response);
      engine.handleRequest(request, response);
    },
    upgrade: (request, socket, head) => engine.handleUpgrade(request, socket, head),
    close() {
      engine.close();
      // Those that wait to tell a client which will not ask any more.
      for (const { shouldClose } of transports) shouldClose?.();
    },
  };
}
