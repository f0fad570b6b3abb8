// What is known of tabs while the service worker lives: their documents, the last events, who watches.
// Nothing here is needed for a recording to be whole: that is in the store.

const ERRORS = new Set(['core_failed', 'tap_failed', 'events_dropped', 'recording_full', 'storage_failed']);
const KEPT_ERRORS = 20;
// Characters of events kept per tab, whatever their number.
const KEPT_SIZE = 8 << 20;
// Documents that are gone, and may come back when the person goes back to them.
const PAST = 100;
const POPUP_EVENTS = 50;
const POPUP_TEXT = 500;

const NOTHING = { hooks: 0, raw: 0, notices: 0, dropped: 0 };

const tabs = new Map();

export function tabOf(id) {
  if (!tabs.has(id)) {
    tabs.set(id, { id, documents: new Map(), past: new Map(), gone: NOTHING, shown: [], size: 0, errors: [], feeds: new Set() });
  }
  return tabs.get(id);
}

export const known = (id) => tabs.get(id);
export const all = () => [...tabs.values()];

export function forgetTab(id) {
  tabs.delete(id);
}

/** A page of its own begins: what was counted of the page before it is no more. */
export function turnPage(tab) {
  tab.documents.clear();
  tab.gone = NOTHING;
  tab.errors = [];
}

export function closeDocument(tab, document) {
  if (tab.documents.get(document.key) !== document) return;
  tab.documents.delete(document.key);
  tab.past.delete(document.key);
  tab.past.set(document.key, document.shown);
  if (tab.past.size > PAST) tab.past.delete(tab.past.keys().next().value);
  tab.gone = sum([tab.gone, document.counts]);
}

export const counters = (tab) => sum([tab.gone, ...[...tab.documents.values()].map(({ counts }) => counts)]);

function sum(all) {
  const total = { ...NOTHING };
  for (const counts of all) for (const name of Object.keys(total)) total[name] += Number(counts?.[name]) || 0;
  return total;
}

/** Keeps `events` for those who watch, now and later: at most `most`. */
export function show(tab, events, most) {
  for (const event of events) {
    const size = JSON.stringify(event).length;
    tab.shown.push({ event, size });
    tab.size += size;
    if (event.type === 'Notice' && ERRORS.has(event.code)) fault(tab, event.code, event.detail, event.ts);
  }
  let over = Math.max(tab.shown.length - most, 0);
  let size = tab.shown.slice(0, over).reduce((sum, { size }) => sum + size, 0);
  while (tab.size - size > KEPT_SIZE && over < tab.shown.length) size += tab.shown[over++].size;
  tab.shown.splice(0, over);
  tab.size -= size;
  for (const feed of tab.feeds) feed.postMessage({ events });
}

/** Something went wrong, and the person is to see it. */
export function fault(tab, code, detail, ts = Date.now()) {
  tab.errors = [...tab.errors, { ts, code, detail: String(detail) }].slice(-KEPT_ERRORS);
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
