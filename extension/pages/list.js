// A list of one tab's events, as the demo has it, with what the extension adds: a text filter and a
// pause. Events are the page's: anything can stand in them, and all of it is shown as text.

import { describeHook, describeRaw } from '../../www/live/describe.js';
import { rowList } from '../../www/live/rows.js';
import { texted } from '../../www/live/texted.js';
import { LIVE_WORDS } from './words.js';

// Rows are made anew when nobody has typed for so long.
const TYPED_MS = 150;

/**
 * `counted(family)` for each event that is shown; `changed({shown, kept, waiting, truncated})` after
 * each change, `shown` being what would be saved, `truncated` that older events of it are gone; `layer` is
 * the one that is shown first.
 */
export function eventList({ list, scroller, follow, layer, most, counted = () => {}, cleared = () => {}, changed = () => {}, chosen }) {
  const rows = rowList({ list, scroller, follow, count: counted, chosen, most, words: LIVE_WORDS });
  let kept = [];
  let waiting = [];
  let paused = false;
  let wanted = '';
  let shown = 0;
  let truncated = false;
  let typed;
  let nodes = new WeakMap(); // the row of each event

  const matches = (event) => event.layer === layer && (wanted === '' || searched(event).includes(wanted));

  function show(event) {
    if (!matches(event)) return;
    shown += 1;
    nodes.set(event, rows.add(event, layer === 'hook' ? describeHook(event) : describeRaw(event)));
  }

  function keep(event) {
    kept.push(event);
    show(event);
  }

  // A little more than is shown: not one copy for each event.
  const over = (events) => (events.length > most * 1.25 ? events.length - most : 0);

  function trim() {
    const gone = over(kept);
    if (!gone) return;
    shown -= kept.slice(0, gone).filter(matches).length;
    kept = kept.slice(gone);
    truncated = true;
  }

  function tell() {
    changed({ shown, kept: kept.length, waiting: waiting.length, truncated });
  }

  function again() {
    rows.clear();
    nodes = new WeakMap();
    cleared();
    shown = 0;
    for (const event of kept) show(event);
    tell();
  }

  return {
    add(events) {
      const read = events.map(readable);
      if (paused) {
        waiting = waiting.concat(read);
        truncated ||= over(waiting) > 0;
        waiting = waiting.slice(over(waiting));
      } else read.forEach(keep);
      trim();
      tell();
    },
    clear() {
      kept = [];
      waiting = [];
      truncated = false;
      again();
    },
    layer(name) {
      layer = name;
      again();
    },
    filter(text) {
      clearTimeout(typed);
      typed = setTimeout(() => {
        wanted = text.trim().toLowerCase();
        again();
      }, TYPED_MS);
    },
    pause(on) {
      paused = on;
      if (!paused) {
        waiting.forEach(keep);
        waiting = [];
        trim();
      }
      tell();
    },
    show: rows.show,
    /** What is shown, as it came, and whether older events of it are gone. */
    events: () => kept.filter(matches),
    truncated: () => truncated,
    kept: () => kept,
    node: (event) => nodes.get(event),
  };
}

/** Where a frame stands: `frame` is its event, `link` its stream and number. */
export const placeOf = (frame, link) => [frame.frame, link?.streamId, link?.seq].map(texted).join(' ');

/** A raw event with its JSON where the list looks for it; it is not saved. */
function readable(event) {
  if (event.layer !== 'raw' || typeof event.data !== 'string') return event;
  let raw;
  try {
    raw = JSON.parse(event.data);
  } catch {
    raw = event.data;
  }
  // Not enumerable: an unfolded row shows what came.
  return Object.defineProperty({ ...event }, 'raw', { value: raw });
}

const texts = new WeakMap();

function searched(event) {
  if (!texts.has(event)) texts.set(event, JSON.stringify(event).toLowerCase());
  return texts.get(event);
}
