// What pages that were left, or closed, could not be sure to have told: the service worker may not have
// been running. Their bridges put it where content scripts can reach it, which is nobody else's place; so it
// is sealed, with a secret that is good for one document in one recording, or in none where there are only
// collectors. Only its bridge and the background know it.

import { open } from '../content/seal.js';
import * as collectors from './collectors.js';
import { instanceOf, nameFor } from './names.js';
import * as recorder from './recorder.js';
import { redactorOf } from './redact.js';

const PREFIX = 'left';
/** In the place of a recording, of which the numbers begin with 1. */
export const NONE = 0;

// In memory, where a browser lets content scripts reach that; else on disk, where other things lie as well.
export const shelf = () => (chrome.storage.session.setAccessLevel ? chrome.storage.session : chrome.storage.local);

/** Lets content scripts reach that place, and no other. */
export async function openShelf() {
  await chrome.storage.local.setAccessLevel?.({ accessLevel: 'TRUSTED_CONTEXTS' });
  await chrome.storage.session.setAccessLevel?.({ accessLevel: 'TRUSTED_AND_UNTRUSTED_CONTEXTS' });
}

/** Where the bridge of a document puts it, and with which secret. */
export async function boxFor(recording, tabId, frameId, document) {
  const name = [PREFIX, recording, tabId, frameId, document].join(' ');
  return { name, secret: await nameFor(name) };
}

let chain = Promise.resolve();
const inTurn = (step) => (chain = chain.then(step).catch((error) => console.error('pagetap:', error)));

/** Takes all that lies there into the recordings, and to collectors. `settings()`: those in force. */
export function takeLeft(settings) {
  return inTurn(async () => {
    for (const [name, sealed] of Object.entries(await shelf().get(null))) {
      if (!name.startsWith(`${PREFIX} `)) continue;
      // What could not be written now stays for the next time, and lies in the way of no other.
      await take(name, sealed, settings()).then(() => shelf().remove(name), (error) => console.error('pagetap:', error));
    }
  });
}

/** Takes what came as a message: Firefox says late of a tab that was closed what it left there. */
export const takeTold = (name, sealed, settings) => inTurn(() => take(name, sealed, settings()));

async function take(name, sealed, { limits, redaction }) {
  const text = open(await nameFor(name), sealed);
  const [prefix, recording, tabId, frameId, document] = name.split(' ');
  // Of nobody who knows the secret.
  if (text === undefined || prefix !== PREFIX) return;
  for (const { from, events } of listed(text)) {
    const placed = (event, at) => ({ ...event, frame: Number(frameId), n: from + at });
    const told = events.map(redactorOf(redaction)).map(placed);
    if (Number(recording) !== NONE) await recorder.keepLeft(Number(recording), Number(tabId), document, from, told, limits);
    await collectors.keep(await instanceOf(document), events.map(placed), redaction);
  }
}

// What was sealed by a page's process, but not by ours in it, is nothing.
function listed(text) {
  try {
    return JSON.parse(text).filter(({ from, events }) => Number.isInteger(from) && Array.isArray(events));
  } catch {
    return [];
  }
}
