// WebSocket: what a page can observe is what it observes natively, and the sink is shown every message
// of both directions exactly once, in order.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';
import { WORDS, compare, side, told, within } from './messages.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const same = (scenario, options) => compare(bench, scenario, options);

test('both directions, text and bytes, protocol and close code', async () => {
  const run = await same(async ({ key }) => {
    const socket = window.__connect(key, '&greet=hello', ['mcp', 'other']);
    socket.binaryType = 'arraybuffer';
    const got = window.__messages(socket, 9);
    await window.__event(socket, 'open');
    socket.send('text \u{1F600}');
    socket.send('');
    socket.send(new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4));
    socket.send(new Uint8Array([4, 5]).buffer);
    socket.send(new DataView(new Uint8Array([6, 7, 8]).buffer, 1));
    socket.send(12.5);
    socket.send(null);
    socket.send({ toString: () => 'from toString' });
    const all = await got;
    socket.close(4001, 'replaced');
    const { code, reason } = await window.__event(socket, 'close');
    return [all, socket.protocol, code, reason];
  });
  const seen = await told(run);
  const texts = ['text \u{1F600}', '', 'bytes 1,2,3', 'bytes 4,5', 'bytes 7,8', '12.5', 'null'];
  assert.deepEqual(side(seen, 'in'), ['hello', ...texts, 'from toString']);
  assert.deepEqual(side(seen, 'out'), [...texts, 13]);
  within(seen, { protocol: 'mcp', code: 4001, detail: 'replaced', messages: seen.messages });
  assert.deepEqual(bench.server.exchange(run.key).received.slice(0, 3), ['text \u{1F600}', '', 'bytes 1,2,3']);
  await run.close();
});

// Every way to make and to hear a socket, for which the page gets the same, and the sink everything once.
const WAYS = {
  'only onmessage': (socket, hear) => {
    socket.onmessage = hear;
  },
  'a handler set, taken away and set again': (socket, hear) => {
    socket.onmessage = () => {};
    socket.onmessage = null;
    socket.onmessage = hear;
  },
  addEventListener: (socket, hear) => socket.addEventListener('message', hear),
  handleEvent: (socket, hear) => socket.addEventListener('message', { handleEvent: hear }),
  'an addEventListener that was saved before': (socket, hear) => window.__earlyListen.call(socket, 'message', hear),
  'a saved addEventListener, and nothing read': (socket, hear) => {
    window.__earlyListen.call(socket, 'message', () => hear({ data: undefined }));
    socket.onclose = () => {};
  },
  'twice, in both phases': (socket, hear) => {
    socket.addEventListener('message', (event) => event.data, true);
    socket.addEventListener('message', hear);
    socket.onmessage = (event) => event.data;
  },
  'a capture listener in front that stops the event': (socket, hear) =>
    socket.addEventListener('message', (event) => { hear(event); event.stopImmediatePropagation(); }, true),
  'a saved capture listener in front that stops the event': (socket, hear) => {
    window.__earlyListen.call(socket, 'message', (event) => { event.stopImmediatePropagation(); hear(event); }, true);
    socket.onmessage = () => {};
  },
};

for (const [name, way] of Object.entries(WAYS)) {
  test(`heard once: ${name}`, async () => {
    const run = await same(
      async ({ key, way }) => {
        const listen = (0, eval)(`(${way})`);
        const socket = window.__connect(key);
        const got = [];
        const all = new Promise((done) => listen(socket, ({ data }) => got.push(data) === 5 && done()));
        await new Promise((done) => (socket.onopen = done));
        socket.send('!text 5');
        await all;
        socket.close();
        const { code } = await window.__event(socket, 'close');
        return [got, code];
      },
      { given: { way: String(way) } },
    );
    const { messages, opened, ends, adopted } = await told(run);
    assert.deepEqual({ messages, opened, ends, adopted }, {
      messages: [['out', '!text 5'], ...[0, 1, 2, 3, 4].map((i) => ['in', `text ${i}`])], opened: 1, ends: 1, adopted: false,
    });
    await run.close();
  });
}

test('subclasses, with methods of their own, and prototypes of their own', async () => {
  const run = await same(async ({ key }) => {
    const log = [];
    class Socket extends WebSocket {
      constructor(...args) {
        super(...args);
        this.binaryType = 'arraybuffer';
      }
      send(data) {
        log.push(`sends ${data}`);
        super.send(`<${data}>`);
      }
      close(...args) {
        log.push('closes');
        super.close(...args);
      }
      get [Symbol.toStringTag]() {
        return 'Mine';
      }
    }
    const socket = window.__connect(key, '', [], Socket);
    log.push([socket instanceof Socket, socket instanceof WebSocket, socket.constructor === Socket, String(socket), Socket.OPEN]);
    const got = window.__messages(socket, 2);
    await window.__event(socket, 'open');
    socket.send('a');
    WebSocket.prototype.send.call(socket, 'b');
    log.push(await got);
    socket.close(3000);
    await window.__event(socket, 'close');
    return log;
  });
  within(await told(run), { code: 3000, messages: [['out', '<a>'], ['out', 'b'], ['in', '<a>'], ['in', 'b']] });
  await run.close();
});

test('order: of listeners, of handler attributes, of microtasks', async () => {
  const run = await same(async ({ key }) => {
    const log = [];
    const socket = window.__connect(key);
    let arrived;
    socket.addEventListener('message', () => arrived());
    const say = (name) => (event) => {
      log.push(name);
      queueMicrotask(() => log.push(`microtask of ${name}`));
      Promise.resolve().then(() => log.push(`promise of ${name}`));
      return event;
    };
    socket.addEventListener('message', say('first'));
    socket.onmessage = say('attribute, replaced');
    socket.addEventListener('message', say('capture'), true);
    socket.addEventListener('message', say('once'), { once: true });
    socket.onmessage = say('attribute');
    const gone = say('removed');
    socket.addEventListener('message', gone);
    socket.removeEventListener('message', gone);
    const aborted = new AbortController();
    socket.addEventListener('message', say('aborted'), { signal: aborted.signal });
    aborted.abort();
    socket.addEventListener('message', { handleEvent: say('object') });
    socket.addEventListener('message', (event) => {
      if (event.data === 'stop') event.stopImmediatePropagation();
      log.push('stops');
    });
    socket.addEventListener('message', say('last'));
    for (const type of ['open', 'close', 'error']) {
      socket.addEventListener(type, say(type));
      socket[`on${type}`] = say(`on${type}`);
    }
    await window.__event(socket, 'open');
    for (const text of ['go', 'stop', 'go']) {
      const message = new Promise((done) => (arrived = done));
      socket.send(text);
      await message;
      await window.__turn();
    }
    socket.close();
    await window.__event(socket, 'close');
    await window.__turn();
    return log;
  });
  assert.ok(run.result.length > 40);
  within(await told(run), {
    code: 1005,
    messages: ['go', 'stop', 'go'].flatMap((text) => [['out', text], ['in', text]]),
  });
  await run.close();
});

test('events that the page makes itself are not recorded', async () => {
  const run = await same(async ({ key }) => {
    const socket = window.__connect(key);
    const log = [];
    socket.onmessage = ({ data, isTrusted }) => log.push(data, isTrusted);
    socket.onopen = () => log.push('open');
    socket.onclose = ({ code }) => log.push(code);
    socket.dispatchEvent(new Event('open'));
    socket.dispatchEvent(new MessageEvent('message', { data: 'too early' }));
    socket.dispatchEvent(new CloseEvent('close', { code: 4999 }));
    await window.__event(socket, 'open');
    socket.dispatchEvent(new MessageEvent('message', { data: 'made' }));
    socket.dispatchEvent(new CloseEvent('close', { code: 4998 }));
    socket.send('real');
    const real = await window.__event(socket, 'message');
    await window.__turn();
    socket.dispatchEvent(real);
    socket.close(4000);
    await window.__event(socket, 'close');
    return log;
  });
  within(await told(run), { code: 4000, messages: [['out', 'real'], ['in', 'real']] });
  await run.close();
});

test('how sockets end', async () => {
  const ways = {
    'the page closes, without a code': [(socket) => socket.close(), { code: 1005 }],
    'the page closes, with code and reason': [(socket) => socket.close(4003, 'unauthorised é'), { code: 4003, detail: 'unauthorised é' }],
    'the page closes and listens to nothing more': [(socket) => { socket.onmessage = null; socket.close(3001); }, { code: 3001 }],
    'the server closes': [(socket) => socket.send('!close 4001 kicked out'), { code: 4001, detail: 'kicked out' }],
    'the connection is lost': [(socket) => socket.send('!drop'), { end: 'failed', code: 1006 }],
  };
  for (const [name, [way, expected]] of Object.entries(ways)) {
    const run = await same(
      async ({ key, way }) => {
        const socket = window.__connect(key);
        const events = [];
        socket.onmessage = () => {};
        for (const type of ['error', 'close']) window.__earlyListen.call(socket, type, ({ type, code, reason, wasClean }) => events.push([type, code, reason, wasClean]));
        await new Promise((done) => (socket.onopen = done));
        const closed = new Promise((done) => window.__earlyListen.call(socket, 'close', done));
        (0, eval)(`(${way})`)(socket);
        await closed;
        return events;
      },
      { given: { way: String(way) } },
    );
    const { end, code, detail, ends } = await told(run);
    assert.deepEqual({ end, code, detail, ends }, { end: 'done', detail: '', ends: 1, ...expected }, name);
    await run.close();
  }
});

test('a socket that never opens is not told', async () => {
  const run = await same(async ({ key }) => {
    const results = [];
    const closed = async (socket) => {
      socket.onmessage = () => {};
      const { code, reason, wasClean } = await window.__event(socket, 'close');
      results.push(code, reason, wasClean, socket.readyState);
    };
    await closed(window.__connect(key, '&refuse=1'));
    const early = window.__connect(key);
    early.close(4000, 'changed my mind');
    await closed(early);
    return results;
  });
  assert.deepEqual(await run.page.evaluate(() => [window.__record.exchanges.length, window.__handle.armed]), [0, true]);
  await run.close();
});

test('what the sink does not want costs nothing', async () => {
  const run = await same(async ({ key }) => {
    const socket = window.__connect(key, '&unwanted');
    const got = window.__messages(socket, 2);
    await window.__event(socket, 'open');
    socket.send('!text 2');
    return got;
  });
  const calls = await run.page.evaluate(() => window.__record.calls.filter(([name]) => name !== 'notice'));
  assert.deepEqual(calls.map(([name, , method, about]) => [name, method, about]), [['wants', 'WS', { transport: 'ws', headers: '', protocol: '' }]]);
  await run.close();
});

test('binaryType is the page\'s, and changes when it changes it', async () => {
  const run = await same(async ({ key }) => {
    const socket = window.__connect(key);
    const kinds = [];
    socket.onmessage = ({ data }) => {
      kinds.push(Object.prototype.toString.call(data));
      socket.binaryType = kinds.length % 2 ? 'arraybuffer' : 'blob';
    };
    await window.__event(socket, 'open');
    for (let i = 0; i < 4; i++) {
      socket.send(new Uint8Array([i]));
      await window.__event(socket, 'message');
    }
    socket.close();
    await window.__event(socket, 'close');
    return kinds;
  });
  assert.deepEqual((await told(run)).messages.filter(([way]) => way === 'in'), [['in', 1], ['in', 'bytes 1'], ['in', 1], ['in', 'bytes 3']]);
  await run.close();
});

test('a page that transfers a buffer in its first listener', async () => {
  const run = await same(async ({ key }) => {
    const socket = window.__connect(key);
    socket.binaryType = 'arraybuffer';
    const lengths = [];
    socket.onmessage = ({ data }) => {
      structuredClone(data, { transfer: [data] });
      lengths.push(data.byteLength);
    };
    await window.__event(socket, 'open');
    socket.send('!bytes 3');
    while (lengths.length < 3) await window.__event(socket, 'message');
    socket.close();
    await window.__event(socket, 'close');
    return lengths;
  });
  assert.deepEqual((await told(run)).messages.slice(1), [['in', 'bytes 0,0,0'], ['in', 'bytes 1,1,1'], ['in', 'bytes 2,2,2']]);
  await run.close();
});

test('errors of the page in its listeners stay its own', async () => {
  const scenario = async ({ key }) => {
    const seen = [];
    window.onerror = (message) => (seen.push(message), true);
    window.onunhandledrejection = (event) => (seen.push(String(event.reason)), event.preventDefault());
    const socket = window.__connect(key);
    socket.onmessage = () => {
      throw new Error('of the handler');
    };
    socket.addEventListener('message', async () => {
      throw new Error('of an async listener');
    });
    await window.__event(socket, 'open');
    socket.send('x');
    await window.__event(socket, 'message');
    await window.__turn();
    return seen;
  };
  // What Firefox says of a page has what the page has dealt with, too.
  const { plain, tapped, close } = await bench.both(scenario, {}, { before: WORDS });
  assert.deepEqual(tapped, plain);
  assert.equal(plain.length, 2);
  await close();
});
