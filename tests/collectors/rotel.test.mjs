// rotel, a collector written in Rust: what it forwards to another collector, to Kafka, and
// to ClickHouse, with docs/fleet's configuration and queries.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { requests } from './replayed.mjs';
import { calls, files } from './said.mjs';
import { assertCalls, assertTools, attributes, fromSpans, send, stored } from './sent.mjs';
import { answers, collect, folder, freePort, place, start, unless, until } from './running.mjs';

const FLEET = fileURLToPath(new URL('../../docs/fleet/', import.meta.url));
const SCRIPTS = fileURLToPath(new URL('./python/', import.meta.url));
const AGENT = place('rotel', 'lib', 'python3.11', 'site-packages', 'rotel', 'rotel-agent');
const python = (name) => place(name, 'bin', 'python');

/** A file of docs/fleet with lines NAME=value. */
function configuration(name) {
  const lines = readFileSync(join(FLEET, name), 'utf8').split('\n').filter((line) => /^\w+=/.test(line));
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/).slice(0, 2)));
}

async function rotel(t, env) {
  const port = await freePort();
  const home = folder(t);
  const running = start(t, AGENT, ['start'], { env: {
    ROTEL_PID_FILE: join(home, 'pid'),
    ROTEL_LOG_FILE: join(home, 'log'),
    ...env,
    ROTEL_OTLP_HTTP_ENDPOINT: `127.0.0.1:${port}`,
    ROTEL_OTLP_GRPC_ENDPOINT: `127.0.0.1:${await freePort()}`,
  } });
  const url = `http://127.0.0.1:${port}`;
  await answers(url, running);
  return { ...running, url };
}

/** Spans and logs of a store, against what was sent. */
function assertStored(lines, sent) {
  const spans = lines.filter(({ signal }) => signal === 'span');
  const { models, tools } = fromSpans(spans.map(({ body }) => attributes(body.attributes)));
  assertCalls(models);
  assertTools(tools);
  const logs = lines.filter(({ signal }) => signal === 'log').map(({ body }) => attributes(body.attributes));
  const ended = logs.filter((log) => log['event.name'] === 'api_request');
  assert.deepEqual(ended.map((log) => log['gen_ai.response.id']).sort(), calls.map(({ id }) => id).sort());
  const metrics = lines.filter(({ name }) => name === 'gen_ai.client.token.usage').map(({ body }) => body);
  const points = metrics.flatMap(({ histogram }) => histogram.dataPoints);
  const sum = (type) => points.reduce((total, { attributes: list, sum: of, count }) => (
    attributes(list)['gen_ai.token.type'] === type ? { tokens: total.tokens + of, calls: total.calls + Number(count) } : total
  ), { tokens: 0, calls: 0 });
  const total = (way) => calls.reduce((sum, call) => sum + call[way], 0);
  assert.equal(sum('input').tokens, total('input'));
  assert.equal(sum('output').tokens, total('output'));
  assert.deepEqual(spans.length, sent);
}

for (const format of ['otlp', 'otlp-json']) {
  test(`rotel forwards every span, log and histogram of ${format}`, { skip: unless('rotel') }, async (t) => {
    const store = join(folder(t), 'events.jsonl');
    const collector = await collect(t, '--store', store);
    const agent = await rotel(t, {
      ROTEL_EXPORTER: 'otlp', ROTEL_OTLP_EXPORTER_ENDPOINT: collector.url, ROTEL_OTLP_EXPORTER_PROTOCOL: 'http',
    });
    // The same events straight to the collector: what should have come.
    const direct = await collect(t);
    const bodies = requests(folder(t), format, { files });
    await send(direct.url, format, bodies);
    await send(agent.url, format, bodies);
    const wanted = (await direct.counts()).kept;
    await until('all of it', async () => {
      const { kept } = await collector.counts();
      return ['span', 'log', 'metric'].every((signal) => kept[signal] >= wanted[signal]);
    }, agent);
    assert.deepEqual((await collector.counts()).kept, wanted);
    assertStored(stored(store), wanted.span);
  });
}

test('rotel keeps all in Kafka, as docs/fleet has it', { skip: unless('rotel', 'kafka') }, async (t) => {
  const topics = { otlp_traces: 'traces', otlp_logs: 'logs', otlp_metrics: 'metrics' };
  const cluster = start(t, python('kafka'), [join(SCRIPTS, 'kafka.py'), ...Object.keys(topics)]);
  const messages = createInterface({ input: cluster.child.stdout })[Symbol.asyncIterator]();
  const { brokers } = JSON.parse((await messages.next()).value);
  assert.equal(brokers.length, 3);
  const agent = await rotel(t, { ...configuration('rotel-kafka.env'), ROTEL_KAFKA_EXPORTER_BROKERS: brokers.join(',') });

  const direct = await collect(t);
  const bodies = requests(folder(t), 'otlp', { files });
  await send(direct.url, 'otlp', bodies);
  await send(agent.url, 'otlp', bodies);
  const wanted = (await direct.counts()).kept;

  // A message is a request again: protobuf, as any consumer of these topics reads it.
  const store = join(folder(t), 'events.jsonl');
  const collector = await collect(t, '--store', store);
  for (;;) {
    const { kept } = await collector.counts();
    if (['span', 'log', 'metric'].every((signal) => kept[signal] >= wanted[signal])) break;
    const { value: line } = await messages.next();
    assert.ok(line, cluster.printed);
    const { topic, value } = JSON.parse(line);
    await send(collector.url, 'otlp', { [topics[topic]]: [Buffer.from(value, 'base64')] });
  }
  assert.deepEqual((await collector.counts()).kept, wanted);
  assertStored(stored(store), wanted.span);
});

test('ClickHouse counts each event once, though all came twice', { skip: unless('rotel', 'chdb') }, async (t) => {
  const database = start(t, python('chdb'), [join(SCRIPTS, 'clickhouse.py'), folder(t)]);
  const [, url] = await until('address', () => /^(http:\S+)$/m.exec(database.printed), database);
  const query = async (sql) => {
    const answer = await fetch(url, { method: 'POST', body: sql });
    const text = await answer.text();
    assert.equal(answer.status, 200, `${sql}\n${text}`);
    return text.trim().split('\n').filter(Boolean).map((line) => line.split('\t').map((cell) => cell.replace(/^"|"$/g, '')));
  };
  const ours = (name) => query(`${readFileSync(join(FLEET, 'clickhouse', name), 'utf8')} FORMAT TSV`);
  for (const statement of readFileSync(join(FLEET, 'clickhouse', 'tables.sql'), 'utf8').split(/;\s*$/m)) {
    if (statement.trim()) await query(statement);
  }
  // What came twice is to be seen twice, until a query says otherwise.
  await query('SYSTEM STOP MERGES');
  const agent = await rotel(t, {
    ...configuration('rotel-clickhouse.env'),
    ROTEL_CLICKHOUSE_EXPORTER_ENDPOINT: url,
    // The engine reads ClickHouse's own compression; the interface in front of it does not.
    ROTEL_CLICKHOUSE_EXPORTER_COMPRESSION: 'none',
  });

  const direct = await collect(t);
  const bodies = requests(folder(t), 'otlp', { files });
  const rows = async (table) => Number((await query(`SELECT count() FROM otel.${table}`))[0][0]);
  for (let times = 1; times <= 2; times += 1) {
    await send(direct.url, 'otlp', bodies);
    await send(agent.url, 'otlp', bodies, { signals: ['traces', 'logs'] });
    // Each a part of its own: the first is written before the second comes.
    const { kept, again } = await direct.counts();
    await until('rows', async () => (
      await rows('otel_traces') === kept.span + again.span && await rows('otel_logs') === kept.log + again.log
    ), { ...agent, say: (what) => new Error(`${what}\n${database.printed.slice(-2000)}`) });
  }
  const { kept, names } = await direct.counts();
  assert.deepEqual(await ours('twice.sql'), [[String(kept.span), String(kept.log)]]);

  const events = Object.entries(names).filter(([name]) => name.startsWith('log ')).map(([name, count]) => (
    [name.replace(/^log (claude_tap\.)?/, ''), String(count)]
  )).sort(([one, ofOne], [other, ofOther]) => ofOther - ofOne || (one < other ? -1 : 1));
  assert.deepEqual(await ours('events.sql'), events);
  assert.deepEqual(await ours('events_plain.sql'), events);

  const total = (way) => String(calls.reduce((sum, call) => sum + call[way], 0));
  assert.deepEqual(await ours('tokens.sql'), [['claude-opus-5', String(calls.length), total('input'), total('output')]]);
  const tools = new Map();
  for (const { name } of calls.flatMap((call) => call.tools)) tools.set(name, (tools.get(name) ?? 0) + 1);
  const told = (await ours('tools.sql')).map(([tool, count]) => [tool, Number(count)]);
  assert.deepEqual(told.sort(), [...tools].sort());
  t.diagnostic(`${kept.span} spans, ${kept.log} events, each sent twice and counted once`);
});
