// fetch: opens an exchange for each call the sink wants, and tags the response the page gets.

import {
  apply,
  attempt,
  getHeader,
  isLocked,
  isPromise,
  pinned,
  responseBody,
  responseBodyUsed,
  responseHeaders,
  responseStatus,
  responseUrl,
  setTimer,
} from './natives.js';
import { fail, finish, isBodyless, isOpen, isWanted, open, tagFor, tags, tellBody, watch } from './exchange.js';
import { bodyOf, describe, withoutUser } from './request.js';

// A refused send (429, 529) is news even if the page never reads why. Long enough for one that does.
const UNREAD_MS = 2000;
// A response whose promise is not to be watched is met when the page takes its body; or never.
const UNMET_MS = 120_000;

export function tapFetch(tap) {
  const { guard, tell } = tap;

  tap.patch('Window', {
    fetch(target, self, args) {
      const call = guard(wanted, args);
      const promise = apply(target, self, args);
      // The native promise itself whenever we have no business: a derived one costs a microtask.
      return (call && guard(follow, call, promise)) || promise;
    },
  });

  function wanted(args) {
    const call = describe(tap, args[0], args[1]);
    if (!call || !isWanted(tap, 'fetch', call)) return;
    call.readBody = bodyOf(call);
    return call;
  }

  function follow(call, promise) {
    const exchange = open(tap, 'fetch', call, false);
    if (!exchange) return;
    tellBody(exchange, call.readBody);
    if (!isPromise(promise)) return expect(exchange, call.url);
    return watch(
      tap,
      promise,
      (response) => arrived(exchange, response),
      (error) => fail(exchange.ticket, error),
    );
  }

  // A wrapper below us gave something else than the platform's promise: to ask it when it settles would
  // be to run its code. Its response is taken up when its body is.
  const unmet = pinned(new Map(), 'set', 'delete', 'forEach'); // exchange -> url

  function expect(exchange, url) {
    unmet.set(exchange, url);
    const never = () => unmet.delete(exchange) && guard(finish, exchange.ticket, 'unobserved', 'no promise');
    apply(setTimer, undefined, [never, UNMET_MS]);
  }

  function arrived(exchange, response) {
    const { ticket } = exchange;
    const status = attempt(responseStatus, response);
    if (status === undefined) return finish(ticket, 'unobserved', 'not a Response');
    tags.set(response, tagFor(exchange, 0));
    showHead(exchange, response, status);
    if (isBodyless(exchange.method, status)) return finish(ticket, 'done', '');
    if (status >= 400) {
      const unread = () => exchange.touched || guard(finish, ticket, 'unobserved', 'unread');
      apply(setTimer, undefined, [unread, UNREAD_MS]);
    }
  }

  function showHead(exchange, response, status) {
    const headers = attempt(responseHeaders, response);
    tell('response', exchange.ticket.id, {
      status,
      url: withoutUser(attempt(responseUrl, response)),
      contentType: apply(getHeader, headers, ['content-type']),
      retryAfter: apply(getHeader, headers, ['retry-after']),
    });
  }

  // A response whose fetch was not seen: under way when we were installed, or made with a `fetch` the
  // page has kept. Taken up while its body is whole; the method is not to be known.
  function adopt(response, stream) {
    const url = withoutUser(attempt(responseUrl, response));
    if (!url || attempt(responseBodyUsed, response) || attempt(isLocked, stream)) return;
    let exchange;
    unmet.forEach((its, candidate) => {
      if (!exchange && its === url && isOpen(candidate)) exchange = candidate;
    });
    if (exchange) {
      unmet.delete(exchange);
      arrived(exchange, response);
      return tags.get(response);
    }
    const call = { url, method: '', headers: '' };
    exchange = isWanted(tap, 'fetch', call) && open(tap, 'fetch', call, true);
    if (!exchange) return;
    showHead(exchange, response, attempt(responseStatus, response));
    return tagFor(exchange, 0);
  }

  /** Tags a response if it is not: as the stream it was made of is (`new Response(body)`), or by adoption. */
  tap.meet = (response) => {
    if (tags.get(response) !== undefined) return;
    const stream = attempt(responseBody, response);
    if (stream === undefined) return; // not a Response: the native call says so
    tags.set(response, (stream && (tags.get(stream) || adopt(response, stream))) || null);
  };
}
