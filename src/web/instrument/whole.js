// Bodies that the page takes whole: text(), json(), arrayBuffer(), ...
//
// These read inside the engine, so there is no read to look at. A clone made at the call (a "late
// clone") has none of the costs of a second consumer: the page's branch is drained at full speed
// anyway, and can only be aborted, which ends both.

import {
  apply,
  attempt,
  cancel,
  cloneResponse,
  getReader,
  NO_ARGUMENTS,
  read,
  readerClosed,
  responseBody,
  then,
  weakMap,
} from './natives.js';
import { finish, hold, ignore, isOpen, monitor, note, tagFor, tagOf, tags } from './exchange.js';

// Of what a second branch may hold in memory. Past it, the clone is cancelled and the page's branch
// goes on alone.
export const CLONE_LIMIT = 32 << 20;

/** Response -> the stream that its `body` was before a late clone. */
export const replaced = weakMap();

export function tapWholeBodies({ afterwards, guard, meet, patch, realm }) {
  const taken = (target, self, args) => {
    guard(copy, self);
    return apply(target, self, args);
  };
  patch('Response', { text: taken, json: taken, arrayBuffer: taken, blob: taken, bytes: taken, formData: taken });

  function copy(response) {
    meet(response);
    const tag = tagOf(response);
    if (!tag) return;
    const { exchange } = tag;
    const stream = attempt(responseBody, response);
    if (!stream) return finish(exchange.ticket, 'done', '');
    // One copy reads to the end: another branch's would only bring the same bytes.
    if (exchange.copied) return;
    const clone = attempt(cloneResponse, response);
    if (!clone) return; // used or locked: the page's call is about to be refused as well
    replaced.set(response, stream);
    exchange.copied = true;
    const branch = tagFor(exchange, tag.at);
    const source = attempt(responseBody, clone);
    const reader = apply(getReader, source, NO_ARGUMENTS);
    hold(branch, source, reader);
    monitor(branch, reader, readerClosed);
    pull(branch, reader);
  }

  function pull(branch, reader) {
    const { ticket } = branch.exchange;
    const chunk = (result) => {
      note(branch, reader, result);
      if (branch.at > CLONE_LIMIT) finish(ticket, 'unobserved', `more than ${CLONE_LIMIT} bytes`);
      if (!result.done) pull(branch, reader);
    };
    // Once the exchange has ended (the limit, another branch, disarming) nobody wants the rest.
    if (!isOpen(branch.exchange)) return apply(then, apply(cancel, reader, NO_ARGUMENTS), [ignore, ignore]);
    apply(then, apply(read, reader, NO_ARGUMENTS), [(result) => guard(chunk, result), ignore]);
  }

  // textStream() gives text at the page's pace: a clone would be a second consumer, and in the strings
  // the bytes are lost. A gap, and said so.
  const unseen = afterwards((tag) => finish(tag.exchange.ticket, 'unobserved', 'textStream'));
  const textStream = (target, self, args) => {
    guard(meet, self);
    return unseen(target, self, args);
  };
  if (realm.Response.prototype.textStream) patch('Response', { textStream });
}
