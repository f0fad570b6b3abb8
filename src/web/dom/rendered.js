// The wire's events of late, so that one can be told when it came on screen.

import { pinned } from '../instrument/natives.js';

// Those that the screen can show.
const SHOWN = pinned(new Set([
  'SessionStart', 'UserPromptSubmit', 'MessageStart', 'ToolUseStart', 'PostToolUse', 'PostToolUseFailure',
  'PermissionRequest', 'MessageEnd', 'Stop', 'StopFailure',
]), 'has');
const KEPT = 256;

export function rendered() {
  let kept = [];
  let next = 0;
  return {
    keep(payload) {
      if (!SHOWN.has(payload.type)) return;
      kept[next] = payload;
      next = (next + 1) % KEPT;
    },
    /** What the core says of the event with that number. */
    mark({ seq, renderedAt }) {
      for (let i = 0; i < kept.length; i++) {
        if (kept[i].seq === seq) kept[i].renderedAt = renderedAt;
      }
    },
    clear() {
      kept = [];
      next = 0;
    },
  };
}
