// Requests POSTed as an extension's background posts them, and what was kept of them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { calls } from './said.mjs';

const TYPES = { otlp: 'application/x-protobuf', 'otlp-json': 'application/json' };

/** Every request of these signals, to the OTLP address `url`; each must be taken. */
export async function send(url, format, bodies, { signals = ['traces', 'logs', 'metrics'], headers = {}, gzip = true } = {}) {
  for (const signal of signals) {
    for (const body of bodies[signal] ?? []) {
      const encoding = gzip ? { 'content-encoding': 'gzip' } : {};
      const answer = await fetch(`${url}/v1/${signal}`, {
        method: 'POST',
        headers: { 'content-type': TYPES[format], ...encoding, ...headers },
        body: gzip ? gzipSync(body) : body,
      });
      assert.equal(answer.status, 200, `${signal}: ${await answer.text()}`);
    }
  }
}

/** The lines of `collect --store`. */
export const stored = (path) => readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line));

/** OTLP's list of attributes as an object of plain values. */
export function attributes(list = []) {
  const plain = (value) => {
    const [kind, inner] = Object.entries(value)[0] ?? [];
    if (kind === 'intValue' || kind === 'doubleValue') return Number(inner);
    if (kind === 'arrayValue') return (inner.values ?? []).map(plain);
    return inner;
  };
  return Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));
}

/** A collector's model calls, each `{ id, model, stop, input, output, cacheRead }`, against the streams. */
export function assertCalls(kept) {
  const byId = (one, other) => (one.id < other.id ? -1 : 1);
  const said = calls.map(({ id, model, stop, input, output, cacheRead }) => ({ id, model, stop, input, output, cacheRead }));
  assert.deepEqual([...kept].sort(byId), said.sort(byId));
}

/** A collector's tool calls, each `{ id, name }`, against the streams. */
export function assertTools(kept) {
  const byId = (one, other) => (one.id < other.id ? -1 : 1);
  const said = calls.flatMap(({ tools }) => tools.map(({ id, name }) => ({ id, name })));
  assert.deepEqual([...kept].sort(byId), said.sort(byId));
}

/** Of spans with attributes by OpenTelemetry's names: the model calls, and the tool calls. */
export function fromSpans(spans) {
  const of = (operation) => spans.filter((span) => span['gen_ai.operation.name'] === operation);
  return {
    models: of('chat').map((span) => ({
      id: span['gen_ai.response.id'],
      model: span['gen_ai.response.model'],
      stop: span['gen_ai.response.finish_reasons']?.[0],
      input: Number(span['gen_ai.usage.input_tokens']),
      output: Number(span['gen_ai.usage.output_tokens']),
      cacheRead: Number(span['gen_ai.usage.cache_read.input_tokens'] ?? 0),
    })),
    tools: of('execute_tool').map((span) => ({ id: span['gen_ai.tool.call.id'], name: span['gen_ai.tool.name'] })),
  };
}
