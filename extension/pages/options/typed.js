// The site that a person means by what is typed.

import { originOf } from '../../background/origins.js';

// Browsers take `a b` and `*` for hosts, too.
const HOST = /^https?:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d+)?$/;

/** The origin that a person means, or undefined: addresses are rarely typed in full. */
export function siteOf(text) {
  const typed = text.trim();
  const origin = originOf(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`);
  return origin && HOST.test(origin) ? origin : undefined;
}
