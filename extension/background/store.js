// Recordings, in IndexedDB. A batch is written together with how far its document has got: whatever is
// sent again after a service worker was killed, in whatever pieces, is written once.

const NAME = 'pagetap';
const VERSION = 1;
const STORES = ['recordings', 'batches', 'progress'];

let opening;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const database = request.result;
      database.createObjectStore('recordings', { keyPath: 'id', autoIncrement: true });
      // By the number of its first event in the recording.
      database.createObjectStore('batches', { keyPath: ['id', 'first'] });
      database.createObjectStore('progress', { keyPath: ['id', 'document'] });
    };
    request.onsuccess = () => {
      request.result.onclose = () => (opening = undefined);
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  // What went wrong once may go well the next time.
  opening.catch(() => (opening = undefined));
  return opening;
}

// `work(stores)` in one transaction; its answer once that is complete.
async function transaction(mode, work) {
  const database = await open();
  const running = database.transaction(STORES, mode);
  const complete = new Promise((resolve, reject) => {
    running.oncomplete = () => resolve();
    running.onabort = () => reject(running.error ?? new Error('the transaction was aborted'));
  });
  complete.catch(() => {});
  const stores = Object.fromEntries(STORES.map((name) => [name, running.objectStore(name)]));
  let result;
  try {
    result = await work(stores);
  } catch (error) {
    // All or nothing; and why the browser gave up says more than that this request was given up.
    abort(running);
    await complete.catch(() => {});
    throw running.error ?? error;
  }
  await complete;
  return result;
}

function abort(running) {
  try {
    running.abort();
  } catch {
    // It is already.
  }
}

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const allOf = (id) => IDBKeyRange.bound([id], [id, []]);

/** A new recording: `about` is `{tabId, origin, title, since}`. */
export function begin(about) {
  const recording = { ...about, until: null, ended: null, events: 0, bytes: 0, full: false };
  return transaction('readwrite', async ({ recordings }) => ({ ...recording, id: await done(recordings.add(recording)) }));
}

/**
 * Adds events `from`... of a document to a recording, those that are not there yet. Answers
 * `{recording, have}`, `have` being the number of the document's last event that is dealt with.
 * `limits`: a recording that reaches them has what fits, is full, and takes nothing more.
 */
export function append(id, document, from, events, limits) {
  return transaction('readwrite', async ({ recordings, batches, progress }) => {
    const recording = await done(recordings.get(id));
    if (!recording) return {};
    const before = await done(progress.get([id, document]));
    // What came before the recording began is not in it.
    const have = Math.max(before?.have ?? 0, from - 1);
    const fresh = events.slice(have + 1 - from);
    const last = have + fresh.length;
    if (!fresh.length || recording.full) return { recording, have: last };
    const { fits, bytes } = fitting(recording, fresh, limits);
    recording.full = fits < fresh.length;
    if (fits) batches.put({ id, first: recording.events, events: fresh.slice(0, fits) });
    recording.events += fits;
    recording.bytes += bytes;
    progress.put({ id, document, have: last });
    recordings.put(recording);
    return { recording, have: last };
  });
}

// How many of `events` a recording still takes, and their size.
function fitting(recording, events, limits) {
  let fits = 0;
  let bytes = 0;
  for (const event of events) {
    const size = JSON.stringify(event).length;
    if (recording.events + fits >= limits.recordedEvents || recording.bytes + bytes + size > limits.recordedBytes) break;
    fits++;
    bytes += size;
  }
  return { fits, bytes };
}

/** Notes that `document` is one of the recording's. */
export function meet(id, document) {
  return transaction('readwrite', async ({ progress }) => {
    if (!(await done(progress.get([id, document])))) progress.put({ id, document, have: 0 });
  });
}

/** The number of the last event of `document` in the recording, 0 if it has none yet, or undefined. */
export function progressOf(id, document) {
  return transaction('readonly', async ({ progress }) => (await done(progress.get([id, document])))?.have);
}

/**
 * Ends a recording; its end stays what it was if it had one. `ended`: why, 'person', 'tab' (was closed),
 * 'limit' or 'storage' (took no more).
 */
export function end(id, until, ended) {
  return transaction('readwrite', async ({ recordings }) => {
    const recording = await done(recordings.get(id));
    if (recording && recording.until === null) recordings.put({ ...recording, until, ended });
  });
}

/** All recordings, in the order in which they began. */
export const list = () => transaction('readonly', ({ recordings }) => done(recordings.getAll()));

/**
 * At most `count` events of a recording, beginning with number `from`, counted from 0; fewer, but one,
 * where they are more than about `size` characters of JSON.
 */
export function read(id, from, count, size) {
  return transaction('readonly', async ({ recordings, batches }) => {
    const recording = await done(recordings.get(id));
    if (!recording) return undefined;
    const begin = await done(batches.openKeyCursor(IDBKeyRange.bound([id], [id, from]), 'prev'));
    const events = [];
    let left = size;
    if (begin) {
      const request = batches.openCursor(IDBKeyRange.bound(begin.key, [id, []]));
      for (let cursor; events.length < count && left > 0 && (cursor = await done(request)); cursor.continue()) {
        const { first, events: batch } = cursor.value;
        for (let at = Math.max(from - first, 0); at < batch.length && events.length < count && left > 0; at++) {
          left -= JSON.stringify(batch[at]).length;
          events.push(batch[at]);
        }
      }
    }
    return { events, more: from + events.length < recording.events };
  });
}

/** Forgets a recording and all that is in it. */
export function forget(id) {
  return transaction('readwrite', ({ recordings, batches, progress }) => {
    recordings.delete(id);
    batches.delete(allOf(id));
    progress.delete(allOf(id));
  });
}
