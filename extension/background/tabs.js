// What is known of tabs while the service worker lives: their documents, the last events, who watches.
// Nothing here is needed for a recording to be whole: that is in the store.

import { texted } from '../../www/live/texted.js';
import { post } from './post.js';

const ERRORS = new Set(['core_failed', 'tap_failed', 'events_dropped', 'recording_full', 'storage_failed']);
// Of a recording, which is of no page.
const OF_RECORDINGS = new Set(['recording_full', 'storage_failed']);
const KEPT_ERRORS = 20;
// Characters of events kept per tab, whatever their number.
const KEPT_SIZE = 8 << 20;
// And of all tabs together.
const KEPT_IN_ALL = 64 << 20;
const POPUP_EVENTS = 50;
const POPUP_TEXT = 500;

const NOTHING = { hooks: 0, raw: 0, notices: 0, dropped: 0 };

// The tab that was told of last comes last.
const tabs = new Map();
let sizeOfAll = 0;

export function tabOf(id) {
  if (!tabs.has(id)) {
    tabs.set(id, { id, documents: new Map(), gone: NOTHING, shown: [], size: 0, errors: [], feeds: new Set() });
  }
  return tabs.get(id);
}

export const known = (id) => tabs.get(id);
export const all = () => [...tabs.values()];

export function forgetTab(id) {
  const tab = tabs.get(id);
  if (!tab) return;
  forgetShown(tab, tab.shown.length);
  tab.feeds.clear();
  tabs.delete(id);
}

/** A page of its own begins. */
export function turnPage(tab) {
  leavePage(tab);
  tab.errors = tab.errors.filter(({ code }) => OF_RECORDINGS.has(code));
}

/** A recording begins: how the one before it ended has been seen. */
export function turnRecording(tab) {
  tab.errors = tab.errors.filter(({ code }) => !OF_RECORDINGS.has(code));
}

// What was counted and shown of a page goes with it: the tab has another name now.
function leavePage(tab) {
  tab.documents.clear();
  tab.gone = NOTHING;
  forgetShown(tab, tab.shown.length);
  for (const feed of tab.feeds) post(feed, { turned: true });
}

export function closeDocument(tab, document) {
  if (tab.documents.get(document.key) !== document) return;
  tab.documents.delete(document.key);
  if (document.frameId === 0 || !tab.documents.size) leavePage(tab);
  else tab.gone = sum([tab.gone, document.counts]);
}

/** The numbers of what a page says that it has counted, and nothing else of it. */
export const countsOf = (said) => sum([said]);

export const counters = (tab) => sum([tab.gone, ...[...tab.documents.values()].map(({ counts }) => counts)]);

function sum(all) {
  const total = { ...NOTHING };
  for (const counts of all) for (const name of Object.keys(total)) total[name] += numberOf(counts?.[name]);
  return total;
}

const numberOf = (value) => (Number.isSafeInteger(value) && value > 0 ? value : 0);

/** Keeps `events` for those who watch, now and later: at most `most`. */
export function show(tab, events, most) {
  for (const event of events) {
    const size = JSON.stringify(event).length;
    tab.shown.push({ event, size });
    tab.size += size;
    sizeOfAll += size;
    if (event.type === 'Notice' && ERRORS.has(event.code)) fault(tab, event.code, event.detail, event.ts);
  }
  let over = Math.max(tab.shown.length - most, 0);
  let size = tab.shown.slice(0, over).reduce((sum, { size }) => sum + size, 0);
  while (tab.size - size > KEPT_SIZE && over < tab.shown.length) size += tab.shown[over++].size;
  forgetShown(tab, over);
  tabs.delete(tab.id);
  tabs.set(tab.id, tab);
  for (const other of tabs.values()) {
    if (sizeOfAll <= KEPT_IN_ALL) break;
    forgetShown(other, other.shown.length);
  }
  for (const feed of tab.feeds) post(feed, { events });
}

function forgetShown(tab, count) {
  const size = tab.shown.splice(0, count).reduce((sum, { size }) => sum + size, 0);
  tab.size -= size;
  sizeOfAll -= size;
}

/** Something went wrong, and the person is to see it. */
export function fault(tab, code, detail, ts = Date.now()) {
  tab.errors = [...tab.errors, { ts, code, detail: detail instanceof Error ? String(detail) : texted(detail) }].slice(-KEPT_ERRORS);
}

/** The last hook events, with their long texts cut. */
export function lastOf(tab) {
  const hooks = tab.shown.map(({ event }) => event).filter(({ layer }) => layer === 'hook');
  return hooks.slice(-POPUP_EVENTS).map(cut);
}

function cut(value) {
  if (typeof value === 'string') return value.length > POPUP_TEXT ? `${value.slice(0, POPUP_TEXT)}…` : value;
  if (Array.isArray(value)) return value.map(cut);
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, value]) => [name, cut(value)]));
  }
  return value;
}
