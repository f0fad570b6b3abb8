// Sites are origins; permissions and scripts speak of match patterns.

// Some engines take `*` for a host, and in a match pattern that is all hosts.
const WRITTEN = /^https?:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d+)?$/;

/** Whether `text` is the origin of a site, exactly as browsers write it. */
export function isOrigin(text) {
  return WRITTEN.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** The origin of an address, or undefined: of no site. */
export function originOf(address) {
  if (!address || !URL.canParse(address)) return undefined;
  const { origin } = new URL(address);
  return isOrigin(origin) ? origin : undefined;
}

/** The match pattern that permits `origin`. Firefox knows none with a port: whoever has one says so itself. */
export function patternOf(origin) {
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${hostname}/*`;
}
