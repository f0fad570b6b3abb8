// Time that stands still until a test moves it.

import { setImmediate as turn } from 'node:timers/promises';

export function fakeClock(start = 1_000_000) {
  let time = start;
  let serial = 0;
  const alarms = new Map();
  const settle = async () => {
    for (let i = 0; i < 20; i++) await turn();
  };
  return {
    now: () => time,
    timer: {
      set(step, delay) {
        alarms.set(++serial, { at: time + delay, step });
        return serial;
      },
      clear: (id) => alarms.delete(id),
    },
    /** When the next alarm rings, from now; undefined for none. */
    next: () => (alarms.size ? Math.min(...[...alarms.values()].map(({ at }) => at)) - time : undefined),
    /** Everything that can happen without time passing has happened. */
    settle,
    async advance(ms) {
      const end = time + ms;
      await settle();
      for (;;) {
        const due = [...alarms].filter(([, { at }]) => at <= end).sort(([, one], [, other]) => one.at - other.at)[0];
        if (!due) break;
        const [id, { at, step }] = due;
        alarms.delete(id);
        time = at;
        step();
        await settle();
      }
      time = end;
      await settle();
    },
  };
}
