// Bytes as base64, with the platform as it was: the page may patch it later.

const { fromCharCode } = String;
const { apply } = Reflect;
const { subarray } = Uint8Array.prototype;
const encode = btoa;

// As many arguments as every engine takes.
const PIECE = 8192;

export function base64(bytes) {
  let binary = '';
  for (let at = 0; at < bytes.length; at += PIECE) {
    binary += apply(fromCharCode, null, apply(subarray, bytes, [at, at + PIECE]));
  }
  return encode(binary);
}
