// Recordings and lists as files: one JSON value a line, the first one says what it is.

import { element } from '../../www/dom/element.js';
import { ask, Refusal } from './ask.js';
import { say } from './words.js';

const AT_ONCE = 1000;

/** Reads a whole recording and hands it to the person; `progress(events)` as it goes. */
export async function saveRecording(recording, progress = () => {}) {
  const parts = [header({ kind: 'recording', ...about(recording) })];
  let from = 0;
  for (let more = true; more;) {
    const answer = await ask({ ask: 'recording', id: recording.id, from, count: AT_ONCE });
    // A blob the browser keeps where it has room; the page holds no more than this part.
    parts.push(new Blob([linesOf(answer.events)]));
    from += answer.events.length;
    more = answer.more;
    // It would be asked for ever.
    if (more && answer.events.length === 0) throw new Refusal(say('error_no_recording'));
    progress(from);
  }
  download(parts, nameOf(recording.origin, recording.since, 'ndjson'), 'application/x-ndjson');
  return from;
}

/** The same for what a list shows. `truncated`: older events of it are not there any more. */
export function saveEvents(events, origin, truncated) {
  const saved = Date.now();
  download([header({ kind: 'list', origin, saved, truncated }), linesOf(events)], nameOf(origin, saved, 'ndjson'), 'application/x-ndjson');
}

/** Why a recording is not all that it could be, or ''. */
export const endOf = ({ ended }) => (['limit', 'storage'].includes(ended) ? say(`ended_${ended}`) : '');

/** Settings, for another browser. */
export function saveSettings(settings) {
  download([`${JSON.stringify(settings, null, 2)}\n`], 'pagetap-settings.json', 'application/json');
}

const about = ({ origin, title, since, until, ended }) => ({ origin, title, since, until, ended });
const header = (what) => `${JSON.stringify({ pagetap: 1, ...what })}\n`;
const linesOf = (events) => events.map((event) => `${JSON.stringify(event)}\n`).join('');

function nameOf(origin, ts, ending) {
  const site = String(origin ?? '').replace(/^https?:\/\//, '').replace(/[^\w.-]+/g, '-') || 'page';
  return `pagetap-${site}-${new Date(ts).toISOString().slice(0, 19).replaceAll(':', '')}.${ending}`;
}

function download(parts, name, type) {
  const address = URL.createObjectURL(new Blob(parts, { type }));
  const link = element('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken it once the page is asked for its next picture.
  requestAnimationFrame(() => requestAnimationFrame(() => URL.revokeObjectURL(address)));
}
