// The write-ahead log of one export: the store where there is one, and memory for what the store does not
// take.

/**
 * `open()` resolves with the store; `ring` is what stands in for it. `on`: `dropped(counts)`, by reason, what
 * did not fit; `memory(why)`, when something is kept in memory only.
 */
export function openLog({ open, ring, limits, on }) {
  let store = null;
  let failing = false; // what came last it did not take
  const attempt = () => open().then(
    (opened) => (store = opened),
    (error) => on.memory(String(error?.message ?? error)),
  );
  let opening = attempt();

  // Durable when it resolves with true.
  async function append(batch) {
    // Also when it is open: who has waited for that comes first.
    if (!store || !batch.leaving) await opening;
    let error;
    try {
      if (store) {
        await store.append(batch);
        failing = false;
        on.dropped(await store.keep(limits).catch(() => ({})));
        return true;
      }
    } catch (failure) {
      error = failure;
      failing = true;
    }
    // Nothing to keep: only that something is no longer open.
    if (!batch.items.length) return false;
    await ring.append(batch);
    on.dropped(await ring.keep());
    if (error) on.memory(`${error.name}: ${error.message}`);
    return false;
  }

  return {
    ring,
    get opening() {
      return opening;
    },
    get store() {
      return store;
    },
    append,
    /** What did not open may now. */
    reopen: () => (opening = opening.then(() => store ?? attempt())),
    /** Has the store take what is in memory only; whether nothing is. */
    async rehouse() {
      if (!store) return false;
      for (let batch; (batch = await ring.next({ skip: new Set(), items: () => Infinity, bytes: Infinity }));) {
        await store.append({ items: batch.rows, config: batch.config });
        await ring.forget(batch.rows);
      }
      failing = false;
      return true;
    },
    /** Whether what comes, and all that has come, outlives us. */
    lasts: async () => !!store && !failing && !(await ring.pending()),
    async pending() {
      const stored = store ? await store.pending().catch(() => 0) : 0;
      return stored + (await ring.pending());
    },
    close: () => opening.then(() => store?.close()),
  };
}
