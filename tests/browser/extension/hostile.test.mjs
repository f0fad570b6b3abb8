// A page that tries everything it can reach: it gets nothing into the store that its own streams did not
// say, and hears nothing of what the extension says to itself.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startBench, test } from './bench.mjs';
import { body, counted, driven, EXPECTED, numbers, take, told, TURN } from './turn.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

// In the page, as its first script: whatever passes through the platform is looked at, and whatever could
// be a way to the extension is kept.
function spy() {
  window.heard = [];
  window.ways = new Set([document, window]);
  const { apply } = Reflect;
  const { get: portsOf } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'ports');
  const look = (value) => {
    // Not at what it makes itself.
    if (window.attacking) return;
    if (value instanceof EventTarget) ways.add(value);
    else if (typeof value === 'string' && value.length > 3) heard.push(value);
    else if (value instanceof MessageEvent) for (const port of apply(portsOf, value, [])) ways.add(port);
  };
  const patch = (object, name) => {
    const native = object[name];
    if (typeof native !== 'function') return;
    object[name] = function (...given) {
      if (!new.target) look(this);
      given.forEach(look);
      if (new.target) return Reflect.construct(native, given, new.target);
      return apply(native, this, given);
    };
    object[name].prototype = native.prototype;
  };
  const METHODS = {
    EventTarget: ['addEventListener', 'removeEventListener', 'dispatchEvent'],
    MessagePort: ['postMessage', 'start', 'close'],
    Window: ['postMessage'],
    BroadcastChannel: ['postMessage'],
  };
  for (const [name, methods] of Object.entries(METHODS)) for (const method of methods) patch(window[name].prototype, method);
  for (const name of ['postMessage', 'structuredClone', 'queueMicrotask', 'btoa', 'atob', 'CustomEvent', 'MessageEvent', 'MessageChannel', 'Event']) patch(window, name);
  patch(JSON, 'parse');
  patch(JSON, 'stringify');
  patch(crypto, 'randomUUID');
  for (const [prototype, name] of [[MessageEvent.prototype, 'ports'], [CustomEvent.prototype, 'detail'], [Event.prototype, 'target']]) {
    const { get, ...rest } = Object.getOwnPropertyDescriptor(prototype, name);
    Object.defineProperty(prototype, name, { ...rest, get() { const value = apply(get, this, []); look(value); return value; } });
  }
  for (const name of ['wire', 'ports', 'port', 'detail', 'hello', 'layers', 'again', 'ack', 'toJSON']) {
    Object.defineProperty(Object.prototype, name, {
      configurable: true,
      get() {},
      set(value) { look(value); Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true }); },
    });
  }
  for (const type of ['pagetap:meeting', 'up', 'down', 'message']) {
    for (const target of [document, window]) {
      target.addEventListener(type, (event) => {
        if (event.forged) return;
        look(event.detail);
        look(event.data);
        for (const port of event.ports ?? []) ways.add(port);
      });
    }
  }
}

// In the page: the flood, on every way there is.
async function attack({ rounds, id }) {
  window.attacking = true;
  const forged = { type: 'Stop', layer: 'hook', forged: true, ts: 0 };
  const hello = { hello: { session: 'forged', encoding: 'forged', version: '0' }, early: true };
  const batch = { from: 1, counts: { hooks: 9e9 }, events: [forged] };
  const texts = [hello, batch, { ...batch, from: 2 }, { ack: 9e9 }, { resume: 0, layers: { hooks: false, raw: false } }];
  for (let at = 0; at < rounds; at++) {
    for (const way of ways) {
      for (const type of ['pagetap:meeting', 'up', 'down', 'message']) {
        for (const text of texts) {
          const detail = JSON.stringify(text);
          const { port1, port2 } = new MessageChannel();
          const events = [
            new CustomEvent(type, { detail }),
            new MessageEvent(type, { data: text, ports: [port1], source: window }),
          ];
          for (const event of events) {
            event.forged = true;
            way.dispatchEvent(event);
          }
          port2.addEventListener('up', ({ detail }) => heard.push(detail));
          if (at % 100 === 0) {
            port2.dispatchEvent(new CustomEvent('down', { detail }));
            port2.postMessage(text);
          }
        }
      }
      if (at % 100 === 0) way.postMessage?.(batch, way === window ? '*' : undefined);
    }
  }
  // Replays of all that was heard.
  for (const text of heard.slice(0, 1000)) for (const way of ways) way.dispatchEvent(new CustomEvent('up', { detail: text }));
  const outside = [];
  for (const message of [{ do: 'settings', settings: {} }, { do: 'forget', id: 1 }, { ask: 'recordings' }, batch]) {
    try {
      outside.push(await window.chrome.runtime.sendMessage(id, message));
    } catch {
      outside.push('refused');
    }
  }
  window.attacking = false;
  return outside;
}

test('a page that floods, forges and replays gets nothing in, and its own turn is told all the same', async () => {
  const { page, tab } = await bench.open({ record: true, head: `<script>(${spy})()</script>` });
  const { recording } = await bench.say({ ask: 'state', tabId: tab });
  const outside = await page.evaluate(attack, { rounds: 20, id: new URL(bench.home).host });
  assert.deepEqual(outside, Array(4).fill('refused'));
  await page.evaluate(take, TURN);
  const during = page.evaluate(attack, { rounds: 20, id: new URL(bench.home).host });
  await during;
  const events = await bench.until(() => bench.recorded(recording.id), (events) => events.some(({ type, forged }) => type === 'Stop' && !forged));
  assert.equal(told(events), EXPECTED);
  assert.deepEqual(numbers(events), counted(events));
  const { counters, errors } = await bench.say({ ask: 'state', tabId: tab });
  assert.equal(counters.hooks, events.length);
  assert.deepEqual(errors, []);
  // Nor did it come by anything the extension says to itself.
  const heard = await page.evaluate(() => heard.filter((text) => /"hello"|"from":|"ack"|"resume"/.test(text) && !text.includes('forged')));
  const own = ['{"ack":9000000000}', '{"resume":0,"layers":{"hooks":false,"raw":false}}'];
  assert.deepEqual(heard.filter((text) => !own.includes(text)), []);
  await page.close();
});

test('a page hears nothing of another one, nor of a frame of another origin', async () => {
  const { page: spying } = await bench.open({ head: `<script>(${spy})()</script>` });
  const { page, tab } = await bench.open({ record: true, head: `<script>(${spy})()</script>` });
  const { recording } = await bench.say({ ask: 'state', tabId: tab });
  const frame = new URL(bench.service.page());
  frame.hostname = 'localhost';
  await page.evaluate((address) => new Promise((done) => {
    const frame = document.createElement('iframe');
    frame.src = address;
    frame.onload = done;
    document.body.append(frame);
  }), String(frame));
  await page.frames()[1].evaluate(take, TURN);
  await bench.until(() => bench.recorded(recording.id), (events) => events.at(-1)?.type === 'Stop');
  for (const one of [spying, page]) {
    assert.deepEqual(await one.evaluate(() => heard.filter((text) => text.includes('The page is there') || text.includes('hello'))), []);
  }
  await spying.close();
  await page.close();
});

test('a content script, which lives in the page’s process, may not ask what pages of the extension may', async () => {
  const { page, tab } = await bench.open();
  const answer = await bench.own.evaluate(async (tabId) => {
    const [{ result }] = await chrome.scripting.executeScript({
      target: { tabId },
      func: async () => [
        await chrome.runtime.sendMessage({ ask: 'settings' }),
        await chrome.storage.local.get('key').catch(() => 'refused'),
        await new Promise((done) => chrome.runtime.connect({ name: 'live:1' }).onDisconnect.addListener(() => done('refused'))),
      ],
    });
    return result;
  }, tab);
  assert.deepEqual(answer, [null, 'refused', 'refused']);
  await page.close();
});

test('what a page leaves behind is sealed, and what was not sealed for its place gets nothing in', async () => {
  const { page, tab } = await bench.open({ record: true });
  const { recording } = await bench.say({ ask: 'state', tabId: tab });
  await bench.own.evaluate(() => {
    window.left = [];
    chrome.storage.session.onChanged.addListener((changes) => {
      for (const [name, { newValue }] of Object.entries(changes)) if (newValue) left.push([name, newValue]);
    });
  });
  page.evaluate(take, driven('left')).catch(() => {});
  const stream = await bench.service.stream('left');
  await stream.write(body.subarray(0, body.length / 2));
  await bench.until(() => bench.recorded(recording.id), (events) => events.length > 0);
  await page.goto(bench.service.page());
  const before = await bench.until(() => bench.recorded(recording.id), (events) => events.some(({ type }) => type === 'MessageEnd'));
  const [[name, sealed]] = await bench.until(() => bench.own.evaluate(() => left), ({ length }) => length === 1);
  assert.ok(!/MessageEnd|events/.test(Buffer.from(sealed, 'base64').toString('latin1')));
  // As a page's process could, that somebody has taken over.
  await bench.own.evaluate(([tabId, name, sealed]) => chrome.scripting.executeScript({
    target: { tabId },
    args: [name, sealed],
    func: async (name, sealed) => {
      const batches = [{ from: 1, events: [{ layer: 'hook', type: 'Stop', forged: true }] }];
      await chrome.storage.session.set({
        [`${name}forged`]: btoa(JSON.stringify(batches)),
        [`${name}replayed`]: sealed,
        [name.replace('left ', 'left 1')]: sealed,
        'left ': batches,
      });
    },
  }), [tab, name, sealed]);
  await bench.until(() => bench.own.evaluate(() => chrome.storage.session.get(null)), (there) => !Object.keys(there).some((name) => name !== 'reached'));
  assert.deepEqual(await bench.recorded(recording.id), before);
  await page.close();
});

test('a recording that reaches its limit ends, says so, and costs no more', async () => {
  const { settings } = await bench.say({ ask: 'settings' });
  const limits = { ...settings.limits, recordedEvents: 40, shown: 25 };
  await bench.say({ do: 'settings', settings: { ...settings, limits } });
  const { page, tab } = await bench.open({ record: true });
  for (let at = 0; at < 6; at++) await page.evaluate(take, TURN);
  const { errors, recording } = await bench.until(() => bench.say({ ask: 'state', tabId: tab }), ({ errors }) => errors.length > 0);
  assert.deepEqual([errors.map(({ code }) => code), recording], [['recording_full'], null]);
  const { recordings } = await bench.say({ ask: 'recordings' });
  assert.ok(recordings.at(-1).events <= 40 && recordings.at(-1).until !== null);
  const shown = await bench.own.evaluate((tab) => new Promise((done) => {
    chrome.runtime.connect({ name: `live:${tab}` }).onMessage.addListener(({ events }) => events && done(events.length));
  }), tab);
  assert.equal(shown, 25);
  await bench.say({ do: 'settings', settings });
  await page.close();
});

/** What the background's own heap holds, in bytes, once all that nobody needs has gone. */
async function backgroundHeap() {
  const session = await bench.context.newCDPSession(bench.own);
  const { targetInfos } = await session.send('Target.getTargets');
  const { targetId } = targetInfos.find(({ type, url }) => type === 'service_worker' && url.startsWith(bench.home));
  const { sessionId } = await session.send('Target.attachToTarget', { targetId, flatten: false });
  const answers = new Map();
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message);
    answers.get(id)?.(result);
  });
  let last = 0;
  const send = (method) => new Promise((answered) => {
    answers.set(++last, answered);
    session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id: last, method }) });
  });
  await send('HeapProfiler.collectGarbage');
  const { usedSize } = await send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

test('a flood costs the background no more than what it keeps of a tab, and nothing when that has gone', async () => {
  const MIB = 2 ** 20;
  const { page, tab } = await bench.open();
  await page.evaluate(take, TURN);
  await bench.until(() => bench.say({ ask: 'state', tabId: tab }), ({ last }) => last.at(-1)?.type === 'Stop');
  const before = await backgroundHeap();
  const [begin, end] = body.toString().split('The page is there.');
  const frame = begin.slice(begin.lastIndexOf('event:'));
  const tail = end.slice(0, end.indexOf('\n\n') + 2);
  // Together less than all tabs may have, so that this one's own bound is what holds.
  const pieces = 50;
  const taken = page.evaluate(take, driven('flood'));
  const stream = await bench.service.stream('flood');
  await stream.write(Buffer.from(begin + tail));
  for (let at = 0; at < pieces; at++) await stream.write(Buffer.from(`${frame}${'x'.repeat(MIB)}${tail}`));
  await stream.write(Buffer.from(end.slice(tail.length)));
  stream.end();
  await taken;
  // The page may have had to drop what there was no room for: it is over when a turn after it comes through.
  const { counters } = await bench.until(
    () => page.evaluate(take, TURN).then(() => bench.say({ ask: 'state', tabId: tab })),
    ({ last }) => last.at(-1)?.type === 'Stop' && last.at(-1).streamId > 2,
  );
  assert.ok(counters.hooks + counters.dropped > pieces, JSON.stringify(counters));
  // 8 MiB of JSON of a tab, and what of it is on its way.
  const during = (await backgroundHeap()) - before;
  assert.ok(during < 24 * MIB, `${during / MIB} MiB more`);
  await page.close();
  await bench.until(backgroundHeap, (heap) => heap - before < 4 * MIB);
});
