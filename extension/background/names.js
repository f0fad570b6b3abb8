// Under which name a document's tap can be found again: an event of that name on the document. The page
// cannot listen to a name that it does not know, nor learn one from another page's: each is made of
// the document's identity with a key that never leaves the background.

import { keepValue, valueOf } from './kept.js';

let making;

async function key() {
  const there = await valueOf('key');
  // Nobody, not even this extension, can read what it is made of.
  return there ?? keepValue('key', await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']), true);
}

/** The name for `document`, a text that identifies it. The same after the extension was loaded anew. */
export async function nameFor(document) {
  making ??= key();
  const signed = await crypto.subtle.sign('HMAC', await making, new TextEncoder().encode(document));
  return Array.from(new Uint8Array(signed), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
