// What ships under the policies that pages have: the bookmarklet as a person uses it, the classic
// script, and the npm package.
//
// A bookmark is clicked by CDP's Page.navigate to its address. That goes where a click in the bookmarks
// bar goes (NavigationController, then LoadJavaScriptURL in the page's frame): exempt from the page's
// script-src, with WebAssembly and eval refused as the policy says. `page.evaluate` would not do: it
// lifts the ban on eval. The first test of each policy measures this.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startBench } from './bench.mjs';
import { demoTurn } from './corpus.mjs';
import { printed } from './expectation.mjs';

const built = (name) => readFileSync(new URL(`../../../dist/${name}`, import.meta.url), 'utf8');
const ADDRESS = built('bookmarklet.txt');
// What runs the core where WebAssembly is refused, and how long an address may be.
const BOOKMARKLETS = {
  'the small bookmarklet': { address: ADDRESS, otherwise: 'interpreter', limit: 65_536 },
  'the full bookmarklet': { address: built('bookmarklet-full.txt'), otherwise: 'js', limit: 2 << 20 },
};
const ANSWER = '/api/organizations/o/chat_conversations/c7/completion?turn=tools.sse&cuts=3';

const policy = (text) => ({ 'content-security-policy': text });

// `page`: whether a script of the page's own may do what; `self`: how the page may load a script.
const POLICIES = {
  'no policy': { headers: {}, wasm: true, eval: true, self: '' },
  "script-src 'self'": { headers: policy("script-src 'self'"), wasm: false, eval: false, self: '' },
  "script-src 'self' 'wasm-unsafe-eval'": {
    headers: policy("script-src 'self' 'wasm-unsafe-eval'"), wasm: true, eval: false, self: '',
  },
  "script-src 'nonce-x' 'strict-dynamic'": {
    headers: policy("script-src 'nonce-x' 'strict-dynamic'"), wasm: false, eval: false, self: 'nonce="x"',
  },
  "default-src 'none'; connect-src 'self'": {
    headers: policy("default-src 'none'; connect-src 'self'"), wasm: false, eval: false, self: null,
  },
  "require-trusted-types-for 'script'; trusted-types 'none'": {
    headers: policy("require-trusted-types-for 'script'; trusted-types 'none'"), wasm: true, eval: false, self: '',
  },
};

// What a bookmark may do here. Ends in `void`, or the page would be replaced by its value.
const PROBE = `javascript:window.probe={};
  try{probe.wasm=!!new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0]))}catch(e){probe.wasm=false};
  try{probe.eval=eval('1')===1}catch(e){probe.eval=false};void 0`.replace(/\s+/g, ' ');

let bench;
before(async () => {
  bench = await startBench({
    files: {
      // Where the install page looks for them.
      '/install.js': built('www/install.js'),
      '/style.css': built('www/style.css'),
      '/start.js': `
        import { install } from '/dist/npm/index.js';
        window.handle = install(window.options);
        window.dispatchEvent(new CustomEvent('pagetap:installed'));`,
    },
  });
});
after(() => bench?.close());

/** Clicks a bookmark with this address while `page` is in front. */
async function click(page, address) {
  const session = await bench.context.newCDPSession(page);
  // The navigation is over at once, aborted: there is no document to go to.
  const { errorText } = await session.send('Page.navigate', { url: address });
  assert.equal(errorText, 'net::ERR_ABORTED');
  await session.detach();
}

// In the page: listens, and asks, in the very task in which the tap installs. Nobody's core can have
// been loaded by then, except a synchronous one.
function askAtOnce(url) {
  window.violations = [];
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
    // The page's own icon is refused as well, by default-src.
    if (effectiveDirective !== 'img-src') window.violations.push(blockedURI);
  });
  window.addEventListener('pagetap:installed', () => {
    window.heard = [];
    window.encodings = [__claudeHooks.stats().encoding];
    __claudeHooks.on('*', (event) => window.heard.push(event));
    window.asked = words.ask(url, { prompt: 'How long?' });
  });
}

/** What the tap made of the answer, and what the page got of it. */
const outcome = (page) =>
  page.evaluate(async () => {
    await words.until(() => window.asked);
    const text = await window.asked;
    await words.settled();
    const { encoding, failure, droppedBytes, notices } = __claudeHooks.stats();
    // Times are the clock's; the frame is the raw layer's business.
    const heard = window.heard.map(({ raw, durationMs, ...event }) => event);
    return { text, heard: JSON.parse(JSON.stringify(heard)), encoding, first: window.encodings[0], failure, droppedBytes, notices, violations: window.violations };
  });

// Whether WebAssembly is refused can only be tried, and each try is reported to the page and its site.
const violations = (wasm) => (wasm ? [] : ['wasm-eval']);

/** A full turn with tools was understood, and nothing was lost. */
let reference;
function checkTurn({ text, heard, failure, droppedBytes, notices }) {
  assert.equal(failure, null);
  assert.equal(droppedBytes, 0);
  assert.deepEqual(notices, {});
  assert.equal(text, demoTurn('tools.sse').toString(), 'the page reads its answer');
  const types = new Set(heard.map(({ type }) => type));
  for (const type of ['SessionStart', 'UserPromptSubmit', 'MessageStart', 'ToolUseEnd', 'PreToolUse', 'PostToolUse', 'MessageDelta', 'MessageEnd', 'Stop']) {
    assert.ok(types.has(type), type);
  }
  reference ??= printed(heard);
  assert.equal(printed(heard), reference, 'the same hooks under every policy');
}

const openAt = (name, page = {}) => bench.open({ headers: POLICIES[name].headers, before: [askAtOnce, ANSWER], ...page });

describe('the install page', () => {
  const links = { small: 'the small bookmarklet', full: 'the full bookmarklet' };
  let page;
  before(async () => {
    page = await bench.open();
    await page.goto(`${bench.service.origin}/dist/www/bookmarklet.html`);
  });

  for (const [id, name] of Object.entries(links)) {
    const { address, limit } = BOOKMARKLETS[name];

    test(`${name}: the link that is dragged carries the address that was built`, async () => {
      const link = page.locator(`#${id} a.bookmarklet`);
      assert.equal(await link.getAttribute('href'), address);
      assert.equal(await link.evaluate(({ draggable }) => draggable), true);
      assert.ok((await page.locator(`#${id}`).innerText()).includes(`${address.length.toLocaleString('en')} characters`));
    });

    test(`${name}: one line of ASCII that no browser rewrites, and that it keeps`, async () => {
      assert.match(address, /^javascript:[\x20-\x7e]+$/);
      assert.doesNotMatch(address, / {2}| $/);
      assert.equal(new URL(address).href, address);
      // Also if one writes its blanks as `%20`.
      assert.ok(address.replaceAll(' ', '%20').length <= limit, `${address.length} characters`);
      // Dragging takes the address as the browser understood it.
      const href = await page.locator(`#${id} a.bookmarklet`).evaluate((link) => link.href);
      assert.equal(href, address);
    });
  }

  test('the one for the browser at hand is first, and the other is there', async () => {
    const order = () => page.locator('.choice > section').evaluateAll((cards) => cards.map(({ id }) => id));
    assert.deepEqual(await order(), ['full', 'small']);
    const firefox = await bench.open({ before: [() => {
      Object.defineProperty(Navigator.prototype, 'userAgentData', { value: undefined });
      Object.defineProperty(Navigator.prototype, 'userAgent', { value: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' });
    }] });
    await firefox.goto(`${bench.service.origin}/dist/www/bookmarklet.html`);
    assert.deepEqual(await firefox.locator('.choice > section').evaluateAll((cards) => cards.map(({ id }) => id)), ['small', 'full']);
    await firefox.close();
  });

  test('it fits a narrow screen, and both can be reached by keyboard', async () => {
    await page.setViewportSize({ width: 360, height: 700 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360));
    const reached = [];
    await page.locator('body').focus();
    for (let presses = 0; presses < 20; presses++) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => document.activeElement.closest('.choice section')?.id));
    }
    assert.deepEqual([...new Set(reached.filter(Boolean))], ['full', 'small']);
  });
});

describe('a bookmarklet, clicked', () => {
  for (const [name, { wasm, eval: evaluates }] of Object.entries(POLICIES)) {
    describe(name, () => {
      test('the click is a real one: exempt from script-src, but not from what it says of wasm and eval', async () => {
        const page = await bench.open({ headers: POLICIES[name].headers, body: `<a href="${PROBE.replaceAll('"', '&quot;')}">own</a>` });
        await page.click('a');
        const own = await page.evaluate(() => words.turn().then(() => 'probe' in window));
        assert.equal(own, name === 'no policy', "a link of the page's own runs only without a policy");
        await click(page, PROBE);
        assert.deepEqual(await page.evaluate(() => window.probe), { wasm, eval: evaluates });
        await page.close();
      });

      for (const [which, { address, otherwise }] of Object.entries(BOOKMARKLETS)) {
        const encoding = wasm ? 'wasm' : otherwise;
        test(`${which}: a turn with tools is heard from its first byte, run as ${encoding}`, async () => {
          const page = await openAt(name);
          await click(page, address);
          const seen = await outcome(page);
          assert.deepEqual(seen.violations, violations(wasm));
          assert.deepEqual([seen.first, seen.encoding], [encoding, encoding], 'it is there at once');
          checkTurn(seen);
          assert.deepEqual(page.faults, []);
          await page.close();
        });
      }
    });
  }

  test('what both say of themselves has the same names', async () => {
    const said = [];
    for (const { address } of Object.values(BOOKMARKLETS)) {
      const page = await openAt('no policy');
      await click(page, address);
      said.push(await page.evaluate(async (url) => {
        const seen = {};
        const note = (event) => Object.assign((seen[event.type ?? event.kind] ??= {}), event);
        __claudeTap.on(note);
        __claudeHooks.on('*', note);
        const asked = words.ask(url, { prompt: 'How long?' });
        const streams = __claudeTap.streams();
        await asked;
        await words.settled();
        const names = (object) => Object.keys(object).sort();
        // The small one has no rules of one's own, does not look at the page, and exports nothing.
        const { translate, mapDOM, export: _, ...hooks } = __claudeHooks;
        const events = Object.entries(seen).map(([type, event]) => [type, names(event)]).sort();
        return { tap: names(__claudeTap), hooks: names(hooks), stats: names(__claudeHooks.stats()), stream: names(streams.at(-1)), events };
      }, ANSWER));
      await page.close();
    }
    const [small, full] = said;
    assert.ok(small.events.length > 10 && small.stream.length, 'there is something to compare');
    // The small one reads no request headers.
    const withoutHeaders = (events) => events.map(([type, names]) => [type, names.filter((name) => name !== 'headers')]);
    assert.deepEqual({ ...small, events: withoutHeaders(small.events) }, { ...full, events: withoutHeaders(full.events) });
  });

  test('a second click changes nothing', async () => {
    const page = await openAt('no policy');
    await click(page, ADDRESS);
    await click(page, ADDRESS);
    checkTurn(await outcome(page));
    assert.equal(await page.evaluate(() => __claudeHooks.stats().streams), 1);
    await page.close();
  });

  test('a second click taps again what somebody wrote over the first', async () => {
    const page = await openAt('no policy', { head: '<script>window.native = fetch</script>' });
    await page.evaluate(() => { window.ask = words.ask; words.ask = () => ''; });
    await click(page, ADDRESS);
    await page.evaluate((url) => {
      window.fetch = window.native;
      window.again = () => { window.asked = window.ask(url, { prompt: 'How long?' }); };
    }, ANSWER);
    await click(page, ADDRESS);
    await page.evaluate(() => window.again());
    checkTurn(await outcome(page));
    await page.close();
  });

  for (const name of ['__claudeTap', '__claudeHooks', '__claudeHooksDestroy']) {
    test(`where another tool owns ${name}: a warning, and nothing is touched`, async () => {
      const page = await bench.open({ head: `<script>window.other = window.${name} = function other() {}; window.native = fetch</script>` });
      const warned = page.waitForEvent('console', (message) => message.type() === 'warning');
      await click(page, ADDRESS);
      assert.equal((await warned).text(), `pagetap is not installed: another ${name} is active on this page: remove it first`);
      const untouched = await page.evaluate((name) => window[name] === window.other && fetch === window.native, name);
      assert.equal(untouched, true);
      assert.deepEqual(page.faults, []);
      await page.close();
    });
  }

  test('removed again, it is in the way of nothing: a script that does more taps more, and it taps after that', async () => {
    const page = await bench.open();
    const ask = () => page.evaluate(async () => {
      const url = '/v1/messages?case=messages/text';
      const begun = __claudeTap.stats().streams;
      await words.ask(url);
      await words.settled();
      await new Promise((done) => {
        const request = new XMLHttpRequest();
        request.onload = done;
        request.open('POST', url);
        request.send('{}');
      });
      await words.settled();
      const { streams, failure, notices } = __claudeHooks.stats();
      return { streams: streams - begun, failure, notices };
    });
    const told = (streams) => ({ streams, failure: null, notices: {} });
    await click(page, ADDRESS);
    assert.deepEqual(await ask(), told(1));
    await page.evaluate(() => __claudeHooksDestroy());
    await page.addScriptTag({ url: '/dist/pagetap.js' });
    assert.deepEqual(await ask(), told(2));
    await page.evaluate(() => __claudeHooksDestroy());
    await click(page, ADDRESS);
    // What taps is what was there.
    assert.deepEqual(await ask(), told(2));
    assert.deepEqual(page.faults, []);
    await page.close();
  });

  test('in the middle of an answer whose fetch the page has kept: what is still unread is heard', async () => {
    const page = await bench.open();
    const key = bench.key();
    const started = page.evaluate(async (url) => {
      window.answer = await fetch(url, { method: 'POST', body: '{}' });
    }, `/api/organizations/o/chat_conversations/c7/completion?drive=${key}`);
    const stream = await bench.service.stream(key);
    await started;
    await click(page, ADDRESS);
    const body = demoTurn('tools.sse');
    await stream.write(body);
    stream.end();
    const types = await page.evaluate(async () => {
      const types = [];
      __claudeHooks.on('*', ({ type }) => types.push(type));
      await words.read(window.answer);
      await words.settled();
      return types;
    });
    assert.ok(types.includes('MessageStart') && types.includes('PostToolUse'));
    assert.equal(types.at(-1), 'Stop');
    await page.close();
  });
});

describe('the classic script', () => {
  for (const [name, { wasm, self }] of Object.entries(POLICIES)) {
    if (self === null) continue;
    const encoding = wasm ? 'wasm' : 'js';
    test(`${name}: there at once, run as ${encoding}`, async () => {
      const page = await openAt(name, { head: `<script ${self} src="/dist/pagetap.js"></script>` });
      const seen = await outcome(page);
      assert.deepEqual([seen.first, seen.encoding], [encoding, encoding]);
      assert.deepEqual(seen.violations, violations(wasm));
      checkTurn(seen);
      assert.deepEqual(page.faults, []);
      await page.close();
    });
  }
});

describe('the npm package', () => {
  for (const [name, { wasm, self }] of Object.entries(POLICIES)) {
    if (self === null) continue;
    const encoding = wasm ? 'wasm' : 'js';
    test(`${name}: nothing is missed while it loads, run as ${encoding}`, async () => {
      const page = await openAt(name, { head: `<script ${self} type="module" src="/start.js"></script>` });
      const seen = await outcome(page);
      assert.deepEqual([seen.first, seen.encoding], ['loading', encoding]);
      assert.deepEqual(seen.violations, violations(wasm));
      checkTurn(seen);
      assert.deepEqual(page.faults, []);
      await page.close();
    });
  }

  const START = '<script type="module" src="/start.js"></script>';

  test('a module that is not where it should be: the same core as JavaScript', async () => {
    const page = await openAt('no policy', { head: `<script>options = { wasm: '/nowhere.wasm' }</script>${START}` });
    const seen = await outcome(page);
    assert.equal(seen.encoding, 'js');
    checkTurn(seen);
    await page.close();
  });

  test("connect-src that forbids to load the module: the same core as JavaScript, and the page's answer is its own affair", async () => {
    const headers = policy("connect-src 'none'");
    const page = await bench.open({ headers, head: START });
    const encoding = await page.evaluate(() => words.until(() => window.handle && handle.hooks.stats().encoding !== 'loading' && handle.hooks.stats().encoding));
    assert.equal(encoding, 'js');
    assert.deepEqual(page.faults, []);
    await page.close();
  });

  const SOURCES = {
    'an address': `'/gen/pagetap.wasm'`,
    'a URL': `new URL('/gen/pagetap.wasm', location.href)`,
    'a Response': `await fetch('/gen/pagetap.wasm')`,
    'bytes': `await (await fetch('/gen/pagetap.wasm')).arrayBuffer()`,
    'a WebAssembly.Module': `await WebAssembly.compileStreaming(fetch('/gen/pagetap.wasm'))`,
  };
  for (const [what, source] of Object.entries(SOURCES)) {
    test(`takes the module as ${what}`, async () => {
      const page = await openAt('no policy', { head: `<script type="module">
        window.options = { wasm: ${source} };
        await import('/start.js');
      </script>` });
      const seen = await outcome(page);
      assert.equal(seen.encoding, 'wasm');
      checkTurn(seen);
      await page.close();
    });
  }
});
