// In the page: clients over WebSocket, each put through what a WebSocket can go through.

import ReconnectingWebSocket from 'reconnecting-websocket';
import PartySocket from 'partysocket';
import { retry, tap, take, takeWhile } from 'rxjs';
import { webSocket } from 'rxjs/webSocket';
import { stage } from './transcript.mjs';

const HERE = location.origin.replace('http', 'ws');
const order = (what, more) => JSON.stringify({ do: what, ...more });

/** Tells the transcript what events a socket has. */
function listen(t, socket) {
  socket.addEventListener('open', (event) => t.note('events', event.type, socket.protocol, socket.readyState));
  socket.addEventListener('message', ({ data }) => t.note('messages', data));
  socket.addEventListener('close', (event) => t.note('closes', event.code, event.reason, event.wasClean));
  socket.addEventListener('error', (event) => t.note('errors', event.type, event.message));
  return socket;
}

// From a socket that is open to one that the client has closed; for those that reconnect.
async function everything(t, socket) {
  socket.send('{"text":"ü, 𝄞 and a lone \ud800"}');
  await t.until('messages', 2);
  socket.binaryType = 'arraybuffer';
  socket.send(new Uint8Array([0, 127, 128, 255]));
  socket.send(new Uint8Array([1, 2, 3, 4]).subarray(1, 3));
  socket.send(new Uint8Array([5, 6]).buffer);
  socket.send(new Blob(['of a blob']));
  socket.send('');
  await t.until('messages', 7);
  socket.send(order('mixed'));
  await t.until('messages', 13);
  socket.send(order('send', { count: 50 }));
  await t.until('messages', 63);
  t.note('events', 'state', socket.readyState, socket.bufferedAmount, socket.extensions, socket.url);
}

const QUICK = { minReconnectionDelay: 1, maxReconnectionDelay: 5, minUptime: 0, connectionTimeout: 30_000 };

async function reconnect(t, socket) {
  await everything(t, socket);
  // While it is closed, it keeps what it is to send.
  socket.addEventListener('close', ({ code }) => code === 1012 && socket.send('"kept"'));
  socket.send(order('close', { code: 1012, reason: 'restart' }));
  await t.until('messages', 65);
  socket.send(order('drop'));
  await t.until('messages', 66);
  socket.send('"after the loss"');
  await t.until('messages', 67);
  // It counts itself as connected by a timer, which Firefox holds back while a page loads.
  while (socket.retryCount > 0) await new Promise((done) => setTimeout(done));
  socket.close(4000, 'done');
  await t.until('closes', 3);
  t.note('events', 'state', socket.readyState, socket.retryCount);
}

const reconnecting = (make) => ({
  make: (t) => listen(t, make()),
  async connect(t, socket) {
    socket.reconnect();
    await t.until('messages', 1);
  },
  go: reconnect,
});

const refused = (make) => ({
  make: (t) => listen(t, make()),
  async go(t, socket) {
    socket.reconnect();
    await t.until('errors', 3);
    socket.close();
    t.note('events', 'state', socket.readyState, socket.retryCount);
  },
});

class Counting extends WebSocket {
  sent = 0;
  send(data) {
    this.sent++;
    super.send(data);
  }
}

const native = (Class) => ({
  async make(t) {
    const socket = listen(t, new Class(`${HERE}/ws/native`, ['chat', 'other']));
    await t.attempt('errors', 'too early', () => socket.send('"early"'));
    socket.onmessage = ({ data, currentTarget, target }) => t.note('handler', data, currentTarget === socket && target === socket);
    socket.addEventListener('message', { handleEvent: ({ data }) => t.note('handler', 'object', data) }, { once: true });
    await t.until('messages', 1);
    return socket;
  },
  async go(t, socket) {
    await everything(t, socket);
    await t.attempt('errors', 'code', () => socket.close(1005));
    await t.attempt('errors', 'reason', () => socket.close(4000, 'x'.repeat(124)));
    await t.attempt('errors', 'brand', () => WebSocket.prototype.send.call({}, 'x'));
    t.note('events', 'is', socket instanceof WebSocket, socket instanceof Class, socket.constructor === Class, socket.OPEN, Class.CLOSED, socket.sent);
    const stopped = ({ data }) => t.note('handler', 'removed', data);
    socket.addEventListener('message', stopped);
    socket.removeEventListener('message', stopped);
    socket.addEventListener('message', (event) => event.stopImmediatePropagation(), { once: true, capture: true });
    socket.send('"stopped"');
    socket.onmessage = null;
    socket.send('"unhandled"');
    await t.until('messages', 64);
    socket.send(order('close', { code: 4001, reason: 'enough' }));
    await t.until('closes', 1);
    socket.send('"too late"');
    t.note('events', 'state', socket.readyState, socket.bufferedAmount > 0);
  },
});

const rx = (t, path, more) => webSocket({
  url: `${HERE}${path}`,
  openObserver: { next: (event) => t.note('opens', event.type) },
  closeObserver: { next: ({ code, reason, wasClean }) => t.note('closes', code, reason, wasClean) },
  closingObserver: { next: () => t.note('closes', 'closing') },
  ...more,
});

const observe = (t) => ({
  next: (value) => t.note('messages', value),
  error: (error) => t.note('ends', 'error', error),
  complete: () => t.note('ends', 'complete'),
});

stage({
  WebSocket: native(WebSocket),
  'WebSocket, a subclass': native(Counting),

  'WebSocket, the connection is lost or refused': {
    async make(t) {
      const socket = listen(t, new WebSocket(`${HERE}/ws/native`));
      await t.until('messages', 1);
      return socket;
    },
    async go(t, socket) {
      t.note('events', 'binary', socket.binaryType);
      socket.send(order('mixed'));
      await t.until('messages', 7);
      socket.send(order('drop'));
      await t.until('closes', 1);
      listen(t, new WebSocket(`${HERE}/ws/refused/403`));
      await t.until('closes', 2);
      await t.attempt('errors', 'address', () => new WebSocket('ftp://nowhere/'));
      await t.attempt('errors', 'protocol', () => new WebSocket(HERE, 'not a token'));
      await t.attempt('errors', 'new', () => WebSocket(HERE));
    },
  },

  'reconnecting-websocket': reconnecting(() => new ReconnectingWebSocket(() => `${HERE}/ws/again`, ['chat'], { ...QUICK, startClosed: true })),
  'reconnecting-websocket, refused': refused(
    () => new ReconnectingWebSocket(`${HERE}/ws/refused/503`, [], { ...QUICK, startClosed: true, maxRetries: 2 }),
  ),

  partysocket: reconnecting(
    () => new PartySocket({ ...QUICK, host: location.host, protocol: 'ws', room: 'room', id: 'me', protocols: ['chat'], query: { a: 'b' }, startClosed: true }),
  ),
  'partysocket, refused': refused(
    () => new PartySocket({ ...QUICK, host: location.host, protocol: 'ws', basePath: 'ws/refused/503', id: 'me', startClosed: true, maxRetries: 2 }),
  ),

  'rxjs/webSocket': {
    make: (t) => rx(t, '/ws/rx', { protocol: 'chat' }),
    async connect(t, subject) {
      subject.subscribe(observe(t));
      await t.until('messages', 1);
    },
    async go(t, subject) {
      subject.next({ text: 'ü and 𝄞' });
      await t.until('messages', 2);
      const channel = subject.multiplex(() => ({ subscribe: 'a' }), () => ({ unsubscribe: 'a' }), (message) => 'n' in message);
      const some = channel.pipe(take(2)).subscribe((value) => t.note('channel', value));
      subject.next({ do: 'send', count: 3 });
      // Both of the channel's own messages come back, and the order's three.
      await t.until('messages', 7);
      t.note('channel', 'closed', some.closed);
      subject.next({ do: 'close', code: 1000, reason: 'over' });
      await t.until('ends', 1);
      // It connects anew for whoever comes next.
      subject.pipe(takeWhile((value) => value !== 'stop')).subscribe(observe(t));
      subject.next('stop');
      await t.until('ends', 2);
      await t.until('closes', 2);
    },
  },

  'rxjs/webSocket, the connection is lost': {
    make: (t) => rx(t, '/ws/rx', { serializer: (value) => `${value}`, deserializer: ({ data }) => data, binaryType: 'arraybuffer' }),
    async go(t, subject) {
      const subscription = subject.pipe(tap({ error: ({ code }) => t.note('ends', 'lost', code) }), retry({ count: 1 })).subscribe(observe(t));
      await t.until('messages', 1);
      subject.next(order('mixed'));
      await t.until('messages', 7);
      subject.next(order('drop'));
      await t.until('messages', 8);
      subject.error({ code: 4002, reason: 'by us' });
      await t.until('closes', 3);
      t.note('ends', 'closed', subscription.closed);
    },
  },
});
