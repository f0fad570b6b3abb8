// The write-ahead log in IndexedDB: one database for all exports of an origin.
//
//   rows     what is to be sent, in the order in which it is; key [queue, signal, at, page, size]
//   queues   what a queue's rows are for: an address and the configuration of their envelope
//   opens    events that began something which is not over, by page; key [instance, n]
//   pages    who wrote them, and with which options, so that another page can end what a crashed one began
//   dead     rows that the collector will never take
//
// Appending only writes, it never reads: then it is complete even if the page is going away. That is why
// the key has all that counting needs, and why orders are made of time and page.

const STORES = ['rows', 'queues', 'opens', 'pages', 'dead'];
const SIGNALS = [1, 2, 3, 4];
/** Rows that were set aside; beyond, the oldest go. */
const DEAD_MOST = 500;
/** A browser that lets us wait longer for its database has none. */
const OPEN_TIMEOUT_MS = 10_000;
const READ_AT_ONCE = 64;
// Trimmed by a tenth more than needed: finding the oldest takes a look at all.
const TRIM_TO = 0.9;
// Other pages append, too: rows after which all are counted again.
const LOOK_AGAIN = 5000;
const DAY_MS = 86_400_000;

const request = (asked) => new Promise((resolve, reject) => {
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

/**
 * `destination` and `config` (JSON) say whose queue is written, if a batch says no other configuration; `page` is
 * unique to who writes.
 */
export async function openStore({ indexedDB, keyRange, timer, now, name, destination, config, page }) {
  const queueOf = (config) => digest(`${destination}\n${config}`);
  const queue = queueOf(config);
  let connecting = null;
  let lastAt = 0;
  // Rows and bytes of all queues, as this page last saw them, and what it has done since.
  let known = null;
  let since = 0;
  const own = { rows: 0, bytes: 0 };

  function connect() {
    connecting ??= new Promise((resolve, reject) => {
      const late = timer.set(() => reject(new Error('IndexedDB does not open')), OPEN_TIMEOUT_MS);
      const opening = indexedDB.open(name, 1);
      opening.onupgradeneeded = () => {
        const db = opening.result;
        const rows = db.createObjectStore('rows');
        // What is fed twice is one row.
        rows.createIndex('id', ['queue', 'signal', 'id'], { unique: true });
        db.createObjectStore('queues', { keyPath: 'queue' }).createIndex('destination', 'destination');
        db.createObjectStore('opens', { keyPath: ['instance', 'n'] });
        db.createObjectStore('pages', { keyPath: 'instance' }).createIndex('queue', 'queue');
        db.createObjectStore('dead', { autoIncrement: true });
      };
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        timer.clear(late);
        const db = opening.result;
        db.onversionchange = () => lost(db);
        // The person has removed the site's data.
        db.onclose = () => lost(db);
        resolve(db);
      };
      opening.onblocked = () => reject(new Error('IndexedDB is blocked'));
    });
    connecting.catch(() => (connecting = null));
    return connecting;
  }

  function lost(db) {
    db.close();
    connecting = null;
  }

  // `work` gets the stores; what it returns is given when the transaction is complete, which is when it
  // counts as stored. `leaving`: it is committed without waiting for the page to hear of it.
  async function transact(mode, work, leaving = false) {
    const db = await connect();
    const transaction = db.transaction(STORES, mode, { durability: 'relaxed' });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('the transaction was aborted'));
    });
    done.catch(() => {});
    const stores = Object.fromEntries(STORES.map((name) => [name, transaction.objectStore(name)]));
    let result;
    try {
      result = work(stores);
      if (leaving) transaction.commit?.();
      result = await result;
    } catch (error) {
      abort(transaction);
      throw error;
    }
    await done;
    return result;
  }

  function changed(rows, sign) {
    if (sign > 0) since += rows.length;
    const size = rows.reduce((sum, { bytes }) => sum + bytes.length, 0);
    for (const count of known ? [known, own] : [own]) {
      count.rows += sign * rows.length;
      count.bytes += sign * size;
    }
  }

  const whole = (queue, signal) => (signal
    ? keyRange.bound([queue, signal], [queue, signal, []]) : keyRange.bound([queue], [queue, []]));

  const allOpen = (instance) => keyRange.bound([instance], [instance, []]);

  const queues = ({ queues }) => request(queues.index('destination').getAll(destination));

  await transact('readwrite', ({ queues }) => {
    queues.put({ queue, destination, config });
  });

  // Of pages that are gone, and have nothing left to send. A live page writes its own again with its rows.
  const sweep = () => transact('readwrite', async (stores) => {
    for (const { queue: one } of await queues(stores)) {
      const [row, page] = await Promise.all([
        request(stores.rows.getKey(whole(one))), request(stores.pages.index('queue').getKey(one)),
      ]);
      if (one !== queue && row === undefined && page === undefined) stores.queues.delete(one);
    }
  });

  // The bounds are for all queues together. Gives what had to go, by reason.
  function trim({ rows: mostRows, bytes: mostBytes, days }) {
    return transact('readwrite', async ({ rows }) => {
      const before = { ...own };
      const keys = await request(rows.getAllKeys());
      // What this page writes meanwhile comes after these, and is not among them.
      known = {
        rows: keys.length + own.rows - before.rows,
        bytes: keys.reduce((sum, [, , , , size]) => sum + size, 0) + own.bytes - before.bytes,
      };
      const dropped = { days: 0, rows: 0, bytes: 0 };
      const over = known.rows > mostRows || known.bytes > mostBytes;
      const oldest = keys.sort(([, , one], [, , other]) => one - other);
      const old = now() - days * DAY_MS;
      for (const key of oldest) {
        const reason = key[2] < old ? 'days'
          : over && known.rows > mostRows * TRIM_TO ? 'rows'
            : over && known.bytes > mostBytes * TRIM_TO ? 'bytes' : null;
        if (!reason) break;
        rows.delete(key);
        known.rows--;
        known.bytes -= key[4];
        dropped[reason]++;
      }
      return dropped;
    });
  }

  return {
    durable: true,

    /**
     * Stores items, and what is open and no longer open of `instance`; durable when it resolves. `have`: how many
     * events of it have been taken. `over`: the instance itself is. `into`: another's queue.
     */
    append({ items, opens = [], closes = [], instance, options, have, over = false, leaving = false, config: its = config, into }) {
      const time = now();
      const to = into ?? queueOf(its);
      return transact('readwrite', ({ rows, opens: open, pages, queues }) => {
        if (!into) queues.put({ queue: to, destination, config: its });
        for (const { signal, id, bytes } of items) {
          lastAt = Math.max(time, lastAt + 1 / 1024);
          const adding = rows.add({ queue: to, signal, id, bytes }, [to, signal, lastAt, page, bytes.length]);
          adding.onerror = (event) => {
            if (adding.error?.name !== 'ConstraintError') return;
            event.preventDefault();
            event.stopPropagation();
          };
        }
        for (const { n, bytes } of opens) open.put({ instance, n, bytes });
        for (const n of closes) open.delete([instance, n]);
        if (over) {
          pages.delete(instance);
          open.delete(allOpen(instance));
        } else if (options) pages.put({ instance, queue: to, options, have, ts: time });
        changed(items, 1);
      }, leaving);
    },

    /** Keeps to the bounds; what had to go, by reason. Looks at all only if it may be needed. */
    async keep(limits) {
      if (known && since < LOOK_AGAIN && known.rows <= limits.rows && known.bytes <= limits.bytes) return {};
      since = 0;
      return trim(limits);
    },

    /** The next lane after `after` that has rows, of those not in `skip`, and its first rows. */
    next({ skip, after, items: itemsOf, bytes: mostBytes }) {
      return transact('readonly', async (stores) => {
        const lanes = (await queues(stores)).flatMap(({ queue, config }) =>
          SIGNALS.map((signal) => ({ lane: `${queue}/${signal}`, queue, config, signal })));
        const at = lanes.findIndex(({ lane }) => lane === after) + 1;
        for (const one of [...lanes.slice(at), ...lanes.slice(0, at)]) {
          if (skip.has(one.lane)) continue;
          const rows = await read(stores.rows, one, itemsOf(one.lane), mostBytes);
          if (rows.length) return { ...one, rows };
        }
        return null;
      });
    },

    /** They are over: acknowledged, or thrown away. */
    forget: (rows) => transact('readwrite', ({ rows: store }) => {
      for (const { key } of rows) store.delete(key);
      changed(rows, -1);
    }),

    /** The same, of own rows whose keys nobody has been told. */
    forgetIds: (items) => transact('readwrite', async ({ rows }) => {
      const keys = await Promise.all(items.map(({ signal, id }) => request(rows.index('id').getKey([queue, signal, id]))));
      for (const key of keys) if (key) rows.delete(key);
    }),

    /** Sets rows aside. */
    quarantine: (rows, why) => transact('readwrite', async ({ rows: store, dead }) => {
      for (const { key, bytes } of rows) {
        dead.add({ destination, signal: key[1], bytes, why, ts: now() });
        store.delete(key);
      }
      const over = (await request(dead.count())) - DEAD_MOST;
      if (over > 0) for (const key of await request(dead.getAllKeys(null, over))) dead.delete(key);
    }),

    /** How many rows wait for this destination. */
    pending: () => transact('readonly', async (stores) => {
      const all = await queues(stores);
      const counts = await Promise.all(all.map(({ queue }) => request(stores.rows.count(whole(queue)))));
      return counts.reduce((sum, count) => sum + count, 0);
    }),

    /** Forgets the queues that are over. */
    sweep,

    /** Forgets what is for other destinations, or of none of `signals`; how many rows that were. */
    forgetOthers: (signals = SIGNALS) => transact('readwrite', async ({ rows, queues, pages, opens, dead }) => {
      let count = 0;
      let others = false;
      for (const { queue, destination: other } of await request(queues.getAll())) {
        const gone = other === destination ? SIGNALS.filter((signal) => !signals.includes(signal)) : [undefined];
        for (const signal of gone) {
          const keys = await request(rows.getAllKeys(whole(queue, signal)));
          count += keys.length;
          for (const key of keys) rows.delete(key);
        }
        if (other === destination) continue;
        others = true;
        for (const instance of await request(pages.index('queue').getAllKeys(queue))) {
          pages.delete(instance);
          opens.delete(allOpen(instance));
        }
        queues.delete(queue);
      }
      if (!others) return count;
      const [keys, values] = await Promise.all([request(dead.getAllKeys()), request(dead.getAll())]);
      for (const [at, key] of keys.entries()) if (values[at].destination !== destination) dead.delete(key);
      return count;
    }),

    /** Who has written for this destination and has not said that it is over. */
    pages: () => transact('readonly', async (stores) => {
      const found = await Promise.all((await queues(stores)).map(({ queue }) => request(stores.pages.index('queue').getAll(queue))));
      return found.flat();
    }),

    /** What `instance` has open, in order. */
    opens: (instance) => transact('readonly', ({ opens }) => request(opens.getAll(allOpen(instance)))),

    /** Its page, if it is still not over. */
    page: (instance) => transact('readonly', ({ pages }) => request(pages.get(instance))),

    close: () => connecting?.then((db) => db.close(), () => {}),
  };

  async function read(store, { queue, signal }, mostItems, mostBytes) {
    const rows = [];
    let bytes = 0;
    let range = whole(queue, signal);
    while (rows.length < mostItems) {
      const count = Math.min(READ_AT_ONCE, mostItems - rows.length);
      const [keys, values] = await Promise.all([request(store.getAllKeys(range, count)), request(store.getAll(range, count))]);
      for (const [at, key] of keys.entries()) {
        bytes += key[4];
        // One that is larger alone goes alone.
        if (bytes > mostBytes && rows.length) return rows;
        rows.push({ key, ...values[at] });
      }
      if (keys.length < count) break;
      range = keyRange.bound(keys.at(-1), [queue, signal, []], true);
    }
    return rows;
  }
}

function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // It is over already.
  }
}

/** A short name for a text: 53 bits of a hash (cyrb53). */
export function digest(text) {
  let one = 0xdeadbeef;
  let two = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 2654435761);
    two = Math.imul(two ^ code, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return ((two >>> 0) * 0x200000 + (one >>> 11)).toString(36);
}
