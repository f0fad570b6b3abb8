// A few values that are kept for good, in the extension's own IndexedDB: Firefox lets content scripts read
// and write all that `chrome.storage` keeps.

const VALUES = 'values';

let opening;

function store(mode) {
  opening ??= done(Object.assign(indexedDB.open('pagetap-kept', 1), {
    onupgradeneeded: ({ target }) => target.result.createObjectStore(VALUES),
  }));
  // What went wrong once may go well the next time.
  opening.catch(() => (opening = undefined));
  return opening.then((database) => database.transaction(VALUES, mode).objectStore(VALUES));
}

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** The value of that name, or undefined. */
export const valueOf = async (name) => done((await store('readonly')).get(name));

/** Keeps `value`; if `unlessThere`, only where there is none. Answers what is kept then. */
export async function keepValue(name, value, unlessThere = false) {
  const values = await store('readwrite');
  const there = unlessThere ? await done(values.get(name)) : undefined;
  if (there !== undefined) return there;
  await done(values.put(value, name));
  return value;
}
