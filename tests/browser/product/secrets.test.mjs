// What grants access is in nothing that the tap says: not in events of either layer, not in what it
// tells of itself, not in the console. Each pipe carries every secret in every place there is.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startBench } from './bench.mjs';
import { LANDED } from './peers/raw_layer.mjs';
import { listen } from './peers/secrets_heard.mjs';
import { HEADERS, leaksIn, LINES, PARTS, QUERY, RESULT, SECRETS } from './peers/secrets.mjs';
import { secretsDoor } from './peers/secrets_door.mjs';

const GIVEN = { EVENTS: `{"stream":true,"events":[${LINES}]}`, HEADERS, LINES, PARTS, QUERY, RESULT, SECRETS };

let bench;
before(async () => {
  const door = secretsDoor();
  bench = await startBench({ doors: { '/v1/': door, '/mcp': door, '/ws': door } });
});
after(() => bench?.close());

// In the page.
async function tapped() {
  window.keptFetch = window.fetch;
  const { install } = await import('/dist/npm/index.js');
  install({ match: 'all' });
}

/** What was said while `scenario(GIVEN)` ran in a page; and what must be in it once the pipe is tapped. */
function carries(name, pipe, visible, scenario, given = {}) {
  test(name, async () => {
    const page = await bench.open({ head: '' });
    const console = [];
    page.on('console', (message) => console.push(message.text()));
    await page.context().addCookies([{ name: 'sessionKey', value: SECRETS.cookie, url: page.url() }]);
    await page.evaluate(tapped);
    await page.evaluate(listen);
    await page.evaluate(scenario, { ...GIVEN, ...given });
    const text = await page.evaluate(async () => {
      ask();
      await words.until(() => __claudeHooks.stats().queuedBytes === 0);
      const { failure } = __claudeHooks.stats();
      ask();
      __claudeHooksDestroy();
      return `${heard()}\n${failure ? `failed: ${failure}` : ''}`;
    });
    const faults = await page.evaluate(() => words.faults);
    await page.close();
    assert.deepEqual(leaksIn(text), {}, 'leaks');
    assert.deepEqual(leaksIn([...console, ...faults, ...page.faults].join('\n')), {}, 'leaks to the console');
    assert.doesNotMatch(text, /^failed: /m);
    if (LANDED[pipe]) for (const word of visible) assert.ok(text.includes(word), `${word} is not in\n${text.slice(0, 3000)}`);
  });
}

describe('fetch', () => {
  carries('an answer in events', 'fetch', ['visible-text', 'visible=query', 'visible-result'], async ({ EVENTS, HEADERS, QUERY, RESULT, SECRETS }) => {
    const content = [{ type: 'tool_result', tool_use_id: 'toolu_0', content: RESULT }, { type: 'text', text: EVENTS }];
    const body = JSON.stringify({ stream: true, messages: [{ role: 'user', content }], fallback_credit_token: SECRETS.creditToken });
    const response = await fetch(`/v1/messages?${QUERY}`, { method: 'POST', headers: HEADERS, credentials: 'include', body });
    ask();
    await words.read(response);
  });
  carries('an answer in JSON', 'fetch', ['visible-json', 'visible-plain'], async ({ EVENTS, HEADERS, QUERY }) => {
    const init = { method: 'POST', headers: HEADERS, body: EVENTS };
    await (await fetch(new Request(`/v1/code/sessions/cse_1/bridge?${QUERY}`, init))).json();
    await (await fetch(`/v1/sessions/session_1/events/bridge`, { headers: HEADERS })).text();
    await words.read(await fetch('/mcp/bridge', { ...init, body: new Blob([init.body]) }));
  });
  carries('a refusal', 'fetch', ['visible-plain'], async ({ HEADERS, QUERY }) => {
    await (await fetch(`/v1/bridge?status=401&${QUERY}`, { method: 'POST', headers: HEADERS })).text();
  });
  carries('a redirect, a loss, an abort, and what cannot be read', 'fetch', ['visible=query'], async ({ HEADERS, QUERY }) => {
    await words.read(await fetch('/v1/moved', { headers: HEADERS }));
    await words.read(await keptFetch('/v1/moved', { headers: HEADERS }));
    await fetch(`http://127.0.0.1:9/v1/messages?${QUERY}`, { method: 'POST', headers: HEADERS, body: `a=b&${QUERY}` }).catch(() => {});
    await fetch(`/v1/messages?${QUERY}`, { method: 'POST', headers: HEADERS, body: new FormData(), signal: AbortSignal.abort(QUERY) }).catch(() => {});
    const stream = new Response(`a=b&${QUERY}`).body;
    await fetch(`/v1/messages?${QUERY}`, { method: 'POST', body: stream, duplex: 'half' }).catch(() => {});
    const response = await fetch(`/v1/messages?${QUERY}`, { method: 'POST', headers: HEADERS, body: new URLSearchParams(`a=b&${QUERY}`) });
    await response.body.cancel(QUERY);
  });
  carries('a form, whole and in parts', 'fetch', ['visible=query', 'visible-part'], async ({ PARTS, QUERY }) => {
    const fields = new FormData();
    for (const [name, value] of new URLSearchParams(QUERY)) fields.append(name, value);
    for (const body of [new URLSearchParams(QUERY), PARTS, new Blob([PARTS]), fields]) await (await fetch('/v1/other', { method: 'POST', body })).text();
  });
  carries('an address in an address', 'fetch', ['visible'], async ({ QUERY }) => {
    await (await fetch(`/v1/other?to=${encodeURIComponent(`https://a.example/?${QUERY}`)}`)).text();
  });
});

describe('WebSocket', () => {
  const talk = async ({ path, query, blob, password, reason, protocol, LINES, QUERY, SECRETS }) => {
    const address = new URL(`${path}?${QUERY}&${query}`, location.href.replace('http', 'ws'));
    if (password) Object.assign(address, { username: 'user', password: SECRETS.password });
    const socket = new WebSocket(address, protocol ?? (path === '/mcp' ? 'mcp' : []));
    socket.binaryType = blob ? 'blob' : 'arraybuffer';
    await new Promise((opened) => socket.addEventListener('open', opened));
    const last = new Promise((came) => socket.addEventListener('message', ({ data }) => typeof data === 'string' && data.includes('"last"') && came()));
    for (const line of LINES) socket.send(line);
    const all = LINES.map((line) => `${line}\n`).join('');
    socket.send(all);
    socket.send(blob ? new Blob([all]) : new TextEncoder().encode(all));
    await last;
    ask();
    const closed = new Promise((closed) => socket.addEventListener('close', closed));
    socket.close(4000, reason ? `https://a.example/?${QUERY}`.slice(0, 120) : 'visible');
    await closed;
  };
  const visible = ['visible-plain', 'visible=query', 'visible-result'];
  // A session's own, the enhanced server's, MCP's.
  for (const path of ['/v1/sessions/ws/session_1/subscribe', '/ws', '/mcp']) {
    carries(path, 'ws', visible, talk, { path, query: 'bytes=1' });
    carries(`${path}, Blobs`, 'ws', visible, talk, { path, query: 'bytes=1', blob: true });
  }
  carries('an address with a password', 'ws', visible, talk, { path: '/ws', query: 'a=b', password: true });
  carries('a reason to close', 'ws', visible, talk, { path: '/ws', query: 'a=b', reason: true });
  carries('a token as subprotocol', 'ws', visible, talk, { path: '/ws', query: 'a=b', protocol: SECRETS.plainToken });
  carries('a line in several messages', 'ws', visible, talk, { path: '/v1/sessions/ws/session_1/subscribe', query: 'cut=1' });
});

describe('EventSource', () => {
  carries('records', 'es', ['visible-plain', 'visible=query'], async ({ QUERY }) => {
    const source = new EventSource(`/v1/feed?${QUERY}`, { withCredentials: true });
    source.onmessage = () => {};
    await new Promise((ended) => source.addEventListener('end', ended));
    ask();
    source.close();
    const refused = new EventSource(`/v1/bridge?${QUERY}`);
    await new Promise((failed) => refused.addEventListener('error', failed));
  });
});

describe('XMLHttpRequest', () => {
  for (const responseType of ['', 'text', 'json', 'arraybuffer', 'blob']) {
    carries(`a response as ${responseType || 'what it is'}`, 'xhr', ['visible-plain', 'visible=query'], async ({ responseType, EVENTS, HEADERS, QUERY }) => {
      for (const path of ['/v1/code/sessions/cse_1/bridge', '/v1/messages']) {
        const request = new XMLHttpRequest();
        request.open('POST', `${path}?${QUERY}`);
        for (const [name, value] of Object.entries(HEADERS)) request.setRequestHeader(name, value);
        request.responseType = responseType;
        request.withCredentials = true;
        const loaded = new Promise((loaded) => request.addEventListener('loadend', loaded));
        request.send(EVENTS);
        await loaded;
        void request.response;
      }
    }, { responseType });
  }
});

describe('sendBeacon', () => {
  carries('a body', 'beacon', ['visible=query', 'visible-plain'], async ({ EVENTS, PARTS, QUERY }) => {
    navigator.sendBeacon(`/v1/sessions/session_1/events?${QUERY}`, EVENTS);
    navigator.sendBeacon(`/v1/sessions/session_1/events?${QUERY}`, new Blob([EVENTS]));
    navigator.sendBeacon('/v1/other', new URLSearchParams(QUERY));
    navigator.sendBeacon('/v1/other', PARTS);
    await fetch(`/v1/sessions/session_1/events?${QUERY}`, { method: 'POST', keepalive: true, body: EVENTS });
  });
});
