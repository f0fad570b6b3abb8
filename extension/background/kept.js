// What is kept by name, apart from recordings: the settings, and the key of names. In IndexedDB, which is
// the extension's origin's alone: Firefox has content scripts, which live in the page's process, read and
// write `chrome.storage.local`.

const NAME = 'pagetap.kept';
const STORE = 'values';

let opening;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  // What went wrong once may go well the next time.
  opening.catch(() => (opening = undefined));
  return opening;
}

async function transaction(mode, work) {
  const running = (await open()).transaction(STORE, mode);
  const request = work(running.objectStore(STORE));
  return new Promise((resolve, reject) => {
    running.oncomplete = () => resolve(request.result);
    running.onabort = () => reject(running.error);
  });
}

/** The value of `name`, or undefined. */
export const get = (name) => transaction('readonly', (values) => values.get(name));

export const set = (name, value) => transaction('readwrite', (values) => values.put(value, name));
