// Frames of the page's own origin are tapped for the page's sink, and nothing of that shows in them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BROWSER } from '../browser.mjs';
import { CLASSIC, startBench } from './bench.mjs';
import { readCase } from './corpus.mjs';
import { inPage, TEXT_TYPES } from './scenario.mjs';
import { startService } from './service.mjs';

const INNER = '<!doctype html><link rel="icon" href="data:,">';

// For frames that have to do something at once: asks, and says so.
const ASKING = `${INNER}<script>
  window.asked = (async () => {
    const response = await fetch('v1/messages?case=messages/text&cuts=5', { method: 'POST', body: '{"messages":[{"role":"user","content":"Hello?"}]}' });
    const reader = response.body.getReader();
    while (!(await reader.read()).done);
  })();
</script>`;

let bench;
let elsewhere;
before(async () => {
  elsewhere = await startService({ files: { '/inner.html': INNER } });
  bench = await startBench({
    files: {
      '/inner.html': INNER,
      '/deep/asking.html': ASKING,
      '/outer.html': `${INNER}<iframe src="/inner.html"></iframe>`,
      '/owner.html': `${INNER}${CLASSIC}`,
    },
  });
});
after(async () => {
  await bench?.close();
  await elsewhere?.close();
});

// In the page, before its scripts: words for frames.
function frameWords() {
  const { words } = window;
  /** Adds a frame and waits for its load. */
  words.frame = (attributes = {}, parent = document.body) => new Promise((done) => {
    const frame = parent.ownerDocument.createElement('iframe');
    for (const name of Object.keys(attributes)) frame.setAttribute(name, attributes[name]);
    frame.addEventListener('load', () => done(frame), { once: true });
    parent.append(frame);
  });
  /** Loads something else in a frame. */
  words.navigate = (frame, src) => new Promise((done) => {
    frame.addEventListener('load', () => done(frame), { once: true });
    frame.src = src;
  });
  /** Asks in a frame, with its own functions, and reads to the end. */
  words.askIn = async (inside, url) => {
    const response = await inside.fetch(url, { method: 'POST', body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello?' }] }) });
    const reader = response.body.getReader();
    while (!(await reader.read()).done);
  };
  /** What a window shows of the tap to somebody who looks. */
  words.shows = (inside) => ({
    own: Object.getOwnPropertySymbols(inside).map(String),
    keys: Object.keys(inside).filter((key) => /claude|pagetap/i.test(key)),
    printed: String(inside.fetch),
    name: [inside.fetch.name, inside.fetch.length],
    ofItsRealm: inside.fetch instanceof inside.Function,
  });
  document.addEventListener('DOMContentLoaded', () => {
    window.heard = [];
    window.__claudeHooks?.on('*', ({ type, streamId, code, detail, count }) => heard.push(code ? { code, detail, count } : { type, streamId }));
  });
}

const scene = (scenario, given, page = {}) =>
  inPage(bench, scenario, given, { before: [frameWords], ...page });

const types = (heard) => heard.map(({ type }) => type).filter(Boolean);

describe('what a frame reads is heard', () => {
  const kinds = {
    'about:blank': {},
    srcdoc: { srcdoc: '<p>inner' },
    'of an address': { src: '/inner.html' },
  };
  for (const [name, attributes] of Object.entries(kinds)) {
    test(`a frame: ${name}`, async () => {
      const seen = await scene(async ({ attributes }) => {
        const frame = await words.frame(attributes);
        await words.askIn(frame.contentWindow, '/v1/messages?case=messages/text&cuts=5');
        await words.settled();
        return { heard, notices: __claudeHooks.stats().notices };
      }, { attributes });
      assert.deepEqual(types(seen.heard), TEXT_TYPES);
      assert.deepEqual(seen.notices, {});
    });
  }

  test('a blob: frame', async () => {
    const seen = await scene(async () => {
      const url = URL.createObjectURL(new Blob(['<p>inner'], { type: 'text/html' }));
      const frame = await words.frame({ src: url });
      await words.askIn(frame.contentWindow, `${location.origin}/v1/messages?case=messages/text&cuts=5`);
      await words.settled();
      return heard;
    });
    assert.deepEqual(types(seen), TEXT_TYPES);
  });

  test('a frame that asks in its first script, with an address relative to itself', async () => {
    const seen = await scene(async () => {
      const urls = [];
      __claudeTap.on(({ kind, url }) => kind === 'open' && urls.push(url));
      const frame = await words.frame({ src: '/deep/asking.html' });
      await frame.contentWindow.asked;
      await words.settled();
      return { heard, urls };
    });
    // With its prompt: so the frame was tapped before its first script.
    assert.deepEqual(types(seen.heard), TEXT_TYPES);
    assert.deepEqual(seen.urls, [`${bench.service.origin}/deep/v1/messages?case=messages/text&cuts=5`]);
  });

  test('frames that are there before the tap', async () => {
    const seen = await scene(async () => {
      const { install } = await import('/dist/npm/index.js');
      const [one, two] = [await words.frame({ src: '/outer.html' }), await words.frame()];
      const { hooks, destroy } = install();
      const types = [];
      hooks.on('*', ({ type }) => types.push(type));
      for (const inside of [one.contentWindow, one.contentWindow[0], two.contentWindow]) {
        await words.askIn(inside, '/v1/messages?case=messages/text&cuts=5');
      }
      await words.settled();
      destroy();
      return types;
    }, {}, { head: '' });
    assert.equal(seen.filter((type) => type === 'MessageStart').length, 3);
  });

  test('nested frames: there with their parent, added later, three deep', async () => {
    const seen = await scene(async () => {
      const outer = await words.frame({ src: '/outer.html' });
      const added = await words.frame({ src: '/outer.html' }, outer.contentDocument.body);
      const windows = [outer.contentWindow[0], added.contentWindow, added.contentWindow[0]];
      for (const inside of windows) await words.askIn(inside, '/v1/messages?case=messages/text&cuts=5');
      await words.settled();
      return heard.filter(({ type }) => type === 'MessageEnd').length;
    });
    assert.equal(seen, 3);
  });

  test('a frame in a shadow root, and the frames of a frameset', async () => {
    const seen = await scene(async () => {
      const host = document.createElement('div');
      host.attachShadow({ mode: 'open' });
      document.body.append(host);
      const frame = await words.frame({ src: '/inner.html' }, host.shadowRoot);
      await words.askIn(frame.contentWindow, '/v1/messages?case=messages/text&cuts=5');
      const set = await words.frame({ src: '/inner.html' });
      set.contentDocument.open();
      set.contentDocument.write('<frameset><frame src="/inner.html"></frameset>');
      set.contentDocument.close();
      await words.until(() => set.contentWindow[0]?.document.readyState === 'complete' && set.contentWindow[0].location.pathname === '/inner.html');
      await words.askIn(set.contentWindow[0], '/v1/messages?case=messages/text&cuts=5');
      await words.settled();
      return heard.filter(({ type }) => type === 'MessageEnd').length;
    });
    assert.equal(seen, 2);
  });

  test('every document that a frame shows is tapped anew', async () => {
    const seen = await scene(async () => {
      const frame = await words.frame();
      for (const src of ['/inner.html', '/inner.html?2', 'about:blank', '/inner.html?3']) {
        await words.navigate(frame, src);
        await words.askIn(frame.contentWindow, '/v1/messages?case=messages/text&cuts=5');
      }
      frame.contentWindow.location.reload();
      await new Promise((loaded) => frame.addEventListener('load', loaded, { once: true }));
      await words.askIn(frame.contentWindow, '/v1/messages?case=messages/text&cuts=5');
      await words.settled();
      const { notices } = __claudeHooks.stats();
      return { ends: heard.filter(({ type }) => type === 'MessageEnd').length, notices };
    });
    assert.deepEqual(seen, { ends: 5, notices: {} });
  });

  test('a stream of a frame that is read, cloned and piped with methods of the page', async () => {
    const name = 'messages/two-tools';
    const seen = await scene(async ({ name }) => {
      const inside = (await words.frame()).contentWindow;
      const bytes = [];
      __claudeTap.on((event) => event.bytes && bytes.push(...event.bytes));
      const ask = () => inside.fetch(`/v1/messages?case=${name}&cuts=5`, { method: 'POST', body: '{}' });
      const sizes = [];
      const ours = [];
      const look = async (read) => {
        const promise = read(await ask());
        ours.push(promise instanceof inside.Promise);
        await promise;
        await words.settled();
        sizes.push(bytes.splice(0).length);
      };
      const { getReader, pipeTo, values } = ReadableStream.prototype;
      await look((response) => Response.prototype.text.call(response));
      await look((response) => pipeTo.call(response.body, new WritableStream()));
      await look((response) => Response.prototype.clone.call(response).bytes());
      // With a reader: the first read is the one whose promise is looked at.
      let reader;
      await look((response) => {
        reader = getReader.call(response.body);
        const { read } = ReadableStreamDefaultReader.prototype;
        const first = read.call(reader);
        const rest = (result) => result.done || read.call(reader).then(rest);
        first.then(rest);
        return first;
      });
      let iterator;
      await look((response) => {
        iterator = values.call(response.body);
        const first = iterator.next();
        const rest = (result) => result.done || iterator.next().then(rest);
        first.then(rest);
        return first;
      });
      return { sizes, ours };
    }, { name });
    const { length } = readCase(name).body;
    assert.deepEqual(seen.sizes, Array(5).fill(length));
    assert.deepEqual(seen.ours, Array(5).fill(true), 'promises are of the realm of the stream');
  });
});

describe('a frame that goes takes what it had open with it', () => {
  async function open(page, inside) {
    const key = bench.key();
    await page.evaluate(({ key, inside }) => {
      window.ends = [];
      __claudeTap.on(({ kind, reason, detail }) => kind === 'end' && ends.push([reason, detail]));
      (async () => {
        const response = await (0, eval)(inside).fetch(`/v1/messages?drive=${key}`, { method: 'POST', body: '{}' });
        await response.body.getReader().read();
      })();
    }, { key, inside });
    const stream = await bench.service.stream(key);
    await stream.write(': begun\n\n');
    await page.evaluate(() => words.until(() => __claudeTap.stats().bytes === 9));
    return stream;
  }
  // What the frame reads may be told of its end before the frame is gone.
  const LEFT = /^(unobserved the frame was left|failed TypeError: (network error|Error in input stream))$/;
  const ways = {
    'it is removed': ['window[0]', LEFT, () => document.querySelector('iframe').remove()],
    'it is removed with its parents': ['window[0]', LEFT, () => document.body.replaceChildren()],
    'its parent frame is removed': ['window[0][0]', LEFT, () => document.querySelector('iframe').remove()],
    'it goes elsewhere': ['window[0]', LEFT, () => words.navigate(document.querySelector('iframe'), '/inner.html?2')],
    'it goes to another origin': ['window[0]', LEFT, ({ origin }) => words.navigate(document.querySelector('iframe'), `${origin}/inner.html`)],
    'the tap is removed': ['window[0]', /^unobserved disarmed$/, () => __claudeHooksDestroy()],
  };
  for (const [name, [inside, end, way]] of Object.entries(ways)) {
    test(name, async () => {
      const page = await bench.open({ head: CLASSIC, before: [frameWords] });
      await page.evaluate(() => words.frame({ src: '/outer.html' }));
      const stream = await open(page, inside);
      await page.evaluate(way, { origin: elsewhere.origin });
      const ends = await page.evaluate(() => words.until(() => ends.length > 0 && ends));
      assert.equal(ends.length, 1);
      assert.match(ends[0].join(' '), end);
      stream.end();
      assert.deepEqual(page.faults, []);
      await page.close();
    });
  }
});

describe('what cannot be reached', () => {
  test('frames of another origin, and sandboxed ones: one notice, all counted, no error, no word in the console', async () => {
    const page = await bench.open({ head: CLASSIC, before: [frameWords] });
    const printed = [];
    page.on('console', (message) => printed.push(message.text()));
    const seen = await page.evaluate(async (origin) => {
      await words.frame({ src: `${origin}/inner.html` });
      await words.frame({ src: `${origin}/inner.html?2` });
      await words.frame({ src: '/inner.html', sandbox: 'allow-scripts' });
      const frame = await words.frame({ src: '/inner.html' });
      await words.navigate(frame, `${origin}/inner.html?3`);
      await words.navigate(frame, '/inner.html');
      // More to look at: they are not counted again.
      document.body.append(document.createElement('div'));
      await words.askIn(frame.contentWindow, '/v1/messages?case=messages/text&cuts=5');
      await words.settled();
      return { heard, notices: __claudeHooks.stats().notices };
    }, elsewhere.origin);
    assert.deepEqual(seen.notices, { frame_unreachable: 4 });
    assert.deepEqual(seen.heard[0], { code: 'frame_unreachable', detail: 'a frame of another origin', count: 1 });
    assert.deepEqual(types(seen.heard), TEXT_TYPES, 'a frame that comes back is tapped');
    assert.deepEqual([page.faults, printed], [[], []]);
    await page.close();
  });

  test('a sandboxed frame that keeps its origin is tapped', async () => {
    const seen = await scene(async () => {
      const frame = await words.frame({ src: '/inner.html', sandbox: 'allow-same-origin allow-scripts' });
      await words.askIn(frame.contentWindow, '/v1/messages?case=messages/text&cuts=5');
      await words.settled();
      return heard;
    });
    assert.deepEqual(types(seen), TEXT_TYPES);
  });
});

describe('a frame with a tap of its own', () => {
  const counts = async () => {
    const frame = await words.frame({ src: '/owner.html' });
    const inside = frame.contentWindow;
    const count = (window) => window.__claudeHooks.stats().streams;
    await words.askIn(inside, '/v1/messages?case=messages/text&cuts=5');
    await words.ask('/v1/messages?case=messages/text&cuts=5');
    const both = [count(window), count(inside)];
    window.__claudeHooksDestroy();
    await words.askIn(inside, '/v1/messages?case=messages/text&cuts=5');
    return { both, afterwards: count(inside), failure: inside.__claudeHooks.stats().failure };
  };
  test('hears its own streams, and the page does not; it stays when the page\'s goes', async () => {
    assert.deepEqual(await scene(counts), { both: [1, 1], afterwards: 2, failure: null });
  });

  test('also when it is installed while a stream of the frame is open; once it goes, the page hears the frame again', async () => {
    const seen = await scene(async () => {
      const frame = await words.frame({ src: '/inner.html' });
      const inside = frame.contentWindow;
      const script = inside.document.createElement('script');
      script.src = '/dist/pagetap.js';
      await new Promise((loaded) => {
        script.onload = loaded;
        inside.document.head.append(script);
      });
      await words.askIn(inside, '/v1/messages?case=messages/text&cuts=5');
      const during = [__claudeHooks.stats().streams, inside.__claudeHooks.stats().streams];
      inside.__claudeHooksDestroy();
      await words.navigate(frame, '/inner.html?2');
      await words.askIn(frame.contentWindow, '/v1/messages?case=messages/text&cuts=5');
      return { during, afterwards: __claudeHooks.stats().streams };
    });
    assert.deepEqual(seen, { during: [0, 1], afterwards: 1 });
  });
});

describe('nothing of it shows', () => {
  test('a frame looks as it does without, but for the handle; after destroy() its functions are its own', async () => {
    const look = async () => {
      const inside = (await words.frame({ src: '/inner.html' })).contentWindow;
      const during = words.shows(inside);
      window.__claudeHooksDestroy?.();
      const clean = (await words.frame()).contentWindow;
      return { during, afterwards: words.shows(inside), restored: inside.Function.prototype.toString.call(inside.fetch), clean: words.shows(clean).own };
    };
    const tapped = await scene(look);
    const plain = await scene(look, {}, { head: '' });
    assert.deepEqual(tapped.during.own, ['Symbol(pagetap.instrument)']);
    assert.deepEqual({ ...tapped.during, own: [] }, plain.during);
    assert.deepEqual({ ...tapped.afterwards, own: [] }, plain.afterwards);
    assert.equal(tapped.restored, plain.restored);
    assert.deepEqual(tapped.clean, []);
  });

  test('load, mutations and the order of what a page does with frames are as without', async (t) => {
    if (BROWSER === 'firefox') return t.skip('puppeteer tells of rejections that the page has prevented');
    const order = async () => {
      const said = [];
      new MutationObserver((records) => said.push(`mutations ${records.length}`)).observe(document, { childList: true, subtree: true });
      document.addEventListener('load', ({ target }) => said.push(`captured ${target.localName}`), true);
      const frame = document.createElement('iframe');
      frame.onload = () => said.push('load');
      said.push('append');
      document.body.append(frame);
      said.push(`appended ${typeof frame.contentWindow.fetch}`);
      frame.contentWindow.addEventListener('pagehide', () => said.push('pagehide'));
      frame.contentWindow.addEventListener('unhandledrejection', (event) => {
        said.push(`unhandled ${event.promise instanceof frame.contentWindow.Promise}`);
        event.preventDefault();
      });
      Promise.resolve().then(() => said.push('microtask'));
      await words.turn();
      frame.contentWindow.fetch('http://127.0.0.1:1/v1/messages', { method: 'POST', body: '{}' });
      await words.until(() => said.at(-1).startsWith('unhandled'));
      frame.remove();
      await words.turn();
      return said;
    };
    assert.deepEqual(await scene(order), await scene(order, {}, { head: '' }));
  });
});
