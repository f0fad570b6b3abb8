// The background: a service worker in Chromium, an event page in Firefox. Every listener is there when
// this has run, or the event that it was started for would be lost.

import { show as showBadge } from './badge.js';
import { accept, tellSettings } from './documents.js';
import { openShelf, SHELF, takeLeft, takeTold } from './left.js';
import { answering, feed, isOwn, state } from './messages.js';
import * as recorder from './recorder.js';
import { checked, load, save } from './settings.js';
import { reach, register } from './sites.js';
import * as tabs from './tabs.js';

// How often those who watch are told how things stand, at most.
const STATE_MS = 200;

let current;
const waiting = new Map(); // tab -> who waits for a document of it

const ready = (async () => {
  await openShelf();
  current = await load();
  await recorder.restore();
})();

const given = {
  ready,
  settings: () => current.settings,
  problems: () => current.problems,
  // `edit(settings)` gives the new ones. At once: whoever comes meanwhile edits those.
  async change(edit) {
    current = checked(edit(structuredClone(current.settings)));
    const { settings } = current;
    await save(settings);
    await register(settings);
    tellSettings(settings);
    for (const tab of tabs.all()) given.changed(tab);
    return current;
  },
  greeted: (tabId) => new Promise((done) => waiting.set(tabId, [...(waiting.get(tabId) ?? []), done])),
  changed(tab) {
    showBadge(tab, recorder.recordingOf(tab.id));
    if (tab.documents.size) for (const done of waiting.get(tab.id) ?? []) done();
    if (tab.documents.size) waiting.delete(tab.id);
    if (!tab.feeds.size || tab.telling) return;
    tab.telling = setTimeout(async () => {
      tab.telling = undefined;
      const now = await state(tab.id, given);
      for (const port of tab.feeds) port.postMessage({ state: now });
    }, STATE_MS);
  },
};
const answer = answering(given);

chrome.runtime.onConnect.addListener((port) => {
  if (port.name === 'tap' && port.sender.tab) accept(port, given);
  else if (port.name.startsWith('live:') && isOwn(port.sender)) feed(port, given);
  else port.disconnect();
});

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  if (typeof message?.left === 'string') ready.then(() => takeTold(message.left, message.sealed, limits));
  if (!isOwn(sender)) return false;
  ready.then(() => answer(message)).then(respond);
  return true;
});

const limits = () => current.settings.limits;
const takeAllLeft = () => ready.then(() => takeLeft(limits));
takeAllLeft();
SHELF.onChanged.addListener(takeAllLeft);

chrome.tabs.onRemoved.addListener(async (tabId) => {
  await ready;
  await recorder.tabClosed(tabId);
  tabs.forgetTab(tabId);
});

chrome.runtime.onStartup.addListener(async () => {
  await ready;
  await recorder.endAll();
});

chrome.runtime.onInstalled.addListener(async ({ reason }) => {
  await ready;
  await register(current.settings);
  if (reason === 'install') await chrome.tabs.create({ url: 'pages/welcome/welcome.html' });
  await reach(current.settings);
});
