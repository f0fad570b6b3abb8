// The bookmarklet that every browser can keep, Firefox too: what the page fetches,
// the dialects of chats, and a core that is interpreted where WebAssembly is
// refused. full.js has the rest.

import deflated from 'pagetap-core-small-deflated';
import { instantiate } from '../src/web/interpreter.js';
import { webAssembly } from '../src/web/install.js';
import { inflated } from './inflated.js';
import { click } from './click.js';

click(({ start, fail }) => {
  inflated(deflated).then((bytes) => {
    const exports = webAssembly(bytes);
    if (exports) start(exports, 'wasm');
    // No eval and no WebAssembly here: the same module, run by JavaScript.
    else start(instantiate(bytes), 'interpreter');
  }).catch(fail);
});
