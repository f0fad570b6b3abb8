// Which Blob an object URL stands for. A page makes a worker of a Blob and takes the URL back at once:
// a worker of ours, whose script loads the page's later, needs an URL of its own for the same Blob.
//
// Held as long as the browser holds the Blob for its URL.

import { apply, pinned } from '../instrument/natives.js';

const blobs = pinned(new Map(), 'get', 'set', 'delete');

/** The Blob behind `url`; undefined if that was not seen. */
export const blobOf = (url) => blobs.get(url);

export function tapObjectUrls({ guard, patch, realm }) {
  const remember = (url, object) => blobs.set(url, object);
  patch(realm.URL, {
    createObjectURL(target, self, args) {
      const url = apply(target, self, args);
      guard(remember, url, args[0]);
      return url;
    },
    revokeObjectURL(target, self, args) {
      const result = apply(target, self, args);
      blobs.delete(args[0]);
      return result;
    },
  });
}
