// What a worker is made with, as it was when this file was evaluated: for our own realm; for a frame's,
// as it is when the frame is tapped, which is before its own scripts run.

import { apply } from '../instrument/natives.js';
import { only } from './both.js';

const { Blob: BlobNative, MessageChannel: ChannelNative, URL: URLNative, Worker: WorkerNative } = globalThis;
const { prototype = {} } = WorkerNative || {};

// A promise of the platform's.
export const settled = new Response().text();
export const NATIVE = { terminate: prototype.terminate, postMessage: prototype.postMessage };

export function nativesOf(realm) {
  const own = realm === globalThis;
  const URL = own ? URLNative : realm.URL;
  const { createObjectURL, revokeObjectURL } = URL;
  const JAVASCRIPT = { __proto__: null, type: 'text/javascript' };
  const scriptBlob = (part) => new BlobNative(only(part), JAVASCRIPT);
  return {
    Worker: own ? WorkerNative : realm.Worker,
    Channel: ChannelNative,
    blobUrl: (blob) => apply(createObjectURL, URL, [blob]),
    /** An address for a script, from its text or from a Blob of any type. */
    scriptUrl: (part) => apply(createObjectURL, URL, [scriptBlob(part)]),
    free: (urls) => {
      for (let i = 0; i < urls.length; i++) apply(revokeObjectURL, URL, [urls[i]]);
    },
  };
}
