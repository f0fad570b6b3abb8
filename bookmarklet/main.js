// The bookmarklet that every browser can keep, Firefox too: what the page fetches,
// the dialects of chats, and a core that is interpreted where WebAssembly is
// refused. full.js has the rest.

import core from 'pagetap-core-small';
import { instantiate } from '../src/web/interpreter.js';
import { webAssembly } from '../src/web/install.js';
import { fromBase89 } from './base89.js';
import { click } from './click.js';
import { unmixed } from './mixing.js';

click(({ start }) => {
  const bytes = unmixed(fromBase89(core.text, core.encoded), core.decoded);
  const exports = webAssembly(bytes);
  if (exports) start(exports, 'wasm');
  // No eval and no WebAssembly here: the same module, run by JavaScript.
  else start(instantiate(bytes), 'interpreter');
});
