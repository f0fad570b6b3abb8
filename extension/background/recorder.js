// Which tab is being recorded into what. The store has it all; this is the part that is open.

import { show as showBadge } from './badge.js';
import * as store from './store.js';
import { fault, tabOf } from './tabs.js';

// Tab -> its recording. One whose tab was closed stays: its last batch may still be on its way.
const open = new Map();

// Those of before the extension was there anew, until their tab is recognized: the browser may have been
// started meanwhile, and the number be another tab's. It tells of its start only who is enabled then.
const unsure = new Set();

// Recordings that have ended without the store knowing of it: it took nothing more.
const over = new Map();
const OVER = 'over'; // where they are noted meanwhile

let told = () => {};

/** Who is told the tab whose recording has ended: `ended(tabId)`. */
export function whenEnded(ended) {
  told = ended;
}

export const recordingOf = (tabId) => open.get(tabId);

/** All recordings, as they are: one of which the store does not know that it has ended, too. */
export async function list() {
  return (await store.list()).map((recording) => ({ ...recording, ...over.get(recording.id) }));
}

/** What was open when the service worker was stopped; `anew`: when the extension was. */
export async function restore(anew) {
  await endLate();
  const there = new Set((await chrome.tabs.query({})).map(({ id }) => id));
  for (const recording of await list()) {
    if (recording.until !== null) continue;
    open.set(recording.tabId, recording);
    if (anew) unsure.add(recording.tabId);
    if (there.has(recording.tabId)) showBadge(tabOf(recording.tabId), recording);
    else await end(recording, 'tab');
  }
}

// What could not be written when it ended.
async function endLate() {
  const { [OVER]: noted = [] } = await chrome.storage.local.get(OVER);
  for (const [id, end] of noted) over.set(id, end);
  for (const [id, { until, ended }] of noted) await store.end(id, until, ended).then(() => over.delete(id), () => {});
  if (noted.length) await note();
}

const note = () => chrome.storage.local.set({ [OVER]: [...over] });

async function end({ id }, ended) {
  const until = Date.now();
  try {
    await store.end(id, until, ended);
  } catch {
    // Noted in another store, or it would go on by itself after the next start.
    over.set(id, { until, ended });
    await note().catch(() => {});
  }
}

// The one way in which a recording ends while its tab is there.
async function finish(tabId, recording, ended) {
  if (open.get(tabId)?.id === recording.id) open.delete(tabId);
  await end(recording, ended);
  told(tabId);
}

/** The extension is another, the browser the same. */
export const sameBrowser = () => unsure.clear();

/** The page of a tab has come: is it `known` to the tab's recording, that is of this tab. */
export async function recognize(tabId, known) {
  const recording = open.get(tabId);
  if (unsure.delete(tabId) && recording && !known) await finish(tabId, recording, 'tab');
}

/** A document of a tab is there to be recorded: it is recognized by that, also if it has told nothing. */
export const meet = ({ id }, document) => store.meet(id, document);

/** The browser was started: tabs of before have other numbers now, if they are there at all. */
export async function endAll() {
  for (const recording of open.values()) await end(recording, 'tab');
  open.clear();
}

export async function record(tabId, origin, title) {
  const recording = open.get(tabId) ?? (await store.begin({ tabId, origin, title, since: Date.now() }));
  open.set(tabId, recording);
  return recording;
}

export async function stop(tabId) {
  const recording = open.get(tabId);
  if (recording) await finish(tabId, recording, 'person');
}

export async function tabClosed(tabId) {
  const recording = open.get(tabId);
  if (recording) await end(recording, 'tab');
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
  const append = () => store.append(recording.id, document, from, events, limits);
  try {
    // A second time: the database may only have been closed.
    const { recording: written, have } = await append().catch(append);
    if (!written) {
      await finish(tabId, recording, 'person'); // forgotten meanwhile
      return last;
    }
    if (open.get(tabId) === recording) open.set(tabId, written);
    if (written.full) {
      await finish(tabId, written, 'limit');
      fault(tabOf(tabId), 'recording_full', `${written.events} events, ${written.bytes} bytes`);
    }
    return have;
  } catch (error) {
    await finish(tabId, recording, 'storage');
    fault(tabOf(tabId), 'storage_failed', error);
    return last;
  }
}
