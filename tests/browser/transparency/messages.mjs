// What the tests of sockets and event sources share.

import assert from 'node:assert/strict';

/** Installs when the page says so. */
export const LATE = 'window.__install = () => { window.__handle = __pagetap.instrument(window, window.__sink); };';

// Before the scripts of both pages: a socket to the test server, and promises of its events.
export const WORDS = `
  window.__natives = {};
  for (const [name, holder, keys] of [['WebSocket', WebSocket.prototype, ['send', 'close', 'onmessage', 'onopen', 'onclose', 'onerror', 'binaryType']],
    ['EventTarget', EventTarget.prototype, ['addEventListener']], ['MessageEvent', MessageEvent.prototype, ['data']]]) {
    for (const key of keys) window.__natives[name + '.' + key] = Object.getOwnPropertyDescriptor(holder, key);
  }
  window.__earlyListen = EventTarget.prototype.addEventListener;
  window.__connect = (key, more = '', protocols = [], Socket = WebSocket) =>
    new Socket(location.origin.replace('http', 'ws') + '/socket?key=' + key + more, protocols);
  window.__event = (socket, type) => new Promise((done) => socket.addEventListener(type, done, { once: true }));
  window.__messages = (socket, count) => new Promise((done) => {
    const got = [];
    socket.addEventListener('message', function each({ data }) {
      got.push(typeof data === 'string' ? data : 'bytes ' + new Uint8Array(data).join());
      if (got.length < count) return;
      socket.removeEventListener('message', each);
      done(got);
    });
  });
`;

/** Before a tap, which takes these for the natives: `__listening(object)` is what listens in the capture phase, as ours do. */
export const LEDGER = `
  {
    const ledger = new Map();
    const entry = (object, type) => {
      if (!ledger.has(object)) ledger.set(object, new Map());
      const types = ledger.get(object);
      if (!types.has(type)) types.set(type, new Set());
      return types.get(type);
    };
    window.__listening = (object) => [...(ledger.get(object) ?? [])].filter(([, listeners]) => listeners.size).map(([type]) => type).sort();
    for (const [name, note] of [['addEventListener', 'add'], ['removeEventListener', 'delete']]) {
      const native = EventTarget.prototype[name];
      EventTarget.prototype[name] = function (...args) {
        const [type, listener, options] = args;
        if (options === true || options?.capture) entry(this, type)[note](listener);
        return native.apply(this, args);
      };
    }
  }
`;

/** Runs the scenario in a plain and a tapped page, asserts that they are the same and gives the tapped one. */
export async function compare(bench, scenario, { given, before = '', ...options } = {}) {
  const { plain, tapped, pages, keys, close } = await bench.both(scenario, given, { before: WORDS + before, ...options });
  assert.deepEqual(tapped, plain);
  assert.deepEqual([pages[0].failures, pages[1].failures], [[], []]);
  return { result: plain, page: pages[1], key: keys[1], close };
}

/** What the sink was told of the tapped page's socket, once it has ended. */
export const told = ({ page, key }) =>
  page.evaluate(async (key) => {
    const { url, chunks, ...rest } = await window.__record.ended(key);
    return { ...rest, opened: window.__record.exchanges.filter((one) => one.url === url).length };
  }, key);

// What a socket is, unless a test says otherwise.
const SEEN = { transport: 'ws', method: 'WS', adopted: false, headers: '', protocol: '', states: ['connected'], ends: 1, end: 'done', detail: '', code: 1000, opened: 1 };
export const within = (actual, expected) => {
  const { id, ...rest } = actual;
  assert.deepEqual(rest, { ...SEEN, ...expected });
};

/** The messages of one direction. */
export const side = ({ messages }, way) => messages.filter(([direction]) => direction === way).map(([, data]) => data);
