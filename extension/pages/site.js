// Turning a site on and off, with the host permission it needs.

import { patternOf } from '../background/origins.js';
import { ask } from './ask.js';
import { browser } from './browser.js';

/**
 * Must be called in a click, before anything is waited for. Gives whether the site is on: the
 * person may have refused.
 */
export async function turnOn(origin) {
  // Both at once: the browser's question may close the page that asked.
  const granted = browser.permissions.request({ origins: [patternOf(origin)] });
  const noted = ask({ do: 'site', origin, on: true });
  noted.catch(() => {});
  const allowed = await granted;
  await noted;
  await ask({ do: 'site', origin, on: allowed });
  return allowed;
}

export const turnOff = (origin) => ask({ do: 'site', origin, on: false });

/** Gives back the permission for what was removed; `settings`: what remains. */
export async function giveBack(origin, { sites, collectors }) {
  const needed = [...Object.keys(sites), ...collectors.map(({ to }) => new URL(to).origin)];
  // One permission is for all ports of a host, and what the manifest asks for cannot be given back.
  if (needed.map(patternOf).includes(patternOf(origin))) return;
  await browser.permissions.remove({ origins: [patternOf(origin)] }).catch(() => {});
}

/** How a site stands, in one word; `failed` has its reason in `state.errors`. */
export function condition(state) {
  if (state.origin === null || state.origin === undefined) return state.hidden ? 'hidden' : 'unsupported';
  if (!state.known) return 'unknown';
  if (!state.on) return 'off';
  if (!state.granted) return 'permission';
  if (failure(state)) return 'failed';
  if (!state.installed) return 'reload';
  return state.encoding === 'loading' ? 'loading' : 'watching';
}

const FATAL = ['core_failed', 'tap_failed', 'cannot_patch'];

/** The newest error that means that nothing is seen, or undefined. */
export function failure({ installed, errors = [] }) {
  return errors.findLast(({ code }) => (!installed && code !== 'access_withdrawn') || FATAL.includes(code));
}
