// Which ways there are out of the page, each with whether it works, or why it does not.

const NOT_TRIED = 'nothing was sent yet';

/**
 * Of an export's `stats()`. `barrier`: what stood in the first way before the second was opened. `isClosed`:
 * the window would help, and is not open.
 */
export function ways(stats, mode, barrier) {
  if (!stats) return { direct: 'nothing is sent', window: 'not open', isClosed: false };
  if (mode === 'dry') return { direct: 'nothing is sent: a dry run', window: 'not open', isClosed: false };
  const { state, route, why, acknowledged } = stats;
  if (route === 'relay') return { direct: barrier ?? NOT_TRIED, window: acknowledged ? 'works' : NOT_TRIED, isClosed: false };
  if (state !== 'blocked') return { direct: why ?? (acknowledged ? 'works' : NOT_TRIED), window: 'not needed', isClosed: false };
  // What stands in the way, and what became of the window.
  const [direct, help = ''] = why.split(/; (.*)/);
  return { direct, window: help && !help.startsWith('openRelay') ? help : 'not open', isClosed: help !== '' };
}
