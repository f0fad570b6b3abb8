// Under which name a document's tap can be found again: an event of that name on the document. The page
// cannot listen to a name that it does not know, nor learn one from another page's: each is made of
// the document's identity with a key that never leaves the background.

import * as kept from './kept.js';

let importing;

async function key() {
  let key = await kept.get('key');
  if (!key) {
    key = crypto.getRandomValues(new Uint8Array(32));
    await kept.set('key', key);
  }
  return crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

/** What ids of a document's exported events follow from. */
export const instanceOf = async (document) => (await nameFor(`export ${document}`)).slice(0, 32);

/** The name for `document`, a text that identifies it. The same after the extension was loaded anew. */
export async function nameFor(document) {
  importing ??= key();
  // What went wrong once may go well the next time.
  importing.catch(() => (importing = undefined));
  const signed = await crypto.subtle.sign('HMAC', await importing, new TextEncoder().encode(document));
  return Array.from(new Uint8Array(signed), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
