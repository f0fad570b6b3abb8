// The bridges of documents, at this end. What is said here the page's process says; believed is only
// what the browser says of it: the tab, the frame, the document, the origin.

import * as collectors from './collectors.js';
import { boxFor, NONE } from './left.js';
import { instanceOf, nameFor } from './names.js';
import { originOf } from './origins.js';
import { post } from './post.js';
import * as recorder from './recorder.js';
import { redactorOf } from './redact.js';
import { isOn, isWatched } from './sites.js';
import * as tabs from './tabs.js';

// Said of a page that is not watched: its tap goes.
const OFF = { off: true };
const LONGEST_SESSION = 100;

// Those that are connected now.
const connected = new Set();

const placeOf = ({ tab, frameId, documentId }) => documentId ?? `${tab.id}.${frameId}`;
const originOfSender = ({ tab, origin, url }) => originOf(origin) ?? originOf(url) ?? originOf(tab.url);

/** What a frame has to know that has nothing to say yet: later nobody can tell it. */
export async function introduce(sender, { settings }) {
  return { name: await nameFor(placeOf(sender)), ...settingsFor(settings(), originOfSender(sender)) };
}

/** Takes a bridge's port. `given`: `{ready, settings(), changed(tab), lookAtGrants(), left(tabId)}`. */
export function accept(port, given) {
  const { tab: { id: tabId }, frameId } = port.sender;
  const place = placeOf(port.sender);
  const origin = originOfSender(port.sender);
  let document;
  // One after the other: an event is acknowledged when all before it are.
  let chain = Promise.resolve();
  const inTurn = (step) => {
    chain = chain.then(() => given.ready).then(step).catch((error) => console.error('pagetap:', error));
  };
  const isHere = () => connected.has(bridge);
  const name = () => nameFor(place).catch((error) => console.error('pagetap:', error));
  const tellRecorded = () => inTurn(async () => document && post(port, { recorded: await box() }));
  const bridge = { port, origin, tabId, frameId, watched: false, tellRecorded };
  connected.add(bridge);
  port.onMessage.addListener((message) => inTurn(() => hear(message)));
  port.onDisconnect.addListener(() => {
    connected.delete(bridge);
    inTurn(close);
  });

  function close() {
    const tab = tabs.known(tabId);
    if (document) collectors.went(document.instance, bridge);
    if (!tab || !document) return;
    tabs.closeDocument(tab, document);
    given.changed(tab);
  }

  async function hear({ again, hello, from, acked, events, counts, recent }) {
    if (again) return post(port, { name: await name() });
    if (hello) return greet(hello, counts, recent);
    if (!document || !Array.isArray(events) || !Number.isInteger(from) || !(from > acked && acked >= 0)) return;
    if (!isWatched(given.settings(), origin)) return;
    await take(from, acked, events, counts);
  }

  async function greet({ session, encoding, version, needsCore }, counts, recent) {
    if (typeof session !== 'string' || session.length > LONGEST_SESSION) return;
    // What was granted a moment ago may not have been told us.
    if (isOn(given.settings(), origin) && !isWatched(given.settings(), origin)) await given.lookAtGrants();
    bridge.watched = isWatched(given.settings(), origin);
    const key = `${place}.${session}`;
    if (document && document.key !== key) close();
    const have = await recorder.progress(tabId, key);
    if (!bridge.watched) {
      // Turned off while nobody here knew the page.
      if (frameId === 0 && have !== undefined) await given.left(tabId);
      return post(port, OFF);
    }
    if (frameId === 0) await recorder.recognize(tabId, have !== undefined);
    if (needsCore) bringCore(port.sender);
    // A page that has gone meanwhile is told and kept, but not shown: its tab may be gone as well.
    const tab = isHere() ? tabs.tabOf(tabId) : undefined;
    const before = tab?.documents.get(key);
    if (tab && !before && frameId === 0) tabs.turnPage(tab);
    // `have`: the number of the last event that need not come again; `shown`: of the last one that was shown.
    // Without a store there are no names, nor collectors.
    const instance = await instanceOf(key).catch(() => undefined);
    document = { key, instance, frameId, origin, have: 0, shown: 0, ...before, encoding, version, counts: tabs.countsOf(counts) };
    collectors.came(instance, bridge);
    tab?.documents.set(key, document);
    if (tab && !before) remember(tab, recent);
    // What collectors have of it their logs know: to them it may come again.
    if (!(await collectors.send())) document.have = have ?? document.have;
    post(port, {
      ...settingsFor(given.settings(), origin),
      name: await name(),
      resume: document.have,
      recorded: await box(),
    });
    if (tab) given.changed(tab);
  }

  async function box() {
    const recording = recorder.recordingOf(tabId);
    // What is wrong with the store shows when there is something to store.
    if (recording) await recorder.meet(recording, document.key).catch((error) => console.error('pagetap:', error));
    return recording || (await collectors.send()) ? boxFor(recording?.id ?? NONE, tabId, frameId, document.key) : null;
  }

  // What this service worker has not seen itself.
  function remember(tab, recent) {
    if (!Array.isArray(recent) || !recent.length) return;
    const { limits, redaction } = given.settings();
    tabs.show(tab, recent.map(redactorOf(redaction)).map((event) => ({ ...event, frame: frameId })), limits.shown);
    document.shown = Number(recent.at(-1).n) || 0;
  }

  async function take(from, acked, events, counts) {
    // A batch that comes by a new way may be ahead of one that was lost on the way before: not taken, it
    // comes again after that. What is acknowledged this background may not know of, but one before it did.
    const had = Math.max(document.have, acked);
    if (from > had + 1) return post(port, { resume: had });
    const { limits, redaction } = given.settings();
    const placed = (event, at) => ({ ...event, frame: frameId, n: from + at });
    const told = events.map(redactorOf(redaction)).map(placed);
    const [recorded, sent] = await Promise.all([
      recorder.keep(tabId, document.key, from, told, limits), collectors.keep(document.instance, events.map(placed), redaction),
    ]);
    const have = Math.min(recorded, sent);
    document.counts = tabs.countsOf(counts);
    const fresh = told.filter(({ n }) => n > document.shown && n <= have);
    document.have = Math.max(document.have, have);
    document.shown = Math.max(document.shown, have);
    post(port, { ack: have });
    // The page may have gone meanwhile; what it said is kept all the same.
    const tab = tabs.known(tabId);
    if (tab?.documents.get(document.key) !== document) return;
    tabs.show(tab, fresh, limits.shown);
    given.changed(tab);
  }
}

// What a page cannot compile for itself. The tap keeps what comes until then.
function bringCore({ tab, frameId, documentId }) {
  const target = { tabId: tab.id, ...(documentId ? { documentIds: [documentId] } : { frameIds: [frameId] }) };
  chrome.scripting
    .executeScript({ target, files: ['content/core.js'], world: 'MAIN', injectImmediately: true })
    .catch((error) => tabs.fault(tabs.tabOf(tab.id), 'core_failed', error.message));
}

/** Tells all pages what is in force now. Gives the tabs whose page was watched until now. */
export function tellSettings(settings) {
  const left = [];
  for (const bridge of connected) {
    const { port, origin, tabId, frameId } = bridge;
    const said = settingsFor(settings, origin);
    if (bridge.watched && said.off && frameId === 0) left.push(tabId);
    bridge.watched &&= !said.off;
    post(port, said);
  }
  return left;
}

/** Tells the pages of a tab, or of all, whether what they tell is kept. */
export function tellRecorded(id) {
  for (const { tabId, tellRecorded } of connected) if (id === undefined || tabId === id) tellRecorded();
}

function settingsFor(settings, origin) {
  return isWatched(settings, origin) ? { settings: { layers: settings.layers } } : OFF;
}
