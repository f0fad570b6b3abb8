// However the tap got into the page, and wherever in it a secret goes over a wire: it is in nothing that
// the tap says, prints or leaves behind. What each wire carries in detail: secrets.test.mjs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startBench } from './bench.mjs';
import { before as beforeScripts, left, listen } from './peers/secrets_heard.mjs';
import { HEADERS, leaksIn, LINES, QUERY, SECRETS } from './peers/secrets.mjs';
import { secretsDoor } from './peers/secrets_door.mjs';

const GIVEN = { EVENTS: `{"stream":true,"events":[${LINES}]}`, HEADERS, LINES, QUERY };
const built = (name) => readFileSync(new URL(`../../../dist/${name}`, import.meta.url), 'utf8');

// Everything that a page can ask, with a realm's own functions; with nothing of ours, for it also runs in
// a worker.
async function asks(realm, { EVENTS, HEADERS, LINES, QUERY, origin }) {
  const read = async (response) => {
    const reader = response.body.getReader();
    while (!(await reader.read()).done);
  };
  const messages = `${origin}/v1/messages?${QUERY}`;
  const init = { method: 'POST', headers: HEADERS, body: EVENTS };
  await read(await realm.fetch(messages, init));
  await read(await realm.fetch(new realm.Request(messages, init)));
  await (await realm.fetch(`${messages}&status=401`, init)).text();
  await realm.fetch(`http://127.0.0.1:9/v1/messages?${QUERY}`, init).catch(() => {});
  await (await realm.fetch(`${origin}/v1/code/sessions/cse_1/bridge?${QUERY}`, init)).json();

  const socket = new realm.WebSocket(`${origin.replace('http', 'ws')}/v1/sessions/ws/session_1/subscribe?${QUERY}`);
  await new Promise((last) => {
    socket.onopen = () => LINES.forEach((line) => socket.send(line));
    socket.onmessage = ({ data }) => typeof data === 'string' && data.includes('"last"') && last();
  });
  const closed = new Promise((done) => (socket.onclose = done));
  socket.close(4000, `?${QUERY}`.slice(0, 120));
  await closed;

  const source = new realm.EventSource(`${origin}/v1/feed?${QUERY}`);
  source.onmessage = () => {};
  await new Promise((ended) => source.addEventListener('end', ended));
  source.close();

  const request = new realm.XMLHttpRequest();
  request.open('POST', messages);
  for (const name of Object.keys(HEADERS)) request.setRequestHeader(name, HEADERS[name]);
  const loaded = new Promise((done) => (request.onloadend = done));
  request.send(EVENTS);
  await loaded;
  void request.responseText;
}

let bench;
before(async () => {
  const door = secretsDoor();
  bench = await startBench({
    doors: { '/v1/': door },
    files: {
      '/worker.js': `${asks}\nonmessage = ({ data }) => asks(self, data).then(() => postMessage('done'), (error) => postMessage(String(error)));`,
      '/inner.html': '<!doctype html><link rel="icon" href="data:,">',
    },
  });
});
after(() => bench?.close());

const installed = async (options) => {
  const { install } = await import('/dist/npm/index.js');
  install(options);
};

/** Clicks a bookmark with this address while `page` is in front. */
async function click(page, address) {
  const session = await bench.context.newCDPSession(page);
  await session.send('Page.navigate', { url: address });
  await session.detach();
}

/**
 * What the tap said of `scenario` in a page, once `enter(page)` has brought it there. `visible`: what it must
 * have said; `encoding`: how its core must run.
 */
function silent(name, { page: about = { head: '' }, enter, scenario = (page, given) => page.evaluate(inPage, [asks.toString(), given]), visible, encoding }) {
  test(name, async () => {
    const page = await bench.open({ ...about, before: [beforeScripts] });
    const console = [];
    page.on('console', (message) => console.push(`${message.text()} ${JSON.stringify(message.location())}`));
    await page.context().addCookies([{ name: 'sessionKey', value: SECRETS.cookie, url: page.url(), httpOnly: true }]);
    await enter(page);
    await page.evaluate(() => words.until(() => window.__claudeTap));
    await page.evaluate(listen);
    await scenario(page, { ...GIVEN, origin: bench.service.origin });
    const { text, stats, globals } = await page.evaluate(async (look) => {
      ask();
      await words.until(() => __claudeHooks.stats().queuedBytes === 0);
      ask();
      const globals = await eval(`(${look})`)();
      const stats = __claudeHooks.stats();
      __claudeHooksDestroy();
      return { text: heard(), stats, globals };
    }, left.toString());
    const faults = await page.evaluate(() => words.faults);
    await page.close();
    assert.deepEqual(leaksIn(text), {}, 'leaks');
    assert.deepEqual(leaksIn(globals.text), {}, `leaks to the page, among ${globals.added}`);
    // The browser's own line on a refused request has its address.
    assert.deepEqual(leaksIn(console.filter((line) => !/^Failed to load resource/.test(line)).join('\n')), {}, 'leaks to the console');
    assert.deepEqual(leaksIn([...faults, ...page.faults].join('\n')), {}, 'leaks in errors');
    assert.deepEqual([stats.encoding, stats.failure, stats.listenerErrors], [encoding, null, 0]);
    for (const word of visible) assert.ok(text.includes(word), `${word} is not in\n${text.slice(0, 3000)}`);
  });
}

// Runs `asks` in this window.
async function inPage([source, given]) {
  await eval(`(${source})`)(window, given);
}

const EVERYTHING = ['visible-text', 'visible-result', 'visible-plain', 'visible-lists', 'visible-id', '"transport":"ws"', '"transport":"es"', '"transport":"xhr"', '"transport":"fetch"'];

describe('no secret is told, printed or left behind', () => {
  silent('by the module', { enter: (page) => page.evaluate(installed, { match: 'all' }), visible: EVERYTHING, encoding: 'wasm' });
  silent("by the classic script under script-src 'self'", {
    page: { head: '<script src="/dist/pagetap.js" data-match="all"></script>', headers: { 'content-security-policy': "script-src 'self'" } },
    enter: async () => {},
    visible: EVERYTHING,
    encoding: 'js',
  });
  // What is not the dialects' is not theirs.
  const dialects = EVERYTHING.filter((word) => word !== 'visible-id' && !word.includes('"es"'));
  silent('by the full bookmarklet', { enter: (page) => click(page, built('bookmarklet-full.txt')), visible: dialects, encoding: 'wasm' });
  const chats = ['visible-text', 'visible-result', '"transport":"fetch"'];
  silent('by the small bookmarklet', { enter: (page) => click(page, built('bookmarklet.txt')), visible: chats, encoding: 'wasm' });
  silent("by the small bookmarklet under script-src 'self'", {
    page: { head: '', headers: { 'content-security-policy': "script-src 'self'" } },
    enter: (page) => click(page, built('bookmarklet.txt')),
    visible: chats,
    encoding: 'interpreter',
  });
  silent('by a match that fails and says on what', {
    enter: (page) => page.evaluate(async () => {
      const { install } = await import('/dist/npm/index.js');
      install({ match(url) { throw new Error(`no rule for ${url}`); } });
    }),
    visible: ['match_failed', 'no rule for'],
    encoding: 'wasm',
  });
  silent('in a frame', {
    enter: (page) => page.evaluate(installed, { match: 'all' }),
    scenario: (page, given) => page.evaluate(async ([source, given]) => {
      const frame = document.createElement('iframe');
      frame.src = '/inner.html';
      await new Promise((loaded) => {
        frame.onload = loaded;
        document.body.append(frame);
      });
      await eval(`(${source})`)(frame.contentWindow, given);
    }, [asks.toString(), given]),
    visible: EVERYTHING,
    encoding: 'wasm',
  });
  silent('in a worker', {
    enter: (page) => page.evaluate(installed, { match: 'all', workers: true }),
    scenario: (page, given) => page.evaluate(async (given) => {
      // Until workers can be tapped, which is tried out once, they are started as they are. (The first
      // notice of that is counted when it is told.)
      const unobserved = () => __claudeHooks.stats().notices.worker_unobserved;
      for (;;) {
        const before = unobserved();
        const worker = new Worker('/worker.js');
        if (unobserved() !== before) {
          worker.terminate();
          await words.turn();
          continue;
        }
        const said = await new Promise((came) => {
          worker.onmessage = ({ data }) => came(data);
          worker.onerror = ({ message }) => came(message);
          worker.postMessage(given);
        });
        if (said !== 'done') throw new Error(said);
        return;
      }
    }, given),
    visible: EVERYTHING,
    encoding: 'wasm',
  });
});
