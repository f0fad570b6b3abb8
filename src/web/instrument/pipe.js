// pipeTo and pipeThrough.
//
// A pipe reads inside the engine (Streams 4.9.1 does not call the public `read`). So the native pipe is
// given a relay to read from: a stream without a queue of its own (high water mark 0) that pulls one
// chunk from the page's stream for each chunk the pipe asks for. What a pipe decides - preventX,
// signal, errors, backpressure, the order of a shutdown - is still decided by the native algorithm.

import {
  apply,
  attempt,
  cancel as cancelReader,
  closeController,
  enqueue,
  errorController,
  getReader,
  isLocked,
  isPromise,
  NO_ARGUMENTS,
  peek,
  read,
  readerClosed,
  releaseLock,
  then,
} from './natives.js';
import { close, finish, hold, isAborted, monitor, note, tagOf } from './exchange.js';

export function tapPipes({ afterwards, guard, patch }) {

  patch('ReadableStream', {
    pipeTo(target, self, args) {
      const relay = relayFor(self, args[1]);
      if (!relay) return apply(target, self, args);
      const promise = apply(target, relay.stream, args);
      return relay.begin() ? releasing(relay, promise) : promise;
    },
    pipeThrough(target, self, args) {
      // The promise of this pipe stays inside. Its end is seen by the relay as well, unless it is told
      // to spare the source, for which nobody would then give back the lock.
      if (peek(args[1], 'preventCancel')) return unseen(target, self, args);
      const relay = relayFor(self, args[1], true);
      const readable = apply(target, relay ? relay.stream : self, args);
      if (relay) relay.begin();
      return readable;
    },
  });

  const unseen = afterwards((tag) => finish(tag.exchange.ticket, 'unobserved', 'pipeThrough with preventCancel'));

  // A pipe gives its lock back before its promise settles, and the page may count on that: so this is
  // not for `guard`, which does nothing once the tap is dead.
  function releasing(relay, promise) {
    const fulfilled = (value) => {
      relay.release();
      return value;
    };
    const rejected = (error) => {
      relay.release();
      throw error;
    };
    return isPromise(promise) ? apply(then, promise, [fulfilled, rejected]) : promise;
  }

  function relayFor(stream, options, releaseAtEnd) {
    const tag = tagOf(stream);
    // A locked stream is refused by the native call, with the native error.
    if (tag && !attempt(isLocked, stream)) return guard(makeRelay, tag, stream, options, releaseAtEnd);
  }

  function makeRelay(tag, stream, options, releaseAtEnd) {
    let reader;
    let controller;
    let pulling = false;
    let ended = false;

    const release = () => attempt(releaseLock, reader);
    const control = (method, value) => {
      try {
        apply(method, controller, [value]);
      } catch {
        // The pipe was shut down meanwhile and nobody reads the relay any more.
      }
    };

    function end(method, error) {
      control(method, error);
      if (releaseAtEnd) release();
    }

    function finished() {
      guard(close, tag, 'done');
      end(closeController);
    }

    // Only when the pipe is under way: one that refuses its arguments leaves the source unlocked.
    function acquire() {
      if (reader) return reader;
      reader = apply(getReader, stream, NO_ARGUMENTS);
      guard(hold, tag, stream, reader);
      guard(monitor, tag, reader, readerClosed);
      // A pipe reacts to the end of its source even while its destination asks for nothing.
      const closed = () => {
        ended = true;
        if (!pulling) finished();
      };
      apply(then, attempt(readerClosed, reader), [closed, (error) => end(errorController, error)]);
      return reader;
    }

    const source = {
      __proto__: null,
      start(its) {
        controller = its;
      },
      pull() {
        const chunk = apply(read, acquire(), NO_ARGUMENTS);
        pulling = true;
        return apply(then, chunk, [
          (result) => {
            pulling = false;
            guard(note, tag, reader, result);
            if (!result.done) control(enqueue, result.value);
            // `closed` settles before the read that takes the last chunk.
            if (result.done || ended) finished();
          },
        ]);
      },
      cancel(reason) {
        const promise = apply(cancelReader, acquire(), [reason]);
        guard(close, tag, isAborted(peek(options, 'signal')) ? 'aborted' : 'cancelled');
        if (releaseAtEnd) release();
        return promise;
      },
    };
    const relay = new tag.exchange.tap.streams(source, { __proto__: null, highWaterMark: 0 });
    return { stream: relay, release, begin: () => attempt(isLocked, relay) && acquire() };
  }
}
