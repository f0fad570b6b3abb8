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
    collectors: [],
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
  assert.deepEqual(checked({ version: 1, collectors: [{ anything: 1 }] }), { settings: DEFAULTS, problems: [{ path: 'collectors', error: 'error_no_collectors' }] });
  const many = checked({ version: 1, sites: Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`https://${at}.example`, { on: true }])) });
  assert.deepEqual([Object.keys(many.settings.sites).length, many.problems], [100, [{ path: 'sites', error: 'error_too_many' }]]);
  for (const nothing of [null, 1, [], 'x']) assert.deepEqual(checked(nothing).settings, DEFAULTS);
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
