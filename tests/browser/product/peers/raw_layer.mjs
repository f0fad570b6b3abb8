// The raw layer has every message of every pipe, both directions, exactly once and in order: what a
// tap said, against what the servers wrote down.

import assert from 'node:assert/strict';
import { createParser } from 'eventsource-parser';

/** The pipes whose raw events are there to be looked at. */
export const LANDED = { fetch: true, ws: true, es: true, xhr: true, beacon: true };

const text = (bytes) => Buffer.from(bytes).toString();
const pathOf = (url) => new URL(url, 'http://page').pathname;
const contentOf = ({ bytes, data }) => (bytes !== undefined ? Buffer.from(bytes, 'hex') : Buffer.from(data ?? ''));

/**
 * `outcome`: { tapped: { raws, stats }, truth: { exchanges, sockets }, since }; only what began
 * after `since` has to be there. See `identical` for the rest.
 */
export function assertRaw({ tapped, truth, since }, about, where) {
  const { raws, stats } = tapped;
  assert.equal(stats.failure, null, where);
  assert.equal(stats.encoding, 'wasm', where);
  const { tap_failed, core_failed, queue_full } = stats.notices;
  assert.ok(!tap_failed && !core_failed && !queue_full && !stats.listenerErrors, `${where}: ${JSON.stringify(stats)}`);

  const streams = streamsOf(raws, where);
  const of = (...sources) => streams.filter(({ source }) => sources.includes(source));
  const feeds = about.names ? truth.exchanges.filter(isFeed) : [];
  const others = truth.exchanges.filter((exchange) => !feeds.includes(exchange));
  const pipe = about.xhr ? 'xhr' : 'fetch';
  // What EventSource and XHR load is theirs; the page may use fetch beside them.
  const byXhr = pipe === 'xhr' ? others.filter(({ path }) => path.startsWith(about.xhr)) : [];
  const byFetch = others.filter((exchange) => !byXhr.includes(exchange));

  if (LANDED.fetch) assertExchanges(of('fetch', 'sse'), byFetch, since, about, `${where}, fetch`);
  if (LANDED.xhr) assertExchanges(of('xhr'), byXhr, since, about, `${where}, XHR`);
  if (LANDED.ws) assertSockets(of('ws'), truth.sockets, since, about, `${where}, WebSocket`);
  if (LANDED.es) assertFeeds(of('es'), feeds, since, about, `${where}, EventSource`);
}

// The events by stream, with what must be true of any: one open, one end, nothing outside of both.
function streamsOf(raws, where) {
  const streams = new Map();
  for (const raw of raws) {
    if (raw.source === 'tap') continue;
    if (raw.kind === 'open') {
      assert.ok(!streams.has(raw.streamId), `${where}: stream ${raw.streamId} opens twice`);
      streams.set(raw.streamId, { url: raw.url, method: raw.method, events: [], end: null });
    }
    const stream = streams.get(raw.streamId);
    assert.ok(stream && !stream.end, `${where}: ${JSON.stringify(raw)} stands alone`);
    if (raw.kind === 'end') stream.end = raw;
    // What a body is may be known only when its head has come.
    if (raw.source !== 'fetch' || !stream.source) stream.source = raw.source;
    stream.events.push(raw);
  }
  for (const stream of streams.values()) assert.ok(stream.end, `${where}: ${stream.url} has no end`);
  return [...streams.values()].filter(({ url }) => !pathOf(url).startsWith('/dist/'));
}

// fetch and XHR: each exchange is a stream of its own, whose pieces add up to the body.
function assertExchanges(streams, exchanges, since, about, where) {
  const waiting = exchanges.map((exchange) => ({ ...exchange, request: text(exchange.request), response: text(exchange.response) }));
  for (const stream of streams) {
    const of = (...kinds) => stream.events.filter(({ kind }) => kinds.includes(kind));
    const pieces = of('frame', 'fragment');
    for (const piece of pieces) assert.equal(piece.direction, 'in', where);
    for (const piece of of('open', 'request')) assert.equal(piece.direction, 'out', where);
    const body = text(Buffer.concat(pieces.map(contentOf)));
    const sent = text(Buffer.concat(of('request').map(contentOf)));
    const whole = stream.end.reason === 'done';
    const path = pathOf(stream.url);
    // A kept `fetch` is met at its response: what was asked is not to be seen.
    const asked = (exchange) =>
      (about.heldFetch && !stream.method) || (exchange.method === stream.method && exchange.request === sent);
    const told = (exchange) =>
      exchange.response === body || (!whole && body === '' && about.unread?.(exchange));
    const fits = (exchange) => exchange.path === path && asked(exchange) && told(exchange);
    // One that need not be there may be the very same as one that must.
    const late = waiting.findIndex((exchange) => exchange.at > since && fits(exchange));
    const at = late >= 0 ? late : waiting.findIndex(fits);
    const shown = { path, method: stream.method, sent, body: body.slice(0, 500), end: stream.end };
    assert.ok(at >= 0, `${where}: no exchange is like ${JSON.stringify(shown)}\n${JSON.stringify(waiting, null, 1).slice(0, 2000)}`);
    const cut = waiting[at].response === '' || about.cut?.(waiting[at]) || about.unread?.(waiting[at]) || about.dropped?.(waiting[at]);
    assert.ok(whole || cut, `${where}: ${JSON.stringify(shown)} is not done`);
    waiting.splice(at, 1);
  }
  const missed = waiting.filter(({ at, response }) => at > since && !(about.heldFetch && !response));
  assert.deepEqual(missed, [], `${where}: missed`);
}

// A WebSocket is a stream; a message is a frame. What is sent and what comes meet on the way, so that
// there is an order only in each direction.
function assertSockets(streams, sockets, since, about, where) {
  const opened = streams.filter((stream) => stream.events.some(({ kind }) => kind === 'frame' || kind === 'fragment'));
  const begun = sockets.filter(({ messages }) => lateOf(messages, since).length);
  assert.equal(opened.length, begun.length, `${where}: sockets with messages`);
  for (const [index, { path, code, messages }] of begun.entries()) {
    const stream = opened[index];
    assert.equal(pathOf(stream.url), path, where);
    for (const way of ['in', 'out']) {
      const sent = lateOf(messages, since).filter(({ direction }) => direction === way);
      const frames = stream.events.filter(({ kind, direction }) => (kind === 'frame' || kind === 'fragment') && direction === way);
      const unread = ({ data }) => typeof data !== 'string' && (way === 'in' ? about.blobs : data.equals(BLOB));
      assert.deepEqual(frames.map(messageOf), sent.map((message) => (unread(message) ? message.data.length : message.data)), `${where}: ${path} ${way}`);
    }
    assert.equal(stream.end.code, code, `${where}: ${path}`);
  }
}

// What the scenarios send as one. A Blob is not read; what is told is its size.
const BLOB = Buffer.from('of a blob');

const messageOf = ({ size, data, bytes }) => size ?? data ?? Buffer.from(bytes, 'hex');

// A socket that was open before is met when the page first touches it again, which the scenarios do
// by sending.
function lateOf(messages, since) {
  const late = messages.filter(({ at }) => at > since);
  if (late.length === messages.length) return messages;
  const first = late.findIndex(({ direction }) => direction === 'out');
  return first < 0 ? [] : late.slice(first);
}

const isFeed = ({ path }) => path.startsWith('/feed/native');

// EventSource: what a page that listens for these names is told. Its connections follow each other,
// so all its streams together are one sequence.
function assertFeeds(streams, feeds, since, { names }, where) {
  const listened = ({ event }) => event === 'message' || names.includes(event);
  const expected = [];
  let already = 0;
  let lastEventId = '';
  for (const { response, before } of feeds) {
    for (const { event = 'message', data, id } of recordsOf(response)) {
      lastEventId = id ?? lastEventId;
      expected.push({ event, data, lastEventId });
    }
    already += recordsOf(before(since)).map(({ event = 'message' }) => ({ event })).filter(listened).length;
  }
  const seen = streams.flatMap(({ events }) => events.filter(({ kind }) => kind === 'frame'));
  for (const { direction } of seen) assert.equal(direction, 'in', where);
  const told = seen.map(({ event, data, lastEventId }) => ({ event: event || 'message', data, lastEventId: lastEventId ?? '' }));
  assert.deepEqual(told.filter(listened), expected.filter(listened).slice(already), where);
}

function recordsOf(bytes) {
  const records = [];
  const parser = createParser({ onEvent: (record) => records.push(record) });
  parser.feed(text(bytes));
  return records;
}
