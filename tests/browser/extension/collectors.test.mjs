// From a watched page to a collector, by way of the background: no policy of the page's and no CORS is in the
// way, nothing that the background has acknowledged is lost, and nothing leaves that nobody asked for.

import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { collect } from '../../collectors/running.mjs';
import { startCollector } from '../export/collector.mjs';
import { EXCHANGES, MARKERS } from '../export/markers.mjs';
import { startBench, test } from './bench.mjs';
import { body, driven, PIECES, seen, take, TURN } from './turn.mjs';
import { kill, withoutWorker } from './worker.mjs';

process.env.XTASK ??= fileURLToPath(new URL('../../../target/debug/xtask', import.meta.url));

let bench;
let collector;
before(async () => {
  bench = await startBench();
  // It knows nothing of CORS.
  collector = await startCollector({ allow: () => false });
});
after(async () => {
  await bench?.close();
  await collector?.close();
});
afterEach(async () => {
  await put();
  collector.answer = () => undefined;
});

let serial = 0;
const fresh = () => (++serial).toString(16).padStart(8, '0');

/** Has these be the collectors, on and of lines, if nothing else is said. */
async function put(...collectors) {
  const all = collectors.map((one) => ({ id: fresh(), on: true, to: collector.to, format: 'ndjson', ...one }));
  const { problems } = await bench.say({ do: 'settings', settings: { collectors: all } });
  assert.deepEqual(problems, []);
  return all.map(({ id }) => id);
}

const stateOf = async (id) => (await bench.say({ ask: 'collectors' })).collectors.find((one) => one.id === id);
const stats = (id, condition) => bench.until(() => stateOf(id), ({ stats }) => stats && condition(stats));
const sentAll = (id) => stats(id, ({ pending, logged }) => pending === 0 && logged > 0);

/** In every page: keeps `TYPE SEQ` of what its tap tells, and a collector of lines has to get. */
const hearing = `<script nonce="x">
  window.heard = [];
  __claudeHooks.on('*', ({ type, seq }) => /Delta$|Notice/.test(type) || heard.push(type + ' ' + seq));
</script>`;
const heardBy = (page) => page.evaluate(() => window.heard);
const lines = ({ lines }) => lines.filter(({ type }) => type !== 'Notice').map(({ type, seq }) => `${type} ${seq}`);

/** Forgets what the collector was sent before. */
function begun() {
  collector.requests.length = collector.others.length = collector.lines.length = 0;
  collector.kept.clear();
}

async function open(about = {}) {
  begun();
  const { page, tab } = await bench.open({ head: hearing, ...about });
  return { page, tab };
}

/** A page in the middle of a turn that the test writes. */
async function inATurn() {
  const key = `collectors${++serial}`;
  const { page, tab } = await open();
  const taken = page.evaluate(take, driven(key)).catch(() => {});
  return { page, tab, stream: await bench.service.stream(key), taken };
}

/** What the collector has, once it is as much as `expected`. */
async function all(expected) {
  await collector.until(() => lines(collector).length >= expected.length);
  return lines(collector);
}

test("a page that may connect to nothing else has its events sent, each once, where nothing knows of CORS", async () => {
  const [id] = await put({ headers: { 'x-team': 'ours' } });
  const { page } = await open({ headers: { 'content-security-policy': "connect-src 'self'" } });
  const direct = await page.evaluate((to) => fetch(to, { method: 'POST' }).then(() => true, () => false), collector.to);
  assert.equal(direct, false);
  await page.evaluate(take, TURN);
  const heard = await heardBy(page);
  assert.ok(heard.length > 5);
  assert.deepEqual(await all(heard), heard);
  assert.deepEqual([...new Set(collector.kept.values())], [1]);
  assert.ok(collector.requests.every(({ headers }) => headers['x-team'] === 'ours' && !headers.cookie));
  const { stats: { acknowledged, state, route, why, dropped } } = await sentAll(id);
  assert.deepEqual({ acknowledged, state, route, why, dropped }, { acknowledged: heard.length, state: 'sending', route: 'direct', why: null, dropped: {} });
  assert.deepEqual(page.faults, []);
  await page.close();
});

test('several documents and collectors at once: to each its own, in its format, and xtask collect reads it', async (t) => {
  const other = await collect(t);
  const [first] = await put({}, { to: other.url, format: 'otlp' }, { to: other.url, format: 'otlp-json', signals: ['logs'] });
  const { page } = await open();
  const { page: second } = await bench.open({ head: hearing });
  await Promise.all([page.evaluate(take, TURN), second.evaluate(take, TURN)]);
  const heard = [...(await heardBy(page)), ...(await heardBy(second))];
  assert.deepEqual((await all(heard)).sort(), heard.sort());
  assert.deepEqual([...new Set(collector.kept.values())], [1]);
  // Of each a turn, an answer and a tool; the logs go to it twice, by the same ids.
  const { kept, again, names, unreadable } = await bench.until(() => other.counts(), ({ kept, again }) => kept.span === 6 && again.log > 0 && again.log === kept.log);
  assert.deepEqual([again.span, unreadable], [0, 0]);
  assert.equal(Object.entries(names).filter(([name]) => name.startsWith('span execute_tool')).reduce((sum, [, count]) => sum + count, 0), 2);
  assert.ok(kept.log > 0 && first);
  await page.close();
  await second.close();
});

const alarms = () => bench.own.evaluate(() => chrome.alarms.getAll());

test('a background that is killed in the middle of a turn, while the collector is down, loses nothing', async () => {
  const [id] = await put({});
  const { page, stream, taken } = await inATurn();
  await collector.down();
  let sent = 0;
  for (const piece of PIECES) {
    await kill(bench);
    await stream.write(piece);
    await seen(page, (sent += piece.length));
  }
  for (let at = 0; at < 3; at++) await Promise.all([page.evaluate(take, TURN), kill(bench)]);
  stream.end();
  await taken;
  const heard = await heardBy(page);
  const { stats: { state, why } } = await stats(id, ({ state, pending }) => state === 'waiting' && pending >= heard.length);
  assert.match(why, new RegExp(`nothing answers at ${collector.origin}`));
  assert.equal(state, 'waiting');
  // Nobody wakes it any more, but the alarm.
  await page.close();
  await kill(bench);
  await collector.up();
  assert.deepEqual((await alarms()).map(({ periodInMinutes }) => periodInMinutes), [1]);
  await bench.own.evaluate(() => chrome.alarms.create('collectors', { when: Date.now(), periodInMinutes: 1 }));
  assert.deepEqual((await all(heard)).sort(), heard.sort());
  // One is one, however often it has come.
  assert.equal(collector.kept.size, collector.lines.length);
  await bench.until(alarms, ({ length }) => length === 0);
});

/**
 * What the background answers a bridge that the test writes: it says hello, then that these are the events from
 * number `from`, by their types or whole; until number `ack` is acknowledged, or it has been told where to go on.
 */
const talk = (tab, from, types, ack) => bench.own.evaluate(async ([tabId, ...given]) => {
  const func = (from, types, ack) => new Promise((done) => {
    const port = chrome.runtime.connect({ name: 'tap' });
    const answers = [];
    port.onMessage.addListener((answer) => {
      if (answer.ack !== undefined || answer.resume !== undefined) answers.push(answer.ack ?? `resume ${answer.resume}`);
      if (ack ? answer.ack >= ack : answer.resume !== undefined) done(answers);
    });
    port.postMessage({ hello: { session: 'written', encoding: 'wasm', version: '0' }, counts: {} });
    const events = types.map((event, at) => ({ layer: 'hook', ts: Date.now(), seq: from + at, ...(event.type ? event : { type: event }) }));
    if (events.length) port.postMessage({ from, acked: 0, events, counts: {} });
  });
  const [{ result }] = await chrome.scripting.executeScript({ target: { tabId }, func, args: given });
  return result;
}, [tab, from, types, ack]);

/** Keeps the background from the log of a collector until the answer is called. */
async function held(id) {
  await bench.own.evaluate((name) => new Promise((done) => {
    indexedDB.open(name).onsuccess = ({ target: { result: db } }) => {
      const rows = db.transaction(db.objectStoreNames, 'readwrite').objectStore('rows');
      const hold = () => {
        done();
        if (!window.released) rows.count().onsuccess = hold;
        else db.close();
      };
      window.released = false;
      hold();
    };
  }), `pagetap-export ${id}`);
  return () => bench.own.evaluate(() => {
    window.released = true;
  });
}

test('an event is acknowledged to the page once it is in the log, and comes again to a background that is killed before', async () => {
  const [id] = await put({});
  const { page, tab } = await open({ record: true });
  const { recording } = await bench.say({ ask: 'state', tabId: tab });
  const release = await held(id);
  let acknowledged = false;
  void talk(tab, 1, ['SessionStart', 'Stop'], 2).then(() => (acknowledged = true), () => {});
  await bench.until(() => bench.recorded(recording.id), (events) => events.some(({ type }) => type === 'Stop'));
  // Longer than an answer takes.
  for (let at = 0; at < 20; at++) await bench.say({ ask: 'state', tabId: tab });
  assert.equal(acknowledged, false);
  await kill(bench);
  await release();
  assert.deepEqual(await talk(tab, 1, [], 0), ['resume 0']);
  // The recording has both: that does not count.
  assert.deepEqual(await talk(tab, 1, ['SessionStart'], 1), ['resume 0', 1]);
  assert.deepEqual(await talk(tab, 1, ['SessionStart', 'Stop'], 2), ['resume 1', 2]);
  assert.deepEqual(await all([1, 2]), ['SessionStart 1', 'Stop 2']);
  // As if the acknowledgement had been lost: nothing is sent twice that the log has had.
  await stats(id, ({ pending }) => pending === 0);
  await kill(bench);
  assert.deepEqual(await talk(tab, 1, ['SessionStart', 'Stop'], 2), ['resume 0', 2]);
  assert.deepEqual(await talk(tab, 3, ['Notification'], 3), ['resume 2', 3]);
  assert.deepEqual(await all([1, 2, 3]), ['SessionStart 1', 'Stop 2', 'Notification 3']);
  assert.deepEqual([...collector.kept.values()], [1, 1, 1]);
  const { length } = (await bench.recorded(recording.id)).filter(({ type }) => type === 'Stop');
  assert.equal(length, 1);
  await page.close();
});

/** A background that has just begun, in which reading from the log fails so often. */
async function misreading(times) {
  const compiled = await counting();
  await bench.context.serviceWorkers().at(-1).evaluate((times) => {
    const { get } = IDBObjectStore.prototype;
    let left = times;
    self.failed = 0;
    IDBObjectStore.prototype.get = function (...given) {
      if (this.name !== 'pages' || left-- <= 0) return get.apply(this, given);
      self.failed++;
      throw new DOMException('it is closing', 'InvalidStateError');
    };
  }, times);
  return { compiled, failed: () => bench.context.serviceWorkers().at(-1).evaluate(() => self.failed) };
}

test('what was logged cannot be read for once, or not at all: no event is lost by that, and no encoder', async () => {
  for (const times of [1, 1000]) {
    const [id] = await put({});
    const { page, tab } = await open();
    const events = ['SessionStart', 'Stop', 'Notification'].map((type) => ({ type, ts: Date.now() }));
    assert.equal((await talk(tab, 1, events.slice(0, 1), 1)).at(-1), 1);
    assert.deepEqual(await all([1]), ['SessionStart 1']);
    await stats(id, ({ pending }) => pending === 0);
    const { compiled, failed } = await misreading(times);
    const before = await compiled();
    assert.equal((await talk(tab, 1, events, 3)).at(-1), 3);
    const { stats: { dropped } } = await stateOf(id);
    assert.deepEqual([dropped, await compiled()], [{}, before], `${times}`);
    await collector.until(({ kept }) => kept.size === 3);
    assert.deepEqual(lines(collector), ['SessionStart 1', 'Stop 2', 'Notification 3']);
    // What a background before has sent may come again, by the same id.
    assert.deepEqual([...collector.kept.values()], times === 1 ? [1, 1, 1] : [2, 1, 1]);
    assert.ok((await failed()) >= Math.min(times, 2));
    await page.close();
    await kill(bench);
  }
});

test('what no database takes is said to be in memory only; the alarm has it tried again, and then it lasts', async () => {
  for (const opens of [false, true]) {
    const { page, tab } = await open();
    await collector.down();
    let id;
    if (opens) {
      [id] = await put({});
      await stats(id, ({ state }) => state === 'sending');
    }
    const worker = bench.context.serviceWorkers().at(-1);
    await worker.evaluate(() => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (...given) {
        if (this.name === 'queues') throw new DOMException('full', 'QuotaExceededError');
        return put.apply(this, given);
      };
      self.mend = () => (IDBObjectStore.prototype.put = put);
    });
    if (!opens) [id] = await put({});
    assert.equal((await talk(tab, 1, ['SessionStart', 'Stop'], 2)).at(-1), 2);
    const { stats: { memory } } = await stats(id, ({ pending }) => pending === 2);
    assert.match(String(memory), /full/);
    await worker.evaluate(() => void self.mend());
    await bench.own.evaluate(() => chrome.alarms.create('collectors', { when: Date.now(), periodInMinutes: 1 }));
    await stats(id, ({ memory, pending }) => memory === null && pending === 2);
    await page.close();
    await kill(bench);
    await stats(id, ({ pending }) => pending === 2);
    await collector.up();
    await bench.say({ do: 'retry', id });
    assert.deepEqual(await all([1, 2]), ['SessionStart 1', 'Stop 2']);
    await put();
  }
});

test('answers that are lost are sent again with the same ids, also by a background that knows nothing of it', async () => {
  collector.answer = () => 'lost';
  const [id] = await put({});
  const { page } = await open();
  await page.evaluate(take, TURN);
  const heard = await heardBy(page);
  await all(heard);
  await kill(bench);
  await collector.until(({ kept }) => kept.size && [...kept.values()].every((count) => count > 1));
  collector.answer = () => undefined;
  await bench.say({ do: 'retry', id });
  await stats(id, ({ pending }) => pending === 0);
  assert.deepEqual(lines(collector), heard);
  await page.close();
});

test('spans go on where a background before has left off', async () => {
  const [id] = await put({ to: collector.origin, format: 'otlp-json', signals: ['traces'] });
  const { page, stream, taken } = await inATurn();
  let sent = 0;
  for (const piece of PIECES) {
    await stream.write(piece);
    await seen(page, (sent += piece.length));
    await kill(bench, { andBack: true });
  }
  stream.end();
  await taken;
  await stats(id, ({ state }) => state === 'sending');
  const spans = () => collector.requests.filter(({ kept }) => kept).flatMap(({ text }) => JSON.parse(text).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans);
  await collector.until(() => spans().length >= 3);
  const found = spans();
  assert.deepEqual(found.map(({ name }) => name.split(' ')[0]).sort(), ['chat', 'execute_tool', 'invoke_agent']);
  assert.doesNotMatch(JSON.stringify(found), /incomplete/);
  assert.equal(new Set(found.map(({ traceId }) => traceId)).size, 1);
  await page.close();
});

test('what a document that goes without a word has open ends, incomplete', async () => {
  await put({ to: collector.origin, format: 'otlp-json', signals: ['traces'] });
  const { page, tab, stream } = await inATurn();
  const half = body.subarray(0, Math.floor(body.length / 2));
  await stream.write(half);
  await seen(page, half.length);
  await bench.until(() => bench.say({ ask: 'state', tabId: tab }), ({ last }) => last.length > 0);
  const crashed = page.waitForEvent('crash');
  await Promise.all([crashed, page.goto('chrome://crash').catch(() => {})]);
  await collector.until(({ requests }) => requests.some(({ text }) => /invoke_agent/.test(text)));
  const text = collector.requests.map(({ text }) => text).join('\n');
  assert.match(text, /"claude_tap.incomplete","value":\{"boolValue":true/);
  await page.close();
});

test('what a page tells when it goes is sent, also if no background runs then', async () => {
  for (const how of ['closed', 'left']) {
    await put({});
    const { page, stream } = await inATurn();
    await stream.write(PIECES[0]);
    // So the background has answered.
    await collector.until(({ lines }) => lines.length > 0);
    await seen(page, PIECES[0].length);
    await withoutWorker(bench, async () => {
      const more = Buffer.concat(PIECES.slice(1, 4));
      await stream.write(more);
      await seen(page, PIECES[0].length + more.length);
      if (how === 'closed') await page.close();
      else await page.goto('about:blank');
    });
    // Who asks wakes it, if it is not.
    await bench.until(() => bench.say({ ask: 'collectors' }), () => collector.lines.some(({ type }) => type === 'MessageEnd'));
    assert.deepEqual(new Set(collector.lines.map(({ type }) => type)).has('PreToolUse'), true, how);
    assert.equal(collector.kept.size, collector.lines.length);
    if (how === 'left') await page.close();
  }
});

test('a page that was silent when the collector was turned on is heard to its end, too', async () => {
  const { page } = await open();
  // It is not connected any more, and has no reason to be.
  await kill(bench);
  await put({});
  await bench.until(alarms, ({ length }) => length > 0);
  await withoutWorker(bench, async () => {
    await page.evaluate(take, TURN);
    await page.close();
  });
  await bench.until(() => bench.say({ ask: 'collectors' }), () => collector.lines.some(({ type }) => type === 'Stop'));
});

test('as long as something waits an alarm is there, also while a background begins', async () => {
  await collector.down();
  const [id] = await put({});
  const { page, tab } = await open();
  await talk(tab, 1, ['SessionStart'], 1);
  await stats(id, ({ pending }) => pending > 0);
  await page.close();
  const absent = await bench.own.evaluate(async () => {
    let over = false;
    let absent = 0;
    window.enough = () => (over = true);
    window.watching = (async () => {
      while (!over) if (!(await chrome.alarms.getAll()).length) absent++;
      return absent;
    })();
    return absent;
  });
  assert.equal(absent, 0);
  for (let at = 0; at < 5; at++) {
    await kill(bench);
    await stats(id, ({ pending }) => pending > 0);
  }
  assert.equal(await bench.own.evaluate(() => window.enough() && window.watching), 0);
  await collector.up();
});

test('when a collector may be asked again a background after this one knows, too; and is not woken before', async () => {
  let asked = 0;
  collector.answer = () => ++asked && { status: 503, headers: { 'retry-after': '240' } };
  const [id] = await put({});
  const { page, tab } = await open();
  await talk(tab, 1, ['SessionStart'], 1);
  const { stats: { nextTryAt } } = await stats(id, ({ state }) => state === 'waiting');
  await page.close();
  for (let at = 0; at < 2; at++) {
    await kill(bench);
    const { stats: again } = await stats(id, ({ state }) => state === 'waiting');
    assert.equal(again.nextTryAt, nextTryAt);
  }
  const [{ periodInMinutes }] = await bench.until(alarms, ([alarm]) => alarm?.periodInMinutes > 1);
  assert.ok(periodInMinutes >= 3 && periodInMinutes <= 4, `${periodInMinutes}`);
  assert.equal(asked, 1);
  collector.answer = () => undefined;
  await bench.say({ do: 'retry', id });
  assert.deepEqual(await all([1]), ['SessionStart 1']);
  await bench.until(alarms, ({ length }) => length === 0);
});

test('what lay in the log when the browser ended is sent when it starts, without any page', async () => {
  await collector.down();
  const [id] = await put({});
  const { page } = await open();
  await page.evaluate(take, TURN);
  const heard = await heardBy(page);
  await stats(id, ({ pending }) => pending >= heard.length);
  await bench.end();
  await collector.up();
  begun();
  await bench.start();
  assert.deepEqual(await all(heard), heard);
  await bench.openOwn();
});

test('no content leaves that was not asked for, and what a rule covers does not leave either', async () => {
  const { settings } = await bench.say({ ask: 'settings' });
  const tell = async (page) => {
    for (const { messages, answer } of EXCHANGES) {
      const key = `marked${++serial}`;
      const asked = page.evaluate(async ([key, messages]) => {
        const response = await fetch(`/v1/messages?drive=${key}`, { method: 'POST', body: JSON.stringify({ model: 'm', system: 'MARKER-SYSTEM', messages }) });
        await response.text();
      }, [key, messages]);
      const stream = await bench.service.stream(key);
      await stream.write(answer);
      stream.end();
      await asked;
    }
  };
  const sent = async (include, rules = []) => {
    await bench.say({ do: 'settings', settings: { redaction: rules } });
    const [one, two] = await put({ include }, { include, to: collector.origin, format: 'otlp-json', signals: ['traces', 'logs', 'metrics'] });
    const { page } = await open();
    await tell(page);
    const heard = await heardBy(page);
    assert.ok(heard.length > 8);
    await all(heard);
    await sentAll(two);
    await sentAll(one);
    await page.close();
    return collector.requests.map(({ text, url, headers }) => `${url} ${JSON.stringify(headers)} ${text}`).join('\n');
  };
  assert.doesNotMatch(await sent([]), /MARKER/);
  const some = await sent(['prompts', 'toolResults']);
  for (const [name, [marker]] of Object.entries(MARKERS)) assert.equal(some.includes(marker), ['prompts', 'toolResults'].includes(name), name);
  const covered = await sent(Object.keys(MARKERS), [{ pattern: 'MARKER-[A-Z]+', with: '***' }]);
  assert.doesNotMatch(covered, /MARKER/);
  assert.match(covered, /\*\*\*-quokka/);
  await bench.say({ do: 'settings', settings: { redaction: settings.redaction } });
});

test('keys are covered, wherever they stand and whatever is included', async () => {
  const [id] = await put({ include: Object.keys(MARKERS) });
  const { page, tab } = await open();
  await talk(tab, 1, [
    { type: 'UserPromptSubmit', prompt: 'with sk-ant-api03-QUOKKAQUOKKA and more' },
    { type: 'PreToolUse', toolName: 'Bash', toolInput: { 'ghp_QUOKKAQUOKKAQUOKKAQUOKKA': ['Bearer QUOKKAQUOKKA'] } },
    { type: 'Notice', code: 'export_dropped', reason: 'rows' },
    { type: 'Stop' },
  ], 4);
  assert.deepEqual(await all([1, 2, 3]), ['UserPromptSubmit 1', 'PreToolUse 2', 'Stop 4']);
  await stats(id, ({ pending }) => pending === 0);
  const text = collector.requests.map(({ text }) => text).join('');
  assert.doesNotMatch(text, /QUOKKA/);
  for (const kind of ['anthropic-key', 'github-token', 'bearer-token']) assert.match(text, new RegExp(`redacted:${kind}`));
  // What the page's own export says of itself is not ours.
  assert.doesNotMatch(text, /export_dropped/);
  await page.close();
});

test("a person's rule that matches a part of a key does not let the rest of it out", async () => {
  await bench.say({ do: 'settings', settings: { redaction: [{ pattern: 'ant', flags: '', with: '***' }] } });
  const include = Object.keys(MARKERS);
  const [id] = await put({ include });
  const { page, tab } = await open();
  await talk(tab, 1, [
    { type: 'UserPromptSubmit', prompt: 'with sk-ant-api03-QUOKKAQUOKKA and an elephant' },
    { type: 'Stop' },
  ], 2);
  assert.deepEqual(await all([1, 2]), ['UserPromptSubmit 1', 'Stop 2']);
  await stats(id, ({ pending }) => pending === 0);
  const [{ prompt }] = collector.lines;
  assert.equal(prompt, 'with [redacted:***hropic-key] and an eleph***');
  await bench.say({ do: 'settings', settings: { redaction: [] } });
  await page.close();
});

test('a redirect is not followed: neither events nor headers go to an address that nobody wrote', async () => {
  const elsewhere = await startCollector();
  collector.answer = () => ({ status: 307, headers: { location: elsewhere.to } });
  const [id] = await put({ headers: { authorization: 'Bearer ours' } });
  const { page } = await open();
  await page.evaluate(take, TURN);
  const { stats: { why, pending } } = await stats(id, ({ state }) => state === 'blocked');
  assert.match(why, /redirects to another address/);
  assert.ok(pending > 0);
  assert.deepEqual([elsewhere.requests, elsewhere.others], [[], []]);
  await page.close();
  await elsewhere.close();
});

/** The databases of exports that there are in the extension. */
const databases = () => bench.own.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name).filter((name) => name.includes('export')));

/** A background that has just begun, and counts how often it compiles an encoder. */
async function counting() {
  await kill(bench);
  await bench.say({ ask: 'settings' });
  const [worker] = bench.context.serviceWorkers();
  await worker.evaluate(() => {
    const { compile } = WebAssembly;
    self.compiled = 0;
    WebAssembly.compile = (bytes) => {
      self.compiled++;
      return compile(bytes);
    };
  });
  return () => worker.evaluate(() => self.compiled);
}

test('while no collector is on nothing is loaded, stored or sent; and what was logged for one goes with it', async () => {
  const compiled = await counting();
  const [off] = await put({ on: false });
  const { page } = await open();
  await page.evaluate(take, TURN);
  assert.deepEqual([await databases(), await compiled()], [[], 0]);
  assert.deepEqual(await stateOf(off), { id: off, granted: true, running: false, why: null, stats: null });
  await bench.say({ do: 'settings', settings: { collectors: [{ id: off, on: true, to: collector.to, format: 'ndjson' }] } });
  await stats(off, ({ state }) => state === 'sending');
  assert.deepEqual([await databases(), await compiled()], [[`pagetap-export ${off}`], 1]);
  assert.deepEqual([collector.requests, collector.others], [[], []]);
  // What comes from then on.
  await page.evaluate(take, TURN);
  await sentAll(off);
  const before = collector.requests.length;
  await bench.say({ do: 'settings', settings: { collectors: [{ id: off, on: false, to: collector.to, format: 'ndjson' }] } });
  await page.evaluate(take, TURN);
  assert.equal((await stateOf(off)).running, false);
  await put({});
  await bench.until(databases, (all) => !all.includes(`pagetap-export ${off}`));
  assert.equal(collector.requests.length, before);
  await page.close();
});

test('content that is not wanted any more is not sent, though it lay in the log; an address that is put right is', async () => {
  await collector.down();
  const { page } = await open();
  const wrong = { include: ['prompts', 'answers', 'toolInputs', 'toolResults'] };
  const [id] = await put(wrong);
  await page.evaluate(take, TURN);
  await stats(id, ({ pending }) => pending > 0);
  const { collectors: [given] } = (await bench.say({ ask: 'settings' })).settings;
  await bench.say({ do: 'settings', settings: { collectors: [{ ...given, include: [] }] } });
  const { stats: { dropped } } = await stats(id, ({ dropped }) => dropped.settings);
  assert.ok(dropped.settings > 5);
  await page.evaluate(take, TURN);
  await stats(id, ({ pending }) => pending > 5);
  await collector.up();
  await bench.say({ do: 'settings', settings: { collectors: [{ ...given, include: [], to: `${collector.to}/right` }] } });
  await stats(id, ({ pending }) => pending === 0);
  assert.ok(collector.requests.length > 0 && collector.requests.every(({ url }) => url === '/events/right'));
  assert.doesNotMatch(collector.requests.map(({ text }) => text).join(''), /The page is there|Kneading/);
  await page.close();
});

test('a signal that is not wanted any more is in nobody\'s way', async () => {
  collector.answer = ({ url }) => (url === '/v1/logs' ? { status: 404 } : undefined);
  const about = { to: `${collector.origin}/`, format: 'otlp-json' };
  const [id] = await put(about);
  const { page } = await open();
  await page.evaluate(take, TURN);
  await stats(id, ({ state, acknowledged }) => state === 'blocked' && acknowledged > 0);
  await bench.say({ do: 'settings', settings: { collectors: [{ id, on: true, ...about, signals: ['traces'] }] } });
  const { stats: { dropped } } = await stats(id, ({ state, pending }) => state === 'sending' && pending === 0);
  assert.ok(dropped.settings > 0);
  await page.close();
});

test('why nothing arrives is said exactly: refused, nobody there, no permission', async () => {
  collector.answer = () => ({ status: 401, body: 'who are you?' });
  const [id] = await put({});
  const { page } = await open();
  await page.evaluate(take, TURN);
  const { stats: denied } = await stats(id, ({ state }) => state === 'blocked');
  assert.deepEqual([denied.why, denied.lastStatus], ['HTTP 401 who are you?', 401]);
  const withoutPermission = collector.to.replace('127.0.0.1', 'collector.localhost');
  const [other] = await put({ to: withoutPermission });
  await page.evaluate(take, TURN);
  const { granted, stats: withheld } = await stats(other, ({ state }) => state === 'blocked');
  assert.equal(granted, false);
  assert.match(withheld.why, /^the extension has no permission to reach http:\/\/collector\.localhost:\d+, and what answers there does not allow the extension's origin \(CORS\)/);
  assert.equal(collector.kept.size, 0);
  await page.close();
});

test('a collector is tried without a word of anybody’s', async () => {
  const attempt = (one) => bench.say({ do: 'try', collector: { id: fresh(), to: collector.to, format: 'ndjson', ...one } });
  begun();
  assert.deepEqual(await attempt(), { ok: true, reached: true, accepted: true, status: 200, why: null });
  for (const format of ['otlp', 'otlp-json']) assert.equal((await attempt({ to: collector.origin, format })).accepted, true);
  assert.equal((await attempt({ format: 'hooks' })).accepted, true);
  assert.deepEqual(collector.requests.map(({ url }) => url), ['/events', '/v1/traces', '/v1/traces', '/events']);
  assert.deepEqual(JSON.parse(collector.requests[3].text).hook_event_name, 'Notification');
  collector.answer = () => ({ status: 403, body: 'no' });
  assert.deepEqual(await attempt(), { ok: true, reached: true, accepted: false, status: 403, why: 'HTTP 403 no' });
  await collector.down();
  const { reached, accepted, status, why } = await attempt();
  assert.deepEqual({ reached, accepted, status }, { reached: false, accepted: false, status: null });
  assert.match(why, new RegExp(`^nothing answers at ${collector.origin} \\(`));
  await collector.up();
  assert.match((await attempt({ to: collector.to.replace('127.0.0.1', 'collector.localhost') })).why, /no permission to reach/);
  assert.deepEqual(await bench.ask({ do: 'try', collector: { id: '1' } }), { ok: false, error: 'error_not_an_id', detail: 'collectors.0.id' });
  assert.deepEqual(await bench.ask({ do: 'retry', id: '12345678' }), { ok: false, error: 'error_no_collector', detail: '12345678' });
  // Nothing of it stays.
  assert.deepEqual(await databases(), []);
});

test('a preview shows what would be sent of the newest recording, and sends nothing', async () => {
  begun();
  await bench.say({ do: 'settings', settings: { layers: { hooks: true, raw: true } } });
  const { page, tab } = await bench.open({ record: true, head: hearing });
  await page.evaluate(take, TURN);
  const heard = await heardBy(page);
  const preview = (one) => bench.say({ ask: 'preview', collector: { id: fresh(), to: collector.to, format: 'ndjson', ...one } });
  const shown = await bench.until(() => preview({ headers: { 'x-team': 'a' } }), ({ requests }) => requests.length && requests[0].text.includes('"Stop"'));
  const [{ url, method, headers, text }] = shown.requests;
  assert.deepEqual([url, method, headers], [collector.to, 'POST', { 'x-team': 'a', 'content-type': 'application/x-ndjson' }]);
  const told = text.trim().split('\n').map((line) => JSON.parse(line)).filter(({ type }) => type !== 'Notice');
  assert.deepEqual(told.map(({ type, seq }) => `${type} ${seq}`), heard);
  assert.doesNotMatch(text, /The page is there/);
  // Of hook events: frames are not sent.
  const { recording } = await bench.say({ ask: 'state', tabId: tab });
  const counted = async () => [await preview(), await bench.recorded(recording.id)];
  const [, recorded] = await bench.until(counted, ([{ events }, all]) => events === all.filter(({ layer }) => layer === 'hook').length);
  assert.ok(recorded.some(({ layer }) => layer !== 'hook'));
  // Protobuf as JSON, which a person can read.
  const { requests } = await preview({ to: collector.origin, format: 'otlp', include: ['answers'] });
  assert.deepEqual(requests.map(({ url, headers }) => [url, headers['content-type']]), ['logs', 'traces'].map((name) => [`${collector.origin}/v1/${name}`, 'application/x-protobuf']));
  assert.equal(JSON.parse(requests[1].text).resourceSpans[0].scopeSpans[0].spans.length, 3);
  assert.match(requests[1].text, /The page is there/);
  assert.deepEqual([collector.requests, collector.others], [[], []]);
  await bench.say({ do: 'settings', settings: { layers: { hooks: true, raw: false } } });
  await page.close();
});
