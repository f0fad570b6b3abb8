// When the page stops, the server is let go; when the page does not read, the server is not drained.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BROWSER } from '../browser.mjs';
import { collectUntil, startBench } from './bench.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

/** Resolves when the server has been let go. Firefox notices when more arrives that nobody wants. */
async function letGo(key) {
  if (BROWSER === 'firefox') bench.server.push(key, 'data: more\n\n');
  await bench.server.until(key, ({ closed }) => closed);
}

const STOPS = {
  'reader.cancel()': async (response) => {
    const reader = response.body.getReader();
    await reader.read();
    return reader.cancel('stop');
  },
  'reader.cancel() with a read pending': async (response) => {
    const reader = response.body.getReader();
    await reader.read();
    const pending = reader.read();
    await reader.cancel('stop');
    return JSON.stringify(await pending);
  },
  'byob reader.cancel()': async (response) => {
    const reader = response.body.getReader({ mode: 'byob' });
    await reader.read(new Uint8Array(10));
    return reader.cancel();
  },
  'body.cancel() unread': (response) => response.body.cancel('stop'),
  'break in for await': async (response) => {
    for await (const chunk of response.body) return chunk.length > 0;
  },
  'throw in for await': async (response) => {
    for await (const chunk of response.body) throw new Error(`mine ${chunk.length > 0}`);
  },
  'iterator.return()': async (response) => {
    const iterator = response.body.values();
    await iterator.next();
    return JSON.stringify(await iterator.return('over'));
  },
  'abort while reading': async (response, controller) => {
    const reader = response.body.getReader();
    await reader.read();
    const pending = reader.read();
    controller.abort();
    return pending;
  },
  'abort, body not touched': async (response, controller) => controller.abort(),
  'abort, reader taken but not read': async (response, controller) => {
    window.reader = response.body.getReader();
    controller.abort();
  },
  'abort, byob reader taken but not read': async (response, controller) => {
    window.reader = response.body.getReader({ mode: 'byob' });
    controller.abort();
  },
  'abort, iterator made but not advanced': async (response, controller) => {
    window.iterator = response.body.values();
    controller.abort();
  },
  'abort, between two reads': async (response, controller) => {
    window.reader = response.body.getReader();
    await window.reader.read();
    controller.abort();
  },
  'abort, a branch of tee read': async (response, controller) => {
    window.branches = response.body.tee();
    await window.branches[0].getReader().read();
    controller.abort();
  },
  'abort, then releaseLock at once': async (response, controller) => {
    const reader = response.body.getReader();
    await reader.read();
    const pending = reader.read();
    controller.abort();
    reader.releaseLock();
    return pending;
  },
  'abort during text()': async (response, controller) => {
    const pending = response.text();
    controller.abort();
    return pending;
  },
  'cancel of what pipeThrough gives': async (response) => {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    await reader.read();
    return reader.cancel('stop');
  },
  'pipeTo a sink that fails': (response) =>
    response.body.pipeTo(new WritableStream({ write: () => Promise.reject(new RangeError('full')) })),
  'abort of pipeTo by its signal': async (response) => {
    const controller = new AbortController();
    const piped = response.body.pipeTo(new WritableStream({ write: () => controller.abort('mine') }), { signal: controller.signal });
    return piped;
  },
  'pipeTo with a signal already aborted': (response) =>
    response.body.pipeTo(new WritableStream(), { signal: AbortSignal.abort(new RangeError('mine')) }),
  'tee, both cancelled': async (response) => {
    const [a, b] = response.body.tee();
    const both = [a.cancel('a'), b.cancel('b')];
    return (await Promise.all(both)).join();
  },
  'clone, both cancelled': async (response) => {
    const copy = response.clone();
    return (await Promise.all([response.body.cancel(), copy.body.cancel()])).join();
  },
};

async function stopBy({ key, way }) {
  const controller = new AbortController();
  const response = await fetch(`/sse?key=${key}&n=1&open=1`, { signal: controller.signal });
  const stopped = (async () => (0, eval)(`(${way})`)(response, controller))();
  const outcome = await stopped.then((value) => `value ${String(value)}`, window.__show);
  await window.__turn();
  return { outcome, bodyUsed: response.bodyUsed, locked: response.body.locked };
}

for (const [name, way] of Object.entries(STOPS)) {
  test(`lets the server go, settles as natively: ${name}`, async () => {
    const { plain, tapped, keys, pages, close } = await bench.both(stopBy, { way: String(way) });
    assert.deepEqual(tapped, plain);
    for (const key of keys) await letGo(key);
    const ended = await pages[1].evaluate(async (key) => {
      const { end, ends } = await window.__record.ended(key);
      return { end, ends, notices: window.__record.notices };
    }, keys[1]);
    const end = name.includes('abort') ? 'aborted' : 'cancelled';
    assert.deepEqual(ended, { end, ends: 1, notices: [] });
    await close();
  });
}

test('a signal that outlives its requests keeps nothing of ours', async () => {
  // What the tap finds at its installation counts.
  const before = `
    window.__listening = 0;
    for (const [name, step] of [['addEventListener', 1], ['removeEventListener', -1]]) {
      const native = EventTarget.prototype[name];
      EventTarget.prototype[name] = function (...args) {
        if (args[0] === 'abort') window.__listening += step;
        return native.apply(this, args);
      };
    }`;
  const page = await bench.page({ tapped: true, before });
  const seen = await page.evaluate(async () => {
    const { signal } = new AbortController();
    const held = [];
    const ask = async (which) => (held[held.length] = await fetch(`/sse?${which}&n=1`, { signal }));
    await (await ask('whole')).text();
    (await ask('stopped')).body.cancel();
    await fetch('http://127.0.0.1:1/', { signal }).catch(() => {});
    await ask('open');
    const open = window.__listening;
    window.__handle.disarm();
    return [open, window.__listening];
  });
  assert.deepEqual(seen, [1, 0]);
  await page.close();
});

test('a connection that breaks while a reader is held ends the exchange, read or not', async () => {
  const page = await bench.page({ tapped: true });
  // Firefox tells a reader when it reads.
  const ways = BROWSER === 'firefox' ? [true] : [false, true];
  for (const [mode, reads] of [undefined, 'byob'].flatMap((mode) => ways.map((reads) => [mode, reads]))) {
    const seen = await page.evaluate(async ({ key, mode, reads }) => {
      const response = await fetch(`/bytes?n=9000&length=1&reset=6000&key=${key}`);
      const reader = response.body.getReader({ mode });
      const closed = reader.closed.catch((error) => error.name);
      if (reads) while (!(await reader.read(mode && new Uint8Array(1000)).catch(() => ({ done: true }))).done);
      const { end, detail } = await window.__record.ended(key);
      return [end, detail.split(':')[0], await closed];
    }, { key: bench.key(), mode, reads });
    assert.deepEqual(seen, ['failed', 'TypeError', 'TypeError']);
  }
  await page.close();
});

test('one of two branches cancelled: the other goes on, and the exchange with it', async () => {
  const scenario = async ({ key }) => {
    const response = await fetch(`/bytes?key=${key}&n=50000&chunk=5000`);
    const copy = response.clone();
    copy.body.cancel();
    const pieces = [];
    for await (const chunk of response.body) pieces.push(chunk);
    return window.__verify(pieces);
  };
  const { plain, tapped, pages, close } = await bench.both(scenario);
  assert.equal(tapped, plain);
  const seen = await pages[1].evaluate(() => {
    const [exchange] = window.__record.exchanges;
    return [exchange.end, window.__verify(exchange.chunks)];
  });
  assert.deepEqual(seen, ['done', 'exact 50000']);
  await close();
});

// The preventX table of pipes: what is closed, aborted, cancelled and still locked afterwards.
test('pipeTo with every combination of options is as natively', async () => {
  const scenario = async ({ key }) => {
    const results = {};
    const run = async (label, source, sink, options, then) => {
      const controller = new AbortController();
      // Addresses of their own: Firefox asks for one at a time.
      const response = await fetch(`${source}&key=${key}&run=${Object.keys(results).length}`, { signal: controller.signal });
      const log = [];
      const writable = new WritableStream({
        write: (chunk) => sink.write && sink.write(chunk, controller, log),
        close: () => void log.push('close'),
        abort: (reason) => void log.push(`abort ${window.__show(reason)}`),
      });
      const { body } = response;
      const piped = body.pipeTo(writable, options);
      log.push(`locked ${body.locked} ${writable.locked}`);
      let settled;
      await piped.then(
        (value) => (settled = [`value ${value}`, body.locked, writable.locked]),
        (error) => (settled = [window.__show(error), body.locked, writable.locked]),
      );
      log.push(settled.join());
      if (then) log.push(await then(body).catch(window.__show));
      results[label] = log;
    };
    const flags = [{}, { preventClose: true }, { preventAbort: true }, { preventCancel: true }, { preventClose: true, preventAbort: true, preventCancel: true }];
    const rest = async (body) => {
      let length = 0;
      for await (const chunk of body) length += chunk.length;
      return length;
    };
    for (const options of flags) {
      const label = JSON.stringify(options);
      await run(`end ${label}`, '/bytes?n=3000&chunk=1000', {}, options, rest);
      await run(`sink fails ${label}`, '/bytes?n=3000', { write: () => Promise.reject(new RangeError('full')) }, options, rest);
      await run(`source fails ${label}`, '/bytes?n=3000&chunk=1000&length=1&reset=2000', {}, options, rest);
      await run(`fetch aborted ${label}`, '/sse?n=1&open=1', { write: (_, controller) => controller.abort(new RangeError('mine')) }, options, rest);
      const pipe = new AbortController();
      await run(`pipe aborted ${label}`, '/sse?n=1&open=1', { write: () => pipe.abort(new RangeError('mine')) }, { ...options, signal: pipe.signal });
      await run(`aborted before ${label}`, '/bytes?n=3000', {}, { ...options, signal: AbortSignal.abort('early') }, rest);
    }
    // Refused arguments leave the source as it was.
    const response = await fetch(`/bytes?n=100&key=${key}`);
    const taken = new WritableStream();
    taken.getWriter();
    const refused = [];
    for (const args of [[], [{}], [taken], [new WritableStream(), { signal: {} }], [new WritableStream(), { get preventAbort() { throw new RangeError('getter'); } }]]) {
      const piped = response.body.pipeTo(...args);
      refused.push(response.body.locked, await piped.catch(window.__show), response.body.locked);
    }
    for (const args of [[], [{}], [{ readable: new ReadableStream(), writable: taken }]]) {
      try {
        response.body.pipeThrough(...args);
      } catch (error) {
        refused.push(window.__show(error), response.body.locked);
      }
    }
    refused.push((await response.bytes()).length);
    results.refused = refused;
    let reads = [];
    const options = new Proxy({}, { get: (_, name) => void reads.push(String(name)) });
    await (await fetch(`/bytes?n=10&key=${key}`)).body.pipeTo(new WritableStream(), options);
    results['option reads'] = reads.join();
    reads = [];
    const pair = new TransformStream();
    const watched = { get readable() { reads.push('readable'); return pair.readable; }, get writable() { reads.push('writable'); return pair.writable; } };
    const given = (await fetch(`/bytes?n=10&key=${key}`)).body.pipeThrough(watched);
    results['pair reads'] = [reads.join(), given === pair.readable, (await new Response(given).bytes()).length].join();
    return results;
  };
  const { plain, tapped, pages, close } = await bench.both(scenario);
  assert.deepEqual(tapped, plain);
  assert.deepEqual(await pages[1].evaluate(() => [window.__record.notices, window.__record.exchanges.filter(({ ends }) => ends > 1).length]), [[], 0]);
  await close();
});

test('a pipe into a slow sink keeps its backpressure, and a page that idles stops the server', async (t) => {
  if (BROWSER === 'firefox') return t.skip('Firefox itself reads ahead without a limit, whatever the page does');
  const scenarios = {
    idle: async ({ key }) => {
      const response = await fetch(`/endless?key=${key}`);
      window.reader = response.body.getReader();
      await window.reader.read();
    },
    untouched: async ({ key }) => {
      window.response = await fetch(`/endless?key=${key}`);
    },
    piped: async ({ key }) => {
      const response = await fetch(`/endless?key=${key}`);
      window.piped = response.body.pipeTo(new WritableStream({ write: () => new Promise(() => {}) }));
    },
    through: async ({ key }) => {
      const response = await fetch(`/endless?key=${key}`);
      window.readable = response.body.pipeThrough(new TransformStream());
    },
  };
  for (const [name, scenario] of Object.entries(scenarios)) {
    const written = [];
    for (const tapped of [false, true]) {
      const page = await bench.page({ tapped });
      const key = bench.key();
      await page.evaluate(scenario, { key });
      // The server stops by itself: nothing has been taken for many turns of the page.
      let last = -1;
      for (let still = 0; still < 40; ) {
        const record = await bench.server.until(key, ({ stalled }) => stalled);
        still = record.written === last ? still + 1 : 0;
        last = record.written;
        await page.evaluate(() => window.__turn());
      }
      written.push(last);
      await page.close();
    }
    assert.ok(written[1] <= 2 * written[0], `${name}: ${written[1]} bytes, natively ${written[0]}`);
  }
});

test('a body held only by a reader, an iterator or a pipe is not taken for dropped', async () => {
  const HOLDS = {
    reader: async (response) => response.body.getReader(),
    'reader after a read': async (response) => {
      const reader = response.body.getReader();
      await reader.read();
      return { cancel: () => reader.cancel() };
    },
    iterator: async (response) => {
      const iterator = response.body.values();
      await iterator.next();
      return { cancel: () => iterator.return() };
    },
    'a read in flight': async (response) => {
      const reader = response.body.getReader();
      await reader.read();
      const pending = reader.read();
      return { cancel: () => reader.cancel(), pending };
    },
    branch: async (response) => {
      const [a, b] = response.body.tee();
      a.cancel();
      return { cancel: () => b.cancel() };
    },
    pipeThrough: async (response) => {
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      await reader.read();
      return { cancel: () => reader.cancel() };
    },
    pipeTo: async (response) => {
      const controller = new AbortController();
      let chunk;
      const written = new Promise((done) => (chunk = done));
      response.body.pipeTo(new WritableStream({ write: chunk }), { signal: controller.signal }).catch(() => {});
      await written;
      return { cancel: () => controller.abort() };
    },
  };
  const page = await bench.page({ tapped: true });
  for (const [name, hold] of Object.entries(HOLDS)) {
    const key = bench.key();
    const scenario = async ({ key, hold }) => {
      const run = async () => (0, eval)(`(${hold})`)(await fetch(`/sse?key=${key}&n=1&open=1`));
      window.held = await run();
    };
    await page.evaluate(scenario, { key, hold: String(hold) });
    for (let round = 0; round < 3; round++) {
      // Something that is certain to be collected tells that collection has happened.
      await page.evaluate(() => {
        window.gone = false;
        window.registry = new FinalizationRegistry(() => (window.gone = true));
        window.registry.register({}, 0);
      });
      assert.ok(await collectUntil(bench.context, page, () => window.gone));
    }
    assert.equal(await page.evaluate(() => window.__record.last().end), undefined, name);
    await page.evaluate(() => void window.held.cancel());
    const { end } = await page.evaluate((key) => window.__record.ended(key).then(({ end }) => ({ end })), key);
    assert.equal(end, name === 'pipeTo' ? 'aborted' : 'cancelled', name);
    await letGo(key);
  }
  await page.close();
});
