// The exporter as it ships, both encodings: they say the same about every corpus case, and the input of Claude
// Code's hooks is what `toHookInput` says of the same payload.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { toHookInput } from '../../src/web/hook_values.js';
import { caseNames, chainOf, readSession, sessionNames } from '../browser/product/corpus.mjs';
import { play } from '../browser/product/play.mjs';
import { playSession } from '../browser/product/sessions.mjs';

const GENERATED = new URL('../../target/gen/', import.meta.url);
const EVERYTHING = ['prompts', 'answers', 'thinking', 'toolInputs', 'toolResults'];
const SIGNALS = { traces: 1, logs: 2, metrics: 3, event: 4 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

class Exporter {
  constructor(exports, options) {
    this.exports = exports;
    this.exporter = exports.create();
    const reason = this.#tell(JSON.stringify({ instance: '0123456789abcdef'.repeat(2), ...options }), 'configure');
    if (reason.length) throw new Error(decoder.decode(reason));
  }

  #tell(input, name, ...given) {
    const bytes = typeof input === 'string' ? encoder.encode(input) : input;
    const address = this.exports.input(this.exporter, bytes.length) >>> 0;
    new Uint8Array(this.exports.memory.buffer).set(bytes, address);
    const length = this.exports[name](this.exporter, ...given);
    return new Uint8Array(this.exports.memory.buffer, this.exports.output(this.exporter) >>> 0, length).slice();
  }

  take(n, text) { return items(this.#tell(text, 'take', n)); }

  finish(ts) { return items(this.#tell('', 'finish', ts)); }

  body(signal, all) {
    const lengths = (bytes) => new Uint8Array(new Uint32Array([bytes.length]).buffer);
    const parts = all.filter((item) => item.signal === signal).flatMap(({ bytes }) => [...lengths(bytes), ...bytes]);
    return this.#tell(Uint8Array.from(parts), 'body', signal);
  }

  gzip(bytes) { return this.#tell(bytes, 'gzip'); }
}

function items(output) {
  const view = new DataView(output.buffer);
  const found = [];
  for (let at = 0; at < output.length;) {
    const length = view.getUint32(at + 17, true);
    found.push({ signal: output[at], id: hex(output.slice(at + 1, at + 17)), bytes: output.slice(at + 21, at + 21 + length) });
    at += 21 + length;
  }
  return found;
}

const hex = (bytes) => Buffer.from(bytes).toString('hex');

let cores;
let payloads;

before(async () => {
  const natively = (name) => new WebAssembly.Instance(new WebAssembly.Module(readFileSync(new URL(name, GENERATED)))).exports;
  cores = [natively('export.wasm'), await import(new URL('export_js.js', GENERATED))];
  const tap = natively('pagetap.wasm');
  const hooks = [
    ...caseNames().map((name) => play(tap, chainOf(name), []).hooks),
    ...sessionNames().map((name) => playSession(tap, readSession(name).lines).hooks),
  ];
  // As a strict reader has them: without lone surrogates.
  const wellFormed = (_, value) => (typeof value === 'string' ? value.toWellFormed() : value);
  payloads = hooks.flat().map((payload) => JSON.parse(JSON.stringify(payload, wellFormed)));
});

test('both encodings of the exporter say the same about every event, in every format', () => {
  assert.ok(payloads.length > 1500, `${payloads.length} events`);
  for (const format of ['otlp', 'otlp-json', 'hooks', 'ndjson']) {
    const said = cores.map((exports) => {
      const exporter = new Exporter(exports, { format, signals: ['traces', 'logs', 'metrics'] });
      const all = payloads.flatMap((payload, at) => exporter.take(at + 1, JSON.stringify(payload)));
      all.push(...exporter.finish(1e12));
      const bodies = Object.values(SIGNALS).map((signal) => exporter.body(signal, all));
      const packed = bodies.map((body) => exporter.gzip(body));
      packed.forEach((bytes, at) => assert.deepEqual(new Uint8Array(gunzipSync(bytes)), bodies[at]));
      return [...all.map(({ signal, id, bytes }) => `${signal} ${id} ${hex(bytes)}`), ...packed.map(hex)];
    });
    assert.ok(said[0].length > 300);
    assert.deepEqual(said[0], said[1], format);
  }
});

test('a wrong option is refused with its name', () => {
  for (const exports of cores) {
    assert.throws(() => new Exporter(exports, { format: 'xml' }), /^Error: format: "xml" is none of otlp, /);
  }
});

test('an exporter that is used no more takes no memory', () => {
  for (const exports of cores) {
    const one = () => {
      const exporter = new Exporter(exports, { include: EVERYTHING });
      payloads.slice(0, 50).forEach((payload, at) => exporter.take(at + 1, JSON.stringify(payload)));
      exporter.gzip(new Uint8Array(100_000));
      exports.destroy(exporter.exporter);
    };
    one();
    const { byteLength } = exports.memory.buffer;
    for (let at = 0; at < 100; at++) one();
    assert.equal(exports.memory.buffer.byteLength, byteLength);
  }
});

// Of a service's counters only numbers leave.
const numbers = (value) => Object.fromEntries(Object.entries(value)
  .filter(([, inner]) => typeof inner === 'number' || (inner && typeof inner === 'object' && !Array.isArray(inner)))
  .map(([key, inner]) => [key, typeof inner === 'number' ? inner : numbers(inner)]));

test('what is included of a hook is what toHookInput says', () => {
  const names = [...new Set(payloads.map(({ type }) => type))];
  const exporter = new Exporter(cores[0], { format: 'hooks', include: EVERYTHING, events: names });
  let fields = 0;
  payloads.forEach((payload, at) => {
    const expected = toHookInput(payload);
    if (expected.usage) expected.usage = numbers(expected.usage);
    const [{ bytes }] = exporter.take(at + 1, JSON.stringify(payload));
    const actual = JSON.parse(decoder.decode(bytes));
    // Claude Code's own input, when that is what was seen, is told as it was.
    const { hook_input: own, ...rest } = expected;
    const { session_id: _, ...told } = own ?? {};
    for (const [field, value] of Object.entries({ ...rest, ...told })) {
      // Errors are text in Claude Code's schema.
      const isText = field === 'error' && Array.isArray(value);
      assert.deepEqual(actual[field], isText ? value.map(({ text }) => text).join('\n') : value, `${field} of ${JSON.stringify(payload)}`);
      fields += 1;
    }
  });
  assert.ok(fields > 15_000, `${fields} fields`);
});

test("where Claude Code's hooks have other values, the tap's have a name of their own", () => {
  const said = (type, fields) => {
    const { source, tap_source, mode, tap_mode } = toHookInput({ type, conversationId: 'c', ...fields });
    return JSON.parse(JSON.stringify({ source, tap_source, mode, tap_mode }));
  };
  assert.deepEqual(said('SessionStart', { source: 'resume' }), { source: 'resume' });
  assert.deepEqual(said('SessionStart', { source: 'dom' }), { tap_source: 'dom' });
  assert.deepEqual(said('UserPromptSubmit', { source: 'retry' }), { tap_source: 'retry' });
  assert.deepEqual(said('PostModelSwitch', { source: 'wire' }), { tap_source: 'wire' });
  assert.deepEqual(said('Elicitation', { source: 'wire', mode: 'form' }), { source: 'wire', mode: 'form' });
  assert.deepEqual(said('Elicitation', { mode: 'choice' }), { tap_mode: 'choice' });
  assert.deepEqual(said('Stop', { source: 'wire' }), { source: 'wire' });
});

test('without content a hook has every field that its schema requires', () => {
  const exporter = new Exporter(cores[0], { format: 'hooks' });
  const required = {
    PreToolUse: { tool_name: 'string', tool_input: 'object', tool_use_id: 'string' },
    PostToolUse: { tool_name: 'string', tool_input: 'object', tool_use_id: 'string', tool_response: 'object' },
    PostToolUseFailure: { tool_name: 'string', tool_input: 'object', tool_use_id: 'string', error: 'string' },
    PermissionRequest: { tool_name: 'string', tool_input: 'object' },
    UserPromptSubmit: { prompt: 'string' },
    Stop: { stop_hook_active: 'boolean' },
    StopFailure: { error: 'string' },
    Notification: { message: 'string', notification_type: 'string' },
    SubagentStop: { agent_id: 'string', agent_type: 'string', stop_hook_active: 'boolean' },
    SessionStart: { source: 'string' },
    SessionEnd: { reason: 'string' },
  };
  const seen = new Set();
  payloads.forEach((payload, at) => {
    for (const { bytes } of exporter.take(at + 1, JSON.stringify(payload))) {
      const input = JSON.parse(decoder.decode(bytes));
      seen.add(input.hook_event_name);
      const base = { session_id: 'string', transcript_path: 'string', cwd: 'string', hook_event_name: 'string', event_id: 'string' };
      for (const [field, type] of Object.entries({ ...base, ...required[payload.type] })) {
        assert.equal(typeof input[field], type, `${field} of ${JSON.stringify(input)}`);
        assert.notEqual(input[field], null, field);
      }
    }
  });
  for (const name of Object.keys(required)) assert.ok(seen.has(name), name);
});
