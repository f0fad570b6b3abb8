// What pages that were left, or closed, could not be sure to have told: the service worker may not have
// been running. Their bridges put it into the session's storage, which content scripts can reach; so it is
// sealed, with a secret that is good for one document in one recording. Only its bridge and the background
// know it.

import { open } from '../content/seal.js';
import { nameFor } from './names.js';
import * as recorder from './recorder.js';
import { redactorOf } from './redact.js';

const PREFIX = 'left';

/** What else may be there: that the pages which were open have been reached. Whoever takes it away has that done once more. */
export const REACHED = 'reached';

/** Where the bridge of a document puts it, and with which secret. */
export async function boxFor(recording, tabId, frameId, document) {
  const name = [PREFIX, recording, tabId, frameId, document].join(' ');
  return { name, secret: await nameFor(name) };
}

let chain = Promise.resolve();

/** Takes all that lies there into the recordings. `settings()`: those in force. */
export function takeLeft(settings) {
  chain = chain.then(async () => {
    for (const [name, sealed] of Object.entries(await chrome.storage.session.get(null))) {
      if (name === REACHED) continue;
      await take(name, sealed, settings()).catch((error) => console.error('pagetap:', error));
      await chrome.storage.session.remove(name);
    }
  });
  return chain;
}

async function take(name, sealed, { limits, redaction }) {
  const text = open(await nameFor(name), sealed);
  const [prefix, recording, tabId, frameId, document] = name.split(' ');
  // Of nobody who knows the secret.
  if (text === undefined || prefix !== PREFIX) return;
  for (const { from, events } of JSON.parse(text)) {
    const told = events.map(redactorOf(redaction)).map((event, at) => ({ ...event, frame: Number(frameId), n: from + at }));
    await recorder.keepLeft(Number(recording), Number(tabId), document, from, told, limits);
  }
}
