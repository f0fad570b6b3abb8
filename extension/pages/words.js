// The words of the pages, from _locales, and numbers as they are written there.

import { texted } from '../../www/live/texted.js';
import { browser } from './browser.js';

const language = browser.i18n.getUILanguage();

/** The text of `key`; `$1`, `$2` in it are the rest. '' if there is none. */
export const say = (key, ...rest) => browser.i18n.getMessage(key, rest.map(texted));

/**
 * Fills a page: `data-say` names an element's text, `data-say-ATTRIBUTE` an attribute's
 * (`aria-label`, `title`, `placeholder`).
 */
export function sayPage(root = document) {
  document.documentElement.lang = say('language');
  for (const node of root.querySelectorAll('[data-say]')) node.textContent = say(node.dataset.say);
  for (const name of ['aria-label', 'title', 'placeholder']) {
    for (const node of root.querySelectorAll(`[data-say-${name}]`)) node.setAttribute(name, say(node.getAttribute(`data-say-${name}`)));
  }
}

// What is no number has none.
const counted = (value) => (typeof value === 'object' ? 0 : Number(value) || 0);

const whole = new Intl.NumberFormat(language);
export const number = (value) => whole.format(counted(value));

const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
/** A number that has little room. */
export const shortNumber = (value) => (Number(value) >= 100_000 ? compact.format(value) : number(value));

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];

export function bytes(value) {
  let size = counted(value);
  let unit = 0;
  for (; size >= 1000 && unit < UNITS.length - 1; unit += 1) size /= 1000;
  const digits = unit === 0 || size >= 100 ? 0 : 1;
  return new Intl.NumberFormat(language, { style: 'unit', unit: UNITS[unit], unitDisplay: unit === 0 ? 'long' : 'short', maximumFractionDigits: digits }).format(size);
}

const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
// Unbroken: half of it at a line's end is hard to read.
const written = (format, ts) => (Number.isFinite(new Date(ts).getTime()) ? format.format(new Date(ts)).replaceAll(' ', '\u00a0') : '');
export const time = (ts) => written(clock, ts);
export const date = (ts) => written(day, ts);

/** What the live list says. */
export const LIVE_WORDS = {
  payload: say('rowPayload'),
  follow: say('rowFollow'),
  unseen: (count) => say('rowUnseen', number(count)),
  pieces: (count) => say('rowPieces', number(count)),
  lastPiece: say('rowLastPiece'),
  shownAbove: say('rowShownAbove'),
  fromPage: (confidence) => say('rowFromPage', confidence),
  origin: (confidence) => say('rowOrigin', confidence),
  rendered: say('rowRendered'),
  renderedAfter: (ms) => say('rowRenderedAfter', number(ms)),
};
