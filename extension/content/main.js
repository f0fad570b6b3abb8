// The tap in the page's own world, before the page's first script: what the classic script installs,
// and the way out of the page (channel.js).

import wasm from 'pagetap-core-wasm';
import everything from '../../src/web/everything.js';
import { fromBase64, install, webAssembly } from '../../src/web/install.js';
import { openChannel } from './channel.js';
import { CORE } from './core_name.js';

const core = { refused: false, came() {} };

try {
  openChannel(install(window, load, { dom: true }, everything), core);
} catch (error) {
  // The page must not meet our error.
  console.warn('pagetap is not installed:', error.message);
}

// The core is there when this returns, or, where the page refuses WebAssembly, when the background has
// put it there as JavaScript: as long to read as all the rest, so only such pages have to read it.
function load({ start }) {
  const exports = webAssembly(fromBase64(wasm));
  if (exports) return start(exports, 'wasm');
  core.refused = true;
  Object.defineProperty(window, CORE, {
    configurable: true,
    set(make) {
      delete window[CORE];
      core.refused = false;
      start(make(), 'js');
      core.came();
    },
  });
}
