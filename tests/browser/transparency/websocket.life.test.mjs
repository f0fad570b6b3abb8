// WebSockets that are older than the tap, that outlive it, that are let go; and Blobs, which are read
// later, if at all.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { collectUntil, startBench } from './bench.mjs';
import { LATE, LEDGER, WORDS, compare, side, told } from './messages.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const same = (scenario, options) => compare(bench, scenario, options);

test('Blobs: not read unless asked, and then in order', async () => {
  const scenario = async ({ key }) => {
    const socket = window.__connect(key);
    const got = [];
    const all = new Promise((done) => (socket.onmessage = async ({ data }) => {
      const at = got.length;
      got.push(null);
      got[at] = typeof data === 'string' ? data : data instanceof Blob ? `blob ${data.size} ${await data.text()}` : `buffer ${data.byteLength}`;
      if (got.length === 6 && got.every(Boolean)) done();
    }));
    await window.__event(socket, 'open');
    socket.send(new Blob(['one ', 'blob']));
    socket.send('text');
    const bytes = new Uint8Array([1, 2, 3]);
    socket.send(bytes);
    bytes.fill(0);
    socket.send(new Blob([]));
    await window.__event(socket, 'message');
    socket.send(new Blob(['last']));
    socket.send('end');
    await all;
    socket.close(4000);
    await window.__event(socket, 'close');
    return got;
  };
  const sizes = await same(scenario);
  const unread = await told(sizes);
  assert.deepEqual(side(unread, 'out'), [8, 'text', 'bytes 1,2,3', 0, 4, 'end']);
  assert.deepEqual(side(unread, 'in'), [8, 'text', 3, 0, 4, 'end']);
  const notices = await sizes.page.evaluate(() => window.__record.notices.map(([code, detail]) => [code, detail.includes('/socket?key=')]));
  assert.deepEqual(notices, [['blob_unread', true]]);
  await sizes.close();

  const install = 'window.__sink.readsBlobs = true; window.__handle = __pagetap.instrument(window, window.__sink);';
  const contents = await same(scenario, { install });
  const read = await told(contents);
  const bytes = (text) => `bytes ${[...Buffer.from(text)].join()}`;
  assert.deepEqual(side(read, 'out'), [bytes('one blob'), 'text', 'bytes 1,2,3', 'bytes ', bytes('last'), 'end']);
  assert.deepEqual(side(read, 'in'), [bytes('one blob'), 'text', 'bytes 1,2,3', 'bytes ', bytes('last'), 'end']);
  assert.deepEqual([read.end, read.code, read.ends, read.messageAfterEnd], ['done', 4000, 1, undefined]);
  await contents.close();
});

test('disarmed while a Blob is read: what waits is told, then the end', async () => {
  const install = 'window.__sink.readsBlobs = true; window.__handle = __pagetap.instrument(window, window.__sink);';
  const page = await bench.page({ tapped: true, install, before: WORDS });
  const seen = await page.evaluate(async (key) => {
    const socket = window.__connect(key);
    socket.onmessage = () => {};
    await window.__event(socket, 'open');
    socket.send(new Blob(['12345']));
    socket.send('behind');
    window.__handle.disarm();
    const { messages, end, detail } = window.__record.last();
    await window.__turn();
    return [messages, end, detail, window.__record.last().messageAfterEnd];
  }, bench.key());
  assert.deepEqual(seen, [[['out', 5], ['out', 'behind']], 'unobserved', 'disarmed', null].map((value) => value ?? undefined));
  await page.close();
});

test('sockets that were there before', async () => {
  const before = `
    window.__make = (key) => window.__connect(key, '', ['kept']);
    window.__made = {};
  `;
  const ways = {
    // Constructed before, opened after.
    'still connecting': [false, (socket) => window.__messages(socket, 3)],
    // Open before. What the page does next is how it is met.
    'open, with onmessage': [true, null],
    'open, with an old listener': [true, null],
    'open, then listened to': [true, (socket) => window.__messages(socket, 3)],
  };
  for (const [name, [opened, hears]] of Object.entries(ways)) {
    const page = await bench.page({ tapped: true, install: LATE, before: WORDS + before });
    const key = bench.key();
    const seen = await page.evaluate(
      async ({ key, name, opened, hears }) => {
        const socket = window.__make(key);
        const got = [];
        if (name === 'open, with onmessage') socket.onmessage = ({ data }) => got.push(data);
        if (name === 'open, with an old listener') socket.addEventListener('message', ({ data }) => got.push(data));
        if (opened) await window.__event(socket, 'open');
        window.__install();
        const all = hears && (0, eval)(`(${hears})`)(socket);
        if (!opened) await window.__event(socket, 'open');
        // Not by the socket: one that only receives is met, too.
        for (const text of ['a', 'b', 'c']) await fetch(`/push?unwanted&key=${key}&text=${text}`);
        if (all) got.push(...(await all));
        else await window.__record.until(key, ({ messages }) => messages.length === 3);
        socket.send('x');
        socket.close(4000);
        const { adopted, messages, protocol, end, code } = await window.__record.ended(key);
        return { got: got.slice(0, 3), adopted, messages, protocol, end, code, opened: window.__record.exchanges.length };
      },
      { key, name, opened, hears: hears && String(hears) },
    );
    const heard = ['a', 'b', 'c'];
    assert.deepEqual(seen, {
      got: heard, adopted: opened, messages: [...heard.map((text) => ['in', text]), ['out', 'x']], protocol: 'kept', end: 'done', code: 4000, opened: 1,
    }, name);
    await page.close();
  }
});

for (const method of ['wants', 'open', 'message', 'state', 'end']) {
  test(`sink.${method} throws: the page goes on, the tap is dead`, async () => {
    const run = await same(
      async ({ key, method }) => {
        if (window.__record) window.__record.throwAt = method;
        const socket = window.__connect(key);
        const got = window.__messages(socket, 4);
        await window.__event(socket, 'open');
        socket.send('!text 3');
        socket.send('echo');
        const all = await got;
        socket.close(4000);
        const { code } = await window.__event(socket, 'close');
        return [all, code];
      },
      { given: { method } },
    );
    const seen = await run.page.evaluate(() => {
      const { calls, throwAt } = window.__record;
      const at = calls.findIndex(([name]) => name === throwAt);
      return [window.__handle.armed, calls.slice(at + 1).map(([name]) => name), WebSocket.prototype.send.toString === Function.prototype.toString];
    });
    assert.deepEqual(seen, [false, ['notice'], true]);
    await run.close();
  });
}

test('disarmed: natives are back, nothing more is told; armed again: the socket is taken up', async () => {
  const page = await bench.page({ tapped: true, before: WORDS });
  const seen = await page.evaluate(async (key) => {
    const results = {};
    const socket = window.__connect(key);
    const got = [];
    socket.onmessage = ({ data }) => got.push(data);
    await window.__event(socket, 'open');
    const exchange = async (text) => {
      socket.send(text);
      await window.__event(socket, 'message');
      await window.__turn();
    };
    await exchange('one');
    const kept = WebSocket.prototype.send;
    window.__handle.disarm();
    const flat = (found) => [found.get, found.set, found.value];
    results.restored = Object.entries(window.__natives).every(([name, found]) => {
      const [holder, key] = name.split('.');
      const now = flat(Object.getOwnPropertyDescriptor(window[holder].prototype, key));
      return flat(found).every((fn, i) => fn === now[i]);
    });
    const calls = window.__record.calls.length;
    await exchange('two');
    kept.call(socket, 'three');
    await window.__event(socket, 'message');
    results.silent = calls === window.__record.calls.length;
    // Left alone between: our listener is still there. Or not, as after the two above.
    __pagetap.instrument(window, window.__sink);
    await exchange('four');
    window.__handle.disarm();
    __pagetap.instrument(window, window.__sink);
    await fetch(`/push?unwanted&key=${key}&text=five`);
    await window.__record.until(key, ({ messages }) => messages.some(([, text]) => text === 'five'));
    socket.close(4000);
    await window.__event(socket, 'close');
    results.exchanges = window.__record.exchanges.map(({ adopted, messages, end, detail, ends }) => ({ adopted, messages: messages.join(), end, detail, ends }));
    results.got = got.join();
    return results;
  }, bench.key());
  assert.deepEqual(seen, {
    restored: true,
    silent: true,
    got: 'one,two,three,four,five',
    exchanges: [
      { adopted: false, messages: 'out,one,in,one', end: 'unobserved', detail: 'disarmed', ends: 1 },
      { adopted: true, messages: 'out,four,in,four', end: 'unobserved', detail: 'disarmed', ends: 1 },
      { adopted: true, messages: 'in,five', end: 'done', detail: '', ends: 1 },
    ],
  });
  await page.close();
});

test('a foreign patch above or below, taken away in any order', async () => {
  for (const order of ['foreign above, goes first', 'foreign above, goes last', 'foreign below']) {
    const page = await bench.page({ tapped: true, install: LATE, before: WORDS });
    const seen = await page.evaluate(
      async ({ order, key }) => {
        const { prototype } = WebSocket;
        const native = prototype.send;
        const listen = EventTarget.prototype.addEventListener;
        let foreign = 0;
        const wrap = () => {
          const below = prototype.send;
          const listenBelow = EventTarget.prototype.addEventListener;
          prototype.send = function send(...args) {
            foreign++;
            return below.apply(this, args);
          };
          EventTarget.prototype.addEventListener = function addEventListener(...args) {
            foreign++;
            return listenBelow.apply(this, args);
          };
          return () => {
            prototype.send = below;
            EventTarget.prototype.addEventListener = listenBelow;
          };
        };
        let unwrap;
        if (order === 'foreign below') unwrap = wrap();
        window.__install();
        if (order !== 'foreign below') unwrap = wrap();
        const socket = window.__connect(key);
        socket.onmessage = () => {};
        await window.__event(socket, 'open');
        const twice = async () => {
          socket.send('x');
          await window.__event(socket, 'message');
        };
        await twice();
        const first = foreign;
        if (order === 'foreign above, goes last') window.__handle.disarm(), await twice(), unwrap();
        else unwrap(), await twice(), window.__handle.disarm();
        foreign = 0;
        await twice();
        return [first > 1, foreign, window.__record.exchanges.length, window.__record.last().messages.length, prototype.send === native, EventTarget.prototype.addEventListener === listen];
      },
      { order, key: bench.key() },
    );
    // A foreign that was below us writes the natives over our patches; our listeners stay.
    const [wrapped, foreign, exchanges, messages] = seen;
    assert.deepEqual([wrapped, foreign, exchanges], [true, 0, 1], order);
    assert.equal(messages, { 'foreign above, goes first': 4, 'foreign above, goes last': 2, 'foreign below': 3 }[order], order);
    await page.close();
  }
});

test('garbage: sockets that are let go end, and ours keeps none', async () => {
  const page = await bench.page({ tapped: true, before: WORDS });
  const key = bench.key();
  await page.evaluate(async (key) => {
    window.__gone = 0;
    const registry = (window.__registry = new FinalizationRegistry(() => window.__gone++));
    const use = async (n) => {
      const socket = window.__connect(key);
      socket.onmessage = () => {};
      await window.__event(socket, 'open');
      socket.send('x');
      await window.__event(socket, 'message');
      socket.close();
      await window.__event(socket, 'close');
      registry.register(socket, n);
    };
    for (let n = 0; n < 5; n++) await use(n);
  }, key);
  assert.ok(await collectUntil(bench.context, page, () => window.__gone === 5));
  assert.deepEqual(await page.evaluate(() => window.__record.exchanges.map(({ end, ends }) => [end, ends].join())), Array(5).fill('done,1'));
  await page.close();
});

test('ours listen only where the page keeps the socket alive itself', async () => {
  const page = await bench.page({ tapped: true, before: WORDS + LEDGER });
  const listening = () => page.evaluate(() => window.__listening(window.__socket));
  await page.evaluate(async (key) => {
    window.__socket = window.__connect(key);
    await window.__event(window.__socket, 'open');
    await window.__turn();
    window.__socket.send('x');
  }, bench.key());
  assert.deepEqual(await listening(), []);
  await page.evaluate(() => {
    window.__socket.onerror = () => {};
  });
  assert.deepEqual(await listening(), ['close', 'message']);
  await page.evaluate(async () => {
    window.__handle.disarm();
    window.__socket.send('y');
    await window.__event(window.__socket, 'message');
    await window.__turn();
    window.__socket.close();
    await window.__event(window.__socket, 'close');
  });
  assert.deepEqual(await listening(), []);
  await page.close();
});

test('a socket of a frame is met by one tap only', async () => {
  const page = await bench.page({ tapped: true, before: WORDS });
  const seen = await page.evaluate(async (key) => {
    const frame = document.body.appendChild(document.createElement('iframe'));
    await new Promise((loaded) => {
      frame.onload = loaded;
      frame.src = '/page';
    });
    const inside = frame.contentWindow;
    inside.__handle.disarm();
    delete inside[Symbol.for('pagetap.instrument')];
    __pagetap.instrument(inside, window.__sink);
    const socket = inside.__connect(key);
    socket.onmessage = () => {};
    await inside.__event(socket, 'open');
    WebSocket.prototype.send.call(socket, 'by the outer send');
    await window.__event(socket, 'message');
    socket.send('by its own');
    await inside.__event(socket, 'message');
    socket.close(4000);
    const { messages, code } = await window.__record.ended(key);
    return [window.__record.exchanges.length, messages, code];
  }, bench.key());
  const texts = ['by the outer send', 'by its own'];
  assert.deepEqual(seen, [1, texts.flatMap((text) => [['out', text], ['in', text]]), 4000]);
  await page.close();
});
