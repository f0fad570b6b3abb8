// The write-ahead log of one export: the store where there is one, and memory for what the store does not
// take.

/**
 * `open()` resolves with the store; `ring` is what stands in for it. `on`: `dropped(counts)`, by reason, what
 * did not fit; `memory(why)`, when something is kept in memory only.
 */
export function openLog({ open, ring, limits, on }) {
  let store = null;
  const opening = open().then(
    (opened) => (store = opened),
    (error) => on.memory(String(error?.message ?? error)),
  );

  // Durable when it resolves with true.
  async function append(batch) {
    // Also when it is open: who has waited for that comes first.
    if (!store || !batch.leaving) await opening;
    let error;
    try {
      if (store) {
        await store.append(batch);
        on.dropped(await store.keep(limits).catch(() => ({})));
        return true;
      }
    } catch (failure) {
      error = failure;
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
    opening,
    get store() {
      return store;
    },
    append,
    async pending() {
      const stored = store ? await store.pending().catch(() => 0) : 0;
      return stored + (await ring.pending());
    },
    close: () => opening.then(() => store?.close()),
  };
}
