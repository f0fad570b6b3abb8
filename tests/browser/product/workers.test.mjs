// Dedicated workers: left alone and named by default; asked for, they are tapped from inside, and the
// page and the worker go on as they would.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { CLASSIC, startBench } from './bench.mjs';
import { readCase } from './corpus.mjs';
import { inPage, TEXT_TYPES } from './scenario.mjs';

const CASE = 'messages/text';

// Scripts of workers, in a folder of their own: what is relative shows where it is relative to.
const WORKERS = {
  'where.js': `postMessage([location.href, String(location), location.pathname, location.search, location.hash, origin, name, self.origin,
    self.constructor.name, typeof importScripts, location instanceof WorkerLocation]);`,
  'echo.js': 'onmessage = ({ data, ports }) => { postMessage(["echo", data, ports.length]); if (ports[0]) ports[0].postMessage("through"); };',
  'asks.js': `onmessage = async ({ data }) => {
    const response = await fetch(data, { method: 'POST', body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello?' }] }) });
    const reader = response.body.getReader();
    let length = 0;
    for (let result; !(result = await reader.read()).done; ) length += result.value.length;
    postMessage(length);
  };`,
  'relative.js': `importScripts('part.js', './part.js?2');
    const get = (url) => new Promise((done) => { const request = new XMLHttpRequest(); request.open('GET', url); request.onload = () => done(request.responseText); request.send(); });
    (async () => postMessage([parts, await (await fetch('data.txt')).text(), await (await fetch(new Request('../workers/data.txt'))).text(),
      await get('data.txt'), new Request('x').url, Response.redirect('y').headers.get('location'), new URL('z', location).href,
      await import('./module.js').then(({ url }) => url, String)]))();`,
  'part.js': 'self.parts = (self.parts ?? 0) + 1;',
  'data.txt': 'data',
  'module.js': 'export const { url } = import.meta;',
  'main.mjs.js': `import { url } from './module.js';
    postMessage([location.href, import.meta.url, url, typeof importScripts, name]);
    onmessage = ({ data }) => postMessage(['echo', data, 0]);`,
  'throws.js': '\n\n  throw new Error("thrown");',
  'late.js': 'setTimeout(() => {\n  throw new Error("late");\n});',
  'nested-missing.js': 'importScripts("missing.js");',
  'strict.js': '"use strict"; postMessage((function () { return this === undefined; })());',
  'closes.js': `fetch('/v1/messages?drive=' + name, { method: 'POST', body: '{}' }).then(async ({ body }) => {
    await body.getReader().read();
    postMessage('read');
    onmessage = () => close();
  });`,
  'nests.js': 'const inner = new Worker("echo.js"); inner.onmessage = ({ data }) => postMessage(data); inner.postMessage(1);',
  'nothing.js': '',
  'never-rests.js': `let length = 0;
    for (let i = 0; i < 5; i++) {
      const request = new XMLHttpRequest();
      request.open('GET', 'large.txt?dialect', false);
      request.responseType = 'arraybuffer';
      request.send();
      length += request.response.byteLength;
    }
    postMessage([length]);
    onmessage = ({ data }) => postMessage(['echo', data, 0]);`,
  'large.txt': 'x'.repeat(9 << 20),
  'socket.js': `const socket = new WebSocket(new URL('/echo', location.href.replace('http', 'ws')));
    let count = 0;
    socket.onopen = () => {
      socket.send('text');
      socket.send(new Uint8Array([1, 2, 3]));
    };
    socket.onmessage = () => ++count === 2 && socket.send('close');
    socket.onclose = ({ code, reason }) => postMessage([count, code, reason]);`,
};

let bench;
before(async () => {
  const files = {};
  for (const [name, text] of Object.entries(WORKERS)) files[`/workers/${name}`] = text;
  bench = await startBench({ files, doors: { '/echo': echoDoor() } });
});
after(() => bench?.close());

// Sends back what comes; closes when it is told.
function echoDoor() {
  const server = new WebSocketServer({ noServer: true });
  const serve = (socket) => socket.on('message', (data, binary) => {
    if (String(data) === 'close') socket.close(4001, 'over');
    else socket.send(data, { binary });
  });
  return {
    upgrade: (request, socket, head) => server.handleUpgrade(request, socket, head, serve),
    close: () => server.clients.forEach((socket) => socket.terminate()),
  };
}

// In the page: installs with `options`, and waits until workers are tapped (or will not be).
function workerWords() {
  const { words } = window;
  window.violations = [];
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => violations.push(`${effectiveDirective} ${blockedURI}`));
  words.install = async (options) => {
    const { install } = await import('/dist/npm/index.js');
    window.notices = [];
    window.heard = [];
    const handle = install(options);
    handle.hooks.on('*', (event) => event.type !== 'Notice' && heard.push(event.type));
    handle.hooks.on('Notice', ({ code, detail, count }) => notices.push({ code, detail, count }));
    return handle;
  };
  const seen = () => window.__claudeHooks.stats().notices.worker_unobserved ?? 0;
  /** Until a worker of this realm is started without a notice. */
  words.ready = async (realm = window) => {
    for (;;) {
      const before = seen();
      const worker = new realm.Worker('/workers/where.js');
      await words.says(worker);
      worker.terminate();
      if (seen() === before) return;
    }
  };
  words.tapped = async (options) => {
    await words.install({ workers: true, ...options });
    await words.ready();
    notices.length = 0;
    return seen();
  };
  /** The next `count` things that a worker says; errors as what a page can tell of them. */
  words.says = (worker, count = 1) => new Promise((done) => {
    const said = [];
    const add = (what) => {
      said.push(what);
      if (said.length === count) done(said);
    };
    worker.addEventListener('message', ({ data }) => add(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const { constructor, message, filename, lineno, colno, bubbles, cancelable } = event;
      add({ event: constructor.name, message, filename, lineno, colno, bubbles, cancelable });
    });
  });
}

const scene = (scenario, given, page = {}) => inPage(bench, scenario, given, { before: [workerWords], head: '', ...page });
/** Runs `scenario` without the tap and with its workers tapped: what it gives must be the same. */
async function both(scenario, given) {
  const plain = await scene(scenario, given);
  const page = await bench.open({ before: [workerWords], head: '' });
  await page.evaluate(() => words.tapped());
  const tapped = await page.evaluate(scenario, given);
  const unobserved = await page.evaluate(() => notices);
  assert.deepEqual(page.faults, []);
  await page.close();
  assert.deepEqual(tapped, plain);
  return { plain, unobserved };
}

describe('by default', () => {
  test('workers are left alone, and one notice says that there are some', async () => {
    const seen = await scene(async () => {
      await words.install();
      const said = [];
      for (let i = 0; i < 3; i++) said.push((await words.says(new Worker('/workers/where.js?q#h', { name: 'n' })))[0][0]);
      await words.turn();
      return { said, notices, counted: __claudeHooks.stats().notices };
    });
    assert.deepEqual(seen.said, Array(3).fill(`${bench.service.origin}/workers/where.js?q#h`));
    assert.deepEqual(seen.notices, [{ code: 'worker_unobserved', detail: 'not asked for: see the option `workers`', count: 1 }]);
    assert.deepEqual(seen.counted, { worker_unobserved: 3 });
  });

  test('the constructor is the native one, in both places, and its errors are its own', async () => {
    const look = () => {
      const errors = [[], ['http://['], ['http://other.invalid/'], ['/workers/where.js', { type: 'none' }]].map((args) => {
        try {
          return String(new Worker(...args));
        } catch (error) {
          return [error.constructor.name, error.name, error.message];
        }
      });
      class Mine extends Worker {
        mine = 1;
      }
      const mine = new Mine('/workers/nothing.js');
      const seen = [mine instanceof Worker, mine instanceof Mine, mine.mine, Worker === Worker.prototype.constructor, String(Worker), Worker.name, Worker.length, Object.keys(mine)];
      mine.terminate();
      try {
        Worker('/workers/nothing.js');
      } catch (error) {
        seen.push(error.message);
      }
      return JSON.stringify([errors, seen]);
    };
    const { origin } = bench.service;
    const say = (text) => text.replaceAll(origin, 'ORIGIN');
    const plain = say(await scene(look));
    assert.equal(say(await scene(look, {}, { head: CLASSIC })), plain);
    const page = await bench.open({ before: [workerWords], head: '' });
    await page.evaluate(() => words.tapped());
    assert.equal(say(await page.evaluate(look)), plain);
    await page.close();
  });
});

describe('asked for, a worker is heard', () => {
  const ways = {
    'a classic one': () => new Worker('/workers/asks.js'),
    'a module': () => new Worker(URL.createObjectURL(new Blob(['import "/workers/asks.js"'.replace('/', `${location.origin}/`)], { type: 'text/javascript' })), { type: 'module' }),
    'a Blob whose address is taken back at once': () => {
      const url = URL.createObjectURL(new Blob([`importScripts("${location.origin}/workers/asks.js")`]));
      const worker = new Worker(url);
      URL.revokeObjectURL(url);
      return worker;
    },
    'one of a frame': async () => {
      const frame = document.body.appendChild(document.createElement('iframe'));
      // For its first one the policy is asked.
      await words.ready(frame.contentWindow);
      return new frame.contentWindow.Worker('/workers/asks.js');
    },
  };
  for (const [name, way] of Object.entries(ways)) {
    test(name, async () => {
      const seen = await scene(async ({ way, url }) => {
        await words.tapped();
        const worker = await (0, eval)(way)();
        worker.postMessage(location.origin + url);
        const said = await words.says(worker);
        await words.until(() => heard.at(-1) === 'Stop' && __claudeHooks.stats().open === 0);
        return { said, heard, bytes: __claudeHooks.stats().bytes };
      }, { way: String(way), url: `/v1/messages?case=${CASE}&cuts=5` });
      const { length } = readCase(CASE).body;
      assert.deepEqual(seen, { said: [length], heard: TEXT_TYPES, bytes: length });
    });
  }

  test('what the page does not want is not sent; what a function says is asked in the page', async () => {
    const run = async ({ match }) => {
      const asked = [];
      const matches = {
        pattern: /wanted=1/,
        asks: (url, method) => asked.push(method) && url.includes('wanted=1'),
      };
      await words.tapped({ match: matches[match] });
      const worker = new Worker('/workers/asks.js');
      const urls = [];
      __claudeTap.on(({ kind, url }) => kind === 'open' && urls.push(new URL(url).search));
      for (const wanted of [0, 1, 0]) {
        worker.postMessage(`/v1/messages?case=messages/text&wanted=${wanted}`);
        await words.says(worker);
      }
      await words.until(() => heard.at(-1) === 'Stop');
      return urls;
    };
    for (const match of ['pattern', 'asks']) assert.deepEqual(await scene(run, { match }), ['?case=messages/text&wanted=1'], match);
  });

  for (const readBlobs of [false, true]) {
    test(`its sockets, both ways, with the code of their end${readBlobs ? '; Blobs read if that is asked for' : ''}`, async () => {
      const seen = await scene(async ({ readBlobs }) => {
        await words.tapped({ match: 'all', readBlobs });
        const raws = [];
        __claudeTap.on(({ source, kind, direction, bytes, data, size, state, reason, detail, code }) => {
          if (source === 'ws') raws.push([kind, direction, state ?? size ?? data ?? (bytes && [...bytes].join()), reason, detail, code].filter((value) => value !== undefined));
        });
        const said = await words.says(new Worker('/workers/socket.js'));
        await words.settled();
        return { said, raws, notices };
      }, { readBlobs });
      assert.deepEqual(seen.said, [[2, 4001, 'over']]);
      const ways = (way) => seen.raws.filter(([kind, direction]) => kind === 'frame' && direction === way).map(([, , what]) => what);
      assert.deepEqual(ways('out'), ['text', '1,2,3', 'close']);
      assert.deepEqual(ways('in'), ['text', readBlobs ? '1,2,3' : 3]);
      const others = seen.raws.filter(([kind]) => kind !== 'frame');
      assert.deepEqual(others.map(([kind]) => kind), ['open', 'state', 'end']);
      assert.deepEqual(others[2].slice(-3), ['done', 'over', 4001]);
      assert.deepEqual(seen.notices.map(({ code }) => code), readBlobs ? [] : ['blob_unread']);
    });
  }

  test('of one that reads on and on before it hears a message, no more is kept than 32 MiB: it is left alone, and counted', async () => {
    const scenario = async () => {
      const worker = new Worker('/workers/never-rests.js');
      const seen = await words.says(worker);
      worker.postMessage(1);
      return [...seen, ...(await words.says(worker))];
    };
    const plain = await scene(scenario);
    assert.equal(plain[0][0], 5 * (9 << 20));
    const seen = await scene(async ({ scenario }) => {
      const before = await words.tapped({ match: 'all' });
      const said = await (0, eval)(`(${scenario})`)();
      const counted = () => __claudeTap.stats().notices.worker_unobserved - before;
      await words.until(counted);
      const { streams, open } = __claudeTap.stats();
      return { said, unobserved: counted(), streams, open };
    }, { scenario: String(scenario) });
    assert.deepEqual(seen, { said: plain, unobserved: 1, streams: 0, open: 0 });
  });

  test('what rules given at run time add is asked for in the page', async () => {
    const table = { dialect: 'claudeai', endpoints: [{ method: 'POST', path: '/api/v2/chats/{chat}/answer', says: 'prompt' }] };
    const seen = await scene(async ({ table, url }) => {
      await words.tapped();
      __claudeHooks.translate(table);
      const urls = [];
      __claudeTap.on(({ kind, url }) => kind === 'open' && urls.push(new URL(url).pathname));
      const worker = new Worker('/workers/asks.js');
      for (const path of ['/other', '/api/v2/chats/c9/answer']) {
        worker.postMessage(path + url);
        await words.says(worker);
      }
      await words.until(() => heard.at(-1) === 'Stop');
      return urls;
    }, { table, url: '?case=claudeai/follow-up' });
    assert.deepEqual(seen, ['/api/v2/chats/c9/answer']);
  });

  const ends = {
    'it is terminated': [/^unobserved the worker was terminated$/, (worker) => worker.terminate()],
    'it closes itself': [/^unobserved the worker closed itself$/, (worker) => worker.postMessage('close')],
    'the tap is removed': [/^unobserved disarmed$/, () => __claudeHooksDestroy()],
  };
  for (const [name, [end, way]] of Object.entries(ends)) {
    test(`what it has open ends when ${name}`, async () => {
      const page = await bench.open({ before: [workerWords], head: '' });
      const key = bench.key();
      const reading = page.evaluate(async (key) => {
        await words.tapped();
        window.ends = [];
        __claudeTap.on(({ kind, reason, detail }) => kind === 'end' && ends.push(`${reason} ${detail}`));
        window.worker = new Worker('/workers/closes.js', { name: key });
        await words.says(worker);
        await words.until(() => __claudeTap.stats().bytes > 0);
      }, key);
      const stream = await bench.service.stream(key);
      await stream.write(': begun\n\n');
      await reading;
      await page.evaluate(`(${way})(worker)`);
      const seen = await page.evaluate(() => words.until(() => ends.length > 0 && ends));
      assert.equal(seen.length, 1);
      assert.match(seen[0], end);
      stream.end();
      assert.deepEqual(page.faults, []);
      await page.close();
    });
  }

  test('after destroy() new workers are the page\'s own, and tapped ones fall silent', async () => {
    const seen = await scene(async () => {
      await words.tapped({ match: 'all' });
      const worker = new Worker('/workers/asks.js');
      __claudeHooksDestroy();
      worker.postMessage('/v1/messages?case=messages/text&cuts=5');
      const said = await words.says(worker);
      const [[href]] = await words.says(new Worker('/workers/where.js'));
      return { said, href, heard, printed: Function.prototype.toString.call(Worker), created: Function.prototype.toString.call(URL.createObjectURL) };
    });
    assert.deepEqual(seen, {
      said: [readCase(CASE).body.length],
      href: `${bench.service.origin}/workers/where.js`,
      heard: [],
      printed: 'function Worker() { [native code] }',
      created: 'function createObjectURL() { [native code] }',
    });
  });
});

describe('asked for, a worker is as it would be', () => {
  test('where it is and what it is', async () => {
    await both(async () => {
      const classic = await words.says(new Worker('/workers/where.js?q=1#h', { name: 'named' }));
      const module = await words.says(new Worker('/workers/main.mjs.js', { type: 'module', name: 'named', credentials: 'omit' }));
      const strict = await words.says(new Worker('/workers/strict.js'));
      return [classic, module, strict];
    });
  });

  test('what is relative', async () => {
    const { plain } = await both(async () => words.says(new Worker('/workers/relative.js')));
    const urls = ['x', 'y', 'z', 'module.js'].map((name) => `${bench.service.origin}/workers/${name}`);
    assert.deepEqual(plain, [[2, 'data', 'data', 'data', ...urls]]);
  });

  test('messages posted before its script has run, and ports with them', async () => {
    await both(async () => {
      const results = [];
      for (const [url, type] of [['/workers/echo.js', 'classic'], ['/workers/main.mjs.js', 'module']]) {
        const worker = new Worker(url, { type });
        worker.postMessage('first');
        worker.postMessage('second');
        results.push(await words.says(worker, type === 'module' ? 3 : 2));
      }
      const worker = new Worker('/workers/echo.js');
      const { port1, port2 } = new MessageChannel();
      const through = new Promise((done) => (port1.onmessage = ({ data }) => done(data)));
      worker.postMessage('port', [port2]);
      results.push(await words.says(worker), await through);
      return results;
    });
  });

  test('its errors: thrown at once, later, in what it loads; scripts that are not there', async () => {
    const { plain } = await both(async () => {
      const results = [];
      const look = async (...args) => results.push(await words.says(new Worker(...args)));
      await look('/workers/throws.js');
      await look('/workers/late.js');
      // What a patched function throws names our script as its place.
      const [{ event, message }] = await words.says(new Worker('/workers/nested-missing.js'));
      results.push([{ event, message }]);
      await look('/workers/missing.js');
      await look('/workers/missing.js', { type: 'module' });
      await look('/workers/throws.js', { type: 'module' });
      return results;
    });
    assert.deepEqual(plain.map(([{ event }]) => event), ['ErrorEvent', 'ErrorEvent', 'ErrorEvent', 'Event', 'Event', 'ErrorEvent']);
  });

  test('workers of its own: they are named, and run', async () => {
    const { unobserved } = await both(async () => words.says(new Worker('/workers/nests.js')));
    assert.equal(unobserved.length, 0, 'the page has been told of one before');
  });

  test('what it cannot take the place of is started as it is, with the reason', async () => {
    const seen = await scene(async () => {
      const before = URL.createObjectURL(new Blob(['postMessage(location.href)']));
      await words.tapped();
      const said = [];
      const counts = [];
      const data = 'data:text/javascript,postMessage(location.href)';
      for (const args of [[before], [data], [{ toString: () => '/workers/where.js' }], ['/workers/where.js', Object.defineProperty({}, 'type', { get: () => 'classic' })]]) {
        const count = __claudeHooks.stats().notices.worker_unobserved;
        said.push((await words.says(new Worker(...args)))[0]);
        counts.push(__claudeHooks.stats().notices.worker_unobserved - count);
      }
      return { said: said.map((one) => String(Array.isArray(one) ? one[0] : one).replace(before, 'BEFORE')), counts };
    });
    const where = `${bench.service.origin}/workers/where.js`;
    assert.deepEqual(seen, { said: ['BEFORE', 'data:text/javascript,postMessage(location.href)', where, where], counts: [1, 1, 1, 1] });
  });
});

describe('the page\'s policy', () => {
  const open = async (policy, head = '') => {
    const headers = policy ? { 'content-security-policy': policy } : {};
    const opened = await bench.open({ before: [workerWords], headers, head });
    opened.printed = [];
    opened.on('console', (message) => opened.printed.push(message.text()));
    return opened;
  };
  // Workers one after the other, until the trials are over: how they end shows in nothing else.
  const run = async () => {
    const hrefs = new Set();
    for (let i = 0; i < 15; i++) {
      const worker = new Worker('/workers/where.js');
      hrefs.add((await words.says(worker))[0][0]);
      worker.terminate();
    }
    const { worker_unobserved: unobserved } = __claudeHooks.stats().notices;
    return { hrefs: [...hrefs], violations, unobserved, notices: notices.map(({ code }) => code) };
  };

  test('that lets everything be: asking it leaves no trace', async () => {
    const page = await open('');
    const requests = bench.service.requests.length;
    const seen = await page.evaluate(async () => {
      await words.install({ workers: true });
      await words.ready();
      return { violations, entries: performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => !/\/dist\/|where\.js/.test(name)) };
    });
    assert.deepEqual(seen, { violations: [], entries: [] });
    assert.equal(bench.service.requests.length, requests);
    assert.deepEqual([page.printed, page.faults], [[], []]);
    await page.close();
  });

  const policies = {
    "worker-src 'self'; script-src 'nonce-x' 'unsafe-eval'": ['worker-src blob'],
    "script-src 'nonce-x' 'self' 'wasm-unsafe-eval'": ['worker-src blob'],
    // A worker from the network may compile; one of a Blob would be bound by the page's policy.
    "script-src 'nonce-x' 'strict-dynamic' 'wasm-unsafe-eval'": [],
    // A Blob may run, and compile, but may not load the script.
    "worker-src 'self' blob:; script-src 'nonce-x' 'unsafe-eval'": [],
  };
  for (const [policy, violations] of Object.entries(policies)) {
    test(`that does not: ${policy}`, async () => {
      const page = await open(policy, `<script nonce="x">
        window.installed = import('/dist/npm/index.js').then(({ install }) => install({ workers: true }));
      </script>`);
      await page.evaluate(async () => {
        window.notices = [];
        (await installed).hooks.on('Notice', (notice) => notices.push(notice));
      });
      const seen = await page.evaluate(run);
      assert.deepEqual(seen.hrefs, [`${bench.service.origin}/workers/where.js`]);
      assert.deepEqual(seen.violations, violations);
      assert.deepEqual([seen.unobserved, seen.notices, page.faults], [15, ['worker_unobserved'], []]);
      await page.close();
    });
  }
});
