// What servers really sent and received, for comparison with what a tap says it saw. Pages are told
// apart by their host name: http://KEY.localhost/.
//
//   const ledger = startLedger();
//   ledger.exchange(request, response)   before anybody reads or writes either
//   ledger.socket(socket, request)       a `ws` socket, before anybody uses it
//   ledger.now()                         everything so far is not later than this
//   ledger.of(key)                       { exchanges, sockets } of one page, in order
//   await ledger.until(key, check)       until check({ exchanges, sockets }) holds
//
// Exchange: { at, method, path, request, response, before(at), finished, started }. The bodies are Buffers;
// `before(at)` is what was sent of the response until then, `started` resolves when its head has gone out.
// Socket: { at, path, protocol, messages, code }. Message, as the page has it: { at, direction, data },
// a string or a Buffer. `code`: the close code that the page is given.

import { constants, gunzipSync } from 'node:zlib';

const keyOf = ({ headers }) => headers.host.split('.')[0];
const pathOf = ({ url }) => url.split('?')[0];

// As the page gets it.
function unzipped(bytes) {
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return zipped ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes;
}

export function startLedger() {
  let clock = 0;
  const pages = new Map();
  const waiting = new Set();

  const of = (key) => {
    if (!pages.has(key)) pages.set(key, { exchanges: [], sockets: [] });
    return pages.get(key);
  };

  const until = (key, check) =>
    new Promise((resolve) => {
      const look = () => {
        if (!check(of(key))) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });

  function add(list, entry) {
    list.push(entry);
    for (const look of waiting) look();
    return entry;
  }

  function exchange(request, response) {
    const sent = [];
    const received = [];
    const entry = {
      at: ++clock,
      method: request.method,
      path: pathOf(request),
      finished: false,
      get request() {
        return Buffer.concat(received);
      },
      get response() {
        return unzipped(Buffer.concat(sent.map(({ bytes }) => bytes)));
      },
      before: (at) => Buffer.concat(sent.filter((piece) => piece.at <= at).map(({ bytes }) => bytes)),
    };
    // However the body is read, every piece of it is emitted.
    const { emit } = request;
    request.emit = function (name, ...values) {
      if (name === 'data') received.push(Buffer.from(values[0]));
      return emit.call(this, name, ...values);
    };
    const { write, end, writeHead } = response;
    const keep = (chunk, encoding) => {
      if (chunk === null || chunk === undefined || typeof chunk === 'function') return;
      sent.push({ at: ++clock, bytes: Buffer.from(chunk, typeof encoding === 'string' ? encoding : undefined) });
    };
    response.write = function (...values) {
      keep(...values);
      return write.apply(this, values);
    };
    response.end = function (...values) {
      keep(...values);
      return end.apply(this, values);
    };
    entry.started = new Promise((started) => {
      response.writeHead = function (...values) {
        const result = writeHead.apply(this, values);
        started();
        return result;
      };
    });
    response.on('finish', () => (entry.finished = true));
    return add(of(keyOf(request)).exchanges, entry);
  }

  function socket(socket, request) {
    const entry = { at: ++clock, path: pathOf(request), protocol: socket.protocol, messages: [], code: null };
    const { send, terminate } = socket;
    const keep = (direction, data, text) => {
      const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data);
      add(entry.messages, { at: ++clock, direction, data: text ? bytes.toString() : Buffer.from(bytes) });
    };
    socket.send = function (data, ...rest) {
      keep('in', data, typeof data === 'string' || rest[0]?.binary === false);
      return send.call(this, data, ...rest);
    };
    let dropped = false;
    socket.terminate = function () {
      dropped = true;
      return terminate.call(this);
    };
    socket.prependListener('message', (data, binary) => keep('out', data, !binary));
    socket.on('close', (code) => (entry.code = dropped ? 1006 : code));
    return add(of(keyOf(request)).sockets, entry);
  }

  return { now: () => clock, of, until, keyOf, exchange, socket };
}
