// Each format as a collector of it is asked: address, headers, body; and what is open when a page goes away
// is ended by another. What the bodies say is tested where they are made.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask, startScene, TOLD, until } from './scene.mjs';

let scene;
before(async () => {
  scene = await startScene();
});
after(() => scene?.close());

/** A page that exports in `format` to a collector of its own. */
async function exporting(format, { host = `${scene.key()}.localhost`, collector, ...options } = {}) {
  collector ??= await scene.collector();
  const page = await scene.open({ host });
  await page.evaluate((options) => begin(options), { to: format.startsWith('otlp') ? collector.origin : collector.to, format, ...options });
  await until(page, ({ state }) => state !== 'starting');
  return { collector, page, host };
}

const all = (collector, path, each) => collector.requests.filter(({ url, kept }) => url === path && kept).flatMap(({ text }) => each(JSON.parse(text)));
const spans = (collector) => all(collector, '/v1/traces', ({ resourceSpans }) => resourceSpans.flatMap(({ resource, scopeSpans }) =>
  scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, attributes: plain(span), resource: plain(resource) })))));
const logs = (collector) => all(collector, '/v1/logs', ({ resourceLogs }) => resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)));
const plain = ({ attributes = [] }) => Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

describe('OpenTelemetry', () => {
  test('JSON: spans and records at their addresses, compressed; each id once', async () => {
    const { collector, page } = await exporting('otlp-json', { headers: { 'x-mlflow-experiment-id': '0' }, resource: { 'deployment.environment': 'test' } });
    await ask(page, 3);
    await page.evaluate(() => exported.flush());
    assert.deepEqual([...new Set(collector.requests.map(({ url }) => url))].sort(), ['/v1/logs', '/v1/traces']);
    for (const { headers } of collector.requests) {
      assert.deepEqual(
        [headers['content-type'], headers['content-encoding'], headers['x-mlflow-experiment-id'], headers.cookie, headers.referer],
        ['application/json', 'gzip', '0', undefined, undefined],
      );
    }
    const ended = spans(collector);
    assert.equal(ended.filter(({ name }) => name.startsWith('invoke_agent')).length, 3);
    assert.equal(ended.filter(({ name }) => name.startsWith('chat')).length, 3);
    assert.equal(new Set(ended.map(({ spanId }) => spanId)).size, ended.length);
    assert.equal(ended[0].resource['deployment.environment'], 'test');
    assert.ok(logs(collector).length >= 3);
    // A turn that is over leaves nothing open.
    assert.deepEqual((await page.evaluate(() => stored())).opens, []);
    await page.done();
  });

  test('protobuf, the default; signals are those that were asked for; an address of one signal is a base, too', async () => {
    const collector = await scene.collector();
    const page = await scene.open({ host: `${scene.key()}.localhost` });
    await page.evaluate((to) => begin({ to, format: undefined, signals: ['traces'] }), `${collector.origin}/otlp/v1/logs?a=b`);
    await ask(page);
    await page.evaluate(() => exported.flush());
    assert.deepEqual([...new Set(collector.requests.map(({ url }) => url))], ['/otlp/v1/traces?a=b']);
    const [{ headers, text }] = collector.requests;
    assert.deepEqual([headers['content-type'], headers['content-encoding']], ['application/x-protobuf', 'gzip']);
    assert.match(text, /invoke_agent/);
    await page.done();
  });

  test('what a crashed page had open another ends, as incomplete, in the trace it belongs to', async () => {
    const { collector, page: other, host } = await exporting('otlp-json');
    const { page } = await exporting('otlp-json', { host, collector });
    const key = scene.key();
    await page.evaluate((key) => void words.ask(`/v1/messages?drive=${key}`).catch(() => {}), key);
    const stream = await scene.service.stream(key);
    await stream.write('data: {"type":"message_start","message":{"id":"msg_1","model":"m"}}\n\n');
    await page.evaluate(() => words.until(() => heard.length === 2));
    await page.evaluate(() => exported.flush());
    assert.ok((await other.evaluate(() => stored())).opens.length > 0);
    const crashed = new Promise((resolve) => page.on('crash', resolve));
    page.goto('chrome://crash').catch(() => {});
    await crashed;
    await collector.until((collector) => spans(collector).some(({ name }) => name.startsWith('invoke_agent')));
    await other.evaluate(() => exported.flush());
    const ended = spans(collector);
    assert.deepEqual(ended.map(({ name }) => name.split(' ')[0]).sort(), ['chat', 'invoke_agent']);
    assert.ok(ended.every(({ attributes }) => attributes['claude_tap.incomplete'] === true));
    assert.equal(new Set(ended.map(({ traceId }) => traceId)).size, 1);
    // Whose they are is said, too: not who sent them.
    assert.notEqual(ended[0].resource['service.instance.id'], undefined);
    const { opens, pages, queues } = await other.evaluate(() => stored());
    assert.deepEqual([opens, pages.filter(({ instance }) => instance === ended[0].resource['service.instance.id'])], [[], []]);
    assert.ok(queues.length <= 2);
    await other.done();
  });
});

test("Claude Code's hook input: one request an event, not compressed", async () => {
  const { collector, page } = await exporting('hooks');
  await ask(page);
  await page.evaluate(() => exported.flush());
  const bodies = collector.requests.map(({ text }) => JSON.parse(text));
  assert.deepEqual(bodies.map(({ hook_event_name: name }) => name), TOLD.filter((name) => !name.startsWith('Message')));
  assert.ok(collector.requests.every(({ headers }) => headers['content-type'] === 'application/json' && !headers['content-encoding']));
  await page.done();
});

test('lines of JSON: of the events that were asked for; several exports at once do not meet', async () => {
  const { collector, page } = await exporting('ndjson', { events: ['Stop'] });
  const second = await scene.collector();
  await page.evaluate((to) => {
    window.second = __claudeHooks.export({ to, format: 'ndjson', events: ['MessageDelta'] });
  }, second.to);
  await ask(page);
  await page.evaluate(async () => {
    await exported.flush();
    await second.flush();
    await second.stop();
  });
  await ask(page);
  await page.evaluate(() => exported.flush());
  assert.deepEqual(collector.lines.map(({ type }) => type), ['Stop', 'Stop']);
  assert.deepEqual(second.lines.map(({ type }) => type), Array(4).fill('MessageDelta'));
  await page.done();
});
