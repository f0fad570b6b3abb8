// A text that only who has the same secret can read or make: ChaCha20 and Poly1305 (RFC 8439). The
// browser's own ciphers answer later, when a page that is being closed is no more.

import { base64 } from './base64.js';

const KEY = 32;
const NONCE = 12;
const TAG = 16;
const BLOCK = 64;

/** `secret`: 64 hexadecimal digits. The text sealed, as base64. */
export function seal(secret, text) {
  const plain = new TextEncoder().encode(text);
  const sealed = new Uint8Array(NONCE + plain.length + TAG);
  const nonce = crypto.getRandomValues(sealed.subarray(0, NONCE));
  const within = sealed.subarray(NONCE, NONCE + plain.length);
  within.set(plain);
  const key = keyOf(secret);
  cipher(key, nonce, within);
  sealed.set(tag(key, nonce, within), NONCE + plain.length);
  return base64(sealed);
}

/** The text, or undefined of what was not sealed with this secret. */
export function open(secret, given) {
  const sealed = bytesOf(given);
  if (!sealed || sealed.length < NONCE + TAG) return undefined;
  const nonce = sealed.subarray(0, NONCE);
  const within = sealed.subarray(NONCE, -TAG);
  const key = keyOf(secret);
  const said = sealed.subarray(-TAG);
  if (!tag(key, nonce, within).every((byte, at) => byte === said[at])) return undefined;
  cipher(key, nonce, within);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(within);
}

const keyOf = (secret) => Uint8Array.from({ length: KEY }, (_, at) => parseInt(secret.slice(2 * at, 2 * at + 2), 16));

function bytesOf(text) {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

// `bytes` under the key's stream, in place; both ways. Its block 0 is the tag's.
function cipher(key, nonce, bytes) {
  const blockAt = streamOf(key, nonce);
  for (let at = 0, count = 1; at < bytes.length; at += BLOCK, count++) {
    const stream = blockAt(count);
    const end = Math.min(BLOCK, bytes.length - at);
    for (let i = 0; i < end; i++) bytes[at + i] ^= stream[i];
  }
}

// `blockAt(count)`: a block of the stream, until the next is asked for.
function streamOf(key, nonce) {
  // "expand 32-byte k", the key, the count, the nonce.
  const first = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, ...words(key), 0, ...words(nonce));
  const state = new Uint32Array(16);
  const out = new DataView(new ArrayBuffer(BLOCK));
  const bytes = new Uint8Array(out.buffer);
  return (count) => {
    first[12] = count;
    state.set(first);
    for (let round = 0; round < 10; round++) {
      for (let at = 0; at < 4; at++) quarter(state, at, 4 + at, 8 + at, 12 + at);
      for (let at = 0; at < 4; at++) quarter(state, at, 4 + ((at + 1) & 3), 8 + ((at + 2) & 3), 12 + ((at + 3) & 3));
    }
    for (let at = 0; at < 16; at++) out.setUint32(4 * at, state[at] + first[at], true);
    return bytes;
  };
}

function quarter(state, a, b, c, d) {
  turn(state, a, b, d, 16);
  turn(state, c, d, b, 12);
  turn(state, a, b, d, 8);
  turn(state, c, d, b, 7);
}

function turn(state, to, from, by, bits) {
  state[to] += state[from];
  const mixed = state[by] ^ state[to];
  state[by] = (mixed << bits) | (mixed >>> (32 - bits));
}

function words(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(4 * at, true));
}

const PRIME = (1n << 130n) - 5n;

// Over the bytes filled up to whole blocks, and their number; with no data beside them.
function tag(key, nonce, bytes) {
  const once = new DataView(streamOf(key, nonce)(0).buffer);
  const factor = number(once, 0) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  const filled = new DataView(new ArrayBuffer(16 * Math.ceil(bytes.length / 16) + 16));
  new Uint8Array(filled.buffer).set(bytes);
  filled.setUint32(filled.byteLength - 8, bytes.length, true);
  let sum = 0n;
  for (let at = 0; at < filled.byteLength; at += 16) sum = ((sum + (1n << 128n) + number(filled, at)) * factor) % PRIME;
  const out = new DataView(new ArrayBuffer(TAG));
  sum += number(once, 16);
  out.setBigUint64(0, BigInt.asUintN(64, sum), true);
  out.setBigUint64(8, BigInt.asUintN(64, sum >> 64n), true);
  return new Uint8Array(out.buffer);
}

const number = (view, at) => view.getBigUint64(at, true) | (view.getBigUint64(at + 8, true) << 64n);
