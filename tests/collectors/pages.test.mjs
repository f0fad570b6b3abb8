// A page in Chromium, of another origin than the collector's, exports what it was answered:
// to MLflow and to Phoenix, who store spans and count tokens in ways of their own.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startScene, until as inPage } from '../browser/export/scene.mjs';
import { calls } from './said.mjs';
import { assertCalls, assertTools, attributes, fromSpans } from './sent.mjs';
import { answers, collect, folder, freePort, place, start, unless, until } from './running.mjs';

let scene;
before(async () => {
  scene = await startScene();
});
after(() => scene?.close());

/** A page that exports with these options, asks for every case, and has sent it all when this resolves. */
async function exporting(host, options) {
  const page = await scene.open({ host });
  await page.evaluate((options) => begin({ format: 'otlp', signals: ['traces'], ...options }), options);
  await inPage(page, ({ state }) => state !== 'starting');
  let results = [];
  for (const { name, tools } of calls) {
    // What was asked of the page before goes with what it says next, as everywhere.
    const content = [...results, { type: 'text', text: 'Go on.' }];
    results = tools.filter(({ isOfClient }) => isOfClient).map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'Mild.' }));
    await page.evaluate(async ([name, body]) => {
      await words.ask(`/v1/messages?case=messages/${name}&cuts=5`, body);
      await words.settled();
    }, [name, { model: 'claude-opus-5', stream: true, messages: [{ role: 'user', content }] }]);
  }
  await page.evaluate(() => exported.flush());
  const stats = await inPage(page, ({ pending, state, why }) => {
    if (state === 'blocked') throw new Error(why);
    return pending === 0;
  });
  assert.deepEqual([stats.quarantined, stats.rejected, stats.dropped], [0, 0, {}]);
  await page.done();
}

const origin = (host) => Object.assign(new URL(scene.service.page({})), { hostname: host }).origin;

test('MLflow has the spans of a page, and its tokens', { skip: unless('mlflow') }, async (t) => {
  const host = `${scene.key()}.localhost`;
  const home = folder(t);
  const port = await freePort();
  const server = start(t, place('mlflow', 'bin', 'mlflow'), [
    'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1',
    '--backend-store-uri', `sqlite:///${home}/mlflow.db`, '--default-artifact-root', home,
    '--cors-allowed-origins', origin(host),
  ], { cwd: home, group: true });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/health`, server);
  await exporting(host, { to: url, headers: { 'x-mlflow-experiment-id': '0' } });

  const found = await fetch(`${url}/api/3.0/mlflow/traces/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } }], max_results: 100 }),
  });
  const { traces } = await found.json();
  // What it has counted itself, for its own pages.
  const tokens = traces.map(({ trace_metadata: metadata }) => JSON.parse(metadata['mlflow.trace.tokenUsage']));
  const sum = (list, name) => list.reduce((total, row) => total + row[name], 0);
  assert.equal(sum(tokens, 'input_tokens'), sum(calls, 'input'));
  assert.equal(sum(tokens, 'output_tokens'), sum(calls, 'output'));
  const whole = await Promise.all(traces.map(async ({ trace_id: id }) => (await fetch(`${url}/api/3.0/mlflow/traces/get?trace_id=${id}`)).json()));
  // Its JSON of OTLP is in snake_case.
  const camel = (value) => Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()), inner]));
  const spans = whole.flatMap(({ trace }) => trace.spans).map((span) => attributes(span.attributes.map(({ key, value }) => ({ key, value: camel(value) }))));
  const { models, tools } = fromSpans(spans);
  assertCalls(models);
  assertTools(tools);
  t.diagnostic(`${traces.length} traces, ${spans.length} spans, ${sum(tokens, 'input_tokens')} tokens in, ${sum(tokens, 'output_tokens')} out`);
});

test('Phoenix has the spans of a page, and its tokens', { skip: unless('phoenix') }, async (t) => {
  const host = `${scene.key()}.localhost`;
  const port = await freePort();
  const server = start(t, place('phoenix', 'bin', 'phoenix'), ['serve'], { group: true, env: {
    PHOENIX_WORKING_DIR: folder(t),
    PHOENIX_HOST: '127.0.0.1',
    PHOENIX_PORT: String(port),
    PHOENIX_GRPC_PORT: String(await freePort()),
    PHOENIX_ALLOWED_ORIGINS: origin(host),
    PHOENIX_TELEMETRY_ENABLED: 'false',
  } });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/healthz`, server);
  await exporting(host, { to: url });

  // It stores a while after it has answered.
  const wanted = calls.length;
  const spans = await until('all spans', async () => {
    const { data } = await (await fetch(`${url}/v1/projects/default/spans?limit=1000`)).json();
    return data.filter(({ span_kind: kind }) => kind === 'LLM').length >= wanted && data;
  }, server);
  const { models, tools } = fromSpans(spans.map(({ attributes }) => attributes));
  assertCalls(models);
  assertTools(tools);
  const llm = spans.filter(({ span_kind: kind }) => kind === 'LLM').map(({ attributes }) => attributes);
  const sum = (name) => llm.reduce((total, row) => total + row[name], 0);
  const said = (way) => calls.reduce((total, call) => total + call[way], 0);
  assert.equal(sum('llm.token_count.prompt'), said('input'));
  assert.equal(sum('llm.token_count.completion'), said('output'));
  t.diagnostic(`${spans.length} spans, ${llm.length} of them LLM`);
});

test('our own collector has what a page exports, in each format', async (t) => {
  const collector = await collect(t);
  for (const [format, to] of [['otlp', ''], ['otlp-json', ''], ['hooks', '/hooks'], ['ndjson', '/events']]) {
    await exporting(`${scene.key()}.localhost`, { to: collector.url + to, format, signals: ['traces', 'logs'] });
  }
  const { kept, names, again, refused, unreadable } = await collector.counts();
  assert.deepEqual([refused, unreadable], [0, 0]);
  assert.equal(names['span chat claude-opus-5'], 2 * calls.length);
  assert.equal(names['log claude_tap.api_request'], 2 * calls.length);
  // One of them says what tools gave: no prompt, and no turn of its own.
  assert.equal(names['hook UserPromptSubmit'], calls.length - 1);
  assert.equal(names['event MessageEnd'], calls.length);
  assert.deepEqual(Object.values(again), [0, 0, 0, 0, 0]);
  t.diagnostic(JSON.stringify(kept));
});
