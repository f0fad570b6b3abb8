// All parts of the tap, for the shells that have room for them.

import { dom } from './dom.js';
import { watchFrames } from './frames.js';
import { toHookInput } from './hook_values.js';
import all from './instrument/all.js';
import { links } from './links.js';
import * as match from './match.js';
import { messages } from './messages.js';
import { settings } from './settings.js';
import { tables } from './tables.js';
import { tapObjectUrls } from './workers/blobs.js';
import { tapWorkers } from './workers.js';

const most = [...all, tapWorkers];

export default {
  taps: ({ wire, workers }) => (wire === false ? [] : workers ? [...most, tapObjectUrls] : most),
  globals: ({ hooks }, globals) => globals.push(['mapClaudeDOM', hooks.mapDOM]),
  dom,
  frames: watchFrames,
  hooks: { toHookInput },
  links,
  match,
  messages,
  settings,
  tables,
};
