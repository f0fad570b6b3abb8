// All parts there are, for the shells that have room for them.

import taps from './instrument/all.js';
import { messages } from './messages.js';
import { tables } from './tables.js';

export default { taps, messages, tables };
