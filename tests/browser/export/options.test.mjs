// What export() is told is checked where it is given, and addresses are what they say.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checked, endpoint } from '../../../src/web/export/options.js';

const to = 'http://127.0.0.1:4318';
const BASE = 'https://claude.ai/chat/1';

describe('what is no good is refused with a TypeError that names it', () => {
  const refused = [
    [undefined, 'the options of export() must be an object, not undefined'],
    [{}, 'to must be an address, not undefined'],
    [{ to: 4318 }, 'to must be an address, not 4318'],
    [{ to: 'ftp://x/' }, "to must be an address that begins with http:// or https://, not 'ftp://x/'"],
    [{ to: 'http://u:p@x/' }, 'to must have no user name or password: use headers'],
    [{ to: 'http://[x' }, "to must be an address, not 'http://[x'"],
    [{ to, formt: 'otlp' }, 'there is no option formt of export()'],
    [{ to, format: 'xml' }, "format must be 'otlp', 'otlp-json', 'hooks', 'ndjson', not 'xml'"],
    [{ to, names: '1.41' }, 'names must be'],
    [{ to, signals: ['spans'] }, 'signals must be a list of'],
    [{ to, signals: [] }, 'signals must not be empty'],
    [{ to, include: true }, "include must be a list of 'prompts', 'answers', 'thinking', 'toolInputs', 'toolResults', not boolean"],
    [{ to, include: ['prompt'] }, 'not [prompt]'],
    [{ to, events: 'Stop' }, "events must be a list of names, not 'Stop'"],
    [{ to, caps: { attribute: 0 } }, 'caps.attribute must be a whole number from 16'],
    [{ to, caps: { size: 100 } }, 'there is no caps.size, but attribute, content'],
    [{ to, resource: { a: {} } }, "resource['a'] must be a text, a number, true or false"],
    [{ to, redact: 'x' }, "redact must be a list of rules, not 'x'"],
    [{ to, redact: ['x'] }, 'redact[0] must be a RegExp or { pattern, flags, with }'],
    [{ to, redact: [/x/, { pattern: '(' }] }, 'redact[1] is no pattern: '],
    [{ to, redact: [/x*/] }, 'redact[0] matches nothing at all, which is everywhere'],
    [{ to, headers: { a: 1 } }, "headers['a'] must be a text, not 1"],
    [{ to, headers: { 'a b': 'x' } }, "headers['a b'] is no header"],
    [{ to, headers: { 'Content-Type': 'x' } }, "headers['Content-Type'] is set by the format"],
    [{ to, route: 'popup' }, "route must be 'auto', 'direct', 'relay', not 'popup'"],
    [{ to, dryRun: 'yes' }, "dryRun must be true, false or a function, not 'yes'"],
    [{ to, keepalive: 1 }, 'keepalive must be true or false, not 1'],
    [{ to, limits: { rows: 1.5 } }, 'limits.rows must be a whole number from 1'],
  ];
  for (const [options, message] of refused) {
    test(message, () => {
      assert.throws(() => checked(options, BASE), (error) => error instanceof TypeError && error.message.includes(message));
    });
  }
});

test('what is not said has its default; what is good is taken', () => {
  assert.deepEqual(checked({ to }, BASE), {
    to: `${to}/`, format: 'otlp', names: 'genai-1.41', signals: ['traces', 'logs'], include: [], events: null,
    caps: { attribute: 4096, content: 60_000 }, resource: { 'service.name': 'pagetap' }, redact: [], headers: {}, route: 'auto',
    dryRun: false, keepalive: true, limits: { rows: 50_000, bytes: 52_428_800, days: 7 },
  });
  assert.deepEqual(checked({ to, redact: [/a.c/gi, { pattern: 'x', with: '' }] }, BASE).redact, [
    { pattern: 'a.c', flags: 'gi', with: '[redacted]' }, { pattern: 'x', flags: '', with: '' },
  ]);
  assert.equal(checked({ to: '/collect#x' }, BASE).to, 'https://claude.ai/collect');
  assert.equal(checked({ to: new URL('http://c/x?y=1') }, BASE).to, 'http://c/x?y=1');
});

test('for OpenTelemetry it is a base, or the address of one signal; else the whole address', () => {
  const of = (to, format = 'otlp') => [1, 2, 3].map((signal) => endpoint({ to, format }, signal));
  const signals = (base) => ['traces', 'logs', 'metrics'].map((name) => `${base}/v1/${name}`);
  assert.deepEqual(of('http://c:4318/'), signals('http://c:4318'));
  assert.deepEqual(of('http://c/otlp'), signals('http://c/otlp'));
  assert.deepEqual(of('http://c/otlp/v1/logs'), signals('http://c/otlp'));
  assert.deepEqual(of('http://c/v1/traces?k=1'), ['traces', 'logs', 'metrics'].map((name) => `http://c/v1/${name}?k=1`));
  assert.deepEqual(of('http://c/hooks', 'hooks'), Array(3).fill('http://c/hooks'));
});
