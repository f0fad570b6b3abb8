// The page's own reads of a body: readers of both kinds, iterators, cancellation.

import { apply, attempt, byobReaderClosed, construct, getPrototypeOf, isLocked, peek, pinned, readerClosed } from './natives.js';
import { close, hold, lose, monitor, note, tagOf, watch } from './exchange.js';

// What readers of the one kind inherit from, in all realms: a frame's stream may be read with a method of
// the page's, and then its reader is of the frame.
const byobKinds = pinned(new WeakSet(), 'add', 'has');

export function tapReads(tap) {
  const { afterwards, guard, patch, realm } = tap;

  // Cancelling takes effect only on what was not locked, or with the reader that has the lock.
  const cancelling = (effective) => (target, self, args) => {
    const tag = tagOf(self);
    const cancels = tag && effective(tag, self);
    const promise = apply(target, self, args);
    if (cancels) guard(close, tag, 'cancelled');
    return promise;
  };

  // Web IDL 3.7.10: `for await` finds `next` and `return` as ordinary properties of the iterator's
  // prototype; inside, the engine reads with a reader that no script sees.
  const iterating = afterwards((tag, stream, iterator, args) => {
    hold(tag, stream, iterator);
    tag.keeps = peek(args[0], 'preventCancel');
  });
  const { ReadableStreamBYOBReader: byobReader } = realm;
  if (byobReader) byobKinds.add(byobReader.prototype);
  patch('ReadableStream', {
    getReader: afterwards((tag, stream, reader) => {
      hold(tag, stream, reader);
      monitor(tag, reader, byobKinds.has(getPrototypeOf(reader)) ? byobReaderClosed : readerClosed);
    }),
    cancel: cancelling((tag, stream) => !attempt(isLocked, stream)),
    values: iterating,
    [Symbol.asyncIterator]: iterating,
  });
  patch('AsyncIterator', {
    next: afterwards((tag, iterator, promise) =>
      // What comes after `return` says nothing of the body, and may come before what `return` gives.
      tag.returned !== iterator && watch(
        tap,
        promise,
        (result) => note(tag, iterator, result),
        (error) => lose(tag.exchange, error),
      ),
    ),
    return: afterwards((tag, iterator, promise) => {
      tag.returned = iterator;
      return watch(
        tap,
        promise,
        () => {
          if (tag.reader !== iterator) return;
          tag.reader = null;
          if (!tag.keeps) close(tag, 'cancelled');
        },
        (error) => lose(tag.exchange, error),
      );
    }),
  });

  function patchReader(name, closedGetter) {
    patch(name, {
      read: afterwards((tag, reader, promise) => watch(tap, promise, (result) => note(tag, reader, result))),
      releaseLock: afterwards((tag, reader) => {
        if (tag.reader === reader) tag.reader = null;
      }),
      cancel: cancelling((tag, reader) => tag.reader === reader && attempt(isLocked, tag.stream)),
    });
    // `new ReadableStreamDefaultReader(stream)` is getReader by another name.
    const constructing = (target, args, newTarget) => {
      const reader = construct(target, args, newTarget);
      const tag = tagOf(args[0]);
      if (tag) {
        guard(hold, tag, args[0], reader);
        guard(monitor, tag, reader, closedGetter);
      }
      return reader;
    };
    // In both places where a page finds the constructor, so that they stay the same object.
    patch('Window', { [name]: constructing }, 'construct');
    patch(name, { constructor: constructing }, 'construct');
  }
  patchReader('ReadableStreamDefaultReader', readerClosed);
  patchReader('ReadableStreamBYOBReader', byobReaderClosed);
}
