// Notices of what a page's table names and the page does not have: the site has changed, or the table.

import { pinned } from '../instrument/natives.js';
import { lacking } from './lacking.js';
import { now, startTimer, stopTimer } from './natives.js';

// So long (ms) a page may take to show what its address promises.
const AFTER = 5000;
// What lasts so long (ms) was seen by whoever looks once a frame.
const LONG = 2000;
// What was told once is not told again of the same address; of so many.
const KEPT = 1000;

// What the wire tells, and the screen should then show.
const TELLING = pinned(new Set(['MessageEnd', 'ToolUseStart', 'PostToolUse', 'PostToolUseFailure', 'PermissionRequest']), 'has');

/** `look(facts)` looks what is missing, when it is time. */
export function misses(report, look) {
  const told = pinned(new Set(), 'add', 'has');
  let timer = 0;
  let count = 0;
  let facts = { __proto__: null };
  // Parts of the table that were ever found.
  let shown = { __proto__: null };

  // Has it looked, a while after what happened last.
  function soon() {
    stopTimer(timer);
    timer = startTimer(() => {
      const known = facts;
      timer = 0;
      facts = { __proto__: null };
      look(known);
    }, AFTER);
  }

  return {
    soon,
    /** An event of the wire. */
    hear({ type, text }) {
      // A message comes in many pieces, and its end, too.
      if (type === 'MessageDelta' && text) facts[type] = true;
      if (!TELLING.has(type)) return;
      facts[type] = true;
      soon();
    },
    /** What was found in a region; `ended`: a turn that was seen before is over. */
    see(region, busy, found, ended) {
      for (const part in found) shown[part] ||= found[part];
      const lasts = (what, is) => {
        region[what] = is ? region[what] || now() : 0;
        if (is && now() - region[what] >= LONG) facts[what] = true;
      };
      lasts('still', busy && found.assistant && !found.growing && !found.tool);
      lasts('unstoppable', found.growing && !found.stop);
      // The control to send went, and none came.
      if (found.growing && !found.stop && !found.send && shown.send) facts.unstoppable = true;
      if (!ended) return;
      facts.turn = true;
      soon();
    },
    /** Tells what is missing at `path`, by `facts` and what the `regions` show; `speaks(region)`: an answer in it has words. */
    tell(table, path, regions, facts, speaks) {
      const here = { __proto__: null };
      for (let i = 0; i < regions.length; i++) {
        for (const part in regions[i].found) here[part] ||= regions[i].found[part];
        if (facts.turn && !shown.text && speaks(regions[i])) facts.words = true;
      }
      const missing = regions.length ? lacking(facts, shown, here) : ['conversation'];
      for (let i = 0; i < missing.length; i++) {
        const what = `${table.dialect}.${missing[i]}`;
        const key = `${what} ${path}`;
        if (table.parts[missing[i]] === '' || told.has(key) || count >= KEPT) continue;
        told.add(key);
        count++;
        report('dom_missed', what);
      }
    },
    /** The table is another. */
    forget() {
      shown = { __proto__: null };
    },
    stop() {
      stopTimer(timer);
      timer = 0;
      facts = { __proto__: null };
    },
  };
}
