// Notices of what a page's table names and the page does not have: the site has changed, or the table.

import { pinned } from '../instrument/natives.js';
import { startTimer, stopTimer } from './natives.js';

// So long (ms) a page may take to show what its address promises.
const AFTER = 5000;
// What was told once is not told again of the same address; of so many.
const KEPT = 1000;

/** `look(wireEnded)` looks what is missing, when it is time. */
export function misses(report, look) {
  const told = pinned(new Set(), 'add', 'has');
  let timer = 0;
  let count = 0;
  let ended = false;

  return {
    /** Has it looked, a while after what happened last; `wireEnded`: the wire told a message to its end. */
    soon(wireEnded = false) {
      ended ||= wireEnded;
      stopTimer(timer);
      timer = startTimer(() => {
        const wire = ended;
        timer = 0;
        ended = false;
        look(wire);
      }, AFTER);
    },
    tell(what, path) {
      const key = `${what} ${path}`;
      if (told.has(key) || count >= KEPT) return;
      told.add(key);
      count++;
      report('dom_missed', what);
    },
    stop() {
      stopTimer(timer);
      timer = 0;
      ended = false;
    },
  };
}
