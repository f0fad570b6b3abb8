// How a collector stands, in words.

import { element } from '../../www/dom/element.js';
import { number, say, time } from './words.js';

/** An address without its query, which may be a key: it is shown no more than a header is. */
export function bareOf(to) {
  const url = new URL(to);
  url.search = '';
  return url.href;
}

export const hasQuery = ({ to }) => new URL(to).search !== '';

/** An address as it is said: without the stroke at its end that nobody types. */
export const addressOf = ({ to }) => bareOf(to).replace(/^(https?:\/\/[^/]+)\/$/, '$1');

/** What is in events for it, beside what always is. */
export const contentOf = ({ include }) => include.map((name) => say(`class_${name}`)).join(say('wordComma'));

/** In one word; `told`: what the background says of it, undefined if that is not known. */
export function conditionOf({ on }, told) {
  if (!on) return 'off';
  if (!told) return 'unknown';
  if (!told.running) return told.why === 'consent' ? 'consent' : 'idle';
  return String(told.stats?.state ?? 'starting');
}

/** Why it is so, or ''. A reason is told in English, and is read out so. */
export const whyOf = (told) => String(told?.stats?.why ?? '');

/** `sentence` and the reason, as nodes. */
export const because = (sentence, why) => (why ? [sentence, say('wordColon'), element('span', { lang: 'en' }, why)] : [sentence, say('wordStop')]);

/** The counts, in a sentence each. */
export function countsOf(stats) {
  if (!stats) return '';
  const { acknowledged, pending, rejected, quarantined, dropped, nextTryAt, memory } = stats;
  const lost = Object.entries(dropped ?? {}).filter(([, count]) => count > 0);
  const all = lost.reduce((sum, [, count]) => sum + count, 0);
  const reasons = lost.map(([reason, count]) => `${say(`drop_${reason}`) || reason}${lost.length > 1 ? `${say('wordColon')}${number(count)}` : ''}`);
  return [
    say('countAcknowledged', number(acknowledged)),
    say('countPending', number(pending)),
    rejected > 0 && say('countRejected', number(rejected)),
    quarantined > 0 && say('countQuarantined', number(quarantined)),
    all > 0 && say('countDropped', number(all), reasons.join(say('wordComma'))),
    memory && say('countMemory', memory),
    nextTryAt && say('countNext', time(nextTryAt)),
  ].filter(Boolean).join(' ');
}

/** Writes it only if it is other than what stands there: a status is read aloud. `nodes`: texts and elements. */
export function tell(place, nodes) {
  const made = element('p', {}, ...nodes);
  if (made.textContent !== place.textContent) place.replaceChildren(...made.childNodes);
}
