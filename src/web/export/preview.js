// What waits, as the requests that it will be, cut as the drainer cuts it.

import { shown } from './requests.js';

/** Requests that are shown: each may be large. */
export const SHOWN = 50;

/**
 * The requests of all `stores`, lane by lane, up to SHOWN. `requestOf`: see requests.js; `most`: items and
 * bytes in one.
 */
export async function waitingRequests({ stores, requestOf, most }) {
  const found = [];
  for (const store of stores) {
    const skip = new Set();
    while (found.length < SHOWN) {
      // One more than can be shown: the last one read may not be whole.
      const count = SHOWN - found.length + 1;
      const lane = await store.next({ skip, after: null, bytes: most.bytes * count, items: () => most.items * count });
      if (!lane) break;
      skip.add(lane.lane);
      for (const rows of batches(lane.rows, most).slice(0, count - 1)) found.push(shown(requestOf(lane.config, lane.signal, rows)));
    }
  }
  return found;
}

function batches(rows, most) {
  const all = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += row.bytes.length;
    const last = all.at(-1);
    // One that is larger alone goes alone.
    if (last && last.length < most.items && bytes <= most.bytes) last.push(row);
    else {
      all.push([row]);
      bytes = row.bytes.length;
    }
  }
  return all;
}
