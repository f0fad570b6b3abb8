// What is sealed is what everybody calls ChaCha20-Poly1305, and nothing else is opened.

import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { open, seal } from '../../../extension/content/seal.js';

const CIPHER = ['chacha20-poly1305', { authTagLength: 16 }];
const secret = randomBytes(32).toString('hex');

function opened(sealed) {
  const bytes = Buffer.from(sealed, 'base64');
  const cipher = createDecipheriv(CIPHER[0], Buffer.from(secret, 'hex'), bytes.subarray(0, 12), CIPHER[1]);
  cipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]).toString();
}

function sealed(text) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv(CIPHER[0], Buffer.from(secret, 'hex'), nonce, CIPHER[1]);
  const within = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, within, cipher.getAuthTag()]).toString('base64');
}

test('texts of all lengths are sealed and opened as OpenSSL does', () => {
  const lengths = [...Array(200).keys(), 1_000, 65_535, 300_001];
  for (const length of lengths) {
    const text = randomBytes(length).toString('latin1').slice(0, length);
    assert.equal(opened(seal(secret, text)), text, `${length}`);
    assert.equal(open(secret, sealed(text)), text, `${length}`);
  }
  assert.equal(open(secret, seal(secret, '\ufeffü €, 😀')), '\ufeffü €, 😀');
});

test('no two seals of a text are alike', () => {
  assert.notEqual(seal(secret, 'text'), seal(secret, 'text'));
});

test('what was changed anywhere, cut, made with another secret, or is no seal at all is not opened', () => {
  const bytes = Buffer.from(seal(secret, 'the text'), 'base64');
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] ^= 1;
    assert.equal(open(secret, changed.toString('base64')), undefined, `${at}`);
    assert.equal(open(secret, bytes.subarray(0, at).toString('base64')), undefined, `${at}`);
  }
  assert.equal(open('0'.repeat(64), bytes.toString('base64')), undefined);
  for (const nothing of ['', 'not base64!', '\u0100', undefined, null, 7, {}]) assert.equal(open(secret, nothing), undefined);
});
