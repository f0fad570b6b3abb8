// Settings are believed part by part; redaction rules do what they say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checked, DEFAULTS } from '../../../extension/background/settings.js';
import { redactor } from '../../../extension/content/redact.js';

test('what is right is kept as it is, and what is not there is the default', () => {
  const settings = {
    version: 1,
    sites: { 'https://claude.ai': { on: false }, 'http://127.0.0.1:8080': { on: true } },
    layers: { hooks: true, raw: true },
    redaction: [{ pattern: 'ACME-[0-9]+', flags: 'i', with: '***' }],
    limits: { recordedEvents: 5, recordedBytes: 6, shown: 7 },
    collectors: [{ anything: 1 }],
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
  for (const nothing of [null, 1, [], 'x']) assert.deepEqual(checked(nothing).settings, DEFAULTS);
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
