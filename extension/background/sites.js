// In which pages the content scripts run: those of the sites that are on. They are registered, not
// named in the manifest, so that a site that is off is left alone altogether.

import { patternOf } from './origins.js';

const COMMON = { allFrames: true, matchOriginAsFallback: true, runAt: 'document_start', persistAcrossSessions: true };
// In this order: the bridge counts on the tap being there. And by name: Chromium runs those of one call
// in the order of their names.
const SCRIPTS = [
  { id: '1-main', js: ['content/main.js'], world: 'MAIN' },
  { id: '2-bridge', js: ['content/bridge.js'], world: 'ISOLATED' },
];

export const isOn = (settings, origin) => settings.sites[origin]?.on === true;

// Sites that are on and that the browser does not let us see, as patterns: what a person has granted can
// be taken back in the browser's own pages.
let withheld = new Set();

/** Whether pages of `origin` are watched: what is on, and granted. */
export const isWatched = (settings, origin) => isOn(settings, origin) && !withheld.has(patternOf(origin));

export const watched = (settings) => Object.keys(settings.sites).filter((origin) => isWatched(settings, origin));

/** Looks at what the browser grants now. */
export async function lookAtGrants(settings) {
  const wanted = patterns(settings);
  const granted = await Promise.all(wanted.map((pattern) => chrome.permissions.contains({ origins: [pattern] })));
  withheld = new Set(wanted.filter((_, at) => !granted[at]));
}

const patterns = (settings) => [
  ...new Set(Object.keys(settings.sites).filter((origin) => isOn(settings, origin)).map(patternOf)),
];

let last = Promise.resolve();

/** Has the scripts run where `settings` says, from now on. One call after the other. */
export function register(settings) {
  const registered = last.then(() => replace(settings));
  last = registered.catch(() => {});
  return registered;
}

async function replace(settings) {
  const matches = patterns(settings);
  const there = await chrome.scripting.getRegisteredContentScripts();
  // A page that begins while they are not there has no tap: they are not taken away for a moment.
  if (matches.length && there.length === SCRIPTS.length && SCRIPTS.every(({ id }) => there.some((script) => script.id === id))) {
    if (there.every((script) => sameTexts(script.matches, matches))) return;
    return chrome.scripting.updateContentScripts(SCRIPTS.map(({ id }) => ({ id, matches })));
  }
  if (there.length) await chrome.scripting.unregisterContentScripts();
  if (matches.length) await chrome.scripting.registerContentScripts(SCRIPTS.map((script) => ({ ...COMMON, ...script, matches })));
}

const sameTexts = (some, others) => some.length === others.length && some.every((one) => others.includes(one));

/** Gives the pages that are open a bridge of this extension: the one they had is of the extension before. */
export async function reach(settings) {
  const url = patterns(settings);
  if (!url.length) return;
  // All at once: a page that hangs, in a dialog for instance, answers when that is over.
  for (const { id } of await chrome.tabs.query({ url })) {
    chrome.scripting
      .executeScript({ target: { tabId: id, allFrames: true }, files: ['content/again.js'], injectImmediately: true })
      .catch(() => {}); // A page that is being left, or one of the browser's own.
  }
}
