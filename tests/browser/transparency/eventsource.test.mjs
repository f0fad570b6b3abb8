// EventSource: what a page can observe is what it observes natively, and the sink is shown every event
// that somebody listens to or a dialect knows, once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';
import { LATE, LEDGER, WORDS, compare, told } from './messages.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const same = (scenario, options) => compare(bench, scenario, { before: SOURCE, ...options });

// In both pages: an event source over the given text, for each connection one.
const SOURCE = `
  window.__source = (key, parts, more = '', options, Source = EventSource) =>
    new Source('/events?key=' + key + parts.map((part) => '&part=' + encodeURIComponent(part)).join('') + more, options);
`;

const SEEN = {
  transport: 'es', method: 'GET', adopted: false, headers: 'accept: text/event-stream\n', protocol: '',
  states: ['connected'], ends: 1, end: 'cancelled', detail: '', code: 0, opened: 1,
};
const within = ({ id, ...actual }, expected) => assert.deepEqual(actual, { ...SEEN, ...expected });

test('every property of the interface is what it is natively', async () => {
  const { result, close } = await same(async ({ key, origin }) => {
    const seen = {};
    const attempt = (action) => {
      try {
        return String(action());
      } catch (error) {
        return window.__show(error);
      }
    };
    for (const [name, holder] of [['EventSource', EventSource.prototype], ['static', EventSource]]) {
      for (const member of Reflect.ownKeys(holder)) {
        const found = Object.getOwnPropertyDescriptor(holder, member);
        const label = `${name}.${String(member)}`;
        seen[label] = [...Object.keys(found), found.writable, found.enumerable, found.configurable].join();
        for (const field of ['get', 'set', 'value']) {
          const fn = found[field];
          if (typeof fn !== 'function') continue;
          // Keys first: Firefox makes them when they are asked for, and they have the order in which it did.
          seen[`${label} ${field}`] = [Reflect.ownKeys(fn).map(String).join(), fn.name, fn.length, String(fn), Object.hasOwn(fn, 'prototype')].join(' | ');
          seen[`${label} ${field} on {}`] = attempt(() => Reflect.apply(fn, {}, [1]));
          if (member !== 'constructor') seen[`${label} ${field} as constructor`] = attempt(() => new fn());
        }
      }
    }
    seen['window.EventSource'] = Object.values(Object.getOwnPropertyDescriptor(window, 'EventSource')).slice(1).join();
    seen['without new'] = attempt(() => EventSource('/'));
    seen['bad url'] = attempt(() => new EventSource('http://'));
    class Source extends EventSource {
      close() {
        seen.closes = this.readyState;
        super.close();
      }
    }
    const source = window.__source(key, ['retry: 60000\n\ndata: x\n\n'], '&open', undefined, Source);
    const handler = () => {};
    for (const name of ['onopen', 'onmessage', 'onerror']) {
      seen[`${name} at first`] = String(source[name]);
      seen[`${name} set`] = ((source[name] = handler), source[name] === handler);
      for (const value of [null, 5, 'text', {}]) seen[`${name} = ${JSON.stringify(value)}`] = attempt(() => ((source[name] = value), typeof source[name]));
      source[name] = undefined;
    }
    const event = await window.__event(source, 'message');
    seen['event'] = [event.data, event.data === event.data, event.lastEventId, event.origin === origin, Reflect.ownKeys(event).join(), event.isTrusted, event.target === source, event.constructor === MessageEvent].join();
    seen['own keys'] = Reflect.ownKeys(source).map(String).join();
    seen['identity'] = [source.constructor === Source, source instanceof EventSource, Object.getPrototypeOf(source) === Source.prototype, String(source)].join();
    seen['attributes'] = [source.readyState, source.withCredentials, source.url.replace(origin, ''), EventSource.OPEN, source.CLOSED].join();
    source.close();
    seen['closed'] = source.readyState;
    return seen;
  });
  assert.ok(Object.keys(result).length > 50, `${Object.keys(result).length}`);
  await close();
});

const STREAM = [
  'data: one\n\n',
  'id: 7\ndata: two\ndata: lines\n\n',
  'event: custom\ndata: three\n\n',
  'event: session.status_idle\ndata: known to a dialect\n\n',
  'event: nobody\ndata: nobody listens\n\n',
  'event: error\ndata: not an error\n\n',
  'event: open\nid: 8\ndata: not an opening\n\n',
  'event: object\ndata: four\n\n',
  'event: last\ndata: five\n\n',
].join('');

test('every name that somebody listens to or a dialect knows', async () => {
  const run = await same(
    async ({ key, stream }) => {
      const source = window.__source(key, [stream], '&open');
      const log = [];
      const say = ({ type, data, lastEventId }) => log.push([type, data, lastEventId]);
      source.onmessage = say;
      source.onerror = say;
      source.onopen = say;
      source.addEventListener('custom', say);
      source.addEventListener('custom', say, true);
      source.addEventListener('object', { handleEvent: say });
      await window.__event(source, 'last');
      source.close();
      return log;
    },
    { given: { stream: STREAM } },
  );
  within(await told(run), {
    messages: [
      ['message', 'one', ''],
      ['message', 'two\nlines', '7'],
      ['custom', 'three', '7'],
      ['session.status_idle', 'known to a dialect', '7'],
      ['error', 'not an error', '7'],
      ['open', 'not an opening', '8'],
      ['object', 'four', '8'],
      ['last', 'five', '8'],
    ].map(([event, data, lastEventId]) => ['in', data, event, lastEventId]),
  });
  await run.close();
});

test('names that are heard in other ways', async () => {
  const ways = {
    'an addEventListener that was saved before': (source, hear) => window.__earlyListen.call(source, 'custom', hear),
    'a capture listener in front that stops the event': (source, hear) =>
      source.addEventListener('custom', (event) => { event.stopImmediatePropagation(); hear(event); }, true),
    'listened to while it is open': (source, hear) => (source.onopen = () => source.addEventListener('custom', hear)),
    'once, again and again': (source, hear) => {
      const again = (event) => {
        source.addEventListener('custom', again, { once: true });
        hear(event);
      };
      source.addEventListener('custom', again, { once: true });
    },
  };
  for (const [name, way] of Object.entries(ways)) {
    const run = await same(
      async ({ key, way }) => {
        const source = window.__source(key, ['event: custom\ndata: 1\n\nevent: custom\ndata: 2\n\nevent: custom\ndata: 3\n\n'], '&open');
        const got = [];
        await new Promise((done) => (0, eval)(`(${way})`)(source, ({ data }) => got.push(data) === 3 && done()));
        source.close();
        return got;
      },
      { given: { way: String(way) } },
    );
    const { messages, opened } = await told(run);
    assert.deepEqual([messages, opened], [['1', '2', '3'].map((data) => ['in', data, 'custom', '']), 1], name);
    await run.close();
  }
});

test('order: of listeners and of microtasks', async () => {
  const run = await same(async ({ key }) => {
    const log = [];
    const say = (name) => () => {
      log.push(name);
      queueMicrotask(() => log.push(`microtask of ${name}`));
    };
    const source = window.__source(key, ['event: endpoint\ndata: 0\n\ndata: 1\n\ndata: stop\n\ndata: 2\n\nevent: last\ndata: 3\n\n'], '&open');
    source.addEventListener('message', say('first'));
    source.onmessage = say('attribute, replaced');
    source.addEventListener('message', say('capture'), true);
    source.addEventListener('message', say('once'), { once: true });
    source.onmessage = say('attribute');
    source.addEventListener('message', (event) => event.data === 'stop' && event.stopImmediatePropagation());
    source.addEventListener('message', say('after'));
    source.addEventListener('open', say('open'));
    source.onopen = say('onopen');
    source.dispatchEvent(new MessageEvent('message', { data: 'made by the page' }));
    source.dispatchEvent(new Event('error'));
    await window.__event(source, 'last');
    await window.__turn();
    source.close();
    return log;
  });
  assert.ok(run.result.length > 15);
  const { messages } = await told(run);
  assert.deepEqual(messages.map(([, data]) => data), ['0', '1', 'stop', '2', '3']);
  await run.close();
});

test('reconnects: retry, lastEventId, and the end of it', async () => {
  const run = await same(async ({ key }) => {
    const parts = ['retry: 1\n\nid: a\ndata: 1\n\n', 'id: b\nevent: custom\ndata: 2\n\n', ''];
    const source = window.__source(key, parts, '&statuses=200,200,204');
    const log = [];
    source.onmessage = ({ data, lastEventId }) => log.push(['message', data, lastEventId]);
    source.addEventListener('custom', ({ data, lastEventId }) => log.push(['custom', data, lastEventId]));
    source.onopen = () => log.push(['open', source.readyState]);
    await new Promise((done) => (source.onerror = () => {
      log.push(['error', source.readyState]);
      if (source.readyState === 2) done();
    }));
    return log;
  });
  within(await told(run), {
    states: ['connected', 'reconnecting', 'connected', 'reconnecting'],
    end: 'failed',
    messages: [['in', '1', 'message', 'a'], ['in', '2', 'custom', 'b']],
  });
  assert.equal(bench.server.exchange(run.key).requestHeaders['last-event-id'], 'b');
  await run.close();
});

test('a refused stream ends as failed', async () => {
  for (const more of ['&statuses=500', '&type=text/plain']) {
    const run = await same(
      async ({ key, more }) => {
        const source = window.__source(key, ['data: x\n\n'], more);
        const { type } = await window.__event(source, 'error');
        return [type, source.readyState];
      },
      { given: { more } },
    );
    within(await told(run), { states: [], messages: [], end: 'failed' });
    await run.close();
  }
});

test('credentials are as the page wants them', async () => {
  const run = await same(async ({ key, otherOrigin }) => {
    document.cookie = 'planted=yes; path=/';
    const results = [];
    for (const withCredentials of [false, true]) {
      // The other origin's CORS headers allow plain requests and refuse those with credentials.
      for (const origin of [otherOrigin, '']) {
        const source = new EventSource(`${origin}/events?cors&part=data:1%0a%0a&open&key=${key}`, { withCredentials });
        source.onmessage = () => {};
        const { type } = await Promise.race([window.__event(source, 'message'), window.__event(source, 'error')]);
        results.push([type, source.withCredentials].join());
        source.close();
      }
    }
    return results;
  });
  assert.deepEqual(run.result, ['message,false', 'message,false', 'error,true', 'message,true']);
  assert.match(bench.server.exchange(run.key).requestHeaders.cookie, /planted=yes/);
  await run.close();
});

test('sources that were there before', async () => {
  for (const name of ['connecting', 'open, with onmessage', 'open, with an old listener', 'open, then closed']) {
    const page = await bench.page({ tapped: true, install: LATE, before: WORDS + SOURCE });
    const key = bench.key();
    const seen = await page.evaluate(
      async ({ name, key }) => {
        const source = window.__source(key, ['id: 0\nevent: custom\ndata: before\n\n'], '&open');
        let hear = () => {};
        window.__earlyListen.call(source, 'custom', (event) => hear(event));
        if (name === 'open, with onmessage') source.onmessage = () => {};
        if (name !== 'connecting') await window.__event(source, 'custom');
        window.__install();
        const got = [];
        if (name === 'open, then closed') {
          source.close();
        } else {
          const all = new Promise((done) => (hear = ({ data }) => got.push(data) === (name === 'connecting' ? 3 : 2) && done()));
          if (name === 'connecting') {
            source.onmessage = () => {};
            await window.__event(source, 'custom');
          }
          for (const text of ['1', '2']) await fetch(`/push?unwanted&key=${key}&text=${encodeURIComponent(`event: custom\nid: ${text}\ndata: ${text}\n\n`)}`);
          await all;
          source.close();
        }
        const { adopted, messages, end } = await window.__record.ended(key);
        return { got, adopted, messages, end, exchanges: window.__record.exchanges.length };
      },
      { name, key },
    );
    const data = { connecting: ['before', '1', '2'], 'open, then closed': [] }[name] ?? ['1', '2'];
    assert.deepEqual(seen, {
      got: data, adopted: name !== 'connecting', messages: data.map((text) => ['in', text, 'custom', text === 'before' ? '0' : text]), end: 'cancelled', exchanges: 1,
    }, name);
    await page.close();
  }
});

test('what the sink does not want is not listened to', async () => {
  const run = await same(async ({ key }) => {
    const source = window.__source(key, ['data: 1\n\n'], '&open&unwanted');
    source.onmessage = () => {};
    const { data } = await window.__event(source, 'message');
    source.close();
    return data;
  });
  const calls = await run.page.evaluate(() => window.__record.calls);
  assert.deepEqual(calls.map(([name, , method, about]) => [name, method, about]), [
    ['wants', 'GET', { transport: 'es', headers: 'accept: text/event-stream\n', protocol: '' }],
  ]);
  await run.close();
});

for (const method of ['wants', 'open', 'message', 'state', 'end']) {
  test(`sink.${method} throws: the page goes on, the tap is dead`, async () => {
    const run = await same(
      async ({ key, method }) => {
        if (window.__record) window.__record.throwAt = method;
        const source = window.__source(key, ['data: 1\n\nevent: custom\ndata: 2\n\nevent: last\ndata: 3\n\n'], '&open');
        const got = [];
        source.onmessage = ({ data }) => got.push(data);
        source.addEventListener('custom', ({ data }) => got.push(data));
        await window.__event(source, 'last');
        source.close();
        return [got, source.readyState];
      },
      { given: { method } },
    );
    const seen = await run.page.evaluate(() => {
      const { calls, throwAt } = window.__record;
      const at = calls.findIndex(([name]) => name === throwAt);
      return [window.__handle.armed, calls.slice(at + 1).map(([name]) => name), EventSource.prototype.close.toString === Function.prototype.toString];
    });
    assert.deepEqual(seen, [false, ['notice'], true]);
    await run.close();
  });
}

test('disarmed: natives are back, nothing more is told; armed again: the source is taken up', async () => {
  const before = `${WORDS}${SOURCE}
    window.__found = () => ['onopen', 'onmessage', 'onerror', 'close'].map((key) => Object.getOwnPropertyDescriptor(EventSource.prototype, key))
      .flatMap(({ get, set, value }) => [get, set, value]);
    window.__sourceNatives = window.__found();`;
  const page = await bench.page({ tapped: true, before });
  const seen = await page.evaluate(async (key) => {
    const push = (text) => fetch(`/push?unwanted&key=${key}&text=${encodeURIComponent(`event: custom\ndata: ${text}\n\n`)}`);
    const results = {};
    // A comment: Firefox has a source open from its first byte on.
    const source = window.__source(key, [':\n\n'], '&open');
    const got = [];
    let heard = () => {};
    source.addEventListener('custom', ({ data }) => {
      got.push(data);
      heard();
    });
    const exchange = async (text) => {
      const arrived = new Promise((done) => (heard = done));
      await push(text);
      await arrived;
      await window.__turn();
    };
    await window.__event(source, 'open');
    await exchange('one');
    window.__handle.disarm();
    results.restored = window.__found().every((fn, i) => fn === window.__sourceNatives[i]);
    const told = window.__record.calls.length;
    await exchange('two');
    results.silent = told === window.__record.calls.length;
    __pagetap.instrument(window, window.__sink);
    await exchange('three');
    window.__handle.disarm();
    __pagetap.instrument(window, window.__sink);
    await exchange('four');
    source.close();
    results.got = got.join();
    results.exchanges = window.__record.exchanges.map(({ adopted, messages, end, detail, ends }) => ({ adopted, data: messages.map(([, data]) => data).join(), end, detail, ends }));
    return results;
  }, bench.key());
  assert.deepEqual(seen, {
    restored: true,
    silent: true,
    got: 'one,two,three,four',
    exchanges: [
      { adopted: false, data: 'one', end: 'unobserved', detail: 'disarmed', ends: 1 },
      { adopted: true, data: 'three', end: 'unobserved', detail: 'disarmed', ends: 1 },
      { adopted: true, data: 'four', end: 'cancelled', detail: '', ends: 1 },
    ],
  });
  await page.close();
});

test('ours listen only where the page keeps the source alive itself', async () => {
  const page = await bench.page({ tapped: true, before: WORDS + LEDGER + SOURCE });
  const listening = async () => {
    const types = await page.evaluate(() => window.__listening(window.__kept));
    return ['open', 'message', 'error', 'custom', 'endpoint'].filter((type) => types.includes(type));
  };
  await page.evaluate((key) => {
    window.__kept = window.__source(key, [''], '&open');
    window.__kept.addEventListener('custom', () => {});
  }, bench.key());
  assert.deepEqual(await listening(), ['custom', 'endpoint']);
  await page.evaluate(() => {
    window.__kept.onopen = () => {};
  });
  assert.deepEqual(await listening(), ['open', 'message', 'error', 'custom', 'endpoint']);
  await page.close();
});
