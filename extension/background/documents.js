// The bridges of documents, at this end. What is said here the page's process says; believed is only
// what the browser says of it: the tab, the frame, the document, the origin.

import { boxFor } from './left.js';
import { nameFor } from './names.js';
import { originOf } from './origins.js';
import * as recorder from './recorder.js';
import { isOn } from './sites.js';
import * as tabs from './tabs.js';

const OFF = { hooks: false, raw: false };

// Those that are connected now.
const connected = new Set();

/** Takes a bridge's port. `given`: `{ready, settings(), changed(tab)}`. */
export function accept(port, given) {
  const { tab: { id: tabId }, frameId, documentId, origin: said, url } = port.sender;
  const place = documentId ?? `${tabId}.${frameId}`;
  const origin = originOf(said) ?? originOf(url) ?? originOf(port.sender.tab.url);
  let document;
  // One after the other: an event is acknowledged when all before it are.
  let chain = given.ready;
  const inTurn = (step) => {
    chain = chain.then(step).catch((error) => console.error('pagetap:', error));
  };
  const tellRecorded = () => inTurn(async () => document && post({ recorded: await box() }));
  const bridge = { port, origin, tabId, tellRecorded };
  connected.add(bridge);
  port.onMessage.addListener((message) => inTurn(() => hear(message)));
  port.onDisconnect.addListener(() => {
    connected.delete(bridge);
    inTurn(() => document && tabs.closeDocument(tabs.tabOf(tabId), document));
  });

  async function hear({ again, hello, from, acked, events, counts, recent }) {
    if (again) return post({ name: await nameFor(place) });
    if (hello) return greet(hello, counts, recent);
    if (!document || !Array.isArray(events) || !Number.isInteger(from) || !(from > acked && acked >= 0)) return;
    if (!isOn(given.settings(), origin)) return;
    await take(from, acked, events, counts);
  }

  async function greet({ session, encoding, version, needsCore }, counts, recent) {
    if (needsCore && isOn(given.settings(), origin)) bringCore(port.sender);
    const tab = tabs.tabOf(tabId);
    const key = `${place}.${session}`;
    const before = tab.documents.get(key);
    if (!before && frameId === 0) tabs.turnPage(tab);
    // `have`: the number of the last event that need not come again; `shown`: of the last one that was shown.
    document = { key, frameId, origin, encoding, version, counts, have: 0, shown: 0, ...before };
    if (before) Object.assign(document, { encoding, counts });
    else remember(tab, recent, tab.past.get(key) ?? 0);
    tab.documents.set(key, document);
    document.have = (await recorder.progress(tabId, key)) ?? document.have;
    post({
      name: await nameFor(place),
      settings: settingsFor(given.settings(), origin),
      resume: document.have,
      recorded: await box(),
    });
    given.changed(tab);
  }

  async function box() {
    const recording = recorder.recordingOf(tabId);
    return recording ? boxFor(recording.id, tabId, frameId, document.key) : null;
  }

  // What this service worker has not seen itself: after `shown`.
  function remember(tab, recent, shown) {
    document.shown = shown;
    if (!Array.isArray(recent) || !recent.length || !isOn(given.settings(), origin)) return;
    const fresh = recent.filter(({ n }) => n > shown);
    tabs.show(tab, fresh.map((event) => ({ ...event, frame: frameId })), given.settings().limits.shown);
    document.shown = Math.max(shown, Number(recent.at(-1).n) || 0);
  }

  async function take(from, acked, events, counts) {
    // A batch that comes by a new way may be ahead of one that was lost on the way before: not taken, it
    // comes again after that. What is acknowledged this background may not know of, but one before it did.
    const had = Math.max(document.have, acked);
    if (from > had + 1) return post({ resume: had });
    const tab = tabs.tabOf(tabId);
    const { limits } = given.settings();
    const told = events.map((event, at) => ({ ...event, frame: frameId, n: from + at }));
    const have = await recorder.keep(tabId, document.key, from, told, limits);
    document.counts = counts;
    const fresh = told.filter(({ n }) => n > document.shown && n <= have);
    document.have = Math.max(document.have, have);
    document.shown = Math.max(document.shown, have);
    tabs.show(tab, fresh, limits.shown);
    post({ ack: have });
    given.changed(tab);
  }

  function post(message) {
    try {
      port.postMessage(message);
    } catch {
      // The page has gone meanwhile; what it said is kept all the same.
    }
  }
}

// What a page cannot compile for itself. The tap keeps what comes until then.
function bringCore({ tab, frameId, documentId }) {
  const target = { tabId: tab.id, ...(documentId ? { documentIds: [documentId] } : { frameIds: [frameId] }) };
  chrome.scripting
    .executeScript({ target, files: ['content/core.js'], world: 'MAIN', injectImmediately: true })
    .catch((error) => tabs.fault(tabs.tabOf(tab.id), 'core_failed', error.message));
}

/** Tells all pages that the settings have changed. */
export function tellSettings(settings) {
  for (const { port, origin } of connected) port.postMessage({ settings: settingsFor(settings, origin) });
}

/** Tells the pages of a tab whether it is being recorded. */
export function tellRecorded(id) {
  for (const { tabId, tellRecorded } of connected) if (tabId === id) tellRecorded();
}

function settingsFor({ layers, redaction, ...settings }, origin) {
  return { layers: isOn(settings, origin) ? layers : OFF, redaction };
}
