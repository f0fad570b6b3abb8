// Where a body passes from one object to others: Response.body, clone, tee.

import { apply } from './natives.js';
import { finish, fork, tags } from './exchange.js';
import { replaced } from './whole.js';

export function tapBranches({ afterwards, guard, meet, patch }) {
  patch('Response', {
    body(target, self, args) {
      const stream = apply(target, self, args);
      return guard(handOut, self, stream) || stream;
    },
    clone(target, self, args) {
      guard(meet, self);
      const copy = apply(target, self, args);
      guard(inherit, self, copy);
      return copy;
    },
  });

  function handOut(response, stream) {
    meet(response);
    const tag = tags.get(response);
    if (!tag) return;
    if (!stream) return finish(tag.exchange.ticket, 'done', '');
    tags.set(stream, tag);
    // A late clone has put another stream in the place of the one the page may know. That one is as
    // locked and as disturbed as it would be natively, so the page keeps it.
    return replaced.get(response);
  }

  // Also from a response whose exchange has ended, or that the sink declined: not to be asked again.
  function inherit(response, copy) {
    const tag = tags.get(response);
    if (tag) fork(tag, copy);
    else tags.set(copy, null);
  }

  patch('ReadableStream', {
    tee: afterwards((tag, stream, pair) => {
      fork(tag, pair[0]);
      fork(tag, pair[1]);
      tag.over = true;
      tag.exchange.branches--;
      tag.exchange.touched = true;
    }),
  });
}
