// Ids as these services' clients make them.

export const ORGANIZATION = '5f0c2a56-7d1e-4b7a-9c38-64a1b0f7e2d9';

/** An id with a prefix, as services name their things: `session_01Ab…`. */
export function named(prefix) {
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
  const bytes = crypto.getRandomValues(new Uint8Array(22));
  return `${prefix}_01${Array.from(bytes, (byte) => letters[byte % letters.length]).join('')}`;
}

/** A version 7 uuid: time first. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const time = Date.now();
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(time / 2 ** (8 * (5 - i))) & 255;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** An address of this server for a WebSocket. */
export function socketAddress(path) {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`;
}
