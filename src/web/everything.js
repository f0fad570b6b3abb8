// All parts of the tap, for the shells that have room for them.

import { dom } from './dom.js';
import { watchFrames } from './frames.js';
import all from './instrument/all.js';
import { links } from './links.js';
import * as match from './match.js';
import { messages } from './messages.js';
import { settings } from './settings.js';
import { tables } from './tables.js';
import { tapObjectUrls } from './workers/blobs.js';
import { tapWorkers } from './workers.js';

const taps = [...all, tapWorkers];

export default {
  taps,
  workerTaps: [...taps, tapObjectUrls],
  dom,
  frames: watchFrames,
  links,
  match,
  messages,
  settings,
  tables,
};
