// Which tab is being recorded into what. The store has it all; this is the part that is open.

import { show as showBadge } from './badge.js';
import * as store from './store.js';
import { fault, tabOf } from './tabs.js';

// Tab -> its recording. One whose tab was closed stays: its last batch may still be on its way.
const open = new Map();

export const recordingOf = (tabId) => open.get(tabId);

/** What was open when the service worker was stopped. */
export async function restore() {
  const there = new Set((await chrome.tabs.query({})).map(({ id }) => id));
  for (const recording of await store.list()) {
    if (recording.until !== null) continue;
    open.set(recording.tabId, recording);
    if (there.has(recording.tabId)) showBadge(tabOf(recording.tabId), recording);
    else await store.end(recording.id, Date.now());
  }
}

/** The browser was started: tabs of before have other numbers now, if they are there at all. */
export async function endAll() {
  for (const { id } of open.values()) await store.end(id, Date.now());
  open.clear();
}

export async function record(tabId, origin, title) {
  const recording = open.get(tabId) ?? (await store.begin({ tabId, origin, title, since: Date.now() }));
  open.set(tabId, recording);
  return recording;
}

export async function stop(tabId) {
  const recording = open.get(tabId);
  open.delete(tabId);
  if (recording) await store.end(recording.id, Date.now());
}

export async function tabClosed(tabId) {
  const recording = open.get(tabId);
  if (recording) await store.end(recording.id, Date.now());
}

/** How far the tab's recording has got with a document; undefined if there is none. */
export async function progress(tabId, document) {
  const recording = open.get(tabId);
  return recording && store.progressOf(recording.id, document);
}

/** Writes what a document left behind into the recording it was in, which may have ended with its tab. */
export async function keepLeft(id, tabId, document, from, events, limits) {
  if (open.get(tabId)?.id === id) await keep(tabId, document, from, events, limits);
  else await store.append(id, document, from, events, limits);
}

/** Writes what is to be kept; answers the number of the document's last event that need not come again. */
export async function keep(tabId, document, from, events, limits) {
  const last = from + events.length - 1;
  const recording = open.get(tabId);
  if (!recording) return last;
  try {
    const { recording: written, have } = await store.append(recording.id, document, from, events, limits);
    if (!written) {
      open.delete(tabId); // forgotten meanwhile
      return last;
    }
    if (open.get(tabId) === recording) open.set(tabId, written);
    if (written.full) {
      await stop(tabId);
      fault(tabOf(tabId), 'recording_full', `${written.events} events, ${written.bytes} bytes`);
    }
    return have;
  } catch (error) {
    open.delete(tabId);
    fault(tabOf(tabId), 'storage_failed', error);
    return last;
  }
}
