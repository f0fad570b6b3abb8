// A text that only who has the same secret can read or make: ChaCha20-Poly1305 (RFC 8439), by a library. The
// browser's own ciphers answer later, when a page that is being closed is no more.

import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { base64 } from './base64.js';

const NONCE = 12;

/** `secret`: 64 hexadecimal digits. The text sealed, as base64. */
export function seal(secret, text) {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
  const within = chacha20poly1305(keyOf(secret), nonce).encrypt(new TextEncoder().encode(text));
  const sealed = new Uint8Array(NONCE + within.length);
  sealed.set(nonce);
  sealed.set(within, NONCE);
  return base64(sealed);
}

/** The text, or undefined of what was not sealed with this secret. */
export function open(secret, given) {
  try {
    const sealed = Uint8Array.from(atob(given), (letter) => letter.charCodeAt(0));
    const text = chacha20poly1305(keyOf(secret), sealed.subarray(0, NONCE)).decrypt(sealed.subarray(NONCE));
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(text);
  } catch {
    return undefined; // Not of ours.
  }
}

const keyOf = (secret) => Uint8Array.from(secret.match(/../g), (digits) => parseInt(digits, 16));
