// What the browser must be asked before events go to a collector: to reach its address and, in Firefox,
// to send what is in them. Chromium has no permission of the second kind.

import { dataOf } from '../background/consent.js';
import { patternOf } from '../background/origins.js';
import { browser } from './browser.js';

const manifest = browser.runtime.getManifest();
const ASKED = manifest.browser_specific_settings?.gecko?.data_collection_permissions?.optional ?? [];

const originsOf = ({ to }) => ({ origins: [patternOf(new URL(to).origin)] });

/**
 * Must be called in a click, before anything is waited for; `data`: whether it is to send any. Gives
 * `{granted, consented}`: whether the address may be reached, and the data be sent.
 */
export async function askToSend(collector, { data = true } = {}) {
  const kinds = { data_collection: data ? dataOf(collector).filter((kind) => ASKED.includes(kind)) : [] };
  const origins = originsOf(collector);
  // One question for both.
  await browser.permissions.request(kinds.data_collection.length > 0 ? { ...origins, ...kinds } : origins);
  return {
    granted: await browser.permissions.contains(origins),
    consented: kinds.data_collection.length === 0 || (await browser.permissions.contains(kinds)),
  };
}

/** Gives back what no collector of `rest` needs any more. */
export async function giveBackData(rest) {
  const needed = rest.flatMap(dataOf);
  const kinds = ASKED.filter((kind) => !needed.includes(kind));
  if (kinds.length > 0) await browser.permissions.remove({ data_collection: kinds }).catch(() => {});
}
