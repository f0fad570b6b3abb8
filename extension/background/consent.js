// What the browser must have been told by the person before events go to a collector. Firefox has people
// agree to what leaves it, by kinds of data; Chromium knows no such thing.

import { patternOf } from './origins.js';

/** The kinds of data, as Firefox names them, that a collector gets. */
export const dataOf = ({ include }) => (include.length > 0 ? ['websiteContent', 'personalCommunications'] : ['websiteContent']);

const asked = () => chrome.runtime.getManifest().browser_specific_settings?.gecko?.data_collection_permissions?.optional ?? [];

/** Whether the person has agreed that a collector gets what it would be sent. */
export async function consented(collector) {
  const kinds = dataOf(collector).filter((kind) => asked().includes(kind));
  return !kinds.length || chrome.permissions.contains({ data_collection: kinds });
}

/** Whether the browser lets us reach an address without its leave (CORS). */
export const granted = (to) => chrome.permissions.contains({ origins: [patternOf(new URL(to).origin)] }).catch(() => false);
