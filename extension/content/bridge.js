// The bridge of a document that is just beginning: its first script has not run, so whoever answers
// now is ours. main.js is there already; it comes first in the list of scripts.

import { bridge } from './relay.js';
import { MEETING } from './meeting.js';

bridge((port) => document.dispatchEvent(new MessageEvent(MEETING, { ports: [port] })));
