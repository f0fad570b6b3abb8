// WebSocketStream (Chromium): a WebSocket as a pair of streams.
//
// What arrives is read through a ReadableStream, so it is seen as a body is: by the page's own reads,
// once, by whichever branch is first. Only that its chunks are messages. What a pipe writes into the
// other stream is written inside the engine, and not seen.

import { apply, attempt, bytesOf, copyOf, getterOf, peek, prototypeOf, then, weakMap } from './natives.js';
import { exchangeOf, finish, isOpen, tagFor, tags, watch } from './exchange.js';
import { offer, say } from './messages.js';
import { withoutUser } from './request.js';

const socket = prototypeOf('WebSocketStream');
const socketUrl = getterOf(socket, 'url');
const socketClosed = getterOf(socket, 'closed');
const failure = prototypeOf('WebSocketError');
const failureCode = getterOf(failure, 'closeCode');
const failureReason = getterOf(failure, 'reason');

const promises = weakMap(); // native promise -> the one that the page has
const writables = weakMap(); // writable stream or writer -> its exchange

export function tapWebSocketStream(tap) {
  const { guard, patch, realm } = tap;
  if (!realm.WebSocketStream) return;

  // Both attributes give the same promise each time, and so does this.
  const promised = (step) => (target, self, args) => {
    const promise = apply(target, self, args);
    return guard(stand, promise, self, step) || promise;
  };

  function stand(promise, self, step) {
    let ours = promises.get(promise);
    if (!ours) {
      ours = watch(tap, promise, (value) => step && step(self, value));
      if (ours) promises.set(promise, ours);
    }
    return ours;
  }

  function opened(self, connection) {
    const exchange = exchangeOf(tap, 'WS');
    const about = { url: withoutUser(attempt(socketUrl, self)), method: 'WS', transport: 'ws', adopted: false, headers: '' };
    about.protocol = peek(connection, 'protocol');
    const ticket = offer(tap, exchange, about);
    if (!ticket) return;
    exchange.ticket = ticket;
    tap.tell('state', ticket.id, 'connected');
    exchange.take = takeMessage;

    // The end has a code, which the streams do not tell; but the page may read on after it.
    let end = null;
    const settle = () => end && finish(ticket, end.how, end.detail, end.code);
    exchange.left = settle;
    const over = (how, detail, code) => {
      end = { how, detail, code };
      if (!exchange.touched || !exchange.branches) settle();
    };
    // Handled here, which the page does not see: it is given another promise.
    apply(then, attempt(socketClosed, self), [
      (info) => guard(over, 'done', peek(info, 'reason'), peek(info, 'closeCode')),
      (error) => guard(over, 'failed', attempt(failureReason, error) || '', attempt(failureCode, error) || 1006),
    ]);

    tags.set(peek(connection, 'readable'), tagFor(exchange, 0));
    writables.set(peek(connection, 'writable'), exchange);
  }

  function takeMessage(tag, { done, value }) {
    const { exchange } = tag;
    if (done || ++tag.at <= exchange.shown || !isOpen(exchange)) return;
    exchange.shown = tag.at;
    say(exchange.ticket, 'in', value);
  }

  patch('WebSocketStream', { opened: promised(opened), closed: promised() });

  patch('WritableStream', {
    getWriter(target, self, args) {
      const writer = apply(target, self, args);
      guard(holds, self, writer);
      return writer;
    },
  });
  patch('WritableStreamDefaultWriter', {
    write(target, self, args) {
      const message = guard(prepare, self, args[0]);
      const promise = apply(target, self, args);
      // It is sent when it is written, and fails then if it fails.
      return (message && guard(watch, tap, promise, () => say(message.ticket, 'out', message.data))) || promise;
    },
  });

  function holds(stream, writer) {
    const exchange = writables.get(stream);
    if (exchange) writables.set(writer, exchange);
  }

  function prepare(writer, chunk) {
    const exchange = writables.get(writer);
    if (!exchange || !exchange.ticket.id) return;
    const bytes = bytesOf(chunk);
    // Anything else is made a string by code of the page's, when its turn comes.
    return { ticket: exchange.ticket, data: bytes ? copyOf(bytes) : typeof chunk === 'string' ? chunk : 0 };
  }
}
