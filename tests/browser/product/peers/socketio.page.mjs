// In the page: socket.io's client, over each of its transports.

import { Manager } from 'socket.io-client';
import { stage } from './transcript.mjs';

const EVENTS = ['reconnect_attempt', 'reconnect', 'reconnect_error', 'reconnect_failed', 'error'];

function listen(t, socket) {
  const name = socket.nsp;
  socket.on('connect', () => t.note('events', name, 'connect', !!socket.id, socket.recovered));
  socket.on('disconnect', (reason) => t.note('events', name, 'disconnect', reason));
  socket.on('connect_error', (error) => t.note('events', name, 'connect_error', error));
  socket.onAny((...values) => t.note('messages', name, ...values));
  socket.onAnyOutgoing((...values) => t.note('sent', name, ...values));
  return socket;
}

const over = (transports) => ({
  make(t) {
    const manager = new Manager(location.origin, {
      path: '/socketio/',
      transports,
      autoConnect: false,
      reconnectionDelay: 1,
      reconnectionDelayMax: 5,
      randomizationFactor: 0,
    });
    for (const name of EVENTS) manager.on(name, (...values) => t.note('manager', name, ...values));
    const socket = listen(t, manager.socket('/', { auth: { who: 'me' } }));
    socket.on('question', (question, answer) => answer(`${question} so!`, new Uint8Array([7, 8])));
    return { manager, socket, transports };
  },

  async connect(t, { manager, socket }) {
    socket.connect();
    await t.until('messages', 1);
    await this.upgraded(t, manager);
  },

  /** Resolves when the connection is what it is going to be. */
  async upgraded(t, { engine }) {
    if (transports.length > 1 && engine.transport.name !== transports.at(-1)) {
      await new Promise((upgraded) => engine.once('upgrade', upgraded));
    }
    t.note('manager', 'transport', engine.transport.name);
  },

  async go(t, { manager, socket }) {
    t.note('answers', await socket.emitWithAck('echo', 'ü, 𝄞', { a: [1, null, true] }, 'large '.repeat(5000)));
    t.note('answers', await new Promise((answer) => socket.emit('echo', 'two', 'values', (...values) => answer(values))));
    t.note('answers', await socket.emitWithAck('echo', { bytes: new Uint8Array([1, 2, 255]), more: [new Uint8Array(0).buffer] }));
    t.note('answers', await socket.emitWithAck('question'));
    socket.emit('several', 6);
    await t.until('messages', 8);

    const other = listen(t, manager.socket('/other'));
    other.connect();
    await t.until('messages', 9);
    const closed = listen(t, manager.socket('/closed'));
    closed.connect();
    await t.until('events', 3);
    closed.disconnect();
    other.emit('leave');
    await t.until('events', 4);

    // The connection goes, and comes again; what is sent meanwhile is kept.
    const asked = new Promise((answer) => socket.once('disconnect', () => answer(socket.emitWithAck('echo', 'kept'))));
    socket.emit('lose');
    t.note('answers', await asked);
    await this.upgraded(t, manager);
    socket.emit('leave');
    await t.until('events', 7);
    socket.connect();
    await t.until('messages', 11);
    await this.upgraded(t, manager);
    socket.disconnect();
    await t.until('events', 9);
    t.note('events', 'state', socket.connected, socket.active, manager._readyState);
  },
});

stage({
  'socket.io, polling': over(['polling']),
  'socket.io, websocket': over(['websocket']),
  'socket.io, polling and then websocket': over(['polling', 'websocket']),
});
