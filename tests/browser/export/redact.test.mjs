// Keys and tokens are known by their look, wherever they stand; nothing else is touched.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KEYS, redacted, toJson } from '../../../src/web/export/redact.js';

// Made up, and in pieces: what scans repositories for keys should not find any.
const SECRETS = {
  'anthropic-key': ['sk-', 'ant-api03-AbCdEf0123456789_-xyz'],
  'openai-key': ['sk-', 'proj-AbCdEfGhIjKlMnOpQrSt0123'],
  'github-token': ['ghp', '_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789'],
  'gitlab-token': ['glpat', '-AbCdEfGhIjKlMnOpQrSt'],
  'aws-key-id': ['AKIA', 'ABCDEFGHIJKLMNOP'],
  'slack-token': ['xoxb', '-1234567890-abcdefghij'],
  'google-key': ['AIza', 'SyA1234567890abcdefghijklmnopqrstuv'],
  'stripe-key': ['sk_', 'live_AbCdEfGhIjKlMnOp'],
  jwt: ['eyJhbGciOiJIUzI1NiJ9', '.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl'],
  'private-key': ['-----BEGIN RSA ', 'PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----'],
  'hugging-face-token': ['hf', '_AbCdEfGhIjKlMnOpQrStUvWx'],
  'npm-token': ['npm', '_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789'],
  'google-token': ['ya29', '.a0AfH6SMBx0123456789abcdef'],
};
const over = redacted(KEYS);

describe('built-in rules', () => {
  for (const [name, pieces] of Object.entries(SECRETS)) {
    const secret = pieces.join('');
    test(name, () => {
      for (const [before, after] of [['', ''], ['key=', '\n'], ['{"k":"', '"}'], ['export A=', ' && b'], ['(', ').']]) {
        assert.equal(over(before + secret + after), `${before}[redacted:${name}]${after}`);
      }
    });
  }

  test('a bearer token, with the word before it', () => {
    assert.equal(over('authorization: Bearer abc.DEF-123456=='), 'authorization: Bearer [redacted:bearer-token]');
  });

  test('others of GitHub; a private key that was cut, or whose line ends are escaped', () => {
    assert.equal(over(['github_pat', '_11ABCDEFG0123456789abc'].join('')), '[redacted:github-token]');
    assert.equal(over(['-----BEGIN ', 'PRIVATE KEY-----\\nMIIEow\\nabc'].join('')), '[redacted:private-key]');
  });

  test('prose, code, ids and hashes stay as they are', () => {
    for (const text of [
      'the bearer of this letter', 'ask-me-anything-about-it', 'risk-free', 'toolu_01AbCdEfGhIjKlMnOpQrStUv', 'msg_0123456789abcdef',
      'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', '0b6c7c1e-54c5-4c5e-9f2d-2f7f7b1c9a10',
      'AKIA is a prefix', 'task_live_update', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----', 'eyJ is base64 of {"',
    ]) assert.equal(over(text), text);
  });

  test('a megabyte of what nearly matches takes no time to speak of', () => {
    for (const text of ['sk-'.repeat(350_000), 'eyJ'.repeat(350_000), '-----BEGIN '.repeat(95_000), 'a'.repeat(1 << 20), 'Bearer '.repeat(150_000)]) {
      over(text);
    }
  });
});

describe("a person's own rules", () => {
  test('come with the built-in ones; their text stands as it is', () => {
    const own = redacted([...KEYS, { pattern: 'project (\\w+)', flags: 'i', with: 'project $1' }, { pattern: 'x\\d+' }]);
    assert.equal(own('Project Falcon, x12'), 'project $1, [redacted]');
  });
});

describe('an event', () => {
  test('has every text redacted, however deep, but what it is; and no frame', () => {
    const secret = SECRETS['github-token'].join('');
    const json = toJson({
      type: 'PreToolUse', ts: 5, dialect: 'messages', toolName: 'Bash', raw: { bytes: new Uint8Array(9) },
      toolInput: { command: `curl -H ${secret}`, list: [secret, 1, null, { deep: secret }] },
    }, redacted([...KEYS, { pattern: 'messages|Bash', with: '#' }]));
    const mark = '[redacted:github-token]';
    assert.deepEqual(JSON.parse(json), {
      type: 'PreToolUse', ts: 5, dialect: 'messages', toolName: '#',
      toolInput: { command: `curl -H ${mark}`, list: [mark, 1, null, { deep: mark }] },
    });
  });
});
