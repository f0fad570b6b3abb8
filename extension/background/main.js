// The background: a service worker in Chromium, an event page in Firefox. Every listener is there when
// this has run, or the event that it was started for would be lost.

import { forget as forgetBadge, onCleared, show as showBadge } from './badge.js';
import * as collectors from './collectors.js';
import { accept, introduce, tellRecorded, tellSettings } from './documents.js';
import { openShelf, shelf, takeLeft, takeTold } from './left.js';
import { answering, callAll, feed, isOwn, state } from './messages.js';
import { post } from './post.js';
import * as recorder from './recorder.js';
import { CHANGES, checked, load, save } from './settings.js';
import { lookAtGrants, reach, register, watched } from './sites.js';
import * as tabs from './tabs.js';

// Noted in the session's storage: the pages that were open have been reached. Whoever takes that away has it
// done once more.
const REACHED = 'reached';

// How often those who watch are told how things stand, at most.
const STATE_MS = 200;

let current;
let before = []; // the sites that were watched until now
const waiting = new Map(); // tab -> those who wait for a document of it

const isReached = async () => (await chrome.storage.session.get(REACHED))[REACHED];

const ready = (async () => {
  await openShelf();
  current = await load();
  await lookAtGrants(current.settings);
  before = watched(current.settings);
  void followCollectors();
  // Without recordings everything else goes on; whoever asks for them is told.
  await recorder.restore(!(await isReached())).catch((error) => console.error('pagetap:', error));
})();

// Once for each time that the extension is there anew (installed, updated, loaded anew, enabled): what the
// browser has registered may be of before, and the pages that are open have no bridge of this one. The
// session's storage goes when the extension does.
(async () => {
  await ready;
  if (await isReached()) return;
  await register(current.settings);
  await reach(current.settings);
  await chrome.storage.session.set({ [REACHED]: true });
})().catch((error) => console.error('pagetap:', error));

let changing = Promise.resolve();

const given = {
  ready,
  settings: () => current.settings,
  problems: () => current.problems,
  // `edit(settings)` gives the new ones. One after the other: each edits those of before.
  change(edit) {
    const changed = changing.then(async () => {
      const next = checked(edit(structuredClone(current.settings)));
      // What could not be stored is not in force.
      await save(next.settings);
      current = next;
      await register(current.settings);
      void followCollectors();
      await putIntoForce();
      tellPages();
      return current;
    });
    changing = changed.catch(() => {});
    return changed;
  },
  lookAtGrants: () => lookAtGrants(current.settings),
  // Its page is not watched any more: nothing can come into its recording.
  async left(tabId) {
    if (!recorder.recordingOf(tabId)) return false;
    await recorder.stop(tabId);
    return true;
  },
  // Resolves when a document of the tab has come, or after `ms`.
  greeted: (tabId, ms) => new Promise((done) => {
    const some = waiting.get(tabId) ?? new Set();
    waiting.set(tabId, some);
    const over = () => {
      clearTimeout(timer);
      some.delete(over);
      if (!some.size) waiting.delete(tabId);
      done();
    };
    const timer = setTimeout(over, ms);
    some.add(over);
  }),
  changed(tab) {
    showBadge(tab, recorder.recordingOf(tab.id));
    if (tab.documents.size) for (const over of waiting.get(tab.id) ?? []) over();
    if (!tab.feeds.size || tab.telling) return;
    tab.telling = setTimeout(async () => {
      tab.telling = undefined;
      if (!tab.feeds.size) return;
      const now = await state(tab.id, given);
      for (const port of tab.feeds) post(port, { state: now });
    }, STATE_MS);
  },
};

// Has the settings, and what the browser grants, hold in the pages that are open. Gives the tabs whose
// recording has ended by that.
async function putIntoForce() {
  await lookAtGrants(current.settings);
  const now = watched(current.settings);
  const some = before.some((origin) => !now.includes(origin));
  before = now;
  const ended = [];
  for (const tabId of tellSettings(current.settings)) if (await given.left(tabId)) ended.push(tabId);
  if (some) await callAll();
  for (const tab of tabs.all()) given.changed(tab);
  return ended;
}

// Has those collectors get what comes that are on, and pages keep for them what they cannot tell in time.
async function followCollectors() {
  if (await collectors.follow(current.settings, callAll)) tellRecorded();
}

// The extension's own, which show settings: another of them may have changed these.
function tellPages() {
  const pages = new BroadcastChannel(CHANGES);
  pages.postMessage({});
  pages.close();
}

const answer = answering(given);
recorder.whenEnded((tabId) => {
  tellRecorded(tabId);
  given.changed(tabs.tabOf(tabId));
});

chrome.runtime.onConnect.addListener((port) => {
  if (port.name === 'tap' && port.sender.tab) accept(port, given);
  else if (port.name.startsWith('live:') && isOwn(port.sender)) feed(port, given);
  else port.disconnect();
});

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  if (typeof message?.left === 'string') ready.then(() => takeTold(message.left, message.sealed, given.settings));
  const own = isOwn(sender);
  if (!own && !(message?.ask === 'introduction' && sender.tab)) return false;
  ready
    .then(() => (own ? answer(message) : introduce(sender, given)))
    .then(respond, (error) => respond({ ok: false, error: 'error_failed', detail: String(error) }));
  return true;
});

const takeAllLeft = () => ready.then(() => takeLeft(given.settings));
takeAllLeft();
shelf().onChanged.addListener(takeAllLeft);

// In the browser's own pages, or in the dialog that one of ours has asked for.
chrome.permissions.onAdded.addListener(async () => {
  await ready;
  await putIntoForce();
  await followCollectors();
  collectors.retry();
});

chrome.permissions.onRemoved.addListener(async ({ origins = [] }) => {
  await ready;
  void followCollectors();
  for (const tabId of await putIntoForce()) {
    tabs.fault(tabs.tabOf(tabId), 'access_withdrawn', origins.join(' '));
    given.changed(tabs.tabOf(tabId));
  }
});

onCleared((tabId) => showBadge(tabs.tabOf(tabId), recorder.recordingOf(tabId)));

// It is there again by that: what waits goes.
chrome.alarms.onAlarm.addListener(() => ready.then(collectors.mend).catch((error) => console.error('pagetap:', error)));

chrome.tabs.onRemoved.addListener(async (tabId) => {
  await ready;
  await recorder.tabClosed(tabId);
  tabs.forgetTab(tabId);
  forgetBadge(tabId);
});

chrome.runtime.onStartup.addListener(async () => {
  await ready;
  await recorder.endAll();
});

chrome.runtime.onInstalled.addListener(async ({ reason }) => {
  await ready;
  recorder.sameBrowser();
  if (reason === 'install') await chrome.tabs.create({ url: 'pages/welcome/welcome.html' });
});
