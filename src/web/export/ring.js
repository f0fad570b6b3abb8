// What stands in for the store where there is none (a private window, a sandboxed frame, a full disk), and
// in a dry run: rows in memory, as many as fit. It lasts as long as the page.

import { digest } from './store.js';

/** Rows kept. Beyond, the oldest go, and are counted. */
export const RING_ROWS = 2000;
const RING_BYTES = 8 << 20;

export function openRing({ queue = 'memory', config }) {
  let rows = [];
  let bytes = 0;
  const sizeOf = (some) => some.reduce((sum, row) => sum + row.bytes.length, 0);

  function without(gone) {
    rows = rows.filter((row) => !gone.has(row));
    bytes = sizeOf(rows);
  }

  return {
    durable: false,
    async append({ items, config: own = config }) {
      const name = own === config ? queue : `${queue} ${digest(own)}`;
      const there = new Set(rows.map(({ signal, id }) => `${signal}/${id}`));
      for (const item of items) {
        if (there.has(`${item.signal}/${item.id}`)) continue;
        rows.push({ ...item, config: own, lane: `${name}/${item.signal}` });
        bytes += item.bytes.length;
      }
    },
    async keep() {
      let over = 0;
      for (let left = bytes; rows.length - over > RING_ROWS || (left > RING_BYTES && over < rows.length); over++) left -= rows[over].bytes.length;
      if (!over) return {};
      rows = rows.slice(over);
      bytes = sizeOf(rows);
      return { memory: over };
    },
    async next({ skip, after, items: itemsOf, bytes: most }) {
      const lanes = [...new Set(rows.map(({ lane }) => lane))].sort().filter((lane) => !skip.has(lane));
      const lane = lanes.find((lane) => lane > after) ?? lanes[0];
      if (!lane) return null;
      const batch = [];
      let size = 0;
      for (const row of rows) {
        if (row.lane !== lane) continue;
        size += row.bytes.length;
        if (batch.length && (size > most || batch.length >= itemsOf(lane))) break;
        batch.push(row);
      }
      const [{ config, signal }] = batch;
      return { lane, config, signal, rows: batch };
    },
    forget: async (some) => without(new Set(some)),
    async forgetIds(items) {
      const ids = new Set(items.map(({ signal, id }) => `${signal}/${id}`));
      without(new Set(rows.filter(({ signal, id }) => ids.has(`${signal}/${id}`))));
    },
    quarantine: async (some) => without(new Set(some)),
    pending: async () => rows.length,
    pages: async () => [],
    opens: async () => [],
    page: async () => undefined,
    close() {},
  };
}
