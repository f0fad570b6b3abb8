// The time of the processor that a page's main thread takes, which other work on the machine does not stretch.

import { BROWSER } from '../tests/browser/browser.mjs';

/** Gives, each time it is called, the microseconds spent so far; in Firefox, which does not tell, NaN. */
export async function spentBy(bench, page) {
  if (BROWSER === 'firefox') return async () => NaN;
  const session = await bench.context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value * 1e6;
  };
}
