// Errors reach the page as they are: the same object, in the same places, as handled or unhandled as
// natively. The sink hears whether it was an abort or a failure.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

// Where an abort can strike; each returns the promise that must reject with the reason itself.
const PLACES = {
  'fetch before headers': ({ key, signal, reached }) => {
    const pending = fetch(`/json?hold=1&key=${key}`, { signal });
    reached();
    return pending;
  },
  'fetch with a Request': ({ key, signal, reached }) => {
    const pending = fetch(new Request(`/json?hold=1&key=${key}`, { signal }));
    reached();
    return pending;
  },
  'fetch, aborted already': ({ key, controller, reason }) => {
    controller.abort(reason);
    return fetch(`/json?key=${key}`, { signal: controller.signal });
  },
  'reader.read()': async ({ key, signal, reached }) => {
    const reader = (await fetch(`/sse?n=1&open=1&key=${key}`, { signal })).body.getReader();
    await reader.read();
    const pending = reader.read();
    reached();
    return pending;
  },
  'byob reader.read()': async ({ key, signal, reached }) => {
    const reader = (await fetch(`/sse?n=1&open=1&key=${key}`, { signal })).body.getReader({ mode: 'byob' });
    await reader.read(new Uint8Array(1000));
    const pending = reader.read(new Uint8Array(1000));
    reached();
    return pending;
  },
  'reader.closed': async ({ key, signal, reached }) => {
    const reader = (await fetch(`/sse?n=1&open=1&key=${key}`, { signal })).body.getReader();
    await reader.read();
    reached();
    return reader.closed;
  },
  'for await': async ({ key, signal, reached }) => {
    for await (const chunk of (await fetch(`/sse?n=1&open=1&key=${key}`, { signal })).body) reached(chunk);
  },
  'pipeTo': async ({ key, signal, reached }) =>
    (await fetch(`/sse?n=1&open=1&key=${key}`, { signal })).body.pipeTo(new WritableStream({ write: reached })),
  'pipeThrough': async ({ key, signal, reached }) => {
    const reader = (await fetch(`/sse?n=1&open=1&key=${key}`, { signal })).body.pipeThrough(new TransformStream()).getReader();
    await reader.read();
    const pending = reader.read();
    reached();
    return pending;
  },
  'tee': async ({ key, signal, reached }) => {
    const [a] = (await fetch(`/sse?n=1&open=1&key=${key}`, { signal })).body.tee();
    const reader = a.getReader();
    await reader.read();
    const pending = reader.read();
    reached();
    return pending;
  },
  'read after the abort': async ({ key, controller, reason }) => {
    const reader = (await fetch(`/sse?n=1&open=1&key=${key}`, { signal: controller.signal })).body.getReader();
    controller.abort(reason);
    return reader.read();
  },
};
for (const method of ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData']) {
  PLACES[`${method}()`] = `async ({ key, signal, reached }) => {
    const pending = (await fetch('/sse?n=1&open=1&key=' + key, { signal })).${method}();
    reached();
    return pending;
  }`;
}

for (const [name, place] of Object.entries(PLACES)) {
  test(`the reason of an abort is the page's own: ${name}`, async () => {
    const scenario = async ({ key, place }) => {
      const results = [];
      const reasons = [undefined, new DOMException('mine', 'TimeoutError'), { custom: 1 }, 'text', null];
      for (const [i, reason] of reasons.entries()) {
        const controller = new AbortController();
        const { signal } = controller;
        const reached = () => controller.abort(reason);
        const given = { key: `${key}-${i}`, signal, controller, reason, reached };
        const outcome = await (async () => (0, eval)(`(${place})`)(given))().then(
          (value) => `value ${JSON.stringify(value)}`,
          (error) => `${error === signal.reason} ${window.__show(error)}`,
        );
        results.push(outcome);
      }
      if (window.__record) {
        for (const exchange of window.__record.exchanges) await window.__record.ended(exchange.url);
      }
      return results;
    };
    const { plain, tapped, pages, close } = await bench.both(scenario, { place: String(place) });
    assert.deepEqual(tapped, plain);
    const ends = await pages[1].evaluate(() => window.__record.exchanges.map(({ end, ends }) => `${end} ${ends}`));
    // Aborted beforehand: nothing is sent, so there is nothing to observe.
    assert.deepEqual(ends, Array(name === 'fetch, aborted already' ? 0 : 5).fill('aborted 1'));
    await close();
  });
}

test('an already aborted signal rejects in the microtask it does natively', async () => {
  const scenario = async () => {
    const log = [];
    fetch('/json', { signal: AbortSignal.abort() }).catch(() => log.push('fetch'));
    Promise.resolve().then(() => log.push('one')).then(() => log.push('two'));
    await window.__turn();
    return log;
  };
  const { plain, tapped, close } = await bench.both(scenario);
  assert.deepEqual(tapped, plain);
  await close();
});

test('network failures are the same errors, and fail the exchange', async () => {
  const scenario = async ({ key }) => {
    const results = [];
    const get = async (suffix) => fetch(`/bytes?n=9000&chunk=3000&length=1&reset=6000&key=${key}&${suffix}`);
    results.push(await fetch(`http://127.0.0.1:1/${key}`).catch(window.__show));
    const reader = (await get('reader')).body.getReader();
    const read = async () => {
      while (!(await reader.read()).done);
    };
    results.push(await read().catch(window.__show), await reader.closed.catch(window.__show));
    for (const method of ['text', 'json', 'bytes', 'blob']) results.push(await (await get(method))[method]().catch(window.__show));
    results.push(await (await get('pipe')).body.pipeTo(new WritableStream()).catch(window.__show));
    return results;
  };
  const { plain, tapped, pages, close } = await bench.both(scenario);
  assert.deepEqual(tapped, plain);
  const ends = await pages[1].evaluate(async () => {
    for (const { url } of window.__record.exchanges) await window.__record.ended(url);
    return window.__record.exchanges.map(({ end, detail, ends }) => `${end} ${ends} ${detail.split(':')[0]}`);
  });
  assert.deepEqual(ends, Array(7).fill('failed 1 TypeError'));
  await close();
});

test('unhandled rejections are as many as natively, for the same reasons', async () => {
  const CASES = {
    'fetch ignored': () => void fetch('http://127.0.0.1:1/'),
    'fetch caught': () => void fetch('http://127.0.0.1:1/').catch(() => {}),
    'fetch, then without catch': () => void fetch('http://127.0.0.1:1/').then(() => {}),
    'fetch caught later in the chain': () => void fetch('http://127.0.0.1:1/').then(() => {}).catch(() => {}),
    'fetch with an aborted signal': () => void fetch('/json', { signal: AbortSignal.abort() }),
    'abort before headers': ({ key }) => {
      const controller = new AbortController();
      void fetch(`/json?hold=1&key=${key}`, { signal: controller.signal });
      controller.abort();
    },
    'read ignored': async ({ reader }) => void reader.read(),
    'read caught': async ({ reader }) => void reader.read().catch(() => {}),
    'two reads ignored': async ({ reader }) => {
      void reader.read();
      void reader.read();
    },
    'no read pending': async () => {},
    'next ignored': async ({ response }) => {
      const iterator = response.body.values();
      await iterator.next();
      void iterator.next();
    },
    'pipeTo ignored': async ({ response }) => void response.body.pipeTo(new WritableStream()),
    'pipeThrough': async ({ response }) => void response.body.pipeThrough(new TransformStream()),
    'tee ignored': async ({ response }) => {
      const reader = response.body.tee()[0].getReader();
      await reader.read();
      void reader.read();
    },
    'text ignored': async ({ response }) => void response.text(),
    'text caught': async ({ response }) => void response.text().catch(() => {}),
    'clone, both ignored': async ({ response }) => {
      const copy = response.clone();
      void copy.text();
      void response.json();
    },
    'release with a read pending': async ({ reader }) => {
      void reader.read();
      reader.releaseLock();
    },
    'cancel ignored': async ({ response }) => void response.body.cancel(),
    'cancel of a locked stream': async ({ response, reader }) => reader && void response.body.cancel(),
    'wrong this': () => void Response.prototype.text.call({}),
    'wrong this for read': () => void ReadableStreamDefaultReader.prototype.read.call({}),
    'wrong this for next': () => void Object.getPrototypeOf(new ReadableStream().values()).next.call({}),
  };
  const scenario = async ({ key, cases }) => {
    const results = {};
    for (const [i, [name, source]] of Object.entries(cases).entries()) {
      const seen = [];
      const listen = (event) => {
        event.preventDefault();
        seen.push(window.__show(event.reason));
      };
      addEventListener('unhandledrejection', listen);
      const controller = new AbortController();
      const given = { key: `${key}-${i}-held` };
      const streamed = /reader|response/.test(source.slice(0, source.indexOf('=>')));
      if (streamed || name === 'no read pending') {
        // Firefox has a response from its first byte on.
        given.response = await fetch(`/sse?n=1&open=1&key=${key}-${i}`, { signal: controller.signal });
        if (/reader/.test(source.slice(0, source.indexOf('=>'))) || name === 'no read pending') {
          given.reader = given.response.body.getReader();
          await given.reader.read();
        }
      }
      await (0, eval)(`(${source})`)(given);
      controller.abort(new RangeError('the end'));
      // Rejections are announced in a task after the one that rejected; a network failure takes a
      // connection's time, which a request of the same kind sees to.
      await fetch('http://127.0.0.1:1/').catch(() => {});
      for (let i = 0; i < 5; i++) await window.__turn();
      removeEventListener('unhandledrejection', listen);
      results[name] = seen;
    }
    return results;
  };
  const cases = Object.fromEntries(Object.entries(CASES).map(([name, run]) => [name, String(run)]));
  const { plain, tapped, close } = await bench.both(scenario, { cases });
  assert.deepEqual(tapped, plain);
  assert.ok(plain['fetch ignored'].length === 1 && plain['read ignored'].length === 1, JSON.stringify(plain));
  await close();
});

test('an iterator that is left once its body has failed, with nothing pending, ends the exchange', async () => {
  const page = await bench.page({ tapped: true });
  const key = bench.key();
  await page.evaluate(async (key) => {
    window.iterator = (await fetch(`/bytes?n=9000&chunk=3000&length=1&reset=6000&key=${key}`)).body.values();
    await iterator.next();
  }, key);
  await bench.server.until(key, ({ closed }) => closed);
  const seen = await page.evaluate(async () => {
    for (let turn = 0; turn < 500; turn++) await window.__turn();
    const left = await iterator.return('over').then(JSON.stringify, window.__show);
    const next = JSON.stringify(await iterator.next());
    const { end, ends } = window.__record.last();
    return { left, next, end, ends };
  });
  assert.equal(seen.next, '{"done":true}');
  // Where the failure has not come yet, it is left before.
  assert.deepEqual([seen.end, seen.ends], [seen.left.startsWith('{') ? 'cancelled' : 'failed', 1], JSON.stringify(seen));
  assert.deepEqual(page.failures, []);
  await page.close();
});
