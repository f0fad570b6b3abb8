// What runs in every page of a chaos run before its scripts: it tells what the log has acknowledged.
//
// It does not take delivery's word for it. An event is in the log when the browser says that the transaction
// which wrote it is complete: the `complete` event of IndexedDB, listened to here, beside delivery. What was
// written in it is what delivery gave to `add()`. Both are told at once by a binding of the developer tools,
// which needs nothing of the page any more: it leaves the renderer with the call, and the pipe to the driver
// keeps what was written to it even when the browser is killed. Where the end comes between the
// transaction and the call, the acknowledgement was heard by nobody, and less is asked for; such events are
// counted if they arrive.

/** `tell`: the name of the binding. */
export function witness(tell) {
  const { add } = IDBObjectStore.prototype;
  const ids = new WeakMap(); // transaction -> what it wrote

  /** Tells the driver; the page is known by the conversation in it. */
  window.told = (what) => window[tell](JSON.stringify({ page: window.conversation, ...what }));

  IDBObjectStore.prototype.add = function (value, ...key) {
    const request = Reflect.apply(add, this, [value, ...key]);
    const { name, transaction } = this;
    if (name === 'rows' && transaction.db.name === 'pagetap-export') {
      if (!ids.has(transaction)) {
        const written = [];
        ids.set(transaction, written);
        transaction.addEventListener('complete', () => window.told({ logged: written }));
      }
      ids.get(transaction).push(`${value.signal}/${value.id}`);
    }
    return request;
  };
}

/** What is left in the log of this origin; called by the driver at the end. */
export async function left() {
  const db = await new Promise((resolve, reject) => {
    const opening = indexedDB.open('pagetap-export');
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const count = (name) => new Promise((resolve, reject) => {
    const counting = db.transaction(name).objectStore(name).count();
    counting.onsuccess = () => resolve(counting.result);
    counting.onerror = () => reject(counting.error);
  });
  try {
    return { rows: await count('rows'), dead: await count('dead'), pages: await count('pages') };
  } finally {
    db.close();
  }
}
