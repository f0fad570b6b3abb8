// Settings are believed part by part; redaction rules do what they say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checked, DEFAULTS } from '../../../extension/background/settings.js';
import { redactor } from '../../../extension/background/redact.js';

test('what is right is kept as it is, and what is not there is the default', () => {
  const settings = {
    version: 1,
    sites: { 'https://claude.ai': { on: false }, 'http://127.0.0.1:8080': { on: true } },
    layers: { hooks: true, raw: true },
    redaction: [{ pattern: 'ACME-[0-9]+', flags: 'i', with: '***' }],
    limits: { recordedEvents: 5, recordedBytes: 6, shown: 7 },
    collectors: [{
      id: '0123abcd', on: true, to: 'https://collector.example/base', format: 'otlp-json', names: 'genai-dev',
      signals: ['metrics'], include: ['prompts', 'toolResults'], headers: { authorization: 'Bearer x' },
    }],
  };
  assert.deepEqual(checked(settings), { settings, problems: [] });
  assert.deepEqual(checked(undefined), { settings: DEFAULTS, problems: [] });
  assert.deepEqual(checked({ version: 1, layers: { raw: true } }), {
    settings: { ...DEFAULTS, layers: { hooks: true, raw: true } },
    problems: [],
  });
});

test('a wrong part is the default, and is named', () => {
  const wrong = {
    version: 2,
    sites: { 'https://claude.ai/': { on: true }, 'file:///x': { on: true }, 'https://a.example': { on: 1 }, 'https://b.example': { on: true } },
    layers: { hooks: 'yes', more: true },
    redaction: [{ pattern: '(', with: '' }, { pattern: 'a*', with: '-' }, { pattern: 'a', flags: 'g', with: '' }, null, { pattern: 'ok', with: '' }],
    limits: { shown: 0, recordedEvents: 1e12, recordedBytes: 1.5 },
    collectors: {},
    remote: 'https://x.example',
  };
  const { settings, problems } = checked(wrong);
  assert.deepEqual(settings, {
    ...DEFAULTS,
    sites: { 'https://b.example': { on: true } },
    redaction: [{ pattern: 'ok', flags: '', with: '' }],
  });
  assert.deepEqual(Object.fromEntries(problems.map(({ path, error }) => [path, error])), {
    version: 'error_version',
    'sites.https://claude.ai/': 'error_not_an_origin',
    'sites.file:///x': 'error_not_an_origin',
    'sites.https://a.example.on': 'error_not_a_switch',
    'layers.hooks': 'error_not_a_switch',
    'layers.more': 'error_unknown',
    'redaction.0': 'error_not_a_pattern',
    'redaction.1': 'error_matches_nothing',
    'redaction.2': 'error_not_a_pattern',
    'redaction.3': 'error_not_an_object',
    'limits.shown': 'error_not_a_number',
    'limits.recordedEvents': 'error_not_a_number',
    'limits.recordedBytes': 'error_not_a_number',
    collectors: 'error_not_a_list',
    remote: 'error_unknown',
  });
  const many = checked({ version: 1, sites: Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`https://${at}.example`, { on: true }])) });
  assert.deepEqual([Object.keys(many.settings.sites).length, many.problems], [100, [{ path: 'sites', error: 'error_too_many' }]]);
  for (const nothing of [null, 1, [], 'x']) assert.deepEqual(checked(nothing).settings, DEFAULTS);
});

test('a collector that is wrong in any part is none, and each part is named', () => {
  const right = { id: '00000001', to: 'http://127.0.0.1:4318' };
  const kept = { on: false, format: 'otlp', names: 'genai-1.41', signals: ['traces', 'logs'], include: [], headers: {}, ...right, to: 'http://127.0.0.1:4318/' };
  const of = (...collectors) => checked({ version: 1, collectors });
  assert.deepEqual(of(right), { settings: { ...DEFAULTS, collectors: [kept] }, problems: [] });
  const wrong = {
    id: [['1', undefined, '0000000G', 12345678, ['12345678']], 'error_not_an_id'],
    on: [['yes', 1], 'error_not_a_switch'],
    to: [['ftp://a.example', '/events', undefined, '', `http://a.example/${'x'.repeat(4000)}`], 'error_not_a_collector_address'],
    format: [['xml', 1], 'error_not_a_choice'],
    names: [['own'], 'error_not_a_choice'],
    signals: [['traces', ['spans']], 'error_not_a_choice'],
    include: [['prompts', ['everything']], 'error_not_a_choice'],
    headers: [[[], { a: 1 }, { 'a b': 'c' }, { 'Content-Type': 'text/plain' }, Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`x${at}`, '']))], 'error_not_a_header'],
    more: [[1], 'error_unknown'],
  };
  for (const [part, [values, error]] of Object.entries(wrong)) {
    for (const value of values) {
      const { settings, problems } = of({ ...right, [part]: value }, { ...right, id: '00000002' });
      assert.deepEqual(problems, [{ path: `collectors.0.${part}`, error }], `${part}: ${JSON.stringify(value)}`);
      assert.deepEqual(settings.collectors.map(({ id }) => id), ['00000002']);
    }
  }
  assert.deepEqual(of({ ...right, signals: [] }).problems, [{ path: 'collectors.0.signals', error: 'error_no_signals' }]);
  assert.deepEqual(of({ ...right, to: 'https://ada:secret@a.example' }).problems, [{ path: 'collectors.0.to', error: 'error_address_with_user' }]);
  assert.deepEqual(of(right, right).problems, [{ path: 'collectors.1.id', error: 'error_not_an_id' }]);
  assert.deepEqual(of(null, [], 1).problems.map(({ path, error }) => [path, error]), [0, 1, 2].map((at) => [`collectors.${at}`, 'error_not_an_object']));
  const many = of(...Array.from({ length: 6 }, (_, at) => ({ ...right, id: `0000000${at}` })));
  assert.deepEqual([many.settings.collectors.length, many.problems], [5, [{ path: 'collectors', error: 'error_too_many_collectors' }]]);
});

test('a site is one site, also where an engine takes a star for a host', () => {
  for (const origin of ['https://*', 'https://*.example.com', 'https://a*b', 'https://a b', 'https://exa$mple', 'https://A.example', 'ftp://a.example']) {
    const { settings, problems } = checked({ version: 1, sites: { [origin]: { on: true } } });
    assert.deepEqual([settings.sites, problems.map(({ error }) => error)], [{}, ['error_not_an_origin']], origin);
  }
  for (const origin of ['https://a.example', 'http://127.0.0.1:8080', 'https://[::1]:8443', 'https://xn--bcher-kva.example']) {
    assert.deepEqual(checked({ version: 1, sites: { [origin]: { on: true } } }).problems, [], origin);
  }
});

test('texts are redacted wherever they are, bytes too; what an event is stays', () => {
  const redact = redactor([
    { pattern: 'acme-[0-9]+', flags: 'i', with: '$&' },
    { pattern: 'Stop', flags: '', with: '***' },
  ]);
  const bytes = Buffer.from('data: ACME-77 ü\n\n').toString('base64');
  const event = { type: 'Stop', layer: 'hook', text: 'Stop ACME-1, acme-22', toolInput: { a: ['ACME-3', 4, null] }, bytes };
  const told = redact(event);
  // The replacement is a text, not a pattern's.
  assert.deepEqual({ ...told, bytes: Buffer.from(told.bytes, 'base64').toString() }, {
    type: 'Stop', layer: 'hook', text: '*** $&, $&', toolInput: { a: ['$&', 4, null] }, bytes: 'data: $& ü\n\n',
  });
  const binary = { kind: 'frame', bytes: Buffer.from([255, 0, 254]).toString('base64') };
  assert.deepEqual(redact(binary), binary);
});

test('property names are redacted within what a tool was given, and no value goes for that', () => {
  const redact = redactor([{ pattern: 'ada|bob', flags: '', with: '***' }]);
  const told = redact({ type: 'PreToolUse', layer: 'hook', toolInput: { ada: 1, bob: { 'of ada': 2 }, __proto__: 3, ['__proto__']: 'ada' } });
  assert.deepEqual(JSON.stringify(told), '{"type":"PreToolUse","layer":"hook","toolInput":{"***":1,"*** 2":{"of ***":2},"__proto__":"***"}}');
});

test('a rule that matches nothing somewhere is refused; where one slips through, it writes nothing there', () => {
  for (const pattern of ['\\b', '\\B', '^', '$', '(?=ada)', '(?=-)', 'x?', '|x', 'a|\\b', '(?=secret)|secret']) {
    assert.deepEqual(checked({ version: 1, redaction: [{ pattern, with: '-' }] }).problems, [{ path: 'redaction.0', error: 'error_matches_nothing' }], pattern);
  }
  for (const pattern of ['ada', '\\bada\\b', 'a+b', '[^ ]', '\\n', 'ACME-[0-9]+']) {
    assert.deepEqual(checked({ version: 1, redaction: [{ pattern, with: '-' }] }).problems, [], pattern);
  }
  assert.equal(redactor([{ pattern: '(?=somewhere else)|ada', flags: '', with: '-' }])({ text: 'ada is somewhere else' }).text, '- is somewhere else');
});

test('a pattern that repeats what repeats itself is refused, whoever asks', () => {
  for (const pattern of ['(\\w+\\s?)+$', '(a*)*', '(?:a+|b)+c', '([a-z]+)*@']) {
    const { settings, problems } = checked({ version: 1, redaction: [{ pattern, with: '***' }] });
    assert.deepEqual([settings.redaction, problems], [[], [{ path: 'redaction.0', error: 'error_may_hang' }]], pattern);
  }
});

test('bytes that are no base64, which only a page makes up, are redacted as the text that they are', () => {
  const redact = redactor([{ pattern: 'ada', flags: '', with: '***' }]);
  assert.equal(Buffer.from(redact({ bytes: 'ada!' }).bytes, 'base64').toString(), '***!');
  assert.deepEqual(redact({ bytes: { ada: 1 } }).bytes, { '***': 1 });
});

test('what is too deep to be looked at is not told', () => {
  let deep = 'ada';
  for (let at = 0; at < 100_000; at++) deep = [deep];
  const redact = redactor([{ pattern: 'ada', flags: '', with: '***' }]);
  assert.deepEqual(redact({ type: 'PreToolUse', ts: 5, toolName: 'ada', toolInput: deep }), { type: 'PreToolUse', ts: 5, unread: true });
  assert.deepEqual(redact(null), {});
});
