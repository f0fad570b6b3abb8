// In which pages the content scripts run: those of the sites that are on. They are registered, not
// named in the manifest, so that a site that is off is left alone altogether.

import { patternOf } from './origins.js';

const COMMON = { allFrames: true, matchOriginAsFallback: true, runAt: 'document_start', persistAcrossSessions: true };
// In this order: the bridge counts on the tap being there.
const SCRIPTS = [
  { id: 'main', js: ['content/main.js'], world: 'MAIN' },
  { id: 'bridge', js: ['content/bridge.js'], world: 'ISOLATED' },
];

export const isOn = (settings, origin) => settings.sites[origin]?.on === true;

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
  if (there.length) await chrome.scripting.unregisterContentScripts();
  if (!matches.length) return;
  // One after the other: a list is not kept in its order by every browser.
  for (const script of SCRIPTS) await chrome.scripting.registerContentScripts([{ ...COMMON, ...script, matches }]);
}

/** Gives the pages that are open a bridge of this extension: the one they had is of the extension before. */
export async function reach(settings) {
  const url = patterns(settings);
  if (!url.length) return;
  for (const { id } of await chrome.tabs.query({ url })) {
    await chrome.scripting
      .executeScript({ target: { tabId: id, allFrames: true }, files: ['content/again.js'] })
      .catch(() => {}); // A page that is being left, or one of the browser's own.
  }
}
