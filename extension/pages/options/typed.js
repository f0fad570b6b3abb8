// The site that a person means by what is typed.

import { originOf } from '../../background/origins.js';

/** The origin that a person means, or undefined: addresses are rarely typed in full. */
export function siteOf(text) {
  const typed = text.trim();
  return originOf(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`);
}
