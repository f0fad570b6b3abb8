// Other tools that patch the same functions, coming and going before, between and after our own
// installations: a call is seen once, or not at all, and no tower of wrappers grows.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

// Three foreign wrappers of fetch come and go, in the ways found in the wild, with ours between them.
async function fuzz({ seeds }) {
  const random = (seed) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const { fetch: native } = window;
  const problems = [];
  // Counts how deep a call is by the frames under the innermost function.
  let depth = 0;
  const innermost = function fetch(...args) {
    Error.stackTraceLimit = 1000;
    depth = new Error().stack.split('\n').length;
    return native.apply(this, args);
  };
  window.fetch = innermost;

  const blind = () => {
    // Saves what is there, writes it back on the way out.
    let saved = null;
    return {
      toggle() {
        if (saved) {
          window.fetch = saved;
          saved = null;
        } else {
          saved = window.fetch;
          const below = saved;
          window.fetch = (...args) => below(...args);
        }
      },
    };
  };
  const polite = () => {
    // Leaves its wrapper where it is, inert, unless it is on top.
    let mine = null;
    let active = false;
    return {
      toggle() {
        active = !active;
        if (active && !mine) {
          const below = window.fetch;
          mine = { below, wrapper: (...args) => below(...args) };
          window.fetch = mine.wrapper;
        } else if (!active && window.fetch === mine.wrapper) {
          window.fetch = mine.below;
          mine = null;
        }
      },
    };
  };
  const proxying = () => {
    let saved = null;
    return {
      toggle() {
        if (saved) {
          Object.defineProperty(window, 'fetch', saved);
          saved = null;
        } else {
          saved = Object.getOwnPropertyDescriptor(window, 'fetch');
          Object.defineProperty(window, 'fetch', { ...saved, value: new Proxy(saved.value, {}) });
        }
      },
    };
  };

  let opened = 0;
  let installs = 0;
  const sink = { wants: () => true, open: () => (opened++, opened), request() {}, response() {}, chunk() {}, end() {}, notice() {} };
  for (const seed of seeds) {
    const next = random(seed);
    const foreign = [blind(), polite(), proxying()];
    let handle = null;
    let deepest = 0;
    for (let step = 0; step < 60; step++) {
      const pick = Math.floor(next() * 5);
      if (pick < 3) foreign[pick].toggle();
      else if (pick === 3) handle = window.__pagetap.instrument(window, sink);
      else if (handle) handle.disarm();
      const before = opened;
      depth = 0;
      window.fetch('http://127.0.0.1:1/').catch(() => {});
      if (!depth) problems.push(`seed ${seed} step ${step}: the call did not arrive`);
      const told = opened - before;
      if (pick === 3) installs++;
      if (pick === 3 && told !== 1) problems.push(`seed ${seed} step ${step}: told ${told} times right after an install`);
      if (told > 1) problems.push(`seed ${seed} step ${step}: told ${told} times`);
      if (!handle?.armed && told) problems.push(`seed ${seed} step ${step}: told when disarmed`);
      deepest = Math.max(deepest, depth);
    }
    if (handle) handle.disarm();
    if (deepest > 20) problems.push(`seed ${seed}: ${deepest} frames deep`);
    // What one seed has left behind is not the next one's.
    window.fetch = innermost;
    delete window[Symbol.for('pagetap.instrument')];
  }
  return { problems, installs: installs > 10 * seeds.length };
}

test('install and uninstall with three foreign wrappers in any order', async () => {
  const page = await bench.page({ tapped: true, install: '' });
  const seeds = Array.from({ length: 200 }, (_, i) => i + 1);
  assert.deepEqual(await page.evaluate(fuzz, { seeds }), { problems: [], installs: true });
  await page.close();
});

// Somebody took a function from before us, and writes it back on the way out.
const WRITTEN_OVER = {
  'after leaving and coming back': () => {
    window.__handle.disarm();
    __pagetap.instrument(window, window.__sink);
  },
  'installed once more': () => void __pagetap.instrument(window, window.__sink),
};

for (const [name, again] of Object.entries(WRITTEN_OVER)) {
  test(`what a foreign uninstall wrote over us is tapped again: ${name}`, async () => {
    const page = await bench.page({ tapped: true, install: '', before: `
      window.__members = [[window, 'fetch', 'value'], [Response.prototype, 'body', 'get'], [ReadableStreamDefaultReader.prototype, 'read', 'value']];
      window.__put = (each) => {
        for (const [holder, key, field] of window.__members) {
          const found = Object.getOwnPropertyDescriptor(holder, key);
          Object.defineProperty(holder, key, { ...found, [field]: each(found[field], key) });
        }
      };
      const natives = {};
      window.__put((native, key) => natives[key] = native);
      window.__wrap = () => window.__put((below) => new Proxy(below, {}));
      window.__unwrap = () => window.__put((_, key) => natives[key]);
      window.__wrap();` });
    const seen = await page.evaluate(async (again) => {
      window.__handle = __pagetap.instrument(window, window.__sink);
      window.__unwrap();
      (0, eval)(`(${again})`)();
      const read = async (which) => {
        const reader = (await fetch(`/bytes?${which}&n=9000`)).body.getReader();
        while (!(await reader.read()).done);
        const { adopted, end, chunks } = await window.__record.ended(which);
        return [adopted, end, window.__verify(chunks)];
      };
      const seen = [await read('once')];
      // Now ours may be below theirs, and everything must still be seen once.
      window.__wrap();
      (0, eval)(`(${again})`)();
      seen.push(await read('wrapped'), window.__record.exchanges.length);
      window.__handle.disarm();
      await (await fetch('/json')).text();
      return [...seen, window.__record.exchanges.length];
    }, String(again));
    assert.deepEqual(seen, [[false, 'done', 'exact 9000'], [false, 'done', 'exact 9000'], 2, 2]);
    await page.close();
  });
}

test('20 000 install/uninstall cycles under a foreign wrapper leave the depth as it was', async () => {
  const counting = `
    window.__proxies = 0;
    window.Proxy = new Proxy(Proxy, { construct(target, args) { window.__proxies++; return new target(...args); } });`;
  const page = await bench.page({ tapped: true, install: '', before: counting });
  const depths = await page.evaluate(() => {
    const { fetch: native } = window;
    let depth;
    window.fetch = (...args) => {
      depth = new Error().stack.split('\n').length;
      return native(...args);
    };
    const measure = () => {
      depth = 0;
      window.fetch('http://127.0.0.1:1/').catch(() => {});
      return depth;
    };
    Error.stackTraceLimit = 1000;
    const handle = __pagetap.instrument(window, window.__sink);
    const ours = window.fetch;
    window.fetch = (...args) => ours(...args);
    const before = measure();
    const made = window.__proxies;
    for (let i = 0; i < 20_000; i++) {
      handle.disarm();
      __pagetap.instrument(window, window.__sink);
    }
    // One Proxy more, over the foreign wrapper; it has no frame of its own, so it is counted apart.
    return [before === measure(), window.__proxies - made, handle.armed, window.__record.exchanges.length];
  });
  assert.deepEqual(depths, [true, 1, true, 2]);
  await page.close();
});

// What a wrapper below us makes of the native promise; `count` counts what the page's own code does.
const PROMISES = {
  'a subclass of Promise': `
    class Mine extends Promise {
      constructor(executor) { super(executor); count('constructor'); }
      then(...args) { count('then'); return super.then(...args); }
    }
    window.fetch = (...args) => Mine.resolve(native(...args));`,
  'a thenable': `
    window.fetch = (...args) => {
      const promise = native(...args);
      return { get then() { count('then'); return (...handlers) => promise.then(...handlers); } };
    };`,
  'a promise of another frame': `
    let frame;
    window.fetch = (...args) => {
      frame ??= document.body.appendChild(document.createElement('iframe'));
      return frame.contentWindow.Promise.resolve(native(...args));
    };`,
};

for (const [name, wrapper] of Object.entries(PROMISES)) {
  test(`a request is told whatever the fetch under us returns: ${name}`, async () => {
    const before = `
      window.__counts = {};
      const count = (what) => window.__counts[what] = (window.__counts[what] ?? 0) + 1;
      const { fetch: native, setTimeout: timeout } = window;
      ${wrapper}
      // Long ones are run by hand.
      window.__late = [];
      window.setTimeout = (run, ms) => ms > 10_000 ? window.__late.push(run) : timeout(run, ms);`;
    const scenario = async ({ key, origin }) => {
      const send = (which) => fetch(`${origin}/bytes?n=9000&key=${key}&${which}`, { method: 'POST', body: '{"which":"' + which + '"}' });
      const results = [];
      const reader = (await send('streamed')).body.getReader();
      for (let result; !(result = await reader.read()).done; ) results.push(result.value.length);
      results.push((await (await send('whole')).bytes()).length);
      results.push(await fetch('http://127.0.0.1:1/', { method: 'POST', body: 'lost' }).then(() => 'sent', window.__show));
      (await send('unread')).status;
      return { length: results.reduce((sum, length) => sum + (Number(length) || 0), 0), lost: results.at(-1), counts: window.__counts };
    };
    const { plain, tapped, pages, close } = await bench.both(scenario, {}, { before });
    assert.deepEqual(tapped, plain);
    const seen = await pages[1].evaluate(async () => {
      const { exchanges, ended } = window.__record;
      await Promise.all(['streamed', 'whole'].map(ended));
      const open = exchanges.filter(({ end }) => !end).map(({ request }) => request);
      for (const run of window.__late) run();
      return {
        open,
        told: exchanges.map(({ request, adopted, method, response, chunks, end, ends }) =>
          [request, adopted, method, response?.status, window.__verify(chunks), end, ends].join()),
        notices: window.__record.notices,
      };
    });
    assert.deepEqual(seen, {
      open: ['lost', '{"which":"unread"}'],
      told: [
        '{"which":"streamed"},false,POST,200,exact 9000,done,1',
        '{"which":"whole"},false,POST,200,exact 9000,done,1',
        'lost,false,POST,,exact 0,unobserved,1',
        '{"which":"unread"},false,POST,,exact 0,unobserved,1',
      ],
      notices: [],
    });
    await close();
  });
}
